#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <random>

#include "absl/strings/str_cat.h"
#include "replay/schema/schema.h"
#include "replay/store/row_store.h"
#include "replay/store/task_decoder.h"
#include "tests/store/made_log.h"

namespace plumbline::replay {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Rows of all tables with everything that may go wrong in them. Shares stay
// exact for up to 16 open tasks, which this keeps to by short tasks.
std::vector<MadeRow> RandomLog(uint64_t seed, int tasks) {
  std::mt19937_64 random(seed);
  const auto below = [&](int64_t n) {
    return static_cast<int64_t>(random() % static_cast<uint64_t>(n));
  };
  std::vector<MadeRow> rows;
  const auto worker = [&] { return absl::StrCat("w", below(9)); };
  const auto task = [&] { return absl::StrCat("t", below(tasks + 5)); };
  int64_t line = 1;
  const TableSchema& schema = *FindTable("tasks");
  const bool seconds = below(2) == 0;
  for (int i = 0; i < tasks; ++i) {
    MadeRow row;
    row.table = "tasks";
    row.file = static_cast<uint32_t>(below(8) == 0 ? 1 : 0);
    row.line = line + (below(50) == 0 ? 3000 : 1);
    line = row.line;
    row.cells["task_id"] = below(12) == 0 ? task() : absl::StrCat("t", i);
    if (below(10) != 0) row.cells["worker_id"] = worker();
    const int64_t unit = seconds ? 1000 : 1;
    int64_t at = seconds ? below(15) * 1000 : below(18'000);
    for (const char* clock : {"placed_at", "offered_at", "accepted_at",
                              "picked_up_at", "completed_at"}) {
      if (below(6) != 0) row.cells[clock] = at;
      at += below(seconds ? 2 : 300) * unit;
      if (at > 19'000) at = 19'000;
    }
    for (const ColumnSchema& column : schema.columns) {
      if (row.Has(column.name) || below(6) != 0) continue;
      if (column.name == "worker_id" || column.name == "picked_up_at" ||
          column.name == "completed_at") {
        continue;
      }
      if (column.type == ColumnType::kNumberList) {
        row.cells[column.name] = std::string("[60,70.5]");
      } else if (column.type == ColumnType::kText) {
        row.cells[column.name] = column.name.substr(0, 2) +
                                 std::to_string(below(20)) +
                                 std::string(below(5) == 0 ? 40 : 0, 'x');
      } else if (column.type == ColumnType::kBool) {
        row.cells[column.name] = below(2);
      } else if (column.type == ColumnType::kEnum) {
        row.cells[column.name] = 1 + below(9);
      } else if (column.unit == v1::INSTANT) {
        row.cells[column.name] = below(20'000);
      } else {
        const int64_t size = int64_t{1} << below(60);
        row.cells[column.name] = below(size) - (below(4) == 0 ? size / 2 : 0);
        if (below(2) == 0) {
          row.cells[column.name] = below(5000) * 10'000;
        }
      }
    }
    rows.push_back(row);
    if (below(15) == 0) {  // A copy, or nearly one.
      row.line = ++line;
      if (below(2) == 0) row.cells["limit_at"] = below(20'000);
      rows.push_back(row);
    }
  }
  const auto add = [&](const char* table, std::map<std::string, Cell> cells) {
    MadeRow row;
    row.table = table;
    row.file = 2;
    row.line = ++line;
    row.cells = std::move(cells);
    rows.push_back(row);
  };
  for (int i = 0; i < tasks / 4; ++i) {
    const int64_t begin = below(18'000);
    std::map<std::string, Cell> session = {{"worker_id", worker()},
                                           {"started_at", begin}};
    if (below(5) != 0) session["ended_at"] = begin + 1 + below(1000);
    if (below(2) != 0) session["required"] = below(2);
    if (below(2) != 0) session["state"] = 1 + below(4);
    add("sessions", session);
    std::map<std::string, Cell> pay = {{"worker_id", worker()},
                                       {"kind", 1 + below(24)},
                                       {"amount", below(90'000'000)},
                                       {"line_id", absl::StrCat("l", i)}};
    if (below(2) != 0) {
      // Mostly a task of the worker's own.
      const MadeRow& named = rows[below(tasks)];
      pay["task_id"] = named.table == "tasks" ? named.Text("task_id") : "none";
      if (below(3) != 0 && named.Has("worker_id")) {
        pay["worker_id"] = named.Text("worker_id");
      }
    }
    if (below(2) != 0) pay["earned_at"] = below(20'000);
    if (below(2) != 0) pay["due_at"] = below(20'000);
    if (below(2) != 0) pay["channel"] = 1 + below(4);
    if (below(2) != 0) pay["cause"] = absl::StrCat("c", below(3));
    add("pay", pay);
    if (below(20) == 0) add("pay", pay);
    std::map<std::string, Cell> offer = {
        {"worker_id", worker()},
        {"moment_id", absl::StrCat("m", below(20))},
        {"order_id", absl::StrCat("o", below(5))}};
    if (below(3) != 0) offer["offered_at"] = below(20'000);
    if (below(3) != 0) offer["chosen"] = below(2);
    if (below(3) != 0) offer["response"] = 1 + below(5);
    if (below(3) != 0) offer["rank"] = 1 + below(5);
    if (below(3) != 0) offer["reason"] = absl::StrCat("r", below(3));
    if (below(3) != 0) offer["x_score"] = std::to_string(below(100)) + ".5";
    add("offers", offer);
    add("fares", {{"task_id", task()}, {"customer_total", below(1 << 30)}});
    add("ratings", {{"task_id", task()}, {"score", below(6) * 1'000'000}});
  }
  for (int i = 0; i < 9; ++i) {
    add("workers", {{"worker_id", absl::StrCat("w", below(14))},
                    {"sex", absl::StrCat("s", below(2))}});
    add("batches", {{"batch_id", absl::StrCat("b", below(30))},
                    {"worker_id", worker()},
                    {"task_ids", absl::StrCat("[\"", task(), "\"]")},
                    {"order_ids", absl::StrCat("[\"or", below(20)) + "\"]"}});
    add("sanctions", {{"sanction_id", absl::StrCat("s", i)},
                      {"worker_id", worker()},
                      {"kind", 1 + below(5)},
                      {"imposed_at", below(20'000)},
                      {"task_id", task()}});
  }
  return rows;
}

StoreOptions WithShares() {
  StoreOptions options;
  options.engaged_share = true;
  return options;
}

TEST(StoreTest, GivesWhatTheNaiveReplayGives) {
  for (uint64_t seed = 0; seed < 25; ++seed) {
    const std::vector<MadeRow> rows = RandomLog(seed, 60);
    const Seen naive = Naive(rows, true);
    FeedOptions feed;
    feed.columns = {"tasks.status"};
    const Seen seen = Replay(rows, WithShares(), feed);
    ASSERT_EQ(naive.timelines, seen.timelines) << "seed " << seed;
    ASSERT_EQ(naive.faults, seen.faults) << "seed " << seed;
  }
}

TEST(StoreTest, IsTheSameForAnyThreadsBlocksMemoryBatchesAndOrder) {
  for (uint64_t seed = 100; seed < 104; ++seed) {
    std::vector<MadeRow> rows = RandomLog(seed, 1200);
    FeedOptions feed;
    feed.columns = {"tasks.status"};
    const Seen expected = Replay(rows, WithShares(), feed);
    std::mt19937_64 random(seed);
    for (const int threads : {1, 2, 3, 7}) {
      for (const int blocks : {1, 7, 64}) {
        StoreOptions options = WithShares();
        options.threads = threads;
        options.blocks = blocks;
        options.memory_bytes = blocks == 7 ? 1 << 30 : 1;
        feed.threads = threads;
        feed.coded = blocks != 64;
        feed.batch_rows = 1 + random() % 700;
        std::shuffle(rows.begin(), rows.end(), random);
        if (threads != 2) {  // Else batches of one row each.
          std::stable_sort(
              rows.begin(), rows.end(), [](const MadeRow& a, const MadeRow& b) {
                return std::tie(a.table, a.file) < std::tie(b.table, b.file);
              });
        }
        const Seen seen = Replay(rows, options, feed);
        ASSERT_EQ(expected.timelines, seen.timelines)
            << threads << " threads, " << blocks << " blocks, seed " << seed;
        ASSERT_EQ(expected.faults, seen.faults);
      }
    }
  }
}

MadeRow TaskRow(int64_t line, const std::string& id, const std::string& worker,
                std::map<std::string, Cell> cells) {
  MadeRow row;
  row.table = "tasks";
  row.line = line;
  row.cells = std::move(cells);
  row.cells["task_id"] = id;
  if (!worker.empty()) row.cells["worker_id"] = worker;
  return row;
}

TEST(StoreTest, SpillsPastTheBudgetAndReadsBack) {
  std::vector<MadeRow> rows;
  for (int i = 0; i < 60'000; ++i) {
    rows.push_back(TaskRow(i + 2, absl::StrCat("task-", i),
                           absl::StrCat("w", i % 40),
                           {{"accepted_at", int64_t{i % 20'000}},
                            {"completed_at", int64_t{i % 20'000 + 5}},
                            {"zone", absl::StrCat("z", i % 5)}}));
  }
  StoreOptions large = WithShares();
  StoreOptions small = large;
  small.memory_bytes = 64 << 10;
  small.threads = 2;
  FeedOptions feed;
  feed.threads = 2;
  auto spilled = LogStore::Create(small);
  ASSERT_TRUE(spilled.ok());
  Feed(rows, feed, spilled->get());
  FaultLog faults;
  faults.SetFiles({"a.csv"});
  ASSERT_TRUE((*spilled)->Finish(faults).ok());
  EXPECT_GT(static_cast<RowStore&>(**spilled).spilled_bytes(), 1 << 19);
  feed.threads = 1;
  EXPECT_EQ(Replay(rows, large, feed).timelines, Timelines(**spilled, 2));
}

TEST(StoreTest, SaysThatTheScratchFolderCannotBeUsed) {
  StoreOptions options;
  options.memory_bytes = 1;
  options.scratch = "/nowhere/at/all";
  auto store = LogStore::Create(options);
  ASSERT_TRUE(store.ok());
  RecordBatch batch;
  batch.table = 0;
  batch.rows = 10'000;
  std::vector<std::string> ids;
  for (size_t i = 0; i < batch.rows; ++i) ids.push_back(std::to_string(i));
  ColumnData id, worker;
  id.column = FindTable("tasks")->Find("task_id");
  worker.column = FindTable("tasks")->Find("worker_id");
  for (size_t i = 0; i < batch.rows; ++i) {
    batch.lines.push_back(static_cast<int64_t>(i));
    id.texts.push_back(ids[i]);
    worker.texts.push_back("w");
  }
  batch.columns = {id, worker};
  const absl::Status status = (*store)->Accept(0, batch);
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr("/nowhere/at/all"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("--scratch"));
}

TEST(StoreTest, KeepsOneOfEqualRowsAndNoneThatDiffer) {
  const std::vector<MadeRow> rows = {
      TaskRow(2, "copy", "w1", {{"accepted_at", int64_t{5}}}),
      TaskRow(3, "clash", "w1", {{"accepted_at", int64_t{5}}}),
      TaskRow(4, "copy", "w1", {{"accepted_at", int64_t{5}}}),
      TaskRow(5, "clash", "w2", {{"accepted_at", int64_t{5}}}),
      TaskRow(6, "single", "w3", {{"accepted_at", int64_t{5}}})};
  FeedOptions feed;
  feed.batch_rows = 1;
  const Seen seen = Replay(rows, WithShares(), feed);
  EXPECT_THAT(seen.timelines, HasSubstr(" task copy"));
  EXPECT_THAT(seen.timelines, HasSubstr(" task single"));
  EXPECT_THAT(seen.timelines, Not(HasSubstr(" task clash")));
  // All that w2 has is quarantined.
  EXPECT_THAT(seen.timelines, Not(HasSubstr("w2")));
  EXPECT_THAT(seen.faults, HasSubstr("a.csv:4:task_id duplicate-id copy\n"));
  EXPECT_THAT(seen.faults, HasSubstr("a.csv:3:task_id conflicting-id clash\n"));
  EXPECT_THAT(seen.faults, HasSubstr("a.csv:5:task_id conflicting-id clash\n"));
  EXPECT_THAT(seen.faults, Not(HasSubstr("a.csv:2")));
}

TEST(StoreTest, RefusesHostileInstantsAndSumsWithoutWrapping) {
  const int64_t most = std::numeric_limits<int64_t>::max();
  std::vector<MadeRow> rows = {
      TaskRow(2, "far", "w", {{"accepted_at", -most}, {"completed_at", most}}),
      TaskRow(3, "edge", "w",
              {{"accepted_at", kFirstInstant}, {"completed_at", kLastInstant}}),
      TaskRow(4, "money", "w", {{"pay_base", most}, {"pay_tax", -most}}),
      TaskRow(5, "two", "w",
              {{"accepted_at", int64_t{0}}, {"completed_at", most - 1}})};
  MadeRow line;
  line.table = "pay";
  line.line = 2;
  line.file = 1;
  line.cells = {{"worker_id", std::string("w")},
                {"task_id", std::string("money")},
                {"kind", int64_t{v1::PAY_BASE}},
                {"amount", most}};
  rows.push_back(line);
  const Seen seen = Replay(rows, WithShares(), {});
  EXPECT_THAT(seen.faults,
              HasSubstr("a.csv:2:accepted_at number-out-of-range"));
  EXPECT_THAT(seen.faults,
              HasSubstr("a.csv:5:completed_at number-out-of-range"));
  EXPECT_THAT(seen.timelines,
              HasSubstr("engaged [-2208988800000,7258118399999)"));
  EXPECT_THAT(seen.timelines, HasSubstr(" share 6823"));  // 9.467e12 * 720720
  EXPECT_THAT(seen.timelines, HasSubstr(absl::StrCat("1:", most)));
  EXPECT_THAT(seen.timelines, HasSubstr(absl::StrCat("24:", -most)));
}

TEST(StoreTest, DeliversByStatusElseByCompletion) {
  std::vector<MadeRow> rows = {
      TaskRow(2, "t", "w", {{"completed_at", int64_t{9}}})};
  EXPECT_THAT(Replay(rows, WithShares(), {}).timelines,
              HasSubstr("delivered 1"));
  FeedOptions feed;
  feed.columns = {"tasks.status"};
  EXPECT_THAT(Replay(rows, WithShares(), feed).timelines,
              HasSubstr("delivered 0"));
}

TEST(StoreTest, NamesEveryColumnOfTasks) {
  const std::vector<std::string> members = TaskMemberColumns();
  for (const ColumnSchema& column : FindTable("tasks")->columns) {
    if (column.name == "worker_id" || column.name == "estimates_s" ||
        column.name.rfind("pay_", 0) == 0) {
      continue;
    }
    EXPECT_EQ(1, std::count(members.begin(), members.end(), column.name))
        << column.name;
  }
  const TableSchema& schema = *FindTable("tasks");
  for (int kind = 1; kind < kPayKinds; ++kind) {
    const std::string name = v1::PayKind_Name(static_cast<v1::PayKind>(kind));
    std::string lower = name;
    for (char& letter : lower) {
      letter = static_cast<char>(std::tolower(letter));
    }
    EXPECT_EQ(schema.Find("pay_base") + kind - 1, schema.Find(lower));
  }
}

TEST(StoreTest, SmallTablesComeAsMessagesInOrder) {
  std::vector<MadeRow> rows;
  for (const int64_t line : {5, 3, 4}) {
    MadeRow row;
    row.table = "workers";
    row.line = line;
    row.cells = {{"worker_id", absl::StrCat("w", line)},
                 {"birth_date", line},
                 {"relation", int64_t{2}},
                 {"insurances", std::string("[\"injury\",\"health\"]")},
                 {"attr_team", std::string("north")}};
    rows.push_back(row);
  }
  auto store = LogStore::Create({});
  ASSERT_TRUE(store.ok());
  Feed(rows, {}, store->get());
  FaultLog faults;
  ASSERT_TRUE((*store)->Finish(faults).ok());
  const auto& records = (*store)->small_tables();
  ASSERT_EQ(3u, records.size());
  EXPECT_EQ("w3", records[0].worker().worker_id());
  EXPECT_EQ("w5", records[2].worker().worker_id());
  EXPECT_EQ(3, records[0].worker().birth_date());
  EXPECT_EQ(v1::RELATION_NOT_FULLY_LABOUR, records[0].worker().relation());
  EXPECT_EQ("health", records[0].worker().insurances(1));
  EXPECT_EQ("north", records[0].worker().attributes().at("attr_team"));
  EXPECT_FALSE(records[0].worker().has_sex());
}

TEST(StoreTest, ObservesEventsAndNotPromises) {
  const std::vector<MadeRow> rows = {
      TaskRow(2, "a", "w",
              {{"accepted_at", int64_t{50}}, {"limit_at", int64_t{9000}}}),
      TaskRow(3, "b", "w",
              {{"completed_at", int64_t{70}}, {"promised_at", int64_t{1}}})};
  auto store = LogStore::Create({});
  ASSERT_TRUE(store.ok());
  Feed(rows, {}, store->get());
  FaultLog faults;
  ASSERT_TRUE((*store)->Finish(faults).ok());
  EXPECT_EQ(50, (*store)->observed().begin);
  EXPECT_EQ(70, (*store)->observed().end);
}

std::string Moments(LogStore& store) {
  std::string text;
  const absl::Status status =
      store.VisitMoments([&](const DispatchMoment& moment) {
        text += std::string(moment.moment_id) + "@" +
                (IsKnown(moment.at) ? std::to_string(moment.at) : "?") +
                (moment.derived ? " derived" : "");
        for (const Candidate& one : moment.candidates) {
          text += " " + std::string(one.order_id) + "/" +
                  std::string(one.worker_id);
          for (const Criterion& criterion : one.criteria) {
            text +=
                IsKnown(criterion.number)
                    ? absl::StrCat("=", criterion.number)
                    : "='" + std::string(store.Text(criterion.symbol)) + "'";
          }
        }
        for (const WaitingOrder& order : moment.orders) {
          text += " o:" + std::string(order.order_id);
        }
        for (const SeenWorker& worker : moment.workers) {
          text += " w:" + std::string(worker.worker_id) +
                  absl::StrCat("(", worker.lat) + ")" +
                  std::string(worker.holding);
        }
        text += "\n";
        return absl::OkStatus();
      });
  EXPECT_TRUE(status.ok()) << status.ToString();
  return text;
}

std::string MomentsOf(const std::vector<MadeRow>& rows,
                      const StoreOptions& options) {
  auto store = LogStore::Create(options);
  EXPECT_TRUE(store.ok());
  FeedOptions feed;
  feed.threads = options.threads;
  feed.batch_rows = 97;
  Feed(rows, feed, store->get());
  FaultLog faults;
  faults.SetFiles({"a.csv"});
  EXPECT_TRUE((*store)->Finish(faults).ok());
  return Moments(**store);
}

TEST(StoreTest, MomentsComeInOrderWithTheirCandidates) {
  std::vector<MadeRow> rows;
  const auto add = [&](const char* table, std::map<std::string, Cell> cells) {
    MadeRow row;
    row.table = table;
    row.line = static_cast<int64_t>(rows.size()) + 2;
    row.cells = std::move(cells);
    rows.push_back(row);
  };
  using Text = std::string;
  add("offers", {{"moment_id", Text("late")},
                 {"order_id", Text("o2")},
                 {"worker_id", Text("w2")},
                 {"offered_at", int64_t{90}},
                 {"x_score", Text("1.5")},
                 {"x_area", Text("north")}});
  add("offers", {{"moment_id", Text("late")},
                 {"order_id", Text("o2")},
                 {"worker_id", Text("w1")},
                 {"offered_at", int64_t{80}},
                 {"x_score", Text("2")}});
  add("offers", {{"moment_id", Text("early")},
                 {"order_id", Text("o1")},
                 {"worker_id", Text("w3")},
                 {"offered_at", int64_t{70}}});
  add("moment_orders", {{"moment_id", Text("seen")},
                        {"order_id", Text("o9")},
                        {"moment_at", int64_t{75}}});
  add("moment_workers", {{"moment_id", Text("seen")},
                         {"worker_id", Text("w9")},
                         {"lat", int64_t{7}},
                         {"lng", int64_t{8}},
                         {"holding", Text("[\"o3\"]")}});
  EXPECT_EQ(
      "early@70 o1/w3=''=''\n"
      "seen@75 derived o:o9 w:w9(7)[\"o3\"]\n"
      "late@80 o2/w1=''=2000000 o2/w2='north'=1500000\n",
      MomentsOf(rows, {}));
}

TEST(StoreTest, MomentsAreTheSameWhenTheyDoNotFitInMemory) {
  std::mt19937_64 random(7);
  std::vector<MadeRow> rows;
  for (int i = 0; i < 40'000; ++i) {
    MadeRow row;
    row.table = "offers";
    row.line = i + 2;
    const auto moment = static_cast<int64_t>(random() % 5000);
    row.cells = {
        {"moment_id", absl::StrCat("m", moment)},
        {"order_id", absl::StrCat("o", random() % 3)},
        {"worker_id", absl::StrCat("w", i)},
        {"offered_at", moment / 7 * 1000 + static_cast<int64_t>(random() % 3)}};
    rows.push_back(row);
  }
  const std::string whole = MomentsOf(rows, {});
  StoreOptions small;
  small.memory_bytes = 1 << 10;
  small.threads = 2;
  small.blocks = 5;
  EXPECT_EQ(whole, MomentsOf(rows, small));
  EXPECT_GT(std::count(whole.begin(), whole.end(), '\n'), 4900);
}

}  // namespace
}  // namespace plumbline::replay
