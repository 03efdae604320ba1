#ifndef PLUMBLINE_AUDIT_MEASURES_CLIFFS_H_
#define PLUMBLINE_AUDIT_MEASURES_CLIFFS_H_

#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include "audit/measures/local_clock.h"
#include "audit/measures/worker_summary.h"
#include "plumbline/v1/plan.pb.h"
#include "plumbline/v1/workload.pb.h"
#include "plumbline/v1/workload_state.pb.h"

namespace plumbline::audit {

// STR-6: does next week's work or pay jump where this week's rate passes a
// round threshold c? Rates are the share of offers accepted and of orders in
// time; a week of a worker with n of them, k of which count, lies
//
//   x = (k - ceil(c n) + 1/2) / n
//
// from the threshold, in bins of half a percent, below it where x < 0. Counted
// from the least number that passes, weeks of few offers, whose rates are round
// more often, do not heap on one side. On each side a line is fitted with the
// weights 1 - |x|/h (local linear, triangular kernel),
//
//   jump = a(+0) - a(-0)
//
// for the plan's band h, half and twice of it. Errors come from leaving out one
// worker at a time (CV3), workers whose hashes begin alike being one where
// there are more than 512. y is the outcome of the ISO week after; `placebo` is
// the jump of the outcome of the week before, which the rate cannot have
// caused, `heap` that of the number of weeks as a share of the mean of both
// sides, by a parabola since numbers are curved where rates are alike: workers
// who work for the threshold make themselves another group above it. Where an
// interval of these leaves 0, or there is none, nothing is concluded (ID).
//
// FINDING where the whole interval of the jump lies above the margin times the
// outcome just below, it has the same sign with all bands and the p-value holds
// after Benjamini and Hochberg's adjustment over all thresholds, rates and
// outcomes; NO_FINDING where it lies below. Thresholds with fewer weeks on
// either side than the plan asks for are not looked at. A week counts where it
// and both beside it have an hour online and an order delivered.
//
// Sources: Hahn, Todd and van der Klaauw 2001; McCrary 2008; Cattaneo, Idrobo
// and Titiunik 2019 (discrete running variables).
class CliffTally {
 public:
  enum Rate { kAccepted, kOnTime, kRates };
  enum Outcome { kOffersPerHour, kPayPerHour, kPayPerTask, kOutcomes };
  static constexpr size_t kMostClusters = 512;

  CliffTally(const MeasureContext& context, const v1::AuditPlan& plan,
             size_t most_clusters = kMostClusters);

  void Observe(const replay::WorkerTimeline& timeline,
               const WorkerSummary& summary);
  void Save(v1::WorkloadState* state) const;
  void Merge(const v1::WorkloadState& state);
  void Write(v1::Workload* out) const;
  bool runs() const { return runs_[kAccepted] || runs_[kOnTime]; }

 private:
  struct Cell {
    int64_t n = 0;
    std::array<int64_t, kOutcomes> after = {}, before = {};
    void operator+=(const Cell& other);
  };
  struct Week {
    int64_t week = 0, online = 0, delivered = 0, offers = 0;
    Int128 pay = 0;
    std::array<int64_t, kRates> of = {}, met = {};
  };
  // Sums of the fit on one side of a threshold.
  struct Side {
    Int128 w = 0, wx = 0, wxx = 0, wy = 0, wxy = 0, wxxy = 0;
    void Add(int64_t weight, int64_t x, int64_t n, int64_t y);
    void operator+=(const Side& other);
    Side Without(const Side& other) const;
    bool defined() const { return w * wxx > wx * wx; }
    double AtThreshold() const;
  };
  struct Sides {
    Side below, above;
  };
  // What a figure at one threshold comes from, whole and by cluster.
  struct Gathered {
    Sides total;
    std::vector<Sides> parts;
    std::vector<int64_t> rows;
  };
  struct Jump;

  void CollectWeeks(const replay::WorkerTimeline& timeline,
                    const WorkerSummary& summary);
  void AddWeek(const Week& before, const Week& now, const Week& after,
               uint64_t key);
  bool HasOutcome(int outcome) const;
  int PlaceOf(int rate, int threshold, int64_t bin) const;
  uint64_t Prefix(uint64_t key) const;
  void Shorten(int bits);
  void Unite();
  template <typename Value>
  Gathered Gather(int rate, int threshold, int band, const Value& value) const;
  template <typename Estimate>
  static Jump Jackknifed(const Gathered& gathered, const Estimate& estimate);
  Jump JumpOf(int rate, int threshold, int band, int outcome, bool later) const;
  Jump HeapOf(int rate, int threshold, int band) const;
  bool WriteOne(int rate, int threshold, int outcome, v1::Cliff* out) const;
  void Judge(v1::Cliff* cliff) const;

  const v1::AuditPlan& plan_;
  size_t most_;
  bool runs_[kRates], offers_, pay_;
  int target_;  // 1 the limit, 0 the promise.
  LocalClock clock_;
  int reach_;  // Bins on either side.
  int bits_ = 64;
  std::map<uint64_t, std::map<int, Cell>> clusters_;  // By place.
  std::vector<Week> weeks_;  // Of one worker, used again.
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_CLIFFS_H_
