#ifndef PLUMBLINE_AUDIT_MEASURES_STRICTNESS_WORKER_INTERVAL_H_
#define PLUMBLINE_AUDIT_MEASURES_STRICTNESS_WORKER_INTERVAL_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "audit/stats/cluster_bootstrap.h"
#include "plumbline/v1/strictness.pb.h"

namespace plumbline::audit {

// 95 % intervals of statistics whose units are workers, never orders. A
// statistic is given by its value and its linear parts: how much each worker
// moves it, adding up to about nothing.
//
// by the policy of audit/stats/cluster_bootstrap.h: "clustered t" with the
// error sqrt(G/(G-1) sum (part - mean)^2), "bootstrap" of replicates counted
// anew, or "linear bootstrap" of value + sum (W - 1) part, W =
// PoissonWeight(seed, key, b).
//
// Give all statistics, Run once, then ask. Replicates run on all threads; each
// adds its workers in order, so the bits are the same. O(B G) hashes.
struct WorkerInterval {
  std::optional<double> low, high;
  double standard_error = 0;
  std::string method;
  v1::Clusters spread;  // Where there is an interval.
};

class WorkerIntervals {
 public:
  WorkerIntervals(std::span<const uint64_t> keys, uint64_t seed,
                  int replicates);

  // `parts` and `rows` by worker, in order of the keys; `clusters` of them
  // count. Returns the number by which to ask. `counted`: replicates counted
  // anew, or none. Without worker w of r_w rows among r the value is
  // value - part r/(r - r_w): exact where it is a mean over the rows.
  size_t Add(double value, std::vector<double> parts, std::vector<int64_t> rows,
             int64_t clusters, std::vector<double> counted = {});
  void Run();
  const WorkerInterval& Of(size_t statistic) const {
    return statistics_[statistic].interval;
  }

 private:
  struct Statistic {
    double value;
    std::vector<double> parts;
    std::vector<int64_t> rows;
    int64_t clusters;
    std::vector<double> counted;
    WorkerInterval interval;
  };
  std::span<const uint64_t> keys_;
  uint64_t seed_;
  int replicates_;
  std::vector<Statistic> statistics_;
};

// What such an interval rests on, from the same parts and rows.
v1::Clusters SpreadOfParts(double value, std::span<const double> parts,
                           std::span<const int64_t> rows);

// Value and ends, held inside [least, most], as text.
v1::Figure FigureOf(double value, const WorkerInterval& interval,
                    double least = -1e300, double most = 1e300);

// Upper and lower probability of a t with `clusters` - 1 degrees of freedom.
double UpperTail(double t, int64_t clusters);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_STRICTNESS_WORKER_INTERVAL_H_
