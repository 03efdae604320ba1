// Parquet, Arrow IPC and length-delimited protobuf.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "arrow/array.h"
#include "arrow/builder.h"
#include "arrow/ipc/writer.h"
#include "arrow/record_batch.h"
#include "arrow/table.h"
#include "parquet/arrow/writer.h"
#include "tests/readers/read_file.h"

namespace plumbline::replay {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Fields =
    std::vector<std::pair<std::string, std::shared_ptr<arrow::Array>>>;

template <typename Builder, typename Values>
std::shared_ptr<arrow::Array> ArrayOf(Builder&& builder, const Values& values) {
  for (const auto& value : values) {
    if (!(value ? builder.Append(*value) : builder.AppendNull()).ok()) {
      std::abort();
    }
  }
  return builder.Finish().ValueOrDie();
}

using Texts = std::vector<std::optional<std::string>>;
using Numbers = std::vector<std::optional<int64_t>>;
using Doubles = std::vector<std::optional<double>>;

std::shared_ptr<arrow::Array> Text(const Texts& values) {
  return ArrayOf(arrow::StringBuilder(), values);
}

std::shared_ptr<arrow::RecordBatch> Batch(const Fields& fields) {
  std::vector<std::shared_ptr<arrow::Field>> schema;
  std::vector<std::shared_ptr<arrow::Array>> arrays;
  for (const auto& [name, array] : fields) {
    schema.push_back(arrow::field(name, array->type()));
    arrays.push_back(array);
  }
  return arrow::RecordBatch::Make(arrow::schema(schema), arrays[0]->length(),
                                  arrays);
}

std::string Parquet(const arrow::RecordBatch& batch, int64_t group_rows) {
  auto sink = arrow::io::BufferOutputStream::Create().ValueOrDie();
  auto table = arrow::Table::FromRecordBatches(
                   {arrow::RecordBatch::Make(batch.schema(), batch.num_rows(),
                                             batch.columns())})
                   .ValueOrDie();
  if (!parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), sink,
                                  group_rows)
           .ok()) {
    std::abort();
  }
  return sink->Finish().ValueOrDie()->ToString();
}

std::string Ipc(const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches,
                bool file) {
  auto sink = arrow::io::BufferOutputStream::Create().ValueOrDie();
  auto writer =
      (file ? arrow::ipc::MakeFileWriter(sink, batches[0]->schema())
            : arrow::ipc::MakeStreamWriter(sink, batches[0]->schema()))
          .ValueOrDie();
  for (const auto& batch : batches) {
    if (!writer->WriteRecordBatch(*batch).ok()) std::abort();
  }
  if (!writer->Close().ok()) std::abort();
  return sink->Finish().ValueOrDie()->ToString();
}

std::string Message(const ReadResult& result) {
  return std::string(result.status.message());
}

