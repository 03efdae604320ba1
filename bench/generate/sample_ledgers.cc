#include <map>
#include <utility>

#include "absl/strings/str_format.h"
#include "bench/generate/random.h"
#include "bench/generate/sample_tables.h"

namespace plumbline::bench {
namespace {

struct RuleVersion {
  const char* id;
  const char* topic;
  int64_t from_day;  // In force, counted from the first day of the log.
  int64_t to_day;    // 0: still in force.
  const char* declaration;
};

// Consulted from 60 to 40 days before it is in force, published 35 days before
// and told to every worker a day later.
constexpr RuleVersion kRules[] = {
    {"access-1", "access", -300, 0, "age >= 18 and documents are valid"},
    {"allocation-1", "allocation", -300, -62,
     "score = dist(pickup) + 400 m * load; the least score is offered first"},
    {"allocation-2", "allocation", -62, 0,
     "score = dist(pickup) + 600 m * load - min(idle, 1800 s) * 1/3 m/s; the "
     "least score is offered first"},
    {"piece_rate-1", "piece_rate", -300, -62,
     "base = 7.50 CNY; distance = 1.50 CNY/km * dist(dropoff)"},
    {"piece_rate-2", "piece_rate", -62, 0,
     "base = 8.00 CNY; distance = 1.50 CNY/km * dist(dropoff); peak = 1.00 CNY "
     "from 11 to 14 and from 17 to 20 h"},
    {"weather-1", "pay", -62, 14,
     "weather = 1.00 CNY in rain, 4.00 CNY in storm"},
    {"weather-2", "pay", 14, 0,
     "weather = 1.50 CNY in rain, 4.00 CNY in storm"},
    {"commission-1", "commission", -62, 0,
     "commission = 10% of the customer total without tip"},
    {"settlement-1", "pay", -62, 0,
     "paid by bank each week, due three days after its end"},
    {"hours-1", "working_time", -62, 0,
     "at most 8 h a day and 4 h at a stretch; one rest day a week"},
    {"rest-1", "rest", -62, 0, "no offers for 20 min after 4 h at a stretch"},
    {"rewards-1", "reward_penalty", -62, 0,
     "no money is taken for lateness, refusal or a bad rating"},
    {"time-1", "time_estimate", -62, 0,
     "limit = middle of the estimates; at most 15 km/h"},
    {"quota-1", "quota", -62, 0, "no quota"},
    {"appeals-1", "reward_penalty", -62, 0,
     "every appeal is decided by a person within 5 days"},
};

void PutRules(SampleTables& tables) {
  CsvText& out = OpenTable(
      tables, "published_rules",
      "rule_id,topic,scope,consulted_from,consulted_to,union_opinion,"
      "published_at,notified_at,effective_from,effective_to,declaration");
  for (const RuleVersion& rule : kRules) {
    out.Text(rule.id);
    out.Text(rule.topic);
    out.Text("Shanghai");
    out.Instant(At(rule.from_day - 60, 9));
    out.Instant(At(rule.from_day - 40, 18));
    out.Text("agreed");
    out.Instant(At(rule.from_day - 35, 10));
    out.Instant(At(rule.from_day - 34, 10));
    out.Instant(At(rule.from_day, 0));
    out.Instant(rule.to_day == 0 ? kNoTime : At(rule.to_day, 0));
    out.Text(rule.declaration);
    out.EndRow();
  }
}

void PutSanction(const SampleCity& city, int number, int worker,
                 const char* kind, int64_t from, int64_t to, const char* cause,
                 const std::string& task, CsvText& out) {
  out.Text(absl::StrFormat("s%05d", number));
  out.Text(city.workers[worker].id);
  out.Text(kind);
  out.Instant(from);
  out.Instant(to);
  out.Text(cause);
  out.Text(task);
  out.Text(city.unfair() ? "system" : "human");
  out.Bool(!city.unfair());
  out.EndRow();
}

void PutAppeal(const SampleCity& city, int number, int worker,
               const char* about, const std::string& ref, int64_t filed,
               int64_t repaid, LedgerCounts& counts, CsvText& out) {
  Random random(Mix({city.seed, 8, static_cast<uint64_t>(number)}));
  const bool undecided = city.unfair() && random.Chance(0.25);
  const int64_t days =
      city.unfair() ? random.Between(8, 20) : random.Between(1, 4);
  const bool upheld = random.Chance(city.unfair() ? 0.1 : 0.6);
  out.Text(absl::StrFormat("a%05d", number));
  out.Text(city.workers[worker].id);
  out.Text(about);
  out.Text(ref);
  out.Instant(filed);
  city.unfair() ? out.Empty() : out.Instant(filed + 3'600);
  out.Instant(undecided ? kNoTime : filed + days * kDaySeconds);
  out.Text(undecided ? "" : upheld ? "upheld" : "refused");
  undecided ? out.Empty() : out.Text(city.unfair() ? "system" : "human");
  undecided ? out.Empty() : out.Bool(!city.unfair());
  // The unfair setting upholds some appeals and pays nothing back.
  upheld && !undecided && !city.unfair() ? out.Hundredths(repaid) : out.Empty();
  out.EndRow();
  ++counts.appeals;
  counts.undecided_appeals += undecided;
}

// Three refusals in a day bring a limit of two hours; in the fair setting only
// one worker in the month is suspended, for a cause that is named.
void PutSanctionsAndAppeals(const SampleCity& city, const SampleRun& run,
                            const SamplePay& pay, LedgerCounts& counts,
                            SampleTables& tables) {
  CsvText& sanctions =
      OpenTable(tables, "sanctions",
                "sanction_id,worker_id,kind,imposed_at,lifted_at,cause,task_id,"
                "decided_by,reasons_given");
  CsvText& appeals =
      OpenTable(tables, "appeals",
                "appeal_id,worker_id,about,ref_id,filed_at,acknowledged_at,"
                "decided_at,outcome,decided_by,reasons_given,repaid");
  int number = 0;
  PutSanction(city, ++number, 77, "suspension", At(9, 15), At(11, 15),
              "traffic_offence", "", sanctions);
  if (city.unfair()) {
    PutSanction(city, ++number, 91, "deactivation", At(20, 12), kNoTime,
                "low_rating", "", sanctions);
    std::map<std::pair<int, int64_t>, int> refusals;
    for (size_t i = 0; i < run.tasks.size(); ++i) {
      const SampleTask& task = run.tasks[i];
      if (task.fate != Fate::kRejected) continue;
      const int64_t day = (task.offered - kSampleStart) / kDaySeconds;
      if (++refusals[{task.worker, day}] != 3) continue;
      PutSanction(city, ++number, task.worker, "dispatch_limit",
                  task.offered + 60, task.offered + 7'260, "refusal",
                  TaskId(static_cast<int>(i)), sanctions);
      ++counts.refusal_limits;
    }
  }
  int appeal = 0;
  for (const SampleRating& rating : pay.ratings) {
    if (rating.score > 1 || rating.task % 7 != 0) continue;
    PutAppeal(city, ++appeal, run.tasks[rating.task].worker, "rating",
              TaskId(rating.task), rating.rated + 7'200,
              city.unfair() ? kReviewFine : 0, counts, appeals);
  }
  PutAppeal(city, ++appeal, 77, "sanction", "s00001", At(10, 9), 0, counts,
            appeals);
}

// The fair setting reminds of the pause at the end of every required or free
// shift; the unfair one reminds nobody.
void PutPrompts(const SampleCity& city, SampleTables& tables) {
  CsvText& out =
      OpenTable(tables, "prompts", "worker_id,shown_at,kind,confirmed_at");
  if (city.unfair()) return;
  for (const SampleWorker& worker : city.workers) {
    for (const SampleSession& session : worker.sessions) {
      out.Text(worker.id);
      out.Instant(session.to - 1'500);
      out.Text("continuous");
      out.Instant(session.to - 1'470);
      out.EndRow();
    }
  }
}

void PutFilings(const SampleCity& city, SampleTables& tables) {
  CsvText& out =
      OpenTable(tables, "filings", "period,kind,due_at,filed_at,headcount");
  out.Text("2025Q2");
  out.Text("employment_information");
  out.Instant(At(-47, 18));
  out.Instant(city.unfair() ? At(-20, 10) : At(-50, 10));
  out.Integer(kSampleWorkers);
  out.EndRow();
}

void PutNegotiations(const SampleCity& city, SampleTables& tables) {
  CsvText& out = OpenTable(tables, "negotiations",
                           "requested_at,replied_at,met_at,topics,documents,"
                           "agreed_at");
  const bool fair = !city.unfair();
  out.Instant(At(-100, 9));
  out.Instant(fair ? At(-95, 9) : kNoTime);
  out.Instant(fair ? At(-85, 14) : kNoTime);
  out.Text(
      "[\"piece_rate\",\"quota\",\"minimum_wage\",\"protection\",\"rest\"]");
  out.Text(fair ? "[\"piece_rate\",\"quota\",\"minimum_wage\",\"protection\","
                  "\"rest\"]"
                : "[]");
  out.Instant(fair ? At(-70, 17) : kNoTime);
  out.EndRow();
}

}  // namespace

LedgerCounts PutLedgers(const SampleCity& city, const SampleRun& run,
                        const SamplePay& pay, SampleTables& tables) {
  LedgerCounts counts;
  PutRules(tables);
  PutSanctionsAndAppeals(city, run, pay, counts, tables);
  PutPrompts(city, tables);
  PutFilings(city, tables);
  PutNegotiations(city, tables);
  return counts;
}

}  // namespace plumbline::bench
