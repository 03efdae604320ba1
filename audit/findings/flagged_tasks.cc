#include "audit/findings/flagged_tasks.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <tuple>
#include <utility>

#include "audit/findings/packed_text.h"

namespace plumbline::audit {
namespace {

constexpr size_t kBlockBytes = size_t{1} << 20;

}  // namespace

bool FlaggedTasks::Kind::operator<(const Kind& other) const {
  return std::tie(rule, pack, reason, currency, verdict) <
         std::tie(other.rule, other.pack, other.reason, other.currency,
                  other.verdict);
}

void FlaggedTasks::Add(const v1::FlaggedTask& task) {
  Kind kind = {task.rule_id(), task.pack(), task.reason(), task.currency(),
               task.verdict()};
  const auto [at, fresh] = kind_of_.try_emplace(
      std::move(kind), static_cast<uint32_t>(kinds_.size()));
  if (fresh) kinds_.push_back(&at->first);
  const std::string& from = task.from();
  const std::string& to = task.to();
  size_t same = 0;
  while (same < std::min({from.size(), to.size(), size_t{0x7F}}) &&
         from[same] == to[same]) {
    ++same;
  }
  scratch_.clear();
  for (const std::string* text :
       {&task.worker_id(), &task.task_id(), &task.observed(), &task.required(),
        &task.shortfall(), &from}) {
    AppendPackedText(*text, &scratch_);
  }
  scratch_.push_back(static_cast<char>(same));
  AppendPackedText(std::string_view(to).substr(same), &scratch_);
  if (scratch_.size() > left_) {
    left_ = std::max(kBlockBytes, scratch_.size());
    blocks_.push_back(std::make_unique<char[]>(left_));
    end_ = blocks_.back().get();
  }
  std::memcpy(end_, scratch_.data(), scratch_.size());
  rows_.push_back({end_, at->second});
  end_ += scratch_.size();
  left_ -= scratch_.size();
}

void FlaggedTasks::Sort() {
  std::stable_sort(rows_.begin(), rows_.end(),
                   [this](const Row& a, const Row& b) {
                     const Kind& first = *kinds_[a.kind];
                     const Kind& second = *kinds_[b.kind];
                     if (a.kind != b.kind && first.rule != second.rule) {
                       return first.rule < second.rule;
                     }
                     const char* one = a.bytes;
                     const char* other = b.bytes;
                     for (int key = 0; key < 2; ++key) {
                       const int order =
                           TakePackedText(&one).compare(TakePackedText(&other));
                       if (order != 0) return order < 0;
                     }
                     return first.pack < second.pack;
                   });
}

v1::FlaggedTask FlaggedTasks::operator[](size_t row) const {
  const Kind& kind = *kinds_[rows_[row].kind];
  const char* bytes = rows_[row].bytes;
  v1::FlaggedTask task;
  task.set_worker_id(std::string(TakePackedText(&bytes)));
  task.set_task_id(std::string(TakePackedText(&bytes)));
  task.set_observed(std::string(TakePackedText(&bytes)));
  task.set_required(std::string(TakePackedText(&bytes)));
  task.set_shortfall(std::string(TakePackedText(&bytes)));
  task.set_from(std::string(TakePackedText(&bytes)));
  const auto same = static_cast<size_t>(*bytes++);
  task.set_to(task.from().substr(0, same) +
              std::string(TakePackedText(&bytes)));
  task.set_rule_id(kind.rule);
  task.set_pack(kind.pack);
  task.set_reason(kind.reason);
  task.set_currency(kind.currency);
  task.set_verdict(static_cast<v1::Verdict>(kind.verdict));
  return task;
}

}  // namespace plumbline::audit
