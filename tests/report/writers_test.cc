#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "audit/report/json.h"
#include "audit/report/report.h"
#include "audit/report/staged_folder.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "tests/report/made_up_result.h"

namespace plumbline::audit {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

class Writers : public testing::Test {
 protected:
  Writers()
      : folder_(testing::TempDir() + "/writers_" +
                testing::UnitTest::GetInstance()->current_test_info()->name()) {
    fs::remove_all(folder_);
  }
  ~Writers() override { fs::remove_all(folder_); }

  std::map<std::string, std::string> Files() const {
    std::map<std::string, std::string> files;
    if (!fs::exists(folder_)) return files;
    for (const auto& entry : fs::directory_iterator(folder_)) {
      files[entry.path().filename()] = ReadFile(entry.path());
    }
    return files;
  }

  std::string folder_;
};

TEST_F(Writers, RowFilesAreAsWrittenByHand) {
  ASSERT_TRUE(MadeUpResult().Write(Language::kEnglish, folder_).ok());
  EXPECT_EQ(
      ReadFile(folder_ + "/workers.csv"),
      "worker_id,tasks,delivered,offers,accepted,rejected,online_s,engaged_s,"
      "to_pickup_s,"
      "loaded_s,on_call_s,task_sum_s,pay_counted,tips,debits,top_up,pay_per_"
      "online_hour,"
      "pay_per_engaged_hour,longest_run_s,runs_over_4h,days_over_8h,late_"
      "promise,late_limit,"
      "shortfall,currency\n"
      "<img src=x "
      "onerror=alert(1)>,50,45,,,,180000,126000,,,,,510.02,,,,10.2004,,,,,,,,"
      "CNY\n"
      "'=cmd(),50,45,,,,180000,126000,,,,,510.02,,,,10.2004,,,,,,,,CNY\n"
      "W-1,50,45,,,,180000,126000,,,,,510.02,,,,10.2004,,,,,,,380.00,CNY\n");
  EXPECT_EQ(ReadFile(folder_ + "/tasks_flagged.csv"),
            "task_id,worker_id,rule_id,pack,verdict,reason,observed,required,"
            "shortfall,currency,"
            "from,to\n"
            "'=cmd(),W-1,CN-MW-H,cn,BREACH,\"paid less, than "
            "required\",18.20,27.70,9.50,CNY,"
            "2026-03-02T09:00:00+08:00,2026-03-02T09:30:00+08:00\n");
  EXPECT_EQ(ReadFile(folder_ + "/quarantine.csv"),
            "file,line,column,rule,value,remedy,side\n"
            "tasks.csv,17,route_distance_m,unparsable-cell,'-2+3,Correct the "
            "cell or leave it "
            "empty.,repaired\n");
  std::istringstream findings(ReadFile(folder_ + "/findings.csv"));
  std::string line;
  std::getline(findings, line);
  EXPECT_EQ(line,
            "rule_id,pack,verdict,grade,severity,subject_kind,subject_id,"
            "period_from,period_to,"
            "observed,required,shortfall,currency,interval_low,interval_high,p_"
            "value,n,missing,"
            "reason,reason_zh,clause,clause_zh,source,row_count,rows,unit");
  std::getline(findings, line);
  EXPECT_EQ(line,
            "CN-MW-H,cn,BREACH,D,3,worker,W-1,2026-03-02,2026-03-09,18.20 "
            "CNY/h,27.70 CNY/h,380.00,"
            "CNY,,,,40,,,,Pay per hour of work is not below the local hourly "
            "minimum wage.,"
            "劳动报酬不低于当地小时最低工资标准。,MOHRSS 2023 No. "
            "50,2,tasks:T-1 tasks:T-2,");
}

TEST_F(Writers, FindingsJsonIsTheJsonFormOfTheResult) {
  const MadeUpResult made_up;
  ASSERT_TRUE(made_up.Write(Language::kEnglish, folder_).ok());
  const std::string text = ReadFile(folder_ + "/findings.json");
  v1::AuditResult back;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(text, &back).ok());
  EXPECT_TRUE(
      google::protobuf::util::MessageDifferencer::Equals(back, made_up.result));
  EXPECT_THAT(
      text,
      HasSubstr("\"perHour\":{\"ENGAGED\":\"14.5721\",\"LOADED\":\"20.4010\","
                "\"ONLINE\":\"10.2005\"}"));
  EXPECT_THAT(text, HasSubstr("\"total\":{\"ONLINE\":\"3600000\""));
  EXPECT_THAT(text, HasSubstr("\"verdict\":\"INSUFFICIENT_EVIDENCE\""));
}

