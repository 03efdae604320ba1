#include "audit/measures/pay_sums.h"

#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"

namespace plumbline::audit {

using replay::IsKnown;

const std::string& PayKindName(int kind) {
  static const auto& names = *[] {
    auto* all = new std::vector<std::string>;
    for (int i = 0; i < replay::kPayKinds; ++i) {
      const std::string& name = v1::PayKind_Name(static_cast<v1::PayKind>(i));
      std::string word = name.substr(std::string_view("PAY_").size());
      for (char& letter : word) {
        if (letter >= 'A' && letter <= 'Z') letter += 'a' - 'A';
      }
      all->push_back(word);
    }
    return all;
  }();
  return names[kind];
}

std::vector<int> PayKindsOf(const MeasureContext& context) {
  const bool lines = context.Has("pay.amount");
  std::vector<int> kinds;
  for (int kind = 1; kind < replay::kPayKinds; ++kind) {
    if (lines || context.Has(absl::StrCat("tasks.pay_", PayKindName(kind)))) {
      kinds.push_back(kind);
    }
  }
  return kinds;
}

Int128 PaySums::Counted() const {
  Int128 counted = 0;
  for (int kind = 0; kind < replay::kPayKinds; ++kind) {
    if (IsCounted(kind)) counted += sum[kind];
  }
  return counted;
}

Int128 PaySums::Debits() const {
  Int128 debits = 0;
  for (int kind = 0; kind < replay::kPayKinds; ++kind) {
    if (IsDebit(kind)) debits += sum[kind];
  }
  return debits;
}

void VisitLoosePay(const replay::WorkerTimeline& timeline,
                   absl::FunctionRef<void(const replay::PayLine&)> visit) {
  if (timeline.pay.empty()) return;
  absl::flat_hash_set<std::string_view> tasks;
  for (const replay::PayLine& line : timeline.pay) {
    if (line.task_id.empty()) continue;
    tasks.reserve(timeline.tasks.size());
    for (const replay::Task& task : timeline.tasks) tasks.insert(task.task_id);
    break;
  }
  for (const replay::PayLine& line : timeline.pay) {
    if (!IsKnown(line.amount) || line.kind == v1::PAY_UNKNOWN) continue;
    if (!line.task_id.empty() && tasks.contains(line.task_id)) continue;
    visit(line);
  }
}

}  // namespace plumbline::audit
