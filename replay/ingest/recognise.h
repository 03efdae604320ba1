#ifndef PLUMBLINE_REPLAY_INGEST_RECOGNISE_H_
#define PLUMBLINE_REPLAY_INGEST_RECOGNISE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "plumbline/v1/mapping.pb.h"
#include "replay/ingest/mapping.h"
#include "replay/ingest/readers/reader.h"

namespace plumbline::replay {

// What a file was taken for.
struct Recognition {
  // The mapping used; nullptr for canonical tables.
  const LoadedMapping* mapping = nullptr;
  // One import a table that the file feeds, the one that counts the rows first;
  // empty for files that name their tables themselves.
  std::vector<v1::TableImport> imports;
  // Columns of the file that nothing reads.
  std::vector<std::string> unread;
};

// "tasks.csv.gz", "tasks-0001.parquet", "tasks_2.arrow" and, by its folder,
// "tasks/part-00000.parquet" -> "tasks"; "" if the name says no table. `name`
// is relative to the log.
std::string TableOfName(const std::string& name);

// The canonical table all of whose required columns stand in `columns`; of
// several the one that knows most of the columns. "" if none.
std::string TableOfHeader(const std::vector<std::string>& columns);

// Whether the header has all cells of the fingerprint and none of those that
// must be absent. A cell "a.b" is also there where "a" is, as a nested object.
bool FitsFingerprint(const v1::TableImport& import,
                     const std::vector<std::string>& columns);

// Takes the file for a canonical table (its name says so and the header does
// not deny it), else for the known export with the longest fitting fingerprint,
// else for the canonical table that the header fits. With `forced`, only
// `mappings` count. Errors: InvalidArgument "file:1:column: ..." where nothing
// fits, a required column is missing or a column stands twice.
absl::StatusOr<Recognition> Recognise(
    const SourceFile& file, const std::vector<LoadedMapping>& mappings,
    bool forced);

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_INGEST_RECOGNISE_H_
