#include "replay/ingest/draft_mapping.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "replay/ingest/guess.h"
#include "replay/schema/schema.h"

namespace plumbline::replay {
namespace {

// Names under which exports know our columns, without blanks, underscores and
// capitals. Only names that can mean nothing else.
const std::map<std::string, std::string>& KnownNames() {
  static const auto& names = *new std::map<std::string, std::string>{
      {"waybillid", "task_id"},
      {"waybillno", "task_id"},
      {"运单号", "task_id"},
      {"运单编号", "task_id"},
      {"tripid", "task_id"},
      {"deliveryid", "task_id"},
      {"orderno", "order_id"},
      {"ordernumber", "order_id"},
      {"订单号", "order_id"},
      {"订单编号", "order_id"},
      {"riderid", "worker_id"},
      {"courierid", "worker_id"},
      {"driverid", "worker_id"},
      {"driveruuid", "worker_id"},
      {"骑手", "worker_id"},
      {"骑手id", "worker_id"},
      {"骑手编号", "worker_id"},
      {"骑手姓名", "worker_id"},
      {"司机", "worker_id"},
      {"司机id", "worker_id"},
      {"司机编号", "worker_id"},
      {"配送员", "worker_id"},
      {"城市", "city"},
      {"站点", "zone"},
      {"商圈", "zone"},
      {"区域", "zone"},
      {"天气", "weather"},
      {"ordertime", "placed_at"},
      {"placementtime", "placed_at"},
      {"requesttime", "placed_at"},
      {"requestdatetime", "placed_at"},
      {"下单时间", "placed_at"},
      {"readytime", "ready_at"},
      {"出餐时间", "ready_at"},
      {"dispatchtime", "offered_at"},
      {"派单时间", "offered_at"},
      {"accepttime", "accepted_at"},
      {"grabtime", "accepted_at"},
      {"接单时间", "accepted_at"},
      {"抢单时间", "accepted_at"},
      {"到店时间", "arrived_pickup_at"},
      {"pickuptime", "picked_up_at"},
      {"取餐时间", "picked_up_at"},
      {"取货时间", "picked_up_at"},
      {"取件时间", "picked_up_at"},
      {"dropofftime", "completed_at"},
      {"deliverytime", "completed_at"},
      {"deliveredtime", "completed_at"},
      {"送达时间", "completed_at"},
      {"完成时间", "completed_at"},
      {"canceltime", "cancelled_at"},
      {"取消时间", "cancelled_at"},
      {"promisedtime", "promised_at"},
      {"预计送达时间", "promised_at"},
      {"承诺送达时间", "promised_at"},
      {"要求送达时间", "limit_at"},
      {"考核时间", "limit_at"},
      {"deadline", "limit_at"},
      {"订单状态", "status"},
      {"状态", "status"},
      {"配送距离", "route_distance_m"},
      {"里程", "route_distance_m"},
      {"配送费", "pay_base"},
      {"driverpay", "pay_base"},
      {"骑手收入", "pay_base"},
      {"小费", "pay_tip"},
      {"超时扣款", "pay_late_fine"},
      {"罚款", "pay_other_fine"},
      {"抽成", "pay_commission"},
      {"customertotal", "customer_total"},
      {"顾客实付", "customer_total"},
      {"上线时间", "started_at"},
      {"logintime", "started_at"},
      {"onlinetime", "started_at"},
      {"下线时间", "ended_at"},
      {"logouttime", "ended_at"},
      {"offlinetime", "ended_at"},
      {"性别", "sex"},
      {"民族", "ethnicity"},
      {"出生日期", "birth_date"},
      {"户籍", "household_registration"},
      {"入职时间", "joined_at"},
      {"金额", "amount"},
      {"发放时间", "paid_at"},
      {"支付时间", "paid_at"},
  };
  return names;
}

std::string Plain(const std::string& name) {
  std::string plain;
  for (const char c : name) {
    if (c == ' ' || c == '_' || c == '-') continue;
    plain += absl::ascii_tolower(static_cast<unsigned char>(c));
  }
  return plain;
}

// The canonical column that a name of the export stands for, "" if unclear.
std::string KnownName(const TableSchema& table, const std::string& name) {
  const std::string plain = Plain(name);
  for (const ColumnSchema& column : table.columns) {
    if (Plain(column.name) == plain) return column.name;
  }
  const auto found = KnownNames().find(plain);
  if (found == KnownNames().end() || table.Find(found->second) < 0) return "";
  return found->second;
}

// Whether cells of this form can stand in the column at all.
bool CanHold(const ColumnSchema& column, CellForm form) {
  const bool number =
      form == CellForm::kInteger || form == CellForm::kDecimal ||
      form == CellForm::kEpochSeconds || form == CellForm::kEpochMilliseconds;
  switch (column.type) {
    case ColumnType::kNumber:
      if (column.unit == v1::INSTANT) {
        return form == CellForm::kInstant || form == CellForm::kLocalTime ||
               form == CellForm::kEpochSeconds ||
               form == CellForm::kEpochMilliseconds;
      }
      if (column.unit == v1::DATE) return form == CellForm::kDate;
      return number;
    case ColumnType::kTextList:
    case ColumnType::kNumberList:
      return form == CellForm::kJsonList;
    default:
      return true;
  }
}

struct Target {
  std::string column;
  const InspectedColumn* source;
};

// Which source column becomes which column of the table; the first wins.
std::vector<Target> Targets(const TableSchema& table,
                            const std::vector<InspectedColumn>& columns) {
  std::vector<Target> targets;
  std::set<std::string> taken;
  for (const InspectedColumn& column : columns) {
    const std::string name = KnownName(table, column.name);
    if (name.empty() || taken.contains(name)) continue;
    const ColumnSchema& schema =
        table.columns[static_cast<size_t>(table.Find(name))];
    if (column.form != CellForm::kEmpty && !CanHold(schema, column.form))
      continue;
    taken.insert(name);
    targets.push_back({name, &column});
  }
  return targets;
}

const char* FormWord(CellForm form) {
  switch (form) {
    case CellForm::kEmpty:
      return "empty";
    case CellForm::kInteger:
      return "integer";
    case CellForm::kDecimal:
      return "decimal";
    case CellForm::kEpochSeconds:
      return "epoch seconds";
    case CellForm::kEpochMilliseconds:
      return "epoch milliseconds";
    case CellForm::kInstant:
      return "RFC 3339";
    case CellForm::kLocalTime:
      return "local time";
    case CellForm::kDate:
      return "date";
    case CellForm::kBoolean:
      return "boolean";
    case CellForm::kWords:
      return "words";
    case CellForm::kJsonList:
      return "JSON list";
    case CellForm::kJsonObject:
      return "JSON object";
    case CellForm::kText:
      return "text";
  }
  return "";
}

std::string Quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (c == '\n') {
      quoted += "\\n";
    } else if (static_cast<unsigned char>(c) >= 0x20) {
      quoted += c;
    }
  }
  return quoted + "\"";
}

