#include "audit/findings/tally.h"

#include <algorithm>
#include <iterator>
#include <stdexcept>

#include "audit/rules/text.h"

namespace plumbline::audit {
namespace {

template <typename T>
void Append(std::vector<T>& to, std::vector<T>&& from) {
  if (to.empty()) {
    to = std::move(from);
  } else {
    to.insert(to.end(), std::make_move_iterator(from.begin()),
              std::make_move_iterator(from.end()));
  }
}

void AddSum(SumEntry& sum, const SumEntry& more) {
  sum.low_open |= more.low_open;
  sum.high_open |= more.high_open;
  sum.low.Add(more.low.Total());
  sum.high.Add(more.high.Total());
  sum.missing |= more.missing;
}

void AddPeriod(PeriodEntry& to, PeriodEntry&& from) {
  to.workers += from.workers;
  if (to.sums.empty()) {
    to.sums = std::move(from.sums);
    return;
  }
  for (size_t i = 0; i < to.sums.size() && i < from.sums.size(); ++i) {
    AddSum(to.sums[i], from.sums[i]);
  }
}

void SaveItem(const Item& item, v1::FlaggedTask* out) {
  out->set_task_id(item.id);
  out->set_worker_id(item.worker);
  out->set_observed(item.observed);
  out->set_required(item.required);
  out->set_shortfall(item.shortfall);
  // Clocks travel as numbers here; they are written out at the end.
  out->set_from(std::to_string(item.from));
  out->set_to(std::to_string(item.to));
}

bool ParseInt64(const std::string& text, int64_t* value) {
  Ratio ratio;
  if (!ParseRatio(text + "/1", &ratio)) return false;
  *value = static_cast<int64_t>(ratio.n);
  return true;
}

bool LoadItem(const v1::FlaggedTask& in, Item* item) {
  item->id = in.task_id();
  item->worker = in.worker_id();
  item->observed = in.observed();
  item->required = in.required();
  item->shortfall = in.shortfall();
  return ParseInt64(in.from(), &item->from) && ParseInt64(in.to(), &item->to);
}

std::string NumberText(const BigMath::Number& number) {
  return numerator(number).str() + "/" + denominator(number).str();
}

bool IsRatioText(const std::string& text) {
  const size_t slash = text.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 >= text.size()) {
    return false;
  }
  bool zero = true;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i == slash || (i == 0 && text[i] == '-' && slash > 1)) continue;
    if (text[i] < '0' || text[i] > '9') return false;
    if (i > slash) zero &= text[i] == '0';
  }
  return !zero;
}

}  // namespace

ReasonEntry& Tally::Find(v1::Verdict verdict, const Reason& reason) {
  ReasonEntry& entry = reasons[Cat(static_cast<int>(verdict), reason.text)];
  if (entry.reason.text.empty()) {
    entry.verdict = verdict;
    entry.reason = reason;
  }
  return entry;
}

void Tally::Absorb(Tally&& other) {
  for (const auto& [period, n] : other.passes) passes[period] += n;
  for (auto& [key, entry] : other.reasons) {
    auto [at, fresh] = reasons.try_emplace(key, std::move(entry));
    if (fresh) continue;
    at->second.n += entry.n;
    at->second.whole_table |= entry.whole_table;
    Append(at->second.rows, std::move(entry.rows));
    at->second.items.Add(std::move(entry.items));
  }
  Append(breaches, std::move(other.breaches));
  for (auto& [key, entry] : other.periods) {
    AddPeriod(periods[key], std::move(entry));
  }
}

