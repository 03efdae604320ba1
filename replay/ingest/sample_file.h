#ifndef PLUMBLINE_REPLAY_INGEST_SAMPLE_FILE_H_
#define PLUMBLINE_REPLAY_INGEST_SAMPLE_FILE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "replay/ingest/readers/reader.h"

namespace plumbline::replay {

// The first rows (at most `rows`) of the file as text, one vector a column in
// order of SourceFile::columns; null is empty. For looking at a file, not for
// reading it. Nothing for protobuf. Errors: InvalidArgument "file:1:1: ...".
absl::StatusOr<std::vector<std::vector<std::string>>> SampleFile(
    const SourceFile& file, int64_t rows);

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_INGEST_SAMPLE_FILE_H_
