#ifndef PLUMBLINE_AUDIT_MEASURES_STRICTNESS_CONCESSION_H_
#define PLUMBLINE_AUDIT_MEASURES_STRICTNESS_CONCESSION_H_

#include <tbb/enumerable_thread_specific.h>

#include <span>
#include <vector>

#include "audit/measures/strictness/task_pool.h"
#include "audit/measures/strictness/walk.h"
#include "audit/measures/strictness/worker_interval.h"
#include "plumbline/v1/plan.pb.h"
#include "plumbline/v1/strictness.pb.h"

namespace plumbline::audit {

// S-GAP, concession ratios: two least-squares fits on the same conditions x, of
// the duration D and of the target T, over delivered tasks that have both and a
// route:
//
//   D = x'b_D + e,   T = x'b_T + u,   ratio_k = b_T,k / b_D,k
//
// the share of the extra time that condition k (rain, severe weather, a second
// or third order carried, a kilometre) costs which the target grants: 1 wholly,
// 0 not at all. x also holds the weather not known, the type of hour and the
// zone, if there are at most 12. Coefficients are exact fractions; their linear
// parts are by worker. Not identified (ID) where the interval of b_D,k holds 0
// or x is collinear; a finding where the interval of the ratio lies below 1.
class ConcessionFit {
 public:
  ConcessionFit(const Walk& walk, const v1::AuditPlan& plan);

  // Prepare, Visit all tasks of each cell that were not prebooked, from any
  // threads, then AddStatistics.
  void Prepare(size_t workers);
  void Visit(size_t cell, std::span<const StrictTask> tasks);
  void AddStatistics(WorkerIntervals* intervals);
  void Write(const WorkerIntervals& intervals, v1::StrictTarget* promise,
             v1::StrictTarget* limit) const;

 private:
  struct Condition {
    const char* name;
    int column = 0;
    double cost = 0, grant = 0;
    std::vector<double> inverse;  // The column's row of (X'X)^-1.
    size_t cost_number = 0, grant_number = 0, ratio_number = 0;
  };
  struct Fitted {
    bool any = false, ok = false;
    int64_t n = 0, clusters = 0;
    std::vector<double> cost, grant;  // All coefficients.
    std::vector<Condition> conditions;
  };
  // Row of the design of a cell, its route left at 0 in the last column.
  std::vector<int64_t> RowOf(const StratumKey& key) const;
  void FindColumns(int t);
  Fitted FitTarget(int t);

  const Walk& walk_;
  const v1::AuditPlan& plan_;
  // Columns in use: weathers, loads, hour types, zones but the first of each.
  std::vector<int> weathers_, loads_, hours_;
  std::vector<std::string> zones_;
  std::vector<std::vector<int64_t>> rows_[kTargets];  // By cell.
  Fitted fitted_[kTargets];
  static constexpr int kMostConditions = 6;
  struct Own {
    int64_t part[kTargets][kMostConditions][2] = {};
    int64_t n[kTargets] = {};
    void operator+=(const Own& other);
  };
  // By worker, of each thread; empty where nothing was fitted.
  tbb::enumerable_thread_specific<std::vector<Own>> owns_;
  size_t workers_ = 0;
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_STRICTNESS_CONCESSION_H_
