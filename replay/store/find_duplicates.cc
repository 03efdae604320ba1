// Ids that stand twice. Fingerprints name the rows to look at; texts and
// contents decide.
#include <algorithm>
#include <tuple>

#include "absl/container/flat_hash_set.h"
#include "replay/store/parallel.h"
#include "replay/store/row_store.h"
#include "replay/store/visit_scratch.h"

namespace plumbline::replay {
namespace {

struct Suspect {
  uint64_t fingerprint;
  int64_t file;
  int64_t line;
  int partition;
  RowAddress address;
};

}  // namespace

std::string_view RowStore::WorkerText(const RowTable& table,
                                      const char* row) const {
  return workers_.Text(
      static_cast<uint32_t>(table.format.Number(row, kWorkerSlot)));
}

uint64_t RowStore::KeyHash(const RowTable& table, const char* row) const {
  uint64_t hash = 0;
  for (const int column : table.key_columns) {
    hash = HashText(column == table.worker_column
                        ? WorkerText(table, row)
                        : table.format.Text(row, RowFormat::SlotOf(column)),
                    hash);
  }
  return hash;
}

std::string RowStore::KeyText(const RowTable& table, const char* row) const {
  std::string key;
  for (const int column : table.key_columns) {
    if (!key.empty()) key += ' ';
    key += column == table.worker_column
               ? WorkerText(table, row)
               : table.format.Text(row, RowFormat::SlotOf(column));
  }
  return key;
}

bool RowStore::SameContent(const RowTable& table, const char* a,
                           const char* b) const {
  const RowFormat& format = table.format;
  for (int slot = 0; slot < format.slots(); ++slot) {
    if (slot == kFileSlot || slot == kLineSlot || slot == kBaseSlot) continue;
    if (format.plan(slot).form == SlotForm::kText) {
      const std::string_view text_a = format.Text(a, slot);
      const std::string_view text_b = format.Text(b, slot);
      if (text_a != text_b ||
          (text_a.data() == nullptr) != (text_b.data() == nullptr)) {
        return false;
      }
    } else if (format.Number(a, slot) != format.Number(b, slot)) {
      return false;
    }
  }
  return true;
}

absl::Status RowStore::DropDuplicates(BigTable which, FaultLog& faults) {
  RowTable& table = *tables_[which];
  if (table.ids == nullptr) return absl::OkStatus();
  auto repeated = table.ids->Repeated(options_.threads);
  table.ids.reset();
  if (!repeated.ok()) return repeated.status();
  if (repeated->empty()) return absl::OkStatus();
  const absl::flat_hash_set<uint64_t> wanted(repeated->begin(),
                                             repeated->end());
  std::mutex mutex;
  std::vector<Suspect> suspects;
  const auto collect = [&](int partition) -> absl::Status {
    std::vector<char> buffer;
    std::vector<Suspect> own;
    absl::Status status = ForEachRow(
        table, partition, &buffer, [&](RowAddress address, const char* row) {
          const uint64_t fingerprint = IdFingerprints::Of(KeyHash(table, row));
          if (!wanted.contains(fingerprint)) return;
          for (const int column : table.key_columns) {
            if (column != table.worker_column &&
                table.format.Text(row, RowFormat::SlotOf(column)).data() ==
                    nullptr) {
              return;  // No id: it cannot stand twice.
            }
          }
          own.push_back(
              {fingerprint,
               std::max<int64_t>(0, table.format.Number(row, kFileSlot)),
               table.format.Number(row, kLineSlot), partition, address});
        });
    std::lock_guard lock(mutex);
    suspects.insert(suspects.end(), own.begin(), own.end());
    return status;
  };
  absl::Status status = ForEachPart(options_.threads, options_.blocks, collect);
  if (!status.ok()) return status;
  std::sort(suspects.begin(), suspects.end(),
            [](const Suspect& a, const Suspect& b) {
              return std::tie(a.fingerprint, a.file, a.line) <
                     std::tie(b.fingerprint, b.file, b.line);
            });

  const TableSchema& schema = table.format.schema();
  std::vector<char> first_buffer, buffer;
  const char* row = nullptr;
  const auto drop = [&](const Suspect& suspect, std::string_view id,
                        std::string_view key) -> absl::Status {
    absl::Status read =
        table.blocks.ReadRow(suspect.partition, suspect.address, &buffer, &row);
    if (!read.ok()) return read;
    if (which == kTasks || which == kSessions) {
      --rows_of_[table.format.Number(row, kWorkerSlot)];
    }
    const auto head = static_cast<uint16_t>(RowHead(row) | kDeadRow);
    faults.Add(schema.name, static_cast<uint32_t>(suspect.file), suspect.line,
               schema.columns[table.key_columns[0]].name, id, key);
    return table.blocks.Mark(suspect.partition, suspect.address, head);
  };
  for (size_t begin = 0; begin < suspects.size();) {
    size_t end = begin;
    while (end < suspects.size() &&
           suspects[end].fingerprint == suspects[begin].fingerprint) {
      ++end;
    }
    // Those with the first one's text; others of the same fingerprint wait for
    // the next round.
    std::vector<Suspect> rest(suspects.begin() + begin, suspects.begin() + end);
    begin = end;
    while (rest.size() > 1) {
      const char* first = nullptr;
      status = table.blocks.ReadRow(rest[0].partition, rest[0].address,
                                    &first_buffer, &first);
      if (!status.ok()) return status;
      const std::string key = KeyText(table, first);
      std::vector<Suspect> same = {rest[0]};
      std::vector<Suspect> others;
      bool equal = true;
      for (size_t i = 1; i < rest.size(); ++i) {
        status = table.blocks.ReadRow(rest[i].partition, rest[i].address,
                                      &buffer, &row);
        if (!status.ok()) return status;
        if (KeyText(table, row) != key) {
          others.push_back(rest[i]);
          continue;
        }
        equal = equal && SameContent(table, first, row);
        same.push_back(rest[i]);
      }
      for (size_t i = equal ? 1 : 0; same.size() > 1 && i < same.size(); ++i) {
        status = drop(same[i], equal ? "duplicate-id" : "conflicting-id", key);
        if (!status.ok()) return status;
      }
      rest = std::move(others);
    }
  }
  return absl::OkStatus();
}

}  // namespace plumbline::replay
