#include "audit/measures/worker_blocks.h"

#include <algorithm>
#include <cmath>

#include "audit/measures/cluster_spread.h"
#include "audit/measures/state_codec.h"
#include "audit/measures/target_tally.h"
#include "audit/stats/cluster_bootstrap.h"
#include "audit/stats/distributions.h"
#include "audit/stats/least_squares.h"

namespace plumbline::audit {
namespace {

constexpr int kUnit = 20;  // Sums in 2^-20.

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

size_t WorkerBlocks::Sums() const {
  return groups_[0].xx.size() + groups_[0].xy.size() + 1;
}

uint64_t WorkerBlocks::Prefix(uint64_t key) const {
  return key >> (64 - bits_) << (64 - bits_);
}

void WorkerBlocks::AddRow(int group, std::span<const int> holds, int64_t y) {
  Group& to = groups_[static_cast<size_t>(group)];
  ++to.n;
  to.y += y;
  to.yy += Int128{y} * y;
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
        to->sums.resize(Sums(), 0);
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
      add(group.yy * group.n - Int128{group.y} * group.y);
    }
    group.n = group.y = 0;
    group.yy = 0;
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
  const size_t size = Sums();
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

// Columns that add something to those before them: what is left of a column
// when they are taken off, by Cholesky.
std::vector<int> WorkerBlocks::Apart(std::span<const Int128> total) const {
  const auto real = [](Int128 sum) {
    return std::ldexp(static_cast<long double>(sum), -kUnit);
  };
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
    root.push_back(std::move(row));
    kept.push_back(c);
  }
  return kept;
}

WorkerBlocks::Solution WorkerBlocks::Fit() const {
  Solution out;
  out.place_.assign(static_cast<size_t>(columns_), -1);
  std::vector<Int128> total(Sums(), 0);
  for (const auto& [key, cluster] : clusters_) {
    for (size_t i = 0; i < total.size(); ++i) total[i] += cluster.sums[i];
  }
  const std::vector<int> kept = Apart(total);
  if (kept.empty()) return out;
  LeastSquares data(static_cast<int>(kept.size()));
  for (const auto& [key, cluster] : clusters_) {
    LeastSquares::Block block;
    block.rows = cluster.rows;
    for (size_t i = 0; i < kept.size(); ++i) {
      for (size_t j = i; j < kept.size(); ++j) {
        block.x_x.push_back(cluster.sums[Triangle(kept[i], kept[j])]);
      }
      block.x_y.push_back(
          cluster.sums[groups_[0].xx.size() + static_cast<size_t>(kept[i])]);
    }
    block.y_y = cluster.sums.back();
    data.AddBlock(block, key);
    out.rows_.push_back(cluster.rows);
  }
  const auto fit = audit::Fit(data);
  if (!fit.ok()) return out;
  for (size_t i = 0; i < kept.size(); ++i) {
    out.place_[static_cast<size_t>(kept[i])] = static_cast<int>(i);
    out.coefficients_.push_back(fit->coefficients[i].convert_to<double>());
  }
  const auto without = LeaveOneOut(data, *fit);
  if (without.ok()) out.without_ = *without;
  return out;
}

std::optional<WorkerBlocks::Estimate> WorkerBlocks::Solution::Combine(
    std::span<const double> weights, double unit) const {
  if (clusters() < 2) return std::nullopt;
  for (size_t c = 0; c < weights.size(); ++c) {
    if (weights[c] != 0 && (c >= place_.size() || place_[c] < 0)) {
      return std::nullopt;
    }
  }
  const auto value_of = [&](const std::vector<double>& coefficients) {
    double value = 0;
    for (size_t c = 0; c < weights.size(); ++c) {
      if (weights[c] == 0) continue;
      value += weights[c] * coefficients[static_cast<size_t>(place_[c])];
    }
    return value / unit;
  };
  Estimate out;
  out.value = value_of(coefficients_);
  out.clusters = clusters();
  std::vector<double> without;
  double squares = 0;
  for (const std::vector<double>& coefficients : without_) {
    without.push_back(value_of(coefficients));
    const double apart = without.back() - out.value;
    squares += apart * apart;
  }
  const double g = static_cast<double>(clusters());
  out.standard_error = std::sqrt((g - 1) / g * squares);
  out.spread = SpreadOf(rows_, without, out.value);
  return out;
}

v1::Figure FigureOf(const WorkerBlocks::Estimate& estimate) {
  v1::Figure out;
  out.set_value(FloatText(estimate.value));
  if (estimate.clusters < kFewestClusters) return out;
  const double half =
      StudentBound(estimate.clusters - 1) * estimate.standard_error;
  out.set_lo(FloatText(estimate.value - half));
  out.set_hi(FloatText(estimate.value + half));
  out.set_method("jackknife");
  *out.mutable_clusters() = estimate.spread;
  return out;
}

double PValueOf(const WorkerBlocks::Estimate& estimate) {
  return StudentPValue(estimate.value, estimate.standard_error,
                       static_cast<double>(estimate.clusters - 1));
}

}  // namespace plumbline::audit
