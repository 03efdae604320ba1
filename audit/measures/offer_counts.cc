#include "audit/measures/offer_counts.h"

namespace plumbline::audit {

using replay::IsKnown;

OfferCounter::OfferCounter(const MeasureContext& context)
    : table_(context.Has("offers.moment_id") || context.Has("offers.order_id")),
      responses_(context.Has("offers.response")),
      status_(context.Has("tasks.status")) {}

OfferFigures OfferCounter::CountOf(
    const replay::WorkerTimeline& timeline) const {
  OfferFigures figures;
  if (table_) {
    for (const replay::Offer& offer : timeline.offers) {
      if (offer.chosen == 0) continue;
      if (offer.response == v1::RESPONSE_NOT_OFFERED) continue;
      // Without a column that tells, a candidate is not yet an offer.
      if (!IsKnown(offer.chosen) && !responses_) continue;
      ++figures.offered;
      figures.accepted += offer.response == v1::RESPONSE_ACCEPTED;
      figures.rejected += offer.response == v1::RESPONSE_REJECTED;
      figures.expired += offer.response == v1::RESPONSE_EXPIRED;
    }
    return figures;
  }
  for (const replay::Task& task : timeline.tasks) {
    if (task.status == v1::STATUS_UNKNOWN) continue;
    ++figures.offered;
    if (task.status == v1::STATUS_REJECTED) {
      ++figures.rejected;
    } else if (task.status == v1::STATUS_EXPIRED) {
      ++figures.expired;
    } else if (task.status != v1::STATUS_OPEN || IsKnown(task.accepted_at)) {
      ++figures.accepted;
    }
  }
  return figures;
}

}  // namespace plumbline::audit
