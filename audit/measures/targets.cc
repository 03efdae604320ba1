#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>

#include "audit/measures/coverage.h"
#include "audit/measures/measure_list.h"
#include "audit/measures/plan.h"
#include "audit/measures/rank_reference.h"
#include "audit/measures/state_codec.h"
#include "audit/measures/strata.h"
#include "audit/measures/target_tally.h"
#include "audit/measures/worker_summary.h"

namespace plumbline::audit {
namespace {

using replay::IsKnown;

constexpr int kRankBits = 60;
constexpr int kInfluenceBits = 40;
// Fewer clusters carry no interval (methods: fewer than six workers).
constexpr int64_t kFewestWorkers = 6;

// Milliseconds of one stratum: a short list first, since most strata are small
// and there are many, an exact histogram once there are enough values.
class Values {
 public:
  void Add(int64_t value) {
    if (dense_ != nullptr) {
      dense_->Add(value);
      return;
    }
    if (value < INT32_MIN || value > INT32_MAX || few_.size() >= kFew) {
      Grow();
      dense_->Add(value);
      return;
    }
    few_.push_back(static_cast<int32_t>(value));
  }
  void Merge(std::span<const Count> counts) {
    if (counts.empty()) return;
    if (dense_ == nullptr) Grow();
    dense_->Merge(counts);
  }
  std::vector<Count> Sorted() const {
    if (dense_ != nullptr) return dense_->Sorted();
    Histogram all;
    for (const int32_t value : few_) all.Add(value);
    return all.Sorted();
  }

 private:
  static constexpr size_t kFew = 2048;
  void Grow() {
    dense_ = std::make_unique<Histogram>();
    for (const int32_t value : few_) dense_->Add(value);
    few_ = {};
  }
  std::vector<int32_t> few_;
  std::unique_ptr<Histogram> dense_;
};

struct Cell {
  Values durations, censored, targets[kTargets];
  std::vector<int64_t> days;  // Sorted.
  int64_t last_day = INT64_MIN;
  uint32_t pool[kLevels] = {};

  void AddDay(int64_t day) {
    if (day == last_day) return;
    last_day = day;
    const auto at = std::lower_bound(days.begin(), days.end(), day);
    if (at == days.end() || *at != day) days.insert(at, day);
  }
};

struct Pool {
  StratumKey key;
  int64_t workers = 0;
  uint64_t seen_by = 0;  // Number of the last worker counted.
};

// Sums of one stratum and target in the second pass.
struct RankSums {
  int64_t n = 0, workers = 0;
  Int128 pi = 0, low = 0, high = 0;

  void Add(const v1::TargetsSecond::Rank& other) {
    n += other.n();
    workers += other.workers();
    pi += DecodeWide(other.pi());
    low += DecodeWide(other.pi_low());
    high += DecodeWide(other.pi_high());
  }
};

struct SpreadSums {
  int64_t workers = 0;
  Int128 influence = 0, squares = 0;
};

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
        plan_(context.plan != nullptr ? OverDefaults(*context.plan)
                                      : DefaultPlan()),
        own_{context.log, context.store, &plan_, context.zone,
             context.zone_known},
        sorter_(std::make_unique<StratumSorter>(own_)),
        tallies_{TargetTally(&replay::Task::promised_at, plan_),
                 TargetTally(&replay::Task::limit_at, plan_)},
        has_{context.Has("tasks.promised_at"), context.Has("tasks.limit_at")} {
    ranks_ = (has_[0] || has_[1]) && context.Has("tasks.accepted_at") &&
             context.Has("tasks.completed_at");
  }

  std::string_view id() const override { return "targets"; }
  int passes() const override { return 2; }

  void Observe(const replay::WorkerTimeline& timeline,
               const WorkerSummary&) override {
    if (pass_ == 2) {
      if (ranks_ && timeline.known) RankWorker(timeline);
      return;
    }
    for (int t = 0; t < kTargets; ++t) {
      if (has_[t]) tallies_[t].Observe(timeline);
    }
    if (ranks_ && timeline.known) Collect(timeline);
  }

