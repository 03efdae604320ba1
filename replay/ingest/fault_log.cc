#include "replay/ingest/fault_log.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <queue>

namespace plumbline::replay {
namespace {

uint32_t IndexOf(std::vector<std::string>& names, std::string_view name) {
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return static_cast<uint32_t>(i);
  }
  names.emplace_back(name);
  return static_cast<uint32_t>(names.size() - 1);
}

// The length of the UTF-8 sequence that begins at `at`, 0 if there is none.
size_t SequenceLength(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) {
    return static_cast<unsigned char>(text[i]);
  };
  const unsigned char first = byte(at);
  const size_t length = first < 0x80   ? 1
                        : first < 0xC2 ? 0
                        : first < 0xE0 ? 2
                        : first < 0xF0 ? 3
                        : first < 0xF5 ? 4
                                       : 0;
  if (length == 0 || at + length > text.size()) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return 0;
  }
  if (length == 3 && ((first == 0xE0 && byte(at + 1) < 0xA0) ||
                      (first == 0xED && byte(at + 1) > 0x9F))) {
    return 0;
  }
  if (length == 4 && ((first == 0xF0 && byte(at + 1) < 0x90) ||
                      (first == 0xF4 && byte(at + 1) > 0x8F))) {
    return 0;
  }
  return length;
}

// At most 200 bytes of UTF-8, never cut inside a character.
std::string ShownValue(std::string_view value) {
  constexpr size_t kLongest = 200;
  std::string shown;
  for (size_t i = 0; i < value.size();) {
    const size_t length = SequenceLength(value, i);
    if (shown.size() + std::max<size_t>(length, 1) > kLongest) break;
    if (length == 0) {
      shown += '?';
      ++i;
    } else {
      shown.append(value.substr(i, length));
      i += length;
    }
  }
  return shown;
}

void PutNumber(uint64_t number, std::string* bytes) {
  char raw[sizeof number];
  std::memcpy(raw, &number, sizeof number);
  bytes->append(raw, sizeof number);
}

absl::Status GetNumber(ScratchFile& file, uint64_t* number) {
  std::string bytes;
  absl::Status status = file.Read(sizeof *number, &bytes);
  if (status.ok()) std::memcpy(number, bytes.data(), sizeof *number);
  return status;
}

}  // namespace

FaultLog::FaultLog(std::string scratch, int64_t memory_bytes)
    : scratch_(std::move(scratch)), memory_bytes_(memory_bytes) {}

FaultLog::~FaultLog() = default;

void FaultLog::SetFiles(std::vector<std::string> files) {
  const std::lock_guard lock(mutex_);
  files_ = std::move(files);
}

void FaultLog::MarkDerived(std::string_view table, uint32_t file) {
  const std::lock_guard lock(mutex_);
  derived_.insert({IndexOf(tables_, table), file});
}

void FaultLog::CountRows(std::string_view table, uint32_t file, int64_t rows) {
  const std::lock_guard lock(mutex_);
  const std::pair key(IndexOf(tables_, table), file);
  if (!derived_.contains(key)) rows_[key] += rows;
}

int64_t FaultLog::rows_read() const {
  const std::lock_guard lock(mutex_);
  int64_t rows = 0;
  for (const auto& [key, n] : rows_) rows += n;
  return rows;
}

void FaultLog::Add(std::string_view table, uint32_t file, int64_t line,
                   std::string_view column, std::string_view fault_id,
                   std::string_view value) {
  const FaultKind& kind = FindFault(fault_id);
  const auto number = static_cast<uint32_t>(&kind - FaultCatalogue().data());
  std::string shown =
      kind.side == FaultSide::kCounted ? std::string() : ShownValue(value);
  const std::lock_guard lock(mutex_);
  const uint32_t table_index = IndexOf(tables_, table);
  // The source table already has what the derived one leaves out.
  if (kind.id == "not-of-this-table" && derived_.contains({table_index, file}))
    return;
  ++counts_[{number, table_index, std::string(column)}];
  if (kind.side == FaultSide::kCounted) return;
  entries_.push_back(
      {file, number, line, table_index, std::string(column), std::move(shown)});
  entry_bytes_ +=
      static_cast<int64_t>(sizeof(Entry) + entries_.back().column.size() +
                           entries_.back().value.size());
  if (entry_bytes_ > memory_bytes_ && spilled_.ok()) spilled_ = Spill();
}

