#include "audit/measures/erosion_records.h"

#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <utility>

#include "audit/measures/local_clock.h"

namespace plumbline::audit {
namespace {

constexpr size_t kBlock = size_t{1} << 20;

// Small numbers of either sign in few bytes.
uint64_t Folded(int64_t value) {
  return (static_cast<uint64_t>(value) << 1) ^
         static_cast<uint64_t>(value >> 63);
}
int64_t Unfolded(uint64_t value) {
  return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
}

class Reader {
 public:
  explicit Reader(const std::vector<uint8_t>& block)
      : at_(block.data()), end_(block.data() + block.size()) {}
  bool done() const { return at_ >= end_; }
  uint64_t Get() {
    uint64_t value = 0;
    for (int shift = 0; at_ < end_; shift += 7) {
      const uint8_t byte = *at_++;
      value |= uint64_t{byte & 0x7fu} << shift;
      if (byte < 0x80) break;
    }
    return value;
  }

 private:
  const uint8_t* at_;
  const uint8_t* end_;
};

// Marks before a worker, a worker unknown, a task.
enum Mark : uint64_t { kWorker, kUnknownWorker, kTask };

}  // namespace

void ErosionRecords::Put(uint64_t value) {
  std::vector<uint8_t>& block = sources_[0].blocks.back();
  while (value >= 0x80) {
    block.push_back(static_cast<uint8_t>(value | 0x80));
    value >>= 7;
  }
  block.push_back(static_cast<uint8_t>(value));
}

void ErosionRecords::EndWorker() {
  if (!open_) return;
  open_ = false;
  bytes_ = (sources_[0].blocks.size() - 1) * kBlock +
           sources_[0].blocks.back().size();
}

void ErosionRecords::BeginWorker(bool known, uint64_t key) {
  EndWorker();
  std::vector<std::vector<uint8_t>>& blocks = sources_[0].blocks;
  if (blocks.empty() || blocks.back().size() >= kBlock - kBlock / 16) {
    blocks.emplace_back();
    blocks.back().reserve(kBlock);
  }
  open_ = true;
  Put(known ? kWorker : kUnknownWorker);
  Put(key);
}

void ErosionRecords::Add(const StratumSorter& sorter, uint32_t cell,
                         int64_t day, const QuantitySums& sums) {
  std::vector<StratumKey>& keys = sources_[0].keys;
  while (keys.size() <= cell) {
    keys.push_back(sorter.KeyOf(static_cast<uint32_t>(keys.size())));
  }
  uint64_t held = 0;
  for (int q = 0; q < kQuantities; ++q) {
    held |= uint64_t{sums.number[q] != 0} << q;
  }
  Put(kTask | held << 2);
  Put(cell);
  Put(Folded(day));
  for (int q = 0; q < kQuantities; ++q) {
    if (sums.number[q] == 0) continue;
    Put(Folded(sums.total[q]));
    Put(Folded(sums.number[q]));
  }
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
  tbb::enumerable_thread_specific<ErosionReplicates> all(
      [&] { return ErosionReplicates(plan, workers); });
  tbb::this_task_arena::isolate([&] {
    tbb::parallel_for(size_t{0}, blocks.size(), [&](size_t b) {
      ErosionReplicates& own = all.local();
      const std::vector<int>& of_cell = strata[blocks[b].first];
      Reader reader(*blocks[b].second);
      ErosionPulls::Row row;
      uint64_t key = 0;
      bool known = false;
      while (!reader.done()) {
        const uint64_t mark = reader.Get();
        if ((mark & 3) != kTask) {
          if (known) own.AddWorker(key, row);
          row = {};
          known = mark == kWorker;
          key = reader.Get();
          continue;
        }
        const size_t cell = reader.Get();
        const int64_t day = Unfolded(reader.Get());
        QuantitySums sums;
        for (int q = 0; q < kQuantities; ++q) {
          if ((mark >> 2 >> q & 1) == 0) continue;
          sums.total[q] = Unfolded(reader.Get());
          sums.number[q] = Unfolded(reader.Get());
        }
        pulls.Add(of_cell[cell], LocalClock::Week(day), sums,
                  known ? &row : &own.DayRow(day));
      }
      if (known) own.AddWorker(key, row);
    });
  });
  for (const ErosionReplicates& own : all) out->Merge(own);
}

}  // namespace plumbline::audit
