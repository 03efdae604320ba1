#include "audit/findings/roster.h"

#include <google/protobuf/message.h>

#include <vector>

#include "absl/time/time.h"
#include "audit/rules/text.h"
#include "replay/schema/schema.h"

namespace plumbline::audit {
namespace {

namespace pb = google::protobuf;
using replay::ColumnSchema;
using replay::kUnknown;
using replay::TableSchema;

// A record of a small table, read by reflection.
class MessageRow : public RowView {
 public:
  MessageRow(const TableSchema& table, const pb::Message& message)
      : table_(table), message_(message) {}

  int64_t Number(int column) const override {
    const pb::FieldDescriptor* field = table_.columns[column].field;
    const pb::Reflection& reflection = *message_.GetReflection();
    if (field->is_repeated()) return reflection.FieldSize(message_, field);
    if (!reflection.HasField(message_, field)) return kUnknown;
    switch (field->cpp_type()) {
      case pb::FieldDescriptor::CPPTYPE_INT64:
        return reflection.GetInt64(message_, field);
      case pb::FieldDescriptor::CPPTYPE_INT32:
        return reflection.GetInt32(message_, field);
      case pb::FieldDescriptor::CPPTYPE_BOOL:
        return reflection.GetBool(message_, field) ? 1 : 0;
      case pb::FieldDescriptor::CPPTYPE_ENUM:
        return reflection.GetEnumValue(message_, field);
      default:
        return kUnknown;
    }
  }

  std::string_view Text(int column) const override {
    const ColumnSchema& schema = table_.columns[column];
    const pb::FieldDescriptor* field = schema.field;
    const pb::Reflection& reflection = *message_.GetReflection();
    if (field->is_repeated() || !reflection.HasField(message_, field))
      return {};
    if (field->cpp_type() == pb::FieldDescriptor::CPPTYPE_ENUM) {
      const int value = reflection.GetEnumValue(message_, field);
      if (value == 0) return {};
      word_ = replay::EnumWord(schema, value);
      return word_;
    }
    if (field->cpp_type() != pb::FieldDescriptor::CPPTYPE_STRING) return {};
    return reflection.GetStringReference(message_, field, &word_);
  }

 private:
  const TableSchema& table_;
  const pb::Message& message_;
  mutable std::string word_;
};

// The message inside a record, nullptr unless it is of `table`.
const pb::Message* InTable(const v1::LogRecord& record,
                           const TableSchema& table) {
  const pb::Reflection& reflection = *record.GetReflection();
  const pb::FieldDescriptor* field = reflection.GetOneofFieldDescriptor(
      record, v1::LogRecord::descriptor()->FindOneofByName("record"));
  if (field == nullptr || field->message_type() != table.message) {
    return nullptr;
  }
  return &reflection.GetMessage(record, field);
}

int64_t NumberOf(const RowView& row, const TableSchema& table,
                 std::string_view column) {
  const int index = table.Find(column);
  return index < 0 ? kUnknown : row.Number(index);
}

// Columns that say when a row happened, the best first.
constexpr std::string_view kMoments[] = {
    "effective_from", "imposed_at",   "filed_at",   "requested_at",
    "shown_at",       "rated_at",     "offered_at", "started_at",
    "earned_at",      "period_start", "due_at",     "joined_at"};

// The columns of a row that the timeline holds unpacked, by name.
enum class Cell {
  kNone,
  kKind,
  kAmount,
  kEarned,
  kPeriodStart,
  kPeriodEnd,
  kDue,
  kPaid,
  kChannel,
  kCause,
  kPayer,
  kTask,
  kLine,
  kStarted,
  kEnded,
  kRequired,
  kState,
  kMoment,
  kOrder,
  kOffered,
  kChosen,
  kRank,
  kResponse,
  kResponded,
  kReason,
  kShownPay,
  kPickupDistance,
  kLoad,
  kIdle,
};

std::vector<Cell> CellsOf(const TableSchema& table) {
  static const auto& kNames = *new std::map<std::string_view, Cell>{
      {"kind", Cell::kKind},
      {"amount", Cell::kAmount},
      {"earned_at", Cell::kEarned},
      {"period_start", Cell::kPeriodStart},
      {"period_end", Cell::kPeriodEnd},
      {"due_at", Cell::kDue},
      {"paid_at", Cell::kPaid},
      {"channel", Cell::kChannel},
      {"cause", Cell::kCause},
      {"payer_id", Cell::kPayer},
      {"task_id", Cell::kTask},
      {"line_id", Cell::kLine},
      {"started_at", Cell::kStarted},
      {"ended_at", Cell::kEnded},
      {"required", Cell::kRequired},
      {"state", Cell::kState},
      {"moment_id", Cell::kMoment},
      {"order_id", Cell::kOrder},
      {"offered_at", Cell::kOffered},
      {"chosen", Cell::kChosen},
      {"rank", Cell::kRank},
      {"response", Cell::kResponse},
      {"responded_at", Cell::kResponded},
      {"reason", Cell::kReason},
      {"shown_pay", Cell::kShownPay},
      {"pickup_distance_m", Cell::kPickupDistance},
      {"load", Cell::kLoad},
      {"idle_s", Cell::kIdle}};
  std::vector<Cell> cells;
  for (const ColumnSchema& column : table.columns) {
    const auto found = kNames.find(column.name);
    cells.push_back(found == kNames.end() ? Cell::kNone : found->second);
  }
  return cells;
}

// A row that the timeline holds unpacked.
class TimelineRow : public RowView {
 public:
  TimelineRow(const TableSchema& table, const replay::LogStore& store)
      : table_(table), store_(store), cells_(CellsOf(table)) {}

