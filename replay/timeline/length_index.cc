#include "replay/timeline/length_index.h"

#include <algorithm>

namespace plumbline::replay {
namespace {

// So many intervals are looked at one by one before a search: a working day.
constexpr size_t kNear = 48;

}  // namespace

void LengthIndex::Assign(const IntervalSet& set) {
  intervals_ = set.intervals();
  before_.resize(intervals_.size() + 1);
  int64_t total = 0;
  for (size_t i = 0; i < intervals_.size(); ++i) {
    before_[i] = total;
    total += intervals_[i].length();
  }
  before_[intervals_.size()] = total;
  last_ = 0;
}

size_t LengthIndex::FirstEndingAfter(int64_t instant) {
  size_t from = last_;
  // What came before ends no later, unless the question went back.
  if (from > 0 && intervals_[from - 1].end > instant) from = 0;
  const size_t near = std::min(intervals_.size(), from + kNear);
  for (; from < near; ++from) {
    if (intervals_[from].end > instant) return from;
  }
  return std::upper_bound(
             intervals_.begin() + static_cast<ptrdiff_t>(from),
             intervals_.end(), instant,
             [](int64_t at, const Interval& part) { return at < part.end; }) -
         intervals_.begin();
}

size_t LengthIndex::FirstBeginningAt(size_t from, int64_t instant) const {
  if (intervals_.back().begin < instant) return intervals_.size();
  const size_t near = std::min(intervals_.size(), from + kNear);
  for (; from < near; ++from) {
    if (intervals_[from].begin >= instant) return from;
  }
  return std::lower_bound(
             intervals_.begin() + static_cast<ptrdiff_t>(from),
             intervals_.end(), instant,
             [](const Interval& part, int64_t at) { return part.begin < at; }) -
         intervals_.begin();
}

int64_t LengthIndex::Within(int64_t begin, int64_t end) {
  if (intervals_.empty() || begin >= end) return 0;
  const size_t first = FirstEndingAfter(begin);
  if (first == intervals_.size() || intervals_[first].begin >= end) {
    last_ = first;
    return 0;
  }
  const size_t past = FirstBeginningAt(first, end);
  last_ = past - 1;
  return before_[past] - before_[first] -
         std::max<int64_t>(0, begin - intervals_[first].begin) -
         std::max<int64_t>(0, intervals_[past - 1].end - end);
}

}  // namespace plumbline::replay
