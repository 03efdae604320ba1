#include "replay/schema/schema.h"

#include "gtest/gtest.h"

namespace plumbline::replay {
namespace {

TEST(SchemaTest, HoldsTheSeventeenTables) {
  EXPECT_EQ(Tables().size(), 17u);
  for (const char* name :
       {"tasks", "sessions", "offers", "pay", "fares", "workers",
        "published_rules", "sanctions", "ratings", "appeals", "prompts",
        "filings", "negotiations", "conditions", "batches", "moment_orders",
        "moment_workers"}) {
    EXPECT_NE(FindTable(name), nullptr) << name;
  }
  EXPECT_EQ(FindTable("nothing"), nullptr);
}

TEST(SchemaTest, ColumnsCarryUnitsAndWords) {
  const TableSchema& tasks = *FindTable("tasks");
  const ColumnSchema& accepted =
      tasks.columns[static_cast<size_t>(tasks.Find("accepted_at"))];
  EXPECT_EQ(accepted.unit, v1::INSTANT);
  EXPECT_FALSE(accepted.required);
  EXPECT_TRUE(
      tasks.columns[static_cast<size_t>(tasks.Find("task_id"))].required);
  const ColumnSchema& status =
      tasks.columns[static_cast<size_t>(tasks.Find("status"))];
  EXPECT_EQ(EnumValue(status, "cancelled_customer"),
            v1::STATUS_CANCELLED_CUSTOMER);
  EXPECT_EQ(EnumValue(status, "unknown"), -1);
  EXPECT_EQ(EnumWord(status, v1::STATUS_DELIVERED), "delivered");
  EXPECT_EQ(tasks.Find("pay_top_up") >= 0, true);
}

}  // namespace
}  // namespace plumbline::replay
