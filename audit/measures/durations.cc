#include <array>

#include "audit/measures/coverage.h"
#include "audit/measures/measure_list.h"
#include "audit/measures/state_codec.h"
#include "audit/measures/worker_summary.h"

namespace plumbline::audit {
namespace {

using replay::IsKnown;

struct Duration {
  const char* name;
  int64_t replay::Task::*from;
  int64_t replay::Task::*to;
  const char* from_column;
  const char* to_column;
  bool without_prebooked;
};

constexpr Duration kDurations[] = {
    {"acceptToDone", &replay::Task::accepted_at, &replay::Task::completed_at,
     "tasks.accepted_at", "tasks.completed_at", false},
    {"placedToDone", &replay::Task::placed_at, &replay::Task::completed_at,
     "tasks.placed_at", "tasks.completed_at", true},
    {"readyToPickup", &replay::Task::ready_at, &replay::Task::picked_up_at,
     "tasks.ready_at", "tasks.picked_up_at", false},
    {"waitAtPickup", &replay::Task::arrived_pickup_at,
     &replay::Task::picked_up_at, "tasks.arrived_pickup_at",
     "tasks.picked_up_at", false},
};

// Durations of delivered tasks whose two clocks are known and in order; orders
// placed ahead are left out of placedToDone. Exact histograms, so quantiles
// (type 7) have no error.
class Durations : public Measure {
 public:
  explicit Durations(const MeasureContext& context)
      : Measure(context), context_(context) {
    for (size_t i = 0; i < std::size(kDurations); ++i) {
      if (context.Has(kDurations[i].from_column) &&
          context.Has(kDurations[i].to_column)) {
        used_.push_back(i);
      }
    }
  }

  std::string_view id() const override { return "durations"; }

  void Observe(const replay::WorkerTimeline& timeline,
               const WorkerSummary&) override {
    for (const replay::Task& task : timeline.tasks) {
      if (!task.delivered) continue;
      for (const size_t i : used_) {
        const Duration& duration = kDurations[i];
        const int64_t from = task.*duration.from;
        const int64_t to = task.*duration.to;
        if (!IsKnown(from) || !IsKnown(to) || to < from) continue;
        if (duration.without_prebooked && task.prebooked == 1) continue;
        histograms_[i].Add(to - from);
      }
    }
  }

  void Save(v1::MeasureState* envelope) const override {
    v1::DurationsState state;
    for (const Histogram& histogram : histograms_) {
      *state.add_durations() = EncodeCounts(histogram.Sorted());
    }
    envelope->set_id(std::string(id()));
    envelope->set_state(state.SerializeAsString());
  }

  absl::Status Merge(const v1::MeasureState& envelope) override {
    v1::DurationsState state;
    if (absl::Status status = DecodeState(envelope, &state); !status.ok()) {
      return status;
    }
    const size_t size =
        std::min<size_t>(histograms_.size(), state.durations_size());
    for (size_t i = 0; i < size; ++i) {
      histograms_[i].Merge(DecodeCounts(state.durations(i)));
    }
    return absl::OkStatus();
  }

  void Conclude(v1::AuditResult* result) const override {
    for (size_t i = 0; i < std::size(kDurations); ++i) {
      const Duration& duration = kDurations[i];
      const std::string path = std::string("durations.") + duration.name;
      if (!Cover(context_, path, {duration.from_column, duration.to_column},
                 result)) {
        continue;
      }
      const std::vector<Count> counts = histograms_[i].Sorted();
      v1::DurationStats& stats =
          (*result->mutable_measures()->mutable_durations())[duration.name];
      const int64_t n = TotalCount(counts);
      stats.set_n(n);
      if (n == 0) {
        CoverEmpty(path, "No delivered task has both clocks in order.",
                   "没有两个时刻都有且次序正确的已送达任务。", result);
        continue;
      }
      stats.set_mean(RatioText(TotalSum(counts), Int128{n} * 1000));
      stats.set_p10(SecondsText(*QuantileType7(counts, 1, 10)));
      stats.set_p50(SecondsText(*QuantileType7(counts, 1, 2)));
      stats.set_p90(SecondsText(*QuantileType7(counts, 9, 10)));
    }
  }

 private:
  const MeasureContext& context_;
  std::vector<size_t> used_;
  std::array<Histogram, std::size(kDurations)> histograms_;
};

}  // namespace

std::unique_ptr<Measure> MakeDurations(const MeasureContext& context) {
  return std::make_unique<Durations>(context);
}

}  // namespace plumbline::audit
