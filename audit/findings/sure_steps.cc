// The steps of formulas over columns: arithmetic, choice, comparison, and sums
// over days and cities.
#include <algorithm>
#include <cmath>

#include "audit/findings/sure_columns.h"
#include "audit/findings/sure_numbers.h"

namespace plumbline::audit {
namespace {

// Both known, for all rows.
void BothKnown(const SureNumbers& a, const SureNumbers& b, size_t rows,
               SureNumbers* out) {
  out->all_known = a.all_known && b.all_known;
  if (out->all_known) {
    std::fill_n(out->known.begin(), rows, uint8_t{1});
    return;
  }
  for (size_t i = 0; i < rows; ++i) {
    out->known[i] = static_cast<uint8_t>(a.known[i] & b.known[i]);
  }
}

void Divide(const SureNumbers& a, const SureNumbers& b, size_t rows,
            SureNumbers* out) {
  double least = b.least;
  const double limit = 2 * b.error;
  if (least > limit) {
    for (size_t i = 0; i < rows; ++i) out->value[i] = a.value[i] / b.value[i];
  } else {
    // By something that may be zero: not known.
    least = kWholeBelow;
    for (size_t i = 0; i < rows; ++i) {
      const double size = std::abs(b.value[i]);
      const bool apart = size > limit && out->known[i] != 0;
      out->value[i] = apart ? a.value[i] / b.value[i] : 0;
      out->known[i] = apart ? 1 : 0;
      out->all_known = out->all_known && apart;
      if (apart) least = std::min(least, size);
    }
  }
  const double sure = least - b.error;
  out->most = a.most / sure;
  out->error = (a.error + out->most * b.error) / sure + out->most * kUnit;
}

}  // namespace

void SureColumns::FillArithmetic(Column* column, size_t rows) {
  SureNumbers& out = column->numbers;
  const SureNumbers& a = NumberAt(column->args[0]);
  const SureNumbers& b = NumberAt(column->args[1]);
  Resize(rows, &out);
  BothKnown(a, b, rows, &out);
  switch (column->node->op) {
    case Op::kAdd:
    case Op::kSubtract:
      if (column->node->op == Op::kAdd) {
        for (size_t i = 0; i < rows; ++i) {
          out.value[i] = a.value[i] + b.value[i];
        }
      } else {
        for (size_t i = 0; i < rows; ++i) {
          out.value[i] = a.value[i] - b.value[i];
        }
      }
      out.most = a.most + b.most;
      out.error = a.error + b.error + out.most * kUnit;
      break;
    case Op::kMultiply:
      for (size_t i = 0; i < rows; ++i) {
        out.value[i] = a.value[i] * b.value[i];
      }
      out.most = a.most * b.most;
      out.error = a.most * b.error + b.most * a.error + a.error * b.error +
                  out.most * kUnit;
      break;
    default:
      Divide(a, b, rows, &out);
      return;
  }
  out.whole = a.whole && b.whole && out.most < kWholeBelow;
  if (out.whole) out.error = 0;
}

void SureColumns::FillChoice(Column* column, size_t rows) {
  SureNumbers& out = column->numbers;
  const Op op = column->node->op;
  if (op == Op::kIf) {
    const SureTruths& condition = TruthAt(column->args[0]);
    const SureNumbers& yes = NumberAt(column->args[1]);
    const SureNumbers& no = NumberAt(column->args[2]);
    Resize(rows, &out);
    out.all_known = true;
    for (size_t i = 0; i < rows; ++i) {
      const SureNumbers& chosen = condition[i] == kSurelyYes ? yes : no;
      const bool known = condition[i] != kNotSure && chosen.known[i] != 0;
      out.value[i] = known ? chosen.value[i] : 0;
      out.known[i] = known ? 1 : 0;
      out.all_known = out.all_known && known;
    }
    out.error = std::max(yes.error, no.error);
    out.most = std::max(yes.most, no.most);
    out.whole = yes.whole && no.whole;
    return;
  }
  const double sign = op == Op::kMinimum ? 1 : -1;
  const SureNumbers& first = NumberAt(column->args[0]);
  Resize(rows, &out);
  std::copy_n(first.value.begin(), rows, out.value.begin());
  std::copy_n(first.known.begin(), rows, out.known.begin());
  out.all_known = first.all_known;
  out.error = first.error;
  out.most = first.most;
  out.whole = first.whole;
  for (size_t arg = 1; arg < column->args.size(); ++arg) {
    const SureNumbers& next = NumberAt(column->args[arg]);
    for (size_t i = 0; i < rows; ++i) {
      const bool better = sign * next.value[i] < sign * out.value[i];
      out.value[i] = better ? next.value[i] : out.value[i];
    }
    if (!next.all_known) {
      for (size_t i = 0; i < rows; ++i) {
        out.known[i] = static_cast<uint8_t>(out.known[i] & next.known[i]);
      }
    }
    out.all_known = out.all_known && next.all_known;
    out.error = std::max(out.error, next.error);
    out.most = std::max(out.most, next.most);
    out.whole = out.whole && next.whole;
  }
}

void SureColumns::FillNumber(Column* column) {
  const size_t rows = RowsOf(*column);
  SureNumbers& out = column->numbers;
  switch (column->node->op) {
    case Op::kConstant:
      FillConstant(column->node->constant, rows, &out);
      return;
    case Op::kParameter:
      FillParameter(column, rows);
      return;
    case Op::kNegate: {
      const SureNumbers& a = NumberAt(column->args[0]);
      out = a;
      for (size_t i = 0; i < rows; ++i) out.value[i] = -a.value[i];
      return;
    }
    case Op::kAdd:
    case Op::kSubtract:
    case Op::kMultiply:
    case Op::kDivide:
      FillArithmetic(column, rows);
      return;
    case Op::kIf:
    case Op::kMinimum:
    case Op::kMaximum:
      FillChoice(column, rows);
      return;
    case Op::kSum:
      if (column->node->element == Element::kCity) {
        SumCities(column, rows);
        return;
      }
      [[fallthrough]];
    case Op::kCount:
    case Op::kLargest:
    case Op::kSmallest:
      SumDays(column, rows);
      return;
    default:
      if (column->of == SureRows::kTasks) {
        FillOfTasks(column, rows);
      } else {
        FillOfTime(column, rows);
      }
  }
}

void SureColumns::SumDays(Column* column, size_t rows) {
  const Op op = column->node->op;
  const bool count = op == Op::kCount;
  const SureNumbers* body = count ? nullptr : &NumberAt(column->args[0]);
  const SureTruths* holds = count ? &TruthAt(column->args[0]) : nullptr;
  const SureTruths* where =
      column->args.size() > 1 ? &TruthAt(column->args[1]) : nullptr;
  const DayRows& days = DaysOf(column->owner.plan);
  SureNumbers& out = column->numbers;
  Resize(rows, &out);
  out.all_known = true;
  size_t longest = 0;
  for (size_t row = 0; row < rows; ++row) {
    const size_t begin = days.starts[row], end = days.starts[row + 1];
    longest = std::max(longest, end - begin);
    double value = 0;
    bool known = true, any = false;
    for (size_t day = begin; day < end; ++day) {
      const uint8_t there =
          where == nullptr ? uint8_t{kSurelyYes} : (*where)[day];
      if (count && (there == kSurelyNo || (*holds)[day] == kSurelyNo)) continue;
      if (there == kSurelyNo) continue;
      if (there == kNotSure || (count && (*holds)[day] == kNotSure) ||
          (!count && body->known[day] == 0)) {
        known = false;
        break;
      }
      const double one = count ? 1 : body->value[day];
      if (op == Op::kLargest) {
        value = any ? std::max(value, one) : one;
      } else if (op == Op::kSmallest) {
        value = any ? std::min(value, one) : one;
      } else {
        value += one;
      }
      any = true;
    }
    // Nothing has no largest.
    if ((op == Op::kLargest || op == Op::kSmallest) && !any) known = false;
    out.value[row] = known ? value : 0;
    out.known[row] = known ? 1 : 0;
    out.all_known = out.all_known && known;
  }
  const auto n = static_cast<double>(longest);
  if (count) {
    out.most = n;
    out.error = 0;
    out.whole = true;
    return;
  }
  const bool sum = op == Op::kSum;
  out.most = sum ? n * body->most : body->most;
  out.whole = body->whole && out.most < kWholeBelow;
  out.error = out.whole ? 0
              : sum     ? n * (body->error + out.most * kUnit)
                        : body->error;
}

void SureColumns::SumCities(Column* column, size_t rows) {
  const SureNumbers& body = NumberAt(column->args[0]);
  const SureNumbers& presence = NumberAt(column->args[1]);
  const auto windows = frame_.Periods(column->owner.plan);
  SureNumbers& out = column->numbers;
  Resize(rows, &out);
  out.error = body.error;
  out.most = body.most;
  out.whole = body.whole;
  const bool one = frame_.Cities().size() == 1;
  const std::vector<int64_t>& changes = column->changes;
  out.all_known = true;
  for (size_t i = 0; i < rows; ++i) {
    bool known = one && presence.known[i] != 0;
    if (known && !changes.empty()) {
      const int64_t first = frame_.clock().Day(windows[i].from);
      const int64_t last = frame_.clock().Day(windows[i].to - 1);
      const auto next = std::upper_bound(changes.begin(), changes.end(), first);
      known = next == changes.end() || *next > last;
    }
    // Without time in the city nothing is owed there, whatever the rate.
    const bool there = known && presence.value[i] > 0;
    known = known && (!there || body.known[i] != 0);
    out.value[i] = there && known ? body.value[i] : 0;
    out.known[i] = known ? 1 : 0;
    out.all_known = out.all_known && known;
  }
}

void SureColumns::FillComparison(Column* column, size_t rows) {
  const SureNumbers& a = NumberAt(column->args[0]);
  const SureNumbers& b = NumberAt(column->args[1]);
  SureTruths& out = column->truths;
  const bool exact = a.whole && b.whole;
  const bool strict = column->node->op == Op::kLess;
  const double error = 2 * (a.error + b.error);
  for (size_t i = 0; i < rows; ++i) {
    const double gap = b.value[i] - a.value[i];
    const bool known = (a.known[i] & b.known[i]) != 0;
    const double least = error + std::abs(gap) * kGapUnit;
    const bool yes = exact ? (strict ? gap > 0 : gap >= 0) : gap > least;
    const bool no = exact ? !yes : -gap > least;
    out[i] = known && yes ? kSurelyYes : known && no ? kSurelyNo : kNotSure;
  }
}

void SureColumns::FillTruth(Column* column) {
  const size_t rows = RowsOf(*column);
  SureTruths& out = column->truths;
  if (out.size() < rows) out.resize(rows);
  const Node& node = *column->node;
  switch (node.op) {
    case Op::kConstant:
      std::fill_n(out.begin(), rows,
                  uint8_t{node.constant.n != 0 ? kSurelyYes : kSurelyNo});
      return;
    case Op::kRecorded:
      std::fill_n(out.begin(), rows,
                  uint8_t{frame_.Records(node.mask) ? kSurelyYes : kSurelyNo});
      return;
    case Op::kField:
      FillFieldTruth(column, rows);
      return;
    case Op::kRoster:
      FillRosterTruth(column, rows);
      return;
    case Op::kKnown:
    case Op::kIn:
      if (column->args[0] == 1) {
        FillRosterTruth(column, rows);
      } else {
        FillFieldTruth(column, rows);
      }
      return;
    case Op::kNot: {
      const SureTruths& a = TruthAt(column->args[0]);
      for (size_t i = 0; i < rows; ++i) {
        out[i] = a[i] == kNotSure     ? kNotSure
                 : a[i] == kSurelyYes ? kSurelyNo
                                      : kSurelyYes;
      }
      return;
    }
    case Op::kAnd:
    case Op::kOr: {
      const SureTruths& a = TruthAt(column->args[0]);
      const SureTruths& b = TruthAt(column->args[1]);
      const uint8_t stop = node.op == Op::kAnd ? kSurelyNo : kSurelyYes;
      for (size_t i = 0; i < rows; ++i) {
        out[i] = a[i] == stop || b[i] == stop ? stop
                 : a[i] == kNotSure           ? a[i]
                                              : b[i];
      }
      return;
    }
    case Op::kIf: {
      const SureTruths& condition = TruthAt(column->args[0]);
      const SureTruths& yes = TruthAt(column->args[1]);
      const SureTruths& no = TruthAt(column->args[2]);
      for (size_t i = 0; i < rows; ++i) {
        out[i] = condition[i] == kSurelyYes  ? yes[i]
                 : condition[i] == kSurelyNo ? no[i]
                                             : uint8_t{kNotSure};
      }
      return;
    }
    default:
      FillComparison(column, rows);
  }
}

}  // namespace plumbline::audit
