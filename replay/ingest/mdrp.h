#ifndef PLUMBLINE_REPLAY_INGEST_MDRP_H_
#define PLUMBLINE_REPLAY_INGEST_MDRP_H_

#include <string>

#include "absl/status/status.h"
#include "replay/ingest/ingest.h"

namespace plumbline::replay {

// Grubhub's Meal Delivery Routing Problem: an instance (orders, couriers,
// restaurants, parameters) and the three solution files beside it, joined by
// order and courier. Minutes count from 2020-01-01T00:00Z, an origin of our own
// that a note in the report names.
//
// A courier's shift is a session that the platform requires; assignment_time is
// accepted_at; target click-to-door is promised_at, maximum click-to-door is
// limit_at; pay per order is pay_base. Orders not delivered have no row.
bool IsMdrpFolder(const std::string& folder);

// Errors: InvalidArgument "file:line:column: ...".
absl::Status ReadMdrp(const std::string& folder, FaultLog& faults, RecordSink& sink,
                      IngestResult* result);

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_INGEST_MDRP_H_