void FaultLog::Count(std::string_view table, std::string_view column,
                     std::string_view fault_id, int64_t n) {
  const FaultKind& kind = FindFault(fault_id);
  const auto number = static_cast<uint32_t>(&kind - FaultCatalogue().data());
  const std::lock_guard lock(mutex_);
  counts_[{number, IndexOf(tables_, table), std::string(column)}] += n;
}

bool FaultLog::Before(const Entry& a, const Entry& b) {
  const auto key = [](const Entry& entry) {
    return std::tuple(entry.file, entry.line, std::string_view(entry.column),
                      FaultCatalogue()[entry.kind].id,
                      std::string_view(entry.value));
  };
  return key(a) < key(b);
}

FaultSide FaultLog::Side(const Entry& entry) const {
  if (derived_.contains({entry.table, entry.file})) return FaultSide::kRepaired;
  return FaultCatalogue()[entry.kind].side;
}

absl::Status FaultLog::Spill() {
  std::sort(entries_.begin(), entries_.end(), Before);
  auto run = ScratchFile::Create(scratch_);
  if (!run.ok()) return run.status();
  std::string bytes;
  for (const Entry& entry : entries_) {
    for (const uint64_t number :
         {uint64_t{entry.file}, uint64_t{entry.kind},
          static_cast<uint64_t>(entry.line), uint64_t{entry.table},
          uint64_t{entry.column.size()}, uint64_t{entry.value.size()}}) {
      PutNumber(number, &bytes);
    }
    bytes += entry.column;
    bytes += entry.value;
    if (bytes.size() < (size_t{1} << 20)) continue;
    if (absl::Status status = run->Append(bytes); !status.ok()) return status;
    bytes.clear();
  }
  if (absl::Status status = run->Append(bytes); !status.ok()) return status;
  runs_.push_back(*std::move(run));
  entries_.clear();
  entry_bytes_ = 0;
  return absl::OkStatus();
}

absl::Status FaultLog::Merge(
    absl::FunctionRef<absl::Status(const Entry&)> visit) {
  if (!spilled_.ok()) return spilled_;
  std::sort(entries_.begin(), entries_.end(), Before);
  // The last source is what still lies in memory.
  std::vector<Entry> heads(runs_.size() + 1);
  size_t next_in_memory = 0;
  const auto advance = [&](size_t source) -> absl::StatusOr<bool> {
    Entry& head = heads[source];
    if (source == runs_.size()) {
      if (next_in_memory == entries_.size()) return false;
      head = entries_[next_in_memory++];
      return true;
    }
    ScratchFile& run = runs_[source];
    if (run.position() == run.size()) return false;
    uint64_t numbers[6];
    for (uint64_t& number : numbers) {
      if (absl::Status status = GetNumber(run, &number); !status.ok())
        return status;
    }
    head.file = static_cast<uint32_t>(numbers[0]);
    head.kind = static_cast<uint32_t>(numbers[1]);
    head.line = static_cast<int64_t>(numbers[2]);
    head.table = static_cast<uint32_t>(numbers[3]);
    if (absl::Status status = run.Read(numbers[4], &head.column); !status.ok())
      return status;
    if (absl::Status status = run.Read(numbers[5], &head.value); !status.ok())
      return status;
    return true;
  };
  const auto later = [&](size_t a, size_t b) {
    return Before(heads[b], heads[a]);
  };
  std::priority_queue<size_t, std::vector<size_t>, decltype(later)> queue(
      later);
  for (size_t source = 0; source < heads.size(); ++source) {
    if (source < runs_.size()) {
      if (absl::Status status = runs_[source].Rewind(); !status.ok())
        return status;
    }
    const auto more = advance(source);
    if (!more.ok()) return more.status();
    if (*more) queue.push(source);
  }
  while (!queue.empty()) {
    const size_t source = queue.top();
    queue.pop();
    if (absl::Status status = visit(heads[source]); !status.ok()) return status;
    const auto more = advance(source);
    if (!more.ok()) return more.status();
    if (*more) queue.push(source);
  }
  return absl::OkStatus();
}

