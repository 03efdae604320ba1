#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "audit/measures/coverage.h"
#include "audit/measures/measure_list.h"
#include "audit/measures/state_codec.h"
#include "audit/measures/target_ranks.h"
#include "audit/measures/target_tally.h"
#include "audit/measures/worker_summary.h"

namespace plumbline::audit {
namespace {

// Strata that are listed: the JSON must not grow with the strata.
constexpr size_t kListed = 200;
// Fewer clusters carry no interval (methods: fewer than six workers).
constexpr int64_t kFewestWorkers = 6;

// Timing targets: lateness and slack, the speed they ask for (S-SPEED), and
// their rank among comparable durations (S-RANK), promise and appraisal limit
// apart.
//
// Rank of target T of worker w in stratum s, D the durations of the others:
//
//   F = (C_s(T) - C_{s,w}(T)) / (n_s - n_{s,w}),   C(T) = #{D <= T}
//   pi = mean F over delivered tasks in strata with enough to compare
//
// Durations and targets both start at acceptance. 0.5 is a target at the
// middle, 0 one that nobody else met. pi_low lets undelivered tasks never
// arrive, pi_high lets them arrive at their last clock. The interval is
// linearised by worker (both as one who has targets and as one whose durations
// others are ranked in) with t(G - 1).
//
// Two passes: exact histograms first, ranks then. Each rank sum of a worker and
// stratum is an exact integer over one denominator, added in units of 2^-60.
class Targets : public Measure {
 public:
  explicit Targets(const MeasureContext& context)
      : Measure(context),
        context_(context),
        plan_(PlanOf(context)),
        tally_(plan_),
        has_{context.Has("tasks.promised_at"), context.Has("tasks.limit_at")} {
    ranks_ = (has_[0] || has_[1]) && context.Has("tasks.accepted_at") &&
             context.Has("tasks.completed_at");
    if (ranks_) first_ = std::make_unique<RankedTasks>(context.kept_bytes);
  }

  std::string_view id() const override { return "targets"; }
  int passes() const override { return ranks_ ? 2 : 1; }
  bool complete() const override {
    return !ranks_ || second_ != nullptr || first_->kept();
  }

  void Observe(const replay::WorkerTimeline& timeline,
               const WorkerSummary& summary) override {
    const auto add = [&](auto& ranked) {
      if (!timeline.known) return;
      ranked.Add(summary.strata->Tasks(), summary.strata->sorter());
    };
    if (second_ != nullptr) {
      add(*second_);
      return;
    }
    if (has_[0] || has_[1]) tally_.Observe(timeline);
    if (ranks_) add(*first_);
  }

  void BeginSecondPass(const v1::MeasureState& merged) override {
    auto state = std::make_shared<v1::TargetsState>();
    if (!DecodeState(merged, state.get()).ok() || !ranks_) return;
    first_state_ =
        std::shared_ptr<const v1::TargetsFirst>(state, &state->first());
    second_ =
        std::make_unique<SecondLook>(*first_state_, plan_, context_.kept_bytes);
    first_.reset();
  }

  void Save(v1::MeasureState* envelope) const override {
    v1::TargetsState state;
    state.set_pass(second_ != nullptr ? 2 : 1);
    if (second_ != nullptr) {
      *state.mutable_first() = *first_state_;
      second_->Save(state.mutable_second());
    } else {
      tally_.Save(state.mutable_first());
      if (first_ != nullptr) first_->Save(state.mutable_first());
    }
    envelope->set_id(std::string(id()));
    envelope->set_state(state.SerializeAsString());
  }

  absl::Status Merge(const v1::MeasureState& envelope) override {
    v1::TargetsState state;
    if (absl::Status status = DecodeState(envelope, &state); !status.ok()) {
      return status;
    }
    if (state.pass() == 2) {
      if (second_ == nullptr) BeginSecondPass(envelope);
      if (second_ != nullptr) second_->Merge(state.second());
      return absl::OkStatus();
    }
    if (second_ != nullptr) return MixedPasses();
    tally_.Merge(state.first());
    if (first_ != nullptr) first_->Merge(state.first());
    return absl::OkStatus();
  }

