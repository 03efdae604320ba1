#ifndef PLUMBLINE_REPLAY_INGEST_CHECK_MAPPING_H_
#define PLUMBLINE_REPLAY_INGEST_CHECK_MAPPING_H_

#include "absl/status/status.h"
#include "plumbline/v1/mapping.pb.h"
#include "replay/ingest/located_text.h"

namespace plumbline::replay {

// Everything that can be wrong in a mapping that parses. Errors:
// InvalidArgument "file:line:column: ..." for the first of it.
absl::Status CheckMapping(const LocatedText& located,
                          const v1::ImportMapping& mapping);

// The same for the facts of a log, whose places are `tree`.
absl::Status CheckInfo(const LocatedText& located,
                       const LocatedText::Tree* tree, const v1::LogInfo& info);

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_INGEST_CHECK_MAPPING_H_
