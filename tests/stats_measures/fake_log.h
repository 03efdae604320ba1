#ifndef PLUMBLINE_TESTS_STATS_MEASURES_FAKE_LOG_H_
#define PLUMBLINE_TESTS_STATS_MEASURES_FAKE_LOG_H_

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "audit/measures/measure.h"
#include "audit/measures/plan.h"
#include "audit/measures/worker_summary.h"

namespace plumbline::audit {

// A log of a few workers in memory: what the store would hand to measures,
// built by hand, so that every figure can be worked out beside the test.
struct FakeWorker {
  std::string id;
  bool known = true;
  std::vector<replay::Task> tasks = {};
  std::vector<replay::Session> sessions = {};
  std::vector<replay::PayLine> pay = {};
  std::vector<replay::Offer> offers = {};
};

inline replay::Task NewTask(std::string_view id) {
  replay::Task task;
  task.task_id = id;
  return task;
}

// A delivered task in seconds.
inline replay::Task Delivered(std::string_view id, int64_t accepted,
                              int64_t completed) {
  replay::Task task = NewTask(id);
  task.accepted_at = accepted * replay::kSecond;
  task.completed_at = completed * replay::kSecond;
  task.status = v1::STATUS_DELIVERED;
  task.delivered = true;
  return task;
}

// Adds one amount to what a task pays; kinds ascend as in the store. The
// amounts live as long as the program, since tasks only borrow them.
inline void SetPay(replay::Task& task, v1::PayKind kind, int64_t amount) {
  static std::deque<std::vector<replay::PayAmount>> all;
  std::vector<replay::PayAmount>& parts = all.emplace_back();
  parts.assign(task.pay.begin(), task.pay.end());
  parts.push_back({kind, amount});
  std::sort(parts.begin(), parts.end(),
            [](const replay::PayAmount& a, const replay::PayAmount& b) {
              return a.kind < b.kind;
            });
  task.pay = parts;
}

inline replay::PayLine NewLine(std::string_view task, v1::PayKind kind,
                               int64_t amount) {
  replay::PayLine line;
  line.task_id = task;
  line.kind = kind;
  line.amount = amount;
  return line;
}

inline replay::Offer NewOffer(int64_t chosen, v1::OfferResponse response) {
  replay::Offer offer;
  offer.chosen = chosen;
  offer.response = response;
  return offer;
}

class FakeStore : public replay::LogStore {
 public:
  replay::Symbol Add(const std::string& text) {
    texts_.push_back(text);
    return static_cast<replay::Symbol>(texts_.size() - 1);
  }
  absl::Status Accept(int, const replay::RecordBatch&) override {
    return absl::OkStatus();
  }
  absl::Status Finish(replay::FaultLog&) override { return absl::OkStatus(); }
  int blocks() const override { return 0; }
  absl::Status VisitBlock(
      int, absl::FunctionRef<void(const replay::WorkerTimeline&)>) override {
    return absl::OkStatus();
  }
  std::string_view Text(replay::Symbol symbol) const override {
    return texts_[symbol];
  }
  std::vector<std::string> WorkerIds() const override { return {}; }
  const std::vector<v1::LogRecord>& small_tables() const override {
    return records_;
  }
  replay::Interval observed() const override { return {}; }
  void AddRecord(v1::LogRecord record) {
    records_.push_back(std::move(record));
  }

 private:
  std::deque<std::string> texts_ = {""};
  std::vector<v1::LogRecord> records_;
};

class FakeLog {
 public:
  FakeLog() {
    plan = DefaultPlan();
    context.log = &log;
    context.store = &store;
    context.plan = &plan;
    context.zone = absl::UTCTimeZone();
    context.zone_known = true;
    log.info.set_currency("CNY");
  }
  void Columns(std::vector<std::string> columns) {
    std::sort(columns.begin(), columns.end());
    log.columns = std::move(columns);
  }

