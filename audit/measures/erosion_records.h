#ifndef PLUMBLINE_AUDIT_MEASURES_EROSION_RECORDS_H_
#define PLUMBLINE_AUDIT_MEASURES_EROSION_RECORDS_H_

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "audit/measures/erosion_pulls.h"
#include "audit/measures/strata.h"

namespace plumbline::audit {

// What erosion saw of each task, kept in the first pass to save the second one:
// some 40 bytes a task. Numbers that follow from others are not kept, the rest
// takes four bytes where it can and eight else. One worker's tasks lie in one
// block, blocks hold about a megabyte. Not thread-safe.
class ErosionRecords {
 public:
  // `key` is a hash of the worker; of unknown workers tasks are drawn by day.
  void BeginWorker(bool known, uint64_t key);
  void Add(const StratumSorter& sorter, uint32_t cell, int64_t day,
           const QuantitySums& sums);
  void Absorb(ErosionRecords& other);
  size_t bytes() const { return bytes_; }
  void Clear();

  // Hands all tasks to `out`, on all threads.
  void Visit(const ErosionPulls& pulls, const v1::AuditPlan& plan,
             int64_t workers, ErosionReplicates* out) const;

 private:
  struct Source {
    std::vector<StratumKey> keys;  // By cell.
    std::vector<std::vector<uint8_t>> blocks;
  };
  void EndWorker();

  std::vector<Source> sources_ = std::vector<Source>(1);  // First our own.
  size_t bytes_ = 0;
  bool open_ = false;
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_EROSION_RECORDS_H_
