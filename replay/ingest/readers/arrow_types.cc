#include "absl/strings/str_cat.h"
#include "arrow/type.h"
#include "arrow/type_traits.h"
#include "replay/ingest/readers/arrow_rows.h"
#include "replay/ingest/readers/arrow_values.h"

namespace plumbline::replay {
namespace {

// What a column of Arrow may be for a canonical column; empty: it fits.
std::string WrongType(const MappedColumn& column, const arrow::DataType& type) {
  using arrow::Type;
  const arrow::DataType& plain =
      type.id() == Type::DICTIONARY
          ? *static_cast<const arrow::DictionaryType&>(type).value_type()
          : type;
  const Type::type id = plain.id();
  const bool integer = arrow::is_integer(id);
  const bool number = integer || id == Type::FLOAT || id == Type::DOUBLE ||
                      arrow::is_decimal(id);
  if (id == Type::NA || IsTextual(plain)) return "";
  switch (column.kind) {
    case CellKind::kText:
      return number || id == Type::BOOL || id == Type::TIMESTAMP ||
                     id == Type::DATE32
                 ? ""
                 : "texts";
    case CellKind::kList: {
      if (!IsList(type)) return "lists, or JSON arrays as texts";
      const Type::type item =
          static_cast<const arrow::BaseListType&>(type).value_type()->id();
      return arrow::is_integer(item) || arrow::is_base_binary_like(item) ||
                     item == Type::FLOAT || item == Type::DOUBLE ||
                     item == Type::STRING_VIEW || item == Type::NA
                 ? ""
                 : "lists of texts or numbers";
    }
    case CellKind::kWord:
      return integer || id == Type::BOOL ? "" : "words or booleans";
    case CellKind::kDate:
      return id == Type::DATE32 ? "" : "dates";
    case CellKind::kNumber:
      return number ? "" : "numbers";
    default:
      break;
  }
  if (id == Type::TIMESTAMP) {
    const bool local =
        static_cast<const arrow::TimestampType&>(plain).timezone().empty();
    return local && !column.has_zone
               ? "timestamps with a time zone, or local_zone in a mapping"
               : "";
  }
  if (!number) return "timestamps, RFC 3339 texts or epoch numbers";
  return column.kind == CellKind::kEpoch
             ? ""
             : "RFC 3339, the form of this log's instants, or timestamps; give "
               "--instants EPOCH_SECONDS or EPOCH_MILLISECONDS";
}

}  // namespace

absl::Status CheckTypes(const TableReader& reader,
                        const arrow::Schema& schema) {
  const SourceFile& file = reader.file();
  const auto check = [&](int column,
                         const std::string& expected) -> absl::Status {
    if (expected.empty()) return absl::OkStatus();
    const arrow::Field& field = *schema.field(column);
    return absl::InvalidArgumentError(absl::StrCat(
        file.name, ":1:", column + 1, ": found column ", field.name(),
        " of type ", field.type()->ToString(), ", expected ", expected,
        "; cast it or map another column"));
  };
  for (const Decoder& decoder : reader.decoders()) {
    std::vector<int> others = decoder.SourceColumns();
    for (const MappedColumn& column : decoder.columns()) {
      if (column.source < 0) continue;
      absl::Status status =
          check(column.source,
                WrongType(column, *schema.field(column.source)->type()));
      if (!status.ok()) return status;
      std::erase(others, column.source);
    }
    // Parts of ids, conditions and free columns are read as texts.
    MappedColumn text;
    for (const int column : others) {
      absl::Status status =
          check(column, WrongType(text, *schema.field(column)->type()));
      if (!status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

std::vector<int> NeededColumns(const TableReader& reader) {
  std::vector<int> columns;
  for (const Decoder& decoder : reader.decoders()) {
    const std::vector<int> more = decoder.SourceColumns();
    columns.insert(columns.end(), more.begin(), more.end());
  }
  std::sort(columns.begin(), columns.end());
  columns.erase(std::unique(columns.begin(), columns.end()), columns.end());
  return columns;
}

}  // namespace plumbline::replay
