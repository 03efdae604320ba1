#ifndef PLUMBLINE_AUDIT_CLI_FACTS_STORE_H_
#define PLUMBLINE_AUDIT_CLI_FACTS_STORE_H_

#include <memory>
#include <vector>

#include "replay/store/log_store.h"

namespace plumbline::audit {

// A store without timelines, for a merge: the small tables and the first and
// last instant, which is all that measures and the judge ask for at the end.
// `small_tables` is borrowed.
std::unique_ptr<replay::LogStore> MakeFactsStore(
    const std::vector<v1::LogRecord>& small_tables, replay::Interval observed);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_CLI_FACTS_STORE_H_
