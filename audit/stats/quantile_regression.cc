#include "audit/stats/quantile_regression.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

#include "audit/stats/least_squares.h"

namespace plumbline::audit {
namespace {

using Matrix = Eigen::MatrixXd;
using Array = Eigen::ArrayXd;
using Vector = Eigen::VectorXd;

// The largest step that keeps `value` above zero, at most `most`.
double LargestStep(const Array& value, const Array& change) {
  double step = 1e20;
  for (Eigen::Index i = 0; i < value.size(); ++i) {
    if (change[i] < 0) step = std::min(step, -value[i] / change[i]);
  }
  return step;
}

struct InteriorPoint {
  Vector coefficients;
  Array dual;  // In [0, 1]; dual - (1 - tau) is v.
  int iterations = 0;
};

// max y'a with X'a = (1 - tau) X'1, 0 <= a <= 1.
InteriorPoint FrischNewton(const Matrix& x, const Vector& y, double tau,
                           int most_iterations) {
  const Eigen::Index n = x.rows();
  const Vector c = -y;
  const Vector b = (1 - tau) * x.colwise().sum().transpose();
  Array a = Array::Constant(n, 1 - tau), s = 1 - a;
  Vector yd = x.colPivHouseholderQr().solve(c);
  Array r = (c - x * yd).array();
  r = (r == 0).select(1e-3, r);
  Array z = r.max(0) + 1e-3, w = z - r;
  const auto gap = [&] { return c.dot(a.matrix()) - yd.dot(b) + w.sum(); };
  InteriorPoint point;
  while (gap() > 1e-9 * (1 + std::fabs(c.dot(a.matrix()))) &&
         point.iterations < most_iterations) {
    ++point.iterations;
    const Array q = 1 / (z / a + w / s);
    r = z - w;
    const Matrix weighted = x.array().colwise() * q;
    const Eigen::LDLT<Matrix> system(Matrix(x.transpose() * weighted));
    const Vector right = weighted.transpose() * r.matrix();
    Vector dy = system.solve(right);
    Array da = q * ((x * dy).array() - r), ds = -da;
    Array dz = -z * (da / a + 1), dw = -w * (ds / s + 1);
    constexpr double kShort = 0.99995;
    const auto step_of = [](const Array& u, const Array& du, const Array& v,
                            const Array& dv) {
      return std::min(
          1.0, kShort * std::min(LargestStep(u, du), LargestStep(v, dv)));
    };
    double primal = step_of(a, da, s, ds), dual = step_of(z, dz, w, dw);
    if (std::min(primal, dual) < 1) {
      const double now = (z * a).sum() + (w * s).sum();
      const double then = ((z + dual * dz) * (a + primal * da)).sum() +
                          ((w + dual * dw) * (s + primal * ds)).sum();
      const double ratio = then / now;
      const double mu =
          now * ratio * ratio * ratio / (2 * static_cast<double>(n));
      const Array dadz = da * dz, dsdw = ds * dw, xi = 1 / a - 1 / s;
      const Vector corrected =
          right +
          x.transpose() * (q * (dadz / a - dsdw / s - mu * xi)).matrix();
      dy = system.solve(corrected);
      da = q * ((x * dy).array() + mu * xi - r - dadz / a + dsdw / s);
      ds = -da;
      dz = mu / a - z - z * da / a - dadz / a;
      dw = mu / s - w - w * ds / s - dsdw / s;
      primal = step_of(a, da, s, ds);
      dual = step_of(z, dz, w, dw);
    }
    a += primal * da;
    s += primal * ds;
    yd += dual * dy;
    z += dual * dz;
    w += dual * dw;
  }
  point.coefficients = -yd;
  point.dual = a;
  return point;
}

// Rows chosen in turn while they are linearly independent, exactly.
class RowBasis {
 public:
  explicit RowBasis(size_t columns) : columns_(columns) {}

  bool full() const { return rows_.size() == columns_; }

  // Takes the row if it is independent of those taken.
  bool Take(std::span<const int64_t> row) {
    std::vector<Rational> rest(row.begin(), row.end());
    for (size_t k = 0; k < rows_.size(); ++k) {
      const Rational factor = rest[pivots_[k]];
      if (factor == 0) continue;
      for (size_t j = 0; j < columns_; ++j) rest[j] -= factor * rows_[k][j];
    }
    for (size_t j = 0; j < columns_; ++j) {
      if (rest[j] == 0) continue;
      const Rational pivot = rest[j];
      for (Rational& value : rest) value /= pivot;
      rows_.push_back(std::move(rest));
      pivots_.push_back(j);
      return true;
    }
    return false;
  }