  void BeginSecondPass(const v1::MeasureState& merged) override {
    v1::TargetsState state;
    if (!DecodeState(merged, &state).ok()) return;
    first_ = std::make_unique<v1::TargetsFirst>(state.first());
    pass_ = 2;
    cells_.clear();
    cells_.shrink_to_fit();
    pools_.clear();
    pool_of_.clear();
    second_ = {};
    spread_ = {};
    sorter_ = std::make_unique<StratumSorter>(own_);
    references_ = BuildReferences(*first_, plan_);
    for (auto& sums : second_) sums.resize(references_.strata.size());
    ranked_in_.clear();
    member_of_.clear();
    levels_used_ = {};
    for (const Reference& reference : references_.strata) {
      levels_used_[reference.key.level] = true;
    }
  }

  void Save(v1::MeasureState* envelope) const override {
    v1::TargetsState state;
    state.set_pass(pass_);
    if (pass_ == 2) {
      *state.mutable_first() = *first_;
      SaveSecond(state.mutable_second());
    } else {
      SaveFirst(state.mutable_first());
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
      if (pass_ != 2) {
        v1::MeasureState first;
        first.set_state(envelope.state());
        BeginSecondPass(first);
      }
      MergeSecond(state.second());
      return absl::OkStatus();
    }
    if (pass_ == 2) {
      return absl::FailedPreconditionError(
          "a state of the first pass cannot join one of the second");
    }
    MergeFirst(state.first());
    return absl::OkStatus();
  }

