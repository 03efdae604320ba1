#ifndef PLUMBLINE_REPLAY_INGEST_MDRP_H_
#define PLUMBLINE_REPLAY_INGEST_MDRP_H_

#include <string>

#include "absl/status/status.h"
#include "replay/ingest/ingest.h"

namespace plumbline::replay {

// Grubhub's Meal Delivery Routing Problem: an instance (orders, couriers,
// restaurants, parameters) and the solution files beside it, joined by order
// and courier. Minutes count from 2020-01-01T00:00Z, an origin of our own that
// a note in the report names.
//
// A courier's shift is a session that the platform requires; assignment_time is
// accepted_at; target click-to-door is promised_at, maximum click-to-door is
// limit_at; pay per order is pay_base. Orders not delivered have no row.
//
// Files are told by what their header names, or by their name where they have
// none. Cells stand between white space (parameters: tabs).
enum class MdrpFolder { kNone, kInstanceOnly, kSolved };
MdrpFolder TellMdrpFolder(const std::string& folder);

// Rows with a cell that cannot be read go to `faults`. Errors: InvalidArgument
// "file:line:column: ..." for parameters, header or places that cannot be read;
// whatever `sink` returns.
absl::Status ReadMdrp(const std::string& folder, FaultLog& faults,
                      RecordSink& sink, IngestResult* result);

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_INGEST_MDRP_H_
