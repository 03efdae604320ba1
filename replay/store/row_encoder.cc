#include "replay/store/row_encoder.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "replay/base/decimal.h"
#include "replay/store/column_kernels.h"

namespace plumbline::replay {
namespace {

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

// The first known value tells most columns that are no multiples.
bool FirstIsMultiple(const int64_t* values, size_t rows, int64_t scale) {
  for (size_t i = 0; i < rows; ++i) {
    if (IsKnown(values[i])) return values[i] % scale == 0;
  }
  return true;
}

// A layout with up to that many bits more than some rows need is used for them
// too: the fewer layouts, the longer the stretches that are unpacked at once.
constexpr int kSpareBits = 32;

// Rows between asking for the memory of a look-up and looking.
constexpr size_t kLookAhead = 16;

// The place of an entry in what is known of its dictionary.
template <typename Known>
Known& KnownAt(std::vector<Known>& known, uint32_t entry) {
  if (entry >= known.size()) known.resize(std::max<size_t>(entry + 1, 64) * 2);
  return known[entry];
}

// Short texts without a call.
inline void CopyText(char* to, const char* from, size_t bytes) {
  if (bytes == 0) return;  // From nowhere, if unknown.
  if (bytes > 16 || bytes < 4) {
    std::memcpy(to, from, bytes);
  } else if (bytes >= 8) {
    const uint64_t first = LoadWord(from);
    const uint64_t last = LoadWord(from + bytes - 8);
    std::memcpy(to, &first, 8);
    std::memcpy(to + bytes - 8, &last, 8);
  } else {
    uint32_t first, last;
    std::memcpy(&first, from, 4);
    std::memcpy(&last, from + bytes - 4, 4);
    std::memcpy(to, &first, 4);
    std::memcpy(to + bytes - 4, &last, 4);
  }
}

// Deadlines and promises say when something should happen, not that it did.
bool IsEvent(const ColumnSchema& column) {
  return column.unit == v1::INSTANT && column.name != "promised_at" &&
         column.name != "limit_at";
}

}  // namespace

RowTable::RowTable(const TableSchema& schema, PagePool* pool, int threads,
                   int partitions, size_t chunk_bytes)
    : format(schema), blocks(pool, threads, partitions, chunk_bytes) {
  worker_column = schema.Find("worker_id");
  const auto key = [&](std::initializer_list<const char*> columns) {
    for (const char* column : columns) {
      key_columns.push_back(schema.Find(column));
    }
    ids = std::make_unique<IdFingerprints>(pool, threads);
  };
  if (schema.name == "tasks") {
    key({"task_id"});
  } else if (schema.name == "offers") {
    key({"moment_id", "order_id", "worker_id"});
  } else if (schema.name == "pay") {
    key({"line_id"});
  } else if (schema.name == "fares" || schema.name == "ratings") {
    key({"task_id"});
    partition_column = schema.Find("task_id");
  } else if (schema.name == "moment_orders") {
    key({"moment_id", "order_id"});
    partition_column = schema.Find("moment_id");
  } else if (schema.name == "moment_workers") {
    key({"moment_id", "worker_id"});
    partition_column = schema.Find("moment_id");
  }
  worker_required = worker_column >= 0 && schema.name != "tasks";
}

RowEncoder::RowEncoder(RowTable* table, int thread, int partitions,
                       TextTable* workers, TextTable* symbols)
    : table_(table),
      thread_(thread),
      partitions_(static_cast<uint32_t>(partitions)),
      workers_(workers),
      symbols_(symbols),
      work_(table->format.slots()),
      scratch_(new int64_t[kTileRows]),
      known_symbols_(table->format.slots()) {
  const TableSchema& schema = table->format.schema();
  saw_column_.resize(schema.columns.size());
  for (const ColumnSchema& column : schema.columns) {
    is_event_.push_back(IsEvent(column));
  }
}

int64_t* RowEncoder::Work(int slot) {
  if (work_[slot] == nullptr) work_[slot].reset(new int64_t[kTileRows]);
  return work_[slot].get();
}

absl::Status RowEncoder::Encode(const RecordBatch& batch) {
  const RowFormat& format = table_->format;
  instants_.clear();
  numbers_.clear();
  symbols_in_.clear();
  texts_.clear();
  partition_texts_ = nullptr;
  for (const ColumnData& data : batch.columns) {
    saw_column_[data.column] = 1;
    if (data.column == table_->partition_column) partition_texts_ = &data.texts;
    if (data.column == table_->worker_column) continue;
    const Input input = {RowFormat::SlotOf(data.column), &data};
    const SlotPlan& plan = format.plan(input.slot);
    if (plan.form == SlotForm::kInstant) {
      instants_.push_back(input);
    } else if (plan.form == SlotForm::kText) {
      texts_.push_back(input);
    } else if (plan.symbol) {
      symbols_in_.push_back(input);
    } else {
      numbers_.push_back(input);
    }
  }
  const auto by_slot = [](const Input& a, const Input& b) {
    return a.slot < b.slot;
  };
  std::sort(instants_.begin(), instants_.end(), by_slot);
  std::sort(texts_.begin(), texts_.end(), by_slot);
  keys_.clear();
  for (const int column : table_->key_columns) {
    const ColumnData* data = batch.Find(column);
    if (data == nullptr) {
      keys_.clear();
      break;
    }
    keys_.push_back(&data->texts);
  }
  free_slots_.clear();
  for (const auto& [name, texts] : batch.free) {
    free_slots_.push_back(table_->format.FreeSlot(name));
  }
  // Tiles of even size: a short one costs nearly as much as a full one.
  const size_t tiles = (batch.rows + kTileRows - 1) / kTileRows;
  for (size_t tile = 0; tile < tiles; ++tile) {
    const size_t start = batch.rows * tile / tiles;
    const size_t end = batch.rows * (tile + 1) / tiles;
    absl::Status status = EncodeTile(batch, start, end - start);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status RowEncoder::EncodeTile(const RecordBatch& batch, size_t start,
                                    size_t rows) {
  active_.clear();
  any_dead_ = false;
  Partition(batch, start, rows);
  if (!keys_.empty()) AddIds(batch, start, rows);
  if (batch.file != 0) {
    int64_t* file = Work(kFileSlot);
    std::fill_n(file, rows, int64_t{batch.file});
    Activate(kFileSlot, file, rows);
  }
  Activate(kLineSlot, batch.lines.data() + start, rows);
  AddInstants(batch, start, rows);
  AddNumbers(batch, start, rows);
  AddTexts(start, rows);
  if (!free_slots_.empty()) AddFree(batch, start, rows);
  std::sort(active_.begin(), active_.end(),
            [](const Active& a, const Active& b) { return a.slot < b.slot; });
  Write(rows);
  absl::Status status = table_->blocks.Settle(thread_);
  if (status.ok() && table_->ids != nullptr) {
    status = table_->ids->Settle(thread_);
  }
  return status;
}

void RowEncoder::Partition(const RecordBatch& batch, size_t start,
                           size_t rows) {
  const ColumnData* worker =
      table_->worker_column < 0 ? nullptr : batch.Find(table_->worker_column);
  if (table_->worker_column >= 0) {
    int64_t* codes = Work(kWorkerSlot);
    const uint32_t* entries = nullptr;
    if (worker != nullptr && worker->dictionary != 0) {
      entries = worker->entries.data() + start;
      if (known_workers_.dictionary != worker->dictionary) {
        known_workers_ = {worker->dictionary, {}};
      }
    } else if (worker != nullptr) {
      for (size_t i = 0; i < rows; ++i) {
        hash_[i] = HashText(worker->texts[start + i]);
      }
    }
    for (size_t i = 0; i < rows; ++i) {
      const std::string_view text =
          worker == nullptr ? std::string_view() : worker->texts[start + i];
      dead_[i] = 0;
      if (text.empty()) {
        codes[i] = 0;
        const int64_t line = batch.lines[start + i];
        const uint64_t group = UnknownWorkerGroup(batch.file, line);
        partition_[i] = PartOf(
            HashText({reinterpret_cast<const char*>(&group), sizeof group}),
            partitions_);
        if (table_->worker_required) {
          dead_[i] = kDeadRow;
          any_dead_ = true;
          faults_.push_back({batch.file, line, table_->worker_column,
                             "missing-required", ""});
        }
        continue;
      }
      const bool coded = entries != nullptr && entries[i] != kNoEntry;
      if (coded) {
        const auto& known = KnownAt(known_workers_.workers, entries[i]);
        if (known.code != 0) {
          codes[i] = known.code;
          partition_[i] = known.partition;
          ++rows_of_worker_[known.code];
          continue;
        }
      }
      if (entries != nullptr) {
        hash_[i] = HashText(text);
      } else if (i + kLookAhead < rows) {
        workers_->Prefetch(thread_, hash_[i + kLookAhead]);
      }
      const uint32_t code = workers_->Code(thread_, text, hash_[i]);
      codes[i] = code;
      partition_[i] = PartOf(hash_[i], partitions_);
      if (coded) known_workers_.workers[entries[i]] = {code, partition_[i]};
      if (code >= rows_of_worker_.size()) {
        rows_of_worker_.resize(std::max<size_t>(code + 1, 1024) * 2);
      }
      ++rows_of_worker_[code];
    }
    Activate(kWorkerSlot, codes, rows);
  } else {
    std::fill_n(dead_, rows, uint16_t{0});
  }
  if (table_->partition_column >= 0) {
    for (size_t i = 0; i < rows; ++i) {
      const std::string_view text = partition_texts_ == nullptr
                                        ? std::string_view()
                                        : (*partition_texts_)[start + i];
      partition_[i] = PartOf(HashText(text), partitions_);
    }
  }
}

void RowEncoder::AddIds(const RecordBatch&, size_t start, size_t rows) {
  for (size_t i = 0; i < rows; ++i) hash_[i] = 0;
  bool missing = false;
  for (const auto* key : keys_) {
    for (size_t i = 0; i < rows; ++i) {
      const std::string_view text = (*key)[start + i];
      missing |= text.data() == nullptr;
      hash_[i] = HashText(text, hash_[i]);
    }
  }
  for (size_t i = 0; i < rows; ++i) {
    if (missing | any_dead_) {
      bool complete = dead_[i] == 0;
      for (const auto* key : keys_) {
        complete = complete && (*key)[start + i].data() != nullptr;
      }
      if (!complete) continue;
    }
    table_->ids->Add(thread_, hash_[i]);
  }
}

// Notes the range of a slot's values, in whole units of its scale if possible.
void RowEncoder::Activate(int slot, const int64_t* values, size_t rows) {
  const SlotPlan& plan = table_->format.plan(slot);
  Active active = {slot, values, nullptr, kMost, kUnknown, false, false};
  ColumnRange range;
  if (plan.scale > 1 && FirstIsMultiple(values, rows, plan.scale)) {
    int64_t* quotients = Work(slot) == values ? scratch_.get() : Work(slot);
    active.scaled = DivideExactly(plan.scale, values, rows, quotients, &range);
    if (active.scaled) {
      if (quotients == scratch_.get()) std::swap(scratch_, work_[slot]);
      active.values = quotients;
    }
  }
  if (!active.scaled) range = RangeOf(values, rows);
  if (range.high == kUnknown) return;  // Nothing is known: no part.
  active.low = range.low;
  active.high = range.high;
  active.unknown = range.least == kUnknown;
  if (plan.symbol && range.high == 0) return;
  active_.push_back(active);
}

void RowEncoder::RefuseInstants(const RecordBatch& batch, size_t start,
                                size_t rows, const Input& input) {
  int64_t* kept = Work(input.slot);
  for (size_t i = 0; i < rows; ++i) {
    const int64_t value = input.data->numbers[start + i];
    kept[i] = value;
    if (IsKnown(value) && (value < kFirstInstant || value > kLastInstant)) {
      kept[i] = kUnknown;
      faults_.push_back({batch.file, batch.lines[start + i], input.data->column,
                         "number-out-of-range", absl::StrCat(value)});
    }
  }
}

void RowEncoder::AddInstants(const RecordBatch& batch, size_t start,
                             size_t rows) {
  if (instants_.empty()) return;
  int64_t* base = Work(kBaseSlot);
  std::fill_n(base, rows, kUnknown);
  int64_t first = kMost;
  int64_t last = kUnknown;
  std::vector<const int64_t*>& sources = instant_values_;
  sources.clear();
  for (const Input& input : instants_) {
    const int64_t* values = input.data->numbers.data() + start;
    const ColumnRange range = RangeOf(values, rows);
    int64_t low = range.low;
    int64_t high = range.high;
    FillUnknown(values, rows, base);
    if (IsKnown(high) && (low < kFirstInstant || high > kLastInstant)) {
      RefuseInstants(batch, start, rows, input);
      values = Work(input.slot);
      const ColumnRange kept = RangeOf(values, rows);
      low = kept.low;
      high = kept.high;
      // The base may be one of those refused: take it anew.
      std::fill_n(base, rows, kUnknown);
      for (const int64_t* earlier : sources) FillUnknown(earlier, rows, base);
      FillUnknown(values, rows, base);
    }
    sources.push_back(values);
    if (is_event_[input.data->column] && IsKnown(high)) {
      first = std::min(first, low);
      last = std::max(last, high);
    }
  }
  if (IsKnown(last)) {
    if (!IsKnown(observed_.begin) || first < observed_.begin) {
      observed_.begin = first;
    }
    if (!IsKnown(observed_.end) || last > observed_.end) observed_.end = last;
  }
  for (size_t c = 0; c < instants_.size(); ++c) {
    const int64_t* values = sources[c];
    int64_t* differences = Work(instants_[c].slot);
    Subtract(values, base, rows, differences);
    Activate(instants_[c].slot, differences, rows);
  }
  Activate(kBaseSlot, base, rows);
}

void RowEncoder::AddNumbers(const RecordBatch&, size_t start, size_t rows) {
  for (const Input& input : numbers_) {
    Activate(input.slot, input.data->numbers.data() + start, rows);
  }
  for (const Input& input : symbols_in_) AddSymbols(input, start, rows);
}

void RowEncoder::AddSymbols(const Input& input, size_t start, size_t rows) {
  int64_t* codes = Work(input.slot);
  const std::string_view* texts = input.data->texts.data() + start;
  const auto code_of = [this](std::string_view text) {
    return text.empty() ? 0 : symbols_->Code(thread_, text, HashText(text));
  };
  if (input.data->dictionary != 0) {
    const uint32_t* entries = input.data->entries.data() + start;
    KnownSymbols& known = known_symbols_[input.slot];
    if (known.dictionary != input.data->dictionary) {
      known = {input.data->dictionary, {}};
    }
    for (size_t i = 0; i < rows; ++i) {
      if (entries[i] == kNoEntry) {
        codes[i] = code_of(texts[i]);
        continue;
      }
      uint32_t& code = KnownAt(known.codes, entries[i]);
      if (code == 0) code = code_of(texts[i]);
      codes[i] = code;
    }
  } else {
    // Rows often repeat the text of the row before: a city, a vehicle.
    std::string_view last;
    uint32_t code = 0;
    for (size_t i = 0; i < rows; ++i) {
      if (texts[i] != last) {
        last = texts[i];
        code = code_of(last);
      }
      codes[i] = code;
    }
  }
  Activate(input.slot, codes, rows);
}

void RowEncoder::AddTexts(size_t start, size_t rows) {
  for (const Input& input : texts_) {
    int64_t* lengths = Work(input.slot);
    const std::string_view* texts = input.data->texts.data() + start;
    for (size_t i = 0; i < rows; ++i) {
      lengths[i] = texts[i].data() == nullptr
                       ? kUnknown
                       : static_cast<int64_t>(texts[i].size());
    }
    const size_t before = active_.size();
    Activate(input.slot, lengths, rows);
    if (active_.size() > before) active_.back().texts = texts;
  }
}

void RowEncoder::AddFree(const RecordBatch& batch, size_t start, size_t rows) {
  for (size_t c = 0; c < batch.free.size(); ++c) {
    const int slot = free_slots_[c];
    if (slot < 0) continue;
    int64_t* numbers = Work(slot);
    int64_t* codes = Work(slot + 1);
    for (size_t i = 0; i < rows; ++i) {
      const std::string_view text = batch.free[c].second[start + i];
      numbers[i] = kUnknown;
      codes[i] = 0;
      if (text.empty() || ParseDecimal(text, 6, &numbers[i])) continue;
      numbers[i] = kUnknown;
      codes[i] = symbols_->Code(thread_, text, HashText(text));
    }
    Activate(slot, numbers, rows);
    Activate(slot + 1, codes, rows);
  }
}

// What a slot's values need.
RowPart RowEncoder::PartFor(const Active& active) const {
  RowPart part;
  part.slot = static_cast<uint16_t>(active.slot);
  part.scaled = active.scaled;
  const bool constant = active.low == active.high && !active.unknown;
  if (constant && (active.low == 0 || active.texts != nullptr ||
                   active.slot == kFileSlot)) {
    part.value = active.low;
  } else {
    part.width = static_cast<uint8_t>(WidthOf(active.low, active.high));
  }
  return part;
}

// The part can hold those values.
bool RowEncoder::Fits(const RowPart& part, const Active& active) const {
  if (part.width == 0) {
    return active.low == part.value && active.high == part.value &&
           !active.unknown;
  }
  if (part.scaled && !active.scaled) return false;
  const int64_t scale =
      part.scaled == active.scaled ? 1 : table_->format.plan(active.slot).scale;
  return WidthOf(active.low * scale, active.high * scale) <= part.width;
}

// A layout already there, if all values fit and not too many bits are spared.
bool RowEncoder::Serves(const RowLayout& layout, int bits) const {
  size_t a = 0;
  int spare = -bits;
  for (const RowPart& part : layout.parts) {
    spare += part.width;
    if (a < active_.size() && active_[a].slot == part.slot) {
      if (!Fits(part, active_[a])) return false;
      ++a;
    } else if (part.width == 0) {
      return false;  // It cannot say unknown.
    }
  }
  return a == active_.size() && spare <= kSpareBits;
}

const RowLayout* RowEncoder::Layout() {
  parts_.clear();
  int bits = 0;
  for (const Active& active : active_) {
    parts_.push_back(PartFor(active));
    bits += parts_.back().width;
  }
  if (last_layout_ != nullptr && Serves(*last_layout_, bits)) {
    return last_layout_;
  }
  const RowLayout* newest = table_->format.Newest();
  if (newest == nullptr) return table_->format.Intern(parts_);
  if (Serves(*newest, bits)) return newest;
  // One that serves these rows and those before.
  wider_parts_.clear();
  int wider = 0;
  size_t a = 0;
  const auto add = [&](const RowPart& part) {
    wider_parts_.push_back(part);
    wider += part.width;
  };
  for (const RowPart& part : newest->parts) {
    while (a < parts_.size() && parts_[a].slot < part.slot) add(parts_[a++]);
    if (a < parts_.size() && parts_[a].slot == part.slot) {
      RowPart both = Fits(part, active_[a]) ? part : parts_[a];
      if (both.width != 0 && both.scaled == part.scaled) {
        both.width = std::max(both.width, part.width);
      }
      add(both);
      ++a;
    } else if (part.width != 0) {
      add(part);
    }
  }
  while (a < parts_.size()) add(parts_[a++]);
  return table_->format.Intern(wider - bits <= kSpareBits ? wider_parts_
                                                          : parts_);
}

void RowEncoder::Write(size_t rows) {
  last_layout_ = Layout();
  const RowLayout& layout = *last_layout_;
  words_.assign(layout.words * kTileRows, 0);
  for (size_t i = 0; i < rows; ++i) words_[i] = layout.id | dead_[i];
  size_t a = 0;
  for (const RowPart& part : layout.parts) {
    const Active* active = a < active_.size() && active_[a].slot == part.slot
                               ? &active_[a++]
                               : nullptr;
    if (part.width == 0) continue;
    const int64_t* values = scratch_.get();
    if (active == nullptr) {
      std::fill_n(scratch_.get(), rows,
                  table_->format.plan(part.slot).symbol ? 0 : kUnknown);
    } else if (part.scaled == active->scaled) {
      values = active->values;
    } else {
      const int64_t scale = table_->format.plan(part.slot).scale;
      for (size_t i = 0; i < rows; ++i) {
        const int64_t value = active->values[i];
        scratch_[i] = IsKnown(value) ? value * scale : kUnknown;
      }
    }
    Pack(values, rows, part.width, static_cast<int>(part.bit % 64),
         words_.data() + part.bit / 64 * kTileRows);
  }
  std::fill_n(size_, rows, layout.fixed);
  written_texts_.clear();
  for (const Active& active : active_) {
    if (active.texts == nullptr) continue;
    written_texts_.push_back(active.texts);
    for (size_t i = 0; i < rows; ++i) {
      size_[i] += static_cast<uint32_t>(active.texts[i].size());
    }
  }
  // In order of place within a partition: the last word of a row may reach into
  // the next one, which is written after it.
  for (size_t i = 0; i < rows; ++i) {
    char* place = table_->blocks.Place(thread_, static_cast<int>(partition_[i]),
                                       size_[i]);
    for (size_t w = 0; w < layout.words; ++w) {
      std::memcpy(place + 8 * w, &words_[w * kTileRows + i], 8);
    }
    char* at = place + layout.fixed;
    for (const std::string_view* texts : written_texts_) {
      const std::string_view text = texts[i];
      CopyText(at, text.data(), text.size());
      at += text.size();
    }
  }
}

}  // namespace plumbline::replay
