#include "replay/ingest/mdrp.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>

#include "absl/strings/str_cat.h"
#include "replay/base/units.h"
#include "replay/ingest/mdrp_files.h"
#include "replay/schema/schema.h"

namespace plumbline::replay {
namespace {

using mdrp::Bundle;
using mdrp::Cell;
using mdrp::FindParts;
using mdrp::kFarthest;
using mdrp::Line;
using mdrp::Minutes;
using mdrp::Number;
using mdrp::Parts;
using mdrp::ReadLines;
using mdrp::Text;
using mdrp::Wrong;

constexpr int64_t kOrigin = 1'577'836'800'000;  // 2020-01-01T00:00:00Z.
// A speed of a metre a minute at least, so that ways cannot overflow.
constexpr int64_t kSlowest = 1'000'000;

struct Place {
  int64_t x = 0;  // Millionths of a metre.
  int64_t y = 0;
};
using Places = std::map<std::string, Place>;

absl::Status AddPlaces(const Text& text, Places* places) {
  const int x = text.Column({"x"});
  const int y = text.Column({"y"});
  for (const Line& line : text.lines) {
    const auto at_x = Number(line, x, kFarthest);
    const auto at_y = Number(line, y, kFarthest);
    if (!at_x || !at_y)
      return Wrong(text, line, at_x ? y : x, "a place in metres");
    (*places)[line.cells[0]] = {*at_x, *at_y};
  }
  return absl::OkStatus();
}

// The fewest whole minutes in which the straight way can be made:
// ceil(sqrt(dx^2 + dy^2) / speed), exactly.
int64_t MinutesUnderWay(const Place& a, const Place& b,
                        int64_t metres_per_minute) {
  const __int128 dx = a.x - b.x;
  const __int128 dy = a.y - b.y;
  const __int128 square = dx * dx + dy * dy;
  const auto reaches = [&](int64_t minutes) {
    const __int128 way = static_cast<__int128>(minutes) * metres_per_minute;
    return way * way >= square;
  };
  auto minutes = static_cast<int64_t>(std::sqrt(static_cast<double>(square)) /
                                      static_cast<double>(metres_per_minute));
  while (!reaches(minutes)) ++minutes;
  while (minutes > 0 && reaches(minutes - 1)) --minutes;
  return minutes;
}

// Builds a batch column by column.
class Builder {
 public:
  Builder(const char* table, uint32_t file) {
    batch_.table = static_cast<int>(FindTable(table) - Tables().data());
    batch_.file = file;
  }
  void Begin(int64_t line) {
    batch_.lines.push_back(line);
    ++batch_.rows;
  }
  void Number(const char* column, int64_t value) {
    Column(column, false).numbers.back() = value;
  }
  void Text(const char* column, const std::string& value) {
    Column(column, true).texts.back() = texts_.emplace_back(value);
  }
  // The batch, whose texts live as long as the builder.
  const RecordBatch& Finish() {
    for (ColumnData& column : batch_.columns)
      Fill(column, column.numbers.empty());
    return batch_;
  }