Fields ManyTypes() {
  arrow::StringDictionaryBuilder zone;
  if (!zone.Append("north").ok() || !zone.AppendNull().ok() ||
      !zone.Append("s\u00fcd").ok()) {
    std::abort();
  }
  arrow::ListBuilder estimates(arrow::default_memory_pool(),
                               std::make_shared<arrow::DoubleBuilder>());
  auto& items = static_cast<arrow::DoubleBuilder&>(*estimates.value_builder());
  if (!estimates.Append().ok() || !items.Append(600.5).ok() ||
      !items.Append(7).ok() || !estimates.AppendNull().ok() ||
      !estimates.Append().ok()) {
    std::abort();
  }
  arrow::Decimal128Builder tip(arrow::decimal128(10, 2));
  if (!tip.Append(arrow::Decimal128(1234)).ok() || !tip.AppendNull().ok() ||
      !tip.Append(arrow::Decimal128(-5)).ok()) {
    std::abort();
  }
  return {
      {"task_id", ArrayOf(arrow::Int64Builder(), Numbers{1, 2, 3})},
      {"worker_id", Text({"w1", "w2", std::nullopt})},
      {"zone", zone.Finish().ValueOrDie()},
      {"accepted_at",
       ArrayOf(arrow::TimestampBuilder(
                   arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"),
                   arrow::default_memory_pool()),
               Numbers{1'772'339'400'000'999, std::nullopt, -1})},
      {"pay_base", ArrayOf(arrow::DoubleBuilder(),
                           Doubles{12.34, std::nullopt, 0.1 + 0.2})},
      {"pay_tip", tip.Finish().ValueOrDie()},
      {"route_distance_m",
       ArrayOf(arrow::Int32Builder(),
               std::vector<std::optional<int32_t>>{1500, -1, 0})},
      {"prebooked",
       ArrayOf(arrow::BooleanBuilder(),
               std::vector<std::optional<bool>>{true, false, std::nullopt})},
      {"status", Text({"delivered", "open", "lost"})},
      {"estimates_s", estimates.Finish().ValueOrDie()},
      {"attr_app", Text({"3.1", std::nullopt, "x"})},
  };
}

const char* const kRows[] = {
    "tasks@1 task_id=1 worker_id=w1 zone=north accepted_at=1772339400000 "
    "pay_base=12340000 pay_tip=12340000 route_distance_m=1500000 prebooked=1 "
    "status=1 estimates_s=[600.5,7] attr_app=3.1",
    "tasks@2 task_id=2 worker_id=w2 prebooked=0 status=9",
    ("tasks@3 task_id=3 zone=s\u00fcd accepted_at=-1 pay_base=300000 "
     "pay_tip=-50000 route_distance_m=0 estimates_s=[] attr_app=x")};

TEST(Arrow, EveryTypeInEveryForm) {
  const auto batch = Batch(ManyTypes());
  for (const std::string& bytes :
       {Parquet(*batch, 2), Ipc({batch}, true), Ipc({batch}, false),
        Compress(Ipc({batch}, false), arrow::Compression::GZIP),
        Compress(Ipc({batch}, true), arrow::Compression::ZSTD)}) {
    HowToRead how;
    how.read.threads = 3;
    const ReadResult result = ReadBytes(bytes, how);
    ASSERT_TRUE(result.status.ok()) << result.status;
    EXPECT_THAT(result.rows, ElementsAre(kRows[0], kRows[1], kRows[2]));
    EXPECT_THAT(result.faults,
                ElementsAre("2 route_distance_m negative-distance -1",
                            "3 status unknown-enum lost"));
  }
}

TEST(Arrow, DictionariesKeepTheFaultsOfEachRow) {
  arrow::Decimal128Builder pay(arrow::decimal128(38, 2));
  for (const char* text : {"1.50", "999999999999999999999.00", "0.00"}) {
    if (!pay.Append(arrow::Decimal128::FromString(text).ValueOrDie()).ok()) {
      std::abort();
    }
  }
  // Binary, since a text of Parquet is UTF-8 by its type.
  const auto zones =
      ArrayOf(arrow::BinaryBuilder(), Texts{"north", "\xff", "north"});
  const auto batch = Batch({{"task_id", Text({"1", std::nullopt, "1"})},
                            {"zone", zones},
                            {"status", Text({"open", "lost", "lost"})},
                            {"pay_base", pay.Finish().ValueOrDie()}});
  for (const std::string& bytes : {Parquet(*batch, 10), Ipc({batch}, false)}) {
    const ReadResult result = ReadBytes(bytes);
    ASSERT_TRUE(result.status.ok()) << result.status;
    EXPECT_THAT(
        result.rows,
        ElementsAre("tasks@1 task_id=1 zone=north status=9 pay_base=1500000",
                    "tasks@3 task_id=1 zone=north pay_base=0"));
    EXPECT_THAT(
        result.faults,
        ElementsAre("2 pay_base number-out-of-range 999999999999999999999.00",
                    "2 status unknown-enum lost", "2 task_id missing-required ",
                    "2 zone not-utf8 ?", "3 status unknown-enum lost"));
  }
}

TEST(Arrow, RowsAreNumberedThroughGroupsAndBatches) {
  Numbers ids;
  for (int64_t i = 1; i <= 50'000; ++i) ids.push_back(i);
  const auto batch = Batch({{"task_id", ArrayOf(arrow::Int64Builder(), ids)}});
  for (const std::string& bytes :
       {Parquet(*batch, 7'000), Ipc({batch, batch->Slice(0, 10)}, true)}) {
    for (const int threads : {1, 4}) {
      HowToRead how;
      how.read.threads = threads;
      const ReadResult result = ReadBytes(bytes, how);
      ASSERT_TRUE(result.status.ok()) << result.status;
      ASSERT_GE(result.rows.size(), 50'000u);
      for (size_t i = 0; i < 50'000; ++i) {
        ASSERT_EQ(result.rows[i],
                  absl::StrCat("tasks@", i + 1, " task_id=", i + 1));
      }
    }
  }
}

TEST(Arrow, WrongTypesAreNamed) {
  const auto id = Text({"t"});
  const auto message = [&](const std::string& name,
                           std::shared_ptr<arrow::Array> array,
                           v1::InstantForm form = v1::RFC_3339) {
    HowToRead how;
    how.decode.instants = form;
    how.name = "tasks.parquet";
    return Message(
        ReadBytes(Parquet(*Batch({{"task_id", id}, {name, array}}), 10), how));
  };
  const auto number = ArrayOf(arrow::Int64Builder(), Numbers{1'772'339'400});
  EXPECT_THAT(message("accepted_at", number),
              AllOf(HasSubstr("tasks.parquet:1:2: found column accepted_at of "
                              "type int64"),
                    HasSubstr("--instants")));
  EXPECT_THAT(message("accepted_at", number, v1::EPOCH_SECONDS), IsEmpty());
  EXPECT_THAT(message("accepted_at",
                      ArrayOf(arrow::TimestampBuilder(
                                  arrow::timestamp(arrow::TimeUnit::MILLI),
                                  arrow::default_memory_pool()),
                              Numbers{1})),
              HasSubstr("expected timestamps with a time zone"));
  EXPECT_THAT(
      message("pay_base", ArrayOf(arrow::BooleanBuilder(),
                                  std::vector<std::optional<bool>>{true})),
      HasSubstr("found column pay_base of type bool, expected numbers"));
  EXPECT_THAT(message("status", ArrayOf(arrow::DoubleBuilder(), Doubles{1.0})),
              HasSubstr("expected words or booleans"));
}

TEST(Arrow, LocalTimestampsTakeTheMappingsZone) {
  v1::TableImport import = CanonicalImport("tasks", {"task_id"});
  auto& column = *import.add_columns();
  column.set_to("accepted_at");
  column.set_from("accepted_at");
  column.set_local_zone("America/New_York");
  HowToRead how;
  how.imports.push_back(import);
  const auto batch =
      Batch({{"task_id", Text({"a", "b"})},
             {"accepted_at",
              ArrayOf(arrow::TimestampBuilder(
                          arrow::timestamp(arrow::TimeUnit::MICRO),
                          arrow::default_memory_pool()),
                      // 2020-07-01 12:00 and 2020-03-08 02:30.
                      Numbers{1'593'604'800'000'000, 1'583'634'600'000'000})}});
  const ReadResult result = ReadBytes(Parquet(*batch, 10), how);
  EXPECT_THAT(result.rows,
              ElementsAre("tasks@1 task_id=a accepted_at=1593619200000",
                          "tasks@2 task_id=b"));
  EXPECT_THAT(result.faults,
              ElementsAre("2 accepted_at nonexistent-local-time 2020-03-08 "
                          "02:30:00"));
}

TEST(Arrow, DamagedFiles) {
  const auto batch = Batch(ManyTypes());
  for (const std::string& bytes :
       {Parquet(*batch, 2), Ipc({batch}, true), Ipc({batch}, false)}) {
    for (const size_t size : {size_t{12}, bytes.size() / 2, bytes.size() - 9}) {
      const ReadResult result = ReadBytes(bytes.substr(0, size));
      // An IPC stream may lack its end mark and yet be whole.
      if (size > bytes.size() / 2 && result.status.ok()) continue;
      EXPECT_THAT(Message(result), HasSubstr("breaks off or is damaged"));
    }
  }
}

v1::LogRecord Task(const std::string& id, int64_t accepted) {
  v1::LogRecord record;
  record.mutable_task()->set_task_id(id);
  record.mutable_task()->set_worker_id("w");
  record.mutable_task()->set_accepted_at(accepted);
  return record;
}

std::string Delimited(const std::vector<v1::LogRecord>& records) {
  std::string bytes;
  for (const v1::LogRecord& record : records) {
    const std::string one = record.SerializeAsString();
    size_t size = one.size();
    for (; size > 127; size >>= 7) {
      bytes.push_back(static_cast<char>(size % 128 + 128));
    }
    bytes.push_back(static_cast<char>(size));
    bytes += one;
  }
  return bytes;
}

TEST(ArrowNames, BytesThatAreNotUtf8AreRefused) {
  const auto batch =
      Batch({{"task_id", Text({"1"})}, {"attr_\xff", Text({"x"})}});
  EXPECT_EQ(Message(ReadBytes(Ipc({batch}, true))),
            "tasks.csv:1:1: found the column attr_\\xff, whose name is not "
            "UTF-8, expected UTF-8; export it again");
}

TEST(Protobuf, SeveralTablesInOneFile) {
  std::vector<v1::LogRecord> records(1);
  records[0].mutable_info()->set_currency("EUR");
  records.push_back(Task("t1", 1'772'339'400'000));
  v1::LogRecord session;
  session.mutable_session()->set_worker_id("w");
  session.mutable_session()->set_started_at(5);
  session.mutable_session()->set_ended_at(4);
  records.push_back(session);
  v1::LogRecord rich = Task("t2", 7);
  rich.mutable_task()->add_estimates_s(600'500);
  rich.mutable_task()->set_status(v1::STATUS_OPEN);
  rich.mutable_task()->set_prebooked(true);
  rich.mutable_task()->set_planned_wait_s(-1);
  (*rich.mutable_task()->mutable_attributes())["attr_app"] = "3.1";
  records.push_back(rich);
  v1::LogRecord bad;
  bad.mutable_task()->set_worker_id("nameless");
  records.push_back(bad);
  const std::string bytes = Delimited(records);
  for (const std::string& form :
       {bytes, Compress(bytes, arrow::Compression::GZIP),
        Compress(bytes, arrow::Compression::ZSTD)}) {
    for (const int64_t block : {1, 1 << 20}) {
      HowToRead how;
      how.read.threads = 2;
      how.read.block_bytes = block;
      const ReadResult result = ReadBytes(form, how);
      ASSERT_TRUE(result.status.ok()) << result.status;
      EXPECT_THAT(
          result.rows,
          ElementsAre(
              "tasks@2 task_id=t1 worker_id=w accepted_at=1772339400000",
              "tasks@4 task_id=t2 worker_id=w accepted_at=7 status=9 "
              "estimates_s=[600.5] prebooked=1 attr_app=3.1"));
      EXPECT_THAT(result.faults,
                  ElementsAre("3 ended_at session-not-positive ",
                              "4 planned_wait_s negative-duration -1",
                              "5 task_id missing-required "));
      EXPECT_THAT(result.columns, ::testing::Contains("tasks.attr_app"));
    }
  }
  const TemporaryFile file(bytes, "pb");
  auto source = Sniff(file.path(), "log.pb");
  ASSERT_TRUE(source.ok());
  EXPECT_EQ(source->format, FileFormat::kProtobuf);
  EXPECT_EQ(source->info->currency(), "EUR");
  EXPECT_EQ(CountFileRows(*source, {}).value(), 4);
}

TEST(Protobuf, RecordsThatAreCutOff) {
  std::vector<v1::LogRecord> records;
  for (int i = 0; i < 100; ++i) records.push_back(Task("task", i));
  const std::string bytes = Delimited(records);
  HowToRead how;
  how.name = "log.pb";
  EXPECT_THAT(Message(ReadBytes(bytes.substr(0, bytes.size() - 3), how)),
              HasSubstr("log.pb:100:1: record 100 is cut off"));
  EXPECT_THAT(Message(ReadBytes(
                  bytes + "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", how)),
              HasSubstr("log.pb:101:1: record 101 has a length of more than"));
  EXPECT_THAT(Message(ReadBytes(bytes + std::string("\x02\x12\x7f", 3), how)),
              HasSubstr("log.pb:101:1: record 101 cannot be parsed"));
  EXPECT_THAT(Message(ReadBytes("no records here", how)),
              HasSubstr("log.pb:1:1: record 1 cannot be parsed"));
}

// The first fault of the file is told, however it is cut into blocks.
TEST(Protobuf, TheFirstOfTwoFaultsIsTold) {
  const std::string bad("\x02\x12\x7f", 3);
  const std::string good = Delimited({Task("t1", 1), Task("t2", 2)});
  const std::string bytes = good + bad + good + "\xff";
  for (const int threads : {1, 3}) {
    for (const int64_t block : {1, 20, 1 << 20}) {
      HowToRead how;
      how.name = "log.pb";
      how.read.threads = threads;
      how.read.block_bytes = block;
      EXPECT_THAT(Message(ReadBytes(bytes, how)),
                  HasSubstr("log.pb:3:1: record 3 cannot be parsed"))
          << threads << " threads, blocks of " << block;
    }
  }
}

}  // namespace
}  // namespace plumbline::replay
