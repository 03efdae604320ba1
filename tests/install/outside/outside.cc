// What somebody else's program does with the installed libraries: read a log
// and count.

#include <cstdio>
#include <string>

#include "audit/measures/plan.h"
#include "replay/ingest/fault_log.h"
#include "replay/ingest/ingest.h"
#include "replay/store/log_store.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  plumbline::replay::FaultLog faults;
  auto store = plumbline::replay::LogStore::Create({});
  if (!store.ok()) return 3;
  const auto log = plumbline::replay::Ingest(argv[1], {}, faults, **store);
  if (!log.ok()) {
    std::puts(std::string(log.status().message()).c_str());
    return 2;
  }
  if (!(*store)->Finish(faults).ok()) return 3;
  for (int block = 0; block < (*store)->blocks(); ++block) {
    const absl::Status status = (*store)->VisitBlock(
        block, [](const plumbline::replay::WorkerTimeline& timeline) {
          std::printf("%zu tasks of %s\n", timeline.tasks.size(),
                      std::string(timeline.worker_id).c_str());
        });
    if (!status.ok()) return 3;
  }
  return plumbline::audit::DefaultPlan().seed() == 20260101 ? 0 : 1;
}
