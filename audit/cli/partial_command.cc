#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/str_cat.h"
#include "audit/cli/log_run.h"
#include "audit/cli/passes.h"
#include "audit/cli/shard.h"
#include "audit/cli/shared_flags.h"
#include "audit/cli/spool.h"
#include "audit/cli/subcommand.h"

namespace plumbline::audit {
namespace {

absl::StatusOr<std::unique_ptr<Shard>> MakeShard(
    RunOptions options, const std::string& first_file) {
  std::unique_ptr<Shard> first;
  FirstPass states;
  if (!first_file.empty()) {
    auto read = Shard::Union({first_file});
    if (!read.ok()) return read.status();
    first = *std::move(read);
    if (first->pass() != 1) {
      return absl::InvalidArgumentError(
          absl::StrCat(first_file, ":1:1: the state is of pass ", first->pass(),
                       ", expected the merged states of the first pass; give "
                       "what `plumbline merge` wrote of them"));
    }
    states = first->first_pass();
  }
  const int pass = first == nullptr ? 1 : 2;
  auto spool = SpoolStandardInput(&options);
  if (!spool.ok()) return spool.status();
  std::error_code error;
  if (*spool != nullptr &&
      std::filesystem::file_size(options.log, error) == 0) {
    return Shard::Empty(options, pass);
  }
  auto run = ReadLog(options);
  if (!run.ok()) return run.status();
  LogRun& log = **run;
  if (first != nullptr) {
    // A shard in which a column happens to be empty still measures with it
    // where another shard has it: the second pass knows the columns of all.
    std::vector<std::string>& columns = log.ingest.columns;
    const auto& all = first->head().facts().columns();
    columns.insert(columns.end(), all.begin(), all.end());
    std::sort(columns.begin(), columns.end());
    columns.erase(std::unique(columns.begin(), columns.end()), columns.end());
  }
  auto observers = ObserveLog(log.context, log.packs, options, *log.store,
                              first == nullptr ? nullptr : &states);
  if (!observers.ok()) return observers.status();
  auto shard = Shard::Of(*std::move(run), options, pass, *std::move(observers));
  if (!shard.ok()) return shard.status();
  if (first != nullptr) {
    const std::string difference = (*shard)->DifferenceFrom(*first);
    if (!difference.empty()) {
      return absl::InvalidArgumentError(absl::StrCat(
          first_file, ":1:1: the state differs from this run in its ",
          difference,
          ", expected the same; give the options that the first pass had"));
    }
  }
  return shard;
}

class PartialCommand : public Subcommand {
 public:
  std::string name() const override { return "partial"; }
  Words help() const override {
    return {"Measure one shard of a log and write its mergeable state",
            "计算记录的一个分片，写出可合并的状态"};
  }
  Words examples() const override {
    return {
        "  plumbline partial half_a --out a1.state      # the first pass, "
        "shard by shard\n"
        "  plumbline partial half_b --out b1.state\n"
        "  plumbline merge a1.state b1.state --out first.state\n"
        "  plumbline partial half_a --first first.state --out a2.state      # "
        "the second\n"
        "  plumbline partial half_b --first first.state --out b2.state\n"
        "  plumbline merge a2.state b2.state --report out\n"
        "  plumbline partial - < part.arrows > part.state\n"
        "Cut the log by worker: all rows of one worker belong into one shard.",
        "  plumbline partial half_a --out a1.state      # 第一遍，逐个分片\n"
        "  plumbline partial half_b --out b1.state\n"
        "  plumbline merge a1.state b1.state --out first.state\n"
        "  plumbline partial half_a --first first.state --out a2.state      # "
        "第二遍\n"
        "  plumbline partial half_b --first first.state --out b2.state\n"
        "  plumbline merge a2.state b2.state --report out --lang zh\n"
        "  plumbline partial - < part.arrows > part.state\n"
        "请按劳动者切分记录：同一个人的所有行要放在同一个分片里。"};
  }
  void AddFlags(CLI::App& app, Language language) override {
    app.add_option(
           "LOG", log_,
           Words{"Folder or file with the shard; - for an Arrow stream on "
                 "standard input",
                 "分片所在的文件夹或文件；- 表示从标准输入读 Arrow 数据流"}
               .In(language))
        ->required();
    app.add_option("--out", out_,
                   Words{"File for the state; - for standard output",
                         "状态写到哪个文件；- 表示标准输出"}
                       .In(language))
        ->type_name("FILE")
        ->capture_default_str();
    app.add_option(
           "--first", first_,
           Words{"Merged state of the first pass: makes this the second",
                 "第一遍合并后的状态；给出它就做第二遍"}
               .In(language))
        ->type_name("FILE");
    flags_.AddAuditFlags(app, language);
    flags_.AddLogFlags(app, language);
    flags_.AddQuiet(app, language);
  }

  int Run(Console& console) override {
    console.set_quiet(flags_.quiet());
    if (out_ == "-" && isatty(STDOUT_FILENO) == 1) {
      return console.Fail(absl::InvalidArgumentError(
          "--out: standard output is a terminal, expected a file or a pipe; "
          "give --out FILE"));
    }
    auto options = flags_.Options(log_, console);
    if (!options.ok()) return console.Fail(options.status());
    auto shard = MakeShard(*std::move(options), first_);
    console.EndProgress();
    if (!shard.ok()) return console.Fail(shard.status());
    const absl::Status written = (*shard)->WriteTo(out_);
    return written.ok() ? kRan : console.Fail(written);
  }

 private:
  std::string log_, out_ = "-", first_;
  SharedFlags flags_;
};

}  // namespace

std::unique_ptr<Subcommand> MakePartialCommand() {
  return std::make_unique<PartialCommand>();
}

}  // namespace plumbline::audit
