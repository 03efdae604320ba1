#ifndef PLUMBLINE_AUDIT_FINDINGS_TASK_FIELDS_H_
#define PLUMBLINE_AUDIT_FINDINGS_TASK_FIELDS_H_

#include <algorithm>
#include <cstdint>

#include "audit/rules/expression.h"
#include "replay/timeline/worker_timeline.h"

namespace plumbline::audit {

// A column of a task by its number in TaskFields(), kUnknown where unknown;
// texts as symbols. Inline: every rule asks it of every task.
inline int64_t TaskFieldOf(const replay::Task& task, int field) {
  switch (field) {
    case 0:
      return task.placed_at;
    case 1:
      return task.ready_at;
    case 2:
      return task.offered_at;
    case 3:
      return task.accepted_at;
    case 4:
      return task.arrived_pickup_at;
    case 5:
      return task.picked_up_at;
    case 6:
      return task.arrived_dropoff_at;
    case 7:
      return task.completed_at;
    case 8:
      return task.cancelled_at;
    case 9:
      return task.promised_at;
    case 10:
      return task.limit_at;
    case 11:
      return task.planned_wait;
    case 12:
      return task.trip_time;
    case 13:
      return task.route_distance;
    case 14:
      return task.pickup_distance;
    case 15:
      return task.dropoff_distance;
    case 16:
      return task.customer_total;
    case 17:
      return task.commission_shown;
    case 18:
      return task.rating;
    case 19:
      return task.prebooked;
    case 20:
      return task.shared;
    case 21:
      return task.wheelchair;
    case 22:
      return task.city == 0 ? replay::kUnknown : task.city;
    case 23:
      return task.zone == 0 ? replay::kUnknown : task.zone;
    case 24:
      return task.vehicle == 0 ? replay::kUnknown : task.vehicle;
    case 25:
      return task.weather == 0 ? replay::kUnknown : task.weather;
    case 26:
      return task.status == v1::STATUS_UNKNOWN ? replay::kUnknown
                                               : int64_t{task.status};
    case 27:  // Only beside the worker's other tasks: kOverlappedField.
      return replay::kUnknown;
    default:
      return task.delivered ? 1 : 0;
  }
}

inline constexpr int kAcceptedField = 3;
inline constexpr int kStatusField = 26;
inline constexpr int kOverlappedField = 27;

// Time of one task in a set, kUnknown where a clock lacks or they are out of
// order. The log's own figure of the loaded part has the right of way.
inline int64_t TaskTimeOf(const replay::Task& task, uint32_t mask) {
  using replay::IsKnown;
  if (mask == kLoaded && IsKnown(task.trip_time)) return task.trip_time;
  const int64_t end =
      IsKnown(task.completed_at) ? task.completed_at : task.cancelled_at;
  const int64_t from = mask == kLoaded ? task.picked_up_at : task.accepted_at;
  const int64_t to = mask == kToPickup ? task.picked_up_at : end;
  return IsKnown(from) && IsKnown(to) && from <= to ? to - from
                                                    : replay::kUnknown;
}

inline int64_t TaskDistanceOf(const replay::Task& task, Leg leg) {
  switch (leg) {
    case Leg::kLoaded:
      return task.dropoff_distance;
    case Leg::kRoute:
      return task.route_distance;
    case Leg::kToPickup:
      return task.pickup_distance;
    case Leg::kEngaged:
      break;
  }
  return replay::IsKnown(task.pickup_distance) &&
                 replay::IsKnown(task.dropoff_distance)
             ? task.pickup_distance + task.dropoff_distance
             : task.route_distance;
}

// Place of a task's limit among its own estimates, `twice` over `last`: ties
// take the mean, a limit between two estimates the middle, and none leaves
// [0, last]. False where it cannot be told.
inline bool LimitRankOf(const replay::Task& task, int64_t* twice,
                        int64_t* last) {
  const auto n = static_cast<int64_t>(task.estimates.size());
  if (n < 2 || !replay::IsKnown(task.limit_at) ||
      !replay::IsKnown(task.accepted_at)) {
    return false;
  }
  const int64_t given = task.limit_at - task.accepted_at;
  int64_t less = 0, equal = 0;
  for (const int64_t estimate : task.estimates) {
    less += estimate < given;
    equal += estimate == given;
  }
  *last = 2 * (n - 1);
  *twice =
      std::clamp<int64_t>(2 * less + (equal > 0 ? equal - 1 : -1), 0, *last);
  return true;
}

// Fields whose integers are millionths of a plain number: commission_shown and
// rating.
constexpr bool IsScaledField(int field) { return field == 17 || field == 18; }

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_FINDINGS_TASK_FIELDS_H_