 private:
  void Fill(ColumnData& column, bool text) const {
    if (text) {
      column.texts.resize(batch_.rows);
    } else {
      column.numbers.resize(batch_.rows, kUnknown);
    }
  }
  ColumnData& Column(const char* name, bool text) {
    const int index = Tables()[static_cast<size_t>(batch_.table)].Find(name);
    for (ColumnData& column : batch_.columns) {
      if (column.column != index) continue;
      Fill(column, text);
      return column;
    }
    ColumnData& column = batch_.columns.emplace_back();
    column.column = index;
    Fill(column, text);
    return column;
  }
  RecordBatch batch_;
  std::deque<std::string> texts_;
};

absl::Status ReadParameters(const Text& text, MdrpParameters* mdrp,
                            int64_t* metres_per_minute) {
  if (text.lines.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(text.name,
                     ":2:1: found no line of values, expected the seven "
                     "parameters; add it"));
  }
  const Line& values = text.lines.front();
  struct Parameter {
    const char* name;
    int64_t* target;
    bool minutes;
  };
  const Parameter parameters[] = {
      {"meters_per_minute", metres_per_minute, false},
      {"pickup service minutes", &mdrp->pickup_service, true},
      {"dropoff service minutes", &mdrp->dropoff_service, true},
      {"target click-to-door", &mdrp->target_click_to_door, true},
      {"maximum click-to-door", &mdrp->maximum_click_to_door, true},
      {"pay per order", &mdrp->pay_per_order, false},
      {"guaranteed pay per hour", &mdrp->guaranteed_per_hour, false}};
  for (size_t i = 0; i < std::size(parameters); ++i) {
    // Without tabs the words of the header fall apart, and the order counts.
    int column = text.Column({parameters[i].name});
    if (column < 0 && values.cells.size() == std::size(parameters))
      column = static_cast<int>(i);
    const auto value = parameters[i].minutes
                           ? Minutes(values, column)
                           : Number(values, column, kFarthest);
    if (!value || *value < 0) {
      return Wrong(text, values, column,
                   absl::StrCat("a number for ", parameters[i].name));
    }
    *parameters[i].target = *value;
  }
  if (*metres_per_minute < kSlowest)
    return Wrong(text, values, 0, "at least 1 metre a minute");
  return absl::OkStatus();
}

// Time under way by courier, from the places.
absl::Status AddDriving(const Text& legs, const Places& places,
                        int64_t metres_per_minute, MdrpParameters* mdrp) {
  const bool bare = legs.header.empty();
  const int courier = bare ? 0 : legs.Column({"courier", "courier_id"});
  const int origin = bare ? 2 : legs.Column({"origin"});
  const int destination = bare ? 3 : legs.Column({"destination"});
  std::map<std::string, int64_t> driving;
  for (const Line& line : legs.lines) {
    const std::string who = Cell(line, courier);
    const std::string from =
        Cell(line, origin) == "0" ? who : Cell(line, origin);
    const auto a = places.find(from);
    const auto b = places.find(Cell(line, destination));
    if (a == places.end() || b == places.end()) {
      return Wrong(legs, line, a == places.end() ? origin : destination,
                   "a place of the instance");
    }
    int64_t& sum = driving[who];
    if (__builtin_add_overflow(
            sum,
            MinutesUnderWay(a->second, b->second, metres_per_minute) * kMinute,
            &sum)) {
      return Wrong(legs, line, destination, "ways that a courier can go");
    }
  }
  mdrp->driving.assign(driving.begin(), driving.end());
  return absl::OkStatus();
}

struct Assignment {
  int64_t at = 0;
  std::string bundle;
};

absl::StatusOr<std::map<std::string, Assignment>> ReadAssignments(
    const Text& text) {
  const int time = std::max(text.Column({"assignment_time"}), 0);
  const int orders =
      text.header.empty() ? 3 : text.Column({"orders", "bundle", "order"});
  std::map<std::string, Assignment> assigned;
  int64_t bundle = 0;
  for (const Line& line : text.lines) {
    const auto at = Minutes(line, time);
    if (!at) return Wrong(text, line, time, "minutes");
    const std::vector<std::string> members = Bundle(line, std::max(orders, 3));
    if (members.empty())
      return Wrong(text, line, std::max(orders, 3), "the orders of the bundle");
    ++bundle;
    for (const std::string& order : members)
      assigned[order] = {*at, absl::StrCat("b", bundle)};
  }
  return assigned;
}

}  // namespace

MdrpFolder TellMdrpFolder(const std::string& folder) {
  const Parts parts = FindParts(folder);
  if (parts.parameters.empty() || parts.orders.empty() ||
      parts.couriers.empty()) {
    return MdrpFolder::kNone;
  }
  return parts.solved_orders.empty() || parts.assignments.empty()
             ? MdrpFolder::kInstanceOnly
             : MdrpFolder::kSolved;
}

