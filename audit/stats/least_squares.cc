#include "audit/stats/least_squares.h"

#include <cmath>
#include <optional>
#include <string>
#include <utility>

namespace plumbline::audit {
namespace {

BigInteger Big(__int128 value) {
  const bool negative = value < 0;
  const auto size = negative ? -static_cast<unsigned __int128>(value)
                             : static_cast<unsigned __int128>(value);
  BigInteger big = static_cast<uint64_t>(size >> 64);
  big <<= 64;
  big += static_cast<uint64_t>(size);
  return negative ? BigInteger(-big) : big;
}

size_t Triangle(int p) {
  return static_cast<size_t>(p) * (static_cast<size_t>(p) + 1) / 2;
}

}  // namespace

LeastSquares::LeastSquares(int columns) : columns_(columns) {}

void LeastSquares::Add(std::span<const int64_t> x, int64_t y,
                       uint64_t cluster) {
  Block& block = blocks_[cluster];
  if (block.x_x.empty()) {
    block.x_x.resize(Triangle(columns_));
    block.x_y.resize(static_cast<size_t>(columns_));
  }
  ++block.rows;
  size_t at = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    for (size_t j = i; j < x.size(); ++j) {
      block.x_x[at++] += static_cast<__int128>(x[i]) * x[j];
    }
    block.x_y[i] += static_cast<__int128>(x[i]) * y;
  }
  block.y_y += static_cast<__int128>(y) * y;
}

namespace {

void AddBlock(const LeastSquares::Block& from, LeastSquares::Block* to) {
  if (to->x_x.empty()) {
    *to = from;
    return;
  }
  to->rows += from.rows;
  for (size_t i = 0; i < from.x_x.size(); ++i) to->x_x[i] += from.x_x[i];
  for (size_t i = 0; i < from.x_y.size(); ++i) to->x_y[i] += from.x_y[i];
  to->y_y += from.y_y;
}

}  // namespace

void LeastSquares::AddBlock(const Block& block, uint64_t cluster) {
  audit::AddBlock(block, &blocks_[cluster]);
}

void LeastSquares::Merge(const LeastSquares& other) {
  for (const auto& [cluster, block] : other.blocks_) AddBlock(block, cluster);
}

int64_t LeastSquares::rows() const {
  int64_t rows = 0;
  for (const auto& [cluster, block] : blocks_) rows += block.rows;
  return rows;
}

LeastSquares::Block LeastSquares::Total() const {
  Block total;
  for (const auto& [cluster, block] : blocks_) {
    audit::AddBlock(block, &total);
  }
  return total;
}

Outcome<LeastSquaresFit> Fit(const LeastSquares& data) {
  const auto p = static_cast<size_t>(data.columns());
  LeastSquaresFit fit;
  fit.rows = data.rows();
  if (fit.rows <= data.columns()) {
    return {Reason::kTooFew, std::to_string(fit.rows) + " rows for " +
                                 std::to_string(p) + " columns"};
  }
  const LeastSquares::Block total = data.Total();
  // [X'X | X'y | I], made triangular without fractions (Bareiss 1968).
  const size_t width = 2 * p + 1;
  std::vector<std::vector<BigInteger>> m(p, std::vector<BigInteger>(width));
  size_t at = 0;
  for (size_t i = 0; i < p; ++i) {
    for (size_t j = i; j < p; ++j) {
      m[i][j] = Big(total.x_x[at++]);
      m[j][i] = m[i][j];
    }
    m[i][p] = Big(total.x_y[i]);
    m[i][p + 1 + i] = 1;
  }
  BigInteger previous = 1;
  for (size_t k = 0; k < p; ++k) {
    // X'X is positive semidefinite: a zero pivot is a column that depends on
    // the ones before it.
    if (m[k][k] == 0) {
      return {Reason::kNotIdentified,
              "column " + std::to_string(k) + " is collinear with others"};
    }
    for (size_t i = 0; i < p; ++i) {
      if (i == k) continue;
      for (size_t j = 0; j < width; ++j) {
        if (j == k) continue;
        m[i][j] = (m[i][j] * m[k][k] - m[i][k] * m[k][j]) / previous;
      }
      m[i][k] = 0;
    }
    previous = m[k][k];
  }
  // Every pivot has become the determinant.
  const BigInteger determinant = m[p - 1][p - 1];
  fit.rss = Rational(Big(total.y_y));
  for (size_t i = 0; i < p; ++i) {
    fit.coefficients.emplace_back(m[i][p], determinant);
    fit.rss -= fit.coefficients[i] * Rational(Big(total.x_y[i]));
  }
  const Rational variance =
      fit.rss / BigInteger(fit.rows - static_cast<int64_t>(p));
  fit.sigma = std::sqrt(ToDouble(variance));
  for (size_t i = 0; i < p; ++i) {
    const Rational inverse(m[i][p + 1 + i], determinant);
    fit.standard_errors.push_back(
        std::sqrt(ToDouble(Rational(variance * inverse))));
  }
  return fit;
}

}  // namespace plumbline::audit
