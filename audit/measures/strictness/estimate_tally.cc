#include "audit/measures/strictness/estimate_tally.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "audit/stats/decimal.h"

namespace plumbline::audit {
namespace {

using replay::IsKnown;

constexpr int64_t kRankOne = 720'720;

}  // namespace

void EstimateTally::Add(const replay::WorkerTimeline& timeline, uint64_t key) {
  Counts* counts = nullptr;
  std::vector<int64_t> sorted;
  for (const replay::Task& task : timeline.tasks) {
    if (task.estimates.size() < 2 || !IsKnown(task.accepted_at)) continue;
    sorted.clear();
    for (const int64_t estimate : task.estimates) {
      if (IsKnown(estimate)) sorted.push_back(estimate);
    }
    if (sorted.size() < 2) continue;
    std::sort(sorted.begin(), sorted.end());
    if (counts == nullptr) counts = &workers_[key];
    ++(*counts)[kN];
    if (task.delivered && IsKnown(task.completed_at) &&
        task.completed_at >= task.accepted_at) {
      const int64_t took = task.completed_at - task.accepted_at;
      ++(*counts)[kMetN];
      (*counts)[kMetShortest] += took <= sorted.front();
      (*counts)[kMetMedian] += took <= sorted[(sorted.size() - 1) / 2];
      (*counts)[kMetLongest] += took <= sorted.back();
    }
    const int64_t deadlines[] = {task.promised_at, task.limit_at};
    const int64_t starts[] = {task.accepted_at, task.placed_at};
    for (int t = 0; t < kTargets; ++t) {
      for (int s = 0; s < kStarts; ++s) {
        if (!IsKnown(deadlines[t]) || !IsKnown(starts[s])) continue;
        const int64_t allowed = deadlines[t] - starts[s];
        ++(*counts)[At(t, s, kChosenN)];
        (*counts)[At(t, s, kIsLongest)] += allowed == sorted.back();
        (*counts)[At(t, s, kIsShortest)] += allowed == sorted.front();
        const auto [low, high] =
            std::equal_range(sorted.begin(), sorted.end(), allowed);
        if (low == high) {
          ++(*counts)[At(t, s, kIsNone)];
          continue;
        }
        // Mean of the places low .. high - 1, from 0.
        const int64_t twice =
            (low - sorted.begin()) + (high - sorted.begin()) - 1;
        const int64_t steps = 2 * (static_cast<int64_t>(sorted.size()) - 1);
        ++(*counts)[At(t, s, kRankN)];
        (*counts)[At(t, s, kRankSum)] +=
            (2 * twice * kRankOne + steps) / (2 * steps);
      }
    }
  }
}

void EstimateTally::Absorb(const EstimateTally& other) {
  for (const auto& [key, counts] : other.workers_) {
    Counts& ours = workers_[key];
    for (int f = 0; f < kFields; ++f) ours[f] += counts[f];
  }
}

void EstimateTally::Save(v1::StrictnessState* state) const {
  for (const auto& [key, counts] : workers_) {
    v1::StrictnessState::Worker* out = state->add_estimates();
    out->set_key(key);
    for (const int64_t count : counts) out->add_estimates(count);
  }
}

void EstimateTally::Merge(const v1::StrictnessState& state) {
  for (const v1::StrictnessState::Worker& in : state.estimates()) {
    Counts& ours = workers_[in.key()];
    for (int f = 0; f < std::min(kFields, in.estimates_size()); ++f) {
      ours[f] += in.estimates(f);
    }
  }
}

void EstimateTally::AddStatistics(std::span<const uint64_t> keys,
                                  WorkerIntervals* intervals) {
  const auto ratio = [&](int over, int under, double unit) {
    int64_t sum = 0, n = 0, clusters = 0;
    for (const auto& [key, counts] : workers_) {
      sum += counts[over];
      n += counts[under];
      clusters += counts[under] > 0;
    }
    if (n == 0) return size_t{0};
    const double total = static_cast<double>(n);
    const double value = static_cast<double>(sum) / unit / total;
    std::vector<double> parts(keys.size(), 0);
    std::vector<int64_t> rows(keys.size(), 0);
    for (size_t w = 0; w < keys.size(); ++w) {
      const auto found = workers_.find(keys[w]);
      if (found == workers_.end()) continue;
      rows[w] = found->second[under];
      parts[w] = (static_cast<double>(found->second[over]) / unit -
                  value * static_cast<double>(found->second[under])) /
                 total;
    }
    return intervals->Add(value, std::move(parts), std::move(rows), clusters);
  };
  for (int m = 0; m < 3; ++m) {
    numbers_[m] = ratio(kMetShortest + m, kMetN, 1);
  }
  for (int t = 0; t < kTargets; ++t) {
    for (int s = 0; s < kStarts; ++s) {
      rank_numbers_[t][s] =
          ratio(At(t, s, kRankSum), At(t, s, kRankN), kRankOne);
    }
  }
}

void EstimateTally::Write(const v1::AuditPlan& plan,
                          const WorkerIntervals& intervals,
                          v1::Estimates* out) const {
  Counts sum = {};
  for (const auto& [key, counts] : workers_) {
    for (int f = 0; f < kFields; ++f) sum[f] += counts[f];
  }
  out->set_n(sum[kN]);
  if (sum[kMetN] > 0) {
    v1::Figure* figures[] = {out->mutable_met_shortest(),
                             out->mutable_met_median(),
                             out->mutable_met_longest()};
    for (int m = 0; m < 3; ++m) {
      *figures[m] = FigureOf(static_cast<double>(sum[kMetShortest + m]) /
                                 static_cast<double>(sum[kMetN]),
                             intervals.Of(numbers_[m]), 0, 1);
    }
  }
  const bool longest = plan.declared_estimate() == "longest";
  for (int t = 0; t < kTargets; ++t) {
    for (int s = 0; s < kStarts; ++s) {
      const int64_t n = sum[At(t, s, kChosenN)];
      if (n == 0) continue;
      v1::ChosenEstimate* one = out->add_chosen();
      one->set_target(t == 0 ? "promise" : "limit");
      one->set_start(s == 0 ? "accepted" : "placed");
      one->set_n(n);
      one->set_is_longest(sum[At(t, s, kIsLongest)]);
      one->set_is_shortest(sum[At(t, s, kIsShortest)]);
      one->set_is_none(sum[At(t, s, kIsNone)]);
      one->set_declared(plan.declared_estimate());
      const int64_t ranked = sum[At(t, s, kRankN)];
      if (ranked > 0) {
        *one->mutable_rank() =
            FigureOf(static_cast<double>(sum[At(t, s, kRankSum)]) / kRankOne /
                         static_cast<double>(ranked),
                     intervals.Of(rank_numbers_[t][s]), 0, 1);
      }
      const int64_t as_declared =
          sum[At(t, s, longest ? kIsLongest : kIsShortest)];
      if (ranked == 0) {
        one->set_verdict("CANNOT_CONCLUDE(ID)");
        one->set_reason("The target is none of the logged estimates.");
        one->set_reason_zh("时限不等于任何一个已记录的预估值。");
      } else if (as_declared == n) {
        one->set_verdict("NO_FINDING");
        one->set_reason("Every target is the estimate that was declared.");
        one->set_reason_zh("每个时限都等于所声明的那个预估值。");
      } else if (sum[At(t, s, kIsNone)] * 2 > n) {
        one->set_verdict("CANNOT_CONCLUDE(INT)");
        one->set_reason(
            "Most targets counted from this start are none of the estimates; "
            "another start may be the right one.");
        one->set_reason_zh(
            "从该起点计算，多数时限不等于任何预估值；起点可能不是这一个。");
      } else {
        one->set_verdict("FINDING");
        one->set_reason(absl::StrCat(n - as_declared, " of ", n,
                                     " targets are not the ",
                                     plan.declared_estimate(), " estimate."));
        one->set_reason_zh(absl::StrCat(n, " 个时限中有 ", n - as_declared,
                                        " 个不是", longest ? "最长" : "最短",
                                        "的预估值。"));
      }
    }
  }
}

}  // namespace plumbline::audit
