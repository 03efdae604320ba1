#ifndef PLUMBLINE_AUDIT_MEASURES_RANK_REFERENCE_H_
#define PLUMBLINE_AUDIT_MEASURES_RANK_REFERENCE_H_

#include <array>
#include <map>
#include <span>
#include <vector>

#include "audit/measures/strata.h"
#include "audit/stats/histogram.h"
#include "plumbline/v1/partial.pb.h"
#include "plumbline/v1/plan.pb.h"

namespace plumbline::audit {

inline constexpr int kTargets = 2;  // Promise, limit.

// How many values of a histogram are at most v. One table look-up where all
// values are whole seconds that lie close, else a binary search.
class CountIndex {
 public:
  void Assign(std::span<const Count> sorted);
  int64_t AtMost(int64_t value) const;
  int64_t Below(int64_t value) const { return AtMost(value - 1); }
  int64_t total() const { return total_; }

 private:
  int64_t total_ = 0;
  int64_t first_second_ = 0;
  std::vector<uint32_t> by_second_;
  std::vector<int64_t> values_;
  std::vector<int64_t> up_to_;
};

// One stratum in which targets are ranked, at the level of back-off used.
struct Reference {
  StratumKey key;
  int64_t workers = 0;
  int64_t days = 0;
  std::vector<Count> durations;                      // ms
  std::array<std::vector<Count>, kTargets> targets;  // Of tasks ranked here.
  CountIndex duration_index;
  CountIndex censored_index;
  std::array<CountIndex, kTargets> target_index;
  // Mean rank without leaving anyone out, for the influence of a worker.
  std::array<double, kTargets> plain_rank = {};
};

// The references that the merged first pass gives, in order of their keys, and
// which cell is ranked where.
struct RankReferences {
  std::vector<Reference> strata;
  // Index into `strata` where tasks of this level-0 stratum are ranked; strata
  // that fall short at every level are not in it.
  std::map<StratumKey, int> ranked_in;
  std::array<int64_t, kTargets> ranked = {};
  std::array<double, kTargets> plain_rank = {};

  // Index of the stratum of that key, -1 if tasks are ranked in none such.
  int Find(const StratumKey& key) const;
};

// Deterministic in `first`. O(values).
RankReferences BuildReferences(const v1::TargetsFirst& first,
                               const v1::AuditPlan& plan);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_RANK_REFERENCE_H_
