#include "bench/generate/sample_log.h"

#include "absl/strings/str_cat.h"
#include "bench/generate/sample_truth.h"

namespace plumbline::bench {

absl::Status WriteSampleLog(const SampleOptions& options) {
  if (const auto made = MakeFolder(options.folder); !made.ok()) return made;
  const SampleCity city = MakeCity(options.setting, options.seed);
  SampleRun run = Dispatch(city);
  const LimitCounts limits = SetLimits(city, run);
  const SamplePay pay = MakePay(city, run);

  SampleTables tables;
  PutRecords(city, run, pay, tables);
  const LedgerCounts ledgers = PutLedgers(city, run, pay, tables);
  DirtCounts dirt;
  if (city.unfair()) dirt = PutDirt(city, run, tables);

  const std::string folder = options.folder + "/";
  for (const auto& [name, table] : tables) {
    const auto status =
        WriteFile(absl::StrCat(folder, name, ".csv"), table.text());
    if (!status.ok()) return status;
  }
  const auto status = WriteFile(
      folder + "log.textproto",
      absl::StrCat("platform: \"Synthetic Courier (made-up data)\"\n",
                   "currency: \"CNY\"\ntime_zone: \"Asia/Shanghai\"\n",
                   "instants: RFC_3339\nobserved_from: \"",
                   Rfc3339(kSampleStart), "\"\nobserved_to: \"",
                   Rfc3339(At(kSampleDays, 0)),
                   "\"\nsources: \"synthetic: made by plumbline_sample, seed ",
                   options.seed, ", setting ",
                   city.unfair() ? "unfair" : "fair", "\"\n"));
  if (!status.ok()) return status;
  return WriteFile(folder + "planted.json",
                   PlantedJson(city, run, pay, limits, ledgers, dirt, tables));
}

}  // namespace plumbline::bench
