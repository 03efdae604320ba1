#include "replay/ingest/inspect.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "replay/ingest/guess.h"
#include "replay/ingest/mapping.h"
#include "tests/mapping/support.h"

namespace plumbline::replay {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

InspectedFile InspectOnly(const std::string& path,
                          const InspectOptions& options = {}) {
  auto files = Inspect(path, options);
  EXPECT_TRUE(files.ok()) << files.status();
  EXPECT_EQ(files->size(), 1u);
  return files->front();
}

TEST(InspectTest, DescribesACanonicalTable) {
  const TestFolder folder;
  folder.Write("tasks.csv",
               "task_id;worker_id;accepted_at;pay_base;colour\n"
               "t1;w1;2026-03-01T12:00:00+08:00;5.50;red\nt2;w1;2026-03-01T13:"
               "00:00+08:00;6;red\n");
  const InspectedFile file = InspectOnly(folder.File("tasks.csv"));
  EXPECT_EQ(file.format, "csv");
  EXPECT_EQ(file.delimiter, ";");
  EXPECT_EQ(file.rows, 2);
  EXPECT_EQ(file.mapping, "canonical");
  EXPECT_THAT(file.tables, ElementsAre("tasks"));
  EXPECT_THAT(file.gives, ElementsAre("tasks.accepted_at", "tasks.pay_base",
                                      "tasks.task_id", "tasks.worker_id"));
  EXPECT_THAT(file.missing, AllOf(Contains("tasks.completed_at"),
                                  Not(Contains("tasks.pay_base"))));
  EXPECT_EQ(file.columns[2].form, CellForm::kInstant);
  EXPECT_THAT(file.columns[2].used_as, ElementsAre("tasks.accepted_at"));
  EXPECT_THAT(file.columns[3].samples, ElementsAre("5.50", "6"));
  EXPECT_THAT(file.columns[4].used_as, IsEmpty());
  EXPECT_EQ(file.draft, "");
  EXPECT_THAT(InspectionText(file, false),
              AllOf(HasSubstr("  rows: 2\n"),
                    HasSubstr("colour: words, for example red -> not read")));
  EXPECT_THAT(InspectionText(file, true),
              AllOf(HasSubstr("  行数：2\n"), HasSubstr("未使用")));
}

TEST(InspectTest, NamesTheKnownExport) {
  const TestFolder folder;
  folder.Write(
      "a.csv",
      "order_id,region_id,courier_id,aoi_id,accept_time,delivery_time,ds\n"
      "1,2,3,4,05-01 10:00:00,05-01 11:00:00,501\n");
  const InspectedFile file = InspectOnly(folder.path());
  EXPECT_EQ(file.mapping, "lade");
  EXPECT_THAT(file.gives, Contains("tasks.accepted_at"));
}

TEST(InspectTest, TellsTheFormOfCells) {
  const auto form = [](const std::vector<std::string>& cells) {
    InspectedColumn column;
    GuessForm(cells, &column);
    return column.form;
  };
  EXPECT_EQ(form({"", "NA", " "}), CellForm::kEmpty);
  EXPECT_EQ(form({"1", "20", ""}), CellForm::kInteger);
  EXPECT_EQ(form({"0", "0"}), CellForm::kInteger);
  EXPECT_EQ(form({"1.5", "-2"}), CellForm::kDecimal);
  EXPECT_EQ(form({"1772337600", "0"}), CellForm::kEpochSeconds);
  EXPECT_EQ(form({"1772337600000"}), CellForm::kEpochMilliseconds);
  EXPECT_EQ(form({"2026-03-01T12:00:00+08:00", "2026-03-01T12:00:00Z"}),
            CellForm::kInstant);
  EXPECT_EQ(form({"2026-03-01 12:00:00"}), CellForm::kLocalTime);
  EXPECT_EQ(form({"2026-03-01"}), CellForm::kDate);
  EXPECT_EQ(form({"true", "FALSE"}), CellForm::kBoolean);
  EXPECT_EQ(form({"[1,2]", "[]"}), CellForm::kJsonList);
  EXPECT_EQ(form({"{\"a\":1}"}), CellForm::kJsonObject);
  EXPECT_EQ(form({"done", "done", "lost", "done"}), CellForm::kWords);
  EXPECT_EQ(form({"one", "two", "three"}), CellForm::kText);
}

TEST(InspectTest, DraftsAMappingThatCanBeFilledInAndUsed) {
  const TestFolder folder;
  folder.Write("三月.csv",
               "订单编号,骑手,接单时间,送达时间,状态,配送费,备注\n"
               "a1,张三,2026-03-01 12:00:00,2026-03-01 12:30:00,已送达,5.5,好\n"
               "a2,李四,2026-03-01 12:10:00,2026-03-01 12:50:00,已取消,6,\n");
  InspectOptions options;
  options.time_zone = "Asia/Chongqing";
  const InspectedFile file = InspectOnly(folder.File("三月.csv"), options);
  EXPECT_EQ(file.mapping, "");
  EXPECT_THAT(file.obstacle,
              HasSubstr("三月.csv:1:1: found the header 订单编号"));
  EXPECT_THAT(file.draft, HasSubstr("# columns { to: \"?\" from: \"备注\" }"));
  EXPECT_THAT(file.draft, HasSubstr("words { from: \"已送达\" to: \"\" }"));
  const auto mapping = ParseMapping(file.draft, "draft");
  ASSERT_TRUE(mapping.ok()) << mapping.status() << "\n" << file.draft;
  folder.Write("m.textproto", file.draft);
  IngestOptions ingest;
  ingest.mapping_file = folder.File("m.textproto");
  TestLog log = ReadLog(folder.File("三月.csv"), ingest);
  ASSERT_TRUE(log.status.ok()) << log.status;
  EXPECT_EQ(log.Row("tasks", 0),
            (TestRow{{"task_id", "1"},
                     {"order_id", "a1"},
                     {"worker_id", "张三"},
                     {"accepted_at", "2026-03-01T04:00:00Z"},
                     {"completed_at", "2026-03-01T04:30:00Z"},
                     {"pay_base", "5.50"}}));
  // Filled in.
  std::string filled = file.draft;
  const std::string open = "words { from: \"已送达\" to: \"\" }";
  filled.replace(filled.find(open), open.size(),
                 "words { from: \"已送达\" to: \"delivered\" }");
  folder.Write("m.textproto", filled);
  log = ReadLog(folder.File("三月.csv"), ingest);
  EXPECT_EQ(log.Row("tasks", 0).at("status"), "delivered");
  EXPECT_FALSE(log.Row("tasks", 1).contains("status"));
}

TEST(InspectTest, DraftsEpochsAndSessions) {
  const TestFolder folder;
  folder.Write("a.csv",
               "driver_id,login_time,logout_time,note\nd1,1772337600000,"
               "1772341200000,x\n");
  const InspectedFile file = InspectOnly(folder.path());
  EXPECT_THAT(file.draft, HasSubstr("table: \"sessions\""));
  EXPECT_THAT(file.draft, HasSubstr("instants: EPOCH_MILLISECONDS"));
  EXPECT_TRUE(ParseMapping(file.draft, "draft").ok()) << file.draft;
}

TEST(InspectTest, DraftsWithoutAnyIdea) {
  const TestFolder folder;
  folder.Write("a.csv", "\"a \"\"b\"\"\",c\\d,\n1,2,3\n");
  const InspectedFile file = InspectOnly(folder.path());
  EXPECT_TRUE(ParseMapping(file.draft, "draft").ok()) << file.draft;
}

TEST(InspectTest, LooksAtEveryFileOfAFolder) {
  const TestFolder folder;
  folder.Write("tasks.csv", "task_id,worker_id\nt1,w1\n")
      .Write("x.csv", "a\n1\n");
  const auto files = Inspect(folder.path(), InspectOptions());
  ASSERT_TRUE(files.ok()) << files.status();
  ASSERT_EQ(files->size(), 2u);
  EXPECT_EQ((*files)[0].mapping, "canonical");
  EXPECT_EQ((*files)[1].mapping, "");
  EXPECT_FALSE(Inspect(folder.File("none"), InspectOptions()).ok());
}

}  // namespace
}  // namespace plumbline::replay
