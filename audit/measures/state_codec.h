#ifndef PLUMBLINE_AUDIT_MEASURES_STATE_CODEC_H_
#define PLUMBLINE_AUDIT_MEASURES_STATE_CODEC_H_

#include <span>
#include <vector>

#include "absl/status/status.h"
#include "audit/stats/decimal.h"
#include "audit/stats/histogram.h"
#include "plumbline/v1/partial.pb.h"

namespace plumbline::audit {

// Between the figures of measures and their state messages. All lossless.
v1::Wide EncodeWide(Int128 value);
Int128 DecodeWide(const v1::Wide& wide);

v1::SparseCounts EncodeCounts(std::span<const Count> sorted);
std::vector<Count> DecodeCounts(const v1::SparseCounts& counts);

// A measure's own message into and out of the common envelope.
template <typename State>
absl::Status DecodeState(const v1::MeasureState& envelope, State* state) {
  if (state->ParseFromString(envelope.state())) return absl::OkStatus();
  return absl::DataLossError("state of measure '" + envelope.id() +
                             "' cannot be read: the file is cut or damaged; "
                             "make the partial again");
}

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_MEASURES_STATE_CODEC_H_
