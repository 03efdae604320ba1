#ifndef PLUMBLINE_AUDIT_MEASURES_STRICTNESS_RECORDS_H_
#define PLUMBLINE_AUDIT_MEASURES_STRICTNESS_RECORDS_H_

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "audit/measures/rank_reference.h"

namespace plumbline::audit {

inline constexpr int32_t kNoNumber = std::numeric_limits<int32_t>::min();

// One accepted task as strictness sees it. Times are in ms from acceptance,
// held at 24 days at most, routes in whole metres; kNoNumber where unknown.
struct StrictTask {
  uint32_t worker = 0;
  bool censored = false;  // Not delivered; `value` is its last clock then.
  int32_t value = 0;
  std::array<int32_t, kTargets> target = {kNoNumber, kNoNumber};
  int32_t route = kNoNumber;
  int32_t wait = kNoNumber;     // At pickup and drop-off, as far as recorded.
  int32_t planned = kNoNumber;  // Wait that the platform planned.
  int32_t leg = kNoNumber;      // Pickup to done, delivered tasks only.
};

// `value` between the ends of what a StrictTask holds; unknown stays unknown.
int32_t Held(int64_t value);

// The tasks of many workers, kept to be asked for by cell: 16 bytes each where
// times are whole seconds of less than 15 hours and routes below 57 km, else
// 36. They come in by worker and are sorted by cell in blocks, with one
// counting pass while they lie in the cache; a cell's tasks stay in the order
// in which they came. Not thread-safe.
class StrictRecords {
 public:
  // Workers must not fall.
  void Add(uint32_t cell, const StrictTask& task);
  void Close();  // Sorts the last block; before AppendCell and Absorb.
  // Takes the blocks of `other`, closed: its cell i is cell ours[i] here, its
  // workers are numbered from `first_worker`.
  void Absorb(StrictRecords& other, std::span<const uint32_t> ours,
              uint32_t first_worker);
  void AppendCell(uint32_t cell, std::vector<StrictTask>* out) const;

 private:
  struct Short {
    uint16_t who;  // Worker of the block; kCensored on top.
    uint16_t value;
    std::array<uint16_t, kTargets> target;
    uint16_t route, wait, planned, leg;
  };
  static constexpr uint16_t kCensored = uint16_t{1} << 15;
  struct Block {
    std::vector<uint32_t> begins;  // By the block's cell; one more at the end.
    // Cell of the block by ours, -1 for none; nullptr where they are the same.
    std::shared_ptr<const std::vector<int32_t>> cell_of;
    uint32_t first_worker = 0;
    std::unique_ptr<Short[]> shorts;      // Or
    std::unique_ptr<StrictTask[]> tasks;  // with workers of the block.
  };
  struct Open {
    uint32_t cell;
    StrictTask task;
  };
  static bool Shorten(const StrictTask& task, Short* out);
  static StrictTask Widen(const Short& record);

  std::vector<Open> open_;
  std::vector<Block> blocks_;
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_STRICTNESS_RECORDS_H_
