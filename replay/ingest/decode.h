#ifndef PLUMBLINE_REPLAY_INGEST_DECODE_H_
#define PLUMBLINE_REPLAY_INGEST_DECODE_H_

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "plumbline/v1/mapping.pb.h"
#include "replay/ingest/cells.h"
#include "replay/ingest/fault_log.h"
#include "replay/ingest/readers/reader.h"
#include "replay/ingest/record_batch.h"
#include "replay/ingest/text_arena.h"
#include "replay/schema/schema.h"

namespace plumbline::replay {

enum class CellKind {
  kText,
  kWord,  // Enums and booleans.
  kEpoch,
  kRfc3339,
  kLocal,  // RFC 3339 that may lack the offset.
  kDate,
  kNumber,
  kList
};

// A word of the source for a canonical one.
struct MappedWord {
  std::string from;
  std::string to;
  int64_t number = kUnknown;  // Of an enum or boolean.
  bool unknown = false;       // The word means that nothing is known.
  int unless = -1;  // Not in rows where this condition of the decoder holds.
};

// One canonical column of an import, resolved against the header of a file.
struct MappedColumn {
  int target = -1;  // In the table's schema.
  const ColumnSchema* schema = nullptr;
  CellKind kind = CellKind::kText;
  int source = -1;          // In SourceFile::columns; -1 for what follows.
  std::vector<int> joined;  // Their cells make one id.
  bool row_number = false;
  bool is_constant = false;
  std::string constant;
  int64_t constant_number = kUnknown;

  bool plain = false;         // Nothing of the following: the fast way.
  bool may_be_empty = false;  // An empty cell is no fault.
  std::vector<std::string> unknown;
  std::vector<MappedWord> words;  // The first that fits is taken.
  std::string member;
  std::string prefix;
  v1::ListForm list = v1::LIST_FORM_UNSPECIFIED;
  std::string separator;
  int64_t numerator = 0;
  int64_t denominator = 1;

  std::vector<std::pair<std::string, int64_t>> values;  // Of kWord, canonical.
  int digits = 0;                                       // Of kNumber, inside.
  int64_t ms_per_unit = 1;                              // Of kEpoch.
  int64_t limit = 0;  // Degrees: the largest size; else 0.
  bool has_zone = false;
  absl::TimeZone zone;  // Of kLocal.
};

// Turns the raw rows of one file into validated batches of one table, as one
// TableImport says. Made once a file and import; const and thread-safe after
// that: what changes is in a Work, one each thread, which is used again from
// batch to batch, so that nothing is allocated per row.
//
// A Source gives `Visit(file_column, visitor)`, which calls
// visitor(const char* data, size_t size) for each row in order, size 0 for an
// empty or null cell; it may name `kPadded`, where eight bytes before the end
// of each cell can be read; and it may give `bool Typed(const Decoder&, size_t
// column, Work&)`, which fills the column itself from binary values, or says
// that Visit must be used.
class Decoder {
 public:
  struct Cache {
    FastInstant instant;
    LocalTime local;
    ZoneOffset zone;
    size_t last_word = 0;
    int64_t mixed_zones = 0;
  };
  struct Work {
    RecordBatch batch;                 // `lines` is the reader's to fill.
    std::vector<int64_t> row_numbers;  // From 1; the reader's, where needed.
    bool ascii = false;                // No byte of the batch is above 127.
    std::vector<uint8_t> drop;         // 1: quarantined, 2: of another table.
    std::vector<Cache> caches;         // One each column.
    TextArena arena;
    FaultLog* faults = nullptr;
    // What makes the file as a whole unreadable; of several, the first.
    int64_t problem_line = -1;
    int problem_column = 0;
    std::string problem;
    std::vector<std::vector<uint8_t>> conditions;  // One each, by row.
    // Buffers of the checks and the slow ways.
    std::vector<uint8_t> suspect;
    std::string scratch;
    std::string second;
    std::vector<std::string> items;
    std::vector<std::vector<std::string_view>> parts;
  };

