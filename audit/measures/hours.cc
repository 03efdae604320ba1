#include <array>

#include "audit/measures/coverage.h"
#include "audit/measures/day_series.h"
#include "audit/measures/measure_list.h"
#include "audit/measures/state_codec.h"
#include "audit/measures/worker_hours.h"
#include "audit/measures/worker_summary.h"

namespace plumbline::audit {
namespace {

// Time sets over all workers, runs, worker-days. State: integer sums and one
// maximum, so merging is exact. O(tasks) for the sets, which the timeline has.
class Hours : public Measure {
 public:
  explicit Hours(const MeasureContext& context)
      : Measure(context), context_(context), gap_(RunGap(context)) {}

  std::string_view id() const override { return "hours"; }

  void Observe(const replay::WorkerTimeline& timeline,
               const WorkerSummary& summary) override {
    for (int i = 0; i < kTimeSets; ++i) sets_[i] += summary.sets[i];
    without_interval_ += timeline.tasks_without_interval;
    days_.Add(summary.days, timeline.known);
    for (int kind = 0; kind < replay::kPayKinds; ++kind) {
      if (IsCounted(kind)) pay_seen_ += summary.pay.seen[kind];
    }
    if (!timeline.known) return;
    ++known_workers_;
    Add(summary.hours);
  }

  void Save(v1::MeasureState* envelope) const override {
    v1::HoursState state;
    for (const int64_t set : sets_) state.add_set_ms(set);
    state.set_tasks_without_interval(without_interval_);
    state.set_longest_run_ms(total_.longest_run);
    state.set_runs_over_4h(total_.runs_over_4h);
    state.set_worker_days(total_.days);
    state.set_worker_days_over_8h(total_.days_over_8h);
    state.set_weeks_without_rest_day(total_.weeks_without_rest_day);
    for (const int64_t n : total_.days_by_hour) {
      state.add_worker_days_by_hour(n);
    }
    state.set_known_workers(known_workers_);
    state.set_pay_seen(pay_seen_);
    days_.Save(&state);
    envelope->set_id(std::string(id()));
    envelope->set_state(state.SerializeAsString());
  }

  absl::Status Merge(const v1::MeasureState& envelope) override {
    v1::HoursState state;
    if (absl::Status status = DecodeState(envelope, &state); !status.ok()) {
      return status;
    }
    for (int i = 0; i < std::min<int>(kTimeSets, state.set_ms_size()); ++i) {
      sets_[i] += state.set_ms(i);
    }
    without_interval_ += state.tasks_without_interval();
    known_workers_ += state.known_workers();
    pay_seen_ += state.pay_seen();
    days_.Merge(state);
    WorkerHours hours;
    hours.longest_run = state.longest_run_ms();
    hours.runs_over_4h = state.runs_over_4h();
    hours.days = state.worker_days();
    hours.days_over_8h = state.worker_days_over_8h();
    hours.weeks_without_rest_day = state.weeks_without_rest_day();
    for (int i = 0; i < std::min(kHourBins, state.worker_days_by_hour_size());
         ++i) {
      hours.days_by_hour[i] = state.worker_days_by_hour(i);
    }
    Add(hours);
    return absl::OkStatus();
  }

