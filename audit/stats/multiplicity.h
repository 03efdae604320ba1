#ifndef PLUMBLINE_AUDIT_STATS_MULTIPLICITY_H_
#define PLUMBLINE_AUDIT_STATS_MULTIPLICITY_H_

#include <span>
#include <vector>

namespace plumbline::audit {

// Adjusted p-values of m tests, in the order given; with p_(1) <= ... <= p_(m):
//
//   Holm                 max over j <= k of min(1, (m - j + 1) p_(j))
//   Benjamini-Hochberg   min over j >= k of min(1, m p_(j) / j)
//   Benjamini-Yekutieli  the same with m (1 + 1/2 + ... + 1/m) for m
//
// Holm holds the chance of any false finding, whatever the dependence: for the
// few headline tests. Benjamini-Hochberg holds the expected share of false
// findings under independence or positive dependence, Yekutieli always: for
// screens. Equal p-values get equal adjusted ones. O(m log m).
//
// Sources: Holm 1979; Benjamini and Hochberg 1995; Benjamini and Yekutieli
// 2001.
std::vector<double> HolmAdjusted(std::span<const double> p_values);
std::vector<double> BenjaminiHochbergAdjusted(std::span<const double> p_values);
std::vector<double> BenjaminiYekutieliAdjusted(
    std::span<const double> p_values);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_STATS_MULTIPLICITY_H_
