// Writes the report of a made-up result into a folder, for the browser test:
//   write_made_up_report FOLDER en|zh
#include <iostream>
#include <string>

#include "tests/report/made_up_result.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: write_made_up_report FOLDER en|zh\n";
    return 2;
  }
  const plumbline::audit::MadeUpResult made_up;
  const auto language = std::string(argv[2]) == "zh"
                            ? plumbline::audit::Language::kChinese
                            : plumbline::audit::Language::kEnglish;
  const absl::Status status = made_up.Write(language, argv[1]);
  if (!status.ok()) {
    std::cerr << status.message() << "\n";
    return 1;
  }
  std::cout << plumbline::audit::BriefSummary(made_up.result, language);
  return 0;
}