  absl::Status Absorb(std::unique_ptr<Measure> measure) override {
    Targets& other = static_cast<Targets&>(*measure);
    if (other.second_ != nullptr) {
      if (second_ == nullptr) {
        first_state_ = other.first_state_;
        second_ = std::move(other.second_);
        first_.reset();
      } else {
        second_->Absorb(*other.second_);
      }
      return absl::OkStatus();
    }
    if (second_ != nullptr) return MixedPasses();
    tally_.Absorb(other.tally_);
    if (first_ != nullptr) first_->Absorb(*other.first_);
    return absl::OkStatus();
  }

  void Conclude(v1::AuditResult* result) const override {
    v1::TargetsFirst own;
    if (second_ == nullptr) tally_.Save(&own);
    const v1::TargetsFirst& first = second_ != nullptr ? *first_state_ : own;
    TargetRanks ranks;
    if (second_ != nullptr) {
      ranks = second_->Ranks();
    } else if (ranks_) {
      ranks = first_->Rank(plan_);
    }
    static constexpr const char* kNames[] = {"promise", "limit"};
    static constexpr const char* kColumns[] = {"tasks.promised_at",
                                               "tasks.limit_at"};
    for (int t = 0; t < kTargets; ++t) {
      const std::string path = std::string("targets.") + kNames[t];
      const bool runnable =
          Cover(context_, path, {kColumns[t], "tasks.completed_at"}, result);
      Cover(context_, path + ".speed",
            {kColumns[t], "tasks.accepted_at",
             "tasks.route_distance_m|tasks.dropoff_distance_m"},
            result);
      Cover(context_, path + ".rank",
            {kColumns[t], "tasks.worker_id", "tasks.accepted_at",
             "tasks.completed_at"},
            result);
      if (!has_[t]) continue;
      v1::Targets* targets = result->mutable_measures()->mutable_targets();
      v1::Target* out =
          t == 0 ? targets->mutable_promise() : targets->mutable_limit();
      WriteTarget(first.targets(t), out);
      if (runnable && out->n() == 0) {
        CoverEmpty(path, "No task has both a deadline and a completion.",
                   "没有同时记有期限与完成时刻的任务。", result);
      }
      if (ranks_) ConcludeRank(t, ranks, first.targets(t), path, out, result);
    }
  }

 private:
  static absl::Status MixedPasses() {
    return absl::FailedPreconditionError(
        "a state of the first pass cannot join one of the second");
  }

  static double Mean(Int128 sum, int64_t n) {
    return static_cast<double>(
        std::ldexp(static_cast<long double>(sum), -kRankBits) /
        static_cast<long double>(n));
  }

  void ConcludeRank(int t, const TargetRanks& ranks,
                    const v1::TargetState& tally, const std::string& path,
                    v1::Target* out, v1::AuditResult* result) const {
    v1::Rank* rank = out->mutable_rank();
    rank->set_reference("OBS");
    RankSums all;
    for (const auto& sums : ranks.sums) all += sums[t];
    if (all.n == 0) {
      rank->set_verdict("CANNOT_CONCLUDE(N)");
      CoverEmpty(path + ".rank",
                 "No stratum has enough completed tasks, workers and days to "
                 "compare.",
                 "没有任何可比分组达到所需的任务数、人数与天数。", result);
      return;
    }
    rank->set_n(all.n);
    rank->set_workers(ranks.spread[t].workers);
    rank->set_pi(FixedMeanText(all.pi, all.n, kRankBits));
    rank->set_pi_low(FixedMeanText(all.low, all.n, kRankBits));
    rank->set_pi_high(FixedMeanText(all.high, all.n, kRankBits));
    if (tally.total() > 0) {
      rank->set_coverage(RatioText(all.n, tally.total()));
    }
    // Index 1 - 2 pi, never below zero.
    const Int128 one = Int128{all.n} << kRankBits;
    rank->set_strictness_index(
        FixedMeanText(std::max<Int128>(0, one - 2 * all.pi), all.n, kRankBits));
    const double margin = WriteStrata(t, ranks, rank);
    rank->set_margin(FloatText(margin));

    const int64_t workers = ranks.spread[t].workers;
    if (workers < kFewestWorkers) {
      rank->set_verdict("CANNOT_CONCLUDE(N)");
      return;
    }
    const double g = static_cast<double>(workers);
    const long double unit = std::ldexp(1.0L, kInfluenceBits);
    const double sum = static_cast<double>(
        static_cast<long double>(ranks.spread[t].influence) / unit);
    const double squares = static_cast<double>(
        static_cast<long double>(ranks.spread[t].squares) / unit);
    const double n = static_cast<double>(all.n);
    const double variance =
        g / (g - 1) * std::max(squares - sum * sum / g, 0.0) / (n * n);
    const double half = StudentBound(workers - 1) * std::sqrt(variance);
    const double pi = Mean(all.pi, all.n);
    const double high = Mean(all.high, all.n);
    rank->set_lo(FloatText(std::max(0.0, pi - half)));
    rank->set_hi(FloatText(std::min(1.0, pi + half)));
    rank->set_verdict(
        VerdictOf(pi + half, high + half, margin, OnTimeUpperBound(tally)));
  }

