#include "audit/measures/worker_blocks.h"

#include <algorithm>
#include <cmath>

#include "audit/measures/cluster_spread.h"
#include "audit/measures/state_codec.h"

namespace plumbline::audit {
namespace {

constexpr int kUnit = 20;  // Sums in 2^-20.

// Square systems in long double, by elimination with the largest pivot of the
// column; false where one is too small against what was there.
using Matrix = std::vector<std::vector<long double>>;
bool Solve(Matrix a, std::vector<long double> b, std::vector<long double>* x) {
  const size_t p = a.size();
  for (size_t k = 0; k < p; ++k) {
    size_t best = k;
    for (size_t i = k + 1; i < p; ++i) {
      if (std::fabs(a[i][k]) > std::fabs(a[best][k])) best = i;
    }
    if (std::fabs(a[best][k]) < 1e-9L) return false;
    std::swap(a[k], a[best]);
    std::swap(b[k], b[best]);
    for (size_t i = k + 1; i < p; ++i) {
      const long double times = a[i][k] / a[k][k];
      if (times == 0) continue;
      for (size_t j = k; j < p; ++j) a[i][j] -= times * a[k][j];
      b[i] -= times * b[k];
    }
  }
  x->assign(p, 0);
  for (size_t k = p; k-- > 0;) {
    long double rest = b[k];
    for (size_t j = k + 1; j < p; ++j) rest -= a[k][j] * (*x)[j];
    (*x)[k] = rest / a[k][k];
  }
  return true;
}

}  // namespace

WorkerBlocks::WorkerBlocks(int columns, size_t most_clusters)
    : columns_(columns), most_(most_clusters) {
  for (Group& group : groups_) {
    group.x.assign(static_cast<size_t>(columns), 0);
    group.xy.assign(static_cast<size_t>(columns), 0);
    group.xx.assign(Triangle(columns - 1, columns - 1) + 1, 0);
  }
}

size_t WorkerBlocks::Triangle(int i, int j) const {
  // Rows of the upper triangle, each one shorter than that before.
  return static_cast<size_t>(i * columns_ - i * (i - 1) / 2 + (j - i));
}

uint64_t WorkerBlocks::Prefix(uint64_t key) const {
  return key >> (64 - bits_) << (64 - bits_);
}

void WorkerBlocks::AddRow(int group, std::span<const int> holds, int64_t y) {
  Group& to = groups_[static_cast<size_t>(group)];
  ++to.n;
  to.y += y;
  for (size_t i = 0; i < holds.size(); ++i) {
    ++to.x[static_cast<size_t>(holds[i])];
    to.xy[static_cast<size_t>(holds[i])] += y;
    for (size_t j = i; j < holds.size(); ++j) {
      ++to.xx[Triangle(holds[i], holds[j])];
    }
  }
}

void WorkerBlocks::EndWorker(uint64_t key) {
  Cluster* to = nullptr;
  for (Group& group : groups_) {
    if (group.n == 0) continue;
    if (group.n > 1) {
      if (to == nullptr) {
        to = &clusters_[Prefix(key)];
        to->sums.resize(groups_[0].xx.size() + groups_[0].xy.size(), 0);
      }
      to->rows += group.n;
      size_t at = 0;
      const auto add = [&](Int128 apart) {
        to->sums[at++] += apart * (Int128{1} << kUnit) / group.n;
      };
      for (int i = 0; i < columns_; ++i) {
        const Int128 x = group.x[static_cast<size_t>(i)];
        if (x == 0) {
          at += static_cast<size_t>(columns_ - i);
          continue;
        }
        for (int j = i; j < columns_; ++j) {
          add(Int128{group.xx[at]} * group.n -
              x * group.x[static_cast<size_t>(j)]);
        }
      }
      for (size_t i = 0; i < group.xy.size(); ++i) {
        add(Int128{group.xy[i]} * group.n - Int128{group.x[i]} * group.y);
      }
    }
    group.n = group.y = 0;
    std::fill(group.x.begin(), group.x.end(), 0);
    std::fill(group.xy.begin(), group.xy.end(), 0);
    std::fill(group.xx.begin(), group.xx.end(), 0);
  }
  Unite();
}

void WorkerBlocks::SetBits(int bits) {
  bits_ = bits;
  std::map<uint64_t, Cluster> united;
  for (auto& [key, cluster] : clusters_) {
    Cluster& to = united[Prefix(key)];
    to.rows += cluster.rows;
    if (to.sums.empty()) {
      to.sums = std::move(cluster.sums);
      continue;
    }
    for (size_t i = 0; i < to.sums.size(); ++i) to.sums[i] += cluster.sums[i];
  }
  clusters_ = std::move(united);
}

void WorkerBlocks::Unite() {
  while (clusters_.size() > most_ && bits_ > 1) SetBits(bits_ - 1);
}

void WorkerBlocks::Save(v1::WorkloadState::Blocks* state) const {
  state->set_bits(bits_);
  for (const auto& [key, cluster] : clusters_) {
    auto* out = state->add_clusters();
    out->set_key(key);
    out->set_rows(cluster.rows);
    for (const Int128 sum : cluster.sums) {
      *out->add_sums() = EncodeWide(sum);
    }
  }
}

void WorkerBlocks::Merge(const v1::WorkloadState::Blocks& state) {
  const size_t size = groups_[0].xx.size() + groups_[0].xy.size();
  if (state.bits() > 0 && state.bits() < bits_) SetBits(state.bits());
  for (const auto& in : state.clusters()) {
    Cluster& to = clusters_[Prefix(in.key())];
    to.rows += in.rows();
    to.sums.resize(size, 0);
    for (size_t i = 0; i < std::min<size_t>(size, in.sums_size()); ++i) {
      to.sums[i] += DecodeWide(in.sums(static_cast<int>(i)));
    }
  }
  Unite();
}

WorkerBlocks::Solution WorkerBlocks::Fit() const {
  Solution out;
  const size_t p = static_cast<size_t>(columns_);
  std::vector<Int128> total(groups_[0].xx.size() + p, 0);
  for (const auto& [key, cluster] : clusters_) {
    for (size_t i = 0; i < total.size(); ++i) total[i] += cluster.sums[i];
  }
  const auto real = [](Int128 sum) {
    return std::ldexp(static_cast<long double>(sum), -kUnit);
  };
  // Columns that add something to those before them: what is left of a column
  // when they are taken off, by Cholesky.
  out.place_.assign(p, -1);
  std::vector<int> kept;
  std::vector<std::vector<long double>> root;
  for (int c = 0; c < columns_; ++c) {
    const long double whole = real(total[Triangle(c, c)]);
    std::vector<long double> row;
    long double rest = whole;
    for (size_t k = 0; k < kept.size(); ++k) {
      long double sum = real(total[Triangle(kept[k], c)]);
      for (size_t m = 0; m < k; ++m) sum -= row[m] * root[k][m];
      row.push_back(sum / root[k][k]);
      rest -= row[k] * row[k];
    }
    if (rest < 1e-3L || rest < whole * 1e-9L) continue;
    row.push_back(std::sqrt(rest));
    out.place_[static_cast<size_t>(c)] = static_cast<int>(kept.size());
    root.push_back(std::move(row));
    kept.push_back(c);
  }
  if (kept.empty()) return out;
  const size_t q = kept.size();
  Matrix xx(q, std::vector<long double>(q));
  std::vector<long double> xy(q), all, beta;
  const auto fill = [&](const std::vector<Int128>& sums, Matrix* a,
                        std::vector<long double>* b, int sign) {
    for (size_t i = 0; i < q; ++i) {
      for (size_t j = i; j < q; ++j) {
        (*a)[i][j] += sign * real(sums[Triangle(kept[i], kept[j])]);
        (*a)[j][i] = (*a)[i][j];
      }
      (*b)[i] +=
          sign *
          real(sums[groups_[0].xx.size() + static_cast<size_t>(kept[i])]);
    }
  };
  fill(total, &xx, &xy, 1);
  if (!Solve(xx, xy, &all)) {
    out.place_.assign(p, -1);
    return out;
  }
  for (const long double b : all) {
    out.coefficients_.push_back(static_cast<double>(b));
  }
  // A cluster without which the columns cannot be told apart stays in.
  for (const auto& [key, cluster] : clusters_) {
    Matrix a = xx;
    std::vector<long double> b = xy;
    fill(cluster.sums, &a, &b, -1);
    out.rows_.push_back(cluster.rows);
    std::vector<double> without = out.coefficients_;
    if (Solve(std::move(a), std::move(b), &beta)) {
      for (size_t i = 0; i < q; ++i) without[i] = static_cast<double>(beta[i]);
    } else {
      out.decided_ = true;
    }
    out.without_.push_back(std::move(without));
  }
  out.clusters_ = static_cast<int64_t>(clusters_.size());
  return out;
}

std::optional<WorkerBlocks::Estimate> WorkerBlocks::Solution::Combine(
    std::span<const double> weights) const {
  if (clusters_ < 2 || decided_) return std::nullopt;
  const auto value_of = [&](const std::vector<double>& coefficients) {
    double value = 0;
    for (size_t c = 0; c < weights.size(); ++c) {
      if (weights[c] == 0) continue;
      value += weights[c] * coefficients[static_cast<size_t>(place_[c])];
    }
    return value;
  };
  for (size_t c = 0; c < weights.size(); ++c) {
    if (weights[c] != 0 && (c >= place_.size() || place_[c] < 0)) {
      return std::nullopt;
    }
  }
  Estimate out;
  out.value = value_of(coefficients_);
  out.clusters = clusters_;
  std::vector<double> without;
  double squares = 0;
  for (const std::vector<double>& coefficients : without_) {
    without.push_back(value_of(coefficients));
    const double apart = without.back() - out.value;
    squares += apart * apart;
  }
  const double g = static_cast<double>(clusters_);
  out.standard_error = std::sqrt((g - 1) / g * squares);
  out.spread = SpreadOf(rows_, without, out.value);
  return out;
}

}  // namespace plumbline::audit
