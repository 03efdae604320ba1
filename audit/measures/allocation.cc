#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "audit/measures/coverage.h"
#include "audit/measures/measure_list.h"
#include "audit/measures/offer_counts.h"
#include "audit/measures/online_cells.h"
#include "audit/measures/pay_sums.h"
#include "audit/measures/state_codec.h"
#include "audit/measures/worker_summary.h"
#include "audit/stats/chance_gini.h"
#include "audit/stats/gini_interval.h"
#include "audit/stats/inequality.h"

namespace plumbline::audit {
namespace {

// Pay of one worker as 64 bits; beyond them lies no sum of money.
int64_t Clamped(Int128 value) {
  constexpr int64_t kMost = int64_t{1} << 62;
  return static_cast<int64_t>(std::clamp<Int128>(value, -kMost, kMost));
}

struct Totals {
  int64_t delivered = 0;
  int64_t pay = 0;     // Counted, millionths.
  int64_t online = 0;  // ms
  std::vector<CellPart> parts;
};

// Expected tasks are counted in millionths.
constexpr int64_t kExpectedUnit = 1'000'000;
// Workers are compared within cells from this much time online on.
constexpr int64_t kLeastOnline = 20 * replay::kHour;

std::vector<double> Numbers(const std::vector<Rate>& rates) {
  std::vector<double> numbers;
  for (const Rate& rate : rates) {
    numbers.push_back(static_cast<double>(rate.amount) /
                      static_cast<double>(rate.time));
  }
  return numbers;
}

void WriteInterval(const std::optional<GiniInterval>& interval,
                   v1::Inequality* out) {
  if (!interval) return;
  out->set_gini_lo(FloatText(interval->low));
  out->set_gini_hi(FloatText(interval->high));
  out->set_interval_method(interval->bootstrap ? "bootstrap" : "jackknife");
}

void Write(const InequalityFigures& figures, std::string total,
           std::optional<double> chance, v1::Inequality* out) {
  out->set_workers(figures.n);
  out->set_n(std::move(total));
  if (figures.gini) out->set_gini(*figures.gini);
  if (figures.gini_corrected) out->set_gini_corrected(*figures.gini_corrected);
  if (figures.theil_t) out->set_theil_t(*figures.theil_t);
  if (figures.theil_l) out->set_theil_l(*figures.theil_l);
  if (figures.jain) out->set_jain(*figures.jain);
  if (figures.top10_share) out->set_top10_share(*figures.top10_share);
  for (const std::string& point : figures.lorenz) out->add_lorenz(point);
  if (chance && figures.gini_value) {
    out->set_chance_gini(FloatText(*chance));
    out->set_excess_gini(FloatText(*figures.gini_value - *chance));
  }
}

// Inequality of delivered tasks and counted pay over all workers with a task or
// a session, and of both per online hour over those with online time.
//
// The baseline is what chance gives equal workers: Poisson tasks with the same
// mean for all, in closed form; per hour, Poisson tasks in proportion to each
// worker's hours, simulated by hash. For pay it is the same, each task paying
// alike, since only the number of tasks is left to chance.
//
// The primary series is per online hour within cells (zone, type of hour,
// weather): with r_c what all workers got per hour online in cell c and h_wc
// the hours of worker w in it, w is expected to get E_w = sum r_c h_wc and has
// the figure (got by w / E_w) x mean rate. Chance gives Poisson(E_w) / E_w.
// What was got in cells without any time online is left out, as are workers
// with less than 20 hours online.
//
// State: three integers a worker and three more a cell of his. O(workers).
class Allocation : public Measure {
 public:
  explicit Allocation(const MeasureContext& context)
      : Measure(context),
        context_(context),
        offers_(context),
        cells_(context) {}

  std::string_view id() const override { return "allocation"; }

