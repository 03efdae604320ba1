#include <string>
#include <utility>
#include <vector>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "audit/cli/pack_text.h"
#include "audit/cli/subcommand.h"
#include "audit/rules/rule_pack.h"
#include "replay/ingest/mapping.h"

namespace plumbline::audit {
namespace {

absl::StatusOr<std::vector<RulePack>> ShippedPacks() {
  const std::string folder = replay::DataFolder("packs");
  return SelectPacks(folder, ShippedPackNames(folder), {});
}

class RulesCommand : public Subcommand {
 public:
  std::string name() const override { return "rules"; }
  Words help() const override {
    return {"List, show and check rule packs", "列出、查看、检验规则包"};
  }
  Words examples() const override {
    return {
        "  plumbline rules list\n"
        "  plumbline rules show cn-labour            # a pack\n"
        "  plumbline rules show CN-MW-H              # one rule with its "
        "figures\n"
        "  plumbline rules check my_rules.textproto  # before you use your own",
        "  plumbline rules list --lang zh\n"
        "  plumbline rules show cn-labour --lang zh            # 整个规则包\n"
        "  plumbline rules show CN-MW-H --lang zh              # "
        "一条规则和它用到的数值\n"
        "  plumbline rules check my_rules.textproto --lang zh  # "
        "自己写的规则包先检验"};
  }
  void AddFlags(CLI::App& app, Language language) override {
    list_ = app.add_subcommand(
        "list",
        Words{"All packs that ship", "随程序附带的规则包"}.In(language));
    show_ = app.add_subcommand("show", Words{"A pack or a rule, with sources",
                                             "一个规则包或一条规则，附出处"}
                                           .In(language));
    show_
        ->add_option("ID", ids_,
                     Words{"Name of a pack, id of a rule, or a file",
                           "规则包名称、规则编号或文件"}
                         .In(language))
        ->required();
    check_ = app.add_subcommand("check",
                                Words{"Whether a pack of your own can be used",
                                      "检验自己写的规则包能否使用"}
                                    .In(language));
    check_
        ->add_option(
            "FILE", files_,
            Words{"Pack in protobuf text form", "protobuf 文本格式的规则包"}.In(
                language))
        ->required();
    for (CLI::App* part : {list_, show_, check_}) part->fallthrough();
    app.require_subcommand(0, 1);
  }

  int Run(Console& console) override {
    if (check_->parsed()) return Check(console);
    auto packs = ShippedPacks();
    if (!packs.ok()) return console.Fail(packs.status());
    if (show_->parsed()) return Show(*packs, console);
    console.Print(ListPacks(*packs, console.language()));
    return kRan;
  }

 private:
  int Check(Console& console) {
    int code = kRan;
    for (const std::string& file : files_) {
      auto pack = LoadRulePack(file);
      if (!pack.ok()) {
        code = console.Fail(pack.status());
        continue;
      }
      for (const std::string& warning : pack->warnings) {
        console.Print(absl::StrCat(warning, "\n"));
      }
      console.Print(
          absl::StrCat(file,
                       Words{": can be used; rules ", "：可以使用；规则数 "}.In(
                           console.language()),
                       pack->pack.rules_size(),
                       Words{", figures ", "，数值数 "}.In(console.language()),
                       pack->pack.parameters_size(), "\n"));
    }
    return code;
  }

  int Show(const std::vector<RulePack>& shipped, Console& console) {
    const Language language = console.language();
    for (const std::string& id : ids_) {
      std::string text;
      for (const RulePack& pack : shipped) {
        if (pack.pack.name() == id) text = ShowPack(pack, language);
        if (text.empty()) text = ShowRule(pack, id, language);
        if (!text.empty()) break;
      }
      if (text.empty() && id.find('.') != std::string::npos) {
        auto pack = LoadRulePack(id);
        if (!pack.ok()) return console.Fail(pack.status());
        text = ShowPack(*pack, language);
      }
      if (text.empty()) {
        std::vector<std::string> names;
        for (const RulePack& pack : shipped) names.push_back(pack.pack.name());
        return console.Fail(absl::NotFoundError(absl::StrCat(
            "plumbline rules show: found \"", id,
            "\", expected a rule's id or one of ", absl::StrJoin(names, ", "),
            "; see `plumbline rules list`")));
      }
      console.Print(text);
    }
    return kRan;
  }

  CLI::App* list_ = nullptr;
  CLI::App* show_ = nullptr;
  CLI::App* check_ = nullptr;
  std::vector<std::string> ids_, files_;
};

}  // namespace

std::unique_ptr<Subcommand> MakeRulesCommand() {
  return std::make_unique<RulesCommand>();
}

}  // namespace plumbline::audit
