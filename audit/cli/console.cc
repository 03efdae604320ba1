#include "audit/cli/console.h"

#include <unistd.h>

#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"

namespace plumbline::audit {

Console::Console(Language language)
    : language_(language), terminal_(isatty(STDERR_FILENO) == 1) {}

void Console::Print(std::string_view text) const {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

void Console::Problem(std::string_view text) const {
  const std::string line = std::string(text) + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
}

int Console::Fail(const absl::Status& status) const {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kUnimplemented:
    case absl::StatusCode::kDataLoss:
      Problem(std::string(status.message()));
      return kWrongInput;
    default:
      Problem(absl::StrCat(
          "plumbline: ", Words{"internal error: ", "内部错误："}.In(language_),
          status.message()));
      return kInternal;
  }
}

void Console::Progress(const Words& stage, int64_t done, int64_t total) {
  if (!terminal_ || quiet_ || total <= 0) return;
  const int64_t percent =
      static_cast<int64_t>(static_cast<__int128>(done) * 100 / total);
  if (last_.exchange(percent) == percent) return;
  const std::string line =
      absl::StrCat("\r\033[K", stage.In(language_), " ", percent, " %");
  std::fwrite(line.data(), 1, line.size(), stderr);
  shown_ = true;
}

void Console::EndProgress() {
  if (!shown_.exchange(false)) return;
  std::fputs("\r\033[K", stderr);
  last_ = -1;
}

}  // namespace plumbline::audit
