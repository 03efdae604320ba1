#include "audit/measures/strictness/derived.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "audit/stats/decimal.h"
#include "audit/stats/distributions.h"

namespace plumbline::audit {
namespace {

constexpr int64_t kLeastTargets = 10;
constexpr int32_t kMostWeeks = 520;
constexpr int64_t kMostSeconds = 21'600;  // Slower ones count as that.

// Counts of durations by second, of some weeks in a row.
class Window {
 public:
  explicit Window(size_t seconds) : counts_(seconds, 0) {}
  void Add(std::span<const int32_t> seconds, int64_t times) {
    for (const int32_t second : seconds) counts_[second] += times;
    n_ += times * static_cast<int64_t>(seconds.size());
  }
  int64_t n() const { return n_; }
  int64_t AtMost(int64_t second) const {
    int64_t count = 0;
    const int64_t end =
        std::min<int64_t>(second, static_cast<int64_t>(counts_.size()) - 1);
    for (int64_t s = 0; s <= end; ++s) count += counts_[s];
    return count;
  }
  // Adds |target - quantile| for all levels; type 1.
  void AddErrors(int64_t target,
                 std::array<int64_t, kDerivedLevels>* errors) const {
    int64_t below = 0;
    int level = 0;
    for (size_t s = 0; s < counts_.size() && level < kDerivedLevels; ++s) {
      below += counts_[s];
      while (level < kDerivedLevels && below * 100 >= n_ * (level + 1)) {
        (*errors)[level++] += std::llabs(target - static_cast<int64_t>(s));
      }
    }
  }

