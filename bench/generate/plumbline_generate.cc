// Writes a large made-up log for measuring speed.
#include <CLI/CLI.hpp>
#include <iostream>
#include <map>
#include <thread>

#include "bench/generate/large_log.h"

int main(int argc, char** argv) {
  using plumbline::bench::InstantText;
  plumbline::bench::LargeLogOptions options;
  options.threads =
      std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  CLI::App app(
      "Writes a large made-up dispatch log (CSV) for measuring speed.\n"
      "Example: plumbline_generate --tasks 10000000 --workers 12000 --weeks 4 "
      "--out big");
  app.add_option("--tasks", options.tasks, "Rows of tasks.csv")
      ->capture_default_str();
  app.add_option("--workers", options.workers, "Workers")
      ->capture_default_str();
  app.add_option("--weeks", options.weeks, "Weeks from 2025-09-01")
      ->capture_default_str();
  app.add_option("--instants", options.instants, "Form of instants")
      ->transform(CLI::CheckedTransformer(std::map<std::string, InstantText>{
          {"epoch", InstantText::kEpochSeconds},
          {"rfc3339", InstantText::kRfc3339}}))
      ->default_str("epoch");
  app.add_option("--seed", options.seed, "Seed; the same gives the same bytes")
      ->capture_default_str();
  app.add_option("--threads", options.threads, "Threads")
      ->capture_default_str();
  app.add_option("--out", options.folder, "Folder to write")->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  const absl::Status status = plumbline::bench::WriteLargeLog(options);
  if (status.ok()) return 0;
  std::cerr << status.message() << '\n';
  return 2;
}
