#include "audit/cli/shared_flags.h"

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace plumbline::audit {
namespace {

Words StageWords(Stage stage) {
  switch (stage) {
    case Stage::kReading:
      return {"Reading", "读取"};
    case Stage::kFirstPass:
      return {"Measuring", "计算"};
    case Stage::kSecondPass:
      return {"Comparing", "比较"};
  }
  return {"", ""};
}

}  // namespace

void SharedFlags::AddLogFlags(CLI::App& app, Language language) {
  const auto option = [&](const char* name, auto& value, Words words) {
    return app.add_option(name, value, words.In(language));
  };
  option("--mapping", mapping_,
         {"Mapping of a foreign file; left out: known exports are recognised",
          "外来文件的列对照；不给则自动识别已知的导出格式"})
      ->type_name("FILE");
  option("--currency", currency_,
         {"Currency of the amounts, such as CNY", "金额的币种，如 CNY"})
      ->type_name("CODE");
  option("--time-zone", time_zone_,
         {"Time zone of local days, such as Asia/Shanghai",
          "按哪个时区划分日期，如 Asia/Shanghai"})
      ->type_name("ZONE");
  option(
      "--instants", instants_,
      {"How instants are written: rfc3339, epoch-seconds or epoch-milliseconds",
       "时间的写法：rfc3339、epoch-seconds 或 epoch-milliseconds"})
      ->type_name("FORM");
  option("--threads", threads_,
         {"Threads; left out: all cores", "线程数；不给则用全部核心"})
      ->type_name("N");
  option("--memory", memory_,
         {"Memory budget such as 512M or 2G; left out: half of what is free",
          "内存上限，如 512M 或 2G；不给则用空闲内存的一半"})
      ->type_name("SIZE");
  option(
      "--scratch", scratch_,
      {"Folder for what does not fit in memory", "内存放不下时用的临时文件夹"})
      ->type_name("DIR");
}

void SharedFlags::AddAuditFlags(CLI::App& app, Language language) {
  const auto option = [&](const char* name, auto& value, Words words) {
    return app.add_option(name, value, words.In(language));
  };
  option("--rules", rules_,
         {"Rule pack, by name or file; may be given several times; left out: "
          "those that fit the log",
          "规则包的名称或文件，可重复给出；不给则选用适合这份记录的规则包"})
      ->type_name("PACK")
      ->allow_extra_args(false);
  option("--plan", plan_,
         {"Audit plan: bands, minimums, margins, seed",
          "检查方案：分档、最少样本、界限、随机种子"})
      ->type_name("FILE");
  option("--seed", seed_, {"Seed, over the plan's", "随机种子，优先于方案里的"})
      ->type_name("N");
  option("--only", only_,
         {"Measures to run, separated by commas", "只计算这几项，用逗号隔开"})
      ->type_name("MEASURE,...")
      ->delimiter(',')
      ->allow_extra_args(false);
  app.add_flag("--allow-unverified", allow_unverified_,
               Words{"Use figures of rules that nobody has checked yet; every "
                     "finding says so",
                     "采用尚未核对原文的规则数值；相关结论都会注明"}
                   .In(language));
}

void SharedFlags::AddReportFlags(CLI::App& app, Language language) {
  app.add_option("--files", files_,
                 Words{"Files to write: json, csv, html, xlsx, separated by "
                       "commas; left out: all",
                       "写出哪些文件：json、csv、html、xlsx，用逗号隔开；"
                       "不给则全部写出"}
                     .In(language))
      ->type_name("KIND,...")
      ->delimiter(',')
      ->allow_extra_args(false);
  app.add_option("--fail-on", fail_on_,
                 Words{"Leave with 1 from this verdict on: breach, "
                       "indicator, insufficient or never",
                       "出现哪一级结论时退出码为 "
                       "1：breach、indicator、insufficient 或 never"}
                     .In(language))
      ->type_name("LEVEL");
}

absl::StatusOr<SharedFlags::ReportChoice> SharedFlags::Report() const {
  auto level = ParseFailOn(fail_on_);
  if (!level.ok()) return level.status();
  auto files = ParseReportFiles(files_);
  if (!files.ok()) return files.status();
  return ReportChoice{*files, *level};
}

void SharedFlags::AddQuiet(CLI::App& app, Language language) {
  app.add_flag(
      "--quiet", quiet_,
      Words{"No progress and no summary", "不显示进度和摘要"}.In(language));
}

absl::StatusOr<RunOptions> SharedFlags::Options(const std::string& log,
                                                Console& console) const {
  RunOptions options;
  options.log = log;
  options.rules = rules_;
  options.plan_file = plan_;
  options.mapping_file = mapping_;
  options.currency = currency_;
  options.time_zone = time_zone_;
  options.scratch = scratch_;
  options.threads = threads_;
  options.allow_unverified = allow_unverified_;
  options.only.insert(only_.begin(), only_.end());
  if (threads_ < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("--threads: found ", threads_,
                     ", expected 1 or more; leave it out for all cores"));
  }
  if (!instants_.empty()) {
    auto form = ParseInstantForm(instants_);
    if (!form.ok()) return form.status();
    options.instants = *form;
  }
  if (!memory_.empty()) {
    auto size = ParseSize(memory_);
    if (!size.ok()) return size.status();
    options.memory_bytes = *size;
  }
  if (!seed_.empty()) {
    uint64_t seed = 0;
    if (!absl::SimpleAtoi(seed_, &seed)) {
      return absl::InvalidArgumentError(
          absl::StrCat("--seed: found \"", seed_,
                       "\", expected a whole number from 0 to "
                       "18446744073709551615; correct it"));
    }
    options.seed = seed;
  }
  absl::Status status = options.Settle();
  if (!status.ok()) return status;
  options.progress = [&console](Stage stage, int64_t done, int64_t total) {
    console.Progress(StageWords(stage), done, total);
  };
  return options;
}

}  // namespace plumbline::audit
