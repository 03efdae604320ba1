#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "audit/cli/facts_store.h"
#include "audit/cli/passes.h"
#include "audit/cli/shared_flags.h"
#include "audit/cli/subcommand.h"
#include "audit/measures/plan.h"
#include "replay/ingest/inspect.h"
#include "replay/ingest/mapping.h"

namespace plumbline::audit {
namespace {

// Which tests a log with these columns feeds: what the measures and the rules
// say before a row is read.
absl::StatusOr<std::vector<v1::Coverage>> TestsOf(
    const std::set<std::string>& columns, const std::string& mapping,
    const RunOptions& options) {
  replay::IngestResult log;
  log.columns.assign(columns.begin(), columns.end());
  log.mapping_name = mapping;
  log.info.set_currency(options.currency);
  log.info.set_time_zone(options.time_zone);
  const v1::AuditPlan plan = DefaultPlan();
  MeasureContext context;
  context.log = &log;
  context.plan = &plan;
  context.zone = absl::UTCTimeZone();
  context.zone_known = !options.time_zone.empty() &&
                       absl::LoadTimeZone(options.time_zone, &context.zone);
  const std::vector<v1::LogRecord> none;
  const auto store = MakeFactsStore(none, {replay::kUnknown, replay::kUnknown});
  context.store = store.get();
  const PackQuery query = {options.currency, options.time_zone, mapping, false};
  auto packs = SelectPacks(replay::DataFolder("packs"), options.rules, query);
  if (!packs.ok()) return packs.status();
  Observers observers;
  observers.measures = MakeMeasures(context, {});
  observers.judge = Judge::Create(*packs, context);
  const AuditOutcome outcome = Conclude(context, {}, std::move(observers));
  return std::vector<v1::Coverage>(outcome.result.coverage().begin(),
                                   outcome.result.coverage().end());
}

std::string CoverageText(const std::vector<v1::Coverage>& tests,
                         Language language) {
  std::string runnable, dark;
  for (const v1::Coverage& test : tests) {
    if (test.runnable()) {
      absl::StrAppend(&runnable, "  ", test.test(), "\n");
    } else {
      const Words why{test.reason(), test.reason_zh()};
      const Words settled{test.settled_by(), test.settled_by_zh()};
      std::string reason(why.In(language));
      if (!test.settled_by().empty()) {
        absl::StrAppend(
            &reason,
            Words{" Would settle it: ", "可据以判断的材料："}.In(language),
            settled.In(language));
      }
      absl::StrAppend(
          &dark, "  ", test.test(), ": ",
          test.missing().empty() ? reason : absl::StrJoin(test.missing(), ", "),
          "\n");
    }
  }
  std::string text;
  if (!runnable.empty()) {
    absl::StrAppend(
        &text, Words{"Tests that can run:\n", "可以做的检查：\n"}.In(language),
        runnable);
  }
  if (!dark.empty()) {
    absl::StrAppend(&text,
                    Words{"Tests that cannot, and what they lack:\n",
                          "做不了的检查，以及缺什么：\n"}
                        .In(language),
                    dark);
  }
  return text;
}

class InspectCommand : public Subcommand {
 public:
  std::string name() const override { return "inspect"; }
  Words help() const override {
    return {"Say what a file is, what is missing, which tests it feeds",
            "说明文件是什么、缺什么、能做哪些检查"};
  }
  Words examples() const override {
    return {
        "  plumbline inspect trips.csv\n"
        "  plumbline inspect my_log --currency CNY --time-zone Asia/Shanghai\n"
        "For a file that nobody has seen it drafts a mapping: save it, correct "
        "it, give it with "
        "--mapping.",
        "  plumbline inspect trips.csv --lang zh\n"
        "  plumbline inspect my_log --currency CNY --time-zone Asia/Shanghai "
        "--lang zh\n"
        "没见过的格式会得到一份列对照草稿：存成文件，改好后用 --mapping "
        "给出。"};
  }
  void AddFlags(CLI::App& app, Language language) override {
    app.add_option("FILE", files_,
                   Words{"Files or folders", "文件或文件夹"}.In(language))
        ->required();
    app.add_option(
           "--rules", rules_,
           Words{"Rule pack whose tests are listed; may be given several times",
                 "列出哪些规则包的检查，可重复给出"}
               .In(language))
        ->type_name("PACK")
        ->allow_extra_args(false);
    flags_.AddLogFlags(app, language);
  }

  int Run(Console& console) override {
    auto options = flags_.Options("", console);
    if (!options.ok()) return console.Fail(options.status());
    options->rules = rules_;
    replay::InspectOptions inspect;
    inspect.threads = options->threads;
    inspect.mapping_file = options->mapping_file;
    inspect.time_zone = options->time_zone;
    std::set<std::string> columns;
    std::string mapping;
    for (const std::string& path : files_) {
      auto files = replay::Inspect(path, inspect);
      if (!files.ok()) return console.Fail(files.status());
      for (const replay::InspectedFile& file : *files) {
        console.Print(replay::InspectionText(
            file, console.language() == Language::kChinese));
        console.Print("\n");
        columns.insert(file.gives.begin(), file.gives.end());
        if (!file.mapping.empty()) mapping = file.mapping;
      }
    }
    if (columns.empty()) return kRan;
    auto tests = TestsOf(columns, mapping, *options);
    if (!tests.ok()) return console.Fail(tests.status());
    console.Print(CoverageText(*tests, console.language()));
    return kRan;
  }

 private:
  std::vector<std::string> files_, rules_;
  SharedFlags flags_;
};

}  // namespace

std::unique_ptr<Subcommand> MakeInspectCommand() {
  return std::make_unique<InspectCommand>();
}

}  // namespace plumbline::audit
