#ifndef PLUMBLINE_REPLAY_INGEST_MAPPING_H_
#define PLUMBLINE_REPLAY_INGEST_MAPPING_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "plumbline/v1/mapping.pb.h"

namespace plumbline::replay {

struct LoadedMapping {
  v1::ImportMapping mapping;
  std::string sha256;  // Of the file's bytes.
};

// Reads a mapping in protobuf text form. Errors: InvalidArgument with
// "file:line:column: ..." for text that does not parse or names a table or
// column that does not exist.
absl::StatusOr<LoadedMapping> LoadMapping(const std::string& file);

// The mappings that ship, by file name. Errors: NotFound without the folder.
absl::StatusOr<std::vector<LoadedMapping>> ShippedMappings();

// The mapping of canonical columns to themselves, for `table` and `columns`.
v1::TableImport CanonicalImport(const std::string& table, const std::vector<std::string>& columns);

// Where data files that ship lie ("mappings", "packs"): beside the installed
// program, or in the source tree for a program that was not installed.
std::string DataFolder(const std::string& kind);

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_INGEST_MAPPING_H_
