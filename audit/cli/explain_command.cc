#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "audit/cli/subcommand.h"
#include "audit/report/explain.h"
#include "plumbline/v1/result.pb.h"

namespace plumbline::audit {
namespace {

// A rule with thousands of findings is not told at length unless asked for.
constexpr size_t kMostAtOnce = 20;

absl::StatusOr<v1::AuditResult> ReadResult(const std::string& where) {
  std::filesystem::path path = where;
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) path /= "findings.json";
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return absl::NotFoundError(absl::StrCat(
        path.string(),
        ":1:1: found no file that can be read, expected the findings.json of "
        "an audit or its folder; name the folder given to --out"));
  }
  const std::string text((std::istreambuf_iterator<char>(file)),
                         std::istreambuf_iterator<char>());
  v1::AuditResult result;
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  const auto status =
      google::protobuf::util::JsonStringToMessage(text, &result, options);
  if (!status.ok() || result.schema() != "plumbline.audit.v1") {
    return absl::InvalidArgumentError(absl::StrCat(
        path.string(),
        ":1:1: found text that is no result of an audit, expected the "
        "findings.json that `plumbline audit --out` writes; run it again"));
  }
  return result;
}

class ExplainCommand : public Subcommand {
 public:
  std::string name() const override { return "explain"; }
  Words help() const override {
    return {"Tell a finding in words, step by step",
            "逐步说明一项结论是怎样得出的"};
  }
  Words examples() const override {
    return {
        "  plumbline explain CN-MW-H:W1 out           # a rule and a worker\n"
        "  plumbline explain CN-MW-H:W1:2025-10 out   # and a period\n"
        "  plumbline explain 0 out                    # by its place in "
        "findings.json",
        "  plumbline explain CN-MW-H:W1 out --lang zh          # "
        "规则和劳动者\n"
        "  plumbline explain CN-MW-H:W1:2025-10 out --lang zh  # "
        "再加上时段\n"
        "  plumbline explain 0 out --lang zh                   # "
        "按 findings.json 中的序号"};
  }
  void AddFlags(CLI::App& app, Language language) override {
    app.add_option("FINDING", finding_,
                   Words{"RULE[:SUBJECT[:PERIOD]], or a number from 0",
                         "规则编号[:对象[:时段]]，或从 0 起的序号"}
                       .In(language))
        ->required();
    app.add_option("RESULT", result_,
                   Words{"Folder of an audit, or its findings.json",
                         "审计结果文件夹或其中的 findings.json"}
                       .In(language))
        ->capture_default_str();
  }

  int Run(Console& console) override {
    const auto result = ReadResult(result_);
    if (!result.ok()) return console.Fail(result.status());
    const std::vector<int> found = FindFindings(*result, finding_);
    if (found.empty()) {
      return console.Fail(absl::NotFoundError(absl::StrCat(
          result_, ":1:1: found no finding \"", finding_,
          "\", expected a rule's id, a rule and a subject such as "
          "CN-MW-H:W1, or a number below ",
          result->findings_size(), "; see ruleId in findings.json")));
    }
    const Language language = console.language();
    const size_t shown = std::min(found.size(), kMostAtOnce);
    for (size_t i = 0; i < shown; ++i) {
      if (i > 0) console.Print("\n----\n\n");
      console.Print(ExplainFinding(result->findings(found[i]), language));
    }
    if (shown < found.size()) {
      console.Print(
          absl::StrCat("\n",
                       Words{"Further findings of this name, not told here: ",
                             "同名结论中未列出的："}
                           .In(language),
                       found.size() - shown, "\n"));
    }
    return kRan;
  }

 private:
  std::string finding_;
  std::string result_ = ".";
};

}  // namespace

std::unique_ptr<Subcommand> MakeExplainCommand() {
  return std::make_unique<ExplainCommand>();
}

}  // namespace plumbline::audit
