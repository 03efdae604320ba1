#ifndef PLUMBLINE_AUDIT_FINDINGS_WORKER_FRAME_H_
#define PLUMBLINE_AUDIT_FINDINGS_WORKER_FRAME_H_

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "audit/findings/day_lengths.h"
#include "audit/findings/task_overlaps.h"
#include "audit/measures/local_clock.h"
#include "audit/measures/measure.h"
#include "audit/rules/compiled_pack.h"
#include "replay/base/interval_set.h"
#include "replay/timeline/length_index.h"
#include "replay/timeline/worker_timeline.h"

namespace plumbline::audit {

// Which columns leave a bound open; the evaluator turns these into bits of its
// program.
enum Unknown : uint32_t {
  kAcceptedUnknown = 1,
  kEndUnknown = 2,
  kPickupUnknown = 4,
  kSessionEndUnknown = 8,
  kRequiredUnknown = 16,
  kPayUnknown = 32,
  kPayDateUnknown = 64,
  kStraddles = 128,  // No column: a task runs over an end of the window.
};

// A quantity in base units (milliseconds, millionths) with what is open.
struct Extent {
  __int128 lo = 0;
  __int128 hi = 0;
  bool hi_open = false;
  uint32_t unknown = 0;
};

struct Period {
  int64_t from = 0;
  int64_t to = 0;
};

// What the log can and cannot say at all, decided once.
struct LogShape {
  bool sessions = false;
  bool required_column = false;
  uint32_t wide_pay = 0;     // Kinds with a column in `tasks`.
  bool pay_lines = false;    // The log has a pay statement.
  uint32_t wanted_sets = 0;  // Time sets that some rule asks for.
  // Last instant that the log says it observed; kUnknown where it says none.
  int64_t observed_to = replay::kUnknown;
};

// A stretch of a time set, with the run that it continues: earlier stretches,
// each after a pause shorter than the rule's.
struct Stretch {
  int64_t run_begin = 0;
  int64_t begin = 0;
  int64_t end = 0;
  uint32_t unknown = 0;  // Why it may be longer.
};

// One worker's life cut into periods, with the sums that formulas ask for. One
// per judge, filled again for each worker; buffers are reused, so that a worker
// costs no allocation once the largest has been seen.
//
// Cost: one walk over the tasks, O(tasks) a plan, and O(1) a question for time
// or pay where periods are asked for in order.
class WorkerFrame {
 public:
  WorkerFrame(absl::TimeZone zone, const LogShape& shape);

  int AddPlan(const WindowPlan& plan);  // Index; before the first Reset.
  void Reset(const replay::WorkerTimeline& timeline);

  const replay::WorkerTimeline& timeline() const { return *timeline_; }
  LocalClock& clock() { return clock_; }
  absl::TimeZone zone() const { return zone_; }

  // Periods in which the worker did, was online or was paid anything.
  std::span<const Period> Periods(int plan);
  std::span<const uint32_t> TasksIn(int plan, size_t period);
  // Of each period whether anything was done, online or paid in it.
  std::span<const uint8_t> Active(int plan);
  // Of each the local day of its first instant.
  std::span<const int64_t> FirstDays(int plan);
  // Tasks that run over an end of the period, where the plan does not say to
  // which side they belong. They may or may not be in TasksIn.
  std::span<const uint32_t> Straddlers(int plan, size_t period);
  // Whether a task lies within [from, to) by what the plan says of tasks that
  // run over an end.
  enum class Within : uint8_t { kNo, kYes, kPerhaps };
  Within IsWithin(uint32_t task, Straddle straddle, int64_t from,
                  int64_t to) const;

  // The first and last acceptance of the tasks that are counted, or may be, in
  // a period, or a stretch that holds them; false where one is not known.
  bool AcceptedIn(int plan, size_t period, int64_t* first, int64_t* last);

