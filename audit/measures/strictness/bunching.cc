#include "audit/measures/strictness/bunching.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "audit/measures/strictness/dense_solve.h"
#include "audit/stats/decimal.h"

namespace plumbline::audit {
namespace {

constexpr int kZeroBin = kSlackBins / 2;  // Slack [0, 30 s).
constexpr int kReach = 30;                // Bins on each side.
// [-30 s, 120 s) about the deadline.
constexpr int kWindowFrom = -1, kWindowTo = 4;
// Five minutes later: slack -300 s; and five minutes earlier.
constexpr int kShifts[] = {0, 10, -10, 0};
// Parts are added up in 2^-44.
constexpr int kPartUnit = 44;

int64_t InsideOf(const SlackCounts& slack) {
  int64_t inside = 0;
  for (int b = kZeroBin - kReach; b < kZeroBin + kReach; ++b) {
    inside += slack.bins[b];
  }
  return inside;
}

}  // namespace

BunchingTest::BunchingTest(const Walk& walk, const v1::AuditPlan& plan)
    : walk_(walk), plan_(plan) {
  for (int t = 0; t < kTargets; ++t) {
    if (InsideOf(walk.slack[t]) < plan.bunch_min_tasks()) continue;
    for (const int c : {kTrue, kAfter, kBefore}) {
      curves_[t][c] = Fit(walk.slack[t], kShifts[c]);
    }
  }
  has_limits_ = walk.slack[1].n > 0;
  if (has_limits_ && curves_[0][kTrue].fitted &&
      InsideOf(walk.unpenalised) >= plan.bunch_min_tasks()) {
    curves_[0][kUnpenalised] = Fit(walk.unpenalised, 0);
  }
}

double BunchingTest::ExcessOf(const Bins& counts, int shift, Bins* expected,
                              bool* fitted) const {
  const int zero = kZeroBin - shift;
  const int from = zero - kReach, to = zero + kReach;
  const auto left_out = [&](int b) {
    const bool here = b >= zero + kWindowFrom && b < zero + kWindowTo;
    const bool truly = b >= kZeroBin + kWindowFrom && b < kZeroBin + kWindowTo;
    return here || truly;
  };
  const int degree = plan_.bunch_degree();
  const int columns = degree + 3;
  const auto column = [&](int b, int c) -> double {
    if (c <= degree) return std::pow((b - zero + 0.5) / kReach, c);
    const int second = (b - kZeroBin) * 30;
    return second % (c == degree + 1 ? 60 : 300) == 0;
  };
  std::vector<std::vector<double>> xx(columns, std::vector<double>(columns, 0));
  std::vector<double> xy(columns, 0), beta;
  for (int b = from; b < to; ++b) {
    if (left_out(b)) continue;
    for (int i = 0; i < columns; ++i) {
      for (int j = 0; j < columns; ++j) xx[i][j] += column(b, i) * column(b, j);
      xy[i] += column(b, i) * counts[b];
    }
  }
  *fitted = SolveDense(xx, xy, &beta);
  if (!*fitted) return 0;
  double observed = 0, smooth = 0;
  for (int b = from; b < to; ++b) {
    double value = 0;
    for (int i = 0; i < columns; ++i) value += beta[i] * column(b, i);
    (*expected)[b] = std::max(value, 0.0);
    observed += counts[b];
    smooth += (*expected)[b];
  }
  if (!(smooth > 0)) {
    *fitted = false;
    return 0;
  }
  double excess = 0, mean = 0;
  for (int b = from; b < to; ++b) (*expected)[b] *= observed / smooth;
  for (int b = zero + kWindowFrom; b < zero + kWindowTo; ++b) {
    excess += counts[b] - (*expected)[b];
    mean += (*expected)[b] / (kWindowTo - kWindowFrom);
  }
  if (!(mean > 0)) {
    *fitted = false;
    return 0;
  }
  return excess / mean;
}

BunchingTest::Curve BunchingTest::Fit(const SlackCounts& counts,
                                      int shift) const {
  Curve curve;
  Bins bins;
  for (int b = 0; b < kSlackBins; ++b) {
    bins[b] = static_cast<double>(counts.bins[b]);
  }
  curve.excess = ExcessOf(bins, shift, &curve.expected, &curve.fitted);
  if (!curve.fitted) return curve;
  const double peak =
      *std::max_element(curve.expected.begin(), curve.expected.end());
  constexpr int kWidth = kWindowTo - kWindowFrom;
  for (int from = kZeroBin - shift - kReach;
       from + kWidth <= kZeroBin - shift + kReach; ++from) {
    const bool apart =
        from + kWidth <= kZeroBin + kWindowFrom || from >= kZeroBin + kWindowTo;
    double sum = 0, mean = 0;
    for (int b = from; b < from + kWidth; ++b) {
      sum += bins[b] - curve.expected[b];
      mean += curve.expected[b] / kWidth;
    }
    if (!apart || mean * 10 < peak) continue;
    curve.misfit = std::max(curve.misfit, std::fabs(sum / mean));
  }
  // By central differences: a ten-thousandth of the bins' mean each way.
  double total = 0;
  for (const double bin : bins) total += bin;
  const double step = total / kSlackBins * 1e-4;
  for (int b = 0; b < kSlackBins; ++b) {
    Bins changed = bins, unused;
    bool up = false, down = false;
    changed[b] = bins[b] + step;
    const double above = ExcessOf(changed, shift, &unused, &up);
    changed[b] = bins[b] - step;
    const double below = ExcessOf(changed, shift, &unused, &down);
    curve.fitted = curve.fitted && up && down;
    curve.derivative[b] = (above - below) / (2 * step);
  }
  return curve;
}

void BunchingTest::Prepare(size_t workers) {
  if (!curves_[0][0].fitted && !curves_[1][0].fitted) return;
  workers_ = workers;
  for (int t = 0; t < kTargets; ++t) {
    for (int c = 0; c < kCurves; ++c) {
      if (!curves_[t][c].fitted) continue;
      for (int b = 0; b < kSlackBins; ++b) {
        steps_[t][c][b] =
            std::llrint(curves_[t][c].derivative[b] * TwoTo(kPartUnit));
      }
    }
  }
}

void BunchingTest::Own::operator+=(const Own& other) {
  unpenalised += other.unpenalised;
  for (int t = 0; t < kTargets; ++t) {
    n[t] += other.n[t];
    for (int c = 0; c < kCurves; ++c) part[t][c] += other.part[t][c];
  }
}

void BunchingTest::Visit(std::span<const StrictTask> tasks) {
  if (workers_ == 0) return;
  std::vector<Own>& owns = owns_.local();
  owns.resize(workers_);
  for (const StrictTask& task : tasks) {
    if (task.censored) continue;
    for (int t = 0; t < kTargets; ++t) {
      if (task.target[t] == kNoNumber) continue;
      const int bin = SlackBinOf(int64_t{task.target[t]} - task.value);
      if (bin < 0) continue;
      Own& own = owns[task.worker];
      ++own.n[t];
      for (int c = 0; c < kUnpenalised; ++c) {
        own.part[t][c] += steps_[t][c][bin];
      }
      if (t == 0 && task.target[1] == kNoNumber) {
        ++own.unpenalised;
        own.part[t][kUnpenalised] += steps_[t][kUnpenalised][bin];
      }
    }
  }
}

void BunchingTest::AddStatistics(WorkerIntervals* intervals) {
  if (workers_ == 0) return;
  std::vector<Own> owns(workers_);
  for (const std::vector<Own>& of_thread : owns_) {
    for (size_t w = 0; w < of_thread.size(); ++w) owns[w] += of_thread[w];
  }
  for (int t = 0; t < kTargets; ++t) {
    std::vector<int64_t> rows, unpenalised;
    for (const Own& own : owns) {
      rows.push_back(own.n[t]);
      clusters_[t] += rows.back() > 0;
      unpenalised.push_back(own.unpenalised);
      if (t == 0) unpenalised_clusters_ += unpenalised.back() > 0;
    }
    for (int c = 0; c < kCurves; ++c) {
      if (!curves_[t][c].fitted) continue;
      std::vector<double> parts;
      for (const Own& own : owns) {
        parts.push_back(
            std::ldexp(static_cast<double>(own.part[t][c]), -kPartUnit));
      }
      curves_[t][c].number =
          c == kUnpenalised
              ? intervals->Add(curves_[t][c].excess, std::move(parts),
                               unpenalised, unpenalised_clusters_)
              : intervals->Add(curves_[t][c].excess, std::move(parts), rows,
                               clusters_[t]);
    }
  }
}

void BunchingTest::Write(const WorkerIntervals& intervals,
                         v1::StrictTarget* promise,
                         v1::StrictTarget* limit) const {
  v1::StrictTarget* targets[] = {promise, limit};
  for (int t = 0; t < kTargets; ++t) {
    const SlackCounts& slack = walk_.slack[t];
    if (targets[t] == nullptr || slack.n == 0) continue;
    v1::Bunching* out = targets[t]->mutable_bunching();
    const int64_t inside = InsideOf(slack);
    out->set_from_s(-kReach * 30);
    out->set_width_s(30);
    for (int b = kZeroBin - kReach; b < kZeroBin + kReach; ++b) {
      out->add_observed(slack.bins[b]);
    }
    out->set_n(inside);
    out->set_share_last_minute(RatioText(slack.last_minute, slack.n));
    out->set_share_first_minute_late(
        RatioText(slack.first_minute_late, slack.n));
    out->set_undelivered_late(slack.undelivered_late);
    const Curve& curve = curves_[t][0];
    const auto cannot = [out](const char* code, std::string en,
                              std::string zh) {
      out->set_verdict(absl::StrCat("CANNOT_CONCLUDE(", code, ")"));
      out->set_reason(std::move(en));
      out->set_reason_zh(std::move(zh));
    };
    if (inside < plan_.bunch_min_tasks()) {
      cannot("N",
             absl::StrCat(inside,
                          " tasks end within 15 minutes of the "
                          "deadline; at least ",
                          plan_.bunch_min_tasks(), " are needed."),
             absl::StrCat("只有 ", inside,
                          " 单在时限前后 15 分钟内完成，至少需要 ",
                          plan_.bunch_min_tasks(), " 单。"));
      continue;
    }
    if (!curve.fitted) {
      cannot("ID", "No smooth curve can be drawn through these bins.",
             "无法对这些时段拟合平滑曲线。");
      continue;
    }
    out->set_workers(clusters_[t]);
    for (int b = kZeroBin - kReach; b < kZeroBin + kReach; ++b) {
      out->add_expected(FloatText(curve.expected[b], 3));
    }
    const WorkerInterval& interval = intervals.Of(curve.number);
    *out->mutable_excess() = FigureOf(curve.excess, interval);
    double bound = 0;
    for (const int c : {kAfter, kBefore}) {
      const Curve& placebo = curves_[t][c];
      if (!placebo.fitted) continue;
      const WorkerInterval& ends = intervals.Of(placebo.number);
      *(c == kAfter ? out->mutable_placebo() : out->mutable_placebo_earlier()) =
          FigureOf(placebo.excess, ends);
      if (ends.high.has_value()) {
        bound = std::max({bound, std::fabs(*ends.low), std::fabs(*ends.high)});
      }
    }
    double unpunished = 0;
    if (t == 0 && has_limits_) {
      out->set_unpenalised_n(InsideOf(walk_.unpenalised));
      const Curve& free = curves_[t][kUnpenalised];
      if (free.fitted) {
        const WorkerInterval& ends = intervals.Of(free.number);
        *out->mutable_unpenalised() = FigureOf(free.excess, ends);
        if (ends.high.has_value()) unpunished = *ends.high;
      }
    }
    if (!interval.low.has_value()) {
      cannot("N", absl::StrCat("Only ", clusters_[t], " workers."),
             absl::StrCat("只有 ", clusters_[t], " 名劳动者。"));
    } else if (*interval.low > 0 &&
               *interval.low <= std::max(bound, curve.misfit)) {
      const std::string elsewhere = FloatText(std::max(bound, curve.misfit), 2);
      cannot("DEP",
             absl::StrCat("The smooth curve misses by as much elsewhere (",
                          elsewhere, " mean bins)."),
             absl::StrCat("平滑曲线在别处的偏差同样大（", elsewhere,
                          " 个平均格）。"));
    } else if (*interval.low > 0 && *interval.low <= unpunished) {
      cannot("DEP",
             "Tasks for which nobody is punished end as often just before the "
             "promise, so it need not be the punishment that bends them.",
             "不受处罚的任务也同样集中在承诺时刻之前，因此不一定是处罚所致。");
    } else if (*interval.low > 0) {
      out->set_verdict("FINDING");
      out->set_reason(
          "More tasks end just before the deadline than a smooth course would "
          "have: the deadline bends what is recorded.");
      out->set_reason_zh(
          "恰在时限之前完成的任务多于平滑走势，说明时限改变了所记录的行为。");
    } else {
      cannot("POW",
             "No clear excess just before the deadline; a smaller one cannot "
             "be ruled out.",
             "时限之前没有明显的堆积，但不能排除较小的堆积。");
    }
  }
}

}  // namespace plumbline::audit
