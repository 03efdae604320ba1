#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/str_cat.h"
#include "audit/cli/out_folder.h"
#include "audit/cli/sha256.h"
#include "audit/cli/shard.h"
#include "audit/cli/shared_flags.h"
#include "audit/cli/subcommand.h"
#include "audit/cli/write_outcome.h"

namespace plumbline::audit {
namespace {

class MergeCommand : public Subcommand {
 public:
  std::string name() const override { return "merge"; }
  Words help() const override {
    return {"Unite the states of shards; conclude with a report",
            "合并各分片的状态，写出报告"};
  }
  Words examples() const override {
    return {
        "  plumbline merge a1.state b1.state --out first.state      # then the "
        "second pass\n"
        "  plumbline merge a2.state b2.state --report out           # of the "
        "second pass\n"
        "The whole way is in `plumbline partial --help`. The order of the "
        "files does not matter.",
        "  plumbline merge a1.state b1.state --out first.state      # "
        "之后做第二遍\n"
        "  plumbline merge a2.state b2.state --report out --lang zh # "
        "合并第二遍的状态\n"
        "完整步骤见 `plumbline partial --help --lang "
        "zh`。文件的先后次序不影响结果。"};
  }
  void AddFlags(CLI::App& app, Language language) override {
    app.add_option(
           "FILE", files_,
           Words{"States of the same pass", "同一遍的状态文件"}.In(language))
        ->required();
    app.add_option(
           "--out", out_,
           Words{"File for the united state", "合并后的状态写到哪个文件"}.In(
               language))
        ->type_name("FILE");
    app.add_option("--report", report_,
                   Words{"Folder for the report and the other files",
                         "报告等文件写到哪个文件夹"}
                       .In(language))
        ->type_name("DIR");
    flags_.AddReportFlags(app, language);
    flags_.AddQuiet(app, language);
  }

  int Run(Console& console) override {
    console.set_quiet(flags_.quiet());
    auto report = flags_.Report();
    if (!report.ok()) return console.Fail(report.status());
    if (out_.empty() && report_.empty()) {
      return console.Fail(absl::InvalidArgumentError(
          "plumbline merge: neither --out nor --report was given, expected one "
          "of them; say where "
          "the union goes"));
    }
    if (absl::Status status = CheckOutFolder(report_); !status.ok())
      return console.Fail(status);
    auto shard = Shard::Union(files_);
    if (!shard.ok()) return console.Fail(shard.status());
    if (!report_.empty() && !(*shard)->complete()) {
      return console.Fail(absl::FailedPreconditionError(
          absl::StrCat(files_[0],
                       ":1:1: the states are of the first pass and some "
                       "measures need a second, "
                       "expected states of `plumbline partial --first`; merge "
                       "these with --out first, "
                       "see `plumbline partial --help`")));
    }
    if (!out_.empty()) {
      if (absl::Status status = (*shard)->WriteTo(out_); !status.ok())
        return console.Fail(status);
    }
    if (report_.empty()) return kRan;

    std::vector<ManifestEntry> inputs = (*shard)->inputs();
    for (const std::string& file : files_) {
      auto hash = Sha256OfFile(file);
      if (!hash.ok()) return console.Fail(hash.status());
      inputs.push_back({"state",
                        std::filesystem::path(file).filename().string(),
                        *std::move(hash)});
    }
    const AuditOutcome outcome = (*shard)->Conclude();
    const v1::Partial& head = (*shard)->head();
    const RunIdentity identity = {
        head.header().mapping(), head.facts().mapping_sha256(),
        head.plan_name(), head.header().plan_sha256(), head.plan().seed()};
    const absl::Status status = WriteOutcome(
        outcome,
        [&shard](auto visit) {
          for (const v1::Fault& fault : (*shard)->quarantine()) {
            if (absl::Status visited = visit(fault); !visited.ok())
              return visited;
          }
          return absl::OkStatus();
        },
        std::move(inputs), (*shard)->packs(), identity, console.language(),
        report_, report->files);
    if (!status.ok()) return console.Fail(status);
    if (!console.quiet()) {
      console.Print(BriefSummary(outcome.result, console.language()));
      console.Print(
          WhereTheReportIs(report_, report->files, console.language()));
    }
    return Reaches(outcome.result.summary(), report->fail_on) ? kFound : kRan;
  }

 private:
  std::vector<std::string> files_;
  std::string out_, report_;
  SharedFlags flags_;
};

}  // namespace

std::unique_ptr<Subcommand> MakeMergeCommand() {
  return std::make_unique<MergeCommand>();
}

}  // namespace plumbline::audit
