// Dispatch moments in order of time. Rows are gathered by moment; where they do
// not fit in memory at once, in parts by hash, each written to a scratch file
// in order, and the parts are merged.
#include <algorithm>
#include <tuple>

#include "replay/store/row_store.h"
#include "replay/store/visit_scratch.h"

namespace plumbline::replay {

// A copied row and what it is sorted by.
struct RowStore::MomentRow {
  int64_t at = kUnknown;  // Of the moment, once all its rows are known.
  std::string_view moment_id;
  BigTable which = kOffers;
  std::string_view order_id;
  std::string_view worker_id;
  const char* row = nullptr;
  uint32_t bytes = 0;
};

struct RowStore::MomentRows {
  std::vector<char> bytes;  // The rows, with room to read past the last.
  std::vector<MomentRow> rows;

  // Takes the order of the moments, rows inside one by table and ids.
  void Sort() {
    std::sort(rows.begin(), rows.end(),
              [](const MomentRow& a, const MomentRow& b) {
                return a.moment_id < b.moment_id;
              });
    for (size_t begin = 0; begin < rows.size();) {
      size_t end = begin;
      int64_t first = kUnknown;
      for (; end < rows.size() && rows[end].moment_id == rows[begin].moment_id;
           ++end) {
        const int64_t at = rows[end].at;
        if (IsKnown(at) && (!IsKnown(first) || at < first)) first = at;
      }
      for (; begin < end; ++begin) rows[begin].at = first;
    }
    std::sort(
        rows.begin(), rows.end(), [](const MomentRow& a, const MomentRow& b) {
          return std::tie(a.at, a.moment_id, a.which, a.order_id, a.worker_id) <
                 std::tie(b.at, b.moment_id, b.which, b.order_id, b.worker_id);
        });
  }

  // Calls `each` with the rows of one moment after another.
  template <typename Each>
  absl::Status ForEachMoment(const Each& each) const {
    for (size_t begin = 0; begin < rows.size();) {
      size_t end = begin;
      while (end < rows.size() &&
             rows[end].moment_id == rows[begin].moment_id) {
        ++end;
      }
      absl::Status status = each(std::span(rows).subspan(begin, end - begin));
      if (!status.ok()) return status;
      begin = end;
    }
    return absl::OkStatus();
  }
};

namespace {

constexpr BigTable kMomentTables[] = {kOffers, kMomentOrders, kMomentWorkers};
constexpr size_t kWriteBytes = size_t{1} << 20;
constexpr size_t kReadBytes = size_t{64} << 10;

template <typename Number>
void Append(Number number, std::vector<char>* to) {
  const auto* bytes = reinterpret_cast<const char*>(&number);
  to->insert(to->end(), bytes, bytes + sizeof number);
}

}  // namespace

// Sorted moments in a scratch file, one run a part:
//
//   moment: bytes (4), at (8), rows; row: table (1), bytes (4), the row
class RowStore::MomentRuns {
 public:
  MomentRuns(const RowStore& store, const std::string& scratch)
      : store_(store), file_(scratch) {}

  absl::Status Write(const MomentRows& moments) {
    Run run;
    run.at = run.end = file_.bytes();
    std::vector<char> out;
    absl::Status status = moments.ForEachMoment(
        [&](std::span<const MomentRow> rows) -> absl::Status {
          const size_t start = out.size();
          Append(uint32_t{0}, &out);
          Append(rows[0].at, &out);
          for (const MomentRow& row : rows) {
            Append(static_cast<uint8_t>(row.which), &out);
            Append(row.bytes, &out);
            out.insert(out.end(), row.row, row.row + row.bytes);
          }
          const auto bytes =
              static_cast<uint32_t>(out.size() - start - sizeof(uint32_t));
          std::memcpy(out.data() + start, &bytes, sizeof bytes);
          return out.size() < kWriteBytes ? absl::OkStatus() : Flush(&out);
        });
    if (status.ok()) status = Flush(&out);
    run.end = file_.bytes();
    runs_.push_back(std::move(run));
    return status;
  }

  absl::Status Merge(
      absl::FunctionRef<absl::Status(const DispatchMoment&)> visit) {
    for (Run& run : runs_) {
      absl::Status status = Next(&run);
      if (!status.ok()) return status;
    }
    // Few runs: the least head is looked for one by one.
    while (true) {
      Run* least = nullptr;
      for (Run& run : runs_) {
        if (run.head.empty()) continue;
        if (least == nullptr ||
            std::tie(run.head[0].at, run.head[0].moment_id) <
                std::tie(least->head[0].at, least->head[0].moment_id)) {
          least = &run;
        }
      }
      if (least == nullptr) return absl::OkStatus();
      absl::Status status = store_.ShowMoment(least->head, visit);
      if (status.ok()) status = Next(least);
      if (!status.ok()) return status;
    }
  }