  // Errors: InvalidArgument for a required column that the file lacks, one that
  // it has twice, a zone that does not exist, a constant that cannot be read.
  static absl::StatusOr<Decoder> Make(const v1::TableImport& import,
                                      const SourceFile& file,
                                      const DecodeOptions& options);

  const TableSchema& table() const { return *table_; }
  const std::vector<MappedColumn>& columns() const { return columns_; }
  const SourceFile& file() const { return file_; }
  bool derived() const { return derived_; }
  bool needs_row_numbers() const { return needs_row_numbers_; }
  // Indexes in SourceFile::columns that Decode visits, sorted.
  std::vector<int> SourceColumns() const;
  std::vector<std::string> ColumnNames() const;  // "table.column"

  // Decodes `work.batch.lines.size()` rows into `work.batch`. Errors:
  // InvalidArgument when instants stand in the other form.
  template <typename Source>
  absl::Status Decode(Source& source, FaultLog& faults, Work& work) const {
    Begin(faults, work);
    MarkForeign(source, work);
    for (size_t i = 0; i < columns_.size(); ++i) {
      const MappedColumn& column = columns_[i];
      if (column.is_constant || column.row_number) {
        FillColumn(i, work);
        continue;
      }
      if (!column.joined.empty()) {
        JoinColumn(source, i, work);
        continue;
      }
      if constexpr (requires { source.Typed(*this, i, work); }) {
        if (source.Typed(*this, i, work)) continue;
      }
      DecodeColumn(source, i, work);
    }
    for (size_t i = 0; i < free_.size(); ++i) {
      CollectFree(source, i, work);
    }
    return Finish(work);
  }

  // The slow and exact way of one cell; adds its faults to the work.
  int64_t SlowNumber(size_t column, size_t row, std::string_view cell,
                     Work& work) const;
  std::string_view SlowText(size_t column, size_t row, std::string_view cell,
                            Work& work) const;
  // A value that is there, against the bounds of its unit: itself or kUnknown.
  int64_t CheckNumber(size_t column, size_t row, int64_t value, Work& work,
                      std::string_view cell = {}) const;
  // What became of a cell, with its fault if it has one.
  int64_t Settle(size_t column, size_t row, CellResult result, int64_t value,
                 std::string_view cell, Work& work) const;
  // For sources that fill batches themselves: the steps around that.
  void Begin(FaultLog& faults, Work& work) const;
  absl::Status Finish(Work& work) const;

 private:
  static constexpr uint8_t kQuarantined = 1;
  static constexpr uint8_t kForeign = 2;

  struct Skip {
    int source = -1;
    std::vector<std::string> equals;
    std::string column;
  };
  struct Free {
    std::string name;
    int source = -1;
  };
  struct Condition {
    int source = -1;
    std::vector<std::string> equals;
  };

  // The steps of Make.
  absl::Status FindSource(const std::string& name, int* index) const;
  int IndexOf(std::string_view column) const;
  bool MayLack(const ColumnSchema& column) const;
  absl::Status AddColumn(const v1::ColumnImport& mapped, std::string* missing);
  absl::Status ResolveSource(const v1::ColumnImport& mapped,
                             MappedColumn* column, bool* there,
                             std::string* missing) const;
  absl::Status ResolveCells(const v1::ColumnImport& mapped,
                            MappedColumn* column);
  absl::Status AddRowTests(const v1::TableImport& import);
  void AddFreeColumns();
  void AddOrders();

