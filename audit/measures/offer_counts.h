#ifndef PLUMBLINE_AUDIT_MEASURES_OFFER_COUNTS_H_
#define PLUMBLINE_AUDIT_MEASURES_OFFER_COUNTS_H_

#include "audit/measures/measure.h"

namespace plumbline::audit {

// Offers made to a worker and what became of them.
//
// With a table `offers`: a row is an offer unless it was not chosen or its
// response is not_offered; responses are counted as recorded. Without one, each
// task with a known status is an offer: rejected and expired by status, open
// ones accepted where accepted_at is known, all others accepted. A log with
// neither cannot tell.
struct OfferFigures {
  int64_t offered = 0, accepted = 0, rejected = 0, expired = 0;
};

class OfferCounter {
 public:
  explicit OfferCounter(const MeasureContext& context);
  bool can_tell() const { return table_ || status_; }
  OfferFigures CountOf(const replay::WorkerTimeline& timeline) const;

 private:
  bool table_, responses_, status_;
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_OFFER_COUNTS_H_
