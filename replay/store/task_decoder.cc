#include "replay/store/task_decoder.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "absl/strings/match.h"
#include "replay/base/decimal.h"

namespace plumbline::replay {
namespace {

constexpr size_t kGroupRows = 16;

struct Member {
  const char* column;
  uint32_t offset;
};

// Where each column stands in Task. Texts, numbers and symbols are told apart
// by the schema; the worker is the timeline's, estimates are a list.
constexpr Member kMembers[] = {
    {"task_id", offsetof(Task, task_id)},
    {"order_id", offsetof(Task, order_id)},
    {"offer_id", offsetof(Task, offer_id)},
    {"moment_id", offsetof(Task, moment_id)},
    {"batch_id", offsetof(Task, batch_id)},
    {"zone", offsetof(Task, zone)},
    {"city", offsetof(Task, city)},
    {"vehicle", offsetof(Task, vehicle)},
    {"weather", offsetof(Task, weather)},
    {"placed_at", offsetof(Task, placed_at)},
    {"ready_at", offsetof(Task, ready_at)},
    {"offered_at", offsetof(Task, offered_at)},
    {"accepted_at", offsetof(Task, accepted_at)},
    {"arrived_pickup_at", offsetof(Task, arrived_pickup_at)},
    {"picked_up_at", offsetof(Task, picked_up_at)},
    {"arrived_dropoff_at", offsetof(Task, arrived_dropoff_at)},
    {"completed_at", offsetof(Task, completed_at)},
    {"cancelled_at", offsetof(Task, cancelled_at)},
    {"status", offsetof(Task, status)},
    {"promised_at", offsetof(Task, promised_at)},
    {"limit_at", offsetof(Task, limit_at)},
    {"planned_wait_s", offsetof(Task, planned_wait)},
    {"route_distance_m", offsetof(Task, route_distance)},
    {"pickup_distance_m", offsetof(Task, pickup_distance)},
    {"dropoff_distance_m", offsetof(Task, dropoff_distance)},
    {"pickup_lat", offsetof(Task, pickup_lat)},
    {"pickup_lng", offsetof(Task, pickup_lng)},
    {"dropoff_lat", offsetof(Task, dropoff_lat)},
    {"dropoff_lng", offsetof(Task, dropoff_lng)},
    {"trip_time_s", offsetof(Task, trip_time)},
    {"prebooked", offsetof(Task, prebooked)},
    {"shared", offsetof(Task, shared)},
    {"wheelchair", offsetof(Task, wheelchair)},
    {"customer_total", offsetof(Task, customer_total)},
    {"commission_shown", offsetof(Task, commission_shown)},
};

// pay_base ... pay_tax in the order of PayKind; 0 for another column.
uint16_t PayKindOf(const TableSchema& schema, int column) {
  static const int first = schema.Find("pay_base");
  const int kind = column - first + v1::PAY_BASE;
  return column >= first && kind < kPayKinds ? static_cast<uint16_t>(kind) : 0;
}

void Put64(Task& task, uint32_t member, int64_t value) {
  std::memcpy(reinterpret_cast<char*>(&task) + member, &value, sizeof value);
}
void Put32(Task& task, uint32_t member, int64_t value) {
  const auto narrow = static_cast<uint32_t>(value == kUnknown ? 0 : value);
  std::memcpy(reinterpret_cast<char*>(&task) + member, &narrow, sizeof narrow);
}

}  // namespace

std::vector<std::string> TaskMemberColumns() {
  std::vector<std::string> names;
  for (const Member& member : kMembers) names.push_back(member.column);
  return names;
}

void TaskDecoder::Compile(const RowFormat& format, bool has_status) {
  format_ = &format;
  has_status_ = has_status;
  const TableSchema& schema = format.schema();
  const int columns = static_cast<int>(schema.columns.size());
  ever_.assign(format.slots(), 0);
  for (size_t i = 0; i < format.layouts(); ++i) {
    for (const RowPart& part : format.At(static_cast<uint16_t>(i)).parts) {
      ever_[part.slot] = 1;
    }
  }
  has_estimates_ = ever_[RowFormat::SlotOf(schema.Find("estimates_s"))] != 0;
  pay_columns_ = 0;
  for (int c = 0; c < columns; ++c) {
    pay_columns_ += ever_[RowFormat::SlotOf(c)] && PayKindOf(schema, c) != 0;
  }
  plans_.assign(format.layouts(), {});
  for (size_t i = 0; i < plans_.size(); ++i) {
    Plan& plan = plans_[i];
    const RowLayout& layout = format.At(static_cast<uint16_t>(i));
    plan.fixed = layout.fixed;
    const auto fill = [&](int slot, Op* op) {
      const SlotPlan& slot_plan = format.plan(slot);
      op->instant = slot_plan.form == SlotForm::kInstant;
      const int index = layout.part_of_slot[slot];
      if (index < 0) {
        op->reader.fixed = kUnknown;
        return;
      }
      op->reader = NumberReader(layout.parts[index]);
      op->scale = layout.parts[index].scaled ? slot_plan.scale : 1;
    };
    fill(kBaseSlot, &plan.base);
    fill(RowFormat::SlotOf(schema.Find("accepted_at")), &plan.accepted);
    for (int c = 0; c < columns; ++c) {
      const int slot = RowFormat::SlotOf(c);
      if (!ever_[slot]) continue;
      Op op;
      fill(slot, &op);
      const SlotPlan& slot_plan = format.plan(slot);
      const auto* member =
          std::find_if(std::begin(kMembers), std::end(kMembers),
                       [&](const Member& candidate) {
                         return schema.columns[c].name == candidate.column;
                       });
      op.pay_kind = PayKindOf(schema, c);
      if (op.pay_kind != 0) {
        op.form = Form::kPay;
      } else if (slot_plan.form == SlotForm::kText) {
        // Texts that are no member are walked over all the same.
        op.form = Form::kText;
      } else if (member == std::end(kMembers)) {
        continue;
      } else if (slot_plan.symbol ||
                 schema.columns[c].type == ColumnType::kEnum) {
        op.form = Form::kInt32;
      } else {
        op.form = Form::kInt64;
      }
      op.member = member == std::end(kMembers) ? sizeof(Task) : member->offset;
      plan.ops.push_back(op);
    }
  }
}

void TaskDecoder::DecodeGroup(const Plan& plan, std::span<const RowEntry> rows,
                              Task* tasks, PayAmount* amounts) const {
  const size_t count = rows.size();
  const char* row[kGroupRows];
  int64_t base[kGroupRows];
  const char* text[kGroupRows];
  uint32_t paid[kGroupRows];
  for (size_t i = 0; i < count; ++i) {
    row[i] = rows[i].row;
    const int64_t first = plan.base.reader.Read(row[i]);
    base[i] = IsKnown(first) ? first * plan.base.scale : 0;
    text[i] = row[i] + plan.fixed;
    paid[i] = 0;
  }
  const size_t pay_columns = pay_columns_;
  for (const Op& op : plan.ops) {
    // Copies, which no store into a task can change.
    const NumberReader reader = op.reader;
    const int64_t scale = op.scale;
    const uint32_t member = op.member;
    switch (op.form) {
      case Form::kInt64:
        if (op.instant) {
          for (size_t i = 0; i < count; ++i) {
            const int64_t value = reader.Read(row[i]);
            Put64(tasks[i], member,
                  IsKnown(value) ? value * scale + base[i] : kUnknown);
          }
        } else {
          for (size_t i = 0; i < count; ++i) {
            const int64_t value = reader.Read(row[i]);
            Put64(tasks[i], member, IsKnown(value) ? value * scale : kUnknown);
          }
        }
        break;
      case Form::kInt32:
        for (size_t i = 0; i < count; ++i) {
          Put32(tasks[i], member, reader.Read(row[i]));
        }
        break;
      case Form::kText:
        for (size_t i = 0; i < count; ++i) {
          const int64_t length = reader.Read(row[i]);
          std::string_view view;
          if (IsKnown(length)) {
            view = {text[i], static_cast<size_t>(length)};
            text[i] += length;
          }
          if (member == sizeof(Task)) continue;
          std::memcpy(reinterpret_cast<char*>(&tasks[i]) + member, &view,
                      sizeof view);
        }
        break;
      case Form::kPay: {
        const auto kind = static_cast<v1::PayKind>(op.pay_kind);
        for (size_t i = 0; i < count; ++i) {
          const int64_t value = reader.Read(row[i]);
          if (!IsKnown(value)) continue;
          amounts[i * pay_columns + paid[i]] = {kind, value * scale};
          ++paid[i];
        }
        break;
      }
    }
  }
  for (size_t i = 0; i < count; ++i) {
    Task& task = tasks[i];
    task.pay = {amounts + i * pay_columns, paid[i]};
    task.delivered = has_status_ ? task.status == v1::STATUS_DELIVERED
                                 : IsKnown(task.completed_at);
  }
}

void TaskDecoder::Decode(std::span<const RowEntry> rows, Task* tasks,
                         PayAmount* amounts) const {
  for (size_t begin = 0; begin < rows.size();) {
    const uint16_t layout = RowHead(rows[begin].row) & kLayoutMask;
    const size_t most = std::min(rows.size(), begin + kGroupRows);
    size_t end = begin + 1;
    while (end < most && (RowHead(rows[end].row) & kLayoutMask) == layout) {
      ++end;
    }
    // Rows of a worker lie scattered over the block: ask for the next ones.
    const size_t ahead = std::min(rows.size(), end + kGroupRows);
    for (size_t i = end; i < ahead; ++i) __builtin_prefetch(rows[i].row);
    DecodeGroup(plans_[layout], rows.subspan(begin, end - begin), tasks + begin,
                amounts + begin * pay_columns_);
    begin = end;
  }
}

void TaskDecoder::Estimates(std::span<const RowEntry> rows, Task* tasks,
                            std::vector<int64_t>* numbers) const {
  const int slot = RowFormat::SlotOf(format_->schema().Find("estimates_s"));
  numbers->clear();
  std::vector<uint32_t> ends(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    // [600, 720.5]: decimal seconds.
    std::string_view text = format_->Text(rows[i].row, slot);
    while (!text.empty()) {
      const size_t end = text.find_first_of(",[]");
      std::string_view cell = text.substr(0, end);
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
      while (!cell.empty() && (cell.front() == '"' || cell.front() == ' ')) {
        cell.remove_prefix(1);
      }
      while (!cell.empty() && (cell.back() == '"' || cell.back() == ' ')) {
        cell.remove_suffix(1);
      }
      int64_t value;
      if (!cell.empty() && ParseDecimal(cell, 3, &value)) {
        numbers->push_back(value);
      }
    }
    ends[i] = static_cast<uint32_t>(numbers->size());
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    const uint32_t begin = i == 0 ? 0 : ends[i - 1];
    tasks[i].estimates = {numbers->data() + begin, ends[i] - begin};
  }
}

}  // namespace plumbline::replay