  CellResult Parse(const MappedColumn& column, std::string_view text,
                   Cache& cache, int64_t* value) const;
  void Fault(size_t column, size_t row, std::string_view id,
             std::string_view cell, Work& work) const;
  void Missing(size_t column, size_t row, std::string_view cell,
               Work& work) const;
  bool IsUnknown(const MappedColumn& column, std::string_view cell) const;
  const MappedWord* FindWord(const MappedColumn& column, size_t row,
                             std::string_view text, const Work& work) const;
  void OtherForm(const MappedColumn& column, size_t row, std::string_view cell,
                 Work& work) const;
  void FillColumn(size_t column, Work& work) const;
  void JoinRow(size_t column, size_t row, Work& work) const;
  bool SkipRow(const Skip& skip, std::string_view cell, size_t row,
               Work& work) const;
  static bool Holds(const Condition& condition, std::string_view cell);
  void CheckCurrency(std::string_view cell, size_t row, Work& work) const;
  void CheckRows(Work& work) const;
  void CheckClocks(Work& work) const;
  void CheckWindow(Work& work) const;
  static void Compact(Work& work);

  template <typename Source>
  void MarkForeign(Source& source, Work& work) const {
    for (const Skip& skip : skips_) {
      size_t row = 0;
      source.Visit(skip.source, [&](const char* data, size_t size) {
        SkipRow(skip, {data, size}, row, work);
        ++row;
      });
    }
    for (size_t i = 0; i < conditions_.size(); ++i) {
      std::vector<uint8_t>& holds = work.conditions[i];
      holds.clear();
      source.Visit(conditions_[i].source, [&](const char* data, size_t size) {
        holds.push_back(Holds(conditions_[i], {data, size}) ? 1 : 0);
      });
    }
    if (currency_source_ >= 0) {
      size_t row = 0;
      source.Visit(currency_source_, [&](const char* data, size_t size) {
        CheckCurrency({data, size}, row, work);
        ++row;
      });
    }
  }

  template <typename Source>
  void DecodeColumn(Source& source, size_t index, Work& work) const {
    const MappedColumn& column = columns_[index];
    Cache& cache = work.caches[index];
    const bool may_be_empty = column.may_be_empty;
    // The fast ways call nothing, so that their loops stay small; whatever they
    // leave goes the slow way in a second round, which most blocks do not need.
    bool left = false;
    size_t row = 0;
    if (column.kind == CellKind::kText || column.kind == CellKind::kList) {
      std::string_view* out = work.batch.columns[index].texts.data();
      if (column.plain && column.kind == CellKind::kText && work.ascii) {
        source.Visit(column.source, [&](const char* data, size_t size) {
          out[row++] = std::string_view(size != 0 ? data : nullptr, size);
          left |= size == 0 && !may_be_empty;
        });
        if (!left) return;
      }
      row = 0;
      source.Visit(column.source, [&](const char* data, size_t size) {
        out[row] = may_be_empty && size == 0
                       ? std::string_view()
                       : SlowText(index, row, {data, size}, work);
        ++row;
      });
      return;
    }
    int64_t* out = work.batch.columns[index].numbers.data();
    const auto visit_slowly = [&] {
      row = 0;
      source.Visit(column.source, [&](const char* data, size_t size) {
        if (!IsKnown(out[row]) && !(may_be_empty && size == 0)) {
          out[row] = SlowNumber(index, row, {data, size}, work);
        }
        ++row;
      });
    };
    // `read(data, size, &value)` is the fast way of one cell.
    const auto visit = [&](auto&& read) {
      source.Visit(column.source, [&](const char* data, size_t size) {
        int64_t value = kUnknown;
        const bool good = read(data, size, &value);
        out[row++] = good ? value : kUnknown;
        left |= !good & !(may_be_empty & (size == 0));
      });
      if (left) visit_slowly();
    };
    if (!column.plain) {
      std::fill_n(out, work.batch.rows, kUnknown);
      visit_slowly();
      return;
    }
    switch (column.kind) {
      case CellKind::kEpoch: {
        const int64_t per_unit = column.ms_per_unit;
        const int64_t last = kLastInstant / per_unit;
        visit([=](const char* data, size_t size, int64_t* value) {
          if (!FastDigits(data, size, value) || *value > last) return false;
          *value *= per_unit;
          return true;
        });
        return;
      }
      case CellKind::kRfc3339: {
        const bool zones = check_zones_;
        visit([&, zones](const char* data, size_t size, int64_t* value) {
          if (!cache.instant.Parse(data, size, value)) return false;
          if (zones) NoteZone(cache.instant.offset_ms(), *value, cache);
          return true;
        });
        return;
      }
      case CellKind::kLocal:
        visit([&](const char* data, size_t size, int64_t* value) {
          int64_t local;
          return cache.instant.ParseLocal(data, size, &local) &&
                 cache.local.ToUtc(local, value) == CellResult::kGood;
        });
        return;
      case CellKind::kWord: {
        const auto& words = column.values;
        size_t& last = cache.last_word;
        visit([&](const char* data, size_t size, int64_t* value) {
          const auto is = [&](const std::string& word) {
            return word.size() == size && SameText(word.data(), data, size);
          };
          if (size == 0) return false;
          if (!is(words[last].first)) {
            size_t next = 0;
            while (next < words.size() && !is(words[next].first)) ++next;
            if (next == words.size()) return false;
            last = next;
          }
          *value = words[last].second;
          return true;
        });
        return;
      }
      case CellKind::kNumber: {
        const int digits = column.digits;
        if constexpr (requires { Source::kPadded; }) {
          visit([digits](const char* data, size_t size, int64_t* value) {
            const bool good = FastDecimalPadded(data, size, digits, value);
            return good & (size != 0);
          });
          return;
        }
        visit([digits](const char* data, size_t size, int64_t* value) {
          return FastDecimal(data, size, digits, value);
        });
        return;
      }
      default:
        std::fill_n(out, work.batch.rows, kUnknown);
        visit_slowly();
    }
  }

