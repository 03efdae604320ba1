#include "tests/store/made_log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <set>
#include <sstream>
#include <thread>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "replay/schema/schema.h"
#include "replay/store/parallel.h"

namespace plumbline::replay {
namespace {

const std::vector<std::pair<const char*, int64_t Task::*>> kTaskNumbers = {
    {"placed_at", &Task::placed_at},
    {"ready_at", &Task::ready_at},
    {"offered_at", &Task::offered_at},
    {"accepted_at", &Task::accepted_at},
    {"arrived_pickup_at", &Task::arrived_pickup_at},
    {"picked_up_at", &Task::picked_up_at},
    {"arrived_dropoff_at", &Task::arrived_dropoff_at},
    {"completed_at", &Task::completed_at},
    {"cancelled_at", &Task::cancelled_at},
    {"promised_at", &Task::promised_at},
    {"limit_at", &Task::limit_at},
    {"planned_wait_s", &Task::planned_wait},
    {"route_distance_m", &Task::route_distance},
    {"pickup_distance_m", &Task::pickup_distance},
    {"dropoff_distance_m", &Task::dropoff_distance},
    {"pickup_lat", &Task::pickup_lat},
    {"pickup_lng", &Task::pickup_lng},
    {"dropoff_lat", &Task::dropoff_lat},
    {"dropoff_lng", &Task::dropoff_lng},
    {"trip_time_s", &Task::trip_time},
    {"prebooked", &Task::prebooked},
    {"shared", &Task::shared},
    {"wheelchair", &Task::wheelchair},
    {"customer_total", &Task::customer_total},
    {"commission_shown", &Task::commission_shown},
};
const std::vector<std::pair<const char*, std::string_view Task::*>> kTaskTexts =
    {{"task_id", &Task::task_id},
     {"order_id", &Task::order_id},
     {"offer_id", &Task::offer_id},
     {"moment_id", &Task::moment_id},
     {"batch_id", &Task::batch_id}};
const std::vector<std::pair<const char*, Symbol Task::*>> kTaskSymbols = {
    {"zone", &Task::zone},
    {"city", &Task::city},
    {"vehicle", &Task::vehicle},
    {"weather", &Task::weather}};

std::string Shown(int64_t value) {
  return IsKnown(value) ? std::to_string(value) : "?";
}

void ShowSet(std::ostream& out, const char* name,
             const std::vector<Interval>& set) {
  out << " " << name;
  for (const Interval& interval : set) {
    out << " [" << interval.begin << "," << interval.end << ")";
  }
  out << "\n";
}

std::vector<Interval> Plain(const IntervalSet* set) {
  return {set->intervals().begin(), set->intervals().end()};
}

std::string ShowTimeline(const LogStore& store, const WorkerTimeline& worker) {
  std::ostringstream out;
  out << "worker " << worker.worker_id << (worker.known ? "" : " unknown")
      << (worker.on_roster ? " roster" : "") << "\n";
  for (size_t i = 0; i < worker.tasks.size(); ++i) {
    const Task& task = worker.tasks[i];
    out << " task";
    for (const auto& [name, member] : kTaskTexts) out << " " << task.*member;
    for (const auto& [name, member] : kTaskSymbols) {
      out << " " << store.Text(task.*member);
    }
    for (const auto& [name, member] : kTaskNumbers) {
      out << " " << Shown(task.*member);
    }
    out << " status " << task.status << " delivered " << task.delivered
        << " rating " << Shown(task.rating) << " estimates";
    for (const int64_t estimate : task.estimates) out << " " << estimate;
    out << " pay";
    for (const PayAmount& part : task.pay) {
      out << " " << part.kind << ":" << part.amount;
    }
    out << " share " << worker.engaged_share[i] << "\n";
  }
  for (const Session& session : worker.sessions) {
    out << " session " << Shown(session.started_at) << " "
        << Shown(session.ended_at) << " " << Shown(session.required) << " "
        << session.state << "\n";
  }
  for (const Offer& offer : worker.offers) {
    out << " offer " << Shown(offer.offered_at) << " " << offer.moment_id << " "
        << offer.order_id << " " << Shown(offer.chosen) << " " << offer.response
        << " " << Shown(offer.responded_at) << " " << Shown(offer.shown_pay)
        << " " << Shown(offer.rank) << " " << Shown(offer.load) << " "
        << Shown(offer.idle) << " " << Shown(offer.pickup_distance) << " "
        << store.Text(offer.reason) << "\n";
  }
  for (const PayLine& line : worker.pay) {
    out << " pay " << line.line_id << " " << line.task_id << " " << line.kind
        << " " << Shown(line.amount) << " " << Shown(line.earned_at) << " "
        << Shown(line.period_start) << " " << Shown(line.period_end) << " "
        << Shown(line.due_at) << " " << Shown(line.paid_at) << " "
        << line.channel << " " << store.Text(line.cause) << " "
        << store.Text(line.payer) << "\n";
  }
  ShowSet(out, "online", Plain(worker.online));
  ShowSet(out, "engaged", Plain(worker.engaged));
  ShowSet(out, "to_pickup", Plain(worker.to_pickup));
  ShowSet(out, "loaded", Plain(worker.loaded));
  ShowSet(out, "on_call", Plain(worker.on_call));
  ShowSet(out, "required", Plain(worker.required));
  out << " sum " << worker.task_sum << " without "
      << worker.tasks_without_interval << " " << worker.sessions_without_end
      << "\n";
  return out.str();
}

std::string ShowFaults(FaultLog& faults, size_t files) {
  std::ostringstream out;
  (void)files;
  EXPECT_TRUE(faults
                  .Visit([&](const v1::Fault& fault) {
                    out << fault.file() << ":" << fault.line() << ":"
                        << fault.column() << " " << fault.rule() << " "
                        << fault.value() << "\n";
                    return absl::OkStatus();
                  })
                  .ok());
  v1::Input input;
  EXPECT_TRUE(faults.Conclude(&input).ok());
  for (const v1::FaultCount& count : input.faults()) {
    out << count.id() << " " << count.table() << "." << count.column() << " "
        << count.n() << "\n";
  }
  return out.str();
}

const std::vector<std::string>& FileNames() {
  static const auto& names =
      *new std::vector<std::string>{"a.csv", "b.csv", "c.csv"};
  return names;
}

}  // namespace

int64_t MadeRow::Number(const std::string& column) const {
  const auto found = cells.find(column);
  return found == cells.end() ? kUnknown : std::get<int64_t>(found->second);
}

std::string MadeRow::Text(const std::string& column) const {
  const auto found = cells.find(column);
  return found == cells.end() ? "" : std::get<std::string>(found->second);
}

namespace {

// Codes the texts of one column, batch after batch.
struct Coder {
  uint64_t dictionary = 0;
  int batches = 0;
  std::map<std::string, uint32_t, std::less<>> entries;

