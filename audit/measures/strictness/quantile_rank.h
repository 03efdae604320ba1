#ifndef PLUMBLINE_AUDIT_MEASURES_STRICTNESS_QUANTILE_RANK_H_
#define PLUMBLINE_AUDIT_MEASURES_STRICTNESS_QUANTILE_RANK_H_

#include <span>
#include <vector>

#include "audit/measures/strictness/task_pool.h"
#include "audit/measures/strictness/walk.h"
#include "audit/measures/strictness/worker_interval.h"
#include "audit/stats/quantile_regression.h"
#include "plumbline/v1/plan.pb.h"
#include "plumbline/v1/strictness.pb.h"

namespace plumbline::audit {

// S-QR, where strata are thin (less than qr_coverage_below of the targets are
// ranked): conditional quantiles of the duration at levels 0.02, 0.04 ... 0.98,
//
//   Q(D | x) = x'b,   x = 1, route, route squared, load, rain, type of hour,
//   zone (up to 8);   F(T | x) = share of levels whose quantile is at most T
//
// and pi = mean F over delivered tasks that have the target and a route. Levels
// that less than 20 rows a column lie beyond are not fitted; a target below the
// lowest fitted one counts as above those that are not, in the platform's
// favour. Fitted on at most some 1,500 rows: cells with more tasks than their
// part are stood for by means over runs of their ordered durations, with
// weights. Every fit is certified exactly. The end at which undelivered tasks
// arrive at their last clock is fitted too, and a claim holds only if it holds
// there.
//
// Interval: replicates of whole workers, of the linear statistic
// (worker_interval.h). A worker moves pi by its own ranks and through the fits,
//
//   d pi = -(1/N) sum_i f_i x_i' d b(tau_i),
//   d b(tau) = H(tau)^-1 sum_j x_j (tau - 1{D_j <= x_j'b(tau)}),
//   H(tau) = sum_j f_j x_j x_j',   f the density between near levels
//
// Collinear conditions (zone and load apart, say) give ID, too few rows N.
// O(N levels) and 100 fits. Source of the linear form: Koenker 2005, 3.2, with
// the sparsity of Hendricks and Koenker 1992.
class QuantileRanker {
 public:
  QuantileRanker(const TaskPool& pool, const Walk& walk,
                 const v1::AuditPlan& plan);

  // Fits where `coverage` of target t is below the plan's, and hands the
  // statistic to `intervals`; then Write.
  void AddStatistics(int t, double coverage, WorkerIntervals* intervals);
  void Write(int t, const WorkerIntervals& intervals, v1::QuantileRank* out);

 private:
  struct Row {
    size_t cell;
    int64_t route = 0;     // Hundreds of metres.
    int64_t duration = 0;  // Seconds.
    int64_t weight = 1;
  };
  struct Fits {
    int first = 0, last = -1;  // Levels that are fitted, of 1 to 49.
    std::vector<std::vector<double>> levels;  // Coefficients, from first on.
    Reason reason = Reason::kNone;
    std::string detail;
    int64_t rows = 0, certified = 0;
  };
  struct One {
    bool asked = false, any = false;
    double pi = 0, end = 1;  // With undelivered tasks at their last clock.
    int64_t n = 0, workers = 0;
    size_t number = 0;
  };
  // What a cell adds to each fitted quantile, the route left out.
  using Bases = std::vector<double>;
  void Prepare();
  std::vector<int64_t> XOf(size_t cell, int64_t route) const;
  // Undelivered tasks count at their last clock if asked for.
  std::vector<Row> RowsOf(bool undelivered) const;
  Fits FitAll(bool undelivered) const;
  Bases BasesOf(const Fits& fits, size_t cell) const;
  // Mean F, and by worker the sum of F and the number of its targets.
  double Pi(const Fits& fits, int t, std::vector<double>* sums,
            std::vector<int64_t>* counts) const;
  // Adds what each worker moves pi by through the fits.
  void AddLent(int t, int64_t n, std::vector<double>* parts) const;

  const TaskPool& pool_;
  const Walk& walk_;
  const v1::AuditPlan& plan_;
  bool prepared_ = false;
  std::vector<std::vector<StrictTask>> tasks_;  // By cell, with a route.
  std::vector<int> loads_, hours_;
  std::vector<std::string> zones_;
  bool rain_ = false;
  std::vector<std::string> names_;
  std::vector<Row> rows_;
  Fits whole_, undelivered_;
  One ones_[kTargets];
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_STRICTNESS_QUANTILE_RANK_H_
