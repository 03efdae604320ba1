#include "replay/store/task_decoder.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "absl/strings/match.h"
#include "replay/base/decimal.h"
#include "replay/base/per_machine.h"

namespace plumbline::replay {
namespace {

// Enough for a row's words to have left the store buffer before they are loaded
// as vectors, and for their tasks to fit in the first cache.
constexpr size_t kGroupRows = 64;
constexpr size_t kAheadRows = 16;
constexpr size_t kVectorRows = 8;
constexpr uint32_t kFewWords = 16;

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
  most_words_ = 0;
  for (int c = 0; c < columns; ++c) {
    pay_columns_ += ever_[RowFormat::SlotOf(c)] && PayKindOf(schema, c) != 0;
  }
  plans_.assign(format.layouts(), {});
  for (size_t i = 0; i < plans_.size(); ++i) {
    Plan& plan = plans_[i];
    const RowLayout& layout = format.At(static_cast<uint16_t>(i));
    plan.fixed = layout.fixed;
    plan.words = layout.words;
    plan.last = layout.least - 1;
    most_words_ = std::max(most_words_, layout.words);
    const auto fill = [&](int slot, Op* op) {
      const SlotPlan& slot_plan = format.plan(slot);
      op->instant = slot_plan.form == SlotForm::kInstant;
      const int index = layout.part_of_slot[slot];
      if (index < 0) {
        op->reader.fixed = op->fixed = kUnknown;
        return;
      }
      const RowPart& part = layout.parts[index];
      op->reader = NumberReader(part);
      op->scale = part.scaled ? slot_plan.scale : 1;
      op->fixed = part.value * op->scale;
      if (part.width == 0) return;
      op->word = part.bit / 64;
      op->left = static_cast<uint8_t>(64 - part.width - part.bit % 64);
      op->right = static_cast<uint8_t>(64 - part.width);
      op->none = UnknownOf(part.width);
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

// The words of the rows are laid out word by word first, so that a column of
// numbers is a few vector instructions.
PLUMBLINE_PER_MACHINE
void TaskDecoder::DecodeGroup(const Plan& plan, std::span<const RowEntry> rows,
                              Task* tasks, PayAmount* amounts,
                              uint64_t* words) const {
  const size_t count = rows.size();
  int64_t value[kGroupRows];
  int64_t base[kGroupRows];
  const char* text[kGroupRows];
  uint32_t paid[kGroupRows] = {};
  for (size_t i = 0; i < count; ++i) {
    const char* row = rows[i].row;
    for (uint32_t w = 0; w < plan.words; ++w) {
      words[w * kGroupRows + i] = LoadWord(row + size_t{8} * w);
    }
    text[i] = row + plan.fixed;
  }
  // Whole vectors: what is past the last row is rubbish, and unused.
  const size_t whole = (count + kVectorRows - 1) / kVectorRows * kVectorRows;
  const auto read = [words, whole](const Op& op, int64_t* out) {
    if (op.right == 64) {
      std::fill_n(out, whole, op.fixed);
      return;
    }
    const uint64_t* word = words + op.word * kGroupRows;
    const int left = op.left;
    const int right = op.right;
    const int64_t none = op.none;
    const auto scale = static_cast<uint64_t>(op.scale);
    for (size_t i = 0; i < whole; ++i) {
      const int64_t stored = static_cast<int64_t>(word[i] << left) >> right;
      out[i] =
          stored == none
              ? kUnknown
              : static_cast<int64_t>(static_cast<uint64_t>(stored) * scale);
    }
  };
  read(plan.base, base);
  for (size_t i = 0; i < whole; ++i) {
    base[i] = base[i] == kUnknown ? 0 : base[i];
  }
  const size_t pay_columns = pay_columns_;
  for (const Op& op : plan.ops) {
    const uint32_t member = op.member;
    read(op, value);
    switch (op.form) {
      case Form::kInt64:
        if (op.instant) {
          for (size_t i = 0; i < whole; ++i) {
            const auto sum =
                static_cast<int64_t>(static_cast<uint64_t>(value[i]) +
                                     static_cast<uint64_t>(base[i]));
            value[i] = value[i] == kUnknown ? kUnknown : sum;
          }
        }
        for (size_t i = 0; i < count; ++i) Put64(tasks[i], member, value[i]);
        break;
      case Form::kInt32:
        for (size_t i = 0; i < count; ++i) Put32(tasks[i], member, value[i]);
        break;
      case Form::kText:
        for (size_t i = 0; i < count; ++i) {
          const int64_t length = value[i];
          std::string_view view;
          if (IsKnown(length)) {
            view = {text[i], static_cast<size_t>(length)};
            text[i] += length;
          }
          if (member == sizeof(Task)) continue;
          std::memcpy(reinterpret_cast<char*>(&tasks[i]) + member, &view,
                      sizeof(std::string_view));
        }
        break;
      case Form::kPay: {
        const auto kind = static_cast<v1::PayKind>(op.pay_kind);
        for (size_t i = 0; i < count; ++i) {
          // Written in any case, and kept if known: there is room for all.
          amounts[i * pay_columns + paid[i]] = {kind, value[i]};
          paid[i] += IsKnown(value[i]);
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

void TaskDecoder::Decode(std::span<const RowEntry> rows, size_t count,
                         Task* tasks, PayAmount* amounts) const {
  // Most often in the first cache.
  uint64_t few_words[kFewWords * kGroupRows] = {};
  std::vector<uint64_t> many_words;
  uint64_t* words = few_words;
  if (most_words_ > kFewWords) {
    many_words.resize(most_words_ * kGroupRows);
    words = many_words.data();
  }
  const RowEntry* const entries = rows.data();
  for (size_t begin = 0; begin < count;) {
    const uint16_t layout = RowHead(entries[begin].row) & kLayoutMask;
    const uint32_t last = plans_[layout].last;
    const size_t most = std::min(count, begin + kGroupRows);
    size_t end = begin;
    while (end < most && (RowHead(entries[end].row) & kLayoutMask) == layout) {
      // Rows of a worker lie scattered over the block: ask for those to come.
      if (end + kAheadRows < rows.size()) {
        const char* next = entries[end + kAheadRows].row;
        __builtin_prefetch(next);
        __builtin_prefetch(next + last);
      }
      ++end;
    }
    DecodeGroup(plans_[layout], rows.subspan(begin, end - begin), tasks + begin,
                amounts + begin * pay_columns_, words);
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