absl::Status FaultLog::Conclude(v1::Input* input) {
  const std::lock_guard lock(mutex_);
  struct Funnel {
    std::set<std::string> files;
    int64_t read = 0;
    int64_t repaired = 0;
    int64_t quarantined = 0;
  };
  std::map<std::string, Funnel> funnels;
  std::map<uint32_t, uint32_t> source_tables;  // By file.
  for (const auto& [key, rows] : rows_) {
    Funnel& funnel = funnels[tables_[key.first]];
    funnel.read += rows;
    if (key.second < files_.size()) funnel.files.insert(files_[key.second]);
    source_tables[key.second] = key.first;
  }
  // All faults of a row come together; the row goes to the table that counts
  // it.
  std::optional<std::pair<uint32_t, int64_t>> row;
  uint32_t row_table = 0;
  FaultSide row_side = FaultSide::kRepaired;
  const auto close_row = [&] {
    if (!row) return;
    Funnel& funnel = funnels[tables_[row_table]];
    ++(row_side == FaultSide::kQuarantined ? funnel.quarantined
                                           : funnel.repaired);
  };
  absl::Status status = Merge([&](const Entry& entry) {
    if (row != std::pair(entry.file, entry.line)) {
      close_row();
      row = {entry.file, entry.line};
      row_side = FaultSide::kRepaired;
      const auto source = source_tables.find(entry.file);
      row_table = source == source_tables.end() ? entry.table : source->second;
    }
    if (!derived_.contains({entry.table, entry.file})) row_table = entry.table;
    if (Side(entry) == FaultSide::kQuarantined)
      row_side = FaultSide::kQuarantined;
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  close_row();
  for (const auto& [name, funnel] : funnels) {
    v1::TableFunnel& table = *input->add_tables();
    table.set_name(name);
    for (const std::string& file : funnel.files) table.add_files(file);
    table.set_rows_read(funnel.read);
    table.set_rows_used(funnel.read - funnel.repaired - funnel.quarantined);
    table.set_rows_repaired(funnel.repaired);
    table.set_rows_quarantined(funnel.quarantined);
  }
  // By text, since kinds and tables are numbered as they come.
  std::map<std::tuple<std::string_view, std::string_view, std::string_view>,
           int64_t>
      counts;
  for (const auto& [key, n] : counts_) {
    const auto& [kind, table, column] = key;
    counts[{FaultCatalogue()[kind].id, tables_[table], column}] += n;
  }
  for (const auto& [key, n] : counts) {
    v1::FaultCount& fault = *input->add_faults();
    fault.set_id(std::string(std::get<0>(key)));
    fault.set_table(std::string(std::get<1>(key)));
    fault.set_column(std::string(std::get<2>(key)));
    fault.set_n(n);
  }
  return absl::OkStatus();
}

absl::Status FaultLog::Visit(
    absl::FunctionRef<absl::Status(const v1::Fault&)> visit) {
  const std::lock_guard lock(mutex_);
  v1::Fault fault;
  return Merge([&](const Entry& entry) {
    const FaultKind& kind = FaultCatalogue()[entry.kind];
    fault.set_file(entry.file < files_.size() ? files_[entry.file] : "");
    fault.set_line(entry.line);
    fault.set_column(entry.column);
    fault.set_rule(std::string(kind.id));
    fault.set_value(entry.value);
    fault.set_remedy(std::string(kind.remedy));
    fault.set_side(Side(entry) == FaultSide::kQuarantined ? "quarantined"
                                                          : "repaired");
    return visit(fault);
  });
}

}  // namespace plumbline::replay
