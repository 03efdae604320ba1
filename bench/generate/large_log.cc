#include "bench/generate/large_log.h"

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_pipeline.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/generate/random.h"

namespace plumbline::bench {
namespace {

constexpr int64_t kStart = 1'756'656'000;  // 2025-09-01T00:00:00+08:00
constexpr int64_t kHour = 3600;
constexpr int64_t kDay = 24 * kHour;
constexpr int64_t kZones = 24;

constexpr const char* kTaskColumns =
    "task_id,worker_id,zone,city,vehicle,placed_at,accepted_at,picked_up_at,"
    "completed_at,status,promised_at,limit_at,route_distance_m,"
    "pickup_distance_m,pay_base,pay_distance,pay_tip,customer_total";

// What a worker does on one day: hours [from, to), or none on the rest day.
struct Shift {
  int64_t from = 0;
  int64_t to = 0;
  int64_t pace = 0;
};

Shift ShiftOf(uint64_t seed, int64_t worker, int64_t day) {
  if ((worker + day) % 7 == 6) return {};
  Random random(Mix(
      {seed, 1, static_cast<uint64_t>(worker), static_cast<uint64_t>(day)}));
  const int64_t from = random.Between(8, 13);
  return {from, from + random.Between(8, 10), random.Between(60, 140)};
}

int64_t Demand(int64_t hour) {
  if (hour >= 11 && hour < 14) return 3;
  if (hour >= 17 && hour < 20) return 3;
  return 2;
}

// Share of the hour's tasks that falls to a worker; all are cut from one cake.
int64_t WeightOf(const Shift& shift, int64_t hour) {
  return hour >= shift.from && hour < shift.to ? shift.pace * Demand(hour) : 0;
}

struct TaskRow {
  int64_t placed, accepted, picked_up, completed, promised, limit;
  int64_t worker, zone, route, pickup, base, distance, tip, total;
  const char* status;
};

TaskRow MakeTask(Random& random, int64_t worker, int64_t hour_start) {
  TaskRow row;
  row.worker = worker;
  row.zone = (worker + random.Between(0, 2)) % kZones;
  row.placed = hour_start + random.Between(0, kHour - 1);
  row.accepted = row.placed + random.Between(15, 150);
  row.pickup = random.Between(80, 1'600);
  const int64_t carry = random.Between(300, 4'200);
  row.route = row.pickup + carry;
  const double to_pickup =
      (static_cast<double>(row.pickup) / 4.0 + 240) * random.LogNormal(0.35);
  const double to_customer =
      (static_cast<double>(carry) / 4.0 + 150) * random.LogNormal(0.30);
  row.picked_up = row.accepted + 20 + static_cast<int64_t>(to_pickup);
  row.completed = row.picked_up + 20 + static_cast<int64_t>(to_customer);
  row.limit = row.accepted + 480 + (row.route + 999) / 1'000 * 270;
  row.promised = row.limit + 300;
  row.base = 75 + random.Between(0, 4) * 25;
  row.distance = row.route * 12 / 100;
  row.tip = random.Chance(0.08) ? random.Between(2, 20) * 50 : 0;
  row.total = (row.base + row.distance) * random.Between(108, 140) / 100;
  row.status = "delivered";
  const int64_t fate = random.Between(0, 99);
  if (fate < 4) {
    row.status = fate < 2    ? "cancelled_customer"
                 : fate == 2 ? "cancelled_merchant"
                             : "reassigned";
    row.picked_up = row.completed = kNoTime;
    row.tip = 0;
  }
  return row;
}

void PutTask(const TaskRow& row, int64_t number, CsvText& out) {
  char text[16];
  const auto id = [&text](char letter, int64_t value, int width) {
    return std::string_view(text, absl::SNPrintF(text, sizeof(text), "%c%0*d",
                                                 letter, width, value));
  };
  out.Text(id('t', number, 7));
  out.Text(id('w', row.worker, 5));
  out.Text(id('z', row.zone, 2));
  out.Text("Hefei");
  out.Text("ebike");
  out.Instant(row.placed);
  out.Instant(row.accepted);
  out.Instant(row.picked_up);
  out.Instant(row.completed);
  out.Text(row.status);
  out.Instant(row.promised);
  out.Instant(row.limit);
  out.Integer(row.route);
  out.Integer(row.pickup);
  out.Hundredths(row.base);
  out.Hundredths(row.distance);
  row.tip > 0 ? out.Hundredths(row.tip) : out.Empty();
  out.Hundredths(row.total);
  out.EndRow();
}

// The tasks of one hour of all workers, numbered from the cake cut so far.
class Hours {
 public:
  explicit Hours(const LargeLogOptions& options) : options_(options) {
    const int64_t days = options.weeks * 7;
    before_.assign(days * 24 + 1, 0);
    for (int64_t day = 0; day < days; ++day) {
      for (int64_t worker = 0; worker < options.workers; ++worker) {
        const Shift shift = ShiftOf(options.seed, worker, day);
        for (int64_t hour = shift.from; hour < shift.to; ++hour) {
          before_[day * 24 + hour + 1] += WeightOf(shift, hour);
        }
      }
    }
    for (size_t i = 1; i < before_.size(); ++i) before_[i] += before_[i - 1];
  }

  int64_t count() const { return static_cast<int64_t>(before_.size()) - 1; }
  int64_t weight() const { return before_.back(); }

  void Write(int64_t slot, CsvText& out) const {
    const int64_t day = slot / 24;
    std::vector<TaskRow> rows;
    int64_t weight = before_[slot];
    const int64_t first = TasksUpTo(weight);
    int64_t made = first;
    for (int64_t worker = 0; worker < options_.workers; ++worker) {
      const Shift shift = ShiftOf(options_.seed, worker, day);
      weight += WeightOf(shift, slot % 24);
      const int64_t up_to = TasksUpTo(weight);
      if (up_to == made) continue;
      Random random(Mix({options_.seed, 2, static_cast<uint64_t>(worker),
                         static_cast<uint64_t>(slot)}));
      for (; made < up_to; ++made) {
        rows.push_back(MakeTask(random, worker, kStart + slot * kHour));
      }
    }
    std::stable_sort(
        rows.begin(), rows.end(), [](const TaskRow& a, const TaskRow& b) {
          return std::tie(a.placed, a.worker) < std::tie(b.placed, b.worker);
        });
    for (size_t i = 0; i < rows.size(); ++i) {
      PutTask(rows[i], first + static_cast<int64_t>(i) + 1, out);
    }
  }

 private:
  int64_t TasksUpTo(int64_t weight) const {
    return static_cast<int64_t>(static_cast<__int128>(options_.tasks) * weight /
                                before_.back());
  }

  const LargeLogOptions& options_;
  std::vector<int64_t> before_;  // Weight of all earlier hours.
};

absl::Status WriteTasks(const LargeLogOptions& options, const Hours& hours) {
  const std::string path = options.folder + "/tasks.csv";
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << kTaskColumns << '\n';
  using Text = std::shared_ptr<CsvText>;
  int64_t next = 0;
  const tbb::global_control limit(tbb::global_control::max_allowed_parallelism,
                                  options.threads);
  tbb::parallel_pipeline(
      options.threads * 2,
      tbb::make_filter<void, int64_t>(tbb::filter_mode::serial_in_order,
                                      [&](tbb::flow_control& flow) {
                                        if (next == hours.count()) flow.stop();
                                        return next++;
                                      }) &
          tbb::make_filter<int64_t, Text>(
              tbb::filter_mode::parallel,
              [&](int64_t slot) {
                auto text = std::make_shared<CsvText>(options.instants);
                hours.Write(slot, *text);
                return text;
              }) &
          tbb::make_filter<Text, void>(
              tbb::filter_mode::serial_in_order, [&](const Text& text) {
                file.write(text->text().data(),
                           static_cast<std::streamsize>(text->text().size()));
              }));
  file.close();
  if (file) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat(path,
                   ":1:1: this file cannot be written; expected a folder "
                   "with room that you may write to; check --out."));
}

absl::Status WriteSessions(const LargeLogOptions& options) {
  CsvText out(options.instants);
  out.Header("worker_id,started_at,ended_at");
  for (int64_t day = 0; day < options.weeks * 7; ++day) {
    for (int64_t worker = 0; worker < options.workers; ++worker) {
      const Shift shift = ShiftOf(options.seed, worker, day);
      if (shift.to == 0) continue;
      out.Text(absl::StrFormat("w%05d", worker));
      out.Instant(kStart + day * kDay + shift.from * kHour);
      out.Instant(kStart + day * kDay + shift.to * kHour);
      out.EndRow();
    }
  }
  return WriteFile(options.folder + "/sessions.csv", out.text());
}

absl::Status WriteInfo(const LargeLogOptions& options) {
  const bool epoch = options.instants == InstantText::kEpochSeconds;
  return WriteFile(
      options.folder + "/log.textproto",
      absl::StrCat(
          "platform: \"Synthetic Courier (made-up data)\"\n",
          "currency: \"CNY\"\ntime_zone: \"Asia/Shanghai\"\ninstants: ",
          epoch ? "EPOCH_SECONDS" : "RFC_3339", "\nobserved_from: \"",
          Rfc3339(kStart), "\"\nobserved_to: \"",
          Rfc3339(kStart + options.weeks * 7 * kDay),
          "\"\nsources: \"synthetic: made by plumbline_generate, seed ",
          options.seed, ", ", options.tasks, " tasks\"\n"));
}

}  // namespace

absl::Status WriteLargeLog(const LargeLogOptions& options) {
  if (options.tasks < 1 || options.workers < 1 || options.weeks < 1 ||
      options.threads < 1) {
    return absl::InvalidArgumentError(
        "--tasks, --workers, --weeks and --threads must be 1 or more.");
  }
  if (const auto made = MakeFolder(options.folder); !made.ok()) return made;
  const Hours hours(options);
  if (hours.weight() == 0) {
    return absl::InvalidArgumentError("nobody works in so short a time.");
  }
  for (const absl::Status& status :
       {WriteTasks(options, hours), WriteSessions(options),
        WriteInfo(options)}) {
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace plumbline::bench
