// Every way in which a mapping makes a cell, and every fault of a row.
#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <random>

#include "replay/ingest/cells.h"
#include "replay/ingest/json_cells.h"
#include "tests/readers/read_file.h"

namespace plumbline::replay {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

v1::TableImport Import(const std::string& text) {
  v1::TableImport import;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &import));
  return import;
}

ReadResult Mapped(const std::string& mapping, const std::string& text,
                  DecodeOptions decode = {}) {
  HowToRead how;
  how.imports.push_back(Import(mapping));
  how.decode = decode;
  return ReadBytes(text, how);
}

const char* const kId = "table: 'tasks' columns { to: 'task_id' from: 'id' } ";

TEST(Mapped, ConstantsRowNumbersAndJoinedIds) {
  const ReadResult result = Mapped(
      "table: 'tasks' "
      "columns { to: 'task_id' row_number: true } "
      "columns { to: 'city' constant: 'Lyon' } "
      "columns { to: 'status' constant: 'delivered' } "
      "columns { to: 'pay_base' constant: '1.5' } "
      "columns { to: 'order_id' joined: 'a' joined: 'b' }",
      "A,b\n1,2\n,3\n");
  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_THAT(
      result.rows,
      ElementsAre(
          "tasks@2 task_id=1 city=Lyon status=1 pay_base=1500000 order_id=1/2",
          "tasks@3 task_id=2 city=Lyon status=1 pay_base=1500000"));
}

TEST(Mapped, ScalesAreExact) {
  const ReadResult result = Mapped(
      std::string(kId) +
          "columns { to: 'route_distance_m' from: 'miles' numerator: 1609344 "
          "denominator: 1000 unknown: 'NA' } "
          "columns { to: 'pay_base' from: 'cents' numerator: 1 denominator: "
          "100 }",
      "id,miles,cents\n1,2.5,1234\n2,NA,-50\n3,0.0000001,x\n");
  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_THAT(result.rows,
              ElementsAre("tasks@2 task_id=1 route_distance_m=4023360 "
                          "pay_base=12340000",
                          "tasks@3 task_id=2 pay_base=-500000",
                          "tasks@4 task_id=3 route_distance_m=0"));
  EXPECT_THAT(result.faults, ElementsAre("4 pay_base unparsable-cell x"));
}

TEST(Mapped, LocalTimesAcrossClockChanges) {
  const ReadResult result =
      Mapped(std::string(kId) +
                 "columns { to: 'accepted_at' from: 'at' local_zone: "
                 "'America/New_York' }",
             "id,at\n1,2020-03-08 01:59:59\n2,2020-03-08 02:30:00\n"
             "3,2020-03-08 03:00:00\n4,2020-11-01 01:30:00\n"
             "5,2020-07-01T12:00:00\n6,2020-07-01T12:00:00Z\n"
             "7,2020-07-03 12:00:00\n8,2020-11-01 02:00:00\n");
  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_THAT(result.rows,
              ElementsAre("tasks@2 task_id=1 accepted_at=1583650799000",
                          "tasks@3 task_id=2",
                          "tasks@4 task_id=3 accepted_at=1583650800000",
                          "tasks@5 task_id=4 accepted_at=1604208600000",
                          "tasks@6 task_id=5 accepted_at=1593619200000",
                          "tasks@7 task_id=6 accepted_at=1593604800000",
                          "tasks@8 task_id=7 accepted_at=1593792000000",
                          "tasks@9 task_id=8 accepted_at=1604214000000"));
  EXPECT_THAT(result.faults,
              ElementsAre("3 accepted_at nonexistent-local-time 2020-03-08 "
                          "02:30:00"));
  ASSERT_EQ(result.input.faults_size(), 2);
}

TEST(Mapped, PrefixForTheYear) {
  const ReadResult result =
      Mapped(std::string(kId) +
                 "columns { to: 'accepted_at' from: 'at' prefix: '2022-' "
                 "local_zone: 'Asia/Shanghai' }",
             "id,at\n1,06-01 08:00:00\n");
  EXPECT_THAT(result.rows,
              ElementsAre("tasks@2 task_id=1 accepted_at=1654041600000"));
}

