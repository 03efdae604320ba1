#include "audit/measures/strictness/dense_solve.h"

#include <cmath>
#include <cstddef>
#include <utility>

namespace plumbline::audit {

bool SolveDense(std::vector<std::vector<double>> a, std::vector<double> b,
                std::vector<double>* x) {
  constexpr double kSmallest = 1e-11;
  const size_t n = b.size();
  std::vector<double> scale(n);
  for (size_t i = 0; i < n; ++i) {
    if (!(a[i][i] > 0)) return false;
    scale[i] = 1 / std::sqrt(a[i][i]);
  }
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j < n; ++j) a[i][j] *= scale[i] * scale[j];
    b[i] *= scale[i];
  }
  for (size_t k = 0; k < n; ++k) {
    size_t pivot = k;
    for (size_t i = k + 1; i < n; ++i) {
      if (std::fabs(a[i][k]) > std::fabs(a[pivot][k])) pivot = i;
    }
    if (!(std::fabs(a[pivot][k]) > kSmallest)) return false;
    std::swap(a[k], a[pivot]);
    std::swap(b[k], b[pivot]);
    for (size_t i = k + 1; i < n; ++i) {
      const double factor = a[i][k] / a[k][k];
      for (size_t j = k; j < n; ++j) a[i][j] -= factor * a[k][j];
      b[i] -= factor * b[k];
    }
  }
  x->assign(n, 0);
  for (size_t k = n; k-- > 0;) {
    double sum = b[k];
    for (size_t j = k + 1; j < n; ++j) sum -= a[k][j] * (*x)[j];
    (*x)[k] = sum / a[k][k];
  }
  for (size_t k = 0; k < n; ++k) (*x)[k] *= scale[k];
  return true;
}

}  // namespace plumbline::audit
