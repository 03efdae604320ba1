#include "tests/property/runs.h"

#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "tests/support/folders.h"

namespace plumbline::audit {

RunOptions OptionsFor(const std::string& log) {
  RunOptions options;
  options.log = log;
  options.threads = 2;
  options.memory_bytes = int64_t{512} << 20;
  return options;
}

Files Audit(const RunOptions& options, const std::string& out) {
  const auto result = RunAudit(options, Language::kEnglish, out);
  EXPECT_TRUE(result.ok()) << result.status().message();
  return ReadFolder(out);
}

v1::AuditResult ResultOf(const Files& files) {
  v1::AuditResult result;
  const auto at = files.find("findings.json");
  EXPECT_NE(at, files.end());
  if (at == files.end()) return result;
  const auto parsed =
      google::protobuf::util::JsonStringToMessage(at->second, &result);
  EXPECT_TRUE(parsed.ok()) << parsed.ToString();
  return result;
}

std::string WithoutInput(const Files& files) {
  v1::AuditResult result = ResultOf(files);
  result.clear_input();
  return result.DebugString();
}

}  // namespace plumbline::audit
