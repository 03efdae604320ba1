#ifndef PLUMBLINE_AUDIT_MEASURES_STRICTNESS_SPEED_H_
#define PLUMBLINE_AUDIT_MEASURES_STRICTNESS_SPEED_H_

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "audit/measures/strictness/bands.h"
#include "audit/measures/strictness/task_pool.h"
#include "audit/measures/strictness/walk.h"
#include "audit/stats/histogram.h"
#include "plumbline/v1/plan.pb.h"
#include "plumbline/v1/strictness.pb.h"

namespace plumbline::audit {

// S-SPEED: the speed that a target asks for, with R the route in metres from
// acceptance to drop-off, T the seconds allowed, N those not spent riding:
//
//   above v0 km/h  <=>  T <= N ("impossible")  or  R 3600 > v0 1000 (T - N)
//
//   EX_POST   N as recorded: could this worker make it?
//   EX_ANTE   N as planned, else the middle of the waits recorded in the same
//             zone and type of hour in the weeks before: was it set lawfully?
//             The log names no shop, so the zone stands for it.
//
// A missing wait is 0; of an order carried with others only its own route
// counts: both make the speed smaller. 4,200 m in 900 s ask for 16.8 km/h.
// Accepted tasks of known workers, prebooked ones left out. All in integers.
enum SpeedVersion { kExPost, kExAnte };

class SpeedTally {
 public:
  explicit SpeedTally(const v1::AuditPlan& plan);
  struct Counts {
    int64_t n = 0, over_low = 0, over_high = 0, impossible = 0;
    void operator+=(const Counts& other);
  };
  // `cell`: the counts of the task's distance band and load, of this tally.
  void Add(const StrictTask& task, int t, SpeedVersion version, int32_t wait,
           Counts* cell);
  void operator+=(const SpeedTally& other);

  struct One {
    Counts all;
    int64_t unknown = 0;
    Int128 missing_ms = 0;
    int64_t planned = 0, recorded = 0, of_place = 0, none = 0;
    Histogram speed{0, 1, 20'000};                // Hundredths of km/h.
    std::map<std::pair<int, int>, Counts> cells;  // Distance band, load.
  };
  One& at(int t, SpeedVersion version) { return one_[t][version]; }
  const One& at(int t, SpeedVersion version) const { return one_[t][version]; }

 private:
  int64_t low_, high_;
  One one_[kTargets][2];
};

// Both versions over the whole pool: Visit all tasks of each cell that were not
// prebooked, from any threads, then Sum.
class SpeedMeasure {
 public:
  SpeedMeasure(const TaskPool& pool, const Walk& walk,
               const v1::AuditPlan& plan);
  ~SpeedMeasure();
  void Visit(size_t cell, const WeekCell& week,
             std::span<const StrictTask> tasks);
  SpeedTally Sum() const;

 private:
  struct Parts;
  const Walk& walk_;
  const v1::AuditPlan& plan_;
  std::unique_ptr<Parts> parts_;
};

// A finding where the lower bound of the share above the lawful speed is above
// speed_share_at_most, none where the upper bound is at most that; the bounds
// let targets without a route be lawful, or not.
void WriteSpeed(const SpeedTally& tally, const BandList& bands, int t,
                SpeedVersion version, const v1::AuditPlan& plan,
                v1::SpeedTest* out);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_STRICTNESS_SPEED_H_
