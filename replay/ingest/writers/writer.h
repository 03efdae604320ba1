#ifndef PLUMBLINE_REPLAY_INGEST_WRITERS_WRITER_H_
#define PLUMBLINE_REPLAY_INGEST_WRITERS_WRITER_H_

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "replay/ingest/writers/spool.h"
#include "replay/schema/schema.h"

namespace plumbline::replay {

// The text of a known value as a CSV log writes it, in the column's text unit:
// "2026-03-01T12:30:00.5+08:00", "12.34", "delivered". Exact.
void AppendValue(const ColumnSchema& column, int64_t value,
                 const absl::TimeZone& zone, std::string* text);

// Buffers a file that is written from front to back.
class OutputFile {
 public:
  explicit OutputFile(std::string path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  std::string& buffer() { return buffer_; }
  absl::Status FlushIfFull();
  absl::Status Close();  // Errors: Internal "path:1:1: ...".

 private:
  absl::Status Flush();
  std::string path_;
  std::string buffer_;
  std::FILE* file_ = nullptr;
};

absl::Status WriteCsv(Spool& spool, const SpooledTable& table,
                      const absl::TimeZone& zone, const std::string& path);
absl::Status WriteProtobuf(Spool& spool, const SpooledTable& table,
                           const std::string& path);
// `parquet` false: an Arrow IPC file.
absl::Status WriteArrow(Spool& spool, const SpooledTable& table, bool parquet,
                        const std::string& path);
absl::Status WriteOcel(Spool& spool, const std::vector<SpooledTable>& tables,
                       const std::string& path);

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_INGEST_WRITERS_WRITER_H_
