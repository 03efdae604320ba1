// Writes the sample log that ships: a made-up platform in a made-up city.
#include <CLI/CLI.hpp>
#include <iostream>
#include <map>

#include "bench/generate/sample_log.h"

int main(int argc, char** argv) {
  using plumbline::bench::Setting;
  plumbline::bench::SampleOptions options;
  CLI::App app(
      "Writes a made-up dispatch log of 200 workers and four weeks, and "
      "planted.json, which tells what an audit of it must find.\n"
      "Example: plumbline_sample --setting unfair --out sample");
  app.add_option("--setting", options.setting, "fair or unfair")
      ->required()
      ->transform(CLI::CheckedTransformer(std::map<std::string, Setting>{
          {"fair", Setting::kFair}, {"unfair", Setting::kUnfair}}));
  app.add_option("--seed", options.seed, "Seed; the same gives the same bytes")
      ->capture_default_str();
  app.add_option("--out", options.folder, "Folder to write")->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  const absl::Status status = plumbline::bench::WriteSampleLog(options);
  if (status.ok()) return 0;
  std::cerr << status.message() << '\n';
  return 2;
}
