// One block of workers, unpacked worker by worker.
#include <algorithm>
#include <iterator>
#include <tuple>

#include "replay/base/saturate.h"
#include "replay/store/row_store.h"
#include "replay/store/visit_scratch.h"
#include "replay/timeline/engaged_share.h"

namespace plumbline::replay {
namespace {

constexpr size_t kMostMergedRuns = 16;
constexpr size_t kNearby = 8;

// An object, so that sorting and merging have it inlined.
struct ByKey {
  bool operator()(const RowEntry& a, const RowEntry& b) const {
    return a.key < b.key;
  }
};

// Rows of a worker come in a few stretches, one or some a thread, that are
// nearly in order of time: rows a few places off are put right as they come,
// and merging the stretches is cheaper than sorting.
void SortByKey(std::span<RowEntry> rows, std::vector<RowEntry>* merged,
               std::vector<size_t>* runs) {
  runs->assign(1, 0);
  for (size_t i = 1; i < rows.size(); ++i) {
    const RowEntry next = rows[i];
    if (next.key >= rows[i - 1].key) continue;
    const size_t most = std::min(kNearby, i - runs->back());
    size_t moves = 1;
    while (moves < most && next.key < rows[i - moves - 1].key) ++moves;
    if (moves < kNearby) {
      for (size_t m = 0; m < moves; ++m) rows[i - m] = rows[i - m - 1];
      rows[i - moves] = next;
      continue;
    }
    if (runs->size() == kMostMergedRuns) {
      std::sort(rows.begin(), rows.end(), ByKey());
      return;
    }
    runs->push_back(i);
  }
  runs->push_back(rows.size());
  while (runs->size() > 2) {
    size_t kept = 1;
    for (size_t r = 0; r + 1 < runs->size(); r += 2) {
      if (r + 2 < runs->size()) {
        const auto begin = rows.begin() + (*runs)[r];
        const auto middle = rows.begin() + (*runs)[r + 1];
        const auto end = rows.begin() + (*runs)[r + 2];
        merged->assign(begin, middle);
        std::merge(merged->begin(), merged->end(), middle, end, begin, ByKey());
        (*runs)[kept++] = (*runs)[r + 2];
      } else {
        (*runs)[kept++] = (*runs)[r + 1];
      }
    }
    runs->resize(kept);
  }
}

int64_t FirstKnown(std::initializer_list<int64_t> clocks) {
  for (const int64_t clock : clocks) {
    if (IsKnown(clock)) return clock;
  }
  return kUnknown;
}

// Looks up a column of a table once and reads it from rows.
class Cell {
 public:
  Cell(const RowFormat& format, const char* column)
      : format_(format),
        slot_(RowFormat::SlotOf(format.schema().Find(column))) {}
  int64_t Number(const char* row) const { return format_.Number(row, slot_); }
  template <typename Enum>
  Enum Word(const char* row) const {
    const int64_t value = Number(row);
    return static_cast<Enum>(IsKnown(value) ? value : 0);
  }
  Symbol Code(const char* row) const {
    const int64_t value = Number(row);
    return static_cast<Symbol>(IsKnown(value) ? value : 0);
  }
  std::string_view Text(const char* row) const {
    return format_.Text(row, slot_);
  }

