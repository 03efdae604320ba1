#include "audit/cli/passes.h"

#include <tbb/parallel_for.h>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <mutex>
#include <thread>
#include <tuple>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "audit/measures/worker_summary.h"
#include "replay/base/decimal.h"

namespace plumbline::audit {
namespace {

using replay::WorkerTimeline;

// Calls `run(thread, block)` for all blocks, each once, on `threads` threads.
// Which thread gets which block is chance; nothing may depend on it. Returns
// the first error in order of blocks.
absl::Status ForEachBlock(
    int threads, int blocks,
    absl::FunctionRef<absl::Status(int thread, int block)> run,
    const std::function<void(int64_t, int64_t)>& progress) {
  std::atomic<int> next{0};
  std::atomic<int> done{0};
  std::mutex mutex;
  int failed_block = blocks;
  absl::Status failure;
  const auto work = [&](int thread) {
    for (int block = next++; block < blocks; block = next++) {
      absl::Status status = run(thread, block);
      if (!status.ok()) {
        const std::lock_guard<std::mutex> lock(mutex);
        if (block < failed_block) {
          failed_block = block;
          failure = std::move(status);
        }
        next = blocks;
        return;
      }
      if (progress) progress(++done, blocks);
    }
  };
  {
    std::vector<std::jthread> helpers;
    for (int thread = 1; thread < threads; ++thread)
      helpers.emplace_back(work, thread);
    work(0);
  }
  return failure;
}

std::function<void(int64_t, int64_t)> ProgressOf(const RunOptions& options,
                                                 Stage stage) {
  if (!options.progress) return nullptr;
  return [&options, stage](int64_t done, int64_t total) {
    options.progress(stage, done, total);
  };
}

int ThreadsFor(const RunOptions& options, const replay::LogStore& store) {
  return std::max(1, std::min(options.threads, store.blocks()));
}

bool Before(const v1::WorkerRow& a, const v1::WorkerRow& b) {
  return a.worker_id() < b.worker_id();
}

// A sum of money in millionths as its least decimals.
std::string MoneyOf(int64_t millionths) {
  return replay::FormatDecimal(millionths, 6, 2);
}

}  // namespace

absl::StatusOr<Observers> ObserveLog(const MeasureContext& context,
                                     const std::vector<RulePack>& packs,
                                     const RunOptions& options,
                                     replay::LogStore& store,
                                     const FirstPass* first) {
  const int threads = ThreadsFor(options, store);
  std::vector<Observers> all(static_cast<size_t>(threads));
  std::vector<std::unique_ptr<WorkerSummarizer>> summarizers;
  for (Observers& own : all) {
    own.measures = MakeMeasures(context, options.only);
    for (const auto& measure : own.measures) {
      if (first == nullptr || measure->passes() == 1) continue;
      const auto state = std::find_if(first->begin(), first->end(),
                                      [&](const auto& candidate) {
                                        return candidate.id() == measure->id();
                                      });
      if (state == first->end()) {
        return absl::FailedPreconditionError(
            absl::StrCat("--first: the state holds no measure \"",
                         std::string(measure->id()),
                         "\", expected the merged first pass of the same "
                         "measures; give the same --only"));
      }
      measure->BeginSecondPass(*state);
    }
    own.judge = Judge::Create(packs, context, {options.allow_unverified});
    summarizers.push_back(std::make_unique<WorkerSummarizer>(context));
  }
  absl::Status status = ForEachBlock(
      threads, store.blocks(),
      [&](int thread, int block) {
        Observers& own = all[static_cast<size_t>(thread)];
        WorkerSummarizer& summarizer =
            *summarizers[static_cast<size_t>(thread)];
        return store.VisitBlock(block, [&](const WorkerTimeline& timeline) {
          const WorkerSummary& summary = summarizer.Summarize(timeline);
          for (const auto& measure : own.measures)
            measure->Observe(timeline, summary);
          own.judge->Observe(timeline);
          if (timeline.known)
            own.workers.push_back(MakeWorkerRow(timeline, summary, context));
        });
      },
      ProgressOf(options,
                 first == nullptr ? Stage::kFirstPass : Stage::kSecondPass));
  if (!status.ok()) return status;

  Observers united = std::move(all[0]);
  for (size_t i = 1; i < all.size(); ++i) {
    for (size_t m = 0; m < united.measures.size(); ++m) {
      status = united.measures[m]->Absorb(std::move(all[i].measures[m]));
      if (!status.ok()) return status;
    }
    united.judge->Absorb(std::move(*all[i].judge));
    std::move(all[i].workers.begin(), all[i].workers.end(),
              std::back_inserter(united.workers));
  }
  std::sort(united.workers.begin(), united.workers.end(), Before);
  return united;
}

absl::Status ObserveAgain(const MeasureContext& context,
                          const RunOptions& options, replay::LogStore& store,
                          Observers* observers) {
  std::vector<size_t> wanting;
  for (size_t m = 0; m < observers->measures.size(); ++m) {
    if (!observers->measures[m]->complete()) wanting.push_back(m);
  }
  if (wanting.empty()) return absl::OkStatus();
  std::vector<v1::MeasureState> merged(wanting.size());
  std::set<std::string> names;
  for (size_t i = 0; i < wanting.size(); ++i) {
    const Measure& measure = *observers->measures[wanting[i]];
    measure.Save(&merged[i]);
    names.emplace(measure.id());
  }
  const int threads = ThreadsFor(options, store);
  std::vector<std::vector<std::unique_ptr<Measure>>> all(
      static_cast<size_t>(threads));
  std::vector<std::unique_ptr<WorkerSummarizer>> summarizers;
  for (auto& own : all) {
    own = MakeMeasures(context, names);
    for (size_t i = 0; i < own.size(); ++i) own[i]->BeginSecondPass(merged[i]);
    summarizers.push_back(std::make_unique<WorkerSummarizer>(context));
  }
  absl::Status status = ForEachBlock(
      threads, store.blocks(),
      [&](int thread, int block) {
        auto& own = all[static_cast<size_t>(thread)];
        WorkerSummarizer& summarizer =
            *summarizers[static_cast<size_t>(thread)];
        return store.VisitBlock(block, [&](const WorkerTimeline& timeline) {
          const WorkerSummary& summary = summarizer.Summarize(timeline);
          for (const auto& measure : own) measure->Observe(timeline, summary);
        });
      },
      ProgressOf(options, Stage::kSecondPass));
  if (!status.ok()) return status;
  for (size_t i = 0; i < wanting.size(); ++i) {
    std::unique_ptr<Measure> united = std::move(all[0][i]);
    for (size_t thread = 1; thread < all.size(); ++thread) {
      status = united->Absorb(std::move(all[thread][i]));
      if (!status.ok()) return status;
    }
    observers->measures[wanting[i]] = std::move(united);
  }
  return absl::OkStatus();
}

AuditOutcome Conclude(const MeasureContext& context, const v1::Input& input,
                      Observers observers) {
  AuditOutcome outcome;
  v1::AuditResult& result = outcome.result;
  result.set_schema("plumbline.audit.v1");
  *result.mutable_input() = input;
  result.mutable_measures();
  // Each measure writes parts of its own, joined in their order.
  std::vector<v1::AuditResult> parts(observers.measures.size());
  tbb::parallel_for(size_t{0}, parts.size(), [&](size_t m) {
    observers.measures[m]->Conclude(&parts[m]);
  });
  for (const v1::AuditResult& part : parts) result.MergeFrom(part);
  observers.judge->Conclude(&result, &outcome.flagged);
  for (const std::string& note : context.log->notes) result.add_notes(note);
  for (const std::string& note : context.log->notes_zh) {
    result.add_notes_zh(note);
  }

  auto* coverage = result.mutable_coverage();
  std::sort(coverage->begin(), coverage->end(),
            [](const v1::Coverage& a, const v1::Coverage& b) {
              return std::tie(a.test(), a.reason()) <
                     std::tie(b.test(), b.reason());
            });

  outcome.workers = std::move(observers.workers);
  for (const auto& [worker, shortfall] : observers.judge->ShortfallByWorker()) {
    v1::WorkerRow key;
    key.set_worker_id(worker);
    const auto row = std::lower_bound(outcome.workers.begin(),
                                      outcome.workers.end(), key, Before);
    if (row != outcome.workers.end() && row->worker_id() == worker) {
      row->set_shortfall(MoneyOf(shortfall));
    }
  }
  return outcome;
}

}  // namespace plumbline::audit
