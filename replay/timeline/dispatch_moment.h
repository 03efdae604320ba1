#ifndef PLUMBLINE_REPLAY_TIMELINE_DISPATCH_MOMENT_H_
#define PLUMBLINE_REPLAY_TIMELINE_DISPATCH_MOMENT_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "plumbline/v1/log.pb.h"
#include "replay/base/units.h"
#include "replay/timeline/worker_timeline.h"

namespace plumbline::replay {

// A recorded criterion of one candidate, a column x_*: the number where the
// cell is a decimal, the symbol where it is another text.
struct Criterion {
  int64_t number = kUnknown;  // Millionths.
  Symbol symbol = 0;
};

// One worker who could have been sent with one order.
struct Candidate {
  std::string_view order_id;
  std::string_view worker_id;
  int64_t offered_at = kUnknown;
  int64_t chosen = kUnknown;  // 0 or 1
  int64_t rank = kUnknown;
  v1::OfferResponse response = v1::RESPONSE_UNKNOWN;
  int64_t responded_at = kUnknown;
  Symbol reason = 0;
  int64_t shown_pay = kUnknown;        // Millionths.
  int64_t pickup_distance = kUnknown;  // mm
  int64_t load = kUnknown;
  int64_t idle = kUnknown;  // ms
  // One a name of LogStore::CriterionNames, in that order.
  std::span<const Criterion> criteria;
};

// An order that waited and a worker who was seen, from `moment_orders` and
// `moment_workers`.
struct WaitingOrder {
  std::string_view order_id;
};
struct SeenWorker {
  std::string_view worker_id;
  int64_t lat = kUnknown, lng = kUnknown;  // 1e-7 degree
  std::string_view holding;  // Orders or tasks carried, a JSON array.
};

// One dispatch moment: what was known when an order was given out. Moments come
// in order of (at, moment_id), those without a known instant first; candidates
// by (order_id, worker_id), orders and workers by id. A borrowed view: valid
// during the visit only.
struct DispatchMoment {
  std::string_view moment_id;
  int64_t at = kUnknown;  // The first instant that a row of it gives, ms.
  // True where the log holds no candidate pairs of this moment: then
  // `candidates` is empty, everybody in `workers` could have been sent with
  // everything in `orders`, and every figure that rests on it says so.
  bool derived = false;
  std::span<const Candidate> candidates;
  std::span<const WaitingOrder> orders;
  std::span<const SeenWorker> workers;
};

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_TIMELINE_DISPATCH_MOMENT_H_