  void Code(ColumnData* data) {
    static std::atomic<uint64_t> last = 0;
    if (batches++ % 3 == 0) {
      dictionary = ++last;
      entries.clear();
    }
    data->dictionary = dictionary;
    for (const std::string_view text : data->texts) {
      const auto next = static_cast<uint32_t>(entries.size());
      const bool without = text.empty() || text.back() == '7';
      data->entries.push_back(
          without ? kNoEntry
                  : entries.try_emplace(std::string(text), next).first->second);
    }
  }
};

}  // namespace

void Feed(const std::vector<MadeRow>& rows, const FeedOptions& options,
          LogStore* store) {
  struct Owned {
    RecordBatch batch;
    std::deque<std::string> texts;
    std::deque<std::string> names;
  };
  std::deque<Owned> batches;
  std::map<std::pair<int, int>, Coder> coders;
  for (size_t begin = 0; begin < rows.size();) {
    size_t end = begin;
    while (end < rows.size() && end - begin < options.batch_rows &&
           rows[end].table == rows[begin].table &&
           rows[end].file == rows[begin].file) {
      ++end;
    }
    const TableSchema& table = *FindTable(rows[begin].table);
    Owned& owned = batches.emplace_back();
    RecordBatch& batch = owned.batch;
    batch.table = static_cast<int>(&table - Tables().data());
    batch.file = rows[begin].file;
    batch.rows = end - begin;
    std::set<std::string> columns;
    for (size_t i = begin; i < end; ++i) {
      batch.lines.push_back(rows[i].line);
      for (const auto& [column, cell] : rows[i].cells) columns.insert(column);
    }
    for (const std::string& column : options.columns) {
      if (column.rfind(table.name + ".", 0) == 0) {
        columns.insert(column.substr(table.name.size() + 1));
      }
    }
    for (const std::string& column : columns) {
      const int index = table.Find(column);
      std::vector<std::string_view> texts;
      std::vector<int64_t> numbers;
      for (size_t i = begin; i < end; ++i) {
        const auto found = rows[i].cells.find(column);
        const bool known = found != rows[i].cells.end();
        if (known && std::holds_alternative<std::string>(found->second)) {
          texts.push_back(
              owned.texts.emplace_back(std::get<std::string>(found->second)));
        } else {
          texts.push_back({});
        }
        numbers.push_back(known &&
                                  std::holds_alternative<int64_t>(found->second)
                              ? std::get<int64_t>(found->second)
                              : kUnknown);
      }
      if (index < 0) {
        batch.free.emplace_back(owned.names.emplace_back(column), texts);
        continue;
      }
      const ColumnType type = table.columns[index].type;
      ColumnData data;
      data.column = index;
      if (type == ColumnType::kText || type == ColumnType::kTextList ||
          type == ColumnType::kNumberList) {
        data.texts = texts;
        if (options.coded) coders[{batch.table, index}].Code(&data);
      } else {
        data.numbers = numbers;
      }
      batch.columns.push_back(std::move(data));
    }
    begin = end;
  }
  std::atomic<size_t> next = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < options.threads; ++t) {
    threads.emplace_back([&, t] {
      for (size_t i = next++; i < batches.size(); i = next++) {
        const absl::Status status = store->Accept(t, batches[i].batch);
        EXPECT_TRUE(status.ok()) << status.ToString();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

std::string Timelines(LogStore& store, int threads) {
  // Known workers by name; unknown ones by their text, since the blocks that
  // they lie in may differ.
  std::vector<std::string> all;
  std::mutex mutex;
  const absl::Status status =
      ForEachPart(threads, store.blocks(), [&](int block) {
        std::string last;
        bool unknown = false;
        return store.VisitBlock(block, [&](const WorkerTimeline& worker) {
          if (worker.known) {
            EXPECT_FALSE(unknown) << "unknown workers come last";
            EXPECT_LT(last, worker.worker_id);
            last = std::string(worker.worker_id);
          } else {
            unknown = true;
            EXPECT_LE(worker.tasks.size(), 4096u);
          }
          std::string text = ShowTimeline(store, worker);
          std::lock_guard lock(mutex);
          all.push_back(std::move(text));
        });
      });
  EXPECT_TRUE(status.ok()) << status.ToString();
  std::sort(all.begin(), all.end());
  std::string text;
  for (const std::string& one : all) text += one;
  for (const std::string& id : store.WorkerIds())
    text += absl::StrCat("id ", id, "\n");
  return text;
}

Seen Replay(const std::vector<MadeRow>& rows, const StoreOptions& options,
            const FeedOptions& feed) {
  auto store = LogStore::Create(options);
  EXPECT_TRUE(store.ok());
  FaultLog faults;
  faults.SetFiles(FileNames());
  Feed(rows, feed, store->get());
  const absl::Status status = (*store)->Finish(faults);
  EXPECT_TRUE(status.ok()) << status.ToString();
  Seen seen;
  seen.timelines = Timelines(**store, options.threads);
  // A second visit gives the same.
  EXPECT_EQ(seen.timelines, Timelines(**store, 1));
  seen.faults = ShowFaults(faults, FileNames().size());
  return seen;
}

Seen Naive(const std::vector<MadeRow>& all, bool has_status) {
  FaultLog faults;
  faults.SetFiles(FileNames());
  // Ids that stand twice.
  const std::map<std::string, std::vector<std::string>> keys = {
      {"tasks", {"task_id"}},
      {"offers", {"moment_id", "order_id", "worker_id"}},
      {"pay", {"line_id"}},
      {"fares", {"task_id"}},
      {"ratings", {"task_id"}},
      {"workers", {"worker_id"}},
      {"batches", {"batch_id"}},
      {"sanctions", {"sanction_id"}}};
  std::map<std::string, std::vector<const MadeRow*>> tables;
  const auto same_id = [&](const MadeRow& a, const MadeRow& b) {
    if (a.table != b.table || keys.count(a.table) == 0) return false;
    for (const std::string& column : keys.at(a.table)) {
      if (!a.Has(column) || !b.Has(column) || a.Text(column) != b.Text(column))
        return false;
    }
    return true;
  };
  for (const MadeRow& row : all) {
    bool alone = true;
    bool equal = true;
    bool first = true;
    for (const MadeRow& other : all) {
      if (&other == &row || !same_id(row, other)) continue;
      alone = false;
      equal = equal && other.cells == row.cells;
      first = first &&
              std::tie(row.file, row.line) < std::tie(other.file, other.line);
    }
    if (alone || (equal && first)) {
      tables[row.table].push_back(&row);
      continue;
    }
    std::string id;
    for (const std::string& column : keys.at(row.table)) {
      id += absl::StrCat(id.empty() ? "" : " ", row.Text(column));
    }
    faults.Add(row.table, row.file, row.line, keys.at(row.table)[0],
               equal ? "duplicate-id" : "conflicting-id", id);
  }
  const auto task_of = [&](const std::string& id) -> const MadeRow* {
    for (const MadeRow* task : tables["tasks"]) {
      if (task->Text("task_id") == id) return task;
    }
    return nullptr;
  };
  for (const char* table : {"fares", "ratings", "pay", "sanctions"}) {
    for (const MadeRow* row : tables[table]) {
      if (row->Has("task_id") && task_of(row->Text("task_id")) == nullptr) {
        faults.Add(table, row->file, row->line, "task_id", "orphan-reference",
                   row->Text("task_id"));
      }
    }
  }
  const auto quoted = [](const MadeRow& row, const char* column,
                         const std::string& id) {
    return row.Text(column).find(absl::StrCat("\"", id, "\"")) !=
           std::string::npos;
  };
  // Batches in these tests list one task or order each.
  for (const MadeRow* batch : tables["batches"]) {
    for (const char* column : {"task_ids", "order_ids"}) {
      const std::string list = batch->Text(column);
      if (list.empty()) continue;
      const std::string id = list.substr(2, list.size() - 4);
      bool found = false;
      for (const MadeRow* task : tables["tasks"]) {
        found |= task->Text("worker_id") == batch->Text("worker_id") &&
                 task->Text(column[0] == 't' ? "task_id" : "order_id") == id;
      }
      if (!found) {
        faults.Add("batches", batch->file, batch->line, column,
                   "orphan-reference", id);
      }
    }
  }

  std::set<std::string> workers;
  std::set<std::string> ids;
  std::set<std::string> roster;
  for (const char* table : {"tasks", "sessions", "offers", "pay", "workers"}) {
    for (const MadeRow* row : tables[table]) {
      const std::string worker = row->Text("worker_id");
      if (worker.empty()) continue;
      workers.insert(worker);
      const std::string name = table;
      if (name == "workers") roster.insert(worker);
      if (name != "offers" && name != "pay") ids.insert(worker);
    }
  }
  std::vector<std::string> shown;
  // Known workers, then groups of 4096 lines of a file without one.
  std::set<std::tuple<std::string, uint32_t, int64_t>> lives;
  for (const std::string& worker : workers) lives.insert({worker, 0, 0});
  for (const MadeRow* task : tables["tasks"]) {
    if (task->Text("worker_id").empty()) {
      lives.insert({"", task->file, task->line / 4096});
    }
  }
  for (const auto& [worker, file, group] : lives) {
    std::ostringstream out;
    out << "worker " << worker << (worker.empty() ? " unknown" : "")
        << (roster.count(worker) ? " roster" : "") << "\n";
    std::vector<const MadeRow*> tasks;
    for (const MadeRow* task : tables["tasks"]) {
      if (task->Text("worker_id") != worker) continue;
      if (worker.empty() &&
          (task->file != file || task->line / 4096 != group)) {
        continue;
      }
      tasks.push_back(task);
    }
    std::sort(
        tasks.begin(), tasks.end(), [](const MadeRow* a, const MadeRow* b) {
          const auto key = [](const MadeRow* row) {
            return std::tuple(row->Number("accepted_at"),
                              row->Number("offered_at"),
                              row->Number("placed_at"), row->Text("task_id"));
          };
          return key(a) < key(b);
        });
    constexpr int kEnd = 20'000;
    std::vector<std::vector<size_t>> open(kEnd);
    std::vector<char> on(kEnd), to(kEnd), laden(kEnd), due(kEnd);
    int64_t sum = 0, without = 0, endless = 0;
    const auto mark = [](std::vector<char>& set, int64_t begin, int64_t end) {
      if (!IsKnown(begin) || !IsKnown(end)) return;
      for (int64_t at = begin; at < end; ++at) set[at] = 1;
    };
    for (size_t i = 0; i < tasks.size(); ++i) {
      const int64_t begin = tasks[i]->Number("accepted_at");
      const int64_t end = tasks[i]->Has("completed_at")
                              ? tasks[i]->Number("completed_at")
                              : tasks[i]->Number("cancelled_at");
      without += IsKnown(begin) != IsKnown(end);
      if (IsKnown(begin) && IsKnown(end) && begin < end) {
        sum += end - begin;
        for (int64_t at = begin; at < end; ++at) open[at].push_back(i);
      }
      mark(to, begin, tasks[i]->Number("picked_up_at"));
      mark(laden, tasks[i]->Number("picked_up_at"), end);
    }
    std::vector<int64_t> shares(tasks.size());
    std::vector<char> busy(kEnd);
    for (int at = 0; at < kEnd; ++at) {
      busy[at] = !open[at].empty();
      for (const size_t i : open[at]) {
        shares[i] += 720'720 / static_cast<int64_t>(open[at].size());
      }
    }
    for (size_t i = 0; i < tasks.size(); ++i) {
      const MadeRow& task = *tasks[i];
      out << " task";
      for (const auto& [name, member] : kTaskTexts) {
        std::string text = task.Text(name);
        if (std::string(name) == "batch_id" && text.empty()) {
          for (const MadeRow* batch : tables["batches"]) {
            if (batch->Text("worker_id") != worker || worker.empty()) continue;
            const bool listed =
                quoted(*batch, "task_ids", task.Text("task_id")) ||
                (task.Has("order_id") &&
                 quoted(*batch, "order_ids", task.Text("order_id")));
            const std::string id = batch->Text("batch_id");
            if (listed && (text.empty() || id < text)) text = id;
          }
        }
        out << " " << text;
      }
      for (const auto& [name, member] : kTaskSymbols) {
        out << " " << task.Text(name);
      }
      for (const auto& [name, member] : kTaskNumbers) {
        int64_t value = task.Number(name);
        if (std::string(name) == "customer_total" && !IsKnown(value)) {
          for (const MadeRow* fare : tables["fares"]) {
            if (fare->Text("task_id") == task.Text("task_id")) {
              value = fare->Number("customer_total");
            }
          }
        }
        out << " " << Shown(value);
      }
      const int64_t status = task.Has("status") ? task.Number("status") : 0;
      const bool delivered = has_status ? status == v1::STATUS_DELIVERED
                                        : task.Has("completed_at");
      int64_t rating = kUnknown;
      for (const MadeRow* row : tables["ratings"]) {
        if (row->Text("task_id") == task.Text("task_id")) {
          rating = row->Number("score");
        }
      }
      out << " status " << status << " delivered " << delivered << " rating "
          << Shown(rating) << " estimates";
      // "[60,70.5]" in these tests.
      const std::string list = task.Text("estimates_s");
      if (list == "[60,70.5]") out << " 60000 70500";
      out << " pay";
      std::map<int64_t, int64_t> pay;
      const TableSchema& schema = *FindTable("tasks");
      for (int kind = 1; kind < kPayKinds; ++kind) {
        const std::string& column =
            schema.columns[schema.Find("pay_base") + kind - 1].name;
        if (task.Has(column)) pay[kind] += task.Number(column);
      }
      if (!worker.empty()) {
        for (const MadeRow* line : tables["pay"]) {
          if (line->Text("task_id") == task.Text("task_id") &&
              line->Text("worker_id") == worker) {
            pay[line->Number("kind")] += line->Number("amount");
          }
        }
      }
      for (const auto& [kind, amount] : pay)
        out << " " << kind << ":" << amount;
      out << " share " << (worker.empty() ? 0 : shares[i]) << "\n";
    }
    const auto of_worker = [&](const char* table) {
      std::vector<const MadeRow*> rows;
      for (const MadeRow* row : tables[table]) {
        if (!worker.empty() && row->Text("worker_id") == worker) {
          rows.push_back(row);
        }
      }
      return rows;
    };
    // Sorted as text after the first key, which all sorts share.
    std::vector<std::pair<std::vector<Cell>, std::string>> lines;
    for (const MadeRow* row : of_worker("sessions")) {
      std::ostringstream line;
      const int64_t state = row->Has("state") ? row->Number("state") : 0;
      line << " session " << Shown(row->Number("started_at")) << " "
           << Shown(row->Number("ended_at")) << " "
           << Shown(row->Number("required")) << " " << state << "\n";
      lines.push_back({{row->Number("started_at"), row->Number("ended_at"),
                        row->Number("required"), state},
                       line.str()});
      if (row->Has("ended_at")) {
        mark(on, row->Number("started_at"), row->Number("ended_at"));
        if (row->Number("required") == 1) {
          mark(due, row->Number("started_at"), row->Number("ended_at"));
        }
      } else {
        ++endless;
      }
    }
    const auto flush = [&] {
      std::sort(lines.begin(), lines.end());
      for (const auto& [key, line] : lines) out << line;
      lines.clear();
    };
    flush();
    for (const MadeRow* row : of_worker("offers")) {
      std::ostringstream line;
      line << " offer " << Shown(row->Number("offered_at")) << " "
           << row->Text("moment_id") << " " << row->Text("order_id") << " "
           << Shown(row->Number("chosen")) << " "
           << (row->Has("response") ? row->Number("response") : 0) << " "
           << Shown(row->Number("responded_at")) << " "
           << Shown(row->Number("shown_pay")) << " "
           << Shown(row->Number("rank")) << " " << Shown(row->Number("load"))
           << " " << Shown(row->Number("idle_s")) << " "
           << Shown(row->Number("pickup_distance_m")) << " "
           << row->Text("reason") << "\n";
      lines.push_back({{row->Number("offered_at"), row->Text("moment_id"),
                        row->Text("order_id")},
                       line.str()});
    }
    flush();
    for (const MadeRow* row : of_worker("pay")) {
      std::ostringstream line;
      line << " pay " << row->Text("line_id") << " " << row->Text("task_id")
           << " " << row->Number("kind") << " " << Shown(row->Number("amount"))
           << " " << Shown(row->Number("earned_at")) << " "
           << Shown(row->Number("period_start")) << " "
           << Shown(row->Number("period_end")) << " "
           << Shown(row->Number("due_at")) << " "
           << Shown(row->Number("paid_at")) << " "
           << (row->Has("channel") ? row->Number("channel") : 0) << " "
           << row->Text("cause") << " " << row->Text("payer_id") << "\n";
      int64_t clock = kUnknown;
      for (const char* column :
           {"earned_at", "period_start", "period_end", "due_at", "paid_at"}) {
        if (!IsKnown(clock)) clock = row->Number(column);
      }
      lines.push_back({{clock, row->Text("line_id")}, line.str()});
    }
    flush();
    const auto show = [&](const char* name, const std::vector<char>& set,
                          const std::vector<char>* outside) {
      std::vector<Interval> intervals;
      for (int at = 0; at < kEnd; ++at) {
        if (worker.empty() || !set[at] || (outside && (*outside)[at])) continue;
        if (!intervals.empty() && intervals.back().end == at) {
          ++intervals.back().end;
        } else {
          intervals.push_back({at, at + 1});
        }
      }
      ShowSet(out, name, intervals);
    };
    show("online", on, nullptr);
    show("engaged", busy, nullptr);
    show("to_pickup", to, nullptr);
    show("loaded", laden, nullptr);
    show("on_call", on, &busy);
    show("required", due, nullptr);
    out << " sum " << sum << " without " << without << " " << endless << "\n";
    shown.push_back(out.str());
  }
  std::sort(shown.begin(), shown.end());
  Seen seen;
  for (const std::string& one : shown) seen.timelines += one;
  for (const std::string& id : ids)
    seen.timelines += absl::StrCat("id ", id, "\n");
  seen.faults = ShowFaults(faults, FileNames().size());
  return seen;
}

}  // namespace plumbline::replay