TEST(Mapped, WordsAndTheirConditions) {
  const ReadResult result = Mapped(
      std::string(kId) +
          "columns { to: 'status' from: 's' words { from: '1' to: 'delivered' "
          "unless { from: 'end' equals: '0' } } words { from: '1' to: '' } "
          "words { from: 'x' to: 'rejected' } } "
          "columns { to: 'prebooked' from: 'p' words { from: 'Y' to: 'true' } "
          "words { from: 'N' to: 'false' } } "
          "columns { to: 'zone' from: 'z' words { from: '7' to: 'seven' } }",
      "id,s,end,p,z\n1,1,9,Y,7\n2,1,0,N,8\n3,x,0,maybe,\n4,expired,0,,\n");
  EXPECT_THAT(
      result.rows,
      ElementsAre("tasks@2 task_id=1 status=1 prebooked=1 zone=seven",
                  "tasks@3 task_id=2 prebooked=0 zone=8",
                  "tasks@4 task_id=3 status=7", "tasks@5 task_id=4 status=8"));
  EXPECT_THAT(result.faults, ElementsAre("4 prebooked unparsable-cell maybe"));
}

TEST(Mapped, ListsBecomeJson) {
  const ReadResult result = Mapped(
      "table: 'batches' columns { to: 'batch_id' from: 'id' } "
      "columns { to: 'worker_id' from: 'w' } "
      "columns { to: 'order_ids' from: 'o' list: BRACKETED } "
      "columns { to: 'task_ids' from: 't' list: SEPARATED list_separator: '|' "
      "}",
      "id,w,o,t\n1,a,[1 2],x|y\n2,a,\"['p', 'q']\",\n3,a,\"{7,8}\",z\n"
      "4,a,oops,z\n");
  EXPECT_THAT(
      result.rows,
      ElementsAre("batches@2 batch_id=1 worker_id=a order_ids=[\"1\",\"2\"] "
                  "task_ids=[\"x\",\"y\"]",
                  "batches@3 batch_id=2 worker_id=a order_ids=[\"p\",\"q\"]",
                  "batches@4 batch_id=3 worker_id=a order_ids=[\"7\",\"8\"] "
                  "task_ids=[\"z\"]",
                  "batches@5 batch_id=4 worker_id=a task_ids=[\"z\"]"));
  EXPECT_THAT(result.faults, ElementsAre("5 order_ids unparsable-cell oops"));
  EXPECT_THAT(
      ReadBytes("task_id,worker_id,estimates_s\n1,,\"[ 600.50, 7 ]\"\n").rows,
      ElementsAre("tasks@2 task_id=1 estimates_s=[600.5,7]"));
}

TEST(Mapped, MembersOfJsonCells) {
  const char* const mapping =
      "table: 'tasks' columns { to: 'task_id' from: 'id' } "
      "columns { to: 'pay_tip' from: 'fare' json_member: 'parts.tip' "
      "numerator: "
      "1 denominator: 100 } "
      "columns { to: 'zone' from: 'fare' json_member: 'zone' }";
  EXPECT_THAT(Mapped(mapping,
                     "id,fare\n1,\"{\"\"parts\"\": {\"\"tip\"\": 250}, "
                     "\"\"zone\"\": \"\"\\u00e9\"\"}\"\n2,{}\n3,[1]\n")
                  .rows,
              ElementsAre("tasks@2 task_id=1 pay_tip=2500000 zone=\u00e9",
                          "tasks@3 task_id=2", "tasks@4 task_id=3"));
  // Flattened by the exporter.
  EXPECT_THAT(Mapped(mapping, "id,fare.parts.tip,fare.zone\n1,300,z\n").rows,
              ElementsAre("tasks@2 task_id=1 pay_tip=3000000 zone=z"));
}

TEST(Mapped, ForeignRowsAndCurrenciesAreLeftOut) {
  DecodeOptions decode;
  decode.currency = "EUR";
  const ReadResult result = Mapped(
      "table: 'tasks' columns { to: 'task_id' from: 'id' } "
      "columns { to: 'pay_base' from: 'pay' } "
      "skip { from: 'state' equals: 'offline' equals: 'off' } "
      "currency { from: 'cur' empty: 'EUR' }",
      "id,pay,state,cur\n1,2,on,EUR\n,bad,off,EUR\n3,4,on,USD\n"
      "4,5,on,\n",
      decode);
  EXPECT_THAT(result.rows, ElementsAre("tasks@2 task_id=1 pay_base=2000000",
                                       "tasks@5 task_id=4 pay_base=5000000"));
  EXPECT_THAT(result.faults, ElementsAre("3 state not-of-this-table off",
                                         "4 cur currency-clash USD"));
}