 private:
  size_t columns_;
  std::vector<std::vector<Rational>> rows_;
  std::vector<size_t> pivots_;
};

// M t = right for a regular square M.
std::vector<Rational> SolveExactly(std::vector<std::vector<Rational>> m,
                                   std::vector<Rational> right) {
  const size_t p = m.size();
  for (size_t k = 0; k < p; ++k) {
    size_t pivot = k;
    while (m[pivot][k] == 0) ++pivot;
    std::swap(m[k], m[pivot]);
    std::swap(right[k], right[pivot]);
    for (size_t i = 0; i < p; ++i) {
      if (i == k || m[i][k] == 0) continue;
      const Rational factor = m[i][k] / m[k][k];
      for (size_t j = k; j < p; ++j) m[i][j] -= factor * m[k][j];
      right[i] -= factor * right[k];
    }
  }
  for (size_t k = 0; k < p; ++k) right[k] /= m[k][k];
  return right;
}

class Certificate {
 public:
  Certificate(const QuantileData& data, std::vector<size_t> rows, Rational tau)
      : data_(data),
        rows_(std::move(rows)),
        tau_(std::move(tau)),
        p_(static_cast<size_t>(data.columns)) {}

  // Fills the exact part of `fit`, whose coefficients are near a solution.
  void Check(const Array& dual, QuantileFit* fit) const {
    // b through the independent rows that it all but meets.
    std::vector<size_t> order(rows_.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::vector<double> distance(rows_.size());
    for (size_t i = 0; i < rows_.size(); ++i) {
      double fitted = 0;
      for (size_t j = 0; j < p_; ++j) {
        fitted += static_cast<double>(Row(i)[j]) * fit->coefficients[j];
      }
      distance[i] = std::fabs(static_cast<double>(Y(i)) - fitted);
    }
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
      return distance[a] < distance[b];
    });
    const std::vector<size_t> through = Independent(order);
    std::vector<std::vector<Rational>> system;
    std::vector<Rational> right;
    for (const size_t i : through) {
      system.emplace_back(Row(i).begin(), Row(i).end());
      right.emplace_back(Y(i));
    }
    fit->exact = SolveExactly(std::move(system), std::move(right));

    // Residual signs, over one common denominator so that rows stay integers.
    BigInteger common = 1;
    for (const Rational& b : fit->exact) {
      common = lcm(common, denominator(b));
    }
    std::vector<BigInteger> scaled;
    for (const Rational& b : fit->exact) {
      scaled.push_back(numerator(b) * (common / denominator(b)));
    }
    std::vector<int> sign(rows_.size());
    std::vector<size_t> zero;
    BigInteger above = 0, below = 0;  // Weighted sums of |residual|.
    for (size_t i = 0; i < rows_.size(); ++i) {
      BigInteger residual = common * Y(i);
      for (size_t j = 0; j < p_; ++j) residual -= scaled[j] * Row(i)[j];
      sign[i] = residual.sign();
      if (sign[i] == 0) zero.push_back(i);
      if (sign[i] > 0) above += residual * Weight(i);
      if (sign[i] < 0) below -= residual * Weight(i);
    }
    fit->zero_residuals = static_cast<int64_t>(zero.size());
    fit->exact_objective =
        tau_ * Rational(above, common) + (1 - tau_) * Rational(below, common);

    // Tied rows with the most interior dual first.
    std::stable_sort(zero.begin(), zero.end(), [&](size_t a, size_t b) {
      return std::fabs(dual[static_cast<Eigen::Index>(a)] - 0.5) <
             std::fabs(dual[static_cast<Eigen::Index>(b)] - 0.5);
    });
    const std::vector<size_t> basis = Independent(zero);
    if (basis.size() < p_) return;
    std::vector<bool> basic(rows_.size(), false);
    for (const size_t i : basis) basic[i] = true;
    std::vector<Rational> sum(p_);
    bool inside = true;
    std::vector<BigInteger> whole_above(p_), whole_below(p_);
    for (size_t i = 0; i < rows_.size(); ++i) {
      if (basic[i]) continue;
      if (sign[i] == 0) {
        Rational v = Rational(BigInteger(std::llround(std::ldexp(
                                  dual[static_cast<Eigen::Index>(i)], 30))),
                              BigInteger(int64_t{1} << 30)) -
                     (1 - tau_);
        v = std::min(std::max(v, Rational(tau_ - 1)), tau_);
        inside = inside && v > tau_ - 1 && v < tau_;
        for (size_t j = 0; j < p_; ++j) {
          sum[j] += v * BigInteger(BigInteger(Row(i)[j]) * Weight(i));
        }
        continue;
      }
      std::vector<BigInteger>& part = sign[i] > 0 ? whole_above : whole_below;
      for (size_t j = 0; j < p_; ++j) {
        part[j] += BigInteger(Row(i)[j]) * Weight(i);
      }
    }
    std::vector<std::vector<Rational>> transposed(p_,
                                                  std::vector<Rational>(p_));
    std::vector<Rational> wanted(p_);
    for (size_t j = 0; j < p_; ++j) {
      sum[j] += tau_ * whole_above[j] + (tau_ - 1) * whole_below[j];
      wanted[j] = -sum[j];
      for (size_t k = 0; k < p_; ++k) {
        transposed[j][k] =
            BigInteger(BigInteger(Row(basis[k])[j]) * Weight(basis[k]));
      }
    }
    fit->certified = true;
    for (const Rational& v :
         SolveExactly(std::move(transposed), std::move(wanted))) {
      fit->certified = fit->certified && v >= tau_ - 1 && v <= tau_;
      inside = inside && v > tau_ - 1 && v < tau_;
    }
    fit->unique = fit->certified && inside && zero.size() == p_;
  }