  const replay::PayLine* pay = nullptr;
  const replay::Session* session = nullptr;
  const replay::Offer* offer = nullptr;

  int64_t Number(int column) const override {
    const Cell cell = cells_[column];
    if (pay != nullptr) {
      switch (cell) {
        case Cell::kKind:
          return pay->kind;
        case Cell::kAmount:
          return pay->amount;
        case Cell::kEarned:
          return pay->earned_at;
        case Cell::kPeriodStart:
          return pay->period_start;
        case Cell::kPeriodEnd:
          return pay->period_end;
        case Cell::kDue:
          return pay->due_at;
        case Cell::kPaid:
          return pay->paid_at;
        case Cell::kChannel:
          return pay->channel;
        default:
          return kUnknown;
      }
    }
    if (session != nullptr) {
      switch (cell) {
        case Cell::kStarted:
          return session->started_at;
        case Cell::kEnded:
          return session->ended_at;
        case Cell::kRequired:
          return session->required;
        case Cell::kState:
          return session->state;
        default:
          return kUnknown;
      }
    }
    switch (cell) {
      case Cell::kOffered:
        return offer->offered_at;
      case Cell::kChosen:
        return offer->chosen;
      case Cell::kRank:
        return offer->rank;
      case Cell::kResponse:
        return offer->response;
      case Cell::kResponded:
        return offer->responded_at;
      case Cell::kShownPay:
        return offer->shown_pay;
      case Cell::kPickupDistance:
        return offer->pickup_distance;
      case Cell::kLoad:
        return offer->load;
      case Cell::kIdle:
        return offer->idle;
      default:
        return kUnknown;
    }
  }

  std::string_view Text(int column) const override {
    const ColumnSchema& schema = table_.columns[column];
    if (schema.type == replay::ColumnType::kEnum) {
      const int64_t value = Number(column);
      if (value == kUnknown || value == 0) return {};
      word_ = replay::EnumWord(schema, static_cast<int>(value));
      return word_;
    }
    std::string_view text;
    replay::Symbol symbol = 0;
    switch (cells_[column]) {
      case Cell::kCause:
        symbol = pay->cause;
        break;
      case Cell::kPayer:
        symbol = pay->payer;
        break;
      case Cell::kReason:
        symbol = offer->reason;
        break;
      case Cell::kTask:
        text = pay->task_id;
        break;
      case Cell::kLine:
        text = pay->line_id;
        break;
      case Cell::kMoment:
        text = offer->moment_id;
        break;
      case Cell::kOrder:
        text = offer->order_id;
        break;
      default:
        break;
    }
    if (symbol != 0) return store_.Text(symbol);
    return text.empty() ? std::string_view() : text;
  }