  // Observed durations are shaped by the target itself and can never acquit;
  // a claim must also hold where undelivered tasks count as met.
  std::string VerdictOf(double upper, double upper_high, double margin,
                        double on_time_upper) const {
    const double strictest =
        std::strtod(plan_.strictest_at_most().c_str(), nullptr);
    const double middle = std::strtod(plan_.middle().c_str(), nullptr);
    const double bound = std::max(upper, upper_high);
    if (bound <= strictest) return "STRICTEST";
    if (bound < middle - margin || on_time_upper < middle) {
      return "BELOW_MIDDLE";
    }
    if (upper < middle - margin) return "CANNOT_CONCLUDE(MISS)";
    return "CANNOT_CONCLUDE(DEP)";
  }

  // The strata with most ranks; returns the margin: none where targets hardly
  // vary inside every stratum, for skewness cannot then move the middle.
  double WriteStrata(int t, const TargetRanks& ranks, v1::Rank* rank) const {
    double margin = 0;
    std::vector<size_t> listed;
    for (size_t s = 0; s < ranks.strata.size(); ++s) {
      if (ranks.sums[s][t].n == 0) continue;
      listed.push_back(s);
      const StratumFigures& figures = ranks.strata[s];
      if (figures.target_spread[t] > 0.1 * figures.spread) {
        margin = std::strtod(plan_.margin_varying().c_str(), nullptr);
      }
    }
    rank->set_strata_total(static_cast<int64_t>(listed.size()));
    if (listed.size() > kListed) {
      std::stable_sort(listed.begin(), listed.end(), [&](size_t a, size_t b) {
        return ranks.sums[a][t].n > ranks.sums[b][t].n;
      });
      listed.resize(kListed);
      std::sort(listed.begin(), listed.end());
    }
    for (const size_t s : listed) {
      const RankSums& sums = ranks.sums[s][t];
      const StratumFigures& figures = ranks.strata[s];
      v1::StratumRank* out = rank->add_strata();
      out->set_stratum(figures.key.Text(plan_));
      out->set_n(figures.n);
      out->set_workers(figures.workers);
      out->set_days(figures.days);
      out->set_pi(FixedMeanText(sums.pi, sums.n, kRankBits));
      out->set_target_mean_s(
          RatioText(figures.target_sum[t], Int128{figures.target_n[t]} * 1000));
      out->set_p05_s(SecondsText(figures.p05));
      out->set_p50_s(SecondsText(figures.p50));
      out->set_p95_s(SecondsText(figures.p95));
      out->set_reportable(true);
    }
    return margin;
  }

  const MeasureContext& context_;
  const v1::AuditPlan plan_;
  TargetTally tally_;
  const std::array<bool, kTargets> has_;
  bool ranks_ = false;

  std::unique_ptr<RankedTasks>
      first_;  // In the first pass, if there are ranks.
  // In the second pass. The first state is carried along, so that a state of
  // the second pass can be concluded by itself.
  std::shared_ptr<const v1::TargetsFirst> first_state_;
  std::unique_ptr<SecondLook> second_;
};

}  // namespace

std::unique_ptr<Measure> MakeTargets(const MeasureContext& context) {
  return std::make_unique<Targets>(context);
}

}  // namespace plumbline::audit
