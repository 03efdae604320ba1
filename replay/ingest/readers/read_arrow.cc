#include "absl/strings/str_cat.h"
#include "replay/ingest/readers/arrow_rows.h"

namespace plumbline::replay {

absl::Status Damaged(const SourceFile& file, const std::string& detail) {
  return FileError(file,
                   absl::StrCat("the file breaks off or is damaged (", detail,
                                "), expected it whole"),
                   "copy or export it again");
}

absl::Status SniffArrow(SourceFile* file) {
  return file->format == FileFormat::kParquet ? SniffParquet(file)
                                              : SniffIpc(file);
}

absl::Status ReadArrow(TableReader& reader) {
  return reader.file().format == FileFormat::kParquet ? ReadParquet(reader)
                                                      : ReadIpc(reader);
}

absl::StatusOr<int64_t> CountArrowRows(const SourceFile& file) {
  return file.format == FileFormat::kParquet ? CountParquetRows(file)
                                             : CountIpcRows(file);
}

}  // namespace plumbline::replay
