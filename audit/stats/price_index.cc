#include "audit/stats/price_index.h"

#include <cmath>

namespace plumbline::audit {

Outcome<PriceIndex> FisherIndex(std::span<const IndexStratum> strata) {
  Rational old_mix_0, old_mix_1, new_mix_0, new_mix_1;
  BigInteger totals[2] = {0, 0}, numbers[2] = {0, 0}, matched = 0;
  for (const IndexStratum& s : strata) {
    totals[0] += s.total_0;
    totals[1] += s.total_1;
    numbers[0] += s.number_0;
    numbers[1] += s.number_1;
    if (s.number_0 <= 0 || s.number_1 <= 0) continue;
    matched += s.number_0;
    matched += s.number_1;
    const Rational price_0(BigInteger(s.total_0), BigInteger(s.number_0));
    const Rational price_1(BigInteger(s.total_1), BigInteger(s.number_1));
    old_mix_0 += price_0 * s.number_0;
    old_mix_1 += price_1 * s.number_0;
    new_mix_0 += price_0 * s.number_1;
    new_mix_1 += price_1 * s.number_1;
  }
  if (old_mix_0 <= 0 || new_mix_0 <= 0 || old_mix_1 < 0 || new_mix_1 < 0) {
    return {Reason::kNotIdentified,
            "no stratum with a price above zero is there in both periods"};
  }
  PriceIndex index;
  index.laspeyres = old_mix_1 / old_mix_0;
  index.paasche = new_mix_1 / new_mix_0;
  index.fisher = std::sqrt(ToDouble(Rational(index.laspeyres * index.paasche)));
  index.crude_0 = Rational(totals[0], numbers[0]);
  index.crude_1 = Rational(totals[1], numbers[1]);
  index.matched = Rational(matched, numbers[0] + numbers[1]);
  return index;
}

}  // namespace plumbline::audit
