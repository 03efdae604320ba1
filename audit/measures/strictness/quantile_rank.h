#ifndef PLUMBLINE_AUDIT_MEASURES_STRICTNESS_QUANTILE_RANK_H_
#define PLUMBLINE_AUDIT_MEASURES_STRICTNESS_QUANTILE_RANK_H_

#include <span>
#include <vector>

#include "audit/measures/strictness/task_pool.h"
#include "audit/measures/strictness/walk.h"
#include "audit/stats/quantile_regression.h"
#include "plumbline/v1/plan.pb.h"
#include "plumbline/v1/strictness.pb.h"

namespace plumbline::audit {

// S-QR, where strata are thin (less than qr_coverage_below of the targets are
// ranked): conditional quantiles of the duration at levels 0.05, 0.10 ... 0.95,
//
//   Q(D | x) = x'b,   x = 1, route, route squared, load, rain, type of hour,
//   zone (up to 8);   F(T | x) = share of levels whose quantile is at most T
//
// and pi = mean F over delivered tasks that have the target and a route. Fitted
// on at most some 1,500 rows: cells with more tasks than their part are stood
// for by means over runs of their ordered durations, with weights. Every fit is
// certified exactly. The interval is a jackknife over qr_groups hashed groups
// of workers with t; the end at which undelivered tasks arrive at their last
// clock is fitted too, and a claim holds only if it holds there.
//
// Collinear conditions (zone and load apart, say) give ID, too few rows N.
class QuantileRanker {
 public:
  QuantileRanker(const TaskPool& pool, const Walk& walk,
                 const v1::AuditPlan& plan);

  void Write(int t, double coverage, v1::QuantileRank* out);

 private:
  struct Row {
    size_t cell;
    int64_t route = 0;     // Hundreds of metres.
    int64_t duration = 0;  // Seconds.
    int64_t weight = 1;
  };
  struct Fits {
    std::vector<std::vector<double>> levels;  // Coefficients.
    Reason reason = Reason::kNone;
    std::string detail;
    int64_t rows = 0, certified = 0;
  };
  void Prepare();
  std::vector<int64_t> XOf(size_t cell, int64_t route) const;
  // Leaves out the workers of one hashed group (none: -1); undelivered tasks
  // count at their last clock if asked for.
  std::vector<Row> RowsOf(int left_out, bool undelivered) const;
  Fits FitAll(int left_out, bool undelivered) const;
  double Pi(const Fits& fits, int t, int left_out) const;
  int GroupOf(uint32_t worker) const;

  const TaskPool& pool_;
  const Walk& walk_;
  const v1::AuditPlan& plan_;
  bool prepared_ = false;
  std::vector<std::vector<StrictTask>> tasks_;  // By cell, with a route.
  std::vector<int> loads_, hours_;
  std::vector<std::string> zones_;
  bool rain_ = false;
  std::vector<std::string> names_;
  Fits whole_, undelivered_;
  std::vector<Fits> groups_;
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_STRICTNESS_QUANTILE_RANK_H_
