#ifndef PLUMBLINE_REPLAY_INGEST_GUESS_H_
#define PLUMBLINE_REPLAY_INGEST_GUESS_H_

#include <string>
#include <vector>

#include "replay/ingest/inspect.h"

namespace plumbline::replay {

// Looks at the samples of a column and fills form, samples and words.
void GuessForm(const std::vector<std::string>& cells, InspectedColumn* column);

// Whether the cell is a word of truth in any case of its letters.
bool IsBoolean(const std::string& cell);

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_INGEST_GUESS_H_
