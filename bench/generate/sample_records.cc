#include <algorithm>
#include <array>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "bench/generate/random.h"
#include "bench/generate/sample_tables.h"

namespace plumbline::bench {
namespace {

std::string JsonTexts(const std::vector<std::string>& texts) {
  return texts.empty()
             ? "[]"
             : absl::StrCat("[\"", absl::StrJoin(texts, "\",\""), "\"]");
}

void PutTasks(const SampleCity& city, const SampleRun& run,
              SampleTables& tables) {
  CsvText& out = OpenTable(
      tables, "tasks",
      "task_id,order_id,offer_id,moment_id,batch_id,worker_id,zone,city,"
      "vehicle,weather,placed_at,ready_at,offered_at,accepted_at,"
      "arrived_pickup_at,picked_up_at,arrived_dropoff_at,completed_at,"
      "cancelled_at,status,promised_at,limit_at,estimates_s,planned_wait_s,"
      "route_distance_m,pickup_distance_m,dropoff_distance_m,prebooked,"
      "commission_shown");
  for (size_t i = 0; i < run.tasks.size(); ++i) {
    const SampleTask& task = run.tasks[i];
    const SampleOrder& order = city.orders[task.order];
    out.Text(TaskId(static_cast<int>(i)));
    out.Text(OrderId(task.order));
    out.Text(absl::StrFormat("f%06d", task.moment + 1));
    out.Text(MomentId(task.moment));
    task.batch < 0 ? out.Empty()
                   : out.Text(absl::StrFormat("b%06d", task.batch));
    out.Text(city.workers[task.worker].id);
    out.Text(ZoneName(ZoneOf(order.shop)));
    out.Text("Shanghai");
    out.Text("ebike");
    out.Text(SkyName(task.sky));
    out.Instant(order.placed);
    out.Instant(order.ready);
    out.Instant(task.offered);
    out.Instant(task.accepted);
    out.Instant(task.arrived_pickup);
    out.Instant(task.picked_up);
    out.Instant(task.arrived_dropoff);
    out.Instant(task.completed);
    out.Instant(task.cancelled);
    out.Text(FateWord(task.fate));
    out.Instant(task.promised);
    out.Instant(task.limit);
    task.estimates.empty()
        ? out.Empty()
        : out.Text(absl::StrCat("[", absl::StrJoin(task.estimates, ","), "]"));
    task.is_accepted() ? out.Integer(240) : out.Empty();
    out.Integer(task.route());
    out.Integer(task.pickup_distance);
    out.Integer(task.dropoff_distance);
    out.Bool(false);
    out.Text("0.10");
    out.EndRow();
  }
}

void PutSessions(const SampleCity& city, SampleTables& tables) {
  CsvText& out = OpenTable(tables, "sessions",
                           "worker_id,started_at,ended_at,required,state");
  for (const SampleWorker& worker : city.workers) {
    for (const SampleSession& session : worker.sessions) {
      out.Text(worker.id);
      out.Instant(session.from);
      out.Instant(session.to);
      out.Bool(session.required);
      out.Text("open");
      out.EndRow();
    }
  }
}

const char* ResponseWord(const SampleOffer& offer) {
  if (offer.rank != 1) return "not_offered";
  if (offer.answer == Fate::kRejected) return "rejected";
  return offer.answer == Fate::kExpired ? "expired" : "accepted";
}

void PutOffers(const SampleCity& city, const SampleRun& run,
               SampleTables& tables) {
  CsvText& out =
      OpenTable(tables, "offers",
                "moment_id,order_id,worker_id,offered_at,chosen,rank,response,"
                "responded_at,reason,shown_pay,pickup_distance_m,load,idle_s,"
                "x_score");
  for (const SampleOffer& offer : run.offers) {
    const bool chosen = offer.rank == 1;
    out.Text(MomentId(offer.moment));
    out.Text(OrderId(offer.order));
    out.Text(city.workers[offer.worker].id);
    out.Instant(offer.at);
    out.Bool(chosen);
    out.Integer(offer.rank);
    out.Text(ResponseWord(offer));
    out.Instant(chosen ? offer.responded : kNoTime);
    chosen&& offer.answer == Fate::kRejected ? out.Text("too_far")
                                             : out.Empty();
    if (chosen) {
      const SampleOrder& order = city.orders[offer.order];
      SampleTask task;
      task.dropoff_distance = Distance(order.shop, order.door);
      out.Hundredths(ShownPay(city.workers[offer.worker], task));
    } else {
      out.Empty();
    }
    out.Integer(offer.distance);
    out.Integer(offer.load);
    out.Integer(offer.idle);
    out.Integer(offer.score);
    out.EndRow();
  }
}

void PutPay(const SampleCity& city, const SamplePay& pay,
            SampleTables& tables) {
  CsvText& out =
      OpenTable(tables, "pay",
                "line_id,worker_id,task_id,kind,amount,earned_at,"
                "period_start,period_end,due_at,paid_at,channel,cause,"
                "payer_id");
  int64_t number = 0;
  for (const SamplePayLine& line : pay.lines) {
    out.Text(absl::StrFormat("p%06d", ++number));
    out.Text(city.workers[line.worker].id);
    line.task < 0 ? out.Empty() : out.Text(TaskId(line.task));
    out.Text(line.kind);
    out.Hundredths(line.amount);
    out.Instant(line.earned);
    out.Instant(WeekStart(line.week));
    out.Instant(WeekStart(line.week + 1));
    out.Instant(DueAt(line.week));
    out.Instant(line.paid);
    out.Text(line.channel);
    out.Text(line.cause);
    out.Text(line.worker % 4 == 0 ? "partner-2" : "partner-1");
    out.EndRow();
  }
}

void PutFares(const SamplePay& pay, SampleTables& tables) {
  CsvText& out = OpenTable(tables, "fares", "task_id,customer_total,tip");
  for (const SampleFare& fare : pay.fares) {
    out.Text(TaskId(fare.task));
    out.Hundredths(fare.customer_total);
    fare.tip > 0 ? out.Hundredths(fare.tip) : out.Empty();
    out.EndRow();
  }
}

void PutRatings(const SamplePay& pay, SampleTables& tables) {
  CsvText& out = OpenTable(tables, "ratings", "task_id,score,rated_at");
  for (const SampleRating& rating : pay.ratings) {
    out.Text(TaskId(rating.task));
    out.Integer(rating.score);
    out.Instant(rating.rated);
    out.EndRow();
  }
}

void PutWorkers(const SampleCity& city, SampleTables& tables) {
  CsvText& out = OpenTable(
      tables, "workers",
      "worker_id,joined_at,left_at,birth_date,sex,ethnicity,"
      "household_registration,education,relation,contract_from,employer_id,"
      "city,vehicle,insurances,attr_language");
  constexpr std::array kEducation = {"junior_secondary", "senior_secondary",
                                     "senior_secondary", "college"};
  for (int i = 0; i < kSampleWorkers; ++i) {
    const SampleWorker& worker = city.workers[i];
    Random random(Mix({city.seed, 7, static_cast<uint64_t>(i)}));
    const int64_t joined =
        kSampleStart - random.Between(30, 900) * kDaySeconds + 9 * 3600;
    out.Text(worker.id);
    out.Instant(joined);
    out.Empty();
    // Between 19 and 54 years before the log; the planted one is 15.
    const int64_t age_days = IsUnderage(city, i)
                                 ? 365 * 15 + 100
                                 : random.Between(365 * 19, 365 * 54);
    out.Date(kSampleStart / kDaySeconds - age_days);
    out.Text(worker.female ? "female" : "male");
    out.Text(random.Chance(0.92) ? "han" : "hui");
    out.Text(random.Chance(0.75) ? "rural" : "urban");
    out.Text(kEducation[random.Between(0, 3)]);
    out.Text(i % 10 == 0 ? "labour" : "not_fully_labour");
    out.Instant(IsContractLate(city, i) ? At(19, 9) : joined);
    out.Text(i % 4 == 0 ? "partner-2" : "partner-1");
    out.Text("Shanghai");
    out.Text("ebike");
    out.Text(IsWithoutInsurance(city, i) ? JsonTexts({})
             : i % 10 == 0               ? JsonTexts({"work_injury", "pension"})
                                         : JsonTexts({"occupational_injury"}));
    out.Text(i % 9 == 0 ? "dialect" : "mandarin");
    out.EndRow();
  }
}

void PutConditions(const SampleCity& city, SampleTables& tables) {
  CsvText& out =
      OpenTable(tables, "conditions",
                "zone,from,to,weather,temperature_c,stop_work_warning");
  for (int zone = 0; zone < kSampleZones; ++zone) {
    for (int block = 0; block < Weather::kBlocks; ++block) {
      const int64_t from = kSampleStart + block * 10'800;
      out.Text(ZoneName(zone));
      out.Instant(from);
      out.Instant(from + 10'800);
      out.Text(SkyName(city.weather.sky[zone][block]));
      out.Integer(city.weather.temperature_c[block]);
      out.Bool(city.weather.StopWork(zone, from));
      out.EndRow();
    }
  }
}

void PutBatches(const SampleCity& city, const SampleRun& run,
                SampleTables& tables) {
  struct Wave {
    int worker = 0;
    int64_t from = INT64_MAX, to = 0;
    std::vector<std::string> orders, tasks;
  };
  std::vector<Wave> waves(run.batches);
  for (size_t i = 0; i < run.tasks.size(); ++i) {
    const SampleTask& task = run.tasks[i];
    if (task.batch < 0) continue;
    Wave& wave = waves[task.batch];
    wave.worker = task.worker;
    wave.from = std::min(wave.from, task.accepted);
    wave.to =
        std::max(wave.to, task.delivered() ? task.completed : task.cancelled);
    wave.orders.push_back(OrderId(task.order));
    wave.tasks.push_back(TaskId(static_cast<int>(i)));
  }
  CsvText& out = OpenTable(tables, "batches",
                           "batch_id,worker_id,started_at,ended_at,order_ids,"
                           "task_ids");
  for (size_t i = 0; i < waves.size(); ++i) {
    const Wave& wave = waves[i];
    out.Text(absl::StrFormat("b%06d", i));
    out.Text(city.workers[wave.worker].id);
    out.Instant(wave.from);
    out.Instant(wave.to);
    out.Text(JsonTexts(wave.orders));
    out.Text(JsonTexts(wave.tasks));
    out.EndRow();
  }
}

}  // namespace

CsvText& OpenTable(SampleTables& tables, const char* name,
                   const char* columns) {
  CsvText& table =
      tables.try_emplace(name, InstantText::kRfc3339).first->second;
  table.Header(columns);
  return table;
}

std::string TaskId(int task) { return absl::StrFormat("t%06d", task + 1); }
std::string OrderId(int order) { return absl::StrFormat("o%06d", order + 1); }
std::string MomentId(int moment) {
  return absl::StrFormat("m%06d", moment + 1);
}

bool IsUnderage(const SampleCity& city, int worker) {
  return city.unfair() && worker == 150;
}
bool IsWithoutInsurance(const SampleCity& city, int worker) {
  return city.unfair() && worker % 16 == 4;
}
bool IsContractLate(const SampleCity& city, int worker) {
  return city.unfair() && worker % 25 == 6;
}

void PutRecords(const SampleCity& city, const SampleRun& run,
                const SamplePay& pay, SampleTables& tables) {
  PutTasks(city, run, tables);
  PutSessions(city, tables);
  PutOffers(city, run, tables);
  PutPay(city, pay, tables);
  PutFares(pay, tables);
  PutRatings(pay, tables);
  PutWorkers(city, tables);
  PutConditions(city, tables);
  PutBatches(city, run, tables);
}

}  // namespace plumbline::bench