  void Conclude(v1::AuditResult* result) const override {
    v1::TargetsFirst own;
    if (pass_ != 2) SaveFirst(&own);
    const v1::TargetsFirst& first = pass_ == 2 ? *first_ : own;
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
            {kColumns[t], "tasks.accepted_at", "tasks.completed_at"}, result);
      if (!has_[t]) continue;
      v1::Targets* targets = result->mutable_measures()->mutable_targets();
      v1::Target* out =
          t == 0 ? targets->mutable_promise() : targets->mutable_limit();
      WriteTarget(first.targets(t), out);
      if (runnable && out->n() == 0) {
        CoverEmpty(path, "No task has both a deadline and a completion.",
                   "没有同时记有期限与完成时刻的任务。", result);
      }
      if (ranks_) ConcludeRank(t, first.targets(t), path, out, result);
    }
  }

 private:
  uint32_t PoolOf(const StratumKey& key) {
    const auto [at, fresh] =
        pool_of_.try_emplace(key, static_cast<uint32_t>(pools_.size()));
    if (fresh) pools_.push_back({key, 0, 0});
    return at->second;
  }

  // Makes room for strata met since the last call.
  void GrowCells() {
    while (cells_.size() < sorter_->cells()) {
      const auto at = static_cast<uint32_t>(cells_.size());
      Cell& cell = cells_.emplace_back();
      for (int level = 0; level < kLevels; ++level) {
        cell.pool[level] = PoolOf(sorter_->KeyOf(at).At(level));
      }
    }
  }

  void Collect(const replay::WorkerTimeline& timeline) {
    const std::span<const TaskInStratum> tasks = sorter_->Sort(timeline);
    GrowCells();
    ++worker_number_;
    for (const TaskInStratum& task : tasks) {
      Cell& cell = cells_[task.cell];
      if (IsKnown(task.censored)) {
        cell.censored.Add(task.censored);
        continue;
      }
      cell.durations.Add(task.duration);
      cell.AddDay(task.day);
      for (int t = 0; t < kTargets; ++t) {
        if (IsKnown(task.target[t])) cell.targets[t].Add(task.target[t]);
      }
      for (const uint32_t pool : cell.pool) {
        if (pools_[pool].seen_by == worker_number_) continue;
        pools_[pool].seen_by = worker_number_;
        ++pools_[pool].workers;
      }
    }
  }

  void SaveFirst(v1::TargetsFirst* first) const {
    for (const TargetTally& tally : tallies_) {
      *first->add_targets() = tally.Save();
    }
    // By key, since numbers depend on the order of reading.
    std::map<StratumKey, uint32_t> cells;
    for (uint32_t i = 0; i < cells_.size(); ++i) {
      cells.emplace(sorter_->KeyOf(i), i);
    }
    for (const auto& [key, i] : cells) {
      const Cell& cell = cells_[i];
      v1::TargetsFirst::Cell* out = first->add_cells();
      out->set_zone(key.zone);
      out->set_vehicle(key.vehicle);
      out->set_code(key.Code());
      *out->mutable_durations() = EncodeCounts(cell.durations.Sorted());
      *out->mutable_censored() = EncodeCounts(cell.censored.Sorted());
      for (const Values& targets : cell.targets) {
        *out->add_targets() = EncodeCounts(targets.Sorted());
      }
      for (const int64_t day : cell.days) out->add_days(day);
    }
    for (const auto& [key, i] : pool_of_) {
      v1::TargetsFirst::Pool* out = first->add_pools();
      out->set_level(key.level);
      out->set_zone(key.zone);
      out->set_vehicle(key.vehicle);
      out->set_code(key.Code());
      out->set_workers(pools_[i].workers);
    }
  }

  void MergeFirst(const v1::TargetsFirst& first) {
    for (int t = 0; t < std::min(kTargets, first.targets_size()); ++t) {
      tallies_[t].Merge(first.targets(t));
    }
    for (const v1::TargetsFirst::Cell& other : first.cells()) {
      const uint32_t at = sorter_->CellOf(
          StratumKey::FromCode(0, other.zone(), other.vehicle(), other.code()));
      GrowCells();
      Cell& cell = cells_[at];
      cell.durations.Merge(DecodeCounts(other.durations()));
      cell.censored.Merge(DecodeCounts(other.censored()));
      for (int t = 0; t < std::min(kTargets, other.targets_size()); ++t) {
        cell.targets[t].Merge(DecodeCounts(other.targets(t)));
      }
      for (const int64_t day : other.days()) cell.AddDay(day);
    }
    for (const v1::TargetsFirst::Pool& other : first.pools()) {
      const uint32_t at = PoolOf(StratumKey::FromCode(
          other.level(), other.zone(), other.vehicle(), other.code()));
      pools_[at].workers += other.workers();
    }
  }

  void SaveSecond(v1::TargetsSecond* second) const {
    for (int t = 0; t < kTargets; ++t) {
      for (size_t s = 0; s < second_[t].size(); ++s) {
        const RankSums& sums = second_[t][s];
        if (sums.n == 0) continue;
        v1::TargetsSecond::Rank* out =
            t == 0 ? second->add_promise() : second->add_limit();
        out->set_stratum(static_cast<int64_t>(s));
        out->set_n(sums.n);
        out->set_workers(sums.workers);
        *out->mutable_pi() = EncodeWide(sums.pi);
        *out->mutable_pi_low() = EncodeWide(sums.low);
        *out->mutable_pi_high() = EncodeWide(sums.high);
      }
      v1::TargetsSecond::Spread* spread = second->add_spread();
      spread->set_workers(spread_[t].workers);
      *spread->mutable_influence() = EncodeWide(spread_[t].influence);
      *spread->mutable_influence_squares() = EncodeWide(spread_[t].squares);
    }
  }

  void MergeSecond(const v1::TargetsSecond& second) {
    for (int t = 0; t < kTargets; ++t) {
      for (const v1::TargetsSecond::Rank& other :
           t == 0 ? second.promise() : second.limit()) {
        const auto s = static_cast<size_t>(other.stratum());
        if (s < second_[t].size()) second_[t][s].Add(other);
      }
      if (t >= second.spread_size()) continue;
      const v1::TargetsSecond::Spread& other = second.spread(t);
      spread_[t].workers += other.workers();
      spread_[t].influence += DecodeWide(other.influence());
      spread_[t].squares += DecodeWide(other.influence_squares());
    }
  }

  // Where each cell of this instance is ranked, and in which references its
  // durations are.
  void GrowRankedIn() {
    while (ranked_in_.size() < sorter_->cells()) {
      const StratumKey& key =
          sorter_->KeyOf(static_cast<uint32_t>(ranked_in_.size()));
      const auto at = references_.ranked_in.find(key);
      ranked_in_.push_back(at == references_.ranked_in.end() ? -1 : at->second);
      auto& member = member_of_.emplace_back();
      for (int level = 0; level < kLevels; ++level) {
        member[level] =
            levels_used_[level] ? references_.Find(key.At(level)) : -1;
      }
    }
  }

  struct Entry {
    int32_t stratum;
    uint32_t task;
    bool censored;
    int64_t value;
  };

  void RankWorker(const replay::WorkerTimeline& timeline) {
    const std::span<const TaskInStratum> tasks = sorter_->Sort(timeline);
    GrowRankedIn();
    entries_.clear();
    for (int level = 0; level < kLevels; ++level) {
      if (!levels_used_[level]) continue;
      for (uint32_t i = 0; i < tasks.size(); ++i) {
        const int32_t stratum = member_of_[tasks[i].cell][level];
        if (stratum < 0) continue;
        const bool censored = IsKnown(tasks[i].censored);
        entries_.push_back({stratum, i, censored,
                            censored ? tasks[i].censored : tasks[i].duration});
      }
    }
    if (entries_.empty()) return;
    std::sort(entries_.begin(), entries_.end(),
              [](const Entry& a, const Entry& b) {
                if (a.stratum != b.stratum) return a.stratum < b.stratum;
                if (a.censored != b.censored) return b.censored;
                return a.value < b.value;
              });
    double influence[kTargets] = {};
    bool any[kTargets] = {};
    for (size_t begin = 0; begin < entries_.size();) {
      size_t end = begin, completed = begin;
      while (end < entries_.size() &&
             entries_[end].stratum == entries_[begin].stratum) {
        completed += !entries_[end].censored;
        ++end;
      }
      RankGroup(tasks, begin, completed, end, influence, any);
      begin = end;
    }
    for (int t = 0; t < kTargets; ++t) {
      if (!any[t]) continue;
      ++spread_[t].workers;
      const long double value = influence[t];
      const long double unit = std::ldexp(1.0L, kInfluenceBits);
      spread_[t].influence += static_cast<Int128>(std::round(value * unit));
      spread_[t].squares +=
          static_cast<Int128>(std::round(value * value * unit));
    }
  }

  // One worker's tasks of one stratum: durations in [begin, completed),
  // censored ones in [completed, end), each ascending.
  void RankGroup(std::span<const TaskInStratum> tasks, size_t begin,
                 size_t completed, size_t end, double* influence, bool* any) {
    const int32_t s = entries_[begin].stratum;
    const Reference& reference = references_.strata[s];
    const int64_t own = static_cast<int64_t>(completed - begin);
    const int64_t own_censored = static_cast<int64_t>(end - completed);
    const int64_t n = reference.duration_index.total();
    const int64_t others = n - own;
    const int64_t others_started =
        others + reference.censored_index.total() - own_censored;
    auto own_at_most = [this](size_t from, size_t to, int64_t value) {
      const auto first = entries_.begin() + static_cast<ptrdiff_t>(from);
      const auto last = entries_.begin() + static_cast<ptrdiff_t>(to);
      return std::upper_bound(first, last, value,
                              [](int64_t v, const Entry& entry) {
                                return v < entry.value;
                              }) -
             first;
    };
    for (int t = 0; t < kTargets; ++t) {
      const int64_t ranked = reference.target_index[t].total();
      if (ranked == 0) continue;
      int64_t k = 0, at_or_above = 0;
      Int128 met = 0, met_censored = 0;
      for (size_t i = begin; i < completed; ++i) {
        const TaskInStratum& task = tasks[entries_[i].task];
        at_or_above += ranked - reference.target_index[t].Below(task.duration);
        if (!IsKnown(task.target[t]) || ranked_in_[task.cell] != s) continue;
        const int64_t target = task.target[t];
        ++k;
        met += reference.duration_index.AtMost(target) -
               own_at_most(begin, completed, target);
        if (reference.censored_index.total() > own_censored) {
          met_censored += reference.censored_index.AtMost(target) -
                          own_at_most(completed, end, target);
        }
      }
      if (own > 0) {
        any[t] = true;
        influence[t] +=
            (static_cast<double>(at_or_above) -
             static_cast<double>(own * ranked) * reference.plain_rank[t]) /
            static_cast<double>(n);
      }
      if (k == 0 || others <= 0) continue;
      RankSums& sums = second_[t][s];
      sums.n += k;
      ++sums.workers;
      sums.pi += FixedPoint(met, others, kRankBits);
      sums.low += FixedPoint(met, others_started, kRankBits);
      sums.high += FixedPoint(met + met_censored, others_started, kRankBits);
      influence[t] += static_cast<double>(met) / static_cast<double>(others) -
                      static_cast<double>(k) * references_.plain_rank[t];
    }
  }

  static double Mean(Int128 sum, int64_t n) {
    return static_cast<double>(
        std::ldexp(static_cast<long double>(sum), -kRankBits) /
        static_cast<long double>(n));
  }

  void ConcludeRank(int t, const v1::TargetState& tally,
                    const std::string& path, v1::Target* out,
                    v1::AuditResult* result) const {
    v1::Rank* rank = out->mutable_rank();
    rank->set_reference("OBS");
    RankSums all;
    for (const RankSums& sums : second_[t]) {
      all.n += sums.n;
      all.pi += sums.pi;
      all.low += sums.low;
      all.high += sums.high;
    }
    if (all.n == 0) {
      rank->set_verdict("CANNOT_CONCLUDE(N)");
      CoverEmpty(path + ".rank",
                 "No stratum has enough completed tasks, workers and days to "
                 "compare.",
                 "没有任何可比分组达到所需的任务数、人数与天数。", result);
      return;
    }
    rank->set_n(all.n);
    rank->set_workers(spread_[t].workers);
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
    const double margin = WriteStrata(t, rank);
    rank->set_margin(FloatText(margin));

    const int64_t workers = spread_[t].workers;
    if (workers < kFewestWorkers) {
      rank->set_verdict("CANNOT_CONCLUDE(N)");
      return;
    }
    const double g = static_cast<double>(workers);
    const long double unit = std::ldexp(1.0L, kInfluenceBits);
    const double sum = static_cast<double>(
        static_cast<long double>(spread_[t].influence) / unit);
    const double squares = static_cast<double>(
        static_cast<long double>(spread_[t].squares) / unit);
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

  static double Spread(const std::vector<Count>& counts) {
    const long double n = static_cast<long double>(TotalCount(counts));
    if (n < 2) return 0;
    const long double mean = static_cast<long double>(TotalSum(counts)) / n;
    long double squares = 0;
    for (const Count& entry : counts) {
      const long double off = static_cast<long double>(entry.value) - mean;
      squares += off * off * static_cast<long double>(entry.count);
    }
    return static_cast<double>(std::sqrt(squares / (n - 1)));
  }

  // All strata with a rank; returns the margin: none where targets hardly vary
  // inside every stratum, for skewness cannot then move the middle.
  double WriteStrata(int t, v1::Rank* rank) const {
    double margin = 0;
    for (size_t s = 0; s < references_.strata.size(); ++s) {
      const RankSums& sums = second_[t][s];
      if (sums.n == 0) continue;
      const Reference& reference = references_.strata[s];
      if (Spread(reference.targets[t]) > 0.1 * Spread(reference.durations)) {
        margin = std::strtod(plan_.margin_varying().c_str(), nullptr);
      }
      v1::StratumRank* out = rank->add_strata();
      out->set_stratum(reference.key.Text(plan_));
      out->set_n(reference.duration_index.total());
      out->set_workers(reference.workers);
      out->set_days(reference.days);
      out->set_pi(FixedMeanText(sums.pi, sums.n, kRankBits));
      const std::vector<Count>& targets = reference.targets[t];
      out->set_target_mean_s(
          RatioText(TotalSum(targets), Int128{TotalCount(targets)} * 1000));
      out->set_p05_s(SecondsText(*QuantileType7(reference.durations, 1, 20)));
      out->set_p50_s(SecondsText(*QuantileType7(reference.durations, 1, 2)));
      out->set_p95_s(SecondsText(*QuantileType7(reference.durations, 19, 20)));
      out->set_reportable(true);
    }
    return margin;
  }

  const MeasureContext& context_;
  const v1::AuditPlan plan_;
  const MeasureContext own_;  // With the plan above, which is never null.
  std::unique_ptr<StratumSorter> sorter_;
  std::array<TargetTally, kTargets> tallies_;
  const std::array<bool, kTargets> has_;
  bool ranks_ = false;
  int pass_ = 1;

  // First pass.
  std::vector<Cell> cells_;
  std::vector<Pool> pools_;
  std::map<StratumKey, uint32_t> pool_of_;
  uint64_t worker_number_ = 0;

  // Second pass.
  std::unique_ptr<v1::TargetsFirst> first_;
  RankReferences references_;
  std::array<bool, kLevels> levels_used_ = {};
  std::vector<int32_t> ranked_in_;
  std::vector<std::array<int32_t, kLevels>> member_of_;
  std::vector<Entry> entries_;
  std::array<std::vector<RankSums>, kTargets> second_;
  std::array<SpreadSums, kTargets> spread_;
};

}  // namespace

std::unique_ptr<Measure> MakeTargets(const MeasureContext& context) {
  return std::make_unique<Targets>(context);
}

}  // namespace plumbline::audit
