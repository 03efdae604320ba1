#ifndef PLUMBLINE_AUDIT_MEASURES_MEASURE_LIST_H_
#define PLUMBLINE_AUDIT_MEASURES_MEASURE_LIST_H_

#include <memory>

#include "audit/measures/measure.h"

namespace plumbline::audit {

// One factory a measure; each is described in its own file and in
// docs/measures.md. `context` must outlive the measure.
std::unique_ptr<Measure> MakeHours(const MeasureContext& context);
std::unique_ptr<Measure> MakePay(const MeasureContext& context);
std::unique_ptr<Measure> MakeTargets(const MeasureContext& context);
std::unique_ptr<Measure> MakeDurations(const MeasureContext& context);
std::unique_ptr<Measure> MakeAllocation(const MeasureContext& context);
std::unique_ptr<Measure> MakeMdrp(const MeasureContext& context);
std::unique_ptr<Measure> MakeStrictness(const MeasureContext& context);
std::unique_ptr<Measure> MakeErosion(const MeasureContext& context);
std::unique_ptr<Measure> MakeWorkload(const MeasureContext& context);

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_MEASURE_LIST_H_
