#include "audit/measures/strictness/task_pool.h"

#include <algorithm>
#include <numeric>

#include "audit/measures/local_clock.h"
#include "audit/measures/state_codec.h"
#include "audit/stats/hash.h"

namespace plumbline::audit {
namespace {

using replay::IsKnown;
using replay::kUnknown;

// More weeks from the first one than a table has; the map holds the others.
constexpr int64_t kWeeks = 1024;
constexpr uint32_t kLeftOut = UINT32_MAX;

int64_t RouteOf(const replay::Task& task) {
  if (IsKnown(task.route_distance)) return task.route_distance;
  if (IsKnown(task.pickup_distance) && IsKnown(task.dropoff_distance)) {
    return task.pickup_distance + task.dropoff_distance;
  }
  return kUnknown;
}

int64_t Between(int64_t from, int64_t to) {
  return IsKnown(from) && IsKnown(to) && from <= to ? to - from : kUnknown;
}

StrictTask TaskOf(const TaskInStratum& in, const replay::Task& task,
                  uint32_t worker) {
  StrictTask out;
  out.worker = worker;
  out.censored = IsKnown(in.censored);
  out.value = Held(out.censored ? in.censored : in.duration);
  for (int t = 0; t < kTargets; ++t) out.target[t] = Held(in.target[t]);
  const int64_t route = RouteOf(task);
  if (IsKnown(route)) {
    out.route = Held(std::max<int64_t>(0, route) / replay::kMetre);
  }
  const int64_t waits[] = {
      Between(task.arrived_pickup_at, task.picked_up_at),
      out.censored ? kUnknown
                   : Between(task.arrived_dropoff_at, task.completed_at)};
  for (const int64_t wait : waits) {
    if (!IsKnown(wait)) continue;
    out.wait = Held(wait + (out.wait == kNoNumber ? 0 : out.wait));
  }
  if (!out.censored) {
    out.leg = Held(Between(task.picked_up_at, task.completed_at));
  }
  if (IsKnown(task.planned_wait)) {
    out.planned = Held(std::max<int64_t>(0, task.planned_wait));
  }
  return out;
}

}  // namespace

uint64_t WorkerKey(std::string_view worker_id) {
  uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a.
  for (const char c : worker_id) {
    hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3u;
  }
  return Mix(hash);
}

uint32_t TaskPool::CellOf(const StratumKey& key, int64_t week, bool prebooked) {
  const auto [at, fresh] = places_.try_emplace(
      {key, week, prebooked}, static_cast<uint32_t>(cells_.size()));
  if (fresh) cells_.push_back({key, week, prebooked, 0});
  return at->second;
}

void TaskPool::Add(const replay::WorkerTimeline& timeline,
                   std::span<const TaskInStratum> tasks,
                   const StratumSorter& sorter) {
  if (tasks.empty()) return;
  const uint32_t worker = static_cast<uint32_t>(keys_.size());
  keys_.push_back(WorkerKey(timeline.worker_id));
  counts_.push_back(static_cast<int64_t>(tasks.size()));
  weeks_.resize(std::max(weeks_.size(), sorter.cells() * 2));
  for (const TaskInStratum& in : tasks) {
    const replay::Task& task = timeline.tasks[in.task];
    const bool prebooked = task.prebooked == 1;
    const int64_t week = LocalClock::Week(in.day);
    Weeks& weeks = weeks_[in.cell * 2 + prebooked];
    if (weeks.at.empty()) weeks.first = week - 8;
    const int64_t place = week - weeks.first;
    uint32_t cell = 0;
    if (place >= 0 && place < kWeeks) {
      if (static_cast<size_t>(place) >= weeks.at.size()) {
        weeks.at.resize(place + 1, -1);
      }
      if (weeks.at[place] < 0) {
        weeks.at[place] = static_cast<int32_t>(
            CellOf(sorter.KeyOf(in.cell), week, prebooked));
      }
      cell = static_cast<uint32_t>(weeks.at[place]);
    } else {
      cell = CellOf(sorter.KeyOf(in.cell), week, prebooked);
    }
    const StrictTask out = TaskOf(in, task, worker);
    if (!out.censored) cells_[cell].days |= 1u << LocalClock::WeekDay(in.day);
    const int64_t fine = task.PayOf(v1::PAY_LATE_FINE);
    if (IsKnown(fine) && fine > 0 && !out.censored) {
      fined_.push_back({cell, out, fine});
    }
    records_.Add(cell, out);
    waits_ = waits_ || out.wait != kNoNumber;
    ++tasks_;
    prebooked_ += prebooked;
  }
}

void TaskPool::Absorb(TaskPool& other) {
  records_.Close();
  other.records_.Close();
  std::vector<uint32_t> ours;
  for (const WeekCell& cell : other.cells_) {
    ours.push_back(CellOf(cell.key, cell.week, cell.prebooked));
    cells_[ours.back()].days |= cell.days;
  }
  const uint32_t first = static_cast<uint32_t>(keys_.size());
  records_.Absorb(other.records_, ours, first);
  keys_.insert(keys_.end(), other.keys_.begin(), other.keys_.end());
  counts_.insert(counts_.end(), other.counts_.begin(), other.counts_.end());
  for (FinedTask fined : other.fined_) {
    fined.cell = ours[fined.cell];
    fined.task.worker += first;
    fined_.push_back(fined);
  }
  waits_ = waits_ || other.waits_;
  tasks_ += other.tasks_;
  prebooked_ += other.prebooked_;
}

TaskPool::Order TaskPool::Sorted() const {
  Order order;
  order.cells.resize(cells_.size());
  std::iota(order.cells.begin(), order.cells.end(), 0u);
  std::sort(order.cells.begin(), order.cells.end(),
            [this](uint32_t a, uint32_t b) {
              return cells_[a].Order() < cells_[b].Order();
            });
  order.workers.resize(keys_.size());
  std::iota(order.workers.begin(), order.workers.end(), 0u);
  std::stable_sort(
      order.workers.begin(), order.workers.end(),
      [this](uint32_t a, uint32_t b) { return keys_[a] < keys_[b]; });
  return order;
}

void TaskPool::Close(int64_t most) {
  records_.Close();
  const Order order = Sorted();
  cell_at_ = order.cells;
  ordered_.clear();
  std::vector<uint32_t> place(cells_.size());
  for (size_t i = 0; i < cell_at_.size(); ++i) {
    ordered_.push_back(cells_[cell_at_[i]]);
    place[cell_at_[i]] = static_cast<uint32_t>(i);
  }
  rank_of_.assign(keys_.size(), kLeftOut);
  ordered_keys_.clear();
  int64_t kept = 0;
  for (const uint32_t worker : order.workers) {
    kept += counts_[worker];
    if (kept > most && !ordered_keys_.empty()) {
      kept -= counts_[worker];
      break;
    }
    rank_of_[worker] = static_cast<uint32_t>(ordered_keys_.size());
    ordered_keys_.push_back(keys_[worker]);
  }
  left_out_ = tasks_ - kept;
  ordered_fined_.clear();
  for (FinedTask fined : fined_) {
    fined.cell = place[fined.cell];
    fined.task.worker = rank_of_[fined.task.worker];
    if (fined.task.worker != kLeftOut) ordered_fined_.push_back(fined);
  }
}

void TaskPool::Append(size_t cell, std::vector<StrictTask>* out) const {
  const size_t before = out->size();
  records_.AppendCell(cell_at_[cell], out);
  size_t end = before;
  for (size_t i = before; i < out->size(); ++i) {
    const uint32_t rank = rank_of_[(*out)[i].worker];
    if (rank == kLeftOut) continue;
    (*out)[end] = (*out)[i];
    (*out)[end++].worker = rank;
  }
  out->resize(end);
}

void TaskPool::Save(v1::StrictnessState* state) const {
  records_.Close();
  const Order order = Sorted();
  std::vector<uint32_t> rank(keys_.size()), place(cells_.size());
  for (size_t i = 0; i < order.workers.size(); ++i) {
    rank[order.workers[i]] = static_cast<uint32_t>(i);
    state->add_workers()->set_key(keys_[order.workers[i]]);
  }
  std::vector<StrictTask> tasks;
  for (size_t i = 0; i < order.cells.size(); ++i) {
    const WeekCell& cell = cells_[order.cells[i]];
    place[order.cells[i]] = static_cast<uint32_t>(i);
    v1::StrictnessState::Cell* out = state->add_cells();
    out->set_zone(cell.key.zone);
    out->set_vehicle(cell.key.vehicle);
    out->set_code(cell.key.Code());
    out->set_week(cell.week);
    out->set_prebooked(cell.prebooked);
    out->set_days(cell.days);
    tasks.clear();
    records_.AppendCell(order.cells[i], &tasks);
    for (StrictTask& task : tasks) task.worker = rank[task.worker];
    std::stable_sort(tasks.begin(), tasks.end(),
                     [](const StrictTask& a, const StrictTask& b) {
                       return a.worker < b.worker;
                     });
    uint32_t last = 0;
    for (const StrictTask& task : tasks) {
      out->add_worker_delta(task.worker - last);
      last = task.worker;
      out->add_value(task.value);
      out->add_censored(task.censored);
      out->add_promise(task.target[0]);
      out->add_limit(task.target[1]);
      out->add_route_m(task.route);
      out->add_wait(task.wait);
      out->add_planned(task.planned);
      out->add_leg(task.leg);
    }
  }
  std::vector<FinedTask> fined = fined_;
  for (FinedTask& one : fined) {
    one.cell = place[one.cell];
    one.task.worker = rank[one.task.worker];
  }
  std::sort(
      fined.begin(), fined.end(), [](const FinedTask& a, const FinedTask& b) {
        return std::tie(a.cell, a.task.worker, a.task.value, a.task.target,
                        a.fine) < std::tie(b.cell, b.task.worker, b.task.value,
                                           b.task.target, b.fine);
      });
  for (const FinedTask& one : fined) {
    v1::StrictnessState::Fined* out = state->add_fined();
    out->set_cell(one.cell);
    out->set_worker(one.task.worker);
    out->set_value(one.task.value);
    out->set_promise(one.task.target[0]);
    out->set_limit(one.task.target[1]);
    out->set_fine(one.fine);
  }
  state->set_tasks(tasks_);
  state->set_prebooked(prebooked_);
}

absl::Status TaskPool::Merge(const v1::StrictnessState& state) {
  const auto damaged = [] {
    return absl::DataLossError(
        "state of measure 'strictness' contradicts itself: the file is cut or "
        "damaged; make the partial again");
  };
  TaskPool other;
  std::vector<std::vector<std::pair<uint32_t, StrictTask>>> by_worker(
      state.workers_size());
  for (const v1::StrictnessState::Worker& worker : state.workers()) {
    other.keys_.push_back(worker.key());
  }
  for (const v1::StrictnessState::Cell& in : state.cells()) {
    const uint32_t cell = other.CellOf(
        StratumKey::FromCode(0, in.zone(), in.vehicle(), in.code()), in.week(),
        in.prebooked());
    other.cells_[cell].days |= in.days();
    const int n = in.value_size();
    if (in.worker_delta_size() != n || in.censored_size() != n ||
        in.promise_size() != n || in.limit_size() != n ||
        in.route_m_size() != n || in.wait_size() != n ||
        in.planned_size() != n || in.leg_size() != n) {
      return damaged();
    }
    uint32_t worker = 0;
    for (int i = 0; i < n; ++i) {
      worker += in.worker_delta(i);
      if (worker >= by_worker.size()) return damaged();
      StrictTask task;
      task.worker = worker;
      task.value = in.value(i);
      task.censored = in.censored(i);
      task.target = {in.promise(i), in.limit(i)};
      task.route = in.route_m(i);
      task.wait = in.wait(i);
      task.planned = in.planned(i);
      task.leg = in.leg(i);
      other.waits_ = other.waits_ || task.wait != kNoNumber;
      by_worker[worker].emplace_back(cell, task);
    }
  }
  for (const auto& tasks : by_worker) {
    other.counts_.push_back(static_cast<int64_t>(tasks.size()));
    for (const auto& [cell, task] : tasks) other.records_.Add(cell, task);
  }
  for (const v1::StrictnessState::Fined& in : state.fined()) {
    if (in.cell() >= other.cells_.size() || in.worker() >= by_worker.size()) {
      return damaged();
    }
    FinedTask fined;
    fined.cell = in.cell();
    fined.task.worker = in.worker();
    fined.task.value = in.value();
    fined.task.target = {in.promise(), in.limit()};
    fined.fine = in.fine();
    other.fined_.push_back(fined);
  }
  other.tasks_ = state.tasks();
  other.prebooked_ = state.prebooked();
  Absorb(other);
  return absl::OkStatus();
}

}  // namespace plumbline::audit
