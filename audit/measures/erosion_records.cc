#include "audit/measures/erosion_records.h"

#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "audit/measures/local_clock.h"

namespace plumbline::audit {
namespace {

constexpr size_t kBlock = size_t{1} << 20;

// A record begins with a mark: what it is, which numbers follow, and which of
// them take eight bytes.
enum Kind : uint32_t { kWorker, kUnknownWorker, kTask };
constexpr int kKindBits = 2;
enum Field {
  kPromise,
  kLimit,
  kDistance,
  kPay,
  kTakeTotal,
  kTakeNumber,
  kTook,
  kFields
};
constexpr int kFirstHeld = kKindBits, kFirstWide = kFirstHeld + kFields;
// Things that are told by a bit alone.
constexpr uint32_t kTimed = 1u << (kFirstWide + kFields);
constexpr uint32_t kLate = kTimed << 1;
constexpr uint32_t kPromiseFar = kLate << 1, kLimitFar = kPromiseFar << 1;
// Mark, cell and day, and all fields at their widest.
constexpr size_t kMostBytes = 12 + kFields * 8;

template <typename T>
void Write(T value, uint8_t*& to) {
  std::memcpy(to, &value, sizeof(value));
  to += sizeof(value);
}
template <typename T>
T Read(const uint8_t*& from) {
  T value;
  std::memcpy(&value, from, sizeof(value));
  from += sizeof(value);
  return value;
}

void WriteField(Field field, int64_t value, uint32_t* mark, uint8_t*& to) {
  *mark |= 1u << (kFirstHeld + field);
  const int32_t narrow = static_cast<int32_t>(value);
  if (narrow == value) {
    Write(narrow, to);
  } else {
    *mark |= 1u << (kFirstWide + field);
    Write(value, to);
  }
}

// The sums of a task, all of which follow from these.
QuantitySums ReadSums(uint32_t mark, const uint8_t*& from) {
  int64_t values[kFields] = {};
  for (int f = 0; f < kFields; ++f) {
    if ((mark >> (kFirstHeld + f) & 1) == 0) continue;
    values[f] = (mark >> (kFirstWide + f) & 1) != 0 ? Read<int64_t>(from)
                                                    : Read<int32_t>(from);
  }
  const auto held = [mark](Field field) {
    return (mark >> (kFirstHeld + field) & 1) != 0;
  };
  QuantitySums sums;
  const auto put = [&sums](Quantity q, int64_t total, int64_t number) {
    sums.total[q] = total;
    sums.number[q] = number;
  };
  if (held(kPromise)) put(kPromiseTime, values[kPromise], 1);
  if (held(kLimit)) put(kLimitTime, values[kLimit], 1);
  if ((mark & kPromiseFar) != 0) {
    put(kPromisePerKm, values[kPromise], values[kDistance]);
  }
  if ((mark & kLimitFar) != 0) {
    put(kLimitPerKm, values[kLimit], values[kDistance]);
  }
  if (held(kPay)) put(kPayPerTask, values[kPay], 1);
  if (held(kTakeNumber)) {
    put(kTakeRate, values[kTakeTotal], values[kTakeNumber]);
    put(kTakeKnown, 0, 1);
  }
  if (held(kTook)) put(kDuration, values[kTook], 1);
  if ((mark & kTimed) != 0) put(kLateShare, (mark & kLate) != 0, 1);
  return sums;
}

}  // namespace

void ErosionRecords::EndWorker() {
  if (!open_) return;
  open_ = false;
  bytes_ = (sources_[0].blocks.size() - 1) * kBlock +
           sources_[0].blocks.back().size();
}

void ErosionRecords::BeginWorker(bool known, uint64_t key) {
  EndWorker();
  std::vector<std::vector<uint8_t>>& blocks = sources_[0].blocks;
  if (blocks.empty() || blocks.back().size() >= kBlock - kBlock / 4) {
    blocks.emplace_back();
    blocks.back().reserve(kBlock);
  }
  open_ = true;
  uint8_t bytes[12];
  uint8_t* to = bytes;
  Write<uint32_t>(known ? kWorker : kUnknownWorker, to);
  Write(key, to);
  blocks.back().insert(blocks.back().end(), bytes, to);
}

void ErosionRecords::Add(const StratumSorter& sorter, uint32_t cell,
                         int64_t day, const QuantitySums& sums) {
  std::vector<StratumKey>& keys = sources_[0].keys;
  while (keys.size() <= cell) {
    keys.push_back(sorter.KeyOf(static_cast<uint32_t>(keys.size())));
  }
  uint8_t bytes[kMostBytes];
  uint8_t* to = bytes + sizeof(uint32_t);
  uint32_t mark = kTask;
  Write(cell, to);
  Write(static_cast<int32_t>(day), to);
  if (sums.number[kPromiseTime] != 0) {
    WriteField(kPromise, sums.total[kPromiseTime], &mark, to);
  }
  if (sums.number[kLimitTime] != 0) {
    WriteField(kLimit, sums.total[kLimitTime], &mark, to);
  }
  const int64_t distance =
      std::max(sums.number[kPromisePerKm], sums.number[kLimitPerKm]);
  if (distance != 0) {
    WriteField(kDistance, distance, &mark, to);
    if (sums.number[kPromisePerKm] != 0) mark |= kPromiseFar;
    if (sums.number[kLimitPerKm] != 0) mark |= kLimitFar;
  }
  if (sums.number[kPayPerTask] != 0) {
    WriteField(kPay, sums.total[kPayPerTask], &mark, to);
  }
  if (sums.number[kTakeRate] != 0) {
    WriteField(kTakeTotal, sums.total[kTakeRate], &mark, to);
    WriteField(kTakeNumber, sums.number[kTakeRate], &mark, to);
  }
  if (sums.number[kDuration] != 0) {
    WriteField(kTook, sums.total[kDuration], &mark, to);
  }
  if (sums.number[kLateShare] != 0) {
    mark |= kTimed;
    if (sums.total[kLateShare] != 0) mark |= kLate;
  }
  std::memcpy(bytes, &mark, sizeof(mark));
  std::vector<uint8_t>& block = sources_[0].blocks.back();
  block.insert(block.end(), bytes, to);
}

void ErosionRecords::Absorb(ErosionRecords& other) {
  EndWorker();
  other.EndWorker();
  for (Source& source : other.sources_) {
    if (!source.blocks.empty()) sources_.push_back(std::move(source));
  }
  bytes_ += other.bytes_;
  other.Clear();
}

void ErosionRecords::Clear() {
  sources_ = std::vector<Source>(1);
  bytes_ = 0;
  open_ = false;
}

void ErosionRecords::Visit(const ErosionPulls& pulls, const v1::AuditPlan& plan,
                           int64_t workers, ErosionReplicates* out) const {
  std::vector<std::pair<size_t, const std::vector<uint8_t>*>> blocks;
  std::vector<std::vector<int>> strata;
  for (size_t s = 0; s < sources_.size(); ++s) {
    for (const auto& block : sources_[s].blocks) blocks.emplace_back(s, &block);
    std::vector<int>& of_cell = strata.emplace_back();
    for (const StratumKey& key : sources_[s].keys) {
      of_cell.push_back(pulls.StratumOf(key));
    }
  }
  const int statistics = pulls.statistics().size();
  tbb::enumerable_thread_specific<ErosionReplicates> all(
      [&] { return ErosionReplicates(plan, workers, statistics); });
  tbb::this_task_arena::isolate([&] {
    tbb::parallel_for(size_t{0}, blocks.size(), [&](size_t b) {
      ErosionReplicates& own = all.local();
      const std::vector<int>& of_cell = strata[blocks[b].first];
      const uint8_t* at = blocks[b].second->data();
      const uint8_t* const end = at + blocks[b].second->size();
      ErosionPulls::Row row(statistics);
      uint64_t key = 0;
      bool known = false;
      while (at < end) {
        const uint32_t mark = Read<uint32_t>(at);
        const uint32_t kind = mark & ((1u << kKindBits) - 1);
        if (kind != kTask) {
          if (known) own.AddWorker(key, row);
          row.Clear();
          known = kind == kWorker;
          key = Read<uint64_t>(at);
          continue;
        }
        const uint32_t cell = Read<uint32_t>(at);
        const int64_t day = Read<int32_t>(at);
        const QuantitySums sums = ReadSums(mark, at);
        pulls.Add(of_cell[cell], LocalClock::Week(day), sums,
                  known ? &row : &own.DayRow(day));
      }
      if (known) own.AddWorker(key, row);
    });
  });
  for (const ErosionReplicates& own : all) out->Merge(own);
}

}  // namespace plumbline::audit
