#include "replay/ingest/mdrp.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <list>
#include <map>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "replay/base/decimal.h"
#include "replay/base/units.h"
#include "replay/schema/schema.h"

namespace plumbline::replay {
namespace {

constexpr int64_t kOrigin = 1'577'836'800'000;  // 2020-01-01T00:00:00Z.
constexpr const char* kFiles[] = {"couriers.txt",
                                  "instance_parameters.txt",
                                  "orders.txt",
                                  "restaurants.txt",
                                  "solution_info_assignments.txt",
                                  "solution_info_couriers.txt",
                                  "solution_info_orders.txt"};

struct Line {
  int64_t number = 0;
  std::vector<std::string> cells;
};

// Lines of white-space separated cells; the first is the header unless its
// second cell is a number.
struct Text {
  std::string name;
  std::vector<std::string> header;
  std::vector<Line> lines;

  int Column(std::initializer_list<const char*> names) const {
    for (size_t i = 0; i < header.size(); ++i) {
      for (const char* name : names) {
        if (absl::EqualsIgnoreCase(header[i], name)) return static_cast<int>(i);
      }
    }
    return -1;
  }
};

absl::StatusOr<Text> ReadLines(const std::string& folder, const std::string& name,
                               bool tabs = false) {
  std::ifstream stream(folder + "/" + name, std::ios::binary);
  if (!stream) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ":1:1: the file is missing, expected beside orders.txt; add it"));
  }
  Text text;
  text.name = name;
  std::string line;
  for (int64_t number = 1; std::getline(stream, line); ++number) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    std::vector<std::string> cells;
    if (tabs) {
      std::istringstream parts(line);
      for (std::string cell; std::getline(parts, cell, '\t');) cells.push_back(cell);
    } else {
      std::istringstream parts(line);
      for (std::string cell; parts >> cell;) cells.push_back(cell);
    }
    if (cells.empty()) continue;
    int64_t ignored = 0;
    if (number == 1 && (cells.size() < 2 || !ParseDecimal(cells[1], 6, &ignored))) {
      text.header = cells;
    } else {
      text.lines.push_back({number, cells});
    }
  }
  return text;
}

absl::Status Wrong(const Text& text, const Line& line, int column, const std::string& expected) {
  const auto at = static_cast<size_t>(column);
  return absl::InvalidArgumentError(
      absl::StrCat(text.name, ":", line.number, ":", column + 1, ": found \"",
                   at < line.cells.size() ? line.cells[at] : "", "\", expected ", expected,
                   "; correct the file"));
}

// A cell in millionths, or an error that names it.
absl::StatusOr<int64_t> Number(const Text& text, const Line& line, int column) {
  int64_t value = 0;
  if (column < 0 || static_cast<size_t>(column) >= line.cells.size() ||
      !ParseDecimal(line.cells[static_cast<size_t>(column)], 6, &value)) {
    return Wrong(text, line, column < 0 ? 0 : column, "a number");
  }
  return value;
}

absl::StatusOr<int64_t> Minutes(const Text& text, const Line& line, int column) {
  auto value = Number(text, line, column);
  if (!value.ok()) return value;
  return *value * 60 / 1000;  // Millionths of a minute to milliseconds.
}

using Places = std::map<std::string, std::pair<double, double>>;

absl::Status AddPlaces(const Text& text, Places* places) {
  for (const Line& line : text.lines) {
    auto x = Number(text, line, 1);
    auto y = Number(text, line, 2);
    if (!x.ok()) return x.status();
    if (!y.ok()) return y.status();
    (*places)[line.cells[0]] = {static_cast<double>(*x) / 1e6, static_cast<double>(*y) / 1e6};
  }
  return absl::OkStatus();
}

// Builds a batch column by column; texts live in the owner.
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
  void Number(const char* column, int64_t value) { Column(column, false).numbers.back() = value; }
  void Text(const char* column, const std::string& value) {
    Column(column, true).texts.back() = *owner_->insert(owner_->end(), value);
  }
  RecordBatch Take() {
    for (ColumnData& column : batch_.columns) {
      if (column.numbers.empty()) {
        column.texts.resize(batch_.rows);
      } else {
        column.numbers.resize(batch_.rows, kUnknown);
      }
    }
    batch_.owner = owner_;
    return std::move(batch_);
  }

 private:
  ColumnData& Column(const char* name, bool text) {
    const int index = Tables()[static_cast<size_t>(batch_.table)].Find(name);
    for (ColumnData& column : batch_.columns) {
      if (column.column != index) continue;
      if (text) column.texts.resize(batch_.rows);
      if (!text) column.numbers.resize(batch_.rows, kUnknown);
      return column;
    }
    ColumnData& column = batch_.columns.emplace_back();
    column.column = index;
    if (text) column.texts.resize(batch_.rows);
    if (!text) column.numbers.resize(batch_.rows, kUnknown);
    return column;
  }
  RecordBatch batch_;
  std::shared_ptr<std::list<std::string>> owner_ = std::make_shared<std::list<std::string>>();
};

}  // namespace

