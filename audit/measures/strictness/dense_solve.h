#ifndef PLUMBLINE_AUDIT_MEASURES_STRICTNESS_DENSE_SOLVE_H_
#define PLUMBLINE_AUDIT_MEASURES_STRICTNESS_DENSE_SOLVE_H_

#include <vector>

namespace plumbline::audit {

// Solves A x = b for a symmetric positive definite A of some ten rows, scaled
// to a unit diagonal first, by elimination with the largest pivot: the same
// bits everywhere. False where A is singular (a pivot below 1e-11 of the
// diagonal).
bool SolveDense(std::vector<std::vector<double>> a, std::vector<double> b,
                std::vector<double>* x);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_STRICTNESS_DENSE_SOLVE_H_