  void Conclude(v1::AuditResult* result) const override {
    v1::Hours* hours = result->mutable_measures()->mutable_hours();
    v1::TimeSets* sets = hours->mutable_total();
    const bool sessions =
        Cover(context_, "hours.total.ONLINE",
              {"sessions.started_at", "sessions.ended_at"}, result);
    const bool engaged = Cover(context_, "hours.total.ENGAGED",
                               {"tasks.worker_id", "tasks.accepted_at",
                                "tasks.completed_at|tasks.cancelled_at"},
                               result);
    const bool to_pickup = Cover(
        context_, "hours.total.TO_PICKUP",
        {"tasks.worker_id", "tasks.accepted_at", "tasks.picked_up_at"}, result);
    const bool loaded = Cover(context_, "hours.total.LOADED",
                              {"tasks.worker_id", "tasks.picked_up_at",
                               "tasks.completed_at|tasks.cancelled_at"},
                              result);
    const bool on_call =
        Cover(context_, "hours.total.ON_CALL",
              {"sessions.started_at", "sessions.ended_at", "tasks.worker_id",
               "tasks.accepted_at", "tasks.completed_at|tasks.cancelled_at"},
              result);
    const bool required =
        Cover(context_, "hours.total.REQUIRED",
              {"sessions.started_at", "sessions.ended_at", "sessions.required"},
              result);
    Cover(context_, "hours.runs",
          {"tasks.worker_id", "tasks.accepted_at",
           "tasks.completed_at|tasks.cancelled_at"},
          result);
    auto seconds = [this](TimeSet set) { return RoundSeconds(sets_[set]); };
    if (known_workers_ == 0) {
      for (const char* path :
           {"hours.total.ONLINE", "hours.total.ENGAGED",
            "hours.total.TO_PICKUP", "hours.total.LOADED",
            "hours.total.ON_CALL", "hours.total.REQUIRED", "hours.runs"}) {
        CoverEmpty(path, "No row names its worker, so time cannot be united.",
                   "没有任何记录写明劳动者，无法合并时间。", result);
      }
    } else {
      if (sessions) sets->set_online(seconds(kOnline));
      if (engaged) sets->set_engaged(seconds(kEngaged));
      if (to_pickup) sets->set_to_pickup(seconds(kToPickup));
      if (loaded) sets->set_loaded(seconds(kLoaded));
      if (on_call) sets->set_on_call(seconds(kOnCall));
      if (required) sets->set_required(seconds(kRequired));
    }
    // A sum over tasks needs no worker.
    if (context_.Has("tasks.accepted_at") &&
        (context_.Has("tasks.completed_at") ||
         context_.Has("tasks.cancelled_at"))) {
      sets->set_task_sum(seconds(kTaskSum));
      hours->set_tasks_without_interval(without_interval_);
    }
    const DaySeries::Known known = {.online = sessions && known_workers_ > 0,
                                    .engaged = engaged && known_workers_ > 0,
                                    .pay = pay_seen_ > 0};
    days_.Write(known, result->mutable_measures()->mutable_periods());
    if (!engaged || known_workers_ == 0) return;
    v1::Runs* runs = hours->mutable_runs();
    runs->set_gap_s(gap_ / replay::kSecond);
    runs->set_longest_s(RoundSeconds(total_.longest_run));
    runs->set_over4h(total_.runs_over_4h);
    runs->set_worker_days(total_.days);
    runs->set_worker_days_over8h(total_.days_over_8h);
    runs->set_weeks_without_rest_day(total_.weeks_without_rest_day);
    for (const int64_t n : total_.days_by_hour)
      runs->add_worker_days_by_hour(n);
    if (!context_.zone_known) {
      result->add_notes(
          "Worker-days and weeks are cut at midnight UTC, since the log names "
          "no time zone.");
    }
  }

 private:
  void Add(const WorkerHours& hours) {
    total_.longest_run = std::max(total_.longest_run, hours.longest_run);
    total_.runs_over_4h += hours.runs_over_4h;
    total_.days += hours.days;
    total_.days_over_8h += hours.days_over_8h;
    total_.weeks_without_rest_day += hours.weeks_without_rest_day;
    for (int i = 0; i < kHourBins; ++i) {
      total_.days_by_hour[i] += hours.days_by_hour[i];
    }
  }

  const MeasureContext& context_;
  int64_t gap_;
  std::array<int64_t, kTimeSets> sets_ = {};
  WorkerHours total_;
  int64_t without_interval_ = 0;
  int64_t known_workers_ = 0;
  int64_t pay_seen_ = 0;
  DaySeries days_;
};

}  // namespace

std::unique_ptr<Measure> MakeHours(const MeasureContext& context) {
  return std::make_unique<Hours>(context);
}

}  // namespace plumbline::audit