  void Observe(const replay::WorkerTimeline& timeline,
               const WorkerSummary& summary) override {
    figures_.offered += summary.offers.offered;
    figures_.accepted += summary.offers.accepted;
    figures_.rejected += summary.offers.rejected;
    figures_.expired += summary.offers.expired;
    if (!timeline.known) return;
    if (timeline.tasks.empty() && timeline.sessions.empty()) return;
    Totals& totals = workers_[std::string(timeline.worker_id)];
    totals.delivered += summary.delivered;
    totals.pay += Clamped(summary.pay.Counted());
    for (int kind = 0; kind < replay::kPayKinds; ++kind) {
      if (IsCounted(kind)) pay_seen_ += summary.pay.seen[kind];
    }
    totals.online += summary.sets[kOnline];
    const std::span<const CellPart> parts =
        cells_.Cut(timeline, summary.task_pay);
    totals.parts.insert(totals.parts.end(), parts.begin(), parts.end());
  }

  void Save(v1::MeasureState* envelope) const override {
    v1::AllocationState state;
    const std::vector<uint32_t> order = CellsInOrder();
    std::vector<uint32_t> place(order.size());
    for (uint32_t i = 0; i < order.size(); ++i) {
      place[order[i]] = i;
      const OnlineCell& key = cells_.KeyOf(order[i]);
      v1::AllocationState::Cell* cell = state.add_cells();
      cell->set_zone(key.zone);
      cell->set_hour_type(key.hour_type);
      cell->set_weather(key.weather);
    }
    for (const auto& [worker_id, totals] : workers_) {
      v1::AllocationState::Worker* worker = state.add_workers();
      worker->set_worker_id(worker_id);
      worker->set_delivered(totals.delivered);
      worker->set_counted_pay(totals.pay);
      worker->set_online_ms(totals.online);
      for (const CellPart& part : Placed(totals.parts, place)) {
        worker->add_cell(part.cell);
        worker->add_cell_online_ms(part.online);
        worker->add_cell_delivered(part.delivered);
        worker->add_cell_pay(part.pay);
      }
    }
    state.set_offered(figures_.offered);
    state.set_accepted(figures_.accepted);
    state.set_rejected(figures_.rejected);
    state.set_expired(figures_.expired);
    state.set_pay_seen(pay_seen_);
    envelope->set_id(std::string(id()));
    envelope->set_state(state.SerializeAsString());
  }

  absl::Status Merge(const v1::MeasureState& envelope) override {
    v1::AllocationState state;
    if (absl::Status status = DecodeState(envelope, &state); !status.ok()) {
      return status;
    }
    std::vector<uint32_t> ours;
    for (const v1::AllocationState::Cell& cell : state.cells()) {
      ours.push_back(
          cells_.CellOf({cell.zone(), cell.hour_type(), cell.weather()}));
    }
    for (const v1::AllocationState::Worker& worker : state.workers()) {
      Totals& totals = workers_[worker.worker_id()];
      totals.delivered += worker.delivered();
      totals.pay += worker.counted_pay();
      totals.online += worker.online_ms();
      const int parts =
          std::min({worker.cell_size(), worker.cell_online_ms_size(),
                    worker.cell_delivered_size(), worker.cell_pay_size()});
      for (int i = 0; i < parts; ++i) {
        if (worker.cell(i) >= ours.size()) continue;
        totals.parts.push_back({ours[worker.cell(i)], worker.cell_online_ms(i),
                                worker.cell_delivered(i), worker.cell_pay(i)});
      }
    }
    figures_.offered += state.offered();
    figures_.accepted += state.accepted();
    figures_.rejected += state.rejected();
    figures_.expired += state.expired();
    pay_seen_ += state.pay_seen();
    return absl::OkStatus();
  }