TEST_F(Writers, CountsAreWrittenAlsoWhenTheyAreZero) {
  MadeUpResult made_up;
  made_up.result.Clear();
  made_up.result.mutable_input()->add_tables()->set_name("tasks");
  ASSERT_TRUE(made_up.Write(Language::kEnglish, folder_).ok());
  EXPECT_EQ(
      ReadFile(folder_ + "/findings.json"),
      "{\n\"schema\":\"plumbline.audit.v1\",\n"
      "\"input\":{\"tables\":[{\"name\":\"tasks\",\"rowsRead\":\"0\","
      "\"rowsUsed\":\"0\","
      "\"rowsRepaired\":\"0\",\"rowsQuarantined\":\"0\"}]},\n"
      "\"summary\":{\"breach\":\"0\",\"indicator\":\"0\",\"noBreachFound\":"
      "\"0\","
      "\"notApplicable\":\"0\",\"insufficientEvidence\":\"0\"},\n"
      "\"findings\":[],\n\"measures\":{},\n\"coverage\":[],\n\"packs\":[],\n"
      "\"notes\":[]\n}\n");
}

// A result must hold no floating point: its text would depend on the writer.
TEST(ResultSchema, HoldsNoFloatingPoint) {
  const auto* file = v1::AuditResult::descriptor()->file();
  for (int i = 0; i < file->message_type_count(); ++i) {
    for (int j = 0; j < file->message_type(i)->field_count(); ++j) {
      const auto* field = file->message_type(i)->field(j);
      EXPECT_NE(field->cpp_type(),
                google::protobuf::FieldDescriptor::CPPTYPE_DOUBLE)
          << field->full_name();
      EXPECT_NE(field->cpp_type(),
                google::protobuf::FieldDescriptor::CPPTYPE_FLOAT)
          << field->full_name();
    }
  }
}

TEST_F(Writers, ManifestSealsEveryOtherFile) {
  ASSERT_TRUE(MadeUpResult().Write(Language::kEnglish, folder_).ok());
  const std::map<std::string, std::string> files = Files();
  std::vector<std::string> names;
  for (const auto& [name, text] : files) names.push_back(name);
  EXPECT_THAT(names, UnorderedElementsAre("findings.json", "findings.csv",
                                          "workers.csv", "tasks_flagged.csv",
                                          "quarantine.csv", "report.html",
                                          "workbook.xlsx", "manifest.json"));
  const std::string& manifest = files.at("manifest.json");
  for (const auto& [name, text] : files) {
    if (name == "manifest.json") continue;
    const fs::path copy = folder_ + "_sum";
    const std::string command = absl::StrCat("sha256sum '", folder_, "/", name,
                                             "' > '", copy.string(), "'");
    ASSERT_EQ(std::system(command.c_str()), 0);
    EXPECT_THAT(manifest,
                HasSubstr(absl::StrCat("\"name\":\"", name, "\",\"sha256\":\"",
                                       ReadFile(copy).substr(0, 64), "\"")));
    fs::remove(copy);
  }
  EXPECT_THAT(manifest,
              HasSubstr("{\"role\":\"pack\",\"name\":\"cn.textproto\","
                        "\"sha256\":\"aa11\"}"));
  EXPECT_THAT(manifest, HasSubstr("\"seed\":\"7\""));
}