 private:
  std::vector<int64_t> counts_;
  int64_t n_ = 0;
};

std::string QuartileText(std::span<const double> sorted, double share) {
  const double h = static_cast<double>(sorted.size() - 1) * share;
  const size_t low = static_cast<size_t>(h);
  const size_t high = std::min(low + 1, sorted.size() - 1);
  return FloatText(sorted[low] +
                   (h - std::floor(h)) * (sorted[high] - sorted[low]));
}

}  // namespace

DerivedStratum DerivedOf(std::span<const PlacedTask> tasks, int target,
                         int32_t weeks, const v1::AuditPlan& plan) {
  DerivedStratum out;
  const int32_t h = plan.derived_window_weeks();
  if (weeks < h + 1 || weeks > kMostWeeks) return out;
  std::vector<std::vector<int32_t>> durations(weeks);
  std::vector<int64_t> sum(weeks, 0), n(weeks, 0);
  int32_t most = 0;
  for (const PlacedTask& placed : tasks) {
    const StrictTask& task = placed.task;
    if (placed.prebooked || task.censored) continue;
    const int32_t second = static_cast<int32_t>(
        std::clamp<int64_t>(task.value / 1000, 0, kMostSeconds));
    most = std::max(most, second);
    durations[placed.week].push_back(second);
    if (!placed.ranked || task.target[target] == kNoNumber) continue;
    sum[placed.week] += task.target[target];
    ++n[placed.week];
  }
  Window past(most + size_t{1}), future(most + size_t{1});
  for (int32_t t = 0; t < h; ++t) past.Add(durations[t], 1);
  for (int32_t t = h + 1; t < std::min(weeks, 2 * h + 1); ++t) {
    future.Add(durations[t], 1);
  }
  for (int32_t t = h; t < weeks; ++t) {
    if (t > h) {
      past.Add(durations[t - 1], 1);
      past.Add(durations[t - 1 - h], -1);
      future.Add(durations[t], -1);
      if (t + h < weeks) future.Add(durations[t + h], 1);
    }
    if (n[t] < kLeastTargets || past.n() < plan.stratum_min_completed()) {
      continue;
    }
    const int64_t mean = sum[t] / n[t] / 1000;
    out.kappas.push_back(static_cast<double>(past.AtMost(mean)) /
                         static_cast<double>(past.n()));
    if (t + h >= weeks || future.n() < plan.stratum_min_completed()) continue;
    past.AddErrors(mean, &out.past);
    future.AddErrors(mean, &out.future);
    ++out.windows;
  }
  return out;
}

void WriteDerived(std::span<const DerivedStratum* const> strata,
                  const v1::AuditPlan& plan, v1::Derived* out) {
  std::vector<double> kappas;
  std::array<int64_t, kDerivedLevels> past = {}, future = {};
  int64_t used = 0, windows = 0, compared = 0;
  for (const DerivedStratum* stratum : strata) {
    if (stratum->kappas.empty()) continue;
    ++used;
    kappas.insert(kappas.end(), stratum->kappas.begin(), stratum->kappas.end());
    if (stratum->windows == 0) continue;
    ++compared;
    windows += stratum->windows;
    for (int q = 0; q < kDerivedLevels; ++q) {
      past[q] += stratum->past[q];
      future[q] += stratum->future[q];
    }
  }
  out->set_windows(static_cast<int64_t>(kappas.size()));
  out->set_strata(used);
  const int64_t least = plan.derived_min_strata();
  const auto cannot = [out](const char* code, std::string en, std::string zh) {
    out->set_verdict(absl::StrCat("CANNOT_CONCLUDE(", code, ")"));
    out->set_reason(std::move(en));
    out->set_reason_zh(std::move(zh));
  };
  if (used < least) {
    cannot(
        "N",
        absl::StrCat(used, " strata have a target in a week after ",
                     plan.derived_window_weeks(),
                     " whole weeks of durations; at least ", least,
                     " are needed. A longer log would settle it."),
        absl::StrCat("只有 ", used, " 个分组在 ", plan.derived_window_weeks(),
                     " 个完整周的用时之后还有时限，至少需要 ", least,
                     " 个。提供更长时段的日志即可判断。"));
    return;
  }
  std::sort(kappas.begin(), kappas.end());
  out->set_kappa_p25(QuartileText(kappas, 0.25));
  out->set_kappa_median(QuartileText(kappas, 0.5));
  out->set_kappa_p75(QuartileText(kappas, 0.75));
  if (compared < least) {
    cannot("N",
           absl::StrCat("Only ", compared,
                        " strata also have as many weeks after, which the "
                        "check of direction needs; at least ",
                        least, " are needed."),
           absl::StrCat("只有 ", compared,
                        " 个分组在其后还有同样多的周可作方向检验，至少需要 ",
                        least, " 个。"));
    return;
  }
  // The level that fits best: the lowest of equal ones.
  int best = 0;
  for (int q = 1; q < kDerivedLevels; ++q) {
    if (past[q] < past[best]) best = q;
  }
  int best_after = 0;
  for (int q = 1; q < kDerivedLevels; ++q) {
    if (future[q] < future[best_after]) best_after = q;
  }
  int64_t before_wins = 0, after_wins = 0;
  for (const DerivedStratum* stratum : strata) {
    if (stratum->windows == 0) continue;
    before_wins += stratum->past[best] < stratum->future[best_after];
    after_wins += stratum->past[best] > stratum->future[best_after];
  }
  out->set_level(RatioText(best + 1, 100));
  out->set_past_error_s(RatioText(past[best], windows));
  out->set_future_error_s(RatioText(future[best_after], windows));
  out->set_past_better(before_wins);
  out->set_future_better(after_wins);
  const int64_t decided = before_wins + after_wins;
  const double p =
      decided == 0
          ? 1
          : std::min(1.0,
                     2 * std::min(BinomialUpper(before_wins, decided, 0.5),
                                  BinomialLower(before_wins, decided, 0.5)));
  out->set_p_value(FloatText(p));
  const double tight = std::strtod(plan.derived_tight().c_str(), nullptr);
  const double alpha = std::strtod(plan.significance().c_str(), nullptr);
  const size_t q1 = kappas.size() / 4, q3 = kappas.size() * 3 / 4;
  const bool narrow = kappas[q3] - kappas[q1] <= tight;
  if (narrow && before_wins > after_wins && p <= alpha) {
    out->set_verdict("FINDING");
    out->set_reason(absl::StrCat(
        "Targets stand at nearly one level of the durations before them, and "
        "the weeks before tell them better than the weeks after."));
    out->set_reason_zh(
        "时限始终落在此前用时的同一水平，且此前各周比此后各周更能预测时限。");
    return;
  }
  if (!narrow) {
    cannot("DEP",
           "The level differs too much between strata for one rule to be read "
           "from it.",
           "各分组所处的水平相差过大，看不出统一规则。");
  } else {
    cannot("POW",
           "The weeks before do not tell the targets clearly better than the "
           "weeks after.",
           "此前各周并未明显比此后各周更能预测时限。");
  }
}

}  // namespace plumbline::audit
