#include "audit/measures/workload_lateness.h"

#include <algorithm>

#include "audit/measures/state_codec.h"

namespace plumbline::audit {
namespace {

using replay::IsKnown;
using replay::kUnknown;

constexpr const char* kCauseNames[kLateCauses] = {
    "dispatch", "merchantWait", "batching", "handover", "ride"};

// to - from, unknown where a clock is missing or the two are out of order.
int64_t Between(int64_t from, int64_t to) {
  if (!IsKnown(from) || !IsKnown(to) || to < from) return kUnknown;
  return to - from;
}

}  // namespace

void LatenessTally::Observe(const replay::WorkerTimeline& timeline) {
  bool sorted = false;
  for (const replay::Task& task : timeline.tasks) {
    const int64_t deadline = promise_ ? task.promised_at : task.limit_at;
    if (!task.delivered || !IsKnown(task.completed_at) || !IsKnown(deadline) ||
        task.completed_at <= deadline) {
      continue;
    }
    if (!sorted) {
      done_.clear();
      for (const replay::Task& other : timeline.tasks) {
        if (IsKnown(other.completed_at)) done_.push_back(other.completed_at);
      }
      std::sort(done_.begin(), done_.end());
      sorted = true;
    }
    Add(task, task.completed_at - deadline);
  }
}

int64_t LatenessTally::BatchingOf(const replay::Task& task) const {
  if (!IsKnown(task.accepted_at) || !IsKnown(task.picked_up_at) ||
      task.picked_up_at < task.accepted_at ||
      task.completed_at < task.picked_up_at) {
    return kUnknown;
  }
  // The last drop-off in (from, to), strictly: a drop-off at the same instant
  // as this task's own took no time from it.
  const auto last_within = [this](int64_t from, int64_t to) -> int64_t {
    const auto at = std::lower_bound(done_.begin(), done_.end(), to);
    if (at == done_.begin() || *(at - 1) <= from) return 0;
    return *(at - 1) - from;
  };
  return last_within(task.accepted_at, task.picked_up_at) +
         last_within(task.picked_up_at, task.completed_at);
}

LatenessTally::Parts LatenessTally::PartsOf(const replay::Task& task) const {
  Parts parts;
  parts[kDispatchDelay] =
      promise_ ? Between(task.placed_at, task.accepted_at) : 0;
  const int64_t wait = Between(task.arrived_pickup_at, task.picked_up_at);
  const int64_t planned = IsKnown(task.planned_wait) ? task.planned_wait : 0;
  parts[kMerchantWait] =
      IsKnown(wait) ? std::max<int64_t>(0, wait - planned) : kUnknown;
  parts[kBatching] = BatchingOf(task);
  parts[kHandover] = Between(task.arrived_dropoff_at, task.completed_at);
  const int64_t whole = Between(task.accepted_at, task.completed_at);
  parts[kRide] = kUnknown;
  if (IsKnown(whole) && IsKnown(parts[kMerchantWait]) &&
      IsKnown(parts[kHandover]) && IsKnown(parts[kBatching])) {
    parts[kRide] = std::max<int64_t>(
        0, whole - parts[kMerchantWait] - parts[kHandover] - parts[kBatching]);
  }
  return parts;
}

void LatenessTally::Add(const replay::Task& task, int64_t lateness) {
  const Parts parts = PartsOf(task);
  ++counts_[kLate];
  counts_[kLateMs] += lateness;
  for (int c = 0; c < kLateCauses; ++c) {
    if (!IsKnown(parts[c])) continue;
    ++counts_[kKnown + c];
    counts_[kAtMost + c] += std::min(lateness, parts[c]);
    int64_t rest = lateness;
    bool all_known = true;
    for (int other = 0; other < kLateCauses; ++other) {
      if (other == c) continue;
      all_known &= IsKnown(parts[other]);
      if (IsKnown(parts[other])) rest -= parts[other];
    }
    if (all_known) {
      counts_[kAtLeast + c] += std::clamp<int64_t>(rest, 0, parts[c]);
    }
  }
  const auto known_or_zero = [&parts](int c) {
    return IsKnown(parts[c]) ? parts[c] : 0;
  };
  const int64_t imposed =
      known_or_zero(kDispatchDelay) + known_or_zero(kMerchantWait);
  const int64_t shared = known_or_zero(kBatching) + known_or_zero(kHandover);
  const bool all = IsKnown(parts[kDispatchDelay]) &&
                   IsKnown(parts[kMerchantWait]) && IsKnown(parts[kBatching]) &&
                   IsKnown(parts[kHandover]);
  const bool not_by_worker = lateness <= imposed;
  if (not_by_worker) {
    ++counts_[kNotByWorker];
  } else if (!all) {
    ++counts_[kUnknownCause];
  } else if (lateness <= imposed + shared) {
    ++counts_[kDepends];
  } else {
    ++counts_[kByWorker];
  }
  const int64_t fine = task.PayOf(v1::PAY_LATE_FINE);
  if (!IsKnown(fine)) return;
  ++fines_seen_;
  fines_ += fine;
  if (not_by_worker) fines_not_by_worker_ += fine;
}

void LatenessTally::Save(v1::WorkloadState::Late* state) const {
  for (const int64_t count : counts_) state->add_counts(count);
  *state->mutable_fines() = EncodeWide(fines_);
  *state->mutable_fines_not_by_worker() = EncodeWide(fines_not_by_worker_);
  state->set_fines_seen(fines_seen_);
}

void LatenessTally::Merge(const v1::WorkloadState::Late& state) {
  for (int i = 0; i < std::min<int>(kCounters, state.counts_size()); ++i) {
    counts_[static_cast<size_t>(i)] += state.counts(i);
  }
  fines_ += DecodeWide(state.fines());
  fines_not_by_worker_ += DecodeWide(state.fines_not_by_worker());
  fines_seen_ += state.fines_seen();
}

void LatenessTally::Write(v1::Lateness* out) const {
  out->set_late(counts_[kLate]);
  out->set_late_s(RoundSeconds(counts_[kLateMs]));
  for (int c = 0; c < kLateCauses; ++c) {
    if (c == kDispatchDelay && !promise_) continue;
    v1::LateCause* cause = out->add_causes();
    cause->set_cause(kCauseNames[c]);
    cause->set_known(counts_[kKnown + c]);
    if (counts_[kKnown + c] == 0) continue;
    cause->set_at_least_s(RoundSeconds(counts_[kAtLeast + c]));
    cause->set_at_most_s(RoundSeconds(counts_[kAtMost + c]));
  }
  out->set_not_by_worker(counts_[kNotByWorker]);
  out->set_by_worker(counts_[kByWorker]);
  out->set_depends(counts_[kDepends]);
  out->set_unknown(counts_[kUnknownCause]);
  if (fines_seen_ == 0) return;
  out->set_fines(MoneyText(fines_));
  out->set_fines_not_by_worker(MoneyText(fines_not_by_worker_));
}

}  // namespace plumbline::audit
