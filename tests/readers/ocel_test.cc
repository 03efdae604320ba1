// OCEL 2.0 JSON whose objects are rows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/readers/read_file.h"

namespace plumbline::replay {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kTypes[] =
    R"("objectTypes":[{"name":"tasks","attributes":[{"name":"task_id","type":
"string"},{"name":"colour","type":"string"}]}],"eventTypes":[])";
constexpr char kWorker[] =
    R"({"id":"w","type":"worker_id","attributes":[],"relationships":[]})";
constexpr char kGood[] =
    R"({"id":"1","type":"tasks","attributes":[{"name":"task_id","time":"x",
"value":"t1"}],"relationships":[{"objectId":"w","qualifier":"worker_id"}]})";

std::string Ocel(const std::vector<std::string>& objects) {
  std::string text = absl::StrCat("{", kTypes, ",\"objects\":[");
  for (size_t i = 0; i < objects.size(); ++i) {
    absl::StrAppend(&text, i == 0 ? "" : ",\n", objects[i]);
  }
  return text + "],\"events\":[{\"id\":\"e\",\"time\":\"]}\\\"\"}]}";
}

std::string Task(const std::string& attributes) {
  return absl::StrCat(
      R"({"attributes":[)", attributes,
      R"(],"type":"tasks","relationships":[{"objectId":"]}","x":{}}]})");
}

std::string Attribute(const std::string& name, const std::string& value) {
  return absl::StrCat(R"({"name":")", name, R"(","value":)", value, "}");
}

ReadResult Read(const std::string& text, int threads = 1,
                int64_t block_bytes = 1 << 20) {
  HowToRead how;
  how.name = "log.ocel.json";
  how.read.threads = threads;
  how.read.block_bytes = block_bytes;
  return ReadBytes(text, how);
}

TEST(Ocel, ReadsEachKindOfCell) {
  const ReadResult result = Read(Ocel(
      {kWorker,
       Task(absl::StrCat(
           Attribute("task_id", "\"t\\u00e9\\n\\\"1\""), ",",
           Attribute("accepted_at", "\"2026-03-01T04:00:00.5Z\""), ",",
           Attribute("pay_base", "-12.34"), ",", Attribute("prebooked", "true"),
           ",", Attribute("status", "\"delivered\""), ",",
           Attribute("estimates_s", "\"[600,1.5]\""), ",",
           Attribute("zone", "null"), ",", Attribute("attr_x", "\"7\"")))}));
  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_THAT(
      result.rows,
      ElementsAre(
          AllOf(HasSubstr("tasks@2 "), HasSubstr(" task_id=t\xc3\xa9\n\"1 "),
                HasSubstr(" accepted_at=1772337600500"),
                HasSubstr(" pay_base=-1234"), HasSubstr(" prebooked=1"),
                HasSubstr(" estimates_s=[600,1.5]"), HasSubstr(" attr_x=7"))));
  EXPECT_THAT(result.faults, IsEmpty());
  EXPECT_EQ(result.input.tables(0).rows_read(), 1);
}

TEST(Ocel, ARowWithoutWhatItNeedsIsQuarantinedAndTheRestRead) {
  const ReadResult result =
      Read(Ocel({Task(Attribute("pay_base", "1")), kGood,
                 Task(absl::StrCat(Attribute("task_id", "\"t2\""), ",",
                                   Attribute("pay_base", "\"much\"")))}));
  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_THAT(result.rows,
              ElementsAre("tasks@2 task_id=t1", "tasks@3 task_id=t2"));
  EXPECT_THAT(result.faults, ElementsAre("1 task_id missing-required ",
                                         "3 pay_base unparsable-cell much"));
  EXPECT_EQ(result.input.tables(0).rows_read(), 3);
  EXPECT_EQ(result.input.tables(0).rows_quarantined(), 1);
}

TEST(Ocel, DeclaredAttributesThatNoTableHasAreLeftOut) {
  const ReadResult result = Read(Ocel({Task(absl::StrCat(
      Attribute("task_id", "\"t1\""), ",", Attribute("colour", "\"red\"")))}));
  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_THAT(result.rows, ElementsAre("tasks@1 task_id=t1"));
}

TEST(Ocel, BlocksAndThreadsChangeNothing) {
  std::vector<std::string> objects = {kWorker};
  for (int i = 0; i < 200; ++i) {
    objects.push_back(Task(absl::StrCat(
        Attribute("task_id", absl::StrCat("\"t", i, "\"")), ",",
        Attribute("pay_base", absl::StrCat(i, i % 7 == 0 ? "e-" : ".5")))));
  }
  // A number that is none makes the whole object one that cannot be parsed.
  const std::string broken = Ocel(objects);
  const std::string whole = absl::StrReplaceAll(broken, {{"e-}", "e-1}"}});
  const ReadResult expected = Read(whole);
  ASSERT_TRUE(expected.status.ok()) << expected.status;
  ASSERT_EQ(expected.rows.size(), 200u);
  for (const int64_t block : {1, 7, 300, 5000}) {
    for (const int threads : {1, 3}) {
      const ReadResult result = Read(whole, threads, block);
      EXPECT_EQ(result.rows, expected.rows);
      EXPECT_EQ(result.input.DebugString(), expected.input.DebugString());
      EXPECT_EQ(Read(broken, threads, block).status.message(),
                "log.ocel.json:2:1: object 2 cannot be parsed, expected an "
                "OCEL 2.0 object; export it again");
    }
  }
}

struct Broken {
  std::string text;
  std::string message;
};

TEST(Ocel, SaysWhereAFileIsBroken) {
  const std::string good = Ocel({kGood});
  const std::vector<Broken> cases = {
      {good.substr(0, good.size() - 1), "breaks off"},
      {good.substr(0, good.find("\"events\"") - 30), "breaks off"},
      {good + "x", "end of the file"},
      {absl::StrCat("{", kTypes, "}"), "found no objects"},
      {absl::StrCat("{", kTypes, ",\"objects\":{}}"), "array of objects"},
      {absl::StrCat("{", kTypes, ",\"objects\":[],\"objects\":[]}"), "twice"},
      {Ocel({kGood, "[]"}), ":2:1: object 2 cannot be parsed"},
      {Ocel({R"({"type":"taxi","attributes":[]})"}),
       "object 1 is of the type \"taxi\", expected a table"},
      {Ocel({Task(Attribute("task_id", "\"a\"") + "," +
                  Attribute("task_id", "\"b\""))}),
       "has the attribute \"task_id\" twice"},
      {Ocel({kGood, Task(Attribute("flavour", "\"b\""))}),
       "object 2 has the attribute \"flavour\""}};
  for (const Broken& broken : cases) {
    const ReadResult result = Read(broken.text);
    EXPECT_THAT(
        std::string(result.status.message()),
        AllOf(testing::StartsWith("log.ocel.json:"), HasSubstr(broken.message)))
        << broken.text;
  }
}

TEST(Ocel, OtherJsonIsRefused) {
  EXPECT_THAT(std::string(Read("{\"events\":1}").status.message()),
              HasSubstr("found no OCEL 2.0"));
}

TEST(Ocel, IsReadCompressed) {
  const ReadResult result =
      Read(Compress(Ocel({kGood}), arrow::Compression::GZIP));
  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_THAT(result.rows, ElementsAre("tasks@1 task_id=t1"));
}

}  // namespace
}  // namespace plumbline::replay
