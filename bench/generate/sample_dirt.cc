#include "bench/generate/sample_dirt.h"

#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace plumbline::bench {
namespace {

// Cells of a row of tasks; none before estimates_s is quoted.
constexpr size_t kZone = 6;
constexpr size_t kReadyAt = 11;
constexpr size_t kPickedUpAt = 15;
constexpr size_t kStatus = 19;

constexpr int kDirtyWorker = 5;

// A worker's delivered rows, as text, each given once.
class SoundRows {
 public:
  SoundRows(const SampleRun& run, std::string_view tasks) {
    size_t line = tasks.find('\n') + 1;
    for (const SampleTask& task : run.tasks) {
      const size_t end = tasks.find('\n', line);
      if (task.worker == kDirtyWorker && task.delivered()) {
        rows_.push_back(std::string(tasks.substr(line, end - line)));
        tasks_.push_back(&task);
      }
      line = end + 1;
    }
  }

  const SampleTask& NextTask() const { return *tasks_[next_]; }
  std::string Take() { return rows_[next_++]; }

  // The next row with one cell put in, under another id.
  std::string TakeWith(const std::string& id, size_t cell,
                       const std::string& text) {
    std::vector<std::string> cells = absl::StrSplit(Take(), ',');
    cells[0] = id;
    cells[cell] = text;
    return absl::StrJoin(cells, ",");
  }

 private:
  std::vector<std::string> rows_;
  std::vector<const SampleTask*> tasks_;
  size_t next_ = 0;
};

}  // namespace

DirtCounts PutDirt(const SampleCity& city, const SampleRun& run,
                   SampleTables& tables) {
  DirtCounts counts;
  CsvText& tasks = tables.at("tasks");
  SoundRows rows(run, tasks.text());
  const auto put = [&tasks](int64_t& count, const std::string& row) {
    tasks.Raw(absl::StrCat(row, "\n"));
    ++count;
  };
  for (int i = 0; i < 5; ++i) put(counts.task_copies, rows.Take());
  for (int i = 1; i <= 2; ++i) {
    const std::string id = absl::StrCat("x-conflict-", i);
    for (const char* zone : {"A1", "D3"}) {
      put(counts.task_conflicts, rows.TakeWith(id, kZone, zone));
    }
  }
  for (int i = 1; i <= 4; ++i) {
    put(counts.task_bad_instants,
        rows.TakeWith(absl::StrCat("x-instant-", i), kReadyAt, "at noon"));
  }
  for (int i = 1; i <= 6; ++i) {
    const std::string late = Rfc3339(rows.NextTask().completed + 600);
    put(counts.task_clock_disorder,
        rows.TakeWith(absl::StrCat("x-clock-", i), kPickedUpAt, late));
  }
  for (int i = 1; i <= 2; ++i) {
    put(counts.task_not_utf8,
        rows.TakeWith(absl::StrCat("x-bytes-", i), kZone, "\xB6\xAB\xC7\xF8"));
  }
  for (int i = 1; i <= 2; ++i) {
    put(counts.task_unknown_status,
        rows.TakeWith(absl::StrCat("x-status-", i), kStatus, "teleported"));
  }
  put(counts.task_short_rows, "x-short-1,o000001,f000001");

  const std::string& worker = city.workers[kDirtyWorker].id;
  for (int i = 0; i < 3; ++i) {
    tables.at("sessions")
        .Raw(absl::StrCat(worker, ",", Rfc3339(At(i, 9)), ",",
                          Rfc3339(At(i, 8)), ",false,open\n"));
    ++counts.sessions_reversed;
    tables.at("pay").Raw(
        absl::StrCat("x-orphan-", i + 1, ",", worker, ",t999999,base,0.00,",
                     Rfc3339(At(i, 12)), ",", Rfc3339(WeekStart(0)), ",",
                     Rfc3339(WeekStart(1)), ",", Rfc3339(DueAt(0)), ",",
                     Rfc3339(DueAt(0) - kDaySeconds), ",bank,,partner-1\n"));
    ++counts.pay_orphans;
  }
  return counts;
}

}  // namespace plumbline::bench
