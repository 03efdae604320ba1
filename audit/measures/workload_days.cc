#include "audit/measures/workload_days.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/time/civil_time.h"
#include "audit/stats/hash.h"

namespace plumbline::audit {
namespace {

using replay::Interval;

constexpr size_t kSample = 33;
constexpr size_t kMostSteps = 2000;

bool BeforeInSample(const v1::WorkloadState::Day& a,
                    const v1::WorkloadState::Day& b) {
  return std::make_tuple(a.hash(), std::string_view(a.worker_id()), a.day()) <
         std::make_tuple(b.hash(), std::string_view(b.worker_id()), b.day());
}

}  // namespace

bool DayExamples::LongerThan(const Day& a, const Day& b) {
  if (a.longest_run_ms() != b.longest_run_ms()) {
    return a.longest_run_ms() > b.longest_run_ms();
  }
  return std::make_tuple(std::string_view(a.worker_id()), a.day()) <
         std::make_tuple(std::string_view(b.worker_id()), b.day());
}

void DayExamples::Keep(Day day) {
  const auto at =
      std::lower_bound(sample_.begin(), sample_.end(), day, BeforeInSample);
  sample_.insert(at, std::move(day));
  if (sample_.size() > kSample) sample_.pop_back();
}

DayExamples::Day DayExamples::Draw(const replay::WorkerTimeline& timeline,
                                   std::span<const Interval> runs, int64_t day,
                                   int64_t engaged, uint64_t hash) {
  Day out;
  out.set_worker_id(std::string(timeline.worker_id));
  out.set_day(day);
  out.set_hash(hash);
  out.set_engaged_ms(engaged);
  const int64_t start = clock_.DayStart(day), end = clock_.DayStart(day + 1);
  // Runs that touch the day are drawn whole.
  int64_t from = start, to = end, longest = 0;
  for (const Interval& run : runs) {
    if (run.end <= start || run.begin >= end) continue;
    out.add_run_from(run.begin - start);
    out.add_run_to(run.end - start);
    from = std::min(from, run.begin);
    to = std::max(to, run.end);
    longest = std::max(longest, run.length());
  }
  out.set_longest_run_ms(longest);
  std::vector<std::pair<int64_t, int64_t>> steps;  // Time, change.
  for (const replay::Task& task : timeline.tasks) {
    const Interval open = task.engaged();
    if (open.length() <= 0 || open.end <= from || open.begin >= to) continue;
    steps.emplace_back(open.begin - start, 1);
    steps.emplace_back(open.end - start, -1);
  }
  std::sort(steps.begin(), steps.end());
  int64_t load = 0;
  for (size_t i = 0; i < steps.size() && out.at_size() < int{kMostSteps}; ++i) {
    load += steps[i].second;
    if (i + 1 < steps.size() && steps[i + 1].first == steps[i].first) continue;
    out.add_at(steps[i].first);
    out.add_open(load);
  }
  return out;
}

void DayExamples::Observe(const replay::WorkerTimeline& timeline,
                          const WorkerSummary& summary,
                          std::span<const Interval> runs) {
  const auto longest = std::max_element(
      runs.begin(), runs.end(), [](const Interval& a, const Interval& b) {
        return a.length() < b.length();
      });
  if (longest == runs.end()) return;
  const uint64_t worker = HashText(timeline.worker_id);
  const auto engaged_on = [&summary](int64_t day) {
    for (const DayPart& part : summary.days) {
      if (part.day == day) return part.engaged;
    }
    return int64_t{0};
  };
  if (longest->length() >= longest_.longest_run_ms() &&
      longest->length() <= kLongestStretch) {
    const int64_t day = clock_.Day(longest->begin);
    Day drawn = Draw(timeline, runs, day, engaged_on(day), 0);
    if (longest_.worker_id().empty() || LongerThan(drawn, longest_)) {
      longest_ = std::move(drawn);
    }
  }
  for (const DayPart& part : summary.days) {
    if (part.engaged <= 0) continue;
    const uint64_t hash = Mix(worker ^ Mix(static_cast<uint64_t>(part.day)));
    if (sample_.size() == kSample && hash > sample_.back().hash()) continue;
    Keep(Draw(timeline, runs, part.day, part.engaged, hash));
  }
}

void DayExamples::Save(v1::WorkloadState* state) const {
  if (!longest_.worker_id().empty()) *state->mutable_longest() = longest_;
  for (const Day& day : sample_) *state->add_sample() = day;
}

void DayExamples::Merge(const v1::WorkloadState& state) {
  if (state.has_longest() &&
      (longest_.worker_id().empty() || LongerThan(state.longest(), longest_))) {
    longest_ = state.longest();
  }
  for (const Day& day : state.sample()) Keep(day);
}

void DayExamples::Write(v1::Workload* out) const {
  const auto write = [out](const char* kind, const Day& day) {
    v1::DayExample* example = out->add_days();
    example->set_kind(kind);
    example->set_worker_id(day.worker_id());
    example->set_day(
        absl::FormatCivilTime(absl::CivilDay(1970, 1, 1) + day.day()));
    example->set_engaged_s(RoundSeconds(day.engaged_ms()));
    example->set_longest_run_s(RoundSeconds(day.longest_run_ms()));
    for (int i = 0; i < std::min(day.at_size(), day.open_size()); ++i) {
      example->add_at_s(RoundSeconds(day.at(i)));
      example->add_open(day.open(i));
    }
    for (int i = 0; i < std::min(day.run_from_size(), day.run_to_size()); ++i) {
      example->add_run_from_s(RoundSeconds(day.run_from(i)));
      example->add_run_to_s(RoundSeconds(day.run_to(i)));
    }
  };
  if (!longest_.worker_id().empty()) write("longestRun", longest_);
  if (sample_.empty()) return;
  std::vector<const Day*> by_length;
  for (const Day& day : sample_) by_length.push_back(&day);
  std::sort(by_length.begin(), by_length.end(), [](const Day* a, const Day* b) {
    return std::make_tuple(a->engaged_ms(), std::string_view(a->worker_id()),
                           a->day()) <
           std::make_tuple(b->engaged_ms(), std::string_view(b->worker_id()),
                           b->day());
  });
  write("middleDay", *by_length[(by_length.size() - 1) / 2]);
}

}  // namespace plumbline::audit