  absl::Status Absorb(std::unique_ptr<Measure> measure) override {
    Allocation& other = static_cast<Allocation&>(*measure);
    std::vector<uint32_t> ours;
    for (uint32_t i = 0; i < other.cells_.size(); ++i) {
      ours.push_back(cells_.CellOf(other.cells_.KeyOf(i)));
    }
    for (auto& [worker_id, theirs] : other.workers_) {
      for (CellPart& part : theirs.parts) part.cell = ours[part.cell];
    }
    workers_.merge(other.workers_);
    // What is left are workers whom both have seen.
    for (const auto& [worker_id, theirs] : other.workers_) {
      Totals& totals = workers_[worker_id];
      totals.delivered += theirs.delivered;
      totals.pay += theirs.pay;
      totals.online += theirs.online;
      totals.parts.insert(totals.parts.end(), theirs.parts.begin(),
                          theirs.parts.end());
    }
    figures_.offered += other.figures_.offered;
    figures_.accepted += other.figures_.accepted;
    figures_.rejected += other.figures_.rejected;
    figures_.expired += other.figures_.expired;
    pay_seen_ += other.pay_seen_;
    return absl::OkStatus();
  }

  void Conclude(v1::AuditResult* result) const override {
    v1::Allocation* out = result->mutable_measures()->mutable_allocation();
    std::vector<int64_t> tasks, pay, times;
    std::vector<Rate> task_rates, pay_rates;
    int64_t tasks_total = 0, tasks_online = 0;
    Int128 pay_total = 0;
    for (const auto& [worker_id, totals] : workers_) {
      tasks.push_back(totals.delivered);
      pay.push_back(totals.pay);
      tasks_total += totals.delivered;
      pay_total += totals.pay;
      if (totals.online <= 0) continue;
      times.push_back(totals.online);
      tasks_online += totals.delivered;
      task_rates.push_back({totals.delivered, totals.online});
      pay_rates.push_back({totals.pay, totals.online});
    }
    const bool enough = tasks.size() >= 2;
    const bool has_pay = pay_seen_ > 0;
    const bool hourly = times.size() >= 2;
    const double mean =
        enough ? static_cast<double>(tasks_total) / double(tasks.size()) : 0;
    std::optional<double> chance;
    if (enough && tasks_total > 0) chance = ChanceGini(mean);

    const bool by_worker =
        Cover(context_, "allocation.tasks", {"tasks.worker_id"}, result);
    const bool pay_by_worker = Cover(context_, "allocation.pay",
                                     {"tasks.worker_id|pay.worker_id"}, result);
    const bool tasks_hourly =
        Cover(context_, "allocation.tasksPerOnlineHour",
              {"tasks.worker_id", "sessions.started_at", "sessions.ended_at"},
              result) &&
        hourly;
    const bool pay_hourly = Cover(context_, "allocation.payPerOnlineHour",
                                  {"tasks.worker_id|pay.worker_id",
                                   "sessions.started_at", "sessions.ended_at"},
                                  result) &&
                            hourly;
    GiniIntervals intervals(Seed());
    auto of_whole = [&intervals](const std::vector<int64_t>& values) {
      return intervals.Of({values.begin(), values.end()});
    };
    if (enough && by_worker) {
      Write(Inequality(tasks), std::to_string(tasks_total), chance,
            out->mutable_tasks());
      WriteInterval(of_whole(tasks), out->mutable_tasks());
    } else {
      TooFew("allocation.tasks", result);
    }
    if (!has_pay) {
      NoPay("allocation.pay", result);
    } else if (enough && pay_by_worker) {
      Write(Inequality(pay), MoneyText(pay_total), chance, out->mutable_pay());
      WriteInterval(of_whole(pay), out->mutable_pay());
    } else {
      TooFew("allocation.pay", result);
    }
    std::optional<double> hourly_chance;
    if ((tasks_hourly || pay_hourly) && tasks_online > 0) {
      hourly_chance = ChanceGiniOfRates(times, tasks_online, Seed());
    }
    if (tasks_hourly) {
      Write(InequalityOfRates(task_rates), SumText(task_rates, 3'600'000),
            hourly_chance, out->mutable_tasks_per_online_hour());
      WriteInterval(intervals.Of(Numbers(task_rates)),
                    out->mutable_tasks_per_online_hour());
    } else {
      TooFew("allocation.tasksPerOnlineHour", result);
    }
    if (!pay_hourly) {
      TooFew("allocation.payPerOnlineHour", result);
    } else if (has_pay) {
      Write(InequalityOfRates(pay_rates), SumText(pay_rates, 3.6L),
            hourly_chance, out->mutable_pay_per_online_hour());
      WriteInterval(intervals.Of(Numbers(pay_rates)),
                    out->mutable_pay_per_online_hour());
    } else {
      NoPay("allocation.payPerOnlineHour", result);
    }
    ConcludeCells(has_pay, intervals, out, result);
    ConcludeOffers(out, result);
  }

