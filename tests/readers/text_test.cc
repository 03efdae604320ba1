// Text as people really export it, and as it breaks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <random>

#include "absl/strings/str_cat.h"
#include "tests/readers/read_file.h"

namespace plumbline::replay {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const char* const kHeader = "task_id,worker_id,accepted_at,pay_base\n";

std::string Message(const ReadResult& result) {
  return std::string(result.status.message());
}

TEST(Text, PlainRows) {
  const ReadResult result = ReadBytes(
      std::string(kHeader) +
      "t1,w1,2026-03-01T12:30:00+08:00,12.34\nt2,,2026-03-01T04:30:00Z,\n");
  EXPECT_TRUE(result.status.ok()) << result.status;
  EXPECT_THAT(
      result.rows,
      ElementsAre("tasks@2 task_id=t1 worker_id=w1 accepted_at=1772339400000 "
                  "pay_base=12340000",
                  "tasks@3 task_id=t2 accepted_at=1772339400000"));
  EXPECT_THAT(result.faults, IsEmpty());
  EXPECT_THAT(result.columns, ElementsAre("tasks.accepted_at", "tasks.pay_base",
                                          "tasks.task_id", "tasks.worker_id"));
}

TEST(Text, MarkReturnsBlankLinesAndNoLastLineEnd) {
  const ReadResult result = ReadBytes(
      "\xef\xbb\xbftask_id,worker_id\r\nt1,w1\r\n\r\nt2,w2\r\n\r\n\r\nt3,w3");
  EXPECT_TRUE(result.status.ok()) << result.status;
  EXPECT_THAT(result.rows, ElementsAre("tasks@2 task_id=t1 worker_id=w1",
                                       "tasks@4 task_id=t2 worker_id=w2",
                                       "tasks@7 task_id=t3 worker_id=w3"));
}

TEST(Text, DelimitersAreToldApart) {
  for (const char delimiter : {',', ';', '\t', ' '}) {
    std::string text = "task_id";
    text += delimiter;
    text += "worker_id\nt1";
    text += delimiter;
    text += "w1\n";
    EXPECT_THAT(ReadBytes(text).rows,
                ElementsAre("tasks@2 task_id=t1 worker_id=w1"))
        << delimiter;
  }
}

TEST(Text, QuotesMaySpanLinesAndHoldDelimiters) {
  const ReadResult result = ReadBytes(
      "task_id,worker_id,zone\n"
      "t1,w1,\"a\nb\"\n"
      "t2,\"w,2\",\"say \"\"x\"\"\"\n"
      "t3,w3,5\" pipe\n"
      "t4,w4,z\n");
  EXPECT_TRUE(result.status.ok()) << result.status;
  EXPECT_THAT(result.rows,
              ElementsAre("tasks@2 task_id=t1 worker_id=w1 zone=a\nb",
                          "tasks@4 task_id=t2 worker_id=w,2 zone=say \"x\"",
                          "tasks@5 task_id=t3 worker_id=w3 zone=5\" pipe",
                          "tasks@6 task_id=t4 worker_id=w4 zone=z"));
}

TEST(Text, RaggedRowsAreQuarantinedByLine) {
  const ReadResult result =
      ReadBytes("task_id,worker_id\nt1\nt2,w2\nt3,w3,x\n\"t\n4\"\nt5,w5\n");
  EXPECT_TRUE(result.status.ok()) << result.status;
  EXPECT_THAT(result.rows, ElementsAre("tasks@3 task_id=t2 worker_id=w2",
                                       "tasks@7 task_id=t5 worker_id=w5"));
  ASSERT_THAT(result.faults, SizeIs(3));
  EXPECT_EQ(result.faults[0], "2  ragged-row t1");
  EXPECT_EQ(result.faults[1], "4  ragged-row t3,w3,x");
  EXPECT_THAT(result.faults[2], HasSubstr("5  ragged-row"));
  EXPECT_EQ(result.input.tables(0).rows_read(), 5);
  EXPECT_EQ(result.input.tables(0).rows_quarantined(), 3);
}

TEST(Text, HeaderOnlyIsATableWithoutRows) {
  for (const char* text : {"task_id,worker_id", "task_id,worker_id\n"}) {
    const ReadResult result = ReadBytes(text);
    EXPECT_TRUE(result.status.ok()) << result.status;
    EXPECT_THAT(result.rows, IsEmpty());
    ASSERT_EQ(result.input.tables_size(), 1);
    EXPECT_EQ(result.input.tables(0).rows_read(), 0);
  }
}

TEST(Text, EmptyFiles) {
  for (const char* text : {"", "\n\n\r\n", "\xef\xbb\xbf"}) {
    EXPECT_THAT(Message(ReadBytes(text)),
                HasSubstr("tasks.csv:1:1: the file is empty, expected a header "
                          "line; export it again"));
  }
}

TEST(Text, AFolderIsNoFile) {
  EXPECT_THAT(Message(ReadPath(std::filesystem::temp_directory_path())),
              HasSubstr("tasks.csv:1:1: found a folder, expected a file"));
}

TEST(Text, AMissingFile) {
  EXPECT_THAT(Message(ReadPath("/nonexistent/tasks.csv")),
              HasSubstr("the file cannot be opened"));
}

TEST(Text, ZeroBytes) {
  EXPECT_THAT(
      Message(ReadBytes(std::string("task_id,worker_id\nt1,w\0\n", 24))),
      HasSubstr("tasks.csv:2:1: found a byte of value 0"));
  // Far behind what is looked at first.
  std::string late = "task_id,worker_id\n";
  while (late.size() < (size_t{2} << 20)) late += "task,worker\n";
  const auto line = 1 + std::count(late.begin(), late.end(), '\n');
  late += std::string("t,w\0x\n", 6);
  EXPECT_THAT(Message(ReadBytes(late)),
              HasSubstr(absl::StrCat("tasks.csv:", line,
                                     ":2: found a byte of value 0")));
  EXPECT_THAT(Message(ReadBytes(Compress(late, arrow::Compression::GZIP))),
              HasSubstr(absl::StrCat("tasks.csv:", line,
                                     ":2: found a byte of value 0")));
}

TEST(Text, OtherEncodingsAreNamed) {
  // "task_id,worker_id,zone", the zone being Chinese in GB18030.
  EXPECT_THAT(
      Message(ReadBytes("task_id,worker_id,zone\nt1,w1,\xc6\xd6\xb6\xab\n")),
      AllOf(HasSubstr("tasks.csv:2:3:"), HasSubstr("GB18030"),
            HasSubstr("iconv -f GB18030 -t UTF-8")));
  EXPECT_THAT(Message(ReadBytes("task_id,worker_id,zone\nt1,w1,Orl\xe9"
                                "ans\nt2,w2,N\xee"
                                "mes\n")),
              AllOf(HasSubstr("tasks.csv:2:3:"), HasSubstr("Latin-1"),
                    HasSubstr("iconv -f ISO-8859-1")));
  EXPECT_THAT(Message(ReadBytes(std::string("\xff\xfet\0a\0", 6))),
              HasSubstr("UTF-16"));
}

TEST(Text, OneBadRowOfManyIsAFaultOfThatRow) {
  std::string text = "task_id,worker_id,zone\n";
  for (int i = 0; i < 500; ++i) absl::StrAppend(&text, "t", i, ",w,z\n");
  text += "bad,w,\xc6\xd6\n";
  const ReadResult result = ReadBytes(text);
  EXPECT_TRUE(result.status.ok()) << result.status;
  ASSERT_THAT(result.faults, SizeIs(1));
  EXPECT_THAT(result.faults[0], HasSubstr("502 zone not-utf8"));
}

TEST(Text, TruncatedCompression) {
  std::string text = kHeader;
  std::mt19937 random(1);
  for (int i = 0; i < 200'000; ++i) {
    absl::StrAppend(&text, random(), ",w,2026-03-01T12:30:00Z,1\n");
  }
  for (const auto type : {arrow::Compression::GZIP, arrow::Compression::ZSTD}) {
    const std::string whole = Compress(text, type);
    EXPECT_TRUE(ReadBytes(whole).status.ok());
    EXPECT_THAT(Message(ReadBytes(whole.substr(0, whole.size() / 2))),
                HasSubstr("breaks off or is damaged"));
    EXPECT_THAT(Message(ReadBytes(whole.substr(0, 20))),
                HasSubstr("breaks off or is damaged"));
  }
}

TEST(Text, AQuoteThatNeverCloses) {
  const std::string text = "task_id,worker_id\nt1,w1\nt2,\"w2\nt3,w3\n";
  EXPECT_THAT(Message(ReadBytes(text)),
              HasSubstr("tasks.csv:3:2: found a quote that opens here and is "
                        "not closed before the file ends"));
  EXPECT_THAT(Message(ReadBytes(Compress(text, arrow::Compression::ZSTD))),
              HasSubstr("tasks.csv:3:2: found a quote that opens here"));
}

TEST(Text, ALineOf200MiB) {
  std::string text = "task_id,worker_id\nt1,w1\nt2,";
  text.append(size_t{200} << 20, 'x');
  text += "\nt3,w3\n";
  HowToRead how;
  how.read.threads = 3;
  EXPECT_THAT(Message(ReadBytes(text, how)),
              HasSubstr("tasks.csv:3:1: found a row of more than 64 MiB"));
  EXPECT_THAT(Message(ReadBytes(Compress(text, arrow::Compression::ZSTD), how)),
              HasSubstr("tasks.csv:3:1: found a row of more than 64 MiB"));
}

TEST(Text, InstantsInTheOtherForm) {
  HowToRead how;
  EXPECT_THAT(
      Message(ReadBytes(std::string(kHeader) + "t,w,1772339400,\n", how)),
      AllOf(HasSubstr("tasks.csv:2:3: found \"1772339400\" in accepted_at, "
                      "expected RFC 3339 with an offset"),
            HasSubstr("--instants")));
  EXPECT_THAT(
      Message(ReadBytes(std::string(kHeader) + "t,w,2026-03-01 12:30:00,\n")),
      HasSubstr("write the offset"));
  how.decode.instants = v1::EPOCH_SECONDS;
  EXPECT_THAT(Message(ReadBytes(
                  std::string(kHeader) + "t,w,2026-03-01T12:30:00Z,\n", how)),
              AllOf(HasSubstr("expected an epoch number"),
                    HasSubstr("--instants RFC_3339")));
}

TEST(Text, MissingColumnsAndColumnsTwice) {
  EXPECT_THAT(Message(ReadBytes("worker_id\nw\n")),
              HasSubstr("tasks.csv:1:1: the header has no column task_id"));
  HowToRead how;
  v1::TableImport import;
  import.set_table("tasks");
  auto& column = *import.add_columns();
  column.set_to("task_id");
  column.set_from("id");
  how.imports.push_back(import);
  EXPECT_THAT(Message(ReadBytes("id,ID,id\n1,2,3\n", how)),
              HasSubstr("found the column id twice"));
}

// Any text, with quotes, blank lines, returns and ragged rows, gives the same
// for every block size and number of threads, and compressed.
TEST(Text, BlocksAndThreadsChangeNothing) {
  for (const bool quotes : {false, true}) {
    std::mt19937 random(quotes ? 7 : 8);
    std::string text = "task_id,worker_id,zone,pay_base\n";
    for (int i = 0; i < 3000; ++i) {
      switch (random() % (quotes ? 9 : 7)) {
        case 0:
          text += "\n";
          break;
        case 1:
          absl::StrAppend(&text, "short,", i, "\n");
          break;
        case 2:
          absl::StrAppend(&text, "t", i, ",w1,,oops\r\n");
          break;
        case 3:
          text += ",w2,no id,1\n";
          break;
        case 7:
          absl::StrAppend(&text, "t", i, ",w3,\"line\n\n, \"\"two\",2\n");
          break;
        case 8:
          absl::StrAppend(&text, "t", i, ",w3,\"",
                          std::string(random() % 9000, 'q'), "\",2\n");
          break;
        default:
          absl::StrAppend(&text, "t", i, ",w", random() % 50, ",zone,",
                          random() % 1000, ".25\n");
      }
    }
    text += "last,w,z,1";
    HowToRead how;
    auto& numbered = how.imports.emplace_back();
    numbered =
        CanonicalImport("tasks", {"task_id", "worker_id", "zone", "pay_base"});
    auto& number = *numbered.add_columns();
    number.set_to("order_id");
    number.set_row_number(true);
    how.read.block_bytes = int64_t{8} << 20;
    const ReadResult whole = ReadBytes(text, how);
    ASSERT_TRUE(whole.status.ok()) << whole.status;
    EXPECT_GT(whole.rows.size(), 1000u);
    EXPECT_GT(whole.faults.size(), 500u);
    const TemporaryFile gzip(Compress(text, arrow::Compression::GZIP));
    const TemporaryFile plain(text);
    for (const int64_t block : {64, 4096, 65536, 1 << 20}) {
      for (const int threads : {1, 2, 3, 7}) {
        how.read.block_bytes = block;
        how.read.threads = threads;
        for (const std::string& path : {plain.path(), gzip.path()}) {
          const ReadResult part = ReadPath(path, how);
          ASSERT_TRUE(part.status.ok()) << part.status;
          EXPECT_EQ(part.rows, whole.rows) << block << " " << threads;
          EXPECT_EQ(part.faults, whole.faults) << block << " " << threads;
          EXPECT_EQ(part.input.SerializeAsString(),
                    whole.input.SerializeAsString());
        }
      }
    }
  }
}

TEST(Text, TheFirstErrorIsNamedWhateverTheThreads) {
  std::string text = kHeader;
  for (int i = 0; i < 20'000; ++i) {
    if (i < 9'000) {
      text += "t,w,2026-03-01T12:30:00Z,\n";
    } else {
      absl::StrAppend(&text, "t,w,177233940", i % 10, ",\n");
    }
  }
  const TemporaryFile file(text);
  for (const int64_t block : {512, 4096, 1 << 20}) {
    for (const int threads : {1, 3}) {
      HowToRead how;
      how.read.block_bytes = block;
      how.read.threads = threads;
      EXPECT_THAT(Message(ReadPath(file.path(), how)),
                  HasSubstr("tasks.csv:9002:3: found \"1772339400\""));
    }
  }
}

TEST(Text, TheBytesOfTheFileAreHandedOnInItsOrder) {
  std::string rows = std::string("\xef\xbb\xbf") + kHeader;
  for (int i = 0; i < 3'000; ++i) {
    absl::StrAppend(&rows, "t", i, i % 7 == 0 ? ",\"w\n1\"," : ",w,",
                    "2026-03-01T12:30:00Z,", i % 5, "\n");
  }
  rows.pop_back();
  for (const std::string& text : {rows, std::string(kHeader)}) {
    const TemporaryFile file(text);
    for (const int64_t block : {1, 500, 1 << 20}) {
      for (const int threads : {1, 3}) {
        std::string bytes;
        HowToRead how;
        how.read.block_bytes = block;
        how.read.threads = threads;
        how.read.bytes = [&](std::string_view more) { bytes.append(more); };
        const ReadResult result = ReadPath(file.path(), how);
        ASSERT_TRUE(result.status.ok()) << result.status;
        ASSERT_TRUE(bytes == text) << block << " " << threads;
      }
    }
  }
}

TEST(Text, RowsAreCountedWithoutReadingThem) {
  const TemporaryFile file("a,b\n1,2\n\n\"x\ny\",3\nshort\n");
  auto source = Sniff(file.path(), "a.csv");
  ASSERT_TRUE(source.ok());
  ReadOptions options;
  options.block_bytes = 3;
  EXPECT_EQ(CountFileRows(*source, options).value(), 3);
}

}  // namespace
}  // namespace plumbline::replay