  // Time in any of `sets` within [from, to); of tasks added up if `sum`.
  Extent Time(uint32_t sets, bool sum, int64_t from, int64_t to);
  // The same within one city: time engaged in it and, where the worker has only
  // one city, all other time of the sets.
  Extent TimeInCity(uint32_t sets, replay::Symbol city, int64_t from,
                    int64_t to);
  std::span<const replay::Symbol> Cities();

  // Pay of the kinds in `mask`: of the period's tasks and of loose lines.
  Extent Pay(uint32_t mask, int plan, size_t period);
  // Whether the log can have an amount of any of the kinds.
  bool Records(uint32_t mask) const {
    return shape_.pay_lines || (shape_.wide_pay & mask) != 0;
  }
  Extent TaskPay(uint32_t mask, const replay::Task& task) const;
  // The log has a pay statement, but nothing of this worker in it.
  bool WithoutStatement() const;

  // All stretches of the worker's sets. Valid until the next call.
  std::span<const Stretch> Stretches(uint32_t sets, int64_t pause);
  // When the time of the sets since `from` came to `amount`; kUnknown if it did
  // not before `to`.
  int64_t ReachedAt(uint32_t sets, int64_t amount, int64_t from, int64_t to);
  // After it nothing can be said; the end of time where the log names no end.
  int64_t Horizon() const;
  // Whether the log surely goes on to `instant`: it says so, or the worker has
  // a record at or after it.
  bool LastsTo(int64_t instant);
  // Grows with each worker.
  int64_t generation() const { return generation_; }
  // The local day of a plan that an instant belongs to.
  int64_t PlanDay(const WindowPlan& plan, int64_t instant) {
    return plan.day_cut == 0
               ? clock_.Day(instant)
               : LocalClock::FloorDay(clock_.ToLocal(instant) - plan.day_cut);
  }
  // Whether the periods are pay periods that no line of the statement names:
  // weeks then stand for them.
  bool PeriodsAssumed(int plan);
  // The window after one that ends at `end`.
  Period Next(int plan, size_t period);

  // Whether another task of the worker was under way during this one.
  bool Overlapped(const replay::Task& task) {
    return overlaps_.Overlapped(timeline_->tasks, task);
  }

  int64_t LongestRun(uint32_t sets, int64_t pause, int64_t from, int64_t to);
  int64_t LongestGap(uint32_t sets, int64_t from, int64_t to);

  // First instant of a local day; cached.
  int64_t DayStart(int64_t day);

 private:
  struct Calendar {
    std::vector<Period> periods;  // Touching, ascending.
  };
  // Pay of one period's tasks, for any mask of kinds.
  struct TaskPayments {
    std::array<__int128, replay::kPayKinds> sum = {};
    uint32_t lacking = 0;  // Kinds that some delivered task should have.
  };
  struct PlanState {
    WindowPlan plan;
    Calendar calendar;  // Grows with the log.
    bool ready = false;
    bool assumed = false;  // No line names a pay period.
    std::vector<Period> periods;
    std::span<const uint32_t> order;  // Tasks by period.
    std::vector<uint32_t> starts;     // Into `order`, one more than periods.
    std::vector<uint32_t> of_task;
    std::vector<uint32_t> sorted;   // What `order` shows where tasks are not
                                    // in order of the periods.
    std::vector<uint32_t> undated;  // Tasks without any clock.
    // Of Straddle::kEither and kSplit: tasks that run over the end of a
    // period, by period; `cut_starts` as `starts`, empty where there are none.
    std::vector<uint32_t> cut, cut_starts;
    std::vector<uint8_t> active;         // By period; empty: not asked yet.
    std::vector<int64_t> first_days;     // The same.
    bool paid = false;                   // Whether `payments` is filled.
    std::vector<TaskPayments> payments;  // By period.
  };
  struct Possible {  // Time that may lie in sets, and why that is unknown.
    int64_t from, to;
    uint32_t sets;
    uint32_t unknown;
  };
  struct SetCache {
    uint32_t sets = 0;
    bool ready = false;
    const replay::IntervalSet* single = nullptr;  // The timeline's, or
    replay::IntervalSet united;
    uint32_t possible = 0;  // Why more time may lie in the sets, of any task.
    bool measured = false;  // Whether `length` is filled.
    replay::LengthIndex length;
    bool by_days = false;  // Whether `days` is filled.
    DayLengths days;

