#include "replay/store/parallel.h"

#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <atomic>
#include <vector>

namespace plumbline::replay {

absl::Status ForEachPart(int threads, int n,
                         absl::FunctionRef<absl::Status(int)> work) {
  std::vector<absl::Status> results(n);
  std::atomic<bool> failed = false;
  threads = std::max(1, threads);
  // Without it oneTBB warns on stderr when threads outnumber the cores.
  const tbb::global_control allowed(
      tbb::global_control::max_allowed_parallelism, threads);
  tbb::task_arena arena(threads);
  arena.execute([&] {
    tbb::parallel_for(0, n, [&](int i) {
      if (failed.load(std::memory_order_relaxed)) return;
      results[i] = work(i);
      if (!results[i].ok()) failed = true;
    });
  });
  for (const absl::Status& result : results) {
    if (!result.ok()) return result;
  }
  return absl::OkStatus();
}

}  // namespace plumbline::replay
