#include "bench/generate/sample_truth.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace plumbline::bench {
namespace {

constexpr int64_t kRunGap = 1'200;
constexpr int64_t kHourlyMinimum = 2'500;  // Shanghai from 2025-07-01, fen.

using Stretch = std::pair<int64_t, int64_t>;

struct WorkerTruth {
  int64_t engaged = 0;
  int64_t online = 0;
  int64_t runs_over_4h = 0;
  int64_t longest_run = 0;
  int64_t days_over_8h = 0;
  int64_t weeks_without_rest_day = 0;
  int64_t offers = 0;
  int64_t gross = 0;  // Credits but tips.
  int64_t debits = 0;
};

bool IsDebit(std::string_view kind) {
  return kind == "commission" || kind == "late_fine" || kind == "review_fine" ||
         kind == "deposit";
}

void CountTime(std::vector<Stretch> stretches, WorkerTruth& truth) {
  std::sort(stretches.begin(), stretches.end());
  std::vector<Stretch> joined;
  for (const Stretch& stretch : stretches) {
    if (!joined.empty() && stretch.first <= joined.back().second) {
      joined.back().second = std::max(joined.back().second, stretch.second);
    } else {
      joined.push_back(stretch);
    }
  }
  std::map<int64_t, int64_t> by_day;
  for (size_t i = 0, first = 0; i < joined.size(); ++i) {
    auto [from, to] = joined[i];
    truth.engaged += to - from;
    while (from < to) {
      const int64_t day = (from - kSampleStart) / kDaySeconds;
      const int64_t end = std::min(to, At(day + 1, 0));
      by_day[day] += end - from;
      from = end;
    }
    const bool last = i + 1 == joined.size() ||
                      joined[i + 1].first - joined[i].second >= kRunGap;
    if (!last) continue;
    const int64_t length = joined[i].second - joined[first].first;
    truth.runs_over_4h += length > 4 * 3600;
    truth.longest_run = std::max(truth.longest_run, length);
    first = i + 1;
  }
  std::map<int64_t, int> days_in_week;
  for (const auto& [day, engaged] : by_day) {
    truth.days_over_8h += engaged > 8 * 3600;
    truth.weeks_without_rest_day += ++days_in_week[day / 7] == 7;
  }
}

std::vector<WorkerTruth> CountWorkers(const SampleCity& city,
                                      const SampleRun& run,
                                      const SamplePay& pay) {
  std::vector<WorkerTruth> truths(city.workers.size());
  std::vector<std::vector<Stretch>> stretches(city.workers.size());
  for (const SampleTask& task : run.tasks) {
    if (!task.is_accepted()) continue;
    stretches[task.worker].emplace_back(
        task.accepted, task.delivered() ? task.completed : task.cancelled);
  }
  for (const SampleOffer& offer : run.offers) {
    truths[offer.worker].offers += offer.rank == 1;
  }
  for (const SamplePayLine& line : pay.lines) {
    const std::string_view kind = line.kind;
    WorkerTruth& truth = truths[line.worker];
    if (IsDebit(kind)) {
      truth.debits += line.amount;
    } else if (kind != "tip") {
      truth.gross += line.amount;
    }
  }
  for (size_t i = 0; i < truths.size(); ++i) {
    CountTime(std::move(stretches[i]), truths[i]);
    for (const SampleSession& session : city.workers[i].sessions) {
      truths[i].online += session.to - session.from;
    }
  }
  return truths;
}

// A flat JSON object, one member a line.
class Json {
 public:
  void Number(const std::string& name, int64_t value) {
    Member(name, absl::StrCat(value));
  }
  void Text(const std::string& name, const std::string& value) {
    Member(name, absl::StrCat("\"", value, "\""));
  }
  void Texts(const std::string& name, const std::vector<std::string>& values) {
    Member(name,
           values.empty()
               ? "[]"
               : absl::StrCat("[\"", absl::StrJoin(values, "\", \""), "\"]"));
  }
  void Numbers(const std::string& name, const std::vector<int64_t>& values) {
    Member(name, absl::StrCat("[", absl::StrJoin(values, ", "), "]"));
  }
  std::string Take() { return absl::StrCat("{\n", text_, "\n}\n"); }

