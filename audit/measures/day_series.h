#ifndef PLUMBLINE_AUDIT_MEASURES_DAY_SERIES_H_
#define PLUMBLINE_AUDIT_MEASURES_DAY_SERIES_H_

#include <cstdint>
#include <map>
#include <span>

#include "audit/measures/worker_summary.h"
#include "audit/stats/decimal.h"
#include "plumbline/v1/partial.pb.h"
#include "plumbline/v1/result.pb.h"

namespace plumbline::audit {

// What all workers did on each local day, and from it on each ISO week and
// calendar month, for the plots of the report. Sums of integers, so merging is
// exact. Time is cut at local midnight; a task and its pay belong to the day of
// its completion (else cancellation, acceptance, placement), a line of pay to
// the day of earned_at (else of its period's start or its payment).
class DaySeries {
 public:
  void Add(std::span<const DayPart> days, bool known_worker);
  void Save(v1::HoursState* state) const;
  void Merge(const v1::HoursState& state);

  struct Known {
    bool online = false, engaged = false, pay = false;
  };
  // A figure that the log cannot tell is absent.
  void Write(const Known& known, v1::Periods* periods) const;

 private:
  struct Figures {
    int64_t online = 0, engaged = 0, worker_days = 0, delivered = 0;
    Int128 pay = 0;
    void operator+=(const Figures& other);
  };
  static void WriteFigures(const Figures& figures, const Known& known,
                           v1::PeriodFigures* out);

  std::map<int64_t, Figures> days_;
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_DAY_SERIES_H_
