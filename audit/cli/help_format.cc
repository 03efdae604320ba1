#include "audit/cli/help_format.h"

#include <string>
#include <utility>
#include <vector>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/str_cat.h"
#include "audit/cli/words.h"
#include "audit/report/text.h"

namespace plumbline::audit {
namespace {

constexpr int kColumn = 34;  // Where the explanations begin.

std::string Line(const std::string& name, const std::string& explanation) {
  std::string line = absl::StrCat("  ", name);
  int width = DisplayWidth(line);
  if (width >= kColumn && !explanation.empty()) {
    line += "\n";
    width = 0;
  }
  if (!explanation.empty()) {
    line.append(static_cast<size_t>(kColumn - width), ' ');
  }
  return absl::StrCat(line, explanation, "\n");
}

class HelpFormat : public CLI::Formatter {
 public:
  explicit HelpFormat(Language language) : language_(language) {
    const auto name = [&](const char* key, const Words& words) {
      label(key, words.In(language));
    };
    name("Usage", {"Usage", "用法"});
    name("OPTIONS", {"OPTIONS", "选项"});
    name("SUBCOMMAND", {"SUBCOMMAND", "子命令"});
    name("SUBCOMMANDS", {"SUBCOMMANDS", "子命令"});
    name("Positionals", {"Arguments", "参数"});
    name("Options", {"Options", "选项"});
    name("Subcommands", {"Subcommands", "子命令"});
    name("REQUIRED", {"(required)", "（必填）"});
  }

  // The library takes the headings of groups as they are.
  std::string make_group(std::string group, bool is_positional,
                         std::vector<const CLI::Option*> opts) const override {
    return CLI::Formatter::make_group(get_label(group), is_positional,
                                      std::move(opts));
  }

  std::string make_subcommands(const CLI::App* app,
                               CLI::AppFormatMode mode) const override {
    std::string text = CLI::Formatter::make_subcommands(app, mode);
    const std::string heading = "\nSubcommands:\n";
    if (const size_t at = text.find(heading); at != std::string::npos) {
      text.replace(at, heading.size(),
                   absl::StrCat("\n", get_label("Subcommands"), ":\n"));
    }
    return text;
  }

  std::string make_subcommand(const CLI::App* sub) const override {
    return Line(sub->get_display_name(true), sub->get_description());
  }

  std::string make_option(const CLI::Option* option,
                          bool is_positional) const override {
    return Line(absl::StrCat(make_option_name(option, is_positional),
                             make_option_opts(option)),
                make_option_desc(option));
  }

  // What its value is called, unless that is any text; whether there may be
  // several; whether it must be there.
  std::string make_option_opts(const CLI::Option* option) const override {
    if (option->get_type_size() == 0) return "";
    std::string text;
    std::string type = option->get_type_name();
    constexpr std::string_view kText = "TEXT";
    if (type.rfind(kText, 0) == 0) {
      type.erase(0,
                 type.rfind("TEXT:", 0) == 0 ? kText.size() + 1 : kText.size());
    }
    if (!type.empty()) absl::StrAppend(&text, " ", type);
    if (!option->get_default_str().empty()) {
      absl::StrAppend(&text, "=", option->get_default_str());
    }
    if (option->get_expected_max() == CLI::detail::expected_max_vector_size) {
      text += " ...";
    }
    if (option->get_required()) {
      absl::StrAppend(&text, language_ == Language::kChinese ? "" : " ",
                      get_label("REQUIRED"));
    }
    return text;
  }

 private:
  Language language_;
};

}  // namespace

std::shared_ptr<CLI::FormatterBase> MakeHelpFormat(Language language) {
  return std::make_shared<HelpFormat>(language);
}

}  // namespace plumbline::audit