bool IsMdrpFolder(const std::string& folder) {
  for (const char* name : {"orders.txt", "couriers.txt", "instance_parameters.txt",
                           "solution_info_orders.txt", "solution_info_assignments.txt"}) {
    if (!std::filesystem::exists(folder + "/" + name)) return false;
  }
  return true;
}

absl::Status ReadMdrp(const std::string& folder, FaultLog& faults, RecordSink& sink,
                      IngestResult* result) {
  result->files.assign(std::begin(kFiles), std::end(kFiles));
  std::erase_if(result->files, [&](const std::string& name) {
    return !std::filesystem::exists(folder + "/" + name);
  });
  for (const std::string& name : result->files) result->file_paths.push_back(folder + "/" + name);
  faults.SetFiles(result->files);
  const auto file_index = [&](const std::string& name) {
    return static_cast<uint32_t>(
        std::find(result->files.begin(), result->files.end(), name) - result->files.begin());
  };

  auto parameters = ReadLines(folder, "instance_parameters.txt", /*tabs=*/true);
  auto orders = ReadLines(folder, "orders.txt");
  auto couriers = ReadLines(folder, "couriers.txt");
  auto solution = ReadLines(folder, "solution_info_orders.txt");
  auto assignments = ReadLines(folder, "solution_info_assignments.txt");
  for (const auto* text : {&parameters, &orders, &couriers, &solution, &assignments}) {
    if (!text->ok()) return text->status();
  }
  if (parameters->lines.empty()) {
    return absl::InvalidArgumentError(
        "instance_parameters.txt:2:1: found no line of values, expected one; add it");
  }
  MdrpParameters& mdrp = result->mdrp;
  mdrp.present = true;
  const Line& values = parameters->lines.front();
  int64_t metres_per_minute = 0;
  const std::vector<std::pair<const char*, int64_t*>> fields = {
      {"meters_per_minute", &metres_per_minute},
      {"pickup service minutes", &mdrp.pickup_service},
      {"dropoff service minutes", &mdrp.dropoff_service},
      {"target click-to-door", &mdrp.target_click_to_door},
      {"maximum click-to-door", &mdrp.maximum_click_to_door},
      {"pay per order", &mdrp.pay_per_order},
      {"guaranteed pay per hour", &mdrp.guaranteed_per_hour}};
  for (const auto& [name, target] : fields) {
    auto value = Number(*parameters, values, parameters->Column({name}));
    if (!value.ok()) return value.status();
    *target = *value;
  }
  for (int64_t* minutes : {&mdrp.pickup_service, &mdrp.dropoff_service, &mdrp.target_click_to_door,
                           &mdrp.maximum_click_to_door}) {
    *minutes = *minutes * 60 / 1000;
  }
  mdrp.orders_total = static_cast<int64_t>(orders->lines.size());
  mdrp.bundles = static_cast<int64_t>(assignments->lines.size());

  struct Assignment {
    int64_t at = 0;
    std::string bundle;
  };
  std::map<std::string, Assignment> assigned;  // By order.
  const int order_column = std::max(assignments->Column({"orders"}), 3);
  for (const Line& line : assignments->lines) {
    auto at = Minutes(*assignments, line, 0);
    if (!at.ok()) return at.status();
    for (size_t i = static_cast<size_t>(order_column); i < line.cells.size(); ++i) {
      std::string order;
      for (const char c : line.cells[i]) {
        if (absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-') order += c;
      }
      if (!order.empty()) assigned[order] = {*at, absl::StrCat("b", line.number - 1)};
    }
  }

  Builder sessions("sessions", file_index("couriers.txt"));
  for (const Line& line : couriers->lines) {
    auto on = Minutes(*couriers, line, 3);
    auto off = Minutes(*couriers, line, 4);
    if (!on.ok()) return on.status();
    if (!off.ok()) return off.status();
    sessions.Begin(line.number);
    sessions.Text("worker_id", line.cells[0]);
    sessions.Number("started_at", kOrigin + *on);
    sessions.Number("ended_at", kOrigin + *off);
    sessions.Number("required", 1);
  }
  faults.CountRows("sessions", file_index("couriers.txt"),
                   static_cast<int64_t>(couriers->lines.size()));
  absl::Status status = sink.Accept(0, sessions.Take());
  if (!status.ok()) return status;

  const int placed = solution->Column({"placement_time"});
  const int ready = solution->Column({"ready_time"});
  const int picked = solution->Column({"pickup_time"});
  const int dropped = solution->Column({"dropoff_time"});
  const int courier = solution->Column({"courier"});
  Builder tasks("tasks", file_index("solution_info_orders.txt"));
  for (const Line& line : solution->lines) {
    tasks.Begin(line.number);
    tasks.Text("task_id", line.cells[0]);
    tasks.Text("order_id", line.cells[0]);
    if (courier < 0 || static_cast<size_t>(courier) >= line.cells.size()) {
      return Wrong(*solution, line, std::max(courier, 0), "a courier");
    }
    tasks.Text("worker_id", line.cells[static_cast<size_t>(courier)]);
    const std::pair<const char*, int> clocks[] = {{"placed_at", placed},
                                                  {"ready_at", ready},
                                                  {"picked_up_at", picked},
                                                  {"completed_at", dropped}};
    for (const auto& [column, source] : clocks) {
      auto at = Minutes(*solution, line, source);
      if (!at.ok()) return at.status();
      tasks.Number(column, kOrigin + *at);
      if (source == placed) {
        tasks.Number("promised_at", kOrigin + *at + mdrp.target_click_to_door);
        tasks.Number("limit_at", kOrigin + *at + mdrp.maximum_click_to_door);
      }
    }
    const auto found = assigned.find(line.cells[0]);
    if (found != assigned.end()) {
      tasks.Number("accepted_at", kOrigin + found->second.at);
      tasks.Text("batch_id", found->second.bundle);
    }
    tasks.Number("status", v1::STATUS_DELIVERED);
    tasks.Number("pay_base", mdrp.pay_per_order);
  }
  faults.CountRows("tasks", file_index("solution_info_orders.txt"),
                   static_cast<int64_t>(solution->lines.size()));
  status = sink.Accept(0, tasks.Take());
  if (!status.ok()) return status;

  // Time under way, from the places: straight lines, whole minutes up.
  if (std::filesystem::exists(folder + "/solution_info_couriers.txt") &&
      std::filesystem::exists(folder + "/restaurants.txt") && metres_per_minute > 0) {
    auto legs = ReadLines(folder, "solution_info_couriers.txt");
    auto restaurants = ReadLines(folder, "restaurants.txt");
    if (!legs.ok()) return legs.status();
    if (!restaurants.ok()) return restaurants.status();
    Places places;
    for (const Text* text : {&*orders, &*restaurants, &*couriers}) {
      status = AddPlaces(*text, &places);
      if (!status.ok()) return status;
    }
    std::map<std::string, int64_t> driving;
    const double speed = static_cast<double>(metres_per_minute) / 1e6;
    for (const Line& line : legs->lines) {
      if (line.cells.size() < 4) return Wrong(*legs, line, 3, "courier, time, origin, destination");
      const std::string& from = line.cells[2] == "0" ? line.cells[0] : line.cells[2];
      const auto a = places.find(from);
      const auto b = places.find(line.cells[3]);
      if (a == places.end() || b == places.end()) {
        return Wrong(*legs, line, a == places.end() ? 2 : 3, "a place of the instance");
      }
      const double metres = std::hypot(a->second.first - b->second.first,
                                       a->second.second - b->second.second);
      driving[line.cells[0]] += static_cast<int64_t>(std::ceil(metres / speed)) * kMinute;
    }
    mdrp.driving.assign(driving.begin(), driving.end());
  }
  result->mapping_name = "grubhub-mdrp";
  result->info.set_platform("Grubhub MDRP instance with a solution");
  result->info.set_currency("USD");
  result->info.set_time_zone("UTC");
  result->notes.push_back(
      "The instance gives minutes without a date; they are counted from 2020-01-01T00:00Z here.");
  result->notes.push_back(
      "The solution holds no pay statement: pay is the instance's pay per order, and the hourly "
      "guarantee is evaluated as a published rule.");
  for (const char* column :
       {"sessions.ended_at", "sessions.required", "sessions.started_at", "sessions.worker_id",
        "tasks.accepted_at", "tasks.batch_id", "tasks.completed_at", "tasks.limit_at",
        "tasks.order_id", "tasks.pay_base", "tasks.picked_up_at", "tasks.placed_at",
        "tasks.promised_at", "tasks.ready_at", "tasks.status", "tasks.task_id",
        "tasks.worker_id"}) {
    result->columns.push_back(column);
  }
  return absl::OkStatus();
}

}  // namespace plumbline::replay