 private:
  uint64_t Seed() const { return PlanOf(context_).seed(); }

  std::vector<uint32_t> CellsInOrder() const {
    std::vector<uint32_t> order(cells_.size());
    for (uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(), [this](uint32_t a, uint32_t b) {
      return cells_.KeyOf(a) < cells_.KeyOf(b);
    });
    return order;
  }

  // A worker's parts with cells by their place in order, one a cell, ascending.
  static std::vector<CellPart> Placed(const std::vector<CellPart>& parts,
                                      const std::vector<uint32_t>& place) {
    std::vector<CellPart> placed = parts;
    for (CellPart& part : placed) part.cell = place[part.cell];
    std::sort(
        placed.begin(), placed.end(),
        [](const CellPart& a, const CellPart& b) { return a.cell < b.cell; });
    std::vector<CellPart> joined;
    for (const CellPart& part : placed) {
      if (joined.empty() || joined.back().cell != part.cell) {
        joined.push_back(part);
        continue;
      }
      joined.back().online += part.online;
      joined.back().delivered += part.delivered;
      joined.back().pay += part.pay;
    }
    return joined;
  }

  struct CellTotal {
    Int128 online = 0, delivered = 0, pay = 0;
  };

  void ConcludeCells(bool has_pay, GiniIntervals& intervals,
                     v1::Allocation* out, v1::AuditResult* result) const {
    static constexpr const char* kTasks =
        "allocation.tasksPerOnlineHourInCells";
    static constexpr const char* kPay = "allocation.payPerOnlineHourInCells";
    const bool columns = Cover(context_, kTasks,
                               {"tasks.worker_id", "sessions.started_at",
                                "sessions.ended_at", "tasks.accepted_at"},
                               result);
    Cover(context_, kPay,
          {"tasks.worker_id", "sessions.started_at", "sessions.ended_at",
           "tasks.accepted_at"},
          result);
    if (!columns) return;
    std::vector<CellTotal> cells(cells_.size());
    for (const auto& [worker_id, totals] : workers_) {
      for (const CellPart& part : totals.parts) {
        CellTotal& cell = cells[part.cell];
        cell.online += part.online;
        cell.delivered += part.delivered;
        cell.pay += part.pay;
      }
    }
    // In millionths of a task and of a millionth of money, as whole numbers.
    std::vector<Rate> tasks, pay;
    std::vector<int64_t> expected;
    int64_t got = 0;
    CellTotal all;
    for (const auto& [worker_id, totals] : workers_) {
      if (totals.online < kLeastOnline) continue;
      // Sums of whole numbers, so that the order of the cells never shows.
      Int128 expected_tasks = 0, expected_pay = 0;
      CellTotal own;
      for (const CellPart& part : totals.parts) {
        const CellTotal& cell = cells[part.cell];
        if (cell.online <= 0) continue;
        const double share =
            static_cast<double>(part.online) / static_cast<double>(cell.online);
        expected_tasks += std::llround(
            share * static_cast<double>(cell.delivered) * kExpectedUnit);
        expected_pay += std::llround(share * static_cast<double>(cell.pay));
        own.online += part.online;
        own.delivered += part.delivered;
        own.pay += part.pay;
      }
      if (expected_tasks > 0) {
        const int64_t time = Clamped(expected_tasks);
        tasks.push_back({static_cast<int64_t>(own.delivered), time});
        expected.push_back(time);
        got += static_cast<int64_t>(own.delivered);
      }
      if (expected_pay > 0) {
        pay.push_back({Clamped(own.pay), Clamped(expected_pay)});
      }
      all.online += own.online;
      all.delivered += own.delivered;
      all.pay += own.pay;
    }
    if (tasks.size() < 2 || all.online <= 0) {
      const char* reason =
          "Fewer than two workers were online for at least 20 hours.";
      const char* reason_zh = "在线满 20 小时的劳动者不足两人。";
      CoverEmpty(kTasks, reason, reason_zh, result);
      CoverEmpty(kPay, reason, reason_zh, result);
      return;
    }
    out->set_cells(
        std::count_if(cells.begin(), cells.end(),
                      [](const CellTotal& cell) { return cell.online > 0; }));
    std::optional<double> chance;
    if (got > 0) chance = ChanceGiniOfRates(expected, got, Seed());
    const long double hours = static_cast<long double>(all.online) / 3'600'000;
    v1::Inequality* of_tasks = out->mutable_tasks_per_online_hour_in_cells();
    Write(InequalityOfRates(tasks),
          SumText(tasks, static_cast<long double>(all.delivered) / hours *
                             kExpectedUnit),
          chance, of_tasks);
    WriteInterval(intervals.Of(Numbers(tasks)), of_tasks);
    if (!has_pay || pay.size() < 2) {
      NoPay(kPay, result);
      return;
    }
    v1::Inequality* of_pay = out->mutable_pay_per_online_hour_in_cells();
    Write(InequalityOfRates(pay),
          SumText(pay, static_cast<long double>(all.pay) / 1'000'000 / hours),
          chance, of_pay);
    WriteInterval(intervals.Of(Numbers(pay)), of_pay);
  }

