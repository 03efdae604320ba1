#include "tests/support/small_log.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace plumbline {
namespace {

// SplitMix64: the same numbers on every machine, unlike std distributions.
class Numbers {
 public:
  explicit Numbers(uint64_t seed) : state_(seed) {}
  uint64_t Next() {
    state_ += 0x9e3779b97f4a7c15u;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  int64_t In(int64_t low, int64_t high) {
    return low +
           static_cast<int64_t>(Next() % static_cast<uint64_t>(high - low + 1));
  }
  bool Chance(int percent) { return In(1, 100) <= percent; }

 private:
  uint64_t state_;
};

// Monday 2025-09-01, 00:00 in Shanghai.
constexpr int64_t kFirstDay = 1756656000;
constexpr int64_t kDay = 86400;

std::string Instant(int64_t seconds) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%S+08:00",
                          absl::FromUnixSeconds(seconds + 8 * 3600),
                          absl::UTCTimeZone());
}

std::string Cents(int64_t cents) {
  return absl::StrFormat("%d.%02d", cents / 100, cents % 100);
}

void Add(CsvTable* table, const std::string& worker,
         const std::vector<std::string>& cells) {
  std::string row;
  for (size_t i = 0; i < cells.size(); ++i)
    absl::StrAppend(&row, i == 0 ? "" : ",", cells[i]);
  table->rows.push_back(std::move(row));
  table->workers.push_back(worker);
}

}  // namespace

SmallLog MakeSmallLog(uint64_t seed, int workers, int tasks_each) {
  Numbers numbers(seed);
  SmallLog log;
  log.info =
      "platform: \"Made-up courier\"\ncurrency: \"CNY\"\ntime_zone: "
      "\"Asia/Shanghai\"\n"
      "sources: \"synthetic: made by a test\"\n";
  CsvTable& tasks = log.tables["tasks.csv"];
  CsvTable& sessions = log.tables["sessions.csv"];
  CsvTable& pay = log.tables["pay.csv"];
  CsvTable& fares = log.tables["fares.csv"];
  CsvTable& roster = log.tables["workers.csv"];
  tasks.header =
      "task_id,order_id,worker_id,zone,city,vehicle,placed_at,accepted_at,"
      "picked_up_at,completed_at,"
      "cancelled_at,status,promised_at,limit_at,route_distance_m,pay_base";
  sessions.header = "worker_id,started_at,ended_at,required";
  pay.header =
      "line_id,worker_id,task_id,kind,amount,earned_at,period_start,period_end,"
      "due_at,paid_at";
  fares.header = "task_id,customer_total";
  roster.header = "worker_id,joined_at,sex,relation";

  int number = 0;
  for (int w = 0; w < workers; ++w) {
    const std::string worker = absl::StrFormat("w%03d", w);
    Add(&roster, worker,
        {worker, Instant(kFirstDay - kDay * numbers.In(1, 400)),
         w % 3 == 0 ? "female" : "male", "not_fully_labour"});
    for (int day = 0; day < 7; ++day) {
      if (numbers.Chance(15)) continue;
      const int64_t start =
          kFirstDay + day * kDay + numbers.In(8 * 3600, 11 * 3600);
      int64_t at = start;
      const int count = std::max(1, tasks_each / 7);
      for (int i = 0; i < count; ++i) {
        const std::string id = absl::StrFormat("t%05d", ++number);
        const int64_t accepted = at + numbers.In(0, 900);
        const int64_t picked = accepted + numbers.In(120, 900);
        const int64_t done = picked + numbers.In(180, 1800);
        const int64_t limit = accepted + numbers.In(1200, 2700);
        const bool cancelled = numbers.Chance(4);
        const bool nobody = numbers.Chance(2);
        const bool no_pickup = numbers.Chance(3);
        const std::string who = nobody ? "" : worker;
        // One distance in fifty cannot be read: repaired, not refused.
        const std::string distance =
            numbers.Chance(2) ? "far" : absl::StrCat(numbers.In(400, 6000));
        Add(&tasks, who,
            {id, absl::StrCat("o", number), who,
             absl::StrCat("z", numbers.In(1, 4)), "Shanghai", "ebike",
             Instant(accepted - numbers.In(30, 300)), Instant(accepted),
             no_pickup ? "" : Instant(picked), cancelled ? "" : Instant(done),
             cancelled ? Instant(done) : "",
             cancelled ? "cancelled_customer" : "delivered",
             Instant(limit - 120), Instant(limit), distance,
             cancelled ? "" : Cents(numbers.In(300, 900))});
        if (!cancelled) Add(&fares, who, {id, Cents(numbers.In(1500, 6000))});
        if (!nobody && numbers.Chance(20)) {
          Add(&pay, worker,
              {absl::StrCat("l", number), worker, id,
               numbers.Chance(50) ? "tip" : "late_fine",
               Cents(numbers.In(100, 500)), Instant(done), "", "", "", ""});
        }
        // Every third task is accepted before the last one is done.
        at = i % 3 == 2 ? picked : done;
      }
      Add(&sessions, worker,
          {worker, Instant(start - numbers.In(60, 1200)), Instant(at + 3600),
           w % 2 == 0 ? "true" : ""});
    }
    Add(&pay, worker,
        {absl::StrCat("b", w), worker, "", "bonus",
         Cents(numbers.In(1000, 9000)), Instant(kFirstDay + 6 * kDay),
         "2025-09-01T00:00:00+08:00", "2025-09-08T00:00:00+08:00",
         "2025-09-10T00:00:00+08:00", "2025-09-10T12:00:00+08:00"});
  }
  // What ingest has to deal with: a copy, a conflict, a session that ends
  // before it starts, a fare for a task that is not there.
  Add(&tasks, tasks.workers[0], {tasks.rows[0]});
  std::string other = tasks.rows[1];
  other.replace(other.find(",z"), 3, ",z9");
  Add(&tasks, tasks.workers[1], {other});
  Add(&sessions, "w001",
      {"w001", Instant(kFirstDay + 7200), Instant(kFirstDay + 3600), ""});
  Add(&fares, "", {"t99999", "10.00"});
  return log;
}

void SmallLog::WriteTo(
    const std::string& folder,
    const std::function<bool(const std::string&)>& keep) const {
  std::filesystem::create_directories(folder);
  std::ofstream(folder + "/log.textproto", std::ios::binary) << info;
  for (const auto& [name, table] : tables) {
    std::ofstream file(folder + "/" + name, std::ios::binary);
    file << table.header << "\n";
    for (size_t i = 0; i < table.rows.size(); ++i) {
      if (keep == nullptr || keep(table.workers[i]))
        file << table.rows[i] << "\n";
    }
  }
}

void SmallLog::Shuffle(uint64_t seed) {
  Numbers numbers(seed);
  for (auto& [name, table] : tables) {
    for (size_t i = table.rows.size(); i > 1; --i) {
      const auto other =
          static_cast<size_t>(numbers.In(0, static_cast<int64_t>(i) - 1));
      std::swap(table.rows[i - 1], table.rows[other]);
      std::swap(table.workers[i - 1], table.workers[other]);
    }
  }
}

}  // namespace plumbline