 private:
  const RowFormat& format_;
  int slot_;
};

}  // namespace

std::unique_ptr<RowStore::Scratch> RowStore::TakeScratch() {
  std::lock_guard lock(mutex_);
  if (idle_.empty()) return std::make_unique<Scratch>();
  std::unique_ptr<Scratch> scratch = std::move(idle_.back());
  idle_.pop_back();
  return scratch;
}

void RowStore::GiveScratch(std::unique_ptr<Scratch> scratch) {
  std::lock_guard lock(mutex_);
  idle_.push_back(std::move(scratch));
}

template <typename Key>
absl::Status RowStore::Group(BigTable which, int block, const Key& key,
                             Scratch& scratch, Grouped* grouped,
                             std::vector<RowEntry>* unknown) const {
  const RowTable& table = *tables_[which];
  const RowFormat& format = table.format;
  std::vector<uint32_t>& starts = grouped->starts;
  starts.assign(workers_of_[block].size() + 1, 0);
  grouped->sorted.clear();
  absl::Status status =
      table.blocks.Read(block, &grouped->buffer, &grouped->chunks);
  if (!status.ok()) return status;
  grouped->entries.clear();
  grouped->ranks.clear();
  const bool joined = which == kTasks && !joins_[block].empty();
  const std::vector<Join>& joins = joins_[block];
  size_t join = 0;
  const RowLayout* layout = nullptr;
  for (const RowChunk& chunk : grouped->chunks) {
    for (size_t at = 0; at < chunk.bytes;) {
      const char* row = chunk.data + at;
      const uint16_t head = RowHead(row);
      if (layout == nullptr || layout->id != (head & kLayoutMask)) {
        layout = &format.At(head);
      }
      const size_t size = layout->Size(row);
      if ((head & kDeadRow) == 0) {
        if (joined) {
          const RowAddress address = chunk.address + at;
          while (join < joins.size() && joins[join].address < address) ++join;
          if (join < joins.size() && joins[join].address == address) {
            scratch.joins[row] = static_cast<uint32_t>(join);
          }
        }
        const int64_t worker = layout->worker.Read(row);
        if (worker > 0) {
          const uint32_t rank = rank_[worker];
          ++starts[rank + 1];
          grouped->ranks.push_back(rank);
          grouped->entries.push_back({key(row), row});
        } else if (unknown != nullptr) {
          unknown->push_back({kUnknown, row});
        }
      }
      at += size;
    }
  }
  for (size_t i = 1; i < starts.size(); ++i) starts[i] += starts[i - 1];
  grouped->sorted.resize(grouped->entries.size());
  for (size_t i = 0; i < grouped->entries.size(); ++i) {
    grouped->sorted[starts[grouped->ranks[i]]++] = grouped->entries[i];
  }
  // Each start has moved to its end, the next one's start.
  for (size_t i = starts.size() - 1; i > 0; --i) starts[i] = starts[i - 1];
  starts[0] = 0;
  return absl::OkStatus();
}

void RowStore::SortTasks(std::span<RowEntry> rows, Scratch& scratch) const {
  SortByKey(rows, &scratch.merged, &scratch.runs);
  const RowFormat& format = tables_[kTasks]->format;
  const Cell offered(format, "offered_at");
  const Cell placed(format, "placed_at");
  const Cell id(format, "task_id");
  for (size_t begin = 0; begin < rows.size();) {
    size_t end = begin + 1;
    while (end < rows.size() && rows[end].key == rows[begin].key) ++end;
    if (end - begin > 1) {
      auto& ties = scratch.ties;
      ties.clear();
      for (size_t i = begin; i < end; ++i) {
        const char* row = rows[i].row;
        ties.push_back({offered.Number(row), placed.Number(row), id.Text(row),
                        format.Number(row, kFileSlot),
                        format.Number(row, kLineSlot), rows[i]});
      }
      std::sort(ties.begin(), ties.end(), [](const auto& a, const auto& b) {
        return std::tie(a.offered_at, a.placed_at, a.task_id, a.file, a.line) <
               std::tie(b.offered_at, b.placed_at, b.task_id, b.file, b.line);
      });
      for (size_t i = begin; i < end; ++i) rows[i] = ties[i - begin].entry;
    }
    begin = end;
  }
}

void RowStore::FillTasks(int block, std::span<const RowEntry> rows,
                         Scratch& scratch) {
  if (scratch.task_rows.size() < rows.size()) {
    scratch.task_rows.resize(rows.size());
  }
  const size_t amounts = rows.size() * decoder_.pay_columns();
  if (scratch.amounts.size() < amounts) scratch.amounts.resize(amounts);
  // In groups that are still in the cache when their intervals are taken.
  constexpr size_t kGroupRows = 64;
  for (size_t from = 0; from < rows.size(); from += kGroupRows) {
    const size_t count = std::min(kGroupRows, rows.size() - from);
    decoder_.Decode(rows.subspan(from), count, scratch.task_rows.data() + from,
                    scratch.amounts.data() + from * decoder_.pay_columns());
    scratch.builder.AddTasks({scratch.task_rows.data() + from, count});
  }
  if (decoder_.has_estimates()) {
    decoder_.Estimates(rows, scratch.task_rows.data(), &scratch.estimates);
  }
  const std::vector<Join>& joins = joins_[block];
  if (!any_joins_) return;
  const bool wide_total = total_ever_;
  for (size_t i = 0; i < rows.size(); ++i) {
    Task& task = scratch.task_rows[i];
    if (!wide_total) task.customer_total = kUnknown;
    task.rating = kUnknown;
    if (!batch_ever_) task.batch_id = {};
    const auto found = scratch.joins.find(rows[i].row);
    if (found == scratch.joins.end()) continue;
    const RowAddress address = joins[found->second].address;
    for (size_t j = found->second;
         j < joins.size() && joins[j].address == address; ++j) {
      switch (joins[j].kind) {
        case JoinKind::kFare:
          if (!IsKnown(task.customer_total)) {
            task.customer_total = joins[j].value;
          }
          break;
        case JoinKind::kRating:
          task.rating = joins[j].value;
          break;
        case JoinKind::kBatch:
          task.batch_id = symbols_.Text(static_cast<Symbol>(joins[j].value));
          break;
      }
    }
  }
}

void RowStore::FillSessions(std::span<const RowEntry> rows,
                            Scratch& scratch) const {
  const RowFormat& format = tables_[kSessions]->format;
  const Cell started(format, "started_at"), ended(format, "ended_at"),
      required(format, "required"), state(format, "state");
  scratch.session_rows.clear();
  for (const RowEntry& entry : rows) {
    scratch.session_rows.push_back(
        {started.Number(entry.row), ended.Number(entry.row),
         required.Number(entry.row), state.Word<v1::SessionState>(entry.row)});
  }
  std::sort(scratch.session_rows.begin(), scratch.session_rows.end(),
            [](const Session& a, const Session& b) {
              return std::tie(a.started_at, a.ended_at, a.required, a.state) <
                     std::tie(b.started_at, b.ended_at, b.required, b.state);
            });
}

void RowStore::FillPay(std::span<const RowEntry> rows, Scratch& scratch) const {
  scratch.pay_rows.clear();
  if (rows.empty()) return;
  const RowFormat& format = tables_[kPay]->format;
  const Cell task(format, "task_id"), kind(format, "kind"),
      amount(format, "amount"), earned(format, "earned_at"),
      start(format, "period_start"), end(format, "period_end"),
      due(format, "due_at"), paid(format, "paid_at"),
      channel(format, "channel"), cause(format, "cause"),
      payer(format, "payer_id"), line(format, "line_id");
  for (const RowEntry& entry : rows) {
    const char* row = entry.row;
    PayLine& out = scratch.pay_rows.emplace_back();
    out.task_id = task.Text(row);
    out.kind = kind.Word<v1::PayKind>(row);
    out.amount = amount.Number(row);
    out.earned_at = earned.Number(row);
    out.period_start = start.Number(row);
    out.period_end = end.Number(row);
    out.due_at = due.Number(row);
    out.paid_at = paid.Number(row);
    out.channel = channel.Word<v1::PayChannel>(row);
    out.cause = cause.Code(row);
    out.payer = payer.Code(row);
    out.line_id = line.Text(row);
  }
  const auto key = [this](const PayLine& pay) {
    return std::tuple(FirstKnown({pay.earned_at, pay.period_start,
                                  pay.period_end, pay.due_at, pay.paid_at}),
                      pay.line_id, pay.task_id, pay.kind, pay.amount,
                      pay.period_end, pay.due_at, pay.paid_at, pay.channel,
                      Text(pay.cause), Text(pay.payer));
  };
  std::sort(
      scratch.pay_rows.begin(), scratch.pay_rows.end(),
      [&](const PayLine& a, const PayLine& b) { return key(a) < key(b); });
}

void RowStore::FillOffers(std::span<const RowEntry> rows,
                          Scratch& scratch) const {
  scratch.offer_rows.clear();
  if (rows.empty()) return;
  const RowFormat& format = tables_[kOffers]->format;
  const Cell moment(format, "moment_id"), order(format, "order_id"),
      offered(format, "offered_at"), chosen(format, "chosen"),
      response(format, "response"), responded(format, "responded_at"),
      shown(format, "shown_pay"), rank(format, "rank"), load(format, "load"),
      idle(format, "idle_s"), distance(format, "pickup_distance_m"),
      reason(format, "reason");
  for (const RowEntry& entry : rows) {
    const char* row = entry.row;
    Offer& out = scratch.offer_rows.emplace_back();
    out.moment_id = moment.Text(row);
    out.order_id = order.Text(row);
    out.offered_at = offered.Number(row);
    out.chosen = chosen.Number(row);
    out.response = response.Word<v1::OfferResponse>(row);
    out.responded_at = responded.Number(row);
    out.shown_pay = shown.Number(row);
    out.rank = rank.Number(row);
    out.load = load.Number(row);
    out.idle = idle.Number(row);
    out.pickup_distance = distance.Number(row);
    out.reason = reason.Code(row);
  }
  std::sort(scratch.offer_rows.begin(), scratch.offer_rows.end(),
            [](const Offer& a, const Offer& b) {
              return std::tie(a.offered_at, a.moment_id, a.order_id) <
                     std::tie(b.offered_at, b.moment_id, b.order_id);
            });
}

// Adds the lines of pay that name a task to what the task pays.
void RowStore::AddPayLines(Scratch& scratch, size_t tasks) const {
  scratch.task_of_id.clear();
  scratch.paid.clear();
  for (const PayLine& line : scratch.pay_rows) {
    if (line.task_id.empty() || !IsKnown(line.amount) ||
        line.kind == v1::PAY_UNKNOWN) {
      continue;
    }
    if (scratch.task_of_id.empty()) {
      for (size_t i = 0; i < tasks; ++i) {
        scratch.task_of_id[scratch.task_rows[i].task_id] =
            static_cast<uint32_t>(i);
      }
    }
    const auto found = scratch.task_of_id.find(line.task_id);
    if (found == scratch.task_of_id.end()) continue;
    scratch.paid.push_back({found->second, line.kind, line.amount});
  }
  if (scratch.paid.empty()) return;
  std::sort(scratch.paid.begin(), scratch.paid.end(),
            [](const auto& a, const auto& b) {
              return std::tie(a.task, a.kind) < std::tie(b.task, b.kind);
            });
  // Room for all, so that spans stay valid.
  size_t room = 0;
  for (size_t i = 0; i < scratch.paid.size(); ++i) {
    room += 1;
    if (i == 0 || scratch.paid[i].task != scratch.paid[i - 1].task) {
      room += scratch.task_rows[scratch.paid[i].task].pay.size();
    }
  }
  scratch.joined_amounts.resize(room);
  PayAmount* place = scratch.joined_amounts.data();
  for (size_t i = 0; i < scratch.paid.size();) {
    Task& task = scratch.task_rows[scratch.paid[i].task];
    PayAmount* const first = place;
    auto wide = task.pay.begin();
    const uint32_t index = scratch.paid[i].task;
    const auto take_wide = [&](v1::PayKind below) {
      while (wide != task.pay.end() && wide->kind < below) *place++ = *wide++;
    };
    while (i < scratch.paid.size() && scratch.paid[i].task == index) {
      const v1::PayKind kind = scratch.paid[i].kind;
      take_wide(kind);
      PayAmount sum = {kind, 0};
      if (wide != task.pay.end() && wide->kind == kind) sum = *wide++;
      for (; i < scratch.paid.size() && scratch.paid[i].task == index &&
             scratch.paid[i].kind == kind;
           ++i) {
        sum.amount = AddSaturated(sum.amount, scratch.paid[i].amount);
      }
      *place++ = sum;
    }
    while (wide != task.pay.end()) *place++ = *wide++;
    task.pay = {first, static_cast<size_t>(place - first)};
  }
}

absl::Status RowStore::VisitBlock(
    int block, absl::FunctionRef<void(const WorkerTimeline&)> visit) {
  std::unique_ptr<Scratch> owned = TakeScratch();
  Scratch& scratch = *owned;
  scratch.unknown.clear();
  scratch.joins.clear();
  const auto none = [](const char*) { return kUnknown; };
  absl::Status status = Group(
      kTasks, block,
      [this](const char* row) { return decoder_.AcceptedAt(row); }, scratch,
      &scratch.tasks, &scratch.unknown);
  if (status.ok()) {
    status = Group(kSessions, block, none, scratch, &scratch.sessions, nullptr);
  }
  if (status.ok()) {
    status = Group(kOffers, block, none, scratch, &scratch.offers, nullptr);
  }
  if (status.ok()) {
    status = Group(kPay, block, none, scratch, &scratch.pay, nullptr);
  }
  if (!status.ok()) return status;

  const auto rows_of = [](Grouped& grouped, size_t rank) {
    return std::span<RowEntry>(grouped.sorted)
        .subspan(grouped.starts[rank],
                 grouped.starts[rank + 1] - grouped.starts[rank]);
  };
  const std::vector<uint32_t>& workers = workers_of_[block];
  for (size_t rank = 0; rank < workers.size(); ++rank) {
    const std::span<RowEntry> tasks = rows_of(scratch.tasks, rank);
    const std::span<RowEntry> sessions = rows_of(scratch.sessions, rank);
    const std::span<RowEntry> offers = rows_of(scratch.offers, rank);
    const std::span<RowEntry> pay = rows_of(scratch.pay, rank);
    WorkerTimeline timeline;
    timeline.on_roster = on_roster_[workers[rank]] != 0;
    if (tasks.empty() && sessions.empty() && offers.empty() && pay.empty() &&
        !timeline.on_roster) {
      continue;
    }
    timeline.worker_id = workers_.Text(workers[rank]);
    SortTasks(tasks, scratch);
    scratch.builder.Begin();
    FillTasks(block, tasks, scratch);
    FillSessions(sessions, scratch);
    scratch.builder.AddSessions(scratch.session_rows);
    FillPay(pay, scratch);
    if (!scratch.pay_rows.empty()) AddPayLines(scratch, tasks.size());
    FillOffers(offers, scratch);
    timeline.tasks = {scratch.task_rows.data(), tasks.size()};
    timeline.sessions = scratch.session_rows;
    timeline.pay = scratch.pay_rows;
    timeline.offers = scratch.offer_rows;
    scratch.builder.End(&timeline);
    if (options_.engaged_share) {
      ShareEngaged(timeline.tasks, &scratch.shares);
      timeline.engaged_share = scratch.shares;
    }
    visit(timeline);
  }

  // Tasks of unknown workers, in the groups of row_encoder.h.
  const RowFormat& format = tables_[kTasks]->format;
  for (RowEntry& entry : scratch.unknown) {
    entry.key = static_cast<int64_t>(UnknownWorkerGroup(
        std::max<int64_t>(0, format.Number(entry.row, kFileSlot)),
        format.Number(entry.row, kLineSlot)));
  }
  std::sort(scratch.unknown.begin(), scratch.unknown.end(), ByKey());
  for (size_t begin = 0; begin < scratch.unknown.size();) {
    size_t end = begin;
    const int64_t group = scratch.unknown[begin].key;
    while (end < scratch.unknown.size() && scratch.unknown[end].key == group) {
      scratch.unknown[end].key = decoder_.AcceptedAt(scratch.unknown[end].row);
      ++end;
    }
    const std::span<RowEntry> tasks(scratch.unknown.data() + begin,
                                    end - begin);
    begin = end;
    SortTasks(tasks, scratch);
    scratch.builder.Begin();
    FillTasks(block, tasks, scratch);
    WorkerTimeline timeline;
    timeline.known = false;
    timeline.tasks = {scratch.task_rows.data(), tasks.size()};
    scratch.builder.End(&timeline);
    if (options_.engaged_share) {
      // No worker, no union to share.
      scratch.shares.assign(tasks.size(), 0);
      timeline.engaged_share = scratch.shares;
    }
    visit(timeline);
  }
  GiveScratch(std::move(owned));
  return absl::OkStatus();
}

}  // namespace plumbline::replay
