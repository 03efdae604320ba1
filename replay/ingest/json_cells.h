#ifndef PLUMBLINE_REPLAY_INGEST_JSON_CELLS_H_
#define PLUMBLINE_REPLAY_INGEST_JSON_CELLS_H_

#include <string>
#include <string_view>
#include <vector>

#include "plumbline/v1/mapping.pb.h"

namespace plumbline::replay {

// Small JSON values and lists as they stand in one cell. Strict RFC 8259; a
// value may be nested 64 deep.

// The member `path` ("fare.tip") of the JSON object in `text`: a string without
// its quotes and escapes, any other value as it is written. `value` is empty
// where there is no such member or it is null. False: `text` is no object.
bool JsonMember(std::string_view text, std::string_view path,
                std::string* value);

// The items of a list in the form that a mapping names: a JSON array of plain
// values; BRACKETED "[1 2 3]", "['a', 'b']", "{1,2}"; SEPARATED "a;b;c". False
// for what is no list of that form.
bool ListItems(std::string_view text, v1::ListForm form,
               std::string_view separator, std::vector<std::string>* items);

// The canonical text of a list: a JSON array without blanks, of strings, or of
// numbers as they are written.
void AppendJsonList(const std::vector<std::string>& items, bool numbers,
                    std::string* json);
void AppendJsonString(std::string_view text, std::string* json);

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_INGEST_JSON_CELLS_H_