  // Sum of all workers' rates an hour, in ascending order of the rate.
  static std::string SumText(const std::vector<Rate>& rates,
                             long double factor) {
    std::vector<long double> values;
    for (const Rate& rate : rates) {
      values.push_back(static_cast<long double>(rate.amount) * factor /
                       static_cast<long double>(rate.time));
    }
    std::sort(values.begin(), values.end());
    long double sum = 0;
    for (const long double value : values) sum += value;
    return FloatText(sum, 9);
  }

  static void TooFew(std::string_view path, v1::AuditResult* result) {
    CoverEmpty(path, "Fewer than two workers can be compared.",
               "可比较的劳动者不足两人。", result);
  }
  static void NoPay(std::string_view path, v1::AuditResult* result) {
    CoverEmpty(path, "No counted pay is recorded.", "没有可计报酬的记录。",
               result);
  }

  void ConcludeOffers(v1::Allocation* out, v1::AuditResult* result) const {
    Cover(context_, "allocation.offers", {"offers.moment_id|tasks.status"},
          result);
    if (!offers_.can_tell()) return;
    if (figures_.offered == 0) {
      CoverEmpty("allocation.offers", "No offer is recorded.", "没有派单记录。",
                 result);
    }
    v1::OfferCounts* counts = out->mutable_offers();
    counts->set_offered(figures_.offered);
    counts->set_accepted(figures_.accepted);
    counts->set_rejected(figures_.rejected);
    counts->set_expired(figures_.expired);
    if (figures_.offered > 0) {
      counts->set_acceptance_rate(
          RatioText(figures_.accepted, figures_.offered));
    }
  }

  const MeasureContext& context_;
  const OfferCounter offers_;
  OnlineCells cells_;
  std::map<std::string, Totals> workers_;
  OfferFigures figures_;
  int64_t pay_seen_ = 0;
};

}  // namespace

std::unique_ptr<Measure> MakeAllocation(const MeasureContext& context) {
  return std::make_unique<Allocation>(context);
}

}  // namespace plumbline::audit
