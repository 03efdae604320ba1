#ifndef PLUMBLINE_TESTS_PROPERTY_RUNS_H_
#define PLUMBLINE_TESTS_PROPERTY_RUNS_H_

#include <map>
#include <string>

#include "audit/cli/run_audit.h"
#include "plumbline/v1/result.pb.h"

namespace plumbline::audit {

using Files = std::map<std::string, std::string>;  // By name.

// Two threads and little memory.
RunOptions OptionsFor(const std::string& log);

// Audits into `out`, expects it to go well, and gives the files written.
Files Audit(const RunOptions& options, const std::string& out);

// findings.json as the message that it is.
v1::AuditResult ResultOf(const Files& files);

// findings.json without `input`, as text.
std::string WithoutInput(const Files& files);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_TESTS_PROPERTY_RUNS_H_
