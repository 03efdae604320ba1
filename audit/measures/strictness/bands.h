#ifndef PLUMBLINE_AUDIT_MEASURES_STRICTNESS_BANDS_H_
#define PLUMBLINE_AUDIT_MEASURES_STRICTNESS_BANDS_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "audit/measures/strata.h"
#include "audit/measures/strictness/stratum_position.h"
#include "plumbline/v1/plan.pb.h"
#include "plumbline/v1/strictness.pb.h"

namespace plumbline::audit {

enum BandKind { kByDistance, kByHour, kByWeather, kByLoad };
inline constexpr int kBandKinds = 4;

// Numbers of all bands of all kinds, and their names.
class BandList {
 public:
  explicit BandList(const v1::AuditPlan& plan);
  int size() const { return begin_[kBandKinds]; }
  int begin(int kind) const { return begin_[kind]; }
  int end(int kind) const { return begin_[kind + 1]; }
  int Of(int kind, const StratumKey& key) const;
  std::string Name(int band, bool chinese) const;

 private:
  const v1::AuditPlan& plan_;
  int begin_[kBandKinds + 1];
};

// What each worker adds to a band; one for each thread, added up in integers.
class BandTally {
 public:
  struct Entry {
    int64_t influence = 0;  // Of the sum of ranks, 2^-32.
    int32_t ranked = 0, on_time = 0, timed = 0;
  };
  void Resize(size_t workers, int bands) {
    bands_ = bands;
    entries_.resize(workers * kTargets * bands);
  }
  Entry& At(uint32_t worker, int target, int band) {
    return entries_[(size_t{worker} * kTargets + target) * bands_ + band];
  }
  const Entry& At(uint32_t worker, int target, int band) const {
    return entries_[(size_t{worker} * kTargets + target) * bands_ + band];
  }
  void operator+=(const BandTally& other);

 private:
  int bands_ = 0;
  std::vector<Entry> entries_;
};

// S-GAP: mean rank and share on time by band, clustered by worker; equality by
// Wald's chi-squared with the covariance of the linear parts, pairs by
// Benjamini and Hochberg. A finding needs a pair whose interval lies beyond
// the margin of the plan; none is found only if all intervals lie inside it.
// Inside a stratum that joins bands a worker's durations count for each band by
// its share of the targets.
void WriteGaps(const BandList& bands, const BandTally& tally, size_t workers,
               int target, const v1::AuditPlan& plan, v1::StrictTarget* out);

// "zone A, ..." of a stratum in Chinese.
std::string StratumTextZh(const StratumKey& key, const v1::AuditPlan& plan);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_STRICTNESS_BANDS_H_
