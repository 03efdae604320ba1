#include "audit/measures/cliffs.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <utility>

#include "audit/measures/cluster_spread.h"
#include "audit/measures/target_tally.h"
#include "audit/stats/decimal.h"
#include "audit/stats/distributions.h"
#include "audit/stats/hash.h"
#include "audit/stats/multiplicity.h"

namespace plumbline::audit {
namespace {

using replay::IsKnown;

constexpr int kBinsAPercent = 2;
constexpr int64_t kFewestWorkers = 30;
constexpr const char* kRateNames[] = {"accepted", "onTime"};
constexpr const char* kOutcomeNames[] = {"offersPerHour", "payPerHour",
                                         "payPerTask"};
// Outcomes are counted in thousandths of an offer, and in ten-thousandths of a
// unit of money.
constexpr int64_t kUnits[] = {1000, 10'000, 10'000};

int64_t FloorOf(int64_t numerator, int64_t denominator) {
  const int64_t quotient = numerator / denominator;
  return quotient - (numerator % denominator < 0 ? 1 : 0);
}

double Number(const std::string& text) {
  return std::strtod(text.c_str(), nullptr);
}

void Conclude(std::string verdict, std::string en, std::string zh,
              v1::Cliff* out) {
  out->set_verdict(std::move(verdict));
  out->set_reason(std::move(en));
  out->set_reason_zh(std::move(zh));
}

// A check that is not passed, or could not be made.
bool Fails(const v1::Figure& check) {
  return !check.has_lo() || Number(check.lo()) > 0 || Number(check.hi()) < 0;
}

}  // namespace

// A jump with its error, by cluster; `level` is the value just below.
struct CliffTally::Jump {
  bool known = false;
  double value = 0, error = 0, level = 0;
  int64_t clusters = 0;
  v1::Clusters spread;

