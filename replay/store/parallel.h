#ifndef PLUMBLINE_REPLAY_STORE_PARALLEL_H_
#define PLUMBLINE_REPLAY_STORE_PARALLEL_H_

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"

namespace plumbline::replay {

// Calls `work(i)` for i in [0, n) on at most `threads` threads and gives back
// the failure of the lowest i that failed, if any; the others may be left out
// then.
absl::Status ForEachPart(int threads, int n,
                         absl::FunctionRef<absl::Status(int)> work);

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_STORE_PARALLEL_H_