  // Shows one worker's timeline to `visit`.
  template <typename Visit>
  static void Show(const FakeWorker& worker, const Visit& visit) {
    using replay::Interval;
    std::vector<Interval> engaged, to_pickup, loaded, online, required;
    replay::WorkerTimeline timeline;
    std::vector<replay::Task> tasks = worker.tasks;
    std::stable_sort(tasks.begin(), tasks.end(),
                     [](const replay::Task& a, const replay::Task& b) {
                       return a.accepted_at < b.accepted_at;
                     });
    for (const replay::Task& task : tasks) {
      engaged.push_back(task.engaged());
      timeline.task_sum += task.engaged().length();
      if (replay::IsKnown(task.picked_up_at)) {
        to_pickup.push_back({task.accepted_at, task.picked_up_at});
        loaded.push_back({task.picked_up_at, task.engaged().end});
      }
      timeline.tasks_without_interval += replay::IsKnown(task.accepted_at) !=
                                         (replay::IsKnown(task.completed_at) ||
                                          replay::IsKnown(task.cancelled_at));
    }
    for (const replay::Session& session : worker.sessions) {
      online.push_back({session.started_at, session.ended_at});
      if (session.required == 1) required.push_back(online.back());
    }
    replay::IntervalSet sets[6];
    sets[0].AssignUnion(online);
    sets[1].AssignUnion(engaged);
    sets[2].AssignUnion(to_pickup);
    sets[3].AssignUnion(loaded);
    sets[4].AssignDifference(sets[0], sets[1]);
    sets[5].AssignUnion(required);
    const replay::IntervalSet none;
    timeline.worker_id = worker.id;
    timeline.known = worker.known;
    timeline.tasks = tasks;
    timeline.sessions = worker.sessions;
    timeline.pay = worker.pay;
    timeline.offers = worker.offers;
    timeline.online = worker.known ? &sets[0] : &none;
    timeline.engaged = worker.known ? &sets[1] : &none;
    timeline.to_pickup = worker.known ? &sets[2] : &none;
    timeline.loaded = worker.known ? &sets[3] : &none;
    timeline.on_call = worker.known ? &sets[4] : &none;
    timeline.required = worker.known ? &sets[5] : &none;
    visit(timeline);
  }

  // All measures over the workers, split over `parts` instances whose states
  // are merged after each pass, as threads and shards do.
  v1::AuditResult Run(const std::vector<FakeWorker>& workers, int parts = 1,
                      std::string* states = nullptr) const {
    v1::AuditResult result;
    const size_t count = MakeMeasures(context, only).size();
    for (size_t m = 0; m < count; ++m) {
      auto make = [&] { return std::move(MakeMeasures(context, only)[m]); };
      std::vector<std::unique_ptr<Measure>> instances;
      for (int i = 0; i < parts; ++i) instances.push_back(make());
      auto observe = [&] {
        for (size_t w = 0; w < workers.size(); ++w) {
          Show(workers[w], [&](const replay::WorkerTimeline& timeline) {
            instances[w % parts]->Observe(timeline);
          });
        }
      };
      auto merge = [&] {
        std::unique_ptr<Measure> merged = make();
        // Backwards: the order must not show.
        for (int i = parts - 1; i >= 0; --i) {
          v1::MeasureState state;
          instances[i]->Save(&state);
          EXPECT_TRUE(merged->Merge(state).ok());
        }
        return merged;
      };
      observe();
      std::unique_ptr<Measure> merged = merge();
      if (merged->passes() == 2) {
        v1::MeasureState state;
        merged->Save(&state);
        for (auto& instance : instances) instance->BeginSecondPass(state);
        observe();
        merged = merge();
      }
      if (states != nullptr) {
        v1::MeasureState state;
        merged->Save(&state);
        *states += state.SerializeAsString();
      }
      merged->Conclude(&result);
    }
    return result;
  }

  // The same as one process does it: instances are absorbed without being
  // encoded, and a second pass is run only where it is asked for.
  v1::AuditResult RunAbsorbing(const std::vector<FakeWorker>& workers,
                               int parts, int* second_passes) const {
    v1::AuditResult result;
    const size_t count = MakeMeasures(context, only).size();
    for (size_t m = 0; m < count; ++m) {
      auto make = [&] { return std::move(MakeMeasures(context, only)[m]); };
      auto pass = [&](const v1::MeasureState* first) {
        WorkerSummarizer summarizer(context);
        std::vector<std::unique_ptr<Measure>> instances;
        for (int i = 0; i < parts; ++i) {
          instances.push_back(make());
          if (first != nullptr) instances.back()->BeginSecondPass(*first);
        }
        for (size_t w = 0; w < workers.size(); ++w) {
          Show(workers[w], [&](const replay::WorkerTimeline& timeline) {
            instances[w % parts]->Observe(timeline,
                                          summarizer.Summarize(timeline));
          });
        }
        std::unique_ptr<Measure> merged = make();
        for (auto& instance : instances) {
          EXPECT_TRUE(merged->Absorb(std::move(instance)).ok());
        }
        return merged;
      };
      std::unique_ptr<Measure> merged = pass(nullptr);
      if (!merged->complete()) {
        ++*second_passes;
        v1::MeasureState state;
        merged->Save(&state);
        merged = pass(&state);
        EXPECT_TRUE(merged->complete());
      }
      merged->Conclude(&result);
    }
    return result;
  }

  replay::IngestResult log;
  FakeStore store;
  v1::AuditPlan plan;
  MeasureContext context;
  std::set<std::string> only;  // Measures to run; empty: all.
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_TESTS_STATS_MEASURES_FAKE_LOG_H_
