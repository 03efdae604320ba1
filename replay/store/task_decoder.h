#ifndef PLUMBLINE_REPLAY_STORE_TASK_DECODER_H_
#define PLUMBLINE_REPLAY_STORE_TASK_DECODER_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "replay/store/row_format.h"
#include "replay/timeline/worker_timeline.h"

namespace plumbline::replay {

// A row and what its timeline sorts it by first.
struct RowEntry {
  int64_t key = kUnknown;
  const char* row = nullptr;
};

// Unpacks rows of `tasks`. What to do for each layout is worked out once, and
// rows are unpacked column by column in groups that fit the first cache. Only
// columns that the log has are touched: the others keep their defaults.
class TaskDecoder {
 public:
  // After the last row was stored. `has_status`: some source has the column.
  void Compile(const RowFormat& format, bool has_status);

  int64_t AcceptedAt(const char* row) const {
    const Plan& plan = plans_[RowHead(row) & kLayoutMask];
    const int64_t accepted = plan.accepted.reader.Read(row);
    return IsKnown(accepted) ? accepted * plan.accepted.scale +
                                   plan.base.reader.Read(row) * plan.base.scale
                             : kUnknown;
  }

  // Unpacks the first `count` rows; the others are asked for ahead. `tasks` has
  // room for them, `amounts` for pay_columns() entries each; both must have
  // been filled by this decoder, or be new. Estimates are left out: see
  // Estimates.
  void Decode(std::span<const RowEntry> rows, size_t count, Task* tasks,
              PayAmount* amounts) const;

  // Reads the lists of estimates of those rows into `numbers` and points the
  // tasks at them.
  void Estimates(std::span<const RowEntry> rows, Task* tasks,
                 std::vector<int64_t>* numbers) const;

  size_t pay_columns() const { return pay_columns_; }
  bool has_estimates() const { return has_estimates_; }
  // Some row has a value in that column, so that Decode writes its member.
  bool Ever(std::string_view column) const {
    return ever_[RowFormat::SlotOf(format_->schema().Find(column))] != 0;
  }

 private:
  enum class Form : uint8_t { kInt64, kInt32, kText, kPay };
  struct Op {
    Form form = Form::kInt64;
    bool instant = false;
    uint16_t pay_kind = 0;
    uint32_t member = 0;  // In Task.
    int64_t scale = 1;
    NumberReader reader;
    // The same for the words of the row, in units of units.h.
    uint32_t word = 0;
    uint8_t left = 0, right = 64;
    int64_t none = 0;
    int64_t fixed = 0;
  };
  struct Plan {
    std::vector<Op> ops;  // Texts in the order of the row.
    Op base, accepted;
    uint32_t fixed = 0;
    uint32_t words = 0;
    uint32_t last = 0;  // Byte of a row, texts of least lengths.
  };

  void DecodeGroup(const Plan& plan, std::span<const RowEntry> rows,
                   Task* tasks, PayAmount* amounts, uint64_t* words) const;

  const RowFormat* format_ = nullptr;
  std::vector<Plan> plans_;
  std::vector<char> ever_;  // By slot.
  size_t pay_columns_ = 0;
  uint32_t most_words_ = 0;
  bool has_estimates_ = false;
  bool has_status_ = false;
};

// Names of the columns of `tasks` that Task has a member for, wide pay columns
// left out; a test holds them against the schema.
std::vector<std::string> TaskMemberColumns();

}  // namespace plumbline::replay

#endif  // PLUMBLINE_REPLAY_STORE_TASK_DECODER_H_
