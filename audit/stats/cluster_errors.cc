#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "audit/stats/hash.h"
#include "audit/stats/least_squares.h"

namespace plumbline::audit {
namespace {

using Matrix = Eigen::Matrix<long double, Eigen::Dynamic, Eigen::Dynamic>;
using Vector = Eigen::Matrix<long double, Eigen::Dynamic, 1>;

Matrix CrossProducts(const LeastSquares::Block& block, const Vector& scale) {
  const Eigen::Index p = scale.size();
  Matrix m(p, p);
  size_t at = 0;
  for (Eigen::Index i = 0; i < p; ++i) {
    for (Eigen::Index j = i; j < p; ++j) {
      m(i, j) = m(j, i) =
          static_cast<long double>(block.x_x[at++]) / (scale[i] * scale[j]);
    }
  }
  return m;
}

Vector Products(const LeastSquares::Block& block, const Vector& scale) {
  Vector v(scale.size());
  for (Eigen::Index i = 0; i < v.size(); ++i) {
    v[i] =
        static_cast<long double>(block.x_y[static_cast<size_t>(i)]) / scale[i];
  }
  return v;
}

// The design in columns of length one: the same fit, far better conditioned.
struct Scaled {
  Vector scale;    // Root of the diagonal of X'X.
  Matrix inverse;  // (X'X)^-1
  Vector coefficients;
  std::vector<Matrix> x_x;  // By cluster, in key order.
  std::vector<Vector> scores;
  std::vector<uint64_t> keys;
  int64_t rows = 0;
};

Scaled Scale(const LeastSquares& data, const LeastSquaresFit& fit) {
  const LeastSquares::Block total = data.Total();
  const Eigen::Index p = data.columns();
  Scaled s;
  s.scale = Vector::Ones(p);
  size_t at = 0;
  for (Eigen::Index i = 0; i < p; ++i) {
    s.scale[i] = std::sqrt(static_cast<long double>(total.x_x[at]));
    at += static_cast<size_t>(p - i);
  }
  s.inverse =
      CrossProducts(total, s.scale).ldlt().solve(Matrix::Identity(p, p));
  s.coefficients.resize(p);
  for (Eigen::Index i = 0; i < p; ++i) {
    s.coefficients[i] =
        fit.coefficients[static_cast<size_t>(i)].convert_to<long double>() *
        s.scale[i];
  }
  for (const auto& [key, block] : data.blocks()) {
    s.keys.push_back(key);
    s.x_x.push_back(CrossProducts(block, s.scale));
    s.scores.push_back(Products(block, s.scale) -
                       s.x_x.back() * s.coefficients);
  }
  s.rows = fit.rows;
  return s;
}

// What turns the score of a cluster into the score of adjusted residuals, and
// the quadratic forms that Satterthwaite's degrees need.
struct Adjustment {
  Matrix score;   // X_g' W X_g (X_g'X_g)^+, W the adjustment of residuals.
  Matrix middle;  // X_g' W X_g
  Matrix square;  // X_g' W W X_g
};

// W = (I - H_gg)^-power, power 1/2 or 1. A direction that the cluster alone
// decides (leverage one) has a zero residual and is left out.
Adjustment Adjust(const Matrix& x_x, const Matrix& inverse, long double power) {
  const Eigen::SelfAdjointEigenSolver<Matrix> block(x_x);
  const Vector values = block.eigenvalues();
  const long double tiny = 1e-15L * std::max(values.maxCoeff(), 0.0L);
  const Eigen::Index p = values.size();
  Vector root(p), inverse_root(p);
  for (Eigen::Index i = 0; i < p; ++i) {
    root[i] = values[i] > tiny ? std::sqrt(values[i]) : 0;
    inverse_root[i] = root[i] > 0 ? 1 / root[i] : 0;
  }
  // X_g = Q R, R = L^1/2 V', R^-1 = V L^-1/2.
  const Matrix r = root.asDiagonal() * block.eigenvectors().transpose();
  const Matrix r_inverse = block.eigenvectors() * inverse_root.asDiagonal();
  const Matrix leverage = r * inverse * r.transpose();
  const Eigen::SelfAdjointEigenSolver<Matrix> inner(
      Matrix(Matrix::Identity(p, p) - leverage));
  Vector adjusted(p), squared(p);
  for (Eigen::Index i = 0; i < p; ++i) {
    const long double rest = inner.eigenvalues()[i];
    adjusted[i] = rest > 1e-12L ? std::pow(rest, -power) : 0;
    squared[i] = adjusted[i] * adjusted[i];
  }
  const Matrix v = inner.eigenvectors();
  const Matrix w = v * adjusted.asDiagonal() * v.transpose();
  const Matrix w_2 = v * squared.asDiagonal() * v.transpose();
  return {r.transpose() * w * r_inverse.transpose(), r.transpose() * w * r,
          r.transpose() * w_2 * r};
}

std::vector<std::vector<double>> Unscaled(const Matrix& v,
                                          const Vector& scale) {
  std::vector<std::vector<double>> rows(
      static_cast<size_t>(v.rows()),
      std::vector<double>(static_cast<size_t>(v.cols())));
  for (Eigen::Index i = 0; i < v.rows(); ++i) {
    for (Eigen::Index j = 0; j < v.cols(); ++j) {
      rows[static_cast<size_t>(i)][static_cast<size_t>(j)] =
          static_cast<double>(v(i, j) / (scale[i] * scale[j]));
    }
  }
  return rows;
}

// (sum |g|^2)^2 / sum (g_g . g_h)^2 over clusters, g_g the vector by which the
// data enter cluster g's term of the variance of one coefficient.
std::vector<double> Satterthwaite(const Scaled& s,
                                  const std::vector<Adjustment>& adjustments) {
  const Eigen::Index p = s.scale.size();
  const size_t clusters = s.x_x.size();
  std::vector<double> degrees;
  for (Eigen::Index k = 0; k < p; ++k) {
    const Vector contrast = s.inverse.col(k);
    std::vector<Vector> through(clusters);
    std::vector<long double> own(clusters);
    for (size_t g = 0; g < clusters; ++g) {
      through[g] = adjustments[g].middle * contrast;
      own[g] = contrast.dot(adjustments[g].square * contrast);
    }
    long double trace = 0, squares = 0;
    for (size_t g = 0; g < clusters; ++g) {
      for (size_t h = 0; h < clusters; ++h) {
        const long double shared =
            (g == h ? own[g] : 0) - through[g].dot(s.inverse * through[h]);
        if (g == h) trace += shared;
        squares += shared * shared;
      }
    }
    degrees.push_back(static_cast<double>(trace * trace / squares));
  }
  return degrees;
}

// By cluster g the coefficients without it less those with it:
// -(A - A_g)^-1 u_g.
Outcome<std::vector<Vector>> ChangesWithoutOne(const LeastSquares& data,
                                               const Scaled& s) {
  const Matrix all = CrossProducts(data.Total(), s.scale);
  std::vector<Vector> changes;
  for (size_t g = 0; g < s.x_x.size(); ++g) {
    const Eigen::LDLT<Matrix> rest(Matrix(all - s.x_x[g]));
    const Vector d = rest.vectorD();
    if (d.minCoeff() <= 1e-14L * std::max(d.maxCoeff(), 0.0L)) {
      return {Reason::kNotIdentified,
              "without one of the clusters the design is collinear"};
    }
    changes.push_back(-rest.solve(s.scores[g]));
  }
  return changes;
}

}  // namespace

Outcome<RobustErrors> ClusterErrors(const LeastSquares& data,
                                    const LeastSquaresFit& fit,
                                    ClusterRobust kind) {
  const Scaled s = Scale(data, fit);
  const auto clusters = static_cast<int64_t>(s.x_x.size());
  if (clusters < 2) {
    return {Reason::kTooFew, "one cluster has no error between clusters"};
  }
  const Eigen::Index p = s.scale.size();
  RobustErrors errors;
  errors.clusters = clusters;
  errors.degrees.assign(static_cast<size_t>(p),
                        static_cast<double>(clusters - 1));
  Matrix v = Matrix::Zero(p, p);
  const auto g_count = static_cast<long double>(clusters);
  if (kind == ClusterRobust::kCv3) {
    const auto changes = ChangesWithoutOne(data, s);
    if (!changes.ok()) return {changes.reason(), changes.detail()};
    for (const Vector& change : *changes) v += change * change.transpose();
    v *= (g_count - 1) / g_count;
  } else {
    std::vector<Adjustment> adjustments;
    Matrix meat = Matrix::Zero(p, p);
    for (size_t g = 0; g < s.x_x.size(); ++g) {
      Vector score = s.scores[g];
      if (kind == ClusterRobust::kCr2 || kind == ClusterRobust::kCr3) {
        adjustments.push_back(Adjust(s.x_x[g], s.inverse,
                                     kind == ClusterRobust::kCr2 ? 0.5L : 1));
        score = adjustments.back().score * score;
      }
      meat += score * score.transpose();
    }
    v = s.inverse * meat * s.inverse;
    if (kind == ClusterRobust::kCr1 || kind == ClusterRobust::kCr1s) {
      v *= g_count / (g_count - 1);
    }
    if (kind == ClusterRobust::kCr1s) {
      v *= static_cast<long double>(s.rows - 1) /
           static_cast<long double>(s.rows - p);
    }
    if (kind == ClusterRobust::kCr2) {
      errors.degrees = Satterthwaite(s, adjustments);
    }
  }
  errors.covariance = Unscaled(v, s.scale);
  for (size_t i = 0; i < errors.covariance.size(); ++i) {
    errors.standard_errors.push_back(std::sqrt(errors.covariance[i][i]));
  }
  return errors;
}

Outcome<std::vector<std::vector<double>>> LeaveOneOut(
    const LeastSquares& data, const LeastSquaresFit& fit) {
  const Scaled s = Scale(data, fit);
  const auto changes = ChangesWithoutOne(data, s);
  if (!changes.ok()) return {changes.reason(), changes.detail()};
  std::vector<std::vector<double>> without;
  for (const Vector& change : *changes) {
    std::vector<double>& own = without.emplace_back();
    for (Eigen::Index i = 0; i < change.size(); ++i) {
      own.push_back(
          static_cast<double>((s.coefficients[i] + change[i]) / s.scale[i]));
    }
  }
  return without;
}

Outcome<double> LargestLeaveOneOut(const LeastSquares& data,
                                   const LeastSquaresFit& fit,
                                   int coefficient) {
  const Scaled s = Scale(data, fit);
  const auto changes = ChangesWithoutOne(data, s);
  if (!changes.ok()) return {changes.reason(), changes.detail()};
  double largest = 0;
  for (const Vector& change : *changes) {
    largest =
        std::max(largest, static_cast<double>(std::fabs(change[coefficient]) /
                                              s.scale[coefficient]));
  }
  return largest;
}

Outcome<WildBootstrap> WildClusterBootstrap(const LeastSquares& data,
                                            int coefficient, uint64_t seed,
                                            int64_t draws, bool webb) {
  const Outcome<LeastSquaresFit> fit = Fit(data);
  if (!fit.ok()) return {fit.reason(), fit.detail()};
  const Scaled s = Scale(data, *fit);
  const size_t clusters = s.x_x.size();
  if (clusters < 6) {
    return {Reason::kTooFew,
            std::to_string(clusters) + " clusters, at least 6 needed"};
  }
  const Eigen::Index p = s.scale.size(), k = coefficient;
  // Fit without column k: minimise subject to b_k = 0.
  const Vector restricted =
      s.coefficients - s.inverse.col(k) * (s.coefficients[k] / s.inverse(k, k));
  std::vector<Vector> scores(clusters);
  for (size_t g = 0; g < clusters; ++g) {
    scores[g] = s.scores[g] + s.x_x[g] * (s.coefficients - restricted);
  }
  // Row k of A times each cluster's part: all that the t statistic needs.
  const Vector row = s.inverse.col(k);
  const auto t_of = [&](const std::vector<Vector>& turned) {
    Vector sum = Vector::Zero(p);
    for (const Vector& score : turned) sum += score;
    const Vector change = s.inverse * sum;
    long double variance = 0;
    for (size_t g = 0; g < clusters; ++g) {
      const long double term = row.dot(turned[g] - s.x_x[g] * change);
      variance += term * term;
    }
    return change[k] / std::sqrt(variance);
  };
  WildBootstrap test;
  const long double observed = std::fabs(t_of(scores));
  test.t = static_cast<double>(observed) * (s.coefficients[k] < 0 ? -1 : 1);
  const bool enumerate = !webb && clusters <= 14;
  test.draws = enumerate ? int64_t{1} << clusters : draws + 1;
  static const long double kWebb[] = {-std::sqrt(1.5L), -1, -std::sqrt(0.5L),
                                      std::sqrt(0.5L),  1,  std::sqrt(1.5L)};
  std::vector<Vector> turned(clusters);
  for (int64_t draw = 0; draw < test.draws; ++draw) {
    for (size_t g = 0; g < clusters; ++g) {
      long double weight = 1;
      if (enumerate) {
        weight = (draw >> g & 1) != 0 ? -1 : 1;
      } else if (draw > 0) {  // The identity is the first draw.
        const uint64_t hash =
            HashOf(seed, s.keys[g], static_cast<uint64_t>(draw));
        weight = webb ? kWebb[hash % 6] : ((hash & 1) != 0 ? -1 : 1);
      }
      turned[g] = weight * scores[g];
    }
    // A sign vector and its mirror give the same |t| up to the last bits.
    test.as_large += std::fabs(t_of(turned)) >= observed * (1 - 1e-12L);
  }
  test.p_value =
      static_cast<double>(test.as_large) / static_cast<double>(test.draws);
  return test;
}

std::vector<std::vector<double>> TwoWayCovariance(const RobustErrors& one,
                                                  const RobustErrors& two,
                                                  const RobustErrors& both) {
  const auto p = static_cast<Eigen::Index>(one.covariance.size());
  Eigen::MatrixXd v(p, p);
  for (Eigen::Index i = 0; i < p; ++i) {
    for (Eigen::Index j = 0; j < p; ++j) {
      const auto a = static_cast<size_t>(i), b = static_cast<size_t>(j);
      v(i, j) =
          one.covariance[a][b] + two.covariance[a][b] - both.covariance[a][b];
    }
  }
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> parts(v);
  if (parts.eigenvalues().minCoeff() < 0) {
    v = parts.eigenvectors() * parts.eigenvalues().cwiseMax(0).asDiagonal() *
        parts.eigenvectors().transpose();
  }
  std::vector<std::vector<double>> rows(static_cast<size_t>(p));
  for (Eigen::Index i = 0; i < p; ++i) {
    for (Eigen::Index j = 0; j < p; ++j) {
      rows[static_cast<size_t>(i)].push_back(v(i, j));
    }
  }
  return rows;
}

}  // namespace plumbline::audit