 private:
  struct Run {
    int64_t at = 0;  // What is not yet in `bytes` begins here.
    int64_t end = 0;
    std::vector<char> bytes;  // Read ahead; the head's rows lie in it.
    size_t next = 0;          // In `bytes`.
    std::vector<MomentRow> head;
  };

  absl::Status Flush(std::vector<char>* out) {
    int64_t offset;
    absl::Status status = file_.Append(out->data(), out->size(), &offset);
    out->clear();
    return status;
  }

  // Makes `wanted` bytes from run->next on readable.
  absl::Status Fill(Run* run, size_t wanted) const {
    const size_t have = run->bytes.size() - kReadSlack;
    if (have - run->next >= wanted) return absl::OkStatus();
    std::vector<char> fresh(run->bytes.begin() + run->next,
                            run->bytes.begin() + have);
    run->next = 0;
    const size_t kept = fresh.size();
    const size_t more = static_cast<size_t>(std::min<int64_t>(
        run->end - run->at,
        static_cast<int64_t>(std::max(wanted - kept, kReadBytes))));
    fresh.resize(kept + more + kReadSlack);
    run->bytes = std::move(fresh);
    absl::Status status = file_.Read(run->at, more, run->bytes.data() + kept);
    run->at += static_cast<int64_t>(more);
    return status;
  }

  absl::Status Next(Run* run) const {
    run->head.clear();
    if (run->bytes.empty()) run->bytes.resize(kReadSlack);
    if (run->at == run->end && run->next + kReadSlack == run->bytes.size()) {
      return absl::OkStatus();
    }
    absl::Status status = Fill(run, sizeof(uint32_t));
    if (!status.ok()) return status;
    uint32_t bytes;
    std::memcpy(&bytes, run->bytes.data() + run->next, sizeof bytes);
    status = Fill(run, sizeof bytes + bytes);
    if (!status.ok()) return status;
    const char* from = run->bytes.data() + run->next + sizeof bytes;
    const char* const end = from + bytes;
    run->next += sizeof bytes + bytes;
    MomentRow row;
    std::memcpy(&row.at, from, sizeof row.at);
    from += sizeof row.at;
    while (from < end) {
      row.which = static_cast<BigTable>(*from);
      std::memcpy(&row.bytes, from + 1, sizeof row.bytes);
      row.row = from + 1 + sizeof row.bytes;
      from = row.row + row.bytes;
      store_.FillMomentIds(&row);
      run->head.push_back(row);
    }
    return absl::OkStatus();
  }

