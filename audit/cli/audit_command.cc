#include <optional>
#include <string>
#include <utility>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/str_cat.h"
#include "audit/cli/run_audit.h"
#include "audit/cli/shared_flags.h"
#include "audit/cli/subcommand.h"
#include "audit/cli/write_outcome.h"

namespace plumbline::audit {
namespace {

class AuditCommand : public Subcommand {
 public:
  std::string name() const override { return "audit"; }
  Words help() const override {
    return {"Read a log, measure it, judge it, write the report",
            "读取记录，计算，判断，写出报告"};
  }
  Words examples() const override {
    return {
        "  plumbline audit my_log --out out\n"
        "  plumbline audit trips.parquet --currency USD --time-zone "
        "America/New_York --out out\n"
        "  plumbline audit my_log --rules cn-labour --fail-on breach "
        "--quiet\n"
        "Exit code: 0 ran; 1 a finding at or above --fail-on; 2 the command "
        "line or an input is "
        "wrong; 3 internal error.",
        "  plumbline audit my_log --lang zh --out out\n"
        "  plumbline audit orders.csv --currency CNY --time-zone Asia/Shanghai "
        "--lang zh --out out\n"
        "  plumbline audit my_log --rules cn-labour --fail-on breach "
        "--quiet\n"
        "退出码：0 运行完毕；1 有达到 --fail-on 级别的结论；2 "
        "命令行或输入有误；3 内部错误。"};
  }
  void AddFlags(CLI::App& app, Language language) override {
    app.add_option(
           "LOG", log_,
           Words{"Folder or file with the log; - for an Arrow stream on "
                 "standard input",
                 "记录所在的文件夹或文件；- 表示从标准输入读 Arrow 数据流"}
               .In(language))
        ->required();
    app.add_option("--out", out_,
                   Words{"Folder for the report and the other files; left out: "
                         "only the summary",
                         "报告等文件写到哪个文件夹；不给则只显示摘要"}
                       .In(language))
        ->type_name("DIR");
    flags_.AddReportFlags(app, language);
    flags_.AddAuditFlags(app, language);
    flags_.AddLogFlags(app, language);
    flags_.AddQuiet(app, language);
  }

  int Run(Console& console) override {
    console.set_quiet(flags_.quiet());
    auto report = flags_.Report();
    if (!report.ok()) return console.Fail(report.status());
    auto options = flags_.Options(log_, console);
    if (!options.ok()) return console.Fail(options.status());
    auto result = RunAudit(*options, console.language(), out_, report->files);
    console.EndProgress();
    if (!result.ok()) return console.Fail(result.status());
    if (!console.quiet()) {
      console.Print(BriefSummary(*result, console.language()));
      if (!out_.empty()) {
        console.Print(
            WhereTheReportIs(out_, report->files, console.language()));
      }
    }
    return Reaches(result->summary(), report->fail_on) ? kFound : kRan;
  }

 private:
  std::string log_, out_;
  SharedFlags flags_;
};

}  // namespace

std::unique_ptr<Subcommand> MakeAuditCommand() {
  return std::make_unique<AuditCommand>();
}

}  // namespace plumbline::audit
