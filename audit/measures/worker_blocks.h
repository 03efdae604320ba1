#ifndef PLUMBLINE_AUDIT_MEASURES_WORKER_BLOCKS_H_
#define PLUMBLINE_AUDIT_MEASURES_WORKER_BLOCKS_H_

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "audit/stats/decimal.h"
#include "plumbline/v1/figure.pb.h"
#include "plumbline/v1/workload_state.pb.h"

namespace plumbline::audit {

// Least squares of y on conditions that hold or do not, inside groups of rows
// of one worker (the days of the week), with errors clustered by worker:
//
//   y_i = a_{worker, group} + sum over conditions k of b_k 1{k holds} + e_i
//
// The effects of groups are taken off by taking off the group's means, so that
// a worker is only compared with itself. What is left is added up in 2^-20 by
// cluster: sums, so merging is exact and order-free. A cluster is a worker;
// where there are more than `kMostClusters` of them, those whose hashes begin
// alike are united, as few as are needed. Memory: 8 p^2 bytes a cluster.
//
//   AddRow..., EndWorker, and again; Merge; Fit
class WorkerBlocks {
 public:
  static constexpr int kGroups = 7;
  static constexpr size_t kMostClusters = 4096;

  explicit WorkerBlocks(int columns, size_t most_clusters = kMostClusters);

  // `holds` are the conditions of the row, ascending.
  void AddRow(int group, std::span<const int> holds, int64_t y);
  // `key` is a hash of the worker; rows since the last call are the worker's.
  void EndWorker(uint64_t key);

  void Save(v1::WorkloadState::Blocks* state) const;
  void Merge(const v1::WorkloadState::Blocks& state);

  // Coefficients of the columns that can be told apart, those named first
  // having the right of way. Combine gives a weighted sum of them with the
  // error of leaving out one cluster at a time (CV3),
  //
  //   V = (G - 1)/G sum over g (b_(g) - b)^2
  //
  // or nothing where one of its columns cannot be told apart, a single cluster
  // decides one, or there are fewer than two. O(G p^3). Source: MacKinnon,
  // Nielsen and Webb 2023.
  struct Estimate {
    double value = 0, standard_error = 0;
    int64_t clusters = 0;
    v1::Clusters spread;
  };
  class Solution {
   public:
    // In units of `unit` of y.
    std::optional<Estimate> Combine(std::span<const double> weights,
                                    double unit = 1) const;

   private:
    friend class WorkerBlocks;
    int64_t clusters() const { return static_cast<int64_t>(without_.size()); }
    std::vector<int> place_;  // By column, -1 where it is left out.
    std::vector<double> coefficients_;
    // By cluster: rows, and the coefficients without it, of which there are
    // none where a single cluster decides a column.
    std::vector<int64_t> rows_;
    std::vector<std::vector<double>> without_;
  };
  Solution Fit() const;

 private:
  struct Cluster {
    int64_t rows = 0;
    std::vector<Int128> sums;  // Upper triangle of x'x by rows, x'y, y'y.
  };
  struct Group {
    int64_t n = 0, y = 0;
    Int128 yy = 0;
    std::vector<int64_t> x, xx, xy;
  };
  size_t Triangle(int i, int j) const;
  size_t Sums() const;  // Of one cluster.
  std::vector<int> Apart(std::span<const Int128> total) const;
  uint64_t Prefix(uint64_t key) const;
  void SetBits(int bits);
  void Unite();

  int columns_;
  size_t most_;
  int bits_ = 64;
  std::map<uint64_t, Cluster> clusters_;  // By the leading bits of the key.
  std::array<Group, kGroups> groups_;     // Of the worker at hand.
};

// With its 95 % interval by Student's t, from six clusters on.
v1::Figure FigureOf(const WorkerBlocks::Estimate& estimate);
// Two-sided, that the value is 0.
double PValueOf(const WorkerBlocks::Estimate& estimate);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_WORKER_BLOCKS_H_
