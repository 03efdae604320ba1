#include <string>
#include <utility>
#include <vector>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/str_cat.h"
#include "audit/cli/log_run.h"
#include "audit/cli/out_folder.h"
#include "audit/cli/shared_flags.h"
#include "audit/cli/spool.h"
#include "audit/cli/subcommand.h"
#include "replay/ingest/convert.h"

namespace plumbline::audit {
namespace {

class ConvertCommand : public Subcommand {
 public:
  std::string name() const override { return "convert"; }
  Words help() const override {
    return {"Write a log in another form, losslessly",
            "把记录无损地转换成另一种格式"};
  }
  Words examples() const override {
    return {
        "  plumbline convert my_log --to parquet --out my_log_parquet\n"
        "  plumbline convert trips.csv --to ocel --out trips_ocel\n"
        "The folder is a log: `plumbline audit` takes it as it is. Rows that "
        "were refused are not "
        "in it; they are counted.",
        "  plumbline convert my_log --to parquet --out my_log_parquet --lang "
        "zh\n"
        "  plumbline convert trips.csv --to ocel --out trips_ocel --lang zh\n"
        "得到的文件夹就是一份记录，可以直接交给 `plumbline "
        "audit`。被剔除的行不写入，但会计数。"};
  }
  void AddFlags(CLI::App& app, Language language) override {
    app.add_option(
           "LOG", log_,
           Words{"Folder or file with the log", "记录所在的文件夹或文件"}.In(
               language))
        ->required();
    app.add_option("--to", to_,
                   Words{"Form: csv, parquet, arrow, protobuf or ocel",
                         "格式：csv、parquet、arrow、protobuf 或 ocel"}
                       .In(language))
        ->required()
        ->type_name("FORM");
    app.add_option(
           "--out", out_,
           Words{"Folder, new or empty", "写到哪个文件夹，须为新建或空的"}.In(
               language))
        ->required()
        ->type_name("DIR");
    flags_.AddLogFlags(app, language);
    flags_.AddQuiet(app, language);
  }

  int Run(Console& console) override {
    console.set_quiet(flags_.quiet());
    replay::ConvertOptions convert;
    if (!replay::ParseConvertFormat(to_, &convert.format)) {
      return console.Fail(absl::InvalidArgumentError(absl::StrCat(
          "--to: found \"", to_,
          "\", expected csv, parquet, arrow, protobuf or ocel; choose one")));
    }
    auto options = flags_.Options(log_, console);
    if (!options.ok()) return console.Fail(options.status());
    if (absl::Status status = CheckOutFolder(out_); !status.ok())
      return console.Fail(status);
    auto spool = SpoolStandardInput(&*options);
    if (!spool.ok()) return console.Fail(spool.status());
    convert.scratch = options->scratch;
    replay::FaultLog faults(options->scratch);
    const replay::IngestOptions ingest = IngestOptionsOf(*options);
    auto result = replay::Convert(options->log, ingest, convert, out_, faults);
    console.EndProgress();
    if (!result.ok()) return console.Fail(result.status());
    if (console.quiet()) return kRan;
    v1::Input input;
    if (absl::Status status = faults.Conclude(&input); !status.ok())
      return console.Fail(status);
    for (const v1::TableFunnel& table : input.tables()) {
      console.Print(absl::StrCat(
          table.name(), Words{": rows read ", "：读入 "}.In(console.language()),
          table.rows_read(),
          Words{", refused ", " 行，剔除 "}.In(console.language()),
          table.rows_quarantined(),
          Words{", repaired ", " 行，修补 "}.In(console.language()),
          table.rows_repaired(), Words{"\n", " 行\n"}.In(console.language())));
    }
    for (const auto& file : result->files) {
      console.Print(absl::StrCat(
          out_, "/", file.name, Words{": rows ", "："}.In(console.language()),
          file.rows, Words{"\n", " 行\n"}.In(console.language())));
    }
    return kRan;
  }

 private:
  std::string log_, to_, out_;
  SharedFlags flags_;
};

}  // namespace

std::unique_ptr<Subcommand> MakeConvertCommand() {
  return std::make_unique<ConvertCommand>();
}

}  // namespace plumbline::audit
