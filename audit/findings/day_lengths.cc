#include "audit/findings/day_lengths.h"

#include <algorithm>

#include "replay/base/units.h"

namespace plumbline::audit {
namespace {

constexpr int64_t kDay = 24 * replay::kHour;

}  // namespace

void DayLengths::Assign(std::span<const int64_t> starts) {
  starts_ = starts;
  before_.assign(starts.size(), 0);
  early_ = late_ = false;
}

void DayLengths::Add(const replay::Interval& part) {
  int64_t begin = part.begin, end = part.end;
  if (begin >= end) return;
  if (begin < starts_.front()) {
    early_ = true;
    begin = starts_.front();
  }
  if (end > starts_.back()) {
    late_ = true;
    end = starts_.back();
  }
  if (begin >= end) return;
  // Days have 24 hours, or one more or less where clocks change.
  size_t day = std::min(static_cast<size_t>((begin - starts_.front()) / kDay),
                        starts_.size() - 2);
  while (starts_[day] > begin) --day;
  while (starts_[day + 1] <= begin) ++day;
  for (; begin < end; ++day) {
    const int64_t stop = std::min(end, starts_[day + 1]);
    before_[day + 1] += stop - begin;
    begin = stop;
  }
}

void DayLengths::Finish() {
  for (size_t i = 1; i < before_.size(); ++i) before_[i] += before_[i - 1];
}

int64_t DayLengths::IndexOf(int64_t instant) const {
  const auto last = static_cast<int64_t>(starts_.size()) - 1;
  if (instant <= starts_.front()) {
    return instant < starts_.front() && early_ ? -1 : 0;
  }
  if (instant >= starts_.back()) {
    return instant > starts_.back() && late_ ? -1 : last;
  }
  const int64_t guess = (instant - starts_.front()) / kDay;
  for (int64_t i = std::max<int64_t>(0, guess - 1);
       i <= std::min(last, guess + 1); ++i) {
    if (starts_[static_cast<size_t>(i)] == instant) return i;
  }
  return -1;
}

bool DayLengths::Within(int64_t from, int64_t to, int64_t* length) const {
  const int64_t first = IndexOf(from), last = IndexOf(to);
  if (first < 0 || last < 0) return false;
  *length =
      before_[static_cast<size_t>(last)] - before_[static_cast<size_t>(first)];
  return true;
}

}  // namespace plumbline::audit
