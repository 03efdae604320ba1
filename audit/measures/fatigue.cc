#include "audit/measures/fatigue.h"

#include <algorithm>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "audit/measures/state_codec.h"
#include "audit/measures/target_tally.h"
#include "audit/stats/decimal.h"
#include "audit/stats/hash.h"
#include "replay/timeline/workload.h"

namespace plumbline::audit {
namespace {

using replay::IsKnown;

// First whole hour of each bin since the start of the shift.
constexpr int kBinHours[FatigueTally::kBins] = {0, 1, 2, 3, 4, 6, 8, 10, 12};
// Faster than any vehicle in a town: a fault of the clocks or the route.
constexpr int64_t kFastest = 200'000;  // Metres an hour.

int BinOf(int64_t since) {
  int bin = 0;
  while (bin + 1 < FatigueTally::kBins &&
         since >= kBinHours[bin + 1] * replay::kHour) {
    ++bin;
  }
  return bin;
}

// Metres an hour over the recorded route, kUnknown where it cannot be told.
int64_t SpeedOf(const replay::Task& task, int64_t duration) {
  int64_t riding = duration;
  for (const auto& [from, to] :
       {std::pair(task.arrived_pickup_at, task.picked_up_at),
        std::pair(task.arrived_dropoff_at, task.completed_at)}) {
    if (IsKnown(from) && IsKnown(to) && from <= to) riding -= to - from;
  }
  if (!IsKnown(task.route_distance) || task.route_distance <= 0 ||
      riding <= 0) {
    return replay::kUnknown;
  }
  // mm a ms are m a s.
  const Int128 speed = Int128{task.route_distance} * 3600 / riding;
  return speed > kFastest ? replay::kUnknown : static_cast<int64_t>(speed);
}

// Columns: bins but the first, load 2 and 3+, lunch, dinner, dry, rain, severe
// (weather unknown is the base), distance bands but the first.
constexpr int kFirstLoad = FatigueTally::kBins - 1;
constexpr int kFirstHour = kFirstLoad + 2;
constexpr int kFirstWeather = kFirstHour + 2;
constexpr int kFirstBand = kFirstWeather + 3;

int Columns(const v1::AuditPlan& plan) {
  return kFirstBand + plan.distance_bands_m_size() + 1;
}

void Judge(std::string verdict, std::string en, std::string zh,
           v1::Fatigue* out) {
  out->set_verdict(std::move(verdict));
  out->set_reason(std::move(en));
  out->set_reason_zh(std::move(zh));
}

}  // namespace

FatigueTally::FatigueTally(const MeasureContext& context,
                           const v1::AuditPlan& plan)
    : plan_(plan),
      runs_{context.Has("tasks.accepted_at") &&
                context.Has("tasks.completed_at") &&
                (context.Has("tasks.limit_at") ||
                 context.Has("tasks.promised_at")),
            context.Has("tasks.accepted_at") &&
                context.Has("tasks.completed_at") &&
                context.Has("tasks.route_distance_m")},
      target_(context.Has("tasks.limit_at") ? 1 : 0),
      bands_(plan.distance_bands_m_size()),
      blocks_{WorkerBlocks(Columns(plan)), WorkerBlocks(Columns(plan))} {}

void FatigueTally::FindShifts(const replay::WorkerTimeline& timeline) {
  parts_.clear();
  for (const replay::IntervalSet* set : {timeline.online, timeline.engaged}) {
    if (set == nullptr) continue;
    parts_.insert(parts_.end(), set->intervals().begin(),
                  set->intervals().end());
  }
  joined_.AssignUnion(parts_);
  shifts_.clear();
  replay::ForEachRun(
      joined_, plan_.shift_gap_s() * replay::kSecond,
      [this](const replay::Interval& shift) { shifts_.push_back(shift); });
}

int FatigueTally::ColumnsOf(const StratumKey& key, int bin, int* holds) const {
  int n = 0;
  if (bin > 0) holds[n++] = bin - 1;
  if (key.load > 1) holds[n++] = kFirstLoad + key.load - 2;
  const int hour = key.hour_type % 3;
  if (hour != kOtherHours) holds[n++] = kFirstHour + hour;
  if (key.weather != kWeatherUnknown) {
    holds[n++] = kFirstWeather + key.weather - 1;
  }
  if (key.band > 0) holds[n++] = kFirstBand + key.band - 1;
  return n;
}

void FatigueTally::Observe(const replay::WorkerTimeline& timeline,
                           const WorkerSummary& summary) {
  if (!timeline.known || (!runs_[kLate] && !runs_[kSpeed])) return;
  FindShifts(timeline);
  size_t at = 0;
  bool any[kOutcomes] = {}, has_short = false, has_long = false;
  size_t last_shift = SIZE_MAX;
  int64_t longest = 0;
  const int64_t shorter = plan_.run_limit_s() * replay::kSecond;
  const int64_t longer = plan_.shift_long_s() * replay::kSecond;
  const auto end_shift = [&] {
    if (last_shift == SIZE_MAX) return;
    has_short |= longest < shorter;
    has_long |= longest >= longer;
  };
  for (const TaskInStratum& in : summary.strata->Tasks()) {
    const replay::Task& task = timeline.tasks[in.task];
    // Tasks come in order of acceptance, shifts too.
    while (at < shifts_.size() && shifts_[at].end < task.accepted_at) ++at;
    if (at == shifts_.size()) break;
    const int64_t since = task.accepted_at - shifts_[at].begin;
    if (since < 0) continue;  // Neither online nor engaged: no shift.
    if (at != last_shift) {
      end_shift();
      last_shift = at;
      longest = 0;
    }
    longest = std::max(longest, since);
    if (!IsKnown(in.duration) || task.prebooked == 1) continue;
    const int bin = BinOf(since);
    const StratumKey& key = summary.strata->sorter().KeyOf(in.cell);
    int holds[8];
    const int held = ColumnsOf(key, bin, holds);
    const auto add = [&](int outcome, int64_t y) {
      blocks_[outcome].AddRow(LocalClock::WeekDay(in.day),
                              {holds, static_cast<size_t>(held)}, y);
      Counts& counts = counts_[outcome];
      ++counts.n;
      ++counts.by_bin[bin];
      counts.sums[bin] += y;
      any[outcome] = true;
    };
    if (runs_[kLate] && IsKnown(in.target[target_])) {
      add(kLate, in.duration > in.target[target_]);
    }
    if (runs_[kSpeed] && key.load == 1) {
      const int64_t speed = SpeedOf(task, in.duration);
      if (IsKnown(speed)) add(kSpeed, speed);
    }
  }
  end_shift();
  workers_both_ += has_short && has_long;
  const uint64_t worker = HashText(timeline.worker_id);
  for (int o = 0; o < kOutcomes; ++o) {
    if (!any[o]) continue;
    ++counts_[o].workers;
    blocks_[o].EndWorker(worker);
  }
}

void FatigueTally::Save(v1::WorkloadState* state) const {
  for (int o = 0; o < kOutcomes; ++o) {
    v1::WorkloadState::Blocks* out = state->add_fatigue();
    blocks_[o].Save(out);
    const Counts& counts = counts_[o];
    out->add_counts(counts.n);
    out->add_counts(counts.workers);
    out->add_counts(o == 0 ? workers_both_ : 0);
    for (int b = 0; b < kBins; ++b) {
      out->add_counts(counts.by_bin[b]);
      *out->add_totals() = EncodeWide(counts.sums[b]);
    }
  }
}

void FatigueTally::Merge(const v1::WorkloadState& state) {
  for (int o = 0; o < std::min<int>(kOutcomes, state.fatigue_size()); ++o) {
    const v1::WorkloadState::Blocks& in = state.fatigue(o);
    if (in.counts_size() != kBins + 3 || in.totals_size() != kBins) continue;
    blocks_[o].Merge(in);
    Counts& counts = counts_[o];
    counts.n += in.counts(0);
    counts.workers += in.counts(1);
    workers_both_ += in.counts(2);
    for (int b = 0; b < kBins; ++b) {
      counts.by_bin[b] += in.counts(3 + b);
      counts.sums[b] += DecodeWide(in.totals(b));
    }
  }
}

void FatigueTally::WriteOne(int outcome, v1::Fatigue* out) const {
  const Counts& counts = counts_[outcome];
  out->set_outcome(outcome == kLate ? "late" : "speed");
  if (outcome == kLate) out->set_target(target_ == 1 ? "limit" : "promise");
  out->set_n(counts.n);
  out->set_workers(counts.workers);
  out->set_workers_both(workers_both_);
  for (const char* one :
       {"worker", "weekday", "load", "hour", "weather", "distance"}) {
    out->add_alike(one);
  }
  const WorkerBlocks::Solution solution = blocks_[outcome].Fit();
  const double unit = outcome == kLate ? 1 : 1000;  // Metres to kilometres.
  int64_t late_n = 0;
  std::vector<double> late(kBins - 1, 0);
  for (int b = 0; b < kBins; ++b) {
    v1::FatigueBin* bin = out->add_bins();
    bin->set_from_s(int64_t{3600} * kBinHours[b]);
    if (b + 1 < kBins) bin->set_to_s(int64_t{3600} * kBinHours[b + 1]);
    bin->set_n(counts.by_bin[b]);
    if (counts.by_bin[b] == 0) continue;
    bin->set_mean(RatioText(counts.sums[b], Int128{counts.by_bin[b]} *
                                                (outcome == kLate ? 1 : 1000)));
    if (kBinHours[b] * 3600 >= plan_.shift_long_s()) {
      late[b - 1] = static_cast<double>(counts.by_bin[b]);
      late_n += counts.by_bin[b];
    }
    if (b == 0) continue;
    std::vector<double> weights(kBins - 1, 0);
    weights[b - 1] = 1;
    const auto effect = solution.Combine(weights, unit);
    if (effect) *bin->mutable_effect() = FigureOf(*effect);
  }
  std::optional<WorkerBlocks::Estimate> late_hours;
  if (late_n > 0) {
    for (double& weight : late) weight /= static_cast<double>(late_n);
    late_hours = solution.Combine(late, unit);
    if (late_hours) *out->mutable_late_hours() = FigureOf(*late_hours);
  }
  if (outcome != kLate) return;
  const std::string hours = absl::StrCat(plan_.shift_long_s() / 3600);
  if (workers_both_ < plan_.fatigue_min_workers()) {
    Judge("CANNOT_CONCLUDE(N)",
          absl::StrCat(workers_both_,
                       " workers have both a short shift and "
                       "one of ",
                       hours, " hours or more; at least ",
                       plan_.fatigue_min_workers(),
                       " are needed. A longer log, with sessions, would "
                       "settle it."),
          absl::StrCat("既有短班次又有 ", hours,
                       " 小时及以上长班次的劳动者"
                       "只有 ",
                       workers_both_, " 名，至少需要 ",
                       plan_.fatigue_min_workers(),
                       " 名。提供更长时段并附上线记录的日志即可判断。"),
          out);
    return;
  }
  if (!late_hours || !out->late_hours().has_lo()) {
    Judge("CANNOT_CONCLUDE(ID)",
          "The hours of a shift cannot be told apart from the conditions "
          "that are held alike.",
          "工作时数与其他条件无法区分开。", out);
    return;
  }
  const double low = std::strtod(out->late_hours().lo().c_str(), nullptr);
  const double high = std::strtod(out->late_hours().hi().c_str(), nullptr);
  const double margin = std::strtod(plan_.fatigue_margin().c_str(), nullptr);
  out->set_p_value(FloatText(PValueOf(*late_hours)));
  if (low > margin) {
    Judge("FINDING",
          absl::StrCat("After ", hours,
                       " hours the same workers are late more "
                       "often than in their first hour, with like orders. "
                       "Those who tire log off, so the true effect is at "
                       "least this large."),
          absl::StrCat("工作满 ", hours,
                       " 小时后，同一批劳动者在同类订单上"
                       "比第一个小时更常迟到。疲劳的人会提前下线，因此真实影"
                       "响至少这么大。"),
          out);
  } else if (high < margin) {
    Judge("NO_FINDING",
          "No rise of lateness beyond the declared margin is seen among those "
          "who kept working; those who tired may have logged off before.",
          "仍在工作的人当中，迟到率没有超过预先声明界限的上升；疲劳的人可能"
          "已提前下线。",
          out);
  } else {
    Judge("CANNOT_CONCLUDE(POW)",
          "The interval lies on both sides of the declared margin.",
          "区间跨越预先声明的界限。", out);
  }
}

void FatigueTally::Write(v1::Workload* out) const {
  for (int o = 0; o < kOutcomes; ++o) {
    if (runs_[o] && counts_[o].n > 0) WriteOne(o, out->add_fatigue());
  }
}

}  // namespace plumbline::audit