 private:
  std::span<const int64_t> Row(size_t i) const {
    return {data_.x.data() + rows_[i] * p_, p_};
  }
  int64_t Y(size_t i) const { return data_.y[rows_[i]]; }
  int64_t Weight(size_t i) const {
    return data_.weights.empty() ? 1 : data_.weights[rows_[i]];
  }
  std::vector<size_t> Independent(const std::vector<size_t>& order) const {
    RowBasis basis(p_);
    std::vector<size_t> chosen;
    for (const size_t i : order) {
      if (basis.full()) break;
      if (basis.Take(Row(i))) chosen.push_back(i);
    }
    return chosen;
  }

  const QuantileData& data_;
  std::vector<size_t> rows_;
  Rational tau_;
  size_t p_;
};

}  // namespace

Outcome<QuantileFit> QuantileRegression(const QuantileData& data,
                                        const QuantileOptions& options) {
  const auto p = static_cast<size_t>(data.columns);
  std::vector<size_t> rows;
  LeastSquares design(data.columns);
  int64_t total = 0;
  for (size_t i = 0; i < data.y.size(); ++i) {
    const int64_t weight = data.weights.empty() ? 1 : data.weights[i];
    if (weight == 0) continue;
    rows.push_back(i);
    total += weight;
    design.Add({data.x.data() + i * p, p}, data.y[i], 0);
  }
  const int64_t side =
      std::min(options.numerator, options.denominator - options.numerator);
  const auto columns = static_cast<int64_t>(p);
  if (rows.size() <= p || total * side < options.minimum_per_column * columns *
                                             options.denominator) {
    return {Reason::kTooFew, std::to_string(total) + " rows are too few for " +
                                 std::to_string(columns) +
                                 " columns at this quantile"};
  }
  if (const auto check = Fit(design); !check.ok()) {
    return {check.reason(), check.detail()};
  }
  // Columns of size one keep the systems well conditioned.
  std::vector<double> scale(p, 1);
  for (const size_t i : rows) {
    for (size_t j = 0; j < p; ++j) {
      scale[j] =
          std::max(scale[j], std::fabs(static_cast<double>(data.x[i * p + j])));
    }
  }
  Matrix x(static_cast<Eigen::Index>(rows.size()),
           static_cast<Eigen::Index>(p));
  Vector y(static_cast<Eigen::Index>(rows.size()));
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto weight =
        static_cast<double>(data.weights.empty() ? 1 : data.weights[rows[i]]);
    for (size_t j = 0; j < p; ++j) {
      x(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) =
          weight * static_cast<double>(data.x[rows[i] * p + j]) / scale[j];
    }
    y[static_cast<Eigen::Index>(i)] =
        weight * static_cast<double>(data.y[rows[i]]);
  }
  const double tau = static_cast<double>(options.numerator) /
                     static_cast<double>(options.denominator);
  const InteriorPoint point = FrischNewton(x, y, tau, options.iterations);
  QuantileFit fit;
  fit.iterations = point.iterations;
  for (size_t j = 0; j < p; ++j) {
    fit.coefficients.push_back(
        point.coefficients[static_cast<Eigen::Index>(j)] / scale[j]);
  }
  const Array residual = (y - x * point.coefficients).array();
  fit.objective = (residual * (tau - (residual < 0).cast<double>())).sum();
  Certificate(data, std::move(rows),
              Rational(options.numerator, options.denominator))
      .Check(point.dual, &fit);
  if (fit.certified) {
    fit.objective = ToDouble(fit.exact_objective);
    if (fit.unique) {
      for (size_t j = 0; j < p; ++j) {
        fit.coefficients[j] = ToDouble(fit.exact[j]);
      }
    }
  }
  return fit;
}

}  // namespace plumbline::audit
