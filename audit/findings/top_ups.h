#ifndef PLUMBLINE_AUDIT_FINDINGS_TOP_UPS_H_
#define PLUMBLINE_AUDIT_FINDINGS_TOP_UPS_H_

#include <cstdint>

#include "audit/findings/worker_frame.h"
#include "audit/rules/compiled_pack.h"

namespace plumbline::audit {

// Pay that makes one window's shortfall good, in millionths.
struct TopUps {
  __int128 in_time = 0;  // Certainly of this window and paid in time.
  __int128 perhaps = 0;  // May be, beside that: no date, or no window named.
  __int128 late = 0;     // Of this window, paid after the last day.
  int64_t last_late = replay::kUnknown;
};

// The instant before which pay for a window makes good.
int64_t TopUpDue(const CompiledTopUp& rule, WorkerFrame& frame, int plan,
                 size_t period);

// A line belongs to the window whose task it names, else to that which holds
// its period, else to that in which it was earned; a line without any of these
// may be meant for any window that it is in time for. Pay in a column of
// `tasks` comes with the task, in time. Cost: O(lines + tasks of the window).
TopUps FindTopUps(const CompiledTopUp& rule, WorkerFrame& frame, int plan,
                  size_t period, int64_t due);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_FINDINGS_TOP_UPS_H_