absl::Status ReadMdrp(const std::string& folder, FaultLog& faults,
                      RecordSink& sink, IngestResult* result) {
  const Parts parts = FindParts(folder);
  for (const std::string* name :
       {&parts.parameters, &parts.orders, &parts.couriers, &parts.restaurants,
        &parts.solved_orders, &parts.assignments, &parts.legs}) {
    if (!name->empty()) result->files.push_back(*name);
  }
  std::sort(result->files.begin(), result->files.end());
  for (const std::string& name : result->files)
    result->file_paths.push_back(folder + "/" + name);
  faults.SetFiles(result->files);
  const auto file_index = [&](const std::string& name) {
    return static_cast<uint32_t>(
        std::find(result->files.begin(), result->files.end(), name) -
        result->files.begin());
  };

  auto parameters = ReadLines(folder, parts.parameters);
  auto orders = ReadLines(folder, parts.orders);
  auto couriers = ReadLines(folder, parts.couriers);
  auto solution = ReadLines(folder, parts.solved_orders);
  auto assignments = ReadLines(folder, parts.assignments);
  for (const auto* text :
       {&parameters, &orders, &couriers, &solution, &assignments}) {
    if (!text->ok()) return text->status();
  }
  MdrpParameters& mdrp = result->mdrp;
  mdrp.present = true;
  int64_t metres_per_minute = 0;
  absl::Status status = ReadParameters(*parameters, &mdrp, &metres_per_minute);
  if (!status.ok()) return status;
  mdrp.orders_total = static_cast<int64_t>(orders->lines.size());
  mdrp.bundles = static_cast<int64_t>(assignments->lines.size());
  auto assigned = ReadAssignments(*assignments);
  if (!assigned.ok()) return assigned.status();

  const uint32_t couriers_file = file_index(parts.couriers);
  Builder sessions("sessions", couriers_file);
  const int on = couriers->Column({"on_time"});
  const int off = couriers->Column({"off_time"});
  for (const Line& line : couriers->lines) {
    const auto from = Minutes(line, on);
    const auto to = Minutes(line, off);
    if (!from || !to) {
      faults.Add("sessions", couriers_file, line.number,
                 from ? "ended_at" : "started_at", "unparsable-required",
                 Cell(line, from ? off : on));
      continue;
    }
    if (*to <= *from) {
      faults.Add("sessions", couriers_file, line.number, "ended_at",
                 "session-not-positive", Cell(line, off));
      continue;
    }
    sessions.Begin(line.number);
    sessions.Text("worker_id", line.cells[0]);
    sessions.Number("started_at", kOrigin + *from);
    sessions.Number("ended_at", kOrigin + *to);
    sessions.Number("required", 1);
  }
  faults.CountRows("sessions", couriers_file,
                   static_cast<int64_t>(couriers->lines.size()));
  status = sink.Accept(0, sessions.Finish());
  if (!status.ok()) return status;

  const bool bare = solution->header.empty();
  const auto solved_column = [&](const char* name, int at) {
    return bare ? at : solution->Column({name});
  };
  const struct {
    const char* column;
    int source;
  } clocks[] = {{"placed_at", solved_column("placement_time", 1)},
                {"ready_at", solved_column("ready_time", 2)},
                {"picked_up_at", solved_column("pickup_time", 3)},
                {"completed_at", solved_column("dropoff_time", 4)}};
  const int courier = bare ? 5 : solution->Column({"courier", "courier_id"});
  const uint32_t solution_file = file_index(parts.solved_orders);
  Builder tasks("tasks", solution_file);
  for (const Line& line : solution->lines) {
    if (static_cast<size_t>(courier) >= line.cells.size()) {
      faults.Add("tasks", solution_file, line.number, "", "ragged-row",
                 line.cells[0]);
      continue;
    }
    tasks.Begin(line.number);
    tasks.Text("task_id", line.cells[0]);
    tasks.Text("order_id", line.cells[0]);
    tasks.Text("worker_id", line.cells[static_cast<size_t>(courier)]);
    for (const auto& [column, source] : clocks) {
      const auto at = Minutes(line, source);
      if (!at) {
        faults.Add("tasks", solution_file, line.number, column,
                   "unparsable-cell", Cell(line, source));
        continue;
      }
      tasks.Number(column, kOrigin + *at);
      if (source == clocks[0].source) {
        tasks.Number("promised_at", kOrigin + *at + mdrp.target_click_to_door);
        tasks.Number("limit_at", kOrigin + *at + mdrp.maximum_click_to_door);
      }
    }
    const auto found = assigned->find(line.cells[0]);
    if (found != assigned->end()) {
      tasks.Number("accepted_at", kOrigin + found->second.at);
      tasks.Text("batch_id", found->second.bundle);
    }
    tasks.Number("status", v1::STATUS_DELIVERED);
    tasks.Number("pay_base", mdrp.pay_per_order);
  }
  faults.CountRows("tasks", solution_file,
                   static_cast<int64_t>(solution->lines.size()));
  status = sink.Accept(0, tasks.Finish());
  if (!status.ok()) return status;

  if (!parts.legs.empty() && !parts.restaurants.empty()) {
    auto legs = ReadLines(folder, parts.legs);
    auto restaurants = ReadLines(folder, parts.restaurants);
    if (!legs.ok()) return legs.status();
    if (!restaurants.ok()) return restaurants.status();
    Places places;
    for (const Text* text : {&*orders, &*restaurants, &*couriers}) {
      status = AddPlaces(*text, &places);
      if (!status.ok()) return status;
    }
    status = AddDriving(*legs, places, metres_per_minute, &mdrp);
    if (!status.ok()) return status;
  }
  result->mapping_name = "grubhub-mdrp";
  result->info.set_platform("Grubhub MDRP instance with a solution");
  result->info.set_currency("USD");
  result->info.set_time_zone("UTC");
  result->notes = {
      "The instance gives minutes without a date; they are counted from "
      "2020-01-01T00:00Z, a day "
      "chosen here.",
      "The solution holds no pay statement: pay is the instance's pay per "
      "order, and the hourly "
      "guarantee is evaluated as a published rule."};
  result->notes_zh = {
      "算例只给出分钟数而没有日期；此处约定从 2020-01-01T00:00Z 起算。",
      "解文件没有工资单：报酬按算例的每单报酬计，每小时保底收入按已公布的规则检"
      "验。"};
  return absl::OkStatus();
}

}  // namespace plumbline::replay
