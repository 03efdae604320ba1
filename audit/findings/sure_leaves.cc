// Columns that formulas begin with: of tasks, of stretches of time, and the
// values of parameters.
#include <algorithm>
#include <cmath>
#include <string_view>

#include "audit/findings/sure_columns.h"
#include "audit/findings/sure_numbers.h"
#include "audit/findings/task_fields.h"

namespace plumbline::audit {

using replay::IsKnown;
using replay::Task;

void SureColumns::FillOfTasks(Column* column, size_t rows) {
  const Node& node = *column->node;
  const std::span<const Task> tasks = block_.tasks();
  SureNumbers& out = column->numbers;
  WholeColumn fill(rows, &out);
  switch (node.op) {
    case Op::kTime:
      for (size_t i = 0; i < rows; ++i) {
        fill.Put(i, TaskTimeOf(tasks[i], node.mask));
      }
      break;
    case Op::kDistance:
      for (size_t i = 0; i < rows; ++i) {
        fill.Put(i, TaskDistanceOf(tasks[i], static_cast<Leg>(node.ref)));
      }
      break;
    case Op::kPay:
      for (size_t i = 0; i < rows; ++i) {
        // In 128 bits: the parts of one task may add up to more than 64.
        const Extent pay = frame_.TaskPay(node.mask, tasks[i]);
        fill.PutWide(i, pay.lo, !pay.hi_open);
      }
      break;
    case Op::kRank:
      out.all_known = true;
      for (size_t i = 0; i < rows; ++i) {
        int64_t twice = 0, last = 1;
        const bool known = LimitRankOf(tasks[i], &twice, &last);
        out.value[i] =
            known ? static_cast<double>(twice) / static_cast<double>(last) : 0;
        out.known[i] = known ? 1 : 0;
        out.all_known = out.all_known && known;
      }
      out.most = 1;
      out.error = kUnit;
      return;
    default:  // kField.
      for (size_t i = 0; i < rows; ++i) {
        fill.Put(i, TaskFieldOf(tasks[i], node.ref));
      }
      break;
  }
  fill.Finish();
  if (node.op != Op::kField || !IsScaledField(node.ref)) return;
  for (size_t i = 0; i < rows; ++i) out.value[i] /= 1e6;
  out.most /= 1e6;
  out.error = out.error / 1e6 + out.most * kUnit;
  out.whole = false;
}

void SureColumns::FillOfTime(Column* column, size_t rows) {
  const Node& node = *column->node;
  const std::span<const Period> stretches = StretchesOf(*column);
  WholeColumn fill(rows, &column->numbers);
  switch (node.op) {
    case Op::kTime: {
      // Within a city time is no sum: see WorkerFrame::TimeInCity.
      const bool sum = node.ref == 1 && column->of != SureRows::kCities;
      for (size_t i = 0; i < rows; ++i) {
        const Extent time =
            frame_.Time(node.mask, sum, stretches[i].from, stretches[i].to);
        fill.PutWide(i, time.lo, time.lo == time.hi && !time.hi_open);
      }
      break;
    }
    case Op::kPay:
      for (size_t i = 0; i < rows; ++i) {
        const Extent pay = frame_.Pay(node.mask, column->owner.plan, i);
        fill.PutWide(i, pay.lo, pay.lo == pay.hi && !pay.hi_open);
      }
      break;
    case Op::kWindowEdge:
      for (size_t i = 0; i < rows; ++i) {
        fill.Put(i, node.ref == 1 ? stretches[i].to : stretches[i].from);
      }
      break;
    default: {  // kLongestRun, kLongestGap.
      const bool run = node.op == Op::kLongestRun;
      int64_t pause = 0;
      if (run) {
        const Ratio& length =
            columns_[static_cast<size_t>(column->args[0])]->node->constant;
        pause = static_cast<int64_t>(length.n / length.d);
      }
      for (size_t i = 0; i < rows; ++i) {
        const auto [from, to] = stretches[i];
        const Extent time = frame_.Time(node.mask, false, from, to);
        const int64_t longest =
            run ? frame_.LongestRun(node.mask, pause, from, to)
                : frame_.LongestGap(node.mask, from, to);
        fill.PutWide(i, longest, time.unknown == 0);
      }
    }
  }
  fill.Finish();
}

void SureColumns::FillParameter(Column* column, size_t rows) {
  const Node& node = *column->node;
  SureNumbers& out = column->numbers;
  Resize(rows, &out);
  const bool of_tasks = column->of == SureRows::kTasks;
  const std::span<const Period> stretches =
      of_tasks ? std::span<const Period>() : StretchesOf(*column);
  const std::span<const Task> tasks = block_.tasks();
  const LookupKey key = column->owner.rule->key;
  const std::vector<int64_t>* days = nullptr;
  if (of_tasks) {
    days = &block_.DaysBy(key).of_task;
  } else if (column->of == SureRows::kDays && key == LookupKey::kEach) {
    days = &DaysOf(column->owner.plan).day;
  }
  const replay::Symbol city =
      column->of == SureRows::kCities ? frame_.Cities()[0] : 0;
  out.all_known = true;
  out.most = 0;
  out.least = kWholeBelow;
  // Days inside of a window that has one value for all of it.
  const bool of_window = column->of == SureRows::kDays && days == nullptr;
  const auto windows = of_window ? frame_.Periods(column->owner.plan)
                                 : std::span<const Period>();
  size_t window = 0;
  for (size_t i = 0; i < rows; ++i) {
    int64_t day = 0;
    if (days != nullptr) {
      day = (*days)[i];
    } else if (of_window) {
      const DayRows& pieces = DaysOf(column->owner.plan);
      while (pieces.starts[window + 1] <= i) ++window;
      day = frame_.clock().Day(windows[window].from);
    } else {
      day = frame_.clock().Day(stretches[i].from);
    }
    const replay::Symbol place = of_tasks ? tasks[i].city : city;
    if (!column->asked || column->city != place || column->day != day) {
      ParameterFailure failure;
      const DatedRatio* found = column->owner.lookup->Find(
          node.ref, node.words[0], place, day, &failure);
      column->asked = true;
      column->found = found != nullptr;
      column->city = place;
      column->day = day;
      column->parameter = found == nullptr
                              ? 0
                              : static_cast<double>(found->value.n) /
                                    static_cast<double>(found->value.d);
    }
    out.value[i] = column->parameter;
    out.known[i] = column->found ? 1 : 0;
    out.all_known = out.all_known && column->found;
    out.most = std::max(out.most, std::abs(column->parameter));
    out.least = std::min(out.least, std::abs(column->parameter));
  }
  out.error = out.most * 4 * kUnit;
  out.whole = false;
}

void SureColumns::FillFieldTruth(Column* column, size_t rows) {
  const Node& node = *column->node;
  const std::span<const Task> tasks = block_.tasks();
  SureTruths& out = column->truths;
  const int field = node.op == Op::kField ? node.ref : column->args[1];
  for (size_t i = 0; i < rows; ++i) {
    const int64_t value = TaskFieldOf(tasks[i], field);
    if (node.op == Op::kKnown) {
      out[i] = IsKnown(value) ? kSurelyYes : kSurelyNo;
    } else if (!IsKnown(value)) {
      out[i] = kNotSure;
    } else {
      const bool holds = node.op == Op::kField
                             ? value != 0
                             : column->words.Holds(node, field, value, *store_);
      out[i] = holds ? kSurelyYes : kSurelyNo;
    }
  }
}

void SureColumns::FillRosterTruth(Column* column, size_t rows) {
  const Node& node = *column->node;
  uint8_t truth = kNotSure;
  if (node.op == Op::kRoster) {
    const int64_t value =
        roster_ == nullptr ? replay::kUnknown : roster_->Number(node.ref);
    if (IsKnown(value)) truth = value != 0 ? kSurelyYes : kSurelyNo;
  } else {
    const std::string_view text = roster_ == nullptr
                                      ? std::string_view()
                                      : roster_->Text(column->args[1]);
    const bool known = text.data() != nullptr;
    if (node.op == Op::kKnown) {
      truth = known ? kSurelyYes : kSurelyNo;
    } else if (known) {
      truth = WordTest::Among(node, text) ? kSurelyYes : kSurelyNo;
    }
  }
  std::fill_n(column->truths.begin(), rows, truth);
}

}  // namespace plumbline::audit
