// What the decoder asks of whole rows: whether they belong to the table, and
// whether their values fit each other.
#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "replay/base/decimal.h"
#include "replay/base/per_machine.h"
#include "replay/ingest/decode.h"

namespace plumbline::replay {
namespace {

// Abseil of this age has a string view of its own.
absl::string_view View(std::string_view text) {
  return {text.data(), text.size()};
}

// The clocks of a task in the only order that can be.
constexpr const char* kTaskClocks[] = {
    "placed_at",    "offered_at",         "accepted_at", "arrived_pickup_at",
    "picked_up_at", "arrived_dropoff_at", "completed_at"};

struct ClockPair {
  const char* table;
  const char* earlier;
  const char* later;
};
constexpr ClockPair kPairs[] = {
    {"tasks", "placed_at", "cancelled_at"},
    {"offers", "offered_at", "responded_at"},
    {"pay", "period_start", "period_end"},
    {"workers", "joined_at", "left_at"},
    {"published_rules", "consulted_from", "consulted_to"},
    {"published_rules", "effective_from", "effective_to"},
    {"sanctions", "imposed_at", "lifted_at"},
    {"appeals", "filed_at", "acknowledged_at"},
    {"appeals", "filed_at", "decided_at"},
    {"prompts", "shown_at", "confirmed_at"},
    {"negotiations", "requested_at", "replied_at"},
    {"negotiations", "requested_at", "met_at"},
    {"conditions", "from", "to"},
    {"batches", "started_at", "ended_at"},
};

// The instants that say when a row was, the telling one first; a roster and
// rules may well lie outside the observed window.
struct WindowColumns {
  const char* table;
  std::vector<const char*> columns;
};
const std::vector<WindowColumns>& Windows() {
  static const auto& windows = *new std::vector<WindowColumns>{
      {"tasks",
       {"accepted_at", "offered_at", "placed_at", "completed_at",
        "cancelled_at"}},
      {"sessions", {"started_at"}},
      {"offers", {"offered_at"}},
      {"batches", {"started_at"}},
      {"moment_orders", {"moment_at"}},
      {"moment_workers", {"moment_at"}},
      {"prompts", {"shown_at"}},
  };
  return windows;
}

// Some value is greater than the one of the other column in its row.
PLUMBLINE_PER_MACHINE
bool AnyGreater(const int64_t* values, const int64_t* others, size_t rows) {
  uint64_t any = 0;
  for (size_t i = 0; i < rows; ++i) {
    any |= values[i] > others[i] ? ~uint64_t{0} : 0;
  }
  return any != 0;
}

}  // namespace

// Which columns are held against each other, and which date the row.
void Decoder::AddOrders() {
  if (table_->name == "tasks") {
    for (const char* name : kTaskClocks) {
      if (const int index = IndexOf(name); index >= 0) {
        clocks_.push_back(static_cast<size_t>(index));
      }
    }
  }
  for (const ClockPair& pair : kPairs) {
    const int earlier = IndexOf(pair.earlier);
    const int later = IndexOf(pair.later);
    if (table_->name == pair.table && earlier >= 0 && later >= 0) {
      pairs_.emplace_back(earlier, later);
    }
  }
  if (!IsKnown(options_.observed_from) && !IsKnown(options_.observed_to)) {
    return;
  }
  for (const WindowColumns& window : Windows()) {
    if (table_->name != window.table) continue;
    for (const char* name : window.columns) {
      if (const int index = IndexOf(name); index >= 0) {
        window_.push_back(static_cast<size_t>(index));
      }
    }
  }
}

bool Decoder::SkipRow(const Skip& skip, std::string_view cell, size_t row,
                      Work& work) const {
  if (work.drop[row] != 0) return true;
  for (const std::string& word : skip.equals) {
    if (cell != word) continue;
    work.drop[row] = kForeign;
    work.faults->Add(table_->name, options_.file_index, work.batch.lines[row],
                     skip.column, "not-of-this-table", cell);
    return true;
  }
  return false;
}

void Decoder::CheckCurrency(std::string_view cell, size_t row,
                            Work& work) const {
  if (work.drop[row] != 0) return;
  const std::string_view currency = cell.empty() ? currency_empty_ : cell;
  if (currency.empty() ||
      absl::EqualsIgnoreCase(View(currency), options_.currency)) {
    return;
  }
  work.drop[row] = kForeign;
  work.faults->Add(table_->name, options_.file_index, work.batch.lines[row],
                   currency_column_, "currency-clash", cell);
}

void Decoder::CheckClocks(Work& work) const {
  const auto& columns = work.batch.columns;
  const auto late = [&](size_t earlier, size_t later, size_t row) {
    work.faults->Add(table_->name, options_.file_index, work.batch.lines[row],
                     absl::StrCat(columns_[earlier].schema->name, ",",
                                  columns_[later].schema->name),
                     "clocks-out-of-order", "");
  };
  if (clocks_.size() > 1) {
    // A row whose known clocks are not in order has a neighbour pair that is
    // not, since unknown is less than every instant. Of such rows there are
    // few, and only they are looked at clock by clock.
    std::vector<uint8_t>& suspect = work.suspect;
    suspect.clear();
    for (size_t k = 0; k + 1 < clocks_.size(); ++k) {
      const int64_t* a = columns[clocks_[k]].numbers.data();
      const int64_t* b = columns[clocks_[k + 1]].numbers.data();
      if (!AnyGreater(a, b, work.batch.rows)) continue;
      suspect.resize(work.batch.rows, 0);
      for (size_t row = 0; row < suspect.size(); ++row) {
        suspect[row] |= a[row] > b[row] ? 1 : 0;
      }
    }
    for (size_t row = 0; row < suspect.size(); ++row) {
      if (suspect[row] == 0 || work.drop[row] != 0) continue;
      size_t before = columns_.size();
      for (const size_t clock : clocks_) {
        const int64_t at = columns[clock].numbers[row];
        if (!IsKnown(at)) continue;
        if (before < columns_.size() && at < columns[before].numbers[row]) {
          late(before, clock, row);
        }
        before = clock;
      }
    }
  }
  for (const auto& [earlier, later] : pairs_) {
    for (size_t row = 0; row < work.batch.rows; ++row) {
      const int64_t a = columns[earlier].numbers[row];
      const int64_t b = columns[later].numbers[row];
      if (b < a && IsKnown(b) && work.drop[row] == 0) {
        late(earlier, later, row);
      }
    }
  }
}

void Decoder::CheckWindow(Work& work) const {
  if (window_.empty()) return;
  for (size_t row = 0; row < work.batch.rows; ++row) {
    if (work.drop[row] != 0) continue;
    for (const size_t index : window_) {
      const int64_t at = work.batch.columns[index].numbers[row];
      if (!IsKnown(at)) continue;
      if ((IsKnown(options_.observed_from) && at < options_.observed_from) ||
          (IsKnown(options_.observed_to) && at >= options_.observed_to)) {
        work.faults->Add(table_->name, options_.file_index,
                         work.batch.lines[row], columns_[index].schema->name,
                         "out-of-window", "");
      }
      break;
    }
  }
}

void Decoder::CheckRows(Work& work) const {
  RecordBatch& batch = work.batch;
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].limit == 0) continue;
    const int64_t limit = columns_[i].limit;
    for (size_t row = 0; row < batch.rows; ++row) {
      int64_t& value = batch.columns[i].numbers[row];
      if ((work.drop[row] & kForeign) != 0) continue;
      if ((value <= limit && value >= -limit) || !IsKnown(value)) continue;
      value = CheckNumber(i, row, value, work,
                          FormatDecimal(value, columns_[i].digits, 0));
    }
  }
  if (table_->name == "sessions") {
    const ColumnData* start = batch.Find(table_->Find("started_at"));
    const ColumnData* end = batch.Find(table_->Find("ended_at"));
    if (start != nullptr && end != nullptr) {
      for (size_t row = 0; row < batch.rows; ++row) {
        if (work.drop[row] == 0 && IsKnown(start->numbers[row]) &&
            IsKnown(end->numbers[row]) &&
            end->numbers[row] <= start->numbers[row]) {
          work.faults->Add(table_->name, options_.file_index, batch.lines[row],
                           "ended_at", "session-not-positive", "");
          work.drop[row] |= kQuarantined;
        }
      }
    }
  }
  CheckClocks(work);
  CheckWindow(work);
}

