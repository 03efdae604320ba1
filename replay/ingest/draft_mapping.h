#ifndef PLUMBLINE_REPLAY_INGEST_DRAFT_MAPPING_H_
#define PLUMBLINE_REPLAY_INGEST_DRAFT_MAPPING_H_

#include <string>
#include <vector>

#include "replay/ingest/inspect.h"

namespace plumbline::replay {

// A mapping in protobuf text for a file that no mapping fits: the columns whose
// names are understood (English or Chinese) are mapped, all others stand in
// comments with what they look like. LoadMapping accepts it as it is; what has
// to be checked or filled in is marked with "check" or "fill in".
std::string DraftMapping(const std::string& file_name,
                         const std::vector<InspectedColumn>& columns,
                         const std::string& time_zone);

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_INGEST_DRAFT_MAPPING_H_