TEST(Mapped, OneFileFeedsSeveralTables) {
  HowToRead how;
  how.imports.push_back(Import(std::string(kId)));
  how.imports.push_back(
      Import("table: 'fares' derived: true columns { to: 'task_id' from: 'id' "
             "} columns { to: 'customer_total' from: 'paid' }"));
  const ReadResult result = ReadBytes("id,paid\n1,9.5\nragged\n", how);
  EXPECT_THAT(result.rows,
              ElementsAre("fares@2 task_id=1 customer_total=9500000",
                          "tasks@2 task_id=1"));
  EXPECT_THAT(result.faults, ElementsAre("3  ragged-row ragged"));
}

TEST(Mapped, MappingsThatCannotBeAreRefused) {
  const auto message = [](const std::string& mapping) {
    return std::string(Mapped(mapping, "id,a\n1,2\n").status.message());
  };
  EXPECT_THAT(message(std::string(kId) +
                      "columns { to: 'accepted_at' from: 'a' local_zone: "
                      "'Mars/Base' }"),
              HasSubstr("Mars/Base"));
  EXPECT_THAT(
      message(std::string(kId) + "columns { to: 'pay_base' constant: 'much' }"),
      HasSubstr("found the constant \"much\" for pay_base"));
  EXPECT_THAT(message(std::string(kId) +
                      "columns { to: 'status' from: 'a' words { from: '2' to: "
                      "'vanished' } }"),
              HasSubstr("found the word \"vanished\" for status"));
  EXPECT_THAT(message("table: 'tasks' columns { to: 'task_id' from: 'ID2' }"),
              HasSubstr("the header has no column ID2"));
}

TEST(Rows, FaultyCells) {
  const ReadResult result = ReadBytes(
      "task_id,worker_id,status,planned_wait_s,route_distance_m,pickup_lat,"
      "pickup_lng,pay_base,accepted_at\n"
      "1,w,delivered,-5,-1,91,181,99999999999999,2026-03-01T25:00:00Z\n"
      ",w,,,,,,,\n"
      "3,w,flown,1e2,3.0004,-90,180,abc,2026-02-30T00:00:00Z\n"
      "4,w,open,.5,+2,45.1234567,0,1.23456789,2026-03-01T12:30:00.123456+08:00"
      "\n");
  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_THAT(
      result.rows,
      ElementsAre("tasks@2 task_id=1 worker_id=w status=1",
                  "tasks@4 task_id=3 worker_id=w planned_wait_s=100000 "
                  "route_distance_m=3000 pickup_lat=-900000000 "
                  "pickup_lng=1800000000",
                  "tasks@5 task_id=4 worker_id=w status=9 planned_wait_s=500 "
                  "route_distance_m=2000 pickup_lat=451234567 pickup_lng=0 "
                  "pay_base=1234568 accepted_at=1772339400123"));
  EXPECT_THAT(result.faults,
              ElementsAre("2 accepted_at unparsable-cell 2026-03-01T25:00:00Z",
                          "2 pay_base number-out-of-range 99999999999999",
                          "2 pickup_lat coordinates-out-of-range 91",
                          "2 pickup_lng coordinates-out-of-range 181",
                          "2 planned_wait_s negative-duration -5",
                          "2 route_distance_m negative-distance -1",
                          "3 task_id missing-required ",
                          "4 accepted_at unparsable-cell 2026-02-30T00:00:00Z",
                          "4 pay_base unparsable-cell abc",
                          "4 status unknown-enum flown"));
}

int64_t CountOf(const ReadResult& result, const std::string& id,
                const std::string& column) {
  for (const v1::FaultCount& fault : result.input.faults()) {
    if (fault.id() == id && fault.column() == column) return fault.n();
  }
  return 0;
}

TEST(Rows, ClocksWindowAndZonesAreCounted) {
  HowToRead how;
  how.decode.time_zone = "Asia/Shanghai";
  how.decode.observed_from = 1'772'323'200'000;  // 2026-03-01T00:00Z.
  how.decode.observed_to = how.decode.observed_from + 24 * kHour;
  const ReadResult result = ReadBytes(
      "task_id,worker_id,placed_at,accepted_at,picked_up_at,completed_at\n"
      "1,w,2026-03-01T12:00:00+08:00,2026-03-01T11:59:00+08:00,,"
      "2026-03-01T11:00:00+08:00\n"
      "2,w,2026-03-01T04:00:00Z,2026-03-01T05:00:00+01:00,"
      "2026-03-01T04:10:00Z,\n"
      "3,w,,2026-03-02T08:00:00+08:00,,\n",
      how);
  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.rows.size(), 3u);
  EXPECT_EQ(CountOf(result, "clocks-out-of-order", "placed_at,accepted_at"), 1);
  EXPECT_EQ(CountOf(result, "clocks-out-of-order", "accepted_at,completed_at"),
            1);
  EXPECT_EQ(CountOf(result, "out-of-window", "accepted_at"), 1);
  EXPECT_EQ(CountOf(result, "mixed-zones", "accepted_at"), 1);
}

