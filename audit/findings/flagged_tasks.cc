#include "audit/findings/flagged_tasks.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <tuple>
#include <utility>

namespace plumbline::audit {
namespace {

constexpr size_t kBlockBytes = size_t{1} << 20;

void AppendText(std::string_view text, std::string* bytes) {
  size_t size = text.size();
  for (; size >= 0x80; size >>= 7) {
    bytes->push_back(static_cast<char>(size | 0x80));
  }
  bytes->push_back(static_cast<char>(size));
  bytes->append(text);
}

std::string_view TakeText(const char** bytes) {
  size_t size = 0;
  int shift = 0;
  unsigned char byte = 0;
  do {
    byte = static_cast<unsigned char>(*(*bytes)++);
    size |= static_cast<size_t>(byte & 0x7F) << shift;
    shift += 7;
  } while (byte >= 0x80);
  const std::string_view text(*bytes, size);
  *bytes += size;
  return text;
}

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
  v1::FlaggedTask rest = task;
  rest.clear_rule_id();
  rest.clear_pack();
  rest.clear_reason();
  rest.clear_currency();
  rest.clear_verdict();
  rest.clear_worker_id();
  rest.clear_task_id();
  scratch_.clear();
  AppendText(task.worker_id(), &scratch_);
  AppendText(task.task_id(), &scratch_);
  AppendText(rest.SerializeAsString(), &scratch_);
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
  std::stable_sort(
      rows_.begin(), rows_.end(), [this](const Row& a, const Row& b) {
        const Kind& first = *kinds_[a.kind];
        const Kind& second = *kinds_[b.kind];
        if (a.kind != b.kind && first.rule != second.rule) {
          return first.rule < second.rule;
        }
        const char* one = a.bytes;
        const char* other = b.bytes;
        for (int key = 0; key < 2; ++key) {
          const int order = TakeText(&one).compare(TakeText(&other));
          if (order != 0) return order < 0;
        }
        return first.pack < second.pack;
      });
}

v1::FlaggedTask FlaggedTasks::operator[](size_t row) const {
  const Kind& kind = *kinds_[rows_[row].kind];
  const char* bytes = rows_[row].bytes;
  const std::string worker(TakeText(&bytes));
  const std::string id(TakeText(&bytes));
  const std::string_view rest = TakeText(&bytes);
  v1::FlaggedTask task;
  // Written by Add: it parses.
  task.ParseFromArray(rest.data(), static_cast<int>(rest.size()));
  task.set_rule_id(kind.rule);
  task.set_pack(kind.pack);
  task.set_reason(kind.reason);
  task.set_currency(kind.currency);
  task.set_verdict(static_cast<v1::Verdict>(kind.verdict));
  task.set_worker_id(worker);
  task.set_task_id(id);
  return task;
}

}  // namespace plumbline::audit
