#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <vector>

#include "audit/measures/erosion_pulls.h"
#include "audit/measures/erosion_series.h"
#include "audit/stats/decimal.h"
#include "audit/stats/multiplicity.h"

namespace plumbline::audit {
namespace {

double Number(const std::string& text) {
  return std::strtod(text.c_str(), nullptr);
}

// Holm over the tests that have a p-value; others are no part of the family.
template <typename Get, typename Set>
void Adjust(std::vector<v1::Drift*>& drifts, const Get& get, const Set& set) {
  std::vector<double> p_values;
  std::vector<v1::Drift*> tested;
  for (v1::Drift* drift : drifts) {
    const std::optional<double> p = get(*drift);
    if (!p) continue;
    p_values.push_back(*p);
    tested.push_back(drift);
  }
  const std::vector<double> adjusted = HolmAdjusted(p_values);
  for (size_t i = 0; i < tested.size(); ++i) set(tested[i], adjusted[i]);
}

void JudgeIndex(bool rise, double known, const ErosionBounds& bounds,
                v1::LikeForLike* index) {
  if (!index->has_lo() || !index->verdict().empty()) return;
  const double low = Number(index->lo()), high = Number(index->hi());
  const bool beyond = rise ? low > 1 + bounds.margin : high < 1 - bounds.margin;
  const bool inside = rise ? high < 1 + bounds.margin : low > 1 - bounds.margin;
  if (Number(index->matched()) < bounds.matched) {
    index->set_verdict(CannotConclude(Reason::kNotIdentified));
  } else if (known < bounds.known) {
    index->set_verdict(CannotConclude(Reason::kMissing));
  } else if (beyond && Number(index->p_holm()) <= bounds.significance) {
    index->set_verdict("FINDING");
  } else if (inside) {
    index->set_verdict("NO_FINDING");
  } else {
    index->set_verdict(CannotConclude(Reason::kPower));
  }
}

void JudgeTrend(bool rise, double known, const ErosionBounds& bounds,
                v1::Trend* trend) {
  if (!trend->verdict().empty()) return;
  const double change = Number(trend->change());
  const bool erodes = rise ? change > bounds.margin : change < -bounds.margin;
  const double weeks =
      Number(trend->slope()) != 0 ? change / Number(trend->slope()) : 0;
  const double worst =
      trend->has_slope_lo()
          ? (rise ? Number(trend->slope_hi()) : -Number(trend->slope_lo())) *
                weeks
          : 1;
  if (known < bounds.known) {
    trend->set_verdict(CannotConclude(Reason::kMissing));
  } else if (erodes && Number(trend->p_holm()) <= bounds.significance) {
    trend->set_verdict("FINDING");
  } else if (weeks > 0 && worst < bounds.margin) {
    trend->set_verdict("NO_FINDING");
  } else {
    trend->set_verdict(CannotConclude(Reason::kPower));
  }
}

void JudgeBreaks(const ErosionBounds& bounds, v1::Breaks* breaks) {
  // Breaks that chance explains are no breaks.
  const bool real =
      breaks->has_p_holm() && Number(breaks->p_holm()) <= bounds.significance;
  if (!real || breaks->verdict() == "NO_FINDING") breaks->clear_breaks();
  if (!breaks->verdict().empty()) return;
  bool undisclosed = false, unknown = false, any = false;
  for (const v1::Break& one : breaks->breaks()) {
    if (std::fabs(Number(one.change())) < bounds.margin) continue;
    any = true;
    undisclosed |= one.disclosure() == "UNDISCLOSED";
    unknown |= one.disclosure() == "UNKNOWN";
  }
  if (undisclosed) {
    breaks->set_verdict("FINDING");
  } else if (unknown) {
    breaks->set_verdict(CannotConclude(Reason::kMissing));
  } else if (any) {
    breaks->set_verdict("NO_FINDING");  // All of them were published.
  } else {
    breaks->set_verdict(CannotConclude(Reason::kPower));
  }
}

}  // namespace

void AdjustDrifts(const ErosionBounds& bounds,
                  google::protobuf::Map<std::string, v1::Drift>* series) {
  std::vector<v1::Drift*> drifts;
  for (int q = 0; q < kIndexed; ++q) {
    const auto at = series->find(QuantityName(q));
    if (at != series->end()) drifts.push_back(&at->second);
  }
  const auto number = [](bool has, const std::string& text) {
    return has ? std::optional<double>(Number(text)) : std::nullopt;
  };
  Adjust(
      drifts,
      [&](const v1::Drift& drift) {
        return number(drift.index().has_p_value(), drift.index().p_value());
      },
      [](v1::Drift* drift, double p) {
        drift->mutable_index()->set_p_holm(FloatText(p));
      });
  Adjust(
      drifts,
      [&](const v1::Drift& drift) -> std::optional<double> {
        const auto p =
            number(drift.trend().has_p_value(), drift.trend().p_value());
        if (!p) return p;
        return std::max(*p, Number(drift.trend().block_p_value()));
      },
      [](v1::Drift* drift, double p) {
        drift->mutable_trend()->set_p_holm(FloatText(p));
      });
  Adjust(
      drifts,
      [&](const v1::Drift& drift) {
        return number(drift.breaks().has_p_value(), drift.breaks().p_value());
      },
      [](v1::Drift* drift, double p) {
        drift->mutable_breaks()->set_p_holm(FloatText(p));
      });
  for (auto& [name, drift] : *series) {
    const bool rise = name == QuantityName(kTakeRate);
    const double known =
        drift.has_known_share() ? Number(drift.known_share()) : 1;
    JudgeIndex(rise, known, bounds, drift.mutable_index());
    JudgeTrend(rise, known, bounds, drift.mutable_trend());
    JudgeBreaks(bounds, drift.mutable_breaks());
  }
}

}  // namespace plumbline::audit