std::string SampleComment(const InspectedColumn& column) {
  std::string text = absl::StrCat("  # ", FormWord(column.form));
  if (!column.samples.empty()) {
    absl::StrAppend(&text, ", for example ",
                    absl::StrJoin(column.samples, ", ",
                                  [](auto* out, const std::string& sample) {
                                    out->append(Quoted(sample));
                                  }));
  }
  return text;
}

// Words of an enum or boolean that are not canonical need a translation.
std::string WordLines(const ColumnSchema& schema,
                      const InspectedColumn& source) {
  std::string lines;
  if (schema.type != ColumnType::kEnum && schema.type != ColumnType::kBool)
    return lines;
  for (const std::string& word : source.words) {
    if (schema.type == ColumnType::kEnum && EnumValue(schema, word) > 0)
      continue;
    if (schema.type == ColumnType::kBool && IsBoolean(word)) continue;
    absl::StrAppend(&lines, "\n    words { from: ", Quoted(word),
                    " to: \"\" }  # fill in: a word of ", schema.name);
  }
  return lines;
}

// The table that understands most columns; of equals the one with no required
// column open.
const TableSchema& BestTable(const std::vector<InspectedColumn>& columns,
                             std::vector<Target>* targets) {
  const TableSchema* table = nullptr;
  std::pair<bool, size_t> best{false, 0};
  for (const TableSchema& candidate : Tables()) {
    std::vector<Target> found = Targets(candidate, columns);
    bool complete = true;
    for (const ColumnSchema& column : candidate.columns) {
      const bool there = std::any_of(
          found.begin(), found.end(),
          [&](const Target& target) { return target.column == column.name; });
      // Tasks can do without an id and without a worker.
      complete =
          complete && (there || !column.required || candidate.name == "tasks");
    }
    const std::pair rank(complete, found.size());
    if (table != nullptr && rank <= best) continue;
    table = &candidate;
    *targets = std::move(found);
    best = rank;
  }
  return *table;
}

