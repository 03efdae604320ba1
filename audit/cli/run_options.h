#ifndef PLUMBLINE_AUDIT_CLI_RUN_OPTIONS_H_
#define PLUMBLINE_AUDIT_CLI_RUN_OPTIONS_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "plumbline/v1/log.pb.h"

namespace plumbline::audit {

// Where a run is, for progress.
enum class Stage { kReading, kFirstPass, kSecondPass };

// What `audit`, `partial` and their tests ask for. Threads, memory, scratch and
// blocks change no byte of any output.
struct RunOptions {
  std::string log;
  std::vector<std::string> rules;  // Names or files; empty: those that fit.
  std::string plan_file;           // Empty: the default plan.
  std::string mapping_file;
  std::string currency;
  std::string time_zone;
  v1::InstantForm instants = v1::INSTANT_FORM_UNSPECIFIED;
  std::optional<uint64_t> seed;   // Over the plan's.
  std::set<std::string> only;     // Measures; empty: all.
  bool allow_unverified = false;  // Values whose text nobody has checked.

  int threads = 0;           // 0: all cores.
  int64_t memory_bytes = 0;  // 0: half of what is free.
  std::string scratch;       // Empty: the system's folder for such files.
  int blocks = 256;

  std::function<void(Stage, int64_t done, int64_t total)> progress;

  // Sets what was left at 0, and refuses what cannot be: an unknown time zone,
  // a currency that is no ISO 4217 word, an unknown measure, a missing scratch
  // folder. Errors: InvalidArgument naming the flag.
  absl::Status Settle();
};

// "512M", "2G", "1500000" in bytes; K, M, G, T are powers of 1024.
// Errors: InvalidArgument naming --memory.
absl::StatusOr<int64_t> ParseSize(const std::string& text);

// "rfc3339", "epoch-seconds", "epoch-milliseconds", and the words of log.proto.
absl::StatusOr<v1::InstantForm> ParseInstantForm(const std::string& text);

// Memory that this process may still take: the least of what the machine and
// its control group leave.
int64_t FreeMemory();

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_CLI_RUN_OPTIONS_H_
