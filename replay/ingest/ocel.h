#ifndef PLUMBLINE_REPLAY_INGEST_OCEL_H_
#define PLUMBLINE_REPLAY_INGEST_OCEL_H_

#include <string_view>

namespace plumbline::replay {

// Our log as OCEL 2.0 JSON: a row is an object whose type is its table and
// whose attributes are its known cells, in the text of CSV; each instant is
// also an event that relates to the row. These columns name somebody or
// something else: what they name is an object of the column's type, without
// attributes, to which rows and events relate.
inline constexpr std::string_view kOcelEntities[] = {"worker_id", "order_id"};

inline bool IsOcelEntity(std::string_view type) {
  for (const std::string_view entity : kOcelEntities) {
    if (type == entity) return true;
  }
  return false;
}

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_INGEST_OCEL_H_