void Tally::Save(const std::vector<ColumnNeed>& columns,
                 v1::RuleTally* out) const {
  for (const auto& [period, n] : passes) {
    v1::PassTally* pass = out->add_passes();
    pass->set_from(period.first);
    pass->set_to(period.second);
    pass->set_n(n);
  }
  for (const auto& [key, entry] : reasons) {
    v1::ReasonTally* reason = out->add_reasons();
    reason->set_verdict(entry.verdict);
    reason->set_reason(entry.reason.text);
    reason->set_reason_zh(entry.reason.text_zh);
    for (const std::string& column : entry.reason.missing) {
      reason->add_missing(column);
    }
    reason->set_n(entry.n);
    reason->set_whole_table(entry.whole_table);
    std::vector<std::string> rows = entry.rows;
    std::sort(rows.begin(), rows.end());
    for (std::string& row : rows) reason->add_rows(std::move(row));
    ItemList items = entry.items;
    items.SortByWorker();
    items.ForEach(
        [&](const Item& item) { SaveItem(item, reason->add_tasks()); });
  }
  std::vector<const BreachEntry*> sorted;
  for (const BreachEntry& breach : breaches) sorted.push_back(&breach);
  std::sort(sorted.begin(), sorted.end(),
            [](const BreachEntry* a, const BreachEntry* b) {
              return std::tie(a->subject_kind, a->subject, a->from, a->to) <
                     std::tie(b->subject_kind, b->subject, b->from, b->to);
            });
  for (const BreachEntry* breach : sorted) {
    v1::BreachTally* entry = out->add_breaches();
    entry->set_subject_kind(breach->subject_kind);
    entry->set_subject(breach->subject);
    entry->set_from(breach->from);
    entry->set_to(breach->to);
    entry->set_observed(breach->observed);
    entry->set_required(breach->required);
    entry->set_shortfall(RatioTextExact(breach->shortfall));
    if (!breach->high_open) {
      entry->set_shortfall_high(RatioTextExact(breach->shortfall_high));
    }
    entry->set_unverified(breach->unverified);
    entry->set_note(breach->note);
    entry->set_note_zh(breach->note_zh);
    if (!breach->worst.empty()) {
      entry->set_worst(breach->worst);
      entry->set_worst_shortfall(RatioTextExact(breach->worst_shortfall));
    }
    entry->set_n(breach->n);
    for (const auto& used : breach->parameters) *entry->add_parameters() = used;
    for (const auto& step : breach->trace) *entry->add_trace() = step;
    for (const std::string& row : breach->rows) entry->add_rows(row);
    breach->items.ForEach(
        [&](const Item& item) { SaveItem(item, entry->add_tasks()); });
  }
  for (const auto& [key, entry] : periods) {
    v1::PeriodTally* period = out->add_periods();
    period->set_from(key.first);
    period->set_to(key.second);
    period->set_workers(entry.workers);
    for (const SumEntry& sum : entry.sums) {
      v1::BoundTally* bound = period->add_sums();
      if (!sum.low_open) bound->set_low(NumberText(sum.low.Total()));
      if (!sum.high_open) bound->set_high(NumberText(sum.high.Total()));
      for (size_t i = 0; i < columns.size(); ++i) {
        if (((sum.missing >> i) & 1) != 0) {
          bound->add_missing(columns[i].columns);
        }
      }
      if ((sum.missing & kStraddleBit) != 0) {
        bound->add_missing(std::string(kStraddleName));
      }
    }
  }
}

bool Tally::Merge(const v1::RuleTally& in,
                  const std::vector<ColumnNeed>& columns) {
  Tally other;
  for (const v1::PassTally& pass : in.passes()) {
    other.passes[{pass.from(), pass.to()}] += pass.n();
  }
  for (const v1::ReasonTally& entry : in.reasons()) {
    ReasonEntry& made = other.Find(
        entry.verdict(), {entry.reason(),
                          entry.reason_zh(),
                          {entry.missing().begin(), entry.missing().end()}});
    made.n += entry.n();
    made.whole_table |= entry.whole_table();
    made.rows.insert(made.rows.end(), entry.rows().begin(), entry.rows().end());
    for (const v1::FlaggedTask& task : entry.tasks()) {
      Item item;
      if (!LoadItem(task, &item)) return false;
      made.items.Add(item);
    }
  }
  for (const v1::BreachTally& entry : in.breaches()) {
    BreachEntry& breach = other.breaches.emplace_back();
    breach.subject_kind = entry.subject_kind();
    breach.subject = entry.subject();
    breach.from = entry.from();
    breach.to = entry.to();
    breach.observed = entry.observed();
    breach.required = entry.required();
    breach.high_open = entry.shortfall_high().empty();
    if (!ParseRatio(entry.shortfall(), &breach.shortfall) ||
        (!breach.high_open &&
         !ParseRatio(entry.shortfall_high(), &breach.shortfall_high))) {
      return false;
    }
    breach.unverified = entry.unverified();
    breach.note = entry.note();
    breach.note_zh = entry.note_zh();
    breach.worst = entry.worst();
    if (!breach.worst.empty() &&
        !ParseRatio(entry.worst_shortfall(), &breach.worst_shortfall)) {
      return false;
    }
    breach.n = entry.n();
    breach.parameters.assign(entry.parameters().begin(),
                             entry.parameters().end());
    breach.trace.assign(entry.trace().begin(), entry.trace().end());
    breach.rows.assign(entry.rows().begin(), entry.rows().end());
    for (const v1::FlaggedTask& task : entry.tasks()) {
      Item item;
      if (!LoadItem(task, &item)) return false;
      breach.items.Add(item);
    }
  }
  for (const v1::PeriodTally& entry : in.periods()) {
    PeriodEntry& period = other.periods[{entry.from(), entry.to()}];
    period.workers = entry.workers();
    for (const v1::BoundTally& bound : entry.sums()) {
      SumEntry& sum = period.sums.emplace_back();
      sum.low_open = bound.low().empty();
      sum.high_open = bound.high().empty();
      if (!sum.low_open) {
        if (!IsRatioText(bound.low())) return false;
        sum.low.Add(BigMath::Number(bound.low()));
      }
      if (!sum.high_open) {
        if (!IsRatioText(bound.high())) return false;
        sum.high.Add(BigMath::Number(bound.high()));
      }
      for (const std::string& name : bound.missing()) {
        if (name == kStraddleName) sum.missing |= kStraddleBit;
        for (size_t i = 0; i < columns.size(); ++i) {
          if (columns[i].columns == name) sum.missing |= uint64_t{1} << i;
        }
      }
    }
  }
  Absorb(std::move(other));
  return true;
}

}  // namespace plumbline::audit