  double PValue() const {
    return StudentPValue(value, error, static_cast<double>(clusters - 1));
  }
  v1::Figure Figure() const {
    v1::Figure figure;
    if (!known) return figure;
    figure.set_value(FloatText(value));
    const double half = StudentBound(clusters - 1) * error;
    figure.set_lo(FloatText(value - half));
    figure.set_hi(FloatText(value + half));
    figure.set_method("jackknife");
    *figure.mutable_clusters() = spread;
    return figure;
  }
};

void CliffTally::Cell::operator+=(const Cell& other) {
  n += other.n;
  for (int o = 0; o < kOutcomes; ++o) {
    after[o] += other.after[o];
    before[o] += other.before[o];
  }
}

void CliffTally::Side::Add(int64_t weight, int64_t x, int64_t n, int64_t y) {
  const Int128 times = weight;
  w += times * n;
  wx += times * n * x;
  wxx += times * n * x * x;
  wy += times * y;
  wxy += times * x * y;
  wxxy += times * x * x * y;
}

void CliffTally::Side::operator+=(const Side& other) {
  w += other.w;
  wx += other.wx;
  wxx += other.wxx;
  wy += other.wy;
  wxy += other.wxy;
  wxxy += other.wxxy;
}

CliffTally::Side CliffTally::Side::Without(const Side& other) const {
  return {w - other.w,   wx - other.wx,   wxx - other.wxx,
          wy - other.wy, wxy - other.wxy, wxxy - other.wxxy};
}

// The line at x = 0.
double CliffTally::Side::AtThreshold() const {
  const auto real = [](Int128 value) {
    return static_cast<long double>(value);
  };
  return static_cast<double>((real(wxx) * real(wy) - real(wx) * real(wxy)) /
                             real(w * wxx - wx * wx));
}

CliffTally::CliffTally(const MeasureContext& context, const v1::AuditPlan& plan,
                       size_t most_clusters)
    : plan_(plan),
      most_(most_clusters),
      offers_(context.Has("offers.offered_at") &&
              context.Has("offers.response")),
      pay_(context.Has("tasks.pay_base") || context.Has("pay.amount")),
      target_(context.Has("tasks.limit_at") ? 1 : 0),
      clock_(context.zone),
      reach_(2 * plan.cliff_band_percent() * kBinsAPercent) {
  const bool sessions =
      context.Has("sessions.started_at") && context.Has("sessions.ended_at");
  runs_[kAccepted] = sessions && offers_;
  runs_[kOnTime] = sessions && context.Has("tasks.accepted_at") &&
                   context.Has("tasks.completed_at") &&
                   (target_ == 1 || context.Has("tasks.promised_at"));
}

bool CliffTally::HasOutcome(int outcome) const {
  return outcome == kOffersPerHour ? offers_ : pay_;
}

int CliffTally::PlaceOf(int rate, int threshold, int64_t bin) const {
  return (rate * plan_.cliff_thresholds_size() + threshold) * 2 * reach_ +
         static_cast<int>(bin) + reach_;
}

uint64_t CliffTally::Prefix(uint64_t key) const {
  return bits_ == 64 ? key : key >> (64 - bits_) << (64 - bits_);
}

void CliffTally::Shorten(int bits) {
  bits_ = bits;
  std::map<uint64_t, std::map<int, Cell>> united;
  for (const auto& [key, cells] : clusters_) {
    std::map<int, Cell>& to = united[Prefix(key)];
    for (const auto& [place, cell] : cells) to[place] += cell;
  }
  clusters_ = std::move(united);
}

void CliffTally::Unite() {
  while (clusters_.size() > most_) Shorten(bits_ - 1);
}

void CliffTally::CollectWeeks(const replay::WorkerTimeline& timeline,
                              const WorkerSummary& summary) {
  weeks_.clear();
  for (const DayPart& day : summary.days) {
    const int64_t week = LocalClock::Week(day.day);
    if (weeks_.empty() || weeks_.back().week != week) {
      weeks_.emplace_back().week = week;
    }
    weeks_.back().online += day.online;
    weeks_.back().delivered += day.delivered;
    weeks_.back().pay += day.pay;
  }
  const auto find = [this](int64_t week) {
    const auto at = std::lower_bound(
        weeks_.begin(), weeks_.end(), week,
        [](const Week& one, int64_t wanted) { return one.week < wanted; });
    return at == weeks_.end() || at->week != week ? nullptr : &*at;
  };
  for (const replay::Offer& offer : timeline.offers) {
    if (offer.chosen == 0 || offer.response == v1::RESPONSE_NOT_OFFERED ||
        !IsKnown(offer.offered_at)) {
      continue;
    }
    Week* week = find(LocalClock::Week(clock_.Day(offer.offered_at)));
    if (week == nullptr) continue;
    ++week->offers;
    if (offer.response == v1::RESPONSE_UNKNOWN) continue;
    ++week->of[kAccepted];
    week->met[kAccepted] += offer.response == v1::RESPONSE_ACCEPTED;
  }
  if (!runs_[kOnTime]) return;
  for (const TaskInStratum& in : summary.strata->Tasks()) {
    if (!IsKnown(in.duration) || !IsKnown(in.target[target_]) ||
        timeline.tasks[in.task].prebooked == 1) {
      continue;
    }
    Week* week = find(LocalClock::Week(in.day));
    if (week == nullptr) continue;
    ++week->of[kOnTime];
    week->met[kOnTime] += in.duration <= in.target[target_];
  }
}

void CliffTally::AddWeek(const Week& before, const Week& now, const Week& after,
                         uint64_t key) {
  Cell cell;
  cell.n = 1;
  const auto fill = [](const Week& week,
                       std::array<int64_t, kOutcomes>* outcomes) {
    (*outcomes)[kOffersPerHour] =
        static_cast<int64_t>(Int128{week.offers} * kUnits[kOffersPerHour] *
                             replay::kHour / week.online);
    // Millionths to ten-thousandths.
    (*outcomes)[kPayPerHour] =
        static_cast<int64_t>(week.pay / 100 * replay::kHour / week.online);
    (*outcomes)[kPayPerTask] =
        static_cast<int64_t>(week.pay / 100 / week.delivered);
  };
  fill(before, &cell.before);
  fill(after, &cell.after);
  for (int rate = 0; rate < kRates; ++rate) {
    const int64_t n = now.of[rate];
    if (!runs_[rate] || n < plan_.cliff_min_tasks()) continue;
    for (int c = 0; c < plan_.cliff_thresholds_size(); ++c) {
      const int64_t least = -FloorOf(-plan_.cliff_thresholds(c) * n, 100);
      const int64_t above = now.met[rate] - least;
      const int64_t bin = FloorOf((2 * above + 1) * 50 * kBinsAPercent, n);
      if (bin < -reach_ || bin >= reach_) continue;
      clusters_[Prefix(key)][PlaceOf(rate, c, bin)] += cell;
    }
  }
}

void CliffTally::Observe(const replay::WorkerTimeline& timeline,
                         const WorkerSummary& summary) {
  if (!runs() || !timeline.known) return;
  CollectWeeks(timeline, summary);
  const auto counts = [](const Week& week) {
    return week.online >= replay::kHour && week.delivered > 0;
  };
  const uint64_t key = HashText(timeline.worker_id);
  for (size_t i = 1; i + 1 < weeks_.size(); ++i) {
    const Week &before = weeks_[i - 1], &now = weeks_[i],
               &after = weeks_[i + 1];
    if (before.week + 1 != now.week || now.week + 1 != after.week) continue;
    if (!counts(before) || !counts(now) || !counts(after)) continue;
    AddWeek(before, now, after, key);
  }
  Unite();
}

void CliffTally::Save(v1::WorkloadState* state) const {
  state->set_cliff_bits(bits_);
  for (const auto& [key, cells] : clusters_) {
    for (const auto& [place, cell] : cells) {
      v1::WorkloadState::CliffCell* out = state->add_cliffs();
      out->set_key(key);
      out->set_place(static_cast<uint32_t>(place));
      out->add_counts(cell.n);
      for (int o = 0; o < kOutcomes; ++o) {
        out->add_sums(cell.after[o]);
        out->add_sums(cell.before[o]);
      }
    }
  }
}

void CliffTally::Merge(const v1::WorkloadState& state) {
  if (state.cliff_bits() > 0 && state.cliff_bits() < bits_) {
    Shorten(state.cliff_bits());
  }
  const int places = PlaceOf(kRates, 0, -reach_);
  for (const v1::WorkloadState::CliffCell& in : state.cliffs()) {
    if (in.counts_size() != 1 || in.sums_size() != 2 * kOutcomes ||
        in.place() >= static_cast<uint32_t>(places)) {
      continue;
    }
    Cell cell;
    cell.n = in.counts(0);
    for (int o = 0; o < kOutcomes; ++o) {
      cell.after[o] = in.sums(2 * o);
      cell.before[o] = in.sums(2 * o + 1);
    }
    clusters_[Prefix(in.key())][static_cast<int>(in.place())] += cell;
  }
  Unite();
}

// `value` gives the number of rows of a cell and the sum of their y.
template <typename Value>
CliffTally::Gathered CliffTally::Gather(int rate, int threshold, int band,
                                        const Value& value) const {
  Gathered out;
  const int zero = PlaceOf(rate, threshold, 0);
  for (const auto& [key, cells] : clusters_) {
    Sides own;
    int64_t n = 0;
    for (auto at = cells.lower_bound(zero - band);
         at != cells.end() && at->first < zero + band; ++at) {
      // Twice the distance, so that middles of bins are whole.
      const int64_t x = 2 * (at->first - zero) + 1;
      const auto [rows, sum] = value(at->second);
      (x < 0 ? own.below : own.above)
          .Add(2 * band - std::llabs(x), x, rows, sum);
      n += at->second.n;
    }
    if (n == 0) continue;
    out.total.below += own.below;
    out.total.above += own.above;
    out.parts.push_back(own);
    out.rows.push_back(n);
  }
  return out;
}

// `estimate(sides, level)` is the figure, or nothing, and its level below.
template <typename Estimate>
CliffTally::Jump CliffTally::Jackknifed(const Gathered& gathered,
                                        const Estimate& estimate) {
  Jump out;
  out.clusters = static_cast<int64_t>(gathered.parts.size());
  const std::optional<double> value = estimate(gathered.total, &out.level);
  if (!value || out.clusters < kFewestWorkers) return out;
  std::vector<double> without;
  double squares = 0, ignored = 0;
  for (const Sides& part : gathered.parts) {
    const std::optional<double> rest =
        estimate({gathered.total.below.Without(part.below),
                  gathered.total.above.Without(part.above)},
                 &ignored);
    if (!rest) return out;
    without.push_back(*rest);
    squares += (*rest - *value) * (*rest - *value);
  }
  const double g = static_cast<double>(out.clusters);
  out.value = *value;
  out.error = std::sqrt((g - 1) / g * squares);
  out.spread = SpreadOf(gathered.rows, without, out.value);
  out.known = true;
  return out;
}

CliffTally::Jump CliffTally::JumpOf(int rate, int threshold, int band,
                                    int outcome, bool later) const {
  const size_t o = static_cast<size_t>(outcome);
  const double unit = static_cast<double>(kUnits[o]);
  return Jackknifed(
      Gather(rate, threshold, band,
             [o, later](const Cell& cell) {
               return std::pair(cell.n, (later ? cell.after : cell.before)[o]);
             }),
      [unit](const Sides& sides, double* level) -> std::optional<double> {
        if (!sides.below.defined() || !sides.above.defined()) return {};
        *level = sides.below.AtThreshold() / unit;
        return sides.above.AtThreshold() / unit - *level;
      });
}

// Here a bin is a row and the number of its weeks is y, so the design is fixed
// and the parabola at 0 is the same sum of y, x y and x^2 y throughout.
CliffTally::Jump CliffTally::HeapOf(int rate, int threshold, int band) const {
  // Of the side above; below, x has the other sign.
  double moments[5] = {};
  for (int bin = 0; bin < band; ++bin) {
    const double x = 2 * bin + 1;
    double power = 2 * band - x;
    for (double& moment : moments) {
      moment += power;
      power *= x;
    }
  }
  const auto& m = moments;
  const double first[] = {m[2] * m[4] - m[3] * m[3], m[2] * m[3] - m[1] * m[4],
                          m[1] * m[3] - m[2] * m[2]};
  const double whole = m[0] * first[0] + m[1] * first[1] + m[2] * first[2];
  const auto at_threshold = [&](const Side& side, int sign) {
    return (first[0] * static_cast<double>(side.wy) +
            first[1] * sign * static_cast<double>(side.wxy) +
            first[2] * static_cast<double>(side.wxxy)) /
           whole;
  };
  return Jackknifed(
      Gather(rate, threshold, band,
             [](const Cell& cell) { return std::pair(int64_t{0}, cell.n); }),
      [&](const Sides& sides, double* level) -> std::optional<double> {
        const double below = at_threshold(sides.below, -1),
                     above = at_threshold(sides.above, 1);
        *level = (below + above) / 2;
        if (!(*level > 0)) return {};
        return (above - below) / *level;
      });
}

bool CliffTally::WriteOne(int rate, int threshold, int outcome,
                          v1::Cliff* out) const {
  const int band = reach_ / 2;
  int64_t below = 0, above = 0;
  const int zero = PlaceOf(rate, threshold, 0);
  for (const auto& [key, cells] : clusters_) {
    for (auto at = cells.lower_bound(zero - band);
         at != cells.end() && at->first < zero + band; ++at) {
      (at->first < zero ? below : above) += at->second.n;
    }
  }
  if (std::min(below, above) < plan_.cliff_min_weeks()) return false;
  const Jump jump = JumpOf(rate, threshold, band, outcome, true);
  if (!jump.known) return false;
  out->set_rate(kRateNames[rate]);
  out->set_threshold(plan_.cliff_thresholds(threshold));
  out->set_outcome(kOutcomeNames[outcome]);
  out->set_below(below);
  out->set_above(above);
  out->set_workers(jump.clusters);
  out->set_mean(FloatText(jump.level));
  *out->mutable_jump() = jump.Figure();
  out->set_p_value(FloatText(jump.PValue()));
  const auto other = [&](int width, bool later) {
    return JumpOf(rate, threshold, width, outcome, later).Figure();
  };
  *out->mutable_jump_half() = other(band / 2, true);
  *out->mutable_jump_double() = other(2 * band, true);
  *out->mutable_placebo() = other(band, false);
  *out->mutable_heap() = HeapOf(rate, threshold, band).Figure();
  return true;
}

void CliffTally::Judge(v1::Cliff* cliff) const {
  const double low = Number(cliff->jump().lo()),
               high = Number(cliff->jump().hi());
  const double bound =
      Number(plan_.cliff_margin()) * std::fabs(Number(cliff->mean()));
  const bool all_up = cliff->jump_half().has_value() &&
                      cliff->jump_double().has_value() &&
                      Number(cliff->jump_half().value()) > 0 &&
                      Number(cliff->jump_double().value()) > 0;
  const double significance = Number(plan_.significance());
  if (Fails(cliff->heap())) {
    Conclude(
        "CANNOT_CONCLUDE(ID)",
        "The number of weeks jumps at the threshold as well: workers may be "
        "working for it, and those above be others than those below.",
        "达标与未达标的周数在门槛处也有跳变：劳动者可能在为达标而工作，"
        "门槛两侧的人群可能不同。",
        cliff);
  } else if (Fails(cliff->placebo())) {
    Conclude("CANNOT_CONCLUDE(ID)",
             "The week before jumps at the threshold as well, which the rate "
             "cannot have caused: workers above differ from those below.",
             "前一周在门槛处也有跳变，而当周的比率不可能影响此前：门槛两侧的"
             "劳动者本来就不同。",
             cliff);
  } else if (low > bound && all_up &&
             Number(cliff->p_adjusted()) <= significance) {
    Conclude("FINDING",
             "Weeks that just pass the threshold are followed by more than "
             "those that just miss it, by more than the declared margin.",
             "刚达到门槛的一周之后，得到的明显多于刚好未达到的一周，差距超过预"
             "先声明的界限。",
             cliff);
  } else if (high < bound) {
    Conclude("NO_FINDING", "No jump up beyond the declared margin.",
             "没有超过预先声明界限的上跳。", cliff);
  } else {
    Conclude("CANNOT_CONCLUDE(POW)",
             "A jump beyond the declared margin is neither shown nor excluded.",
             "既不能证实也不能排除超过预先声明界限的跳变。", cliff);
  }
}

void CliffTally::Write(v1::Workload* out) const {
  std::vector<double> p_values;
  for (int rate = 0; rate < kRates; ++rate) {
    if (!runs_[rate]) continue;
    for (int c = 0; c < plan_.cliff_thresholds_size(); ++c) {
      for (int outcome = 0; outcome < kOutcomes; ++outcome) {
        if (!HasOutcome(outcome)) continue;
        v1::Cliff cliff;
        if (!WriteOne(rate, c, outcome, &cliff)) continue;
        p_values.push_back(Number(cliff.p_value()));
        *out->add_cliffs() = std::move(cliff);
      }
    }
  }
  const std::vector<double> adjusted = BenjaminiHochbergAdjusted(p_values);
  for (size_t i = 0; i < adjusted.size(); ++i) {
    v1::Cliff* cliff = out->mutable_cliffs(static_cast<int>(i));
    cliff->set_p_adjusted(FloatText(adjusted[i]));
    Judge(cliff);
  }
}

}  // namespace plumbline::audit
