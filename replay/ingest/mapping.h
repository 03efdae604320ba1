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
// "file:line:column: ..." for text that does not parse, that names a table,
// column, word or time zone that does not exist, or that leaves a required
// column without a source.
absl::StatusOr<LoadedMapping> LoadMapping(const std::string& file);

// The same for text in memory; `file` names it in messages.
absl::StatusOr<LoadedMapping> ParseMapping(const std::string& text,
                                           const std::string& file);

// The mappings that ship, by file name. Errors: NotFound without the folder.
absl::StatusOr<std::vector<LoadedMapping>> ShippedMappings();

// The mapping of `file` alone where one is named, else those that ship.
absl::StatusOr<std::vector<LoadedMapping>> MappingsToTry(
    const std::string& file);

// Reads log.textproto. Errors: InvalidArgument with "log.textproto:line:column:
// ..." for text that does not parse, a currency that is not three capital
// letters, a time zone that does not exist, and a window that is empty.
absl::StatusOr<v1::LogInfo> LoadLogInfo(const std::string& path);

// The mapping of canonical columns to themselves, for `table` and `columns`.
v1::TableImport CanonicalImport(const std::string& table,
                                const std::vector<std::string>& columns);

// Where data files that ship lie ("mappings", "packs"): beside the installed
// program, or in the source tree for a program that was not installed.
std::string DataFolder(const std::string& kind);

// Whether the text is an ISO 4217 code by its form, an IANA zone that exists.
bool IsCurrency(const std::string& text);
bool IsTimeZone(const std::string& text);

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_INGEST_MAPPING_H_