 private:
  const TableSchema& table_;
  const replay::LogStore& store_;
  const std::vector<Cell> cells_;
  mutable std::string word_;
};

}  // namespace

Roster::Roster(const replay::LogStore& store) {
  const TableSchema& table = *replay::FindTable("workers");
  for (const v1::LogRecord& record : store.small_tables()) {
    const pb::Message* message = InTable(record, table);
    if (message == nullptr) continue;
    auto row = std::make_unique<MessageRow>(table, *message);
    rows_.emplace(record.worker().worker_id(), std::move(row));
  }
}

const RowView* Roster::Find(std::string_view worker) const {
  const auto found = rows_.find(worker);
  return found == rows_.end() ? nullptr : found->second.get();
}

SmallTables::SmallTables(const replay::LogStore& store) {
  for (const v1::LogRecord& record : store.small_tables()) {
    for (const TableSchema& table : replay::Tables()) {
      const int worker = table.Find("worker_id");
      const pb::Message* message =
          worker < 0 ? nullptr : InTable(record, table);
      if (message == nullptr) continue;
      auto row = std::make_unique<MessageRow>(table, *message);
      auto& rows = rows_[{&table, std::string(row->Text(worker))}];
      rows.push_back(std::move(row));
      break;
    }
  }
}

const std::vector<std::unique_ptr<RowView>>& SmallTables::Find(
    const TableSchema& table, std::string_view worker) const {
  static const auto& kNone = *new std::vector<std::unique_ptr<RowView>>;
  const auto found = rows_.find({&table, std::string(worker)});
  return found == rows_.end() ? kNone : found->second;
}

class WorkerRows::Unpacked {
 public:
  Unpacked(const TableSchema& table, const replay::LogStore& store)
      : row(table, store) {}
  TimelineRow row;
};

WorkerRows::WorkerRows(const TableSchema& table, const replay::LogStore& store,
                       const SmallTables* small)
    : table_(table), small_(small) {
  if (table.name == "pay" || table.name == "sessions" ||
      table.name == "offers") {
    unpacked_ = std::make_unique<Unpacked>(table, store);
  }
  for (std::string_view column : kMoments) {
    const int index = table.Find(column);
    if (index >= 0) moments_.push_back(index);
  }
}

WorkerRows::~WorkerRows() = default;

void WorkerRows::Reset(const replay::WorkerTimeline& timeline) {
  timeline_ = &timeline;
  if (table_.name == "pay") {
    size_ = timeline.pay.size();
  } else if (table_.name == "sessions") {
    size_ = timeline.sessions.size();
  } else if (table_.name == "offers") {
    size_ = timeline.offers.size();
  } else if (small_ != nullptr && timeline.known) {
    rows_ = &small_->Find(table_, timeline.worker_id);
    size_ = rows_->size();
  } else {
    size_ = 0;
  }
}

const RowView& WorkerRows::At(size_t index) {
  if (unpacked_ == nullptr) return *(*rows_)[index];
  TimelineRow& row = unpacked_->row;
  if (table_.name == "pay") {
    row.pay = &timeline_->pay[index];
  } else if (table_.name == "sessions") {
    row.session = &timeline_->sessions[index];
  } else {
    row.offer = &timeline_->offers[index];
  }
  return row;
}

int64_t WorkerRows::MomentOf(const RowView& row) const {
  for (int column : moments_) {
    const int64_t at = row.Number(column);
    if (at != kUnknown) return at;
  }
  return kUnknown;
}

void VisitSmallTable(const std::string& table_name,
                     const replay::LogStore& store,
                     absl::FunctionRef<void(const RowView&, std::string,
                                            int64_t, std::string_view)>
                         visit) {
  const TableSchema& table = *replay::FindTable(table_name);
  // The id is the table's first column where that is an id.
  const bool has_id = !table.columns.empty() && table.columns[0].unit == v1::ID;
  const int worker_column = table.Find("worker_id");
  for (const v1::LogRecord& record : store.small_tables()) {
    const pb::Message* message = InTable(record, table);
    if (message == nullptr) continue;
    const MessageRow row(table, *message);
    std::string id;
    if (has_id) {
      if (const std::string_view text = row.Text(0); text.data() != nullptr) {
        id = std::string(text);
      }
    }
    // A table without ids: what every row must have names it.
    for (size_t i = 0; i < table.columns.size() && (!has_id || id.empty());
         ++i) {
      if (!table.columns[i].required) continue;
      const std::string_view text = row.Text(static_cast<int>(i));
      const int64_t value = row.Number(static_cast<int>(i));
      if (!id.empty()) id += "/";
      id += text.data() != nullptr ? std::string(text)
            : table.columns[i].unit == v1::INSTANT
                ? absl::FormatTime(absl::RFC3339_full,
                                   absl::FromUnixMillis(value),
                                   absl::UTCTimeZone())
                : std::to_string(value);
      if (has_id) break;
    }
    int64_t at = kUnknown;
    for (std::string_view column : kMoments) {
      if (at == kUnknown) at = NumberOf(row, table, column);
    }
    std::string worker;
    if (worker_column >= 0) worker = std::string(row.Text(worker_column));
    visit(row, std::move(id), at, worker);
  }
}

void VisitTimelineRows(
    const std::string& table_name, const replay::WorkerTimeline& timeline,
    const replay::LogStore& store,
    absl::FunctionRef<void(const RowView&, std::string, int64_t)> visit) {
  const TableSchema& table = *replay::FindTable(table_name);
  TimelineRow row(table, store);
  int64_t number = 0;
  if (table_name == "pay") {
    for (const replay::PayLine& line : timeline.pay) {
      row.pay = &line;
      ++number;
      int64_t at = line.earned_at;
      if (at == kUnknown) at = line.period_start;
      if (at == kUnknown) at = line.due_at;
      visit(row,
            line.line_id.empty() ? Cat(timeline.worker_id, "#", number)
                                 : std::string(line.line_id),
            at);
    }
  } else if (table_name == "sessions") {
    for (const replay::Session& session : timeline.sessions) {
      row.session = &session;
      visit(row, Cat(timeline.worker_id, "#", ++number), session.started_at);
    }
  } else {
    for (const replay::Offer& offer : timeline.offers) {
      row.offer = &offer;
      visit(row,
            Cat(offer.moment_id, "/", offer.order_id, "/", timeline.worker_id),
            offer.offered_at);
    }
  }
}

}  // namespace plumbline::audit