  template <typename Source>
  void JoinColumn(Source& source, size_t index, Work& work) const {
    const MappedColumn& column = columns_[index];
    work.parts.resize(column.joined.size());
    for (size_t i = 0; i < column.joined.size(); ++i) {
      work.parts[i].clear();
      source.Visit(column.joined[i], [&](const char* data, size_t size) {
        work.parts[i].emplace_back(data, size);
      });
    }
    for (size_t row = 0; row < work.batch.rows; ++row) {
      JoinRow(index, row, work);
    }
  }

  template <typename Source>
  void CollectFree(Source& source, size_t index, Work& work) const {
    std::vector<std::string_view>& texts = work.batch.free[index].second;
    size_t row = 0;
    source.Visit(free_[index].source, [&](const char* data, size_t size) {
      std::string_view text(data, size);
      if (size == 0 || (!work.ascii && !IsUtf8(text))) {
        if (size != 0) FreeFault(index, row, text, work);
        text = {};
      }
      texts[row] = text;
      ++row;
    });
  }
  void FreeFault(size_t free, size_t row, std::string_view cell,
                 Work& work) const;

  // An offset that is neither UTC nor that of the log's zone at that time.
  static void NoteZone(int64_t offset, int64_t ms, Cache& cache) {
    if (offset != 0 && offset != cache.zone.At(ms)) ++cache.mixed_zones;
  }

  const TableSchema* table_ = nullptr;
  int table_index_ = -1;
  SourceFile file_;
  DecodeOptions options_;
  bool derived_ = false;
  bool needs_row_numbers_ = false;
  bool check_zones_ = false;
  absl::TimeZone log_zone_;
  std::vector<MappedColumn> columns_;
  std::vector<Skip> skips_;
  std::vector<Condition> conditions_;
  int currency_source_ = -1;
  std::string currency_empty_;
  std::string currency_column_;
  std::vector<Free> free_;
  // Columns of `columns_` whose instants come in this order in any row, and the
  // pairs beside that order.
  std::vector<size_t> clocks_;
  std::vector<std::pair<size_t, size_t>> pairs_;
  std::vector<size_t> window_;  // The first known of these dates the row.
};

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_INGEST_DECODE_H_
