#ifndef PLUMBLINE_REPLAY_TIMELINE_WORKER_TIMELINE_H_
#define PLUMBLINE_REPLAY_TIMELINE_WORKER_TIMELINE_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "plumbline/v1/log.pb.h"
#include "replay/base/interval_set.h"
#include "replay/base/units.h"

namespace plumbline::replay {

inline constexpr int kPayKinds = v1::PayKind_ARRAYSIZE;

// Pay of one kind; debits are positive amounts of a debit kind.
struct PayAmount {
  v1::PayKind kind = v1::PAY_UNKNOWN;
  int64_t amount = 0;  // Millionths.
};

// A dictionary-coded text (zone, vehicle, ...): an index for
// LogStore::Text(), 0 where unknown. Codes depend on the order of reading:
// never write them or sort by them; sort by the text.
using Symbol = uint32_t;

// One row of `tasks`, unpacked: every column of the schema but the free ones.
// All in the units of units.h, kUnknown where unknown. Texts and spans live as
// long as the visit.
struct Task {
  std::string_view task_id, order_id, offer_id, moment_id, batch_id;
  Symbol zone = 0, city = 0, vehicle = 0, weather = 0;
  int64_t placed_at = kUnknown, ready_at = kUnknown, offered_at = kUnknown,
          accepted_at = kUnknown, arrived_pickup_at = kUnknown,
          picked_up_at = kUnknown, arrived_dropoff_at = kUnknown,
          completed_at = kUnknown, cancelled_at = kUnknown;
  v1::TaskStatus status = v1::STATUS_UNKNOWN;
  int64_t promised_at = kUnknown, limit_at = kUnknown;
  std::span<const int64_t> estimates;  // ms
  int64_t planned_wait = kUnknown;     // ms
  int64_t route_distance = kUnknown, pickup_distance = kUnknown,
          dropoff_distance = kUnknown;
  int64_t pickup_lat = kUnknown, pickup_lng = kUnknown, dropoff_lat = kUnknown,
          dropoff_lng = kUnknown;
  int64_t trip_time = kUnknown;  // ms, loaded time as stated by the source
  int64_t prebooked = kUnknown, shared = kUnknown,
          wheelchair = kUnknown;        // 0 or 1
  int64_t customer_total = kUnknown;    // Wide column or joined from `fares`.
  int64_t commission_shown = kUnknown;  // Millionths.
  int64_t rating = kUnknown;            // Joined from `ratings`; millionths.
  // Pay recorded for this task by kind: wide columns plus lines of `pay` that
  // name it. One entry a kind recorded, by ascending kind.
  std::span<const PayAmount> pay;

  // kUnknown where nothing of that kind is recorded.
  int64_t PayOf(v1::PayKind kind) const {
    for (const PayAmount& part : pay) {
      if (part.kind == kind) return part.amount;
    }
    return kUnknown;
  }

  // [accepted, completed or cancelled), empty unless both are known and in
  // order.
  Interval engaged() const {
    const int64_t end = IsKnown(completed_at) ? completed_at : cancelled_at;
    if (!IsKnown(accepted_at) || !IsKnown(end) || end < accepted_at) return {};
    return {accepted_at, end};
  }
  // Delivered by status, or, where the log has no status, with completed_at.
  bool delivered = false;
};

struct Session {
  int64_t started_at = kUnknown;
  int64_t ended_at = kUnknown;
  int64_t required = kUnknown;  // 0 or 1
  v1::SessionState state = v1::STATE_UNKNOWN;
};

struct PayLine {
  std::string_view task_id;  // Empty where the line names no task.
  v1::PayKind kind = v1::PAY_UNKNOWN;
  int64_t amount = kUnknown;
  int64_t earned_at = kUnknown, period_start = kUnknown, period_end = kUnknown,
          due_at = kUnknown, paid_at = kUnknown;
  v1::PayChannel channel = v1::CHANNEL_UNKNOWN;
  Symbol cause = 0, payer = 0;
  std::string_view line_id;
};

struct Offer {
  std::string_view moment_id;
  std::string_view order_id;
  int64_t offered_at = kUnknown;
  int64_t chosen = kUnknown;  // 0 or 1
  v1::OfferResponse response = v1::RESPONSE_UNKNOWN;
  int64_t responded_at = kUnknown;
  int64_t shown_pay = kUnknown;
  int64_t rank = kUnknown, load = kUnknown, idle = kUnknown;  // idle in ms
  int64_t pickup_distance = kUnknown;
  Symbol reason = 0;
};

// One worker's life in order of time. A borrowed view: valid during the visit
// only. Tasks are sorted by (accepted_at, offered_at, placed_at, task_id),
// sessions by start, the rest by their first clock and id.
//
// Tasks whose worker is unknown come as timelines of their own with
// `known == false`: count them in what is per task, and in nothing per worker.
// Their interval sets are empty.
struct WorkerTimeline {
  std::string_view worker_id;
  bool known = true;
  bool on_roster = false;  // Named in `workers`.
  std::span<const Task> tasks;
  std::span<const Session> sessions;
  std::span<const PayLine> pay;  // Lines of `pay`, those that name a task too.
  std::span<const Offer> offers;

  // Unions, exact. on_call = online outside engaged.
  const IntervalSet* online = nullptr;
  const IntervalSet* engaged = nullptr;
  const IntervalSet* to_pickup = nullptr;
  const IntervalSet* loaded = nullptr;
  const IntervalSet* on_call = nullptr;
  const IntervalSet* required = nullptr;
  int64_t task_sum = 0;  // ms, overlaps counted twice.
  int64_t tasks_without_interval =
      0;                             // Accepted or ended, but one end unknown.
  int64_t sessions_without_end = 0;  // No interval: an end is unknown.
  // Each task's share of the engaged union, in 1/720720 ms, equal parts where
  // tasks overlap; adds up to engaged->length() * 720720 exactly. One per task.
  // Empty unless StoreOptions::engaged_share asks for it; ShareEngaged gives it
  // for one worker.
  std::span<const int64_t> engaged_share;
};

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_TIMELINE_WORKER_TIMELINE_H_