void Decoder::Compact(Work& work) {
  const std::vector<uint8_t>& drop = work.drop;
  const auto keep = [&drop](auto& values) {
    if (values.empty()) return;
    size_t kept = 0;
    for (size_t i = 0; i < drop.size(); ++i) {
      if (drop[i] == 0) values[kept++] = values[i];
    }
    values.resize(kept);
  };
  RecordBatch& batch = work.batch;
  keep(batch.lines);
  for (ColumnData& column : batch.columns) {
    keep(column.numbers);
    keep(column.texts);
    keep(column.entries);
  }
  for (auto& [name, texts] : batch.free) keep(texts);
  batch.rows = batch.lines.size();
}

absl::Status Decoder::Finish(Work& work) const {
  if (work.problem_line >= 0) return absl::InvalidArgumentError(work.problem);
  CheckRows(work);
  for (size_t i = 0; i < columns_.size(); ++i) {
    int64_t& mixed = work.caches[i].mixed_zones;
    if (mixed == 0) continue;
    work.faults->Count(table_->name, columns_[i].schema->name, "mixed-zones",
                       mixed);
    mixed = 0;
  }
  if (std::any_of(work.drop.begin(), work.drop.end(),
                  [](uint8_t drop) { return drop != 0; })) {
    Compact(work);
  }
  return absl::OkStatus();
}

}  // namespace plumbline::replay