// The line that maps one column.
std::string ColumnLine(const ColumnSchema& schema,
                       const InspectedColumn& source, const std::string& zone) {
  std::string line = absl::StrCat("  columns { to: \"", schema.name,
                                  "\" from: ", Quoted(source.name));
  if (source.form == CellForm::kLocalTime) {
    absl::StrAppend(&line, " local_zone: ", Quoted(zone));
  }
  if (schema.unit == v1::INSTANT && source.form == CellForm::kEpochSeconds) {
    line += " instants: EPOCH_SECONDS";
  }
  if (schema.unit == v1::INSTANT &&
      source.form == CellForm::kEpochMilliseconds) {
    line += " instants: EPOCH_MILLISECONDS";
  }
  const std::string words = WordLines(schema, source);
  line += words.empty() ? " }" : absl::StrCat(words, "\n  }");
  return absl::StrCat(line, SampleComment(source), "; check\n");
}

// The line of a required column that nothing was found for.
std::string OpenLine(const std::string& table, const std::string& column) {
  if (table == "tasks" && column == "task_id") {
    return "  columns { to: \"task_id\" row_number: true }  # check: the file "
           "names no id\n";
  }
  if (table == "tasks" && column == "worker_id") {
    return "  columns { to: \"worker_id\" constant: \"\" }  # fill in: from, "
           "or "
           "nobody is named\n";
  }
  return absl::StrCat("  columns { to: \"", column,
                      "\" from: \"?\" }  # fill in\n");
}

}  // namespace

std::string DraftMapping(const std::string& file_name,
                         const std::vector<InspectedColumn>& columns,
                         const std::string& time_zone) {
  std::vector<Target> targets;
  const TableSchema& table = BestTable(columns, &targets);
  const std::string zone = time_zone.empty() ? "Asia/Shanghai" : time_zone;

  std::string text = absl::StrCat(
      "# Draft by `plumbline inspect` for ", Quoted(file_name),
      ". Look at every line marked \"check\" or\n# \"fill in\", and give the "
      "file with --mapping.\n",
      "name: \"my-export\"  # fill in: a short name for the report\ntitle: "
      "\"\"\nlog {\n",
      "  platform: \"\"  # fill in\n  # currency: \"CNY\"  # fill in where the "
      "log holds money\n",
      "  time_zone: ", Quoted(zone), "  # check\n}\ntables {\n  table: \"",
      table.name, "\"  # check\n  fingerprint: [");
  std::vector<std::string> header;
  for (const InspectedColumn& column : columns) {
    if (!column.name.empty()) header.push_back(Quoted(column.name));
  }
  absl::StrAppend(&text, absl::StrJoin(header, ", "), "]\n");
  std::set<std::string> done;
  for (const Target& target : targets) {
    done.insert(target.column);
    text += ColumnLine(
        table.columns[static_cast<size_t>(table.Find(target.column))],
        *target.source, zone);
  }
  for (const ColumnSchema& column : table.columns) {
    if (!column.required || done.contains(column.name)) continue;
    text += OpenLine(table.name, column.name);
  }
  for (const InspectedColumn& column : columns) {
    const bool used = std::any_of(
        targets.begin(), targets.end(),
        [&](const Target& target) { return target.source == &column; });
    if (used || column.name.empty()) continue;
    absl::StrAppend(&text,
                    "  # columns { to: \"?\" from: ", Quoted(column.name), " }",
                    SampleComment(column), "\n");
  }
  return text + "}\n";
}

}  // namespace plumbline::replay
