#include "audit/cli/run_options.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>
#include <thread>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "audit/measures/measure.h"

namespace plumbline::audit {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMebibyte = int64_t{1} << 20;
constexpr int64_t kLeastMemory = 64 * kMebibyte;
constexpr int kMostThreads = 1024;

// The first number of a one-line file; -1 where there is none ("max").
int64_t NumberIn(const std::string& file) {
  std::ifstream stream(file);
  int64_t number = -1;
  return stream >> number ? number : -1;
}

std::string MeasureNames() {
  MeasureContext context;
  const replay::IngestResult none;
  const v1::AuditPlan plan;
  context.log = &none;
  context.plan = &plan;
  context.zone = absl::UTCTimeZone();
  std::vector<std::string> names;
  for (const auto& measure : MakeMeasures(context, {})) {
    names.emplace_back(measure->id());
  }
  return absl::StrJoin(names, ", ");
}

bool IsMeasure(const std::string& names, const std::string& name) {
  return absl::StrCat(", ", names, ",").find(absl::StrCat(", ", name, ",")) !=
         std::string::npos;
}

}  // namespace

absl::StatusOr<int64_t> ParseSize(const std::string& text) {
  const auto wrong = [&] {
    return absl::InvalidArgumentError(
        absl::StrCat("--memory: found \"", text,
                     "\", expected a size such as 512M or 2G of at least 64M; "
                     "give a number with K, M, G or T"));
  };
  std::string digits = text;
  if (!digits.empty() && (digits.back() == 'B' || digits.back() == 'b'))
    digits.pop_back();
  if (!digits.empty() && (digits.back() == 'i')) digits.pop_back();
  int shift = 0;
  if (!digits.empty()) {
    switch (absl::ascii_toupper(static_cast<unsigned char>(digits.back()))) {
      case 'K':
        shift = 10;
        break;
      case 'M':
        shift = 20;
        break;
      case 'G':
        shift = 30;
        break;
      case 'T':
        shift = 40;
        break;
      default:
        break;
    }
  }
  if (shift != 0) digits.pop_back();
  int64_t number = 0;
  if (!absl::SimpleAtoi(digits, &number) || number <= 0) return wrong();
  if (number > (std::numeric_limits<int64_t>::max() >> shift)) return wrong();
  number <<= shift;
  if (number < kLeastMemory) return wrong();
  return number;
}

absl::StatusOr<v1::InstantForm> ParseInstantForm(const std::string& text) {
  std::string word = absl::AsciiStrToUpper(text);
  absl::StrReplaceAll({{"-", "_"}}, &word);
  if (word == "RFC3339" || word == "RFC_3339") return v1::RFC_3339;
  if (word == "EPOCH_SECONDS" || word == "EPOCH_S") return v1::EPOCH_SECONDS;
  if (word == "EPOCH_MILLISECONDS" || word == "EPOCH_MS")
    return v1::EPOCH_MILLISECONDS;
  return absl::InvalidArgumentError(absl::StrCat(
      "--instants: found \"", text,
      "\", expected rfc3339, epoch-seconds or epoch-milliseconds; say in which "
      "form the log writes its instants"));
}

int64_t FreeMemory() {
  int64_t least = std::numeric_limits<int64_t>::max();
  std::ifstream meminfo("/proc/meminfo");
  std::string word;
  while (meminfo >> word) {
    int64_t kibibytes = 0;
    if (word == "MemAvailable:" && meminfo >> kibibytes)
      least = kibibytes * 1024;
  }
  const int64_t limit = NumberIn("/sys/fs/cgroup/memory.max");
  const int64_t used = NumberIn("/sys/fs/cgroup/memory.current");
  if (limit > 0 && used >= 0)
    least = std::min(least, std::max<int64_t>(limit - used, 0));
  return least == std::numeric_limits<int64_t>::max() ? int64_t{2} << 30
                                                      : least;
}

absl::Status RunOptions::Settle() {
  if (threads == 0) {
    threads =
        static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  }
  if (threads < 0 || threads > kMostThreads) {
    return absl::InvalidArgumentError(
        absl::StrCat("--threads: found ", threads, ", expected 1 to ",
                     kMostThreads, "; leave it out for all cores"));
  }
  if (memory_bytes == 0)
    memory_bytes = std::max(FreeMemory() / 2, kLeastMemory);
  if (!time_zone.empty()) {
    absl::TimeZone zone;
    if (!absl::LoadTimeZone(time_zone, &zone)) {
      return absl::InvalidArgumentError(
          absl::StrCat("--time-zone: found \"", time_zone,
                       "\", expected an IANA name such as Asia/Shanghai; check "
                       "the spelling"));
    }
  }
  if (!currency.empty() &&
      (currency.size() != 3 ||
       !std::all_of(currency.begin(), currency.end(), [](char letter) {
         return letter >= 'A' && letter <= 'Z';
       }))) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--currency: found \"", currency,
        "\", expected three capital letters such as CNY; see ISO 4217"));
  }
  if (!only.empty()) {
    const std::string names = MeasureNames();
    for (const std::string& name : only) {
      if (IsMeasure(names, name)) continue;
      return absl::InvalidArgumentError(
          absl::StrCat("--only: found \"", name, "\", expected some of ", names,
                       "; separate them by commas"));
    }
  }
  std::error_code error;
  if (!scratch.empty() && !fs::is_directory(scratch, error)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--scratch: found \"", scratch,
        "\", which is no folder, expected one that exists; make it first"));
  }
  return absl::OkStatus();
}

}  // namespace plumbline::audit