  const RowStore& store_;
  SpillFile file_;
  std::vector<Run> runs_;
};

void RowStore::FillMomentIds(MomentRow* row) const {
  const RowTable& table = *tables_[row->which];
  const TableSchema& schema = table.format.schema();
  row->moment_id =
      table.format.Text(row->row, RowFormat::SlotOf(schema.Find("moment_id")));
  const int order = schema.Find("order_id");
  row->order_id = order < 0
                      ? std::string_view()
                      : table.format.Text(row->row, RowFormat::SlotOf(order));
  row->worker_id = table.worker_column < 0 ? std::string_view()
                                           : WorkerText(table, row->row);
}

absl::Status RowStore::ReadMoments(uint32_t part, uint32_t parts,
                                   MomentRows* moments) const {
  moments->bytes.clear();
  moments->rows.clear();
  std::vector<size_t> offsets;
  std::vector<char> buffer;
  for (const BigTable which : kMomentTables) {
    const RowTable& table = *tables_[which];
    if (table.blocks.empty()) continue;
    const TableSchema& schema = table.format.schema();
    const int moment = RowFormat::SlotOf(schema.Find("moment_id"));
    const int instant = RowFormat::SlotOf(
        schema.Find(which == kOffers ? "offered_at" : "moment_at"));
    for (int block = 0; block < options_.blocks; ++block) {
      absl::Status status =
          ForEachRow(table, block, &buffer, [&](RowAddress, const char* row) {
            const std::string_view id = table.format.Text(row, moment);
            if (parts > 1 && PartOf(HashText(id), parts) != part) return;
            MomentRow& out = moments->rows.emplace_back();
            out.which = which;
            out.at = table.format.Number(row, instant);
            out.bytes =
                static_cast<uint32_t>(table.format.At(RowHead(row)).Size(row));
            offsets.push_back(moments->bytes.size());
            moments->bytes.insert(moments->bytes.end(), row, row + out.bytes);
          });
      if (!status.ok()) return status;
    }
  }
  moments->bytes.resize(moments->bytes.size() + kReadSlack);
  for (size_t i = 0; i < offsets.size(); ++i) {
    moments->rows[i].row = moments->bytes.data() + offsets[i];
    FillMomentIds(&moments->rows[i]);
  }
  moments->Sort();
  return absl::OkStatus();
}

absl::Status RowStore::ShowMoment(
    std::span<const MomentRow> rows,
    absl::FunctionRef<absl::Status(const DispatchMoment&)> visit) const {
  const RowFormat& offers = tables_[kOffers]->format;
  const auto slot = [&](const char* column) {
    return RowFormat::SlotOf(offers.schema().Find(column));
  };
  static const int offered = slot("offered_at"), chosen = slot("chosen"),
                   rank = slot("rank"), response = slot("response"),
                   responded = slot("responded_at"), reason = slot("reason"),
                   shown = slot("shown_pay"),
                   distance = slot("pickup_distance_m"), load = slot("load"),
                   idle = slot("idle_s");
  const TableSchema& seen = tables_[kMomentWorkers]->format.schema();
  static const int lat = RowFormat::SlotOf(seen.Find("lat")),
                   lng = RowFormat::SlotOf(seen.Find("lng")),
                   holding = RowFormat::SlotOf(seen.Find("holding"));
  const auto free_columns = offers.FreeColumns();
  std::vector<Candidate> candidates;
  std::vector<Criterion> criteria;
  std::vector<WaitingOrder> orders;
  std::vector<SeenWorker> workers;
  criteria.reserve(rows.size() * free_columns.size());
  for (const MomentRow& entry : rows) {
    const char* row = entry.row;
    if (entry.which == kMomentOrders) {
      orders.push_back({entry.order_id});
      continue;
    }
    if (entry.which == kMomentWorkers) {
      const RowFormat& format = tables_[kMomentWorkers]->format;
      workers.push_back({entry.worker_id, format.Number(row, lat),
                         format.Number(row, lng), format.Text(row, holding)});
      continue;
    }
    Candidate& out = candidates.emplace_back();
    out.order_id = entry.order_id;
    out.worker_id = entry.worker_id;
    out.offered_at = offers.Number(row, offered);
    out.chosen = offers.Number(row, chosen);
    out.rank = offers.Number(row, rank);
    const int64_t word = offers.Number(row, response);
    out.response = static_cast<v1::OfferResponse>(IsKnown(word) ? word : 0);
    out.responded_at = offers.Number(row, responded);
    out.reason = static_cast<Symbol>(offers.Number(row, reason));
    out.shown_pay = offers.Number(row, shown);
    out.pickup_distance = offers.Number(row, distance);
    out.load = offers.Number(row, load);
    out.idle = offers.Number(row, idle);
    const size_t first = criteria.size();
    for (const auto& [name, free] : free_columns) {
      criteria.push_back({offers.Number(row, free),
                          static_cast<Symbol>(offers.Number(row, free + 1))});
    }
    out.criteria = {criteria.data() + first, free_columns.size()};
  }
  DispatchMoment moment;
  moment.moment_id = rows[0].moment_id;
  moment.at = rows[0].at;
  moment.derived = candidates.empty();
  moment.candidates = candidates;
  moment.orders = orders;
  moment.workers = workers;
  return visit(moment);
}

absl::Status RowStore::VisitMoments(
    absl::FunctionRef<absl::Status(const DispatchMoment&)> visit) {
  int64_t bytes = 0;
  for (const BigTable which : kMomentTables) {
    for (int block = 0; block < options_.blocks; ++block) {
      bytes += tables_[which]->blocks.Bytes(block);
    }
  }
  // A row copied and indexed takes about three times its bytes.
  const int64_t room = std::max<int64_t>(options_.memory_bytes / 8, 1 << 16);
  const auto parts =
      static_cast<uint32_t>(std::min<int64_t>(bytes / room + 1, 1000));
  MomentRows moments;
  if (parts == 1) {
    absl::Status status = ReadMoments(0, 1, &moments);
    if (!status.ok()) return status;
    return moments.ForEachMoment([&](std::span<const MomentRow> rows) {
      return ShowMoment(rows, visit);
    });
  }
  MomentRuns runs(*this, options_.scratch);
  for (uint32_t part = 0; part < parts; ++part) {
    absl::Status status = ReadMoments(part, parts, &moments);
    if (status.ok()) status = runs.Write(moments);
    if (!status.ok()) return status;
  }
  moments = {};
  return runs.Merge(visit);
}

}  // namespace plumbline::replay
