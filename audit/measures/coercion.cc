#include "audit/measures/coercion.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "audit/measures/state_codec.h"
#include "audit/measures/target_tally.h"
#include "audit/stats/decimal.h"
#include "audit/stats/hash.h"

namespace plumbline::audit {
namespace {

using replay::IsKnown;

constexpr int kCause = 0, kPlacebo = 1, kColumns = 2;
constexpr int64_t kFarthestDay = 3;
constexpr int64_t kFewestWorkers = 30;
// Outcomes are counted in thousandths of an offer, and in ten-thousandths of a
// unit of money, an hour.
constexpr int64_t kUnits[CoercionTally::kOutcomes] = {1000, 10'000};

void Judge(std::string verdict, std::string en, std::string zh,
           v1::Coercion* out) {
  out->set_verdict(std::move(verdict));
  out->set_reason(std::move(en));
  out->set_reason_zh(std::move(zh));
}

double Number(const std::string& text) {
  return std::strtod(text.c_str(), nullptr);
}

}  // namespace

CoercionTally::CoercionTally(const MeasureContext& context,
                             const v1::AuditPlan& plan)
    : plan_(plan),
      runs_(context.Has("offers.offered_at") &&
            context.Has("offers.response") &&
            context.Has("sessions.started_at") &&
            context.Has("sessions.ended_at")),
      pay_(context.Has("tasks.pay_base") || context.Has("pay.amount")),
      clock_(context.zone),
      blocks_{WorkerBlocks(kColumns), WorkerBlocks(kColumns)} {}

void CoercionTally::Observe(const replay::WorkerTimeline& timeline,
                            const WorkerSummary& summary) {
  if (!runs_ || !timeline.known) return;
  days_.clear();
  for (const DayPart& part : summary.days) {
    if (part.online >= replay::kHour) days_.push_back({.day = part.day});
  }
  for (const replay::Offer& offer : timeline.offers) {
    if (offer.chosen == 0 || offer.response == v1::RESPONSE_NOT_OFFERED ||
        !IsKnown(offer.offered_at)) {
      continue;
    }
    const int64_t day = clock_.Day(offer.offered_at);
    const auto at = std::lower_bound(
        days_.begin(), days_.end(), day,
        [](const Day& one, int64_t wanted) { return one.day < wanted; });
    if (at == days_.end() || at->day != day) continue;
    ++at->made;
    at->rejected += offer.response == v1::RESPONSE_REJECTED;
  }
  const auto refused = [](const Day& day) {
    return day.rejected > 0 && day.rejected * 5 >= day.made;
  };
  size_t part = 0;
  bool any = false;
  for (size_t i = 1; i + 1 < days_.size(); ++i) {
    const Day &before = days_[i - 1], &now = days_[i], &after = days_[i + 1];
    if (now.day - before.day > kFarthestDay ||
        after.day - now.day > kFarthestDay) {
      continue;
    }
    while (summary.days[part].day < now.day) ++part;
    const DayPart& figures = summary.days[part];
    int holds[kColumns];
    size_t held = 0;
    if (refused(before)) holds[held++] = kCause;
    if (refused(after)) holds[held++] = kPlacebo;
    // By hour online: ms to hours, and millionths to ten-thousandths.
    const Int128 per[kOutcomes] = {
        Int128{now.made} * kUnits[kOffers] * replay::kHour / figures.online,
        figures.pay / 100 * replay::kHour / figures.online};
    for (int o = 0; o < kOutcomes; ++o) {
      if (o == kPay && !pay_) continue;
      const int64_t y = static_cast<int64_t>(per[o]);
      blocks_[o].AddRow(LocalClock::WeekDay(now.day), {holds, held}, y);
      ++counts_[o].n;
      counts_[o].caused += refused(before);
      counts_[o].sum += y;
      any = true;
    }
  }
  if (!any) return;
  const uint64_t worker = HashText(timeline.worker_id);
  for (int o = 0; o < kOutcomes; ++o) {
    if (o == kPay && !pay_) continue;
    ++counts_[o].workers;
    blocks_[o].EndWorker(worker);
  }
}

void CoercionTally::Save(v1::WorkloadState* state) const {
  for (int o = 0; o < kOutcomes; ++o) {
    v1::WorkloadState::Blocks* out = state->add_coercion();
    blocks_[o].Save(out);
    for (const int64_t count :
         {counts_[o].n, counts_[o].workers, counts_[o].caused}) {
      out->add_counts(count);
    }
    *out->add_totals() = EncodeWide(counts_[o].sum);
  }
}

void CoercionTally::Merge(const v1::WorkloadState& state) {
  for (int o = 0; o < std::min<int>(kOutcomes, state.coercion_size()); ++o) {
    const v1::WorkloadState::Blocks& in = state.coercion(o);
    if (in.counts_size() != 3 || in.totals_size() != 1) continue;
    blocks_[o].Merge(in);
    counts_[o].n += in.counts(0);
    counts_[o].workers += in.counts(1);
    counts_[o].caused += in.counts(2);
    counts_[o].sum += DecodeWide(in.totals(0));
  }
}

void CoercionTally::WriteOne(int outcome, v1::Coercion* out) const {
  const Counts& counts = counts_[outcome];
  const double unit = static_cast<double>(kUnits[outcome]);
  out->set_cause("refused");
  out->set_outcome(outcome == kOffers ? "offersPerHour" : "payPerHour");
  out->set_n(counts.n);
  out->set_workers(counts.workers);
  out->set_caused(counts.caused);
  out->set_mean(RatioText(counts.sum, Int128{counts.n} * kUnits[outcome]));
  if (counts.caused < plan_.coercion_min_days() ||
      counts.workers < kFewestWorkers) {
    Judge("CANNOT_CONCLUDE(N)",
          absl::StrCat(counts.caused, " days of ", counts.workers,
                       " workers follow one with many refusals; at least ",
                       plan_.coercion_min_days(), " of ", kFewestWorkers,
                       " are needed."),
          absl::StrCat("多次拒单后的工作日只有 ", counts.caused, " 个，涉及 ",
                       counts.workers, " 名劳动者，至少需要 ",
                       plan_.coercion_min_days(), " 个、", kFewestWorkers,
                       " 名。"),
          out);
    return;
  }
  const WorkerBlocks::Solution solution = blocks_[outcome].Fit();
  const auto of = [&](int column) {
    double weights[kColumns] = {};
    weights[column] = 1;
    return solution.Combine(weights, unit);
  };
  const auto estimate = of(kCause), check = of(kPlacebo);
  v1::Figure placebo, effect;
  if (estimate && check) {
    placebo = FigureOf(*check);
    effect = FigureOf(*estimate);
    *out->mutable_placebo() = placebo;
    *out->mutable_effect() = effect;
    out->set_p_value(FloatText(PValueOf(*estimate)));
  }
  if (!effect.has_lo() || !placebo.has_lo()) {
    Judge("CANNOT_CONCLUDE(ID)",
          "Days after many refusals and days before many cannot be told "
          "apart.",
          "多次拒单之前与之后的工作日无法区分开。", out);
    return;
  }
  // Rounding is no difference.
  const bool beyond_rounding =
      std::fabs(Number(placebo.value())) > 1e-6 * Number(out->mean());
  if (beyond_rounding &&
      (Number(placebo.lo()) > 0 || Number(placebo.hi()) < 0)) {
    Judge("CANNOT_CONCLUDE(ID)",
          "Days before many refusals differ as well, which nothing later can "
          "have caused: place or season moves both.",
          "多次拒单之前的工作日也有差别，而后来的事不可能影响此前：可能是地点"
          "或时段同时影响两者。",
          out);
    return;
  }
  const double bound = -Number(plan_.coercion_margin()) * Number(out->mean());
  if (Number(effect.hi()) < bound) {
    Judge("FINDING",
          "On the working day after many refusals the same workers get less, "
          "by more than the declared margin. A model of days: it says that "
          "less comes, not why.",
          "多次拒单后的下一个工作日，同一批劳动者得到的更少，差距超过预先声明"
          "的界限。这是按日建模，只说明变少，不说明原因。",
          out);
  } else if (Number(effect.lo()) > bound) {
    Judge("NO_FINDING",
          "No fall beyond the declared margin after days with many refusals.",
          "多次拒单后没有超过预先声明界限的下降。", out);
  } else {
    Judge("CANNOT_CONCLUDE(POW)",
          "The interval lies on both sides of the declared margin.",
          "区间跨越预先声明的界限。", out);
  }
}

void CoercionTally::Write(v1::Workload* out) const {
  for (int o = 0; o < kOutcomes; ++o) {
    if (counts_[o].n > 0) WriteOne(o, out->add_coercion());
  }
}

}  // namespace plumbline::audit