TEST(Rows, SessionsMustLast) {
  HowToRead how;
  how.table = "sessions";
  const ReadResult result = ReadBytes(
      "worker_id,started_at,ended_at\n"
      "w,2026-03-01T10:00:00Z,2026-03-01T10:00:00Z\n"
      "w,2026-03-01T10:00:00Z,\nw,2026-03-01T10:00:00Z,2026-03-01T10:00:01Z\n",
      how);
  EXPECT_EQ(result.rows.size(), 2u);
  EXPECT_THAT(result.faults, ElementsAre("2 ended_at session-not-positive "));
}

TEST(Cells, FastAndSlowAgree) {
  FastInstant fast;
  int64_t a = 0;
  int64_t b = 0;
  for (const char* text :
       {"2026-03-01T12:30:00Z", "2026-03-01T12:30:00.250Z",
        "1969-12-31T23:59:59-05:30", "2000-02-29 00:00:00.001+08:00",
        "0001-01-01T00:00:00Z", "9999-12-31T23:59:59+00:00"}) {
    const std::string_view cell(text);
    ASSERT_TRUE(fast.Parse(cell.data(), cell.size(), &a)) << text;
    ASSERT_EQ(ParseRfc3339(cell, nullptr, &b), CellResult::kGood) << text;
    EXPECT_EQ(a, b) << text;
  }
  for (const char* text :
       {"2026-13-01T12:30:00Z", "2026-02-29T12:30:00Z", "2026-03-01T24:00:00Z",
        "2026-03-01T12:60:00Z", "2026-03-01T12:30:60Z", "2026-03-01T12:30:00+8",
        "2026/03/01T12:30:00Z", "2026-03-01T1a:30:00Z", "2026-03-01T12-30:00Z",
        "2026-03-01T12:30:00+25:00", "2026-03-01T:2:30:00Z"}) {
    const std::string_view cell(text);
    EXPECT_FALSE(fast.Parse(cell.data(), cell.size(), &a)) << text;
    EXPECT_NE(ParseRfc3339(cell, nullptr, &b), CellResult::kGood) << text;
  }
  for (const char* text :
       {"0", "7", "12.5", "1234567890", "0.000001", "9.99"}) {
    const std::string_view cell(text);
    ASSERT_TRUE(FastDecimal(cell.data(), cell.size(), 6, &a)) << text;
    ASSERT_EQ(ParseQuantity(cell, v1::MONEY, 0, 1, &b), CellResult::kGood);
    EXPECT_EQ(a, b) << text;
  }
  for (const char* text : {"", ".", "-1", "1.", "1..2", "1.2345678", "12a"}) {
    const std::string_view cell(text);
    EXPECT_FALSE(FastDecimal(cell.data(), cell.size(), 6, &a)) << text;
  }
}