 private:
  void Member(const std::string& name, const std::string& value) {
    absl::StrAppend(&text_, text_.empty() ? "" : ",\n", "  \"", name,
                    "\": ", value);
  }
  std::string text_;
};

void PutMoney(const SampleCity& city, const SamplePay& pay,
              const std::vector<WorkerTruth>& truths, Json& json) {
  std::vector<std::string> below, below_net, low_rate;
  int64_t below_net_online = 0;
  for (size_t i = 0; i < truths.size(); ++i) {
    const WorkerTruth& truth = truths[i];
    // The most that can be counted over the least time, and the reverse.
    const int64_t net = truth.gross - truth.debits;
    if (truth.gross * 3600 < kHourlyMinimum * truth.engaged) {
      below.push_back(city.workers[i].id);
    }
    if (net * 3600 < kHourlyMinimum * truth.engaged) {
      below_net.push_back(city.workers[i].id);
    }
    below_net_online +=
        net * 3600 < kHourlyMinimum * std::max(truth.online, truth.engaged);
    if (city.workers[i].low_rate) low_rate.push_back(city.workers[i].id);
  }
  std::map<std::string, std::pair<int64_t, int64_t>> debits;
  std::array<int64_t, 4> totals = {}, commissions = {};
  int64_t paid_late = 0, in_goods = 0;
  std::map<int, int> week_of_task;
  for (const SamplePayLine& line : pay.lines) {
    const std::string_view kind = line.kind;
    if (IsDebit(kind)) {
      ++debits[line.kind].first;
      debits[line.kind].second += line.amount;
    }
    if (kind == "commission") commissions[line.week] += line.amount;
    if (line.task >= 0) week_of_task[line.task] = line.week;
    paid_late += line.paid > DueAt(line.week);
    in_goods += std::string_view(line.channel) == "goods";
  }
  for (const SampleFare& fare : pay.fares) {
    totals[week_of_task[fare.task]] += fare.customer_total - fare.tip;
  }
  json.Text("hourly_minimum_cny", "25.00");
  json.Texts("workers_below_minimum_gross_over_engaged", below);
  json.Texts("workers_below_minimum_net_over_engaged", below_net);
  json.Number("workers_below_minimum_net_over_online", below_net_online);
  json.Texts("workers_paid_by_unpublished_low_rate", low_rate);
  for (const char* kind : {"late_fine", "review_fine", "deposit"}) {
    json.Number(absl::StrCat(kind, "_lines"), debits[kind].first);
    json.Number(absl::StrCat(kind, "_fen"), debits[kind].second);
  }
  std::vector<int64_t> percents;
  for (int week = 0; week < 4; ++week) {
    percents.push_back(CommissionPercent(city, week));
  }
  json.Numbers("commission_percent_by_week", percents);
  json.Numbers("commission_fen_by_week",
               {commissions.begin(), commissions.end()});
  json.Numbers("customer_total_without_tip_fen_by_week",
               {totals.begin(), totals.end()});
  json.Number("commission_percent_published", kCommissionPercent);
  json.Number("pay_lines_paid_late", paid_late);
  json.Number("pay_lines_in_goods", in_goods);
}

void PutTime(const SampleCity& city, const std::vector<WorkerTruth>& truths,
             Json& json) {
  std::vector<std::string> long_hours;
  WorkerTruth sum;
  int64_t offers[2] = {}, online[2] = {};
  for (size_t i = 0; i < truths.size(); ++i) {
    const WorkerTruth& truth = truths[i];
    sum.engaged += truth.engaged;
    sum.online += truth.online;
    sum.runs_over_4h += truth.runs_over_4h;
    sum.longest_run = std::max(sum.longest_run, truth.longest_run);
    sum.days_over_8h += truth.days_over_8h;
    sum.weeks_without_rest_day += truth.weeks_without_rest_day;
    offers[city.workers[i].female] += truth.offers;
    online[city.workers[i].female] += truth.online;
    if (city.workers[i].long_hours) long_hours.push_back(city.workers[i].id);
  }
  json.Number("engaged_s", sum.engaged);
  json.Number("online_s", sum.online);
  json.Number("runs_over_4h", sum.runs_over_4h);
  json.Number("longest_run_s", sum.longest_run);
  json.Number("worker_days_over_8h", sum.days_over_8h);
  json.Number("weeks_without_rest_day", sum.weeks_without_rest_day);
  json.Texts("workers_on_long_hours", long_hours);
  json.Number("offers_female", offers[1]);
  json.Number("online_female_s", online[1]);
  json.Number("offers_male", offers[0]);
  json.Number("online_male_s", online[0]);
  json.Number("score_metres_against_women",
              city.unfair() ? kScoreAgainstWomen : 0);
  json.Number("score_metres_after_refusal",
              city.unfair() ? kScoreAfterRefusal : 0);
}

void PutRoster(const SampleCity& city, bool (*is)(const SampleCity&, int),
               const std::string& name, Json& json) {
  std::vector<std::string> ids;
  for (int i = 0; i < kSampleWorkers; ++i) {
    if (is(city, i)) ids.push_back(city.workers[i].id);
  }
  json.Texts(name, ids);
}

}  // namespace

