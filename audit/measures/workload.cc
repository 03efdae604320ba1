#include "replay/timeline/workload.h"

#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "audit/measures/cliffs.h"
#include "audit/measures/coercion.h"
#include "audit/measures/coverage.h"
#include "audit/measures/fatigue.h"
#include "audit/measures/measure_list.h"
#include "audit/measures/state_codec.h"
#include "audit/measures/worker_summary.h"
#include "audit/measures/workload_bundles.h"
#include "audit/measures/workload_days.h"
#include "audit/measures/workload_lateness.h"
#include "audit/measures/workload_rest.h"

namespace plumbline::audit {
namespace {

using replay::Interval;
using replay::IsKnown;

constexpr int kMostGaps = 4;
constexpr int kOpenBins = 6;  // 1, 2, 3, 4, 5, 6 and more orders open.

// Sums over workers. Arrays by gap take kMostGaps places.
enum Sum {
  kWorkers,
  kRuns,
  kOver4 = kRuns + kMostGaps,
  kWorkersOver4 = kOver4 + kMostGaps,
  kOffers = kWorkersOver4 + kMostGaps,
  kInRestWindow,
  kAfterFourHours,
  kRestWindows,
  kRestWindowsWithPush,
  kPushedWorkers,
  kWorkerDays,
  kDaysOver8,
  kWorkersOver8,
  kWindows,
  kShortWindows,
  kWorkersShort,
  kWeeksWithoutRest,
  kWorkersStreak7,
  kAcceptances,
  kPlannedN,
  kPlannedOver,
  kRoutedN,
  kInfeasibleLow,
  kInfeasibleHigh,
  kTooMany,
  kSums
};
// Greatest values over workers.
enum Most {
  kLongestRun,
  kMostOpen = kLongestRun + kMostGaps,
  kLongestStreak,
  kMosts
};

// Workload (F-LOAD), bundles (STR-5) and causes of lateness (STR-7). All counts
// and sums over known workers; one pass.
class WorkloadMeasure : public Measure {
 public:
  explicit WorkloadMeasure(const MeasureContext& context)
      : Measure(context),
        context_(context),
        offers_table_(context.Has("offers.offered_at")),
        offered_column_(context.Has("tasks.offered_at")),
        responses_(context.Has("offers.response")),
        engaged_(context.Has("tasks.accepted_at") &&
                 (context.Has("tasks.completed_at") ||
                  context.Has("tasks.cancelled_at"))),
        plan_(PlanOf(context)),
        examples_(context.zone),
        fatigue_(context, plan_),
        coercion_(context, plan_),
        cliffs_(context, plan_),
        late_{LatenessTally(true), LatenessTally(false)} {
    const int64_t own = RunGap(context);
    std::set<int64_t> gaps = {600'000, 1'200'000, 1'800'000, own};
    gaps_.assign(gaps.begin(), gaps.end());
    own_gap_ = static_cast<size_t>(std::find(gaps_.begin(), gaps_.end(), own) -
                                   gaps_.begin());
  }

  std::string_view id() const override { return "workload"; }

  void Observe(const replay::WorkerTimeline& timeline,
               const WorkerSummary& summary) override {
    if (!engaged_ || !timeline.known || timeline.engaged == nullptr) return;
    for (LatenessTally& tally : late_) tally.Observe(timeline);
    if (timeline.engaged->empty()) return;
    ++sums_[kWorkers];
    std::vector<Interval> own_runs;
    for (size_t i = 0; i < gaps_.size(); ++i) {
      std::vector<Interval> runs = replay::RunsOf(*timeline.engaged, gaps_[i]);
      AddRuns(runs, static_cast<int>(i));
      if (i == own_gap_) own_runs = std::move(runs);
    }
    AddPushes(timeline, own_runs);
    AddRest(timeline, summary);
    AddOpen(timeline);
    examples_.Observe(timeline, summary, own_runs);
    fatigue_.Observe(timeline, summary);
    coercion_.Observe(timeline, summary);
    cliffs_.Observe(timeline, summary);
  }

  void Save(v1::MeasureState* envelope) const override {
    v1::WorkloadState state;
    for (const int64_t sum : sums_) state.add_counts(sum);
    for (const int64_t most : most_) state.add_most(most);
    for (const int64_t ms : open_ms_) state.add_seconds_open_ms(ms);
    for (const int64_t n : by_pause_) state.add_windows_by_pause(n);
    *state.mutable_saturation() = EncodeCounts(saturation_.Sorted());
    for (const LatenessTally& tally : late_) tally.Save(state.add_late());
    examples_.Save(&state);
    fatigue_.Save(&state);
    coercion_.Save(&state);
    cliffs_.Save(&state);
    envelope->set_id(std::string(id()));
    envelope->set_state(state.SerializeAsString());
  }

  absl::Status Merge(const v1::MeasureState& envelope) override {
    v1::WorkloadState state;
    if (absl::Status status = DecodeState(envelope, &state); !status.ok()) {
      return status;
    }
    for (int i = 0; i < std::min<int>(kSums, state.counts_size()); ++i) {
      sums_[static_cast<size_t>(i)] += state.counts(i);
    }
    for (int i = 0; i < std::min<int>(kMosts, state.most_size()); ++i) {
      int64_t& most = most_[static_cast<size_t>(i)];
      most = std::max(most, state.most(i));
    }
    for (int i = 0; i < std::min(kOpenBins, state.seconds_open_ms_size());
         ++i) {
      open_ms_[static_cast<size_t>(i)] += state.seconds_open_ms(i);
    }
    for (int i = 0; i < std::min(kPauseBins, state.windows_by_pause_size());
         ++i) {
      by_pause_[static_cast<size_t>(i)] += state.windows_by_pause(i);
    }
    saturation_.Merge(DecodeCounts(state.saturation()));
    for (int i = 0; i < std::min(2, state.late_size()); ++i) {
      late_[static_cast<size_t>(i)].Merge(state.late(i));
    }
    examples_.Merge(state);
    fatigue_.Merge(state);
    coercion_.Merge(state);
    cliffs_.Merge(state);
    return absl::OkStatus();
  }

  void Conclude(v1::AuditResult* result) const override {
    const bool engaged = CoverTime("workload.runs", result);
    CoverTime("workload.rest", result);
    CoverTime("workload.concurrency", result);
    CoverTime("workload.days", result);
    Cover(context_, "workload.pushes",
          {"tasks.worker_id", "tasks.accepted_at",
           "tasks.completed_at|tasks.cancelled_at",
           "offers.offered_at|tasks.offered_at"},
          result);
    Cover(context_, "workload.bundles.planned",
          {"tasks.worker_id", "tasks.accepted_at",
           "tasks.completed_at|tasks.cancelled_at", "tasks.estimates_s",
           "tasks.limit_at|tasks.promised_at"},
          result);
    Cover(context_, "workload.bundles.routed",
          {"tasks.worker_id", "tasks.accepted_at",
           "tasks.completed_at|tasks.cancelled_at", "tasks.picked_up_at",
           "tasks.pickup_lat", "tasks.dropoff_lat",
           "tasks.limit_at|tasks.promised_at"},
          result);
    Cover(context_, "workload.fatigue.late",
          {"tasks.worker_id", "tasks.accepted_at", "tasks.completed_at",
           "tasks.limit_at|tasks.promised_at"},
          result);
    Cover(context_, "workload.fatigue.speed",
          {"tasks.worker_id", "tasks.accepted_at", "tasks.completed_at",
           "tasks.route_distance_m"},
          result);
    Cover(context_, "workload.coercion",
          {"offers.offered_at", "offers.response", "sessions.started_at",
           "sessions.ended_at"},
          result);
    const bool cliffs =
        Cover(context_, "workload.cliffs",
              {"sessions.started_at", "sessions.ended_at",
               "offers.response|tasks.limit_at|tasks.promised_at"},
              result);
    const bool promise = CoverLate("promise", "tasks.promised_at", result);
    const bool limit = CoverLate("limit", "tasks.limit_at", result);
    v1::Workload* out = result->mutable_measures()->mutable_workload();
    if (!engaged) return;
    if (sums_[kWorkers] == 0) {
      for (const char* path :
           {"workload.runs", "workload.rest", "workload.concurrency",
            "workload.days", "workload.pushes", "workload.bundles.planned",
            "workload.bundles.routed"}) {
        CoverEmpty(path, "No known worker has time between two known clocks.",
                   "没有任何已知劳动者的起止时刻都已知。", result);
      }
      return;
    }
    AddNotes(result);
    out->set_workers(sums_[kWorkers]);
    out->set_run_limit_s(plan_.run_limit_s());
    out->set_rest_after_run_s(plan_.rest_after_run_s());
    out->set_daily_rest_s(plan_.daily_rest_s());
    WriteRuns(out);
    if (offers_table_ || offered_column_) WritePushes(out->mutable_pushes());
    WriteRest(out->mutable_rest());
    WriteConcurrency(out->mutable_concurrency());
    WriteBundles(out->mutable_bundles());
    if (promise) late_[0].Write(out->mutable_promise_lateness());
    if (limit) late_[1].Write(out->mutable_limit_lateness());
    examples_.Write(out);
    fatigue_.Write(out);
    coercion_.Write(out);
    cliffs_.Write(out);
    if (cliffs && out->cliffs().empty()) {
      CoverEmpty("workload.cliffs",
                 "No threshold has enough weeks of enough workers on both "
                 "sides.",
                 "没有任何门槛的两侧都有足够多的劳动者周。", result);
    }
  }

 private:
  bool CoverTime(const char* path, v1::AuditResult* result) const {
    return Cover(context_, path,
                 {"tasks.worker_id", "tasks.accepted_at",
                  "tasks.completed_at|tasks.cancelled_at"},
                 result);
  }
  bool CoverLate(const std::string& name, const char* column,
                 v1::AuditResult* result) const {
    for (const char* cause_column :
         {"tasks.arrived_pickup_at", "tasks.arrived_dropoff_at"}) {
      const std::string path =
          "workload." + name + "Lateness." +
          (cause_column == std::string_view("tasks.arrived_pickup_at")
               ? "merchantWait"
               : "handover");
      Cover(context_, path,
            {column, "tasks.completed_at", "tasks.picked_up_at", cause_column},
            result);
    }
    return Cover(context_, "workload." + name + "Lateness",
                 {"tasks.worker_id", column, "tasks.completed_at"}, result);
  }

  void AddNotes(v1::AuditResult* result) const {
    const int64_t limit = plan_.run_limit_s() / 60,
                  rest = plan_.rest_after_run_s() / 60,
                  daily = plan_.daily_rest_s() / 60,
                  gap = plan_.shift_gap_s() / 60,
                  late = plan_.shift_long_s() / 60;
    result->add_notes(absl::StrCat(
        "Work and rest, as the audit plan declares them, in minutes: runs of "
        "more than ",
        limit, ", a rest of ", rest, " after one, a rest of ", daily,
        " between days; a pause of ", gap,
        " ends a shift, and its late hours begin after ", late,
        ". Margins: ", plan_.fatigue_margin(), " of the share late, ",
        plan_.coercion_margin(), " of the mean for work after refusals, ",
        plan_.cliff_margin(), " of it for a jump at a threshold, ",
        plan_.pressure_margin(), " for the speed-up under pressure."));
    result->add_notes_zh(absl::StrCat(
        "工作与休息按审计方案预先声明（分钟）：连续工作超过 ", limit,
        "，其后休息 ", rest, "，每日之间休息 ", daily, "；停顿 ", gap,
        " 视为班次结束，满 ", late, " 之后为后段时间。界限：迟到比例 ",
        plan_.fatigue_margin(), "，拒单后派单为均值的 ",
        plan_.coercion_margin(), "，门槛处跳变为均值的 ", plan_.cliff_margin(),
        "，时限下提速 ", plan_.pressure_margin(), "。"));
  }
  int64_t run_limit() const { return plan_.run_limit_s() * replay::kSecond; }

  void AddRuns(const std::vector<Interval>& runs, int gap) {
    int64_t over = 0;
    for (const Interval& run : runs) {
      over += run.length() > run_limit();
      most_[static_cast<size_t>(kLongestRun + gap)] =
          std::max(most_[static_cast<size_t>(kLongestRun + gap)], run.length());
    }
    sums_[static_cast<size_t>(kRuns + gap)] +=
        static_cast<int64_t>(runs.size());
    sums_[static_cast<size_t>(kOver4 + gap)] += over;
    sums_[static_cast<size_t>(kWorkersOver4 + gap)] += over > 0;
  }

  // What reached the worker: as OfferCounter counts it.
  bool WasMade(const replay::Offer& offer) const {
    if (offer.chosen == 0) return false;
    if (offer.response == v1::RESPONSE_NOT_OFFERED) return false;
    return IsKnown(offer.chosen) || responses_;
  }

  void AddPushes(const replay::WorkerTimeline& timeline,
                 const std::vector<Interval>& runs) {
    if (!offers_table_ && !offered_column_) return;
    pushes_.clear();
    if (offers_table_) {
      for (const replay::Offer& offer : timeline.offers) {
        if (IsKnown(offer.offered_at) && WasMade(offer)) {
          pushes_.push_back(offer.offered_at);
        }
      }
    } else {
      for (const replay::Task& task : timeline.tasks) {
        if (IsKnown(task.offered_at)) pushes_.push_back(task.offered_at);
      }
    }
    std::sort(pushes_.begin(), pushes_.end());
    const PushCounts counts = PushesOf(
        runs, pushes_, run_limit(), plan_.rest_after_run_s() * replay::kSecond);
    sums_[kOffers] += static_cast<int64_t>(pushes_.size());
    sums_[kInRestWindow] += counts.in_rest_window;
    sums_[kAfterFourHours] += counts.after_four_hours;
    sums_[kRestWindows] += counts.rest_windows;
    sums_[kRestWindowsWithPush] += counts.rest_windows_with_push;
    sums_[kPushedWorkers] +=
        counts.in_rest_window + counts.after_four_hours > 0;
  }

  void AddRest(const replay::WorkerTimeline& timeline,
               const WorkerSummary& summary) {
    sums_[kWorkerDays] += summary.hours.days;
    sums_[kDaysOver8] += summary.hours.days_over_8h;
    sums_[kWorkersOver8] += summary.hours.days_over_8h > 0;
    sums_[kWeeksWithoutRest] += summary.hours.weeks_without_rest_day;
    const DailyRestCounts rest =
        RestOf(*timeline.engaged, plan_.daily_rest_s() * replay::kSecond);
    sums_[kWindows] += rest.windows;
    sums_[kShortWindows] += rest.short_windows;
    sums_[kWorkersShort] += rest.short_windows > 0;
    for (size_t i = 0; i < by_pause_.size(); ++i) {
      by_pause_[i] += rest.by_longest_pause[i];
    }
    int64_t streak = 0, longest = 0, last = INT64_MIN;
    for (const DayPart& day : summary.days) {
      if (day.engaged <= 0) continue;
      streak = last != INT64_MIN && day.day == last + 1 ? streak + 1 : 1;
      last = day.day;
      longest = std::max(longest, streak);
    }
    most_[kLongestStreak] = std::max(most_[kLongestStreak], longest);
    sums_[kWorkersStreak7] += longest >= 7;
  }

  // Orders open at a time, and the bundle at each acceptance. Tasks come in
  // order of acceptance.
  void AddOpen(const replay::WorkerTimeline& timeline) {
    events_.clear();
    open_.clear();
    for (const replay::Task& task : timeline.tasks) {
      const Interval engaged = task.engaged();
      if (engaged.length() <= 0) continue;
      events_.emplace_back(engaged.begin, 1);
      events_.emplace_back(engaged.end, -1);
      std::erase_if(open_, [&](const replay::Task* other) {
        return other->engaged().end <= engaged.begin;
      });
      open_.push_back(&task);
      if (open_.size() > 1) AddBundle(engaged.begin);
    }
    std::sort(events_.begin(), events_.end());
    int64_t load = 0;
    for (size_t i = 0; i < events_.size(); ++i) {
      if (load > 0) {
        open_ms_[static_cast<size_t>(std::min<int64_t>(load, kOpenBins) - 1)] +=
            events_[i].first - events_[i - 1].first;
      }
      load += events_[i].second;
      // Of one instant, ends come first: the order that ends is not open.
      most_[kMostOpen] = std::max(most_[kMostOpen], load);
    }
  }

  void AddBundle(int64_t now) {
    ++sums_[kAcceptances];
    if (const auto saturation = SaturationOf(open_, now)) {
      ++sums_[kPlannedN];
      sums_[kPlannedOver] += *saturation > 1000;
      saturation_.Add(*saturation);
    }
    if (open_.size() > kMostRouted) {
      ++sums_[kTooMany];
      return;
    }
    const auto low = CanKeepDeadlines(open_, now, plan_.speed_low_kmh());
    if (!low) return;
    ++sums_[kRoutedN];
    if (*low) return;
    ++sums_[kInfeasibleLow];
    sums_[kInfeasibleHigh] +=
        !*CanKeepDeadlines(open_, now, plan_.speed_high_kmh());
  }

  void WriteRuns(v1::Workload* out) const {
    for (size_t i = 0; i < gaps_.size(); ++i) {
      v1::RunsAt* runs = out->add_runs();
      runs->set_gap_s(gaps_[i] / replay::kSecond);
      runs->set_runs(sums_[kRuns + i]);
      runs->set_over4h(sums_[kOver4 + i]);
      runs->set_workers_over4h(sums_[kWorkersOver4 + i]);
      runs->set_longest_s(RoundSeconds(most_[kLongestRun + i]));
      runs->set_is_plan(i == own_gap_);
    }
  }
  void WritePushes(v1::Pushes* out) const {
    out->set_source(offers_table_ ? "offers.offered_at" : "tasks.offered_at");
    out->set_offers(sums_[kOffers]);
    out->set_in_rest_window(sums_[kInRestWindow]);
    out->set_after_four_hours(sums_[kAfterFourHours]);
    out->set_rest_windows(sums_[kRestWindows]);
    out->set_rest_windows_with_push(sums_[kRestWindowsWithPush]);
    out->set_workers(sums_[kPushedWorkers]);
  }
  void WriteRest(v1::DailyRest* out) const {
    out->set_worker_days(sums_[kWorkerDays]);
    out->set_days_over8h(sums_[kDaysOver8]);
    out->set_workers_over8h(sums_[kWorkersOver8]);
    out->set_windows(sums_[kWindows]);
    out->set_short_windows(sums_[kShortWindows]);
    out->set_workers_short(sums_[kWorkersShort]);
    for (const int64_t n : by_pause_) out->add_windows_by_longest_pause(n);
    out->set_weeks_without_rest_day(sums_[kWeeksWithoutRest]);
    out->set_longest_streak_days(most_[kLongestStreak]);
    out->set_workers_streak7(sums_[kWorkersStreak7]);
  }
  void WriteConcurrency(v1::Concurrency* out) const {
    int64_t total = 0;
    for (const int64_t ms : open_ms_) {
      out->add_seconds_open(RoundSeconds(ms));
      total += ms;
    }
    out->set_most(most_[kMostOpen]);
    if (total == 0) return;
    out->set_share_two_or_more(RatioText(total - open_ms_[0], total));
    int64_t below = 0;
    for (int k = 0; k < kOpenBins; ++k) {
      below += open_ms_[static_cast<size_t>(k)];
      if (Int128{below} * 20 < Int128{total} * 19) continue;
      out->set_p95(k + 1);
      break;
    }
  }
  void WriteBundles(v1::Bundles* out) const {
    out->set_acceptances(sums_[kAcceptances]);
    if (sums_[kPlannedN] > 0) {
      out->set_planned_n(sums_[kPlannedN]);
      out->set_planned_over(sums_[kPlannedOver]);
      const std::vector<Count> counts = saturation_.Sorted();
      const Fraction middle = *QuantileType7(counts, 1, 2);
      const Fraction high = *QuantileType7(counts, 19, 20);
      out->set_saturation_p50(
          RatioText(middle.numerator, middle.denominator * 1000, 3));
      out->set_saturation_p95(
          RatioText(high.numerator, high.denominator * 1000, 3));
    }
    if (sums_[kRoutedN] == 0) return;
    out->set_routed_n(sums_[kRoutedN]);
    out->set_infeasible_low(sums_[kInfeasibleLow]);
    out->set_infeasible_high(sums_[kInfeasibleHigh]);
    out->set_too_many(sums_[kTooMany]);
  }

  const MeasureContext& context_;
  const bool offers_table_, offered_column_, responses_, engaged_;
  const v1::AuditPlan plan_;
  std::vector<int64_t> gaps_;
  size_t own_gap_ = 0;
  std::array<int64_t, kSums> sums_ = {};
  std::array<int64_t, kMosts> most_ = {};
  std::array<int64_t, kOpenBins> open_ms_ = {};
  std::array<int64_t, kPauseBins> by_pause_ = {};
  Histogram saturation_{0, 1, 10'000};
  DayExamples examples_;
  FatigueTally fatigue_;
  CoercionTally coercion_;
  CliffTally cliffs_;
  std::array<LatenessTally, 2> late_;
  // Of one worker, used again.
  std::vector<int64_t> pushes_;
  std::vector<std::pair<int64_t, int64_t>> events_;
  std::vector<const replay::Task*> open_;
};

}  // namespace

std::unique_ptr<Measure> MakeWorkload(const MeasureContext& context) {
  return std::make_unique<WorkloadMeasure>(context);
}

}  // namespace plumbline::audit
