#include <algorithm>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "audit/cli/help_format.h"
#include "audit/cli/subcommand.h"

namespace plumbline::audit {
namespace {

// The language is needed before the flags are read, since the help and what is
// wrong with the flags are told in it.
Language LanguageOf(int argc, const char* const* argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--lang=zh") return Language::kChinese;
    if (word == "--lang" && i + 1 < argc && std::string(argv[i + 1]) == "zh") {
      return Language::kChinese;
    }
  }
  return Language::kEnglish;
}

// What is wrong with the command line, what to do: one line.
std::string Explain(const CLI::ParseError& error, const std::string& command,
                    Language language) {
  const std::string where =
      command.empty() ? "plumbline" : absl::StrCat("plumbline ", command);
  Words what = {"", "命令行有误"};
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    what.zh = "多出了不认识的参数";
  } else if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    what.zh = "缺少必填的参数";
  } else if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    what.zh = "选项的值个数不对";
  } else if (dynamic_cast<const CLI::ValidationError*>(&error) != nullptr ||
             dynamic_cast<const CLI::ConversionError*>(&error) != nullptr) {
    what.zh = "选项的值不合要求";
  }
  const std::string front = language == Language::kChinese
                                ? absl::StrCat(what.In(language), "：")
                                : "";
  return absl::StrCat("plumbline: ", front, error.what(),
                      Words{"; see `", "；请看 `"}.In(language), where,
                      Words{" --help`", " --help --lang zh`"}.In(language));
}

}  // namespace

int RunCommandLine(int argc, const char* const* argv) {
  const Language language = LanguageOf(argc, argv);
  Console console(language);
  std::vector<std::unique_ptr<Subcommand>> commands;
  commands.push_back(MakeAuditCommand());
  commands.push_back(MakeInspectCommand());
  commands.push_back(MakeRulesCommand());
  commands.push_back(MakeExplainCommand());
  commands.push_back(MakeConvertCommand());
  commands.push_back(MakePartialCommand());
  commands.push_back(MakeMergeCommand());

  CLI::App app(
      Words{"Plumbline audits how a platform dispatches its orders: it "
            "replays the recorded log and measures it.\nNothing leaves "
            "this machine.",
            "Plumbline（铅垂线）检查平台怎样派单：重放派单记录，量出结"
            "果。\n数据不会离开这台电脑。"}
          .In(language),
      "plumbline");
  app.formatter(MakeHelpFormat(language));
  const std::string help =
      Words{"Show this help and leave", "显示这段说明"}.In(language);
  app.set_help_flag("-h,--help", help);
  app.set_version_flag(
      "--version", absl::StrCat("plumbline ", PLUMBLINE_VERSION),
      Words{"Show the version and leave", "显示版本号"}.In(language));
  app.require_subcommand(1);
  std::string lang = "en";
  const auto add_language = [&](CLI::App& where) {
    where
        .add_option(
            "--lang", lang,
            Words{"Language of messages and report", "信息和报告的语言"}.In(
                language))
        ->check(CLI::IsMember({"en", "zh"}))
        ->capture_default_str();
  };
  add_language(app);
  std::vector<CLI::App*> apps;
  for (const auto& command : commands) {
    CLI::App* sub =
        app.add_subcommand(command->name(), command->help().In(language));
    sub->set_help_flag("-h,--help", help);
    sub->footer(absl::StrCat(Words{"Examples:\n", "例：\n"}.In(language),
                             command->examples().In(language)));
    command->AddFlags(*sub, language);
    add_language(*sub);
    apps.push_back(sub);
  }

  if (argc > 1 && argv[1][0] != '-') {
    std::vector<std::string> names;
    for (const auto& command : commands) names.push_back(command->name());
    if (std::find(names.begin(), names.end(), argv[1]) == names.end()) {
      console.Problem(absl::StrCat(
          "plumbline: ", Words{"found \"", "没有这个子命令：\""}.In(language),
          argv[1], Words{"\", expected one of ", "\"，可用的有："}.In(language),
          absl::StrJoin(names, ", "),
          Words{"; see `plumbline --help`",
                "；请看 `plumbline --help --lang zh`"}
              .In(language)));
      return kWrongInput;
    }
  }

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return app.exit(success) == 0 ? kRan : kInternal;
  } catch (const CLI::ParseError& error) {
    std::string named;
    for (size_t i = 0; i < apps.size(); ++i) {
      if (apps[i]->parsed()) named = commands[i]->name();
    }
    console.Problem(Explain(error, named, language));
    return kWrongInput;
  }
  // The one place where exceptions of libraries (out of memory, above all) end.
  try {
    for (size_t i = 0; i < apps.size(); ++i) {
      if (apps[i]->parsed()) {
        const int code = commands[i]->Run(console);
        console.EndProgress();
        return code;
      }
    }
  } catch (const std::exception& error) {
    console.EndProgress();
    return console.Fail(absl::InternalError(error.what()));
  }
  return kInternal;
}

}  // namespace plumbline::audit
