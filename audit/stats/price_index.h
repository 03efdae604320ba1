#ifndef PLUMBLINE_AUDIT_STATS_PRICE_INDEX_H_
#define PLUMBLINE_AUDIT_STATS_PRICE_INDEX_H_

#include <cstdint>
#include <span>

#include "audit/stats/outcome.h"
#include "audit/stats/rational.h"

namespace plumbline::audit {

// Like for like: what happened to a price (pay an order, seconds a kilometre)
// when the mix of orders is held fixed? Over strata with both periods present,
//
//   Laspeyres L = sum p1 q0 / sum p0 q0     (old mix)
//   Paasche   P = sum p1 q1 / sum p0 q1     (new mix)
//   Fisher    F = sqrt(L P)
//
// The price of a stratum is its total over its number, so a stratum brings
// totals and numbers of both periods, all integers. Strata absent in one period
// are left out of both sides; `matched` is the share of all numbers that stays.
// Allowances 1800, 2400 with 100, 50 orders to 1620, 2280 with 80, 120:
// L 23/25, P 14/15, F 0.9266426855, while the crude mean rises from 2000 to
// 2016. L and P are exact. No stratum in common, or none with a price above
// zero, gives reason ID. Source: Fisher 1922.
struct IndexStratum {
  int64_t total_0 = 0, number_0 = 0;
  int64_t total_1 = 0, number_1 = 0;
};
struct PriceIndex {
  Rational laspeyres, paasche;
  double fisher = 0;
  Rational crude_0, crude_1;  // Means over everything, mix and all.
  Rational matched;
};
Outcome<PriceIndex> FisherIndex(std::span<const IndexStratum> strata);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_STATS_PRICE_INDEX_H_
