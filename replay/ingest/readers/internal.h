#ifndef PLUMBLINE_REPLAY_INGEST_READERS_INTERNAL_H_
#define PLUMBLINE_REPLAY_INGEST_READERS_INTERNAL_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "arrow/io/interfaces.h"
#include "arrow/result.h"
#include "replay/ingest/readers/reader.h"

namespace plumbline::replay {

using BatchSink = std::function<absl::Status(int thread, RawBatch batch)>;

// The bytes of the file, decompressed. `path` "-" is standard input.
arrow::Result<std::shared_ptr<arrow::io::InputStream>> OpenStream(const std::string& path,
                                                                  FileCompression compression);

// "name:1:1: <what>: <detail>; <remedy>".
absl::Status FileError(const SourceFile& file, const std::string& what, const std::string& remedy);

absl::Status ReadText(const SourceFile& file, const ReadOptions& options, const BatchSink& sink);
absl::Status ReadArrow(const SourceFile& file, const ReadOptions& options, const BatchSink& sink);
absl::StatusOr<std::vector<std::string>> ArrowColumns(const SourceFile& file);

// The first record of the text as cells; false when it does not end in it.
bool SplitHeader(std::string_view text, char delimiter, std::vector<std::string>* cells,
                 size_t* bytes);

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_INGEST_READERS_INTERNAL_H_