    const replay::IntervalSet& set() const {
      return single != nullptr ? *single : united;
    }
  };
  struct CityCache {
    replay::Symbol city = 0;
    replay::IntervalSet own;    // Engaged in this city.
    replay::IntervalSet alone;  // ... and in no other.
  };

  void Prepare(PlanState& state);
  // Periods that are no calendar; false for those that are.
  bool OwnPeriods(PlanState& state);
  void Extend(PlanState& state, int64_t first_day, int64_t last_day);
  Period PeriodOf(const WindowPlan& plan, int64_t day);
  SetCache& CacheOf(uint32_t sets);
  // The worker's days, with the one after the last; empty where they are more
  // than anybody works.
  std::span<const int64_t> Days();
  int64_t SumWithin(uint32_t sets, int64_t from, int64_t to);
  // Of a task the part that counts as `sets`; empty where a clock is missing.
  static replay::Interval PartOf(const replay::Task& task, uint32_t sets);
  const replay::IntervalSet& Set(uint32_t sets) { return CacheOf(sets).set(); }
  int64_t LengthWithin(uint32_t sets, int64_t from, int64_t to);
  const replay::IntervalSet* Single(uint32_t set) const;
  void Walk();
  void AddPossible(const replay::Task& task);
  void AddPossible(const replay::Session& session);
  void FindSpan();
  void SortByPeriod(PlanState& state);
  void FindStraddlers(PlanState& state);
  static std::span<const uint32_t> CutIn(const PlanState& state, size_t period);
  bool IsActive(const PlanState& state, size_t period);
  Extent StraddlingPay(uint32_t mask, uint32_t task, const PlanState& state,
                       const Period& window) const;
  void SumPayments(PlanState& state);
  void BuildCities();

  LogShape shape_;
  int64_t generation_ = 0;
  std::vector<Stretch> stretches_;
  absl::TimeZone zone_;
  LocalClock clock_;
  const replay::WorkerTimeline* timeline_ = nullptr;
  std::vector<PlanState> plans_;
  std::vector<SetCache> sets_;
  struct SumCache {  // Of tasks added up.
    uint32_t sets = 0;
    bool ready = false;
    DayLengths days;
  };
  std::vector<SumCache> sums_;
  bool days_ready_ = false;
  std::vector<int64_t> days_;
  // From the walk over the tasks: when each is counted, by its end and by its
  // start, and the ascending numbers of all.
  bool walked_ = false;
  std::array<std::vector<int64_t>, 2> counted_;
  std::vector<uint32_t> numbers_;
  bool all_accepted_ = false;  // Every task has a clock of acceptance.
  std::vector<Possible> possible_;
  bool loose_ready_ = false;
  std::vector<replay::PayLine> loose_;
  std::vector<replay::Symbol> cities_;
  TaskOverlaps overlaps_;
  std::vector<CityCache> city_sets_;
  bool city_sets_ready_ = false;
  // Span of the worker's instants: those of the tasks, later of all.
  int64_t first_ = 0, last_ = 0;
  bool has_span_ = false;
  int64_t day_base_ = 0;
  std::vector<int64_t> day_starts_;
  std::vector<replay::Interval> scratch_;
};

// When a task is counted: the end of it (or its start), else the next best
// clock, kUnknown where it has none.
int64_t CountedAt(const replay::Task& task, bool by_start);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_FINDINGS_WORKER_FRAME_H_
