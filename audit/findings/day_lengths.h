#ifndef PLUMBLINE_AUDIT_FINDINGS_DAY_LENGTHS_H_
#define PLUMBLINE_AUDIT_FINDINGS_DAY_LENGTHS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "replay/base/interval_set.h"

namespace plumbline::audit {

// How much of some intervals lies in a stretch of whole days: windows of the
// calendar begin and end with days, and many rules ask for the same ones.
//
// Assign is O(intervals + days), Within O(1). Intervals may overlap; each
// counts by itself. Milliseconds.
class DayLengths {
 public:
  // `starts` are the first instants of successive days and, last, of the day
  // after them; at least two.
  void Assign(std::span<const int64_t> starts);
  void Add(const replay::Interval& part);
  void Finish();  // After the last Add.

  // The length within [from, to); false where one of them is no start of a day.
  bool Within(int64_t from, int64_t to, int64_t* length) const;

 private:
  // Which start an instant is; -1 for none. Before and after all of them it is
  // the first or last, if nothing lies there.
  int64_t IndexOf(int64_t instant) const;

  std::span<const int64_t> starts_;
  std::vector<int64_t> before_;  // Of each start: length from the first to it.
  bool early_ = false, late_ = false;  // Something lies outside of the days.
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_FINDINGS_DAY_LENGTHS_H_
