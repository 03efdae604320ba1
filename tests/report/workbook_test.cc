#include "audit/report/workbook.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/report/made_up_result.h"

namespace plumbline::audit {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// One part of the workbook, unpacked by the Python that builds with us.
std::string Part(const std::string& workbook, const std::string& part) {
  const std::string out = workbook + ".part";
  const std::string command =
      "python3 -c \"import sys,zipfile; "
      "open(sys.argv[3],'wb').write(zipfile.ZipFile(sys.argv[1]).read("
      "sys.argv[2]))\" '" +
      workbook + "' '" + part + "' '" + out + "'";
  if (std::system(command.c_str()) != 0) return "";
  std::ifstream file(out, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

class WorkbookTest : public testing::Test {
 protected:
  WorkbookTest() { std::filesystem::remove_all(folder_); }
  ~WorkbookTest() override { std::filesystem::remove_all(folder_); }
  const std::string folder_ = testing::TempDir() + "/workbook_test";
  const std::string path_ = folder_ + "/workbook.xlsx";
};

TEST_F(WorkbookTest, CellsAreTypedAndNeverFormulas) {
  ASSERT_TRUE(MadeUpResult().Write(Language::kEnglish, folder_).ok());
  EXPECT_THAT(Part(path_, "xl/workbook.xml"), HasSubstr("name=\"Workers\""));
  const std::string workers = Part(path_, "xl/worksheets/sheet7.xml");
  // The id "=cmd()" is text, 180000 seconds and 510.02 yuan are numbers.
  EXPECT_THAT(
      workers,
      HasSubstr("<c r=\"A3\" t=\"inlineStr\"><is><t>=cmd()</t></is></c>"));
  EXPECT_THAT(workers, HasSubstr("<c r=\"G2\"><v>180000</v></c>"));
  EXPECT_THAT(workers, HasSubstr("<v>510.02</v>"));
  // Unknown offers: no cell at all.
  EXPECT_THAT(workers, Not(HasSubstr("r=\"D2\"")));
  for (int sheet = 1; sheet <= 10; ++sheet) {
    const std::string xml =
        Part(path_, "xl/worksheets/sheet" + std::to_string(sheet) + ".xml");
    EXPECT_THAT(xml, HasSubstr("<sheetData>")) << sheet;
    EXPECT_THAT(xml, Not(HasSubstr("<f>"))) << sheet;
    EXPECT_THAT(xml, Not(HasSubstr("hyperlink"))) << sheet;
  }
}

TEST_F(WorkbookTest, CreationDateIsFixed) {
  ASSERT_TRUE(MadeUpResult().Write(Language::kEnglish, folder_).ok());
  EXPECT_THAT(Part(path_, "docProps/core.xml"),
              HasSubstr("1980-01-01T00:00:00Z"));
}

TEST_F(WorkbookTest, SpeaksChinese) {
  ASSERT_TRUE(MadeUpResult().Write(Language::kChinese, folder_).ok());
  EXPECT_THAT(Part(path_, "xl/workbook.xml"), HasSubstr("name=\"订单分配\""));
  EXPECT_THAT(Part(path_, "xl/worksheets/sheet10.xml"),
              HasSubstr("日志中的劳动者编号"));
}

TEST_F(WorkbookTest, HoldsHostileTextAndLongCells) {
  MadeUpResult made_up;
  made_up.workers[0].set_worker_id(std::string("a\0b\x1b<&>\xff", 8));
  made_up.result.mutable_findings(0)->set_observed(std::string(100'000, 'x'));
  made_up.workers[1].set_pay_counted("12345678901234567.89");
  ASSERT_TRUE(made_up.Write(Language::kEnglish, folder_).ok());
  const std::string workers = Part(path_, "xl/worksheets/sheet7.xml");
  EXPECT_THAT(workers, HasSubstr("<t>a b &lt;&amp;&gt;\xEF\xBF\xBD</t>"));
  // Too many digits for a number cell.
  EXPECT_THAT(workers, HasSubstr("<t>12345678901234567.89</t>"));
}

TEST_F(WorkbookTest, AFolderThatIsNotThereIsAnError) {
  const MadeUpResult made_up;
  const auto none = [](absl::FunctionRef<absl::Status(const v1::Fault&)>) {
    return absl::OkStatus();
  };
  const ReportModel model{.result = &made_up.result,
                          .workers = &made_up.workers,
                          .flagged = &made_up.flagged,
                          .quarantine = none};
  const absl::Status status =
      WriteWorkbook(model, Language::kEnglish, folder_ + "/no/x.xlsx");
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("x.xlsx:1:1: cannot be made"));
}

}  // namespace
}  // namespace plumbline::audit