TEST_F(Writers, FilesThatAreNotAskedForAreNotLeftFromAnEarlierRun) {
  ASSERT_TRUE(MadeUpResult().Write(Language::kEnglish, folder_).ok());
  const auto all = Files();
  const ReportFiles rows = {
      .json = false, .csv = true, .html = false, .xlsx = false};
  ASSERT_TRUE(MadeUpResult().Write(Language::kEnglish, folder_, rows).ok());
  const auto some = Files();
  std::vector<std::string> names;
  for (const auto& [name, text] : some) {
    names.push_back(name);
    if (name != "manifest.json") {
      EXPECT_EQ(text, all.at(name)) << name;
    }
  }
  EXPECT_THAT(names, UnorderedElementsAre("findings.csv", "workers.csv",
                                          "tasks_flagged.csv", "quarantine.csv",
                                          "manifest.json"));
  EXPECT_THAT(some.at("manifest.json"), HasSubstr("workers.csv"));
  EXPECT_THAT(some.at("manifest.json"), Not(HasSubstr("report.html")));
  EXPECT_THAT(some.at("manifest.json"), Not(HasSubstr("workbook.xlsx")));
}

TEST_F(Writers, SameModelSameBytes) {
  ASSERT_TRUE(MadeUpResult().Write(Language::kChinese, folder_).ok());
  const auto first = Files();
  ASSERT_TRUE(MadeUpResult().Write(Language::kChinese, folder_).ok());
  EXPECT_EQ(first, Files());
}

TEST_F(Writers, AFailedRunLeavesNothing) {
  MadeUpResult made_up;
  const auto no_faults = [](absl::FunctionRef<absl::Status(const v1::Fault&)>) {
    return absl::DataLossError("scratch file is gone");
  };
  const ReportModel model{.result = &made_up.result,
                          .workers = &made_up.workers,
                          .flagged = &made_up.flagged,
                          .quarantine = no_faults};
  EXPECT_EQ(
      WriteReport(model, made_up.manifest, Language::kEnglish, folder_).code(),
      absl::StatusCode::kDataLoss);
  EXPECT_FALSE(fs::exists(folder_));
}

TEST_F(Writers, APathThatIsAFileIsNamed) {
  std::ofstream(folder_) << "a file";
  const absl::Status status = MadeUpResult().Write(Language::kEnglish, folder_);
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr(folder_));
  fs::remove(folder_);
}

TEST_F(Writers, AFolderUnderAFinalNameStopsTheWholeSet) {
  fs::create_directories(folder_ + "/report.html");
  const absl::Status status = MadeUpResult().Write(Language::kEnglish, folder_);
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr("report.html"));
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder_))
    names.push_back(entry.path().filename());
  EXPECT_THAT(names, ElementsAre("report.html"));
}

TEST_F(Writers, AFullDiskIsAnErrorAndLeavesNothing) {
  // /dev/full takes no byte: the temporary name of one file leads there. The
  // staged file refuses links, so the write fails either way.
  fs::create_directories(folder_);
  fs::create_symlink("/dev/full", folder_ + "/.workers.csv.partial");
  EXPECT_FALSE(MadeUpResult().Write(Language::kEnglish, folder_).ok());
  EXPECT_TRUE(Files().empty());
}

TEST_F(Writers, AFileThatTakesNoByteFails) {
  StagedFile file("full", "/dev/full");
  file.Write("x");
  const absl::Status status = file.Finish();
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("/dev/full:1:1: cannot be written"));
}

TEST_F(Writers, AnEarlierSealIsGoneBeforeTheFirstNewFile) {
  fs::create_directories(folder_);
  std::ofstream(folder_ + "/manifest.json") << "old seal";
  std::ofstream(folder_ + "/findings.json") << "old findings";
  auto folder = StagedFolder::Open(folder_);
  ASSERT_TRUE(folder.ok());
  (*folder)->Add("findings.json")->Write("new findings");
  (*folder)->Add("manifest.json")->Write("new seal");
  EXPECT_EQ(ReadFile(folder_ + "/manifest.json"), "old seal");
  folder->reset();  // Without Commit the earlier run stays.
  EXPECT_EQ(ReadFile(folder_ + "/findings.json"), "old findings");
  EXPECT_EQ(Files().size(), 2u);
}

TEST_F(Writers, TwoRunsIntoOneFolderAreRefused) {
  auto first = StagedFolder::Open(folder_);
  ASSERT_TRUE(first.ok());
  const auto second = StagedFolder::Open(folder_);
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(std::string(second.status().message()),
              HasSubstr("another run is writing"));
}

}  // namespace
}  // namespace plumbline::audit