std::string PlantedJson(const SampleCity& city, const SampleRun& run,
                        const SamplePay& pay, const LimitCounts& limits,
                        const LedgerCounts& ledgers, const DirtCounts& dirt,
                        const SampleTables& tables) {
  Json json;
  json.Text("setting", city.unfair() ? "unfair" : "fair");
  json.Number("seed", static_cast<int64_t>(city.seed));
  for (const auto& [name, table] : tables) {
    json.Number(absl::StrCat("sound_rows_", name), table.rows());
  }
  std::map<std::string, int64_t> fates;
  for (const SampleTask& task : run.tasks) ++fates[FateWord(task.fate)];
  for (const auto& [fate, count] : fates) {
    json.Number(absl::StrCat("tasks_", fate), count);
  }
  json.Number("limits", limits.limits);
  json.Number("limits_compared", limits.compared);
  json.Number("limits_below_tenth_percentile", limits.below_tenth);
  json.Number("limits_below_median", limits.below_middle);
  json.Number("limits_faster_than_15_km_h", limits.too_fast);
  json.Number("delivered_after_limit", limits.late);
  json.Text("limits_tightened_unpublished_from",
            city.unfair() ? Rfc3339(At(kTightenedDay, 0)) : "");
  const std::vector<WorkerTruth> truths = CountWorkers(city, run, pay);
  PutTime(city, truths, json);
  PutMoney(city, pay, truths, json);
  json.Number("offers_under_stop_work_warning", run.offers_under_stop_work);
  json.Number("dispatch_limits_for_refusal", ledgers.refusal_limits);
  json.Number("appeals", ledgers.appeals);
  json.Number("appeals_undecided", ledgers.undecided_appeals);
  PutRoster(city, IsUnderage, "workers_under_16", json);
  PutRoster(city, IsWithoutInsurance, "workers_without_insurance", json);
  PutRoster(city, IsContractLate, "workers_with_contract_after_work", json);
  json.Number("dirt_task_copies", dirt.task_copies);
  json.Number("dirt_task_conflicts", dirt.task_conflicts);
  json.Number("dirt_task_bad_instants", dirt.task_bad_instants);
  json.Number("dirt_task_clock_disorder", dirt.task_clock_disorder);
  json.Number("dirt_task_not_utf8", dirt.task_not_utf8);
  json.Number("dirt_task_unknown_status", dirt.task_unknown_status);
  json.Number("dirt_task_short_rows", dirt.task_short_rows);
  json.Number("dirt_sessions_reversed", dirt.sessions_reversed);
  json.Number("dirt_pay_orphans", dirt.pay_orphans);
  return json.Take();
}

}  // namespace plumbline::bench
