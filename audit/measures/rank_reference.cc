#include "audit/measures/rank_reference.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>

#include "absl/container/flat_hash_map.h"

namespace plumbline::audit {
namespace {

// Whether a table by second is worth its memory.
bool Dense(int64_t span, int64_t values) { return span <= 8 * values + 64; }

}  // namespace

void DaySet::AddFar(int64_t day) {
  const auto at = std::lower_bound(far_.begin(), far_.end(), day);
  if (at == far_.end() || *at != day) far_.insert(at, day);
}

void DaySet::Add(const DaySet& other) {
  for (const int64_t day : other.Sorted()) Add(day);
}

int64_t DaySet::size() const {
  return std::popcount(near_[0]) + std::popcount(near_[1]) +
         static_cast<int64_t>(far_.size());
}

std::vector<int64_t> DaySet::Sorted() const {
  std::vector<int64_t> days = far_;
  for (int64_t i = 0; i < 128; ++i) {
    if ((near_[i / 64] >> (i % 64) & 1) != 0) days.push_back(first_ + i);
  }
  std::sort(days.begin(), days.end());
  return days;
}

void SortedValues::Clear() {
  size_ = 0;
  sum_ = squares_ = 0;
  by_second_.clear();
  values_.clear();
  up_to_.clear();
}

void SortedValues::AddMoments(int64_t value, int64_t count) {
  // Past 35 years a value is a fault of the log: its square need not be exact.
  constexpr int64_t kMost = int64_t{1} << 40;
  const Int128 bounded = std::clamp(value, -kMost, kMost);
  size_ += count;
  sum_ += Int128{value} * count;
  squares_ += bounded * bounded * count;
}

// Fills the table of `span` seconds from `first` on and the moments.
template <typename Value>
void SortedValues::CountSeconds(std::span<const Value> values, int64_t unit,
                                int64_t first, int64_t span) {
  first_second_ = first;
  by_second_.assign(span, 0);
  for (const Value value : values) ++by_second_[value / unit - first];
  // Within these bounds the sums fit words.
  constexpr int64_t kMostSecond = int64_t{1} << 20;
  const bool words = values.size() <= size_t{1} << 22 &&
                     first >= -kMostSecond && first + span <= kMostSecond;
  int64_t sum = 0, squares = 0, second = first;
  uint32_t below = 0;
  for (uint32_t& count : by_second_) {
    if (words) {
      const int64_t part = count * second;
      sum += part;
      squares += part * second;
    } else if (count > 0) {
      AddMoments(second * 1000, count);
    }
    count = below += count;
    ++second;
  }
  if (!words) return;
  size_ = static_cast<int64_t>(values.size());
  sum_ = Int128{sum} * 1000;
  squares_ = Int128{squares} * 1'000'000;
}

void SortedValues::List(std::vector<int64_t>& values) {
  std::sort(values.begin(), values.end());
  for (size_t i = 0; i < values.size(); ++i) {
    AddMoments(values[i], 1);
    if (i + 1 < values.size() && values[i] == values[i + 1]) continue;
    values_.push_back(values[i]);
    up_to_.push_back(static_cast<int64_t>(i) + 1);
  }
}

void SortedValues::Assign(std::vector<int64_t>& values) {
  Clear();
  if (values.empty()) return;
  bool whole = values.size() <= UINT32_MAX;
  int64_t least = values.front(), most = values.front();
  for (const int64_t value : values) {
    whole &= value % 1000 == 0;
    least = std::min(least, value);
    most = std::max(most, value);
  }
  const int64_t first = FloorSecond(least);
  const int64_t span = FloorSecond(most) - first + 1;
  if (whole && Dense(span, static_cast<int64_t>(values.size()))) {
    CountSeconds<int64_t>(values, 1000, first, span);
  } else {
    List(values);
  }
}

void SortedValues::AssignSeconds(std::span<const int32_t> seconds) {
  Clear();
  if (seconds.empty()) return;
  int32_t least = seconds.front(), most = seconds.front();
  for (const int32_t second : seconds) {
    least = std::min(least, second);
    most = std::max(most, second);
  }
  const int64_t span = int64_t{most} - least + 1;
  if (seconds.size() <= UINT32_MAX &&
      Dense(span, static_cast<int64_t>(seconds.size()))) {
    CountSeconds<int32_t>(seconds, 1, least, span);
    return;
  }
  std::vector<int64_t> values;
  for (const int32_t second : seconds) values.push_back(int64_t{second} * 1000);
  List(values);
}

void SortedValues::AssignCounts(std::span<const Count> sorted) {
  Clear();
  for (const Count& entry : sorted) {
    AddMoments(entry.value, entry.count);
    values_.push_back(entry.value);
    up_to_.push_back(size_);
  }
}

int64_t SortedValues::AtMostOf(int64_t value) const {
  const auto at = std::upper_bound(values_.begin(), values_.end(), value);
  return at == values_.begin() ? 0 : up_to_[at - values_.begin() - 1];
}

int64_t SortedValues::At(int64_t k) const {
  if (!by_second_.empty()) {
    const auto at =
        std::upper_bound(by_second_.begin(), by_second_.end(), k,
                         [](int64_t wanted, uint32_t up_to) {
                           return wanted < static_cast<int64_t>(up_to);
                         });
    return (first_second_ + (at - by_second_.begin())) * 1000;
  }
  const auto at = std::upper_bound(up_to_.begin(), up_to_.end(), k);
  return values_[at - up_to_.begin()];
}

Fraction SortedValues::Quantile(int64_t numerator, int64_t denominator) const {
  const Int128 h = Int128{size_ - 1} * numerator;
  const int64_t low = static_cast<int64_t>(h / denominator);
  const Int128 part = h % denominator;
  const Int128 at_low = At(low);
  const Int128 step = part == 0 ? Int128{0} : Int128{At(low + 1)} - at_low;
  return {at_low * denominator + part * step, denominator};
}

double SortedValues::Spread() const {
  if (size_ < 2) return 0;
  const long double n = static_cast<long double>(size_);
  const long double sum = static_cast<long double>(sum_);
  const long double squares =
      static_cast<long double>(squares_) - sum * sum / n;
  return static_cast<double>(std::sqrt(std::max(squares, 0.0L) / (n - 1)));
}

void Reference::CountMet(int t, std::span<const Count> sorted) {
  met[t] = 0;
  for (const Count& entry : sorted) {
    met[t] += Int128{entry.count} * durations.AtMost(entry.value);
  }
}

std::vector<ChosenStratum> ChooseStrata(
    std::span<const CellFigures> cells, const v1::AuditPlan& plan,
    absl::FunctionRef<int64_t(const StratumKey&, std::span<const uint32_t>)>
        workers_of) {
  // Small numbers for texts, so that grouping compares no strings.
  absl::flat_hash_map<std::string_view, uint64_t> numbers;
  auto number = [&numbers](std::string_view text) {
    return numbers.try_emplace(text, numbers.size()).first->second;
  };
  struct Pool {
    std::vector<uint32_t> cells;
    int64_t completed = 0, workers = 0;
    DaySet days;
    bool enough = false;
    int chosen = -1;
  };
  std::vector<ChosenStratum> strata;
  std::vector<uint32_t> short_cells(cells.size());
  for (uint32_t i = 0; i < cells.size(); ++i) short_cells[i] = i;
  for (int level = 0; level < kLevels && !short_cells.empty(); ++level) {
    absl::flat_hash_map<std::pair<uint64_t, uint64_t>, uint32_t> places;
    std::vector<Pool> pools;
    std::vector<uint32_t> pool_of(cells.size());
    for (uint32_t i = 0; i < cells.size(); ++i) {
      const StratumKey& key = cells[i].key;
      const uint64_t zone = level >= 3 ? 0 : number(key.zone) + 1;
      const auto [at, fresh] = places.try_emplace(
          std::pair((zone << 32) | number(key.vehicle),
                    static_cast<uint64_t>(key.CodeAt(level))),
          static_cast<uint32_t>(pools.size()));
      if (fresh) pools.emplace_back();
      Pool& pool = pools[at->second];
      pool_of[i] = at->second;
      pool.cells.push_back(i);
      pool.completed += cells[i].completed;
      pool.workers += cells[i].workers;
      if (pool.cells.size() == 1) {
        pool.days = cells[i].days;
      } else {
        pool.days.Add(cells[i].days);
      }
    }
    for (Pool& pool : pools) {
      // Summed over cells the workers are no fewer than the distinct ones.
      pool.enough = pool.completed >= plan.stratum_min_completed() &&
                    pool.days.size() >= plan.stratum_min_days() &&
                    pool.workers >= plan.stratum_min_workers();
    }
    std::vector<uint32_t> still_short;
    for (const uint32_t i : short_cells) {
      Pool& pool = pools[pool_of[i]];
      if (pool.enough && pool.chosen < 0) {
        const StratumKey key = cells[i].key.At(level);
        if (pool.cells.size() > 1) {
          pool.workers = workers_of(key, pool.cells);
        }
        pool.enough = pool.workers >= plan.stratum_min_workers();
        if (pool.enough) {
          pool.chosen = static_cast<int>(strata.size());
          strata.push_back(
              {key, pool.workers, pool.days.size(), pool.cells, {}});
        }
      }
      if (pool.enough) {
        strata[pool.chosen].ranked.push_back(i);
      } else {
        still_short.push_back(i);
      }
    }
    short_cells = std::move(still_short);
  }
  std::sort(strata.begin(), strata.end(),
            [](const ChosenStratum& a, const ChosenStratum& b) {
              return a.key < b.key;
            });
  return strata;
}

}  // namespace plumbline::audit
