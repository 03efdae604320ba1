// Whole runs against figures worked by hand: each folder of cases/ holds a log,
// a partial AuditResult (`expected.textproto`) and, where the command line
// needs more than the log, `arguments`, in which {case} is the folder itself. A
// field that the expectation sets has to stand in the result; numbers in texts
// are compared by value.

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "plumbline/v1/result.pb.h"

namespace plumbline {
namespace {

namespace fs = std::filesystem;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::util::MessageDifferencer;

std::string ReadText(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

std::vector<fs::path> Cases() {
  std::vector<fs::path> cases;
  for (const auto& entry : fs::directory_iterator(PLUMBLINE_GOLDEN_CASES)) {
    if (entry.is_directory()) cases.push_back(entry.path());
  }
  std::sort(cases.begin(), cases.end());
  return cases;
}

// Texts that are both numbers are equal when they differ by less than the last
// of twelve decimals: an expectation is written with at most twelve.
class ByValue : public google::protobuf::util::SimpleFieldComparator {
 public:
  ComparisonResult Compare(
      const Message& a, const Message& b, const FieldDescriptor* field,
      int index_a, int index_b,
      const google::protobuf::util::FieldContext* context) override {
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      const std::string text_a = TextOf(a, field, index_a);
      const std::string text_b = TextOf(b, field, index_b);
      double number_a = 0, number_b = 0;
      if (absl::SimpleAtod(text_a, &number_a) &&
          absl::SimpleAtod(text_b, &number_b)) {
        return std::fabs(number_a - number_b) <= 1.01e-12 ? SAME : DIFFERENT;
      }
      return text_a == text_b ? SAME : DIFFERENT;
    }
    return SimpleCompare(a, b, field, index_a, index_b, context);
  }

 private:
  static std::string TextOf(const Message& message,
                            const FieldDescriptor* field, int index) {
    const auto* reflection = message.GetReflection();
    return field->is_repeated()
               ? reflection->GetRepeatedString(message, field, index)
               : reflection->GetString(message, field);
  }
};

// How much of `expected` is missing or different in `actual`; empty if none.
std::string Difference(const Message& expected, const Message& actual) {
  ByValue by_value;
  MessageDifferencer differencer;
  differencer.set_scope(MessageDifferencer::PARTIAL);
  differencer.set_repeated_field_comparison(MessageDifferencer::AS_SET);
  differencer.set_field_comparator(&by_value);
  std::string report;
  differencer.ReportDifferencesToString(&report);
  return differencer.Compare(expected, actual) ? std::string() : report;
}

class GoldenTest : public testing::TestWithParam<fs::path> {};

TEST_P(GoldenTest, GivesTheFiguresWorkedByHand) {
  const fs::path& folder = GetParam();
  const fs::path out =
      fs::path(testing::TempDir()) / ("golden_" + folder.filename().string());
  fs::remove_all(out);
  std::string arguments = ReadText(folder / "arguments");
  while (!arguments.empty() && arguments.back() == '\n') arguments.pop_back();
  absl::StrReplaceAll({{"{case}", folder.string()}}, &arguments);
  const std::string command = absl::StrCat(
      "'", PLUMBLINE_PROGRAM, "' audit '", (folder / "log").string(),
      "' --quiet --out '", out.string(), "' ", arguments);
  ASSERT_EQ(std::system(command.c_str()), 0) << command;

  v1::AuditResult actual, expected;
  const auto status = google::protobuf::util::JsonStringToMessage(
      ReadText(out / "findings.json"), &actual);
  ASSERT_TRUE(status.ok()) << status.ToString();
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      ReadText(folder / "expected.textproto"), &expected));

  // Findings and coverage by themselves, so that a failure names the one.
  for (const v1::Finding& finding : expected.findings()) {
    bool found = false;
    for (const v1::Finding& candidate : actual.findings()) {
      found = found || Difference(finding, candidate).empty();
    }
    EXPECT_TRUE(found) << "no such finding: " << finding.ShortDebugString();
  }
  for (const v1::Coverage& coverage : expected.coverage()) {
    bool found = false;
    for (const v1::Coverage& candidate : actual.coverage()) {
      found = found || Difference(coverage, candidate).empty();
    }
    EXPECT_TRUE(found) << "no such coverage: " << coverage.ShortDebugString();
  }
  for (const v1::TableFunnel& table : expected.input().tables()) {
    bool found = false;
    for (const v1::TableFunnel& candidate : actual.input().tables()) {
      found = found || Difference(table, candidate).empty();
    }
    EXPECT_TRUE(found) << "no such table: " << table.ShortDebugString();
  }
  expected.clear_findings();
  expected.clear_coverage();
  expected.mutable_input()->clear_tables();
  EXPECT_EQ(Difference(expected, actual), "");

  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename();
    if (entry.path().extension() == ".csv") {
      EXPECT_EQ(ReadText(out / name), ReadText(entry.path())) << name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, GoldenTest, testing::ValuesIn(Cases()),
                         [](const auto& info) {
                           return info.param.filename().string();
                         });

}  // namespace
}  // namespace plumbline