TEST(Cells, PaddedDecimalsAreThoseReadLetterByLetter) {
  std::mt19937 random(5);
  int read = 0;
  int refused = 0;
  for (int round = 0; round < 200'000; ++round) {
    // What stands before the cell must not matter.
    std::string text;
    for (int i = 0; i < 8; ++i) text.push_back("0129.,\n\xff"[random() % 8]);
    const size_t size = random() % 13;
    const bool odd = random() % 4 == 0;
    for (size_t i = 0; i < size; ++i) {
      text.push_back(odd ? static_cast<char>(random() % 256)
                         : "0123456789."[random() % 11]);
    }
    const char* cell = text.data() + 8;
    const int digits = static_cast<int>(random() % 8);
    int64_t slow = 0;
    int64_t fast = -1;
    if (size == 0) {
      EXPECT_TRUE(FastDecimalPadded(cell, size, digits, &fast));
      EXPECT_EQ(fast, 0);
      continue;
    }
    const bool good = FastDecimal(cell, size, digits, &slow);
    ASSERT_EQ(FastDecimalPadded(cell, size, digits, &fast), good) << text;
    if (good) {
      ASSERT_EQ(fast, slow) << text;
    }
    ++(good ? read : refused);
  }
  EXPECT_GT(read, 50'000);
  EXPECT_GT(refused, 50'000);
}

TEST(Cells, QuantitiesAreExactAndGuarded) {
  const auto money = [](std::string_view text) {
    int64_t value = 0;
    const CellResult result = ParseQuantity(text, v1::MONEY, 0, 1, &value);
    return std::pair(result, value);
  };
  EXPECT_EQ(money("9223372036854.775807"),
            std::pair(CellResult::kGood, int64_t{9'223'372'036'854'775'807}));
  EXPECT_EQ(money("9223372036854.775808").first, CellResult::kOutOfRange);
  EXPECT_EQ(money("1e400").first, CellResult::kOutOfRange);
  EXPECT_EQ(money("1e99999999999999").first, CellResult::kOutOfRange);
  EXPECT_EQ(money("1e-40"), std::pair(CellResult::kGood, int64_t{0}));
  EXPECT_EQ(money("12.340000000000002"),
            std::pair(CellResult::kGood, int64_t{12'340'000}));
  EXPECT_EQ(money("-0.0000005"), std::pair(CellResult::kGood, int64_t{0}));
  EXPECT_EQ(money("0.0000005"), std::pair(CellResult::kGood, int64_t{1}));
  EXPECT_EQ(money("nan").first, CellResult::kUnparsable);
  EXPECT_EQ(money(std::string(500, '9')).first, CellResult::kOutOfRange);
  int64_t value = 0;
  EXPECT_EQ(ParseQuantity("3.0", v1::COUNT, 0, 1, &value), CellResult::kGood);
  EXPECT_EQ(value, 3);
  EXPECT_EQ(ParseQuantity("3.5", v1::COUNT, 0, 1, &value),
            CellResult::kUnparsable);
  EXPECT_EQ(ScaleDouble(12.34, v1::MONEY, 0, 1, &value), CellResult::kGood);
  EXPECT_EQ(value, 12'340'000);
  EXPECT_EQ(ScaleDouble(0.1 + 0.2, v1::MONEY, 0, 1, &value), CellResult::kGood);
  EXPECT_EQ(value, 300'000);
  EXPECT_EQ(ScaleDouble(1e300, v1::MONEY, 0, 1, &value),
            CellResult::kOutOfRange);
}

TEST(Cells, FormsOfInstants) {
  int64_t ms = 0;
  for (const char* text :
       {"2021-02-01 10:00:00 +0000 UTC", "2021-02-01T10:00:00.000Z",
        "2021-02-01 10:00:00+00", "2021-02-01T10:00Z",
        "2021-02-01 10:00:00 UTC", "2021-02-01T18:00:00+0800"}) {
    EXPECT_EQ(ParseRfc3339(text, nullptr, &ms), CellResult::kGood) << text;
    EXPECT_EQ(ms, 1'612'173'600'000) << text;
  }
  EXPECT_EQ(ParseEpoch("551.0", 1000, &ms), CellResult::kGood);
  EXPECT_EQ(ms, 551'000);
  EXPECT_EQ(ParseEpoch("551.5", 1000, &ms), CellResult::kUnparsable);
  EXPECT_EQ(ParseEpoch("9999999999999", 1000, &ms), CellResult::kOutOfRange);
}

TEST(Json, MembersAndLists) {
  std::string value;
  EXPECT_TRUE(JsonMember("{\"a\":{\"b\":\"x\\n\"},\"c\":null}", "a.b", &value));
  EXPECT_EQ(value, "x\n");
  EXPECT_TRUE(JsonMember("{\"c\":null}", "c", &value));
  EXPECT_EQ(value, "");
  for (const char* bad : {"", "[1]", "{\"a\":}", "{\"a\":1", "{\"a\":01}",
                          "{\"a\":1}x", "{a:1}", "{\"a\":\"\\ud800\"}"}) {
    EXPECT_FALSE(JsonMember(bad, "a", &value)) << bad;
  }
  EXPECT_FALSE(
      JsonMember("{\"a\":" + std::string(5000, '[') + "}", "a", &value));
  std::vector<std::string> items;
  EXPECT_TRUE(
      ListItems("[\"a\", 2, true]", v1::LIST_FORM_UNSPECIFIED, "", &items));
  EXPECT_THAT(items, ElementsAre("a", "2", "true"));
  EXPECT_TRUE(ListItems("[]", v1::BRACKETED, "", &items));
  EXPECT_THAT(items, IsEmpty());
  EXPECT_FALSE(ListItems("[1,]", v1::LIST_FORM_UNSPECIFIED, "", &items));
  EXPECT_FALSE(ListItems("[[1]]", v1::LIST_FORM_UNSPECIFIED, "", &items));
  EXPECT_FALSE(ListItems("1,2", v1::BRACKETED, "", &items));
}

}  // namespace
}  // namespace plumbline::replay
