#include "audit/findings/judge.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>

#include "absl/time/time.h"
#include "audit/findings/calendar_clock.h"
#include "audit/findings/elements.h"
#include "audit/findings/evaluate.h"
#include "audit/findings/figures.h"
#include "audit/findings/roster.h"
#include "audit/findings/sure_columns.h"
#include "audit/findings/sure_rule.h"
#include "audit/findings/tally.h"
#include "audit/findings/top_ups.h"
#include "audit/rules/compiled_pack.h"
#include "audit/rules/measure_path.h"
#include "audit/rules/text.h"
#include "audit/stats/decimal.h"
#include "plumbline/v1/judge.pb.h"

namespace plumbline::audit {
namespace {

using replay::IsKnown;
using replay::kUnknown;
using replay::Task;

// Whether the log has one of the columns "a|b".
bool HasOne(const MeasureContext& context, std::string_view columns) {
  while (!columns.empty()) {
    const size_t end = std::min(columns.find('|'), columns.size());
    if (context.Has(columns.substr(0, end))) return true;
    columns.remove_prefix(std::min(end + 1, columns.size()));
  }
  return false;
}

std::string FirstColumn(std::string_view columns) {
  return std::string(columns.substr(0, columns.find('|')));
}

bool UsesSmallTable(const CompiledRule& rule) {
  return rule.domain == Domain::kRow && rule.row_table != "pay" &&
         rule.row_table != "sessions" && rule.row_table != "offers";
}

// Whether some formula goes over a worker's rows of a small table.
bool UsesSmallRows(const RulePack& pack) {
  for (const CompiledRule& rule : pack.compiled->rules) {
    for (const Program* program : {&rule.program, &rule.gate_program}) {
      for (const Node& node : program->nodes) {
        if (node.element == Element::kRow) return true;
      }
    }
  }
  return false;
}

bool UsesRoster(const Program& program) {
  return std::any_of(program.nodes.begin(), program.nodes.end(),
                     [](const Node& node) { return node.op == Op::kRoster; });
}

bool UsesParameters(const Program& program) {
  return std::any_of(
      program.nodes.begin(), program.nodes.end(),
      [](const Node& node) { return node.op == Op::kParameter; });
}

bool UsesMoney(const Program& program) {
  return std::any_of(
      program.nodes.begin(), program.nodes.end(), [](const Node& node) {
        return (node.op == Op::kParameter || node.op == Op::kConstant) &&
               node.type.dimension.money != 0;
      });
}

// Figures of several tasks added up; beyond 128 bits to 10^-12 of a unit.
Ratio Sum(const Ratio& a, const Ratio& b) {
  FastMath fast;
  const Ratio sum = fast.Add(a, b);
  if (!fast.overflow) return sum;
  return ToRatio(BigMath().Add(BigMath::From(a), BigMath::From(b)));
}

struct RuleState {
  const RulePack* pack = nullptr;
  const CompiledRule* rule = nullptr;
  ParameterLookup* lookup = nullptr;
  std::unique_ptr<Elements> elements;
  std::unique_ptr<RuleEvaluator> evaluator;
  std::unique_ptr<SureRule> sure;  // Of rules on tasks and windows.
  int plan = -1;
  uint64_t absent = 0;  // Columns that the log does not have at all.
  bool runnable = true;
  v1::Verdict stopped = v1::INSUFFICIENT_EVIDENCE;
  Reason why;             // Where it is not runnable.
  int64_t looked_at = 0;  // Subjects while it is not runnable.
  // Counted apart, since they may be all tasks: a reason costs a text.
  int64_t before = 0, after = 0, out_of_scope = 0;
  Tally tally;
  // Of a rule over a small table: what each row came to, by its key.
  std::map<std::string, Tally> rows;
  // The tally once rows are joined and gates and sums over workers decided.
  Tally decided;
  bool is_decided = false;

  bool indicator() const {
    const std::string& strength = rule->rule->strength();
    return rule->rule->severity() == 1 || strength == "E" || strength == "D";
  }
  std::string table() const {
    return rule->domain == Domain::kRow ? rule->row_table : "tasks";
  }
  const Type& compared() const { return rule->program.nodes[rule->lhs].type; }
};

class PackJudge : public Judge {
 public:
  PackJudge(const std::vector<RulePack>& packs, const MeasureContext& context,
            const JudgeOptions& options)
      : packs_(packs),
        context_(context),
        options_(options),
        calendars_(context.zone, options.allow_unverified) {
    LogShape shape;
    shape.sessions = context.Has("sessions.started_at");
    shape.pay_lines = context.Has("pay.amount");
    shape.required_column = context.Has("sessions.required");
    for (int kind = 1; kind < v1::PayKind_ARRAYSIZE; ++kind) {
      std::string name = v1::PayKind_Name(static_cast<v1::PayKind>(kind));
      for (char& c : name) {
        if (c >= 'A' && c <= 'Z') c += 'a' - 'A';
      }
      if (context.Has("tasks." + name)) shape.wide_pay |= uint32_t{1} << kind;
    }
    for (const RulePack& pack : packs) {
      for (const CompiledRule& rule : pack.compiled->rules) {
        for (const Program* program : {&rule.program, &rule.gate_program}) {
          for (const Node& node : program->nodes) {
            // Pay kinds have bits of their own.
            if (node.op != Op::kPay && node.op != Op::kRecorded) {
              shape.wanted_sets |= node.mask;
            }
          }
        }
      }
    }
    absl::Time observed_to;
    std::string error;
    if (absl::ParseTime(absl::RFC3339_full, context.log->info.observed_to(),
                        &observed_to, &error)) {
      shape.observed_to = absl::ToUnixMillis(observed_to);
    }
    frame_ = std::make_unique<WorkerFrame>(context.zone, shape);
    columns_ = std::make_unique<SureColumns>(*frame_, context.store);
    if (std::any_of(packs.begin(), packs.end(), UsesSmallRows)) {
      small_tables_ = std::make_unique<SmallTables>(*context.store);
    }
    for (const RulePack& pack : packs) {
      lookups_.push_back(std::make_unique<ParameterLookup>(
          *pack.compiled, context.store, options.allow_unverified));
      for (const CompiledRule& rule : pack.compiled->rules) {
        AddRule(pack, rule);
      }
    }
    if (std::any_of(rules_.begin(), rules_.end(), [](const auto& state) {
          return UsesRoster(state->rule->program);
        })) {
      roster_ = std::make_unique<Roster>(*context.store);
    }
    for (const auto& state : rules_) {
      if (state->runnable && UsesSmallTable(*state->rule)) SmallTable(*state);
    }
  }

  void Observe(const replay::WorkerTimeline& timeline) override {
    known_workers_ += timeline.known;
    tasks_ += static_cast<int64_t>(timeline.tasks.size());
    frame_->Reset(timeline);
    roster_row_ = roster_ != nullptr && timeline.known
                      ? roster_->Find(timeline.worker_id)
                      : nullptr;
    columns_->ShowWorker(roster_row_);
    Tasks(timeline);
    for (const auto& state : rules_) {
      const Domain domain = state->rule->domain;
      Reopen(*state);
      if (!state->runnable) {
        if (domain == Domain::kTask) {
          state->looked_at += static_cast<int64_t>(timeline.tasks.size());
        } else if (domain != Domain::kRow && domain != Domain::kPlatform) {
          state->looked_at += timeline.known;
        }
        continue;
      }
      switch (domain) {
        case Domain::kWindow:
          if (timeline.known) Periods(*state);
          break;
        case Domain::kAggregate:
          if (timeline.known) Sums(*state, false);
          break;
        case Domain::kRun:
          if (timeline.known) Runs(*state);
          break;
        case Domain::kRow:
          if (!UsesSmallTable(*state->rule)) TimelineRows(*state);
          break;
        default:
          break;
      }
    }
  }

  void Save(v1::JudgeState* out) const override {
    v1::JudgeTallies tallies;
    tallies.set_known_workers(known_workers_);
    tallies.set_tasks(tasks_);
    for (const auto& state : rules_) {
      Reopen(*state);
      v1::RuleTally* tally = tallies.add_rules();
      tally->set_pack(state->pack->pack.name());
      tally->set_rule(state->rule->rule->id());
      tally->set_looked_at(state->looked_at);
      state->tally.Save(SumColumns(*state), tally);
      for (const auto& [key, row] : state->rows) {
        v1::RowTally* entry = tally->add_rows();
        entry->set_key(key);
        row.Save({}, entry->mutable_tally());
      }
    }
    out->set_state(tallies.SerializeAsString());
  }

  absl::Status Merge(const v1::JudgeState& in) override {
    v1::JudgeTallies tallies;
    bool fits = tallies.ParseFromString(in.state()) &&
                tallies.rules_size() == static_cast<int>(rules_.size());
    for (size_t i = 0; fits && i < rules_.size(); ++i) {
      const v1::RuleTally& tally = tallies.rules(static_cast<int>(i));
      RuleState& state = *rules_[i];
      fits = tally.pack() == state.pack->pack.name() &&
             tally.rule() == state.rule->rule->id();
      if (!fits) break;
      state.looked_at += tally.looked_at();
      Reopen(state);
      fits = state.tally.Merge(tally, SumColumns(state));
      for (const v1::RowTally& row : tally.rows()) {
        auto [at, fresh] = state.rows.try_emplace(row.key());
        if (fresh) fits = fits && at->second.Merge(row.tally(), {});
      }
    }
    if (!fits) {
      return absl::DataLossError(
          "state of the rules cannot be read: the file is cut or damaged, or "
          "was made with other packs; make the partial again");
    }
    known_workers_ += tallies.known_workers();
    tasks_ += tallies.tasks();
    return absl::OkStatus();
  }

  void Absorb(Judge&& other) override {
    auto& from = static_cast<PackJudge&>(other);
    known_workers_ += from.known_workers_;
    tasks_ += from.tasks_;
    for (size_t i = 0; i < rules_.size(); ++i) {
      rules_[i]->looked_at += from.rules_[i]->looked_at;
      Reopen(*rules_[i]);
      Reopen(*from.rules_[i]);
      rules_[i]->tally.Absorb(std::move(from.rules_[i]->tally));
      rules_[i]->rows.merge(from.rules_[i]->rows);
    }
  }

  void Conclude(v1::AuditResult* result, FlaggedTasks* flagged) const override;
  std::vector<std::pair<std::string, int64_t>> ShortfallByWorker()
      const override;

 private:
  void DescribeClause(RuleState& state, v1::Coverage* coverage) const;
  Ratio Lacking(RuleState& state) const;
  void AddRule(const RulePack& pack, const CompiledRule& rule) {
    auto state = std::make_unique<RuleState>();
    state->pack = &pack;
    state->rule = &rule;
    state->lookup = lookups_.back().get();
    const bool worker =
        rule.domain == Domain::kWindow || rule.domain == Domain::kAggregate;
    if (worker) {
      state->plan = frame_->AddPlan(rule.plan);
    }
    state->evaluator = std::make_unique<RuleEvaluator>(
        rule, *state->lookup, *frame_, context_.store, context_.log->mdrp,
        state->plan);
    state->elements =
        std::make_unique<Elements>(context_, *frame_, small_tables_.get());
    state->evaluator->Give(state->elements.get(), &calendars_);
    AddSure(state.get());
    std::set<std::string> missing;
    auto need = [&](const Program& program, uint64_t* absent) {
      for (size_t i = 0; i < program.columns.size(); ++i) {
        const ColumnNeed& column = program.columns[i];
        if (HasOne(context_, column.columns)) continue;
        if (absent != nullptr) *absent |= uint64_t{1} << i;
        if (!column.soft) missing.insert(FirstColumn(column.columns));
      }
    };
    need(rule.program, &state->absent);
    need(rule.gate_program, nullptr);
    if (rule.domain == Domain::kRow && missing.empty() &&
        !HasTable(rule.row_table)) {
      missing.insert(rule.row_table + ".*");
    }
    const bool calendar = worker && rule.plan.kind != WindowKind::kLog &&
                          rule.plan.kind != WindowKind::kPayPeriod &&
                          rule.plan.kind != WindowKind::kSession &&
                          rule.plan.kind != WindowKind::kRolling;
    if ((calendar || UsesParameters(rule.program)) && !context_.zone_known) {
      missing.insert("log.time_zone");
    }
    const std::string& currency = context_.log->info.currency();
    const std::string& own = pack.pack.currency();
    if (UsesMoney(rule.program) && !own.empty() && currency != own) {
      if (currency.empty()) {
        missing.insert("log.currency");
      } else {
        state->runnable = false;
        state->stopped = v1::NOT_APPLICABLE;
        state->why = OtherCurrency(currency, own);
      }
    }
    if (state->runnable && rule.rule->confidence() == "M" &&
        !options_.allow_unverified) {
      state->runnable = false;
      state->why = RuleFromMemory();
    }
    if (!missing.empty() && state->runnable) {
      state->runnable = false;
      state->why = ColumnsMissing({missing.begin(), missing.end()});
    }
    rules_.push_back(std::move(state));
  }

  // A gate asks for sums of every window, sure of its verdict or not.
  void AddSure(RuleState* state) {
    const CompiledRule& rule = *state->rule;
    const bool windows = rule.domain == Domain::kWindow && rule.gate < 0;
    if (!windows && rule.domain != Domain::kTask) return;
    auto sure = std::make_unique<SureRule>(
        SureColumns::Owner{&rule, state->lookup, state->plan},
        windows ? SureRows::kWindows : SureRows::kTasks, *columns_);
    if (sure->possible()) state->sure = std::move(sure);
  }

  bool HasTable(const std::string& table) const {
    const std::string prefix = table + ".";
    return std::any_of(context_.log->columns.begin(),
                       context_.log->columns.end(),
                       [&](const std::string& column) {
                         return column.compare(0, prefix.size(), prefix) == 0;
                       });
  }

  static const std::vector<ColumnNeed>& SumColumns(const RuleState& state) {
    return state.rule->domain == Domain::kAggregate
               ? state.rule->program.columns
               : state.rule->gate_program.columns;
  }

  // Before, in or after the days on which the rule is in force.
  bool InForce(RuleState& state, int64_t day) {
    if (day < state.rule->from) {
      ++state.before;
      return false;
    }
    if (state.rule->to != kNoDay && day > state.rule->to) {
      ++state.after;
      return false;
    }
    return true;
  }

  static void Flush(RuleState& state) {
    auto add = [&](int64_t* n, Reason (*reason)(const CompiledRule&)) {
      if (*n == 0) return;
      state.tally.Find(v1::NOT_APPLICABLE, reason(*state.rule)).n +=
          std::exchange(*n, 0);
    };
    add(&state.before, NotYetInForce);
    add(&state.after, NoLongerInForce);
    add(&state.out_of_scope, NotInScope);
  }

  // Of alternatives the first that the log has.
  std::string OwnColumn(std::string_view columns) const {
    for (std::string_view rest = columns; !rest.empty();) {
      const size_t end = std::min(rest.find('|'), rest.size());
      if (context_.Has(rest.substr(0, end))) {
        return std::string(rest.substr(0, end));
      }
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return FirstColumn(columns);
  }

  std::vector<std::string> Columns(const Program& program,
                                   uint64_t missing) const {
    std::set<std::string> names;
    for (size_t i = 0; i < program.columns.size(); ++i) {
      if (((missing >> i) & 1) != 0) {
        names.insert(OwnColumn(program.columns[i].columns));
      }
    }
    return {names.begin(), names.end()};
  }

  Reason Unsettled(const Program& program, uint64_t missing) const {
    std::vector<std::string> columns = Columns(program, missing);
    if ((missing & kStraddleBit) == 0) return CellsUnknown(std::move(columns));
    return TasksStraddle(std::move(columns));
  }

  // Why something is open. Sets `whole` where that holds for a whole table.
  Reason OpenReason(const RuleState& state, uint64_t missing,
                    const ParameterFailure& failure, bool* whole) const {
    *whole = false;
    if (failure.kind == Failure::kNoVerdict) {
      *whole = true;
      MeasuredVerdict own;
      FindVerdict(*measures_, failure.measure, &own);
      return OfMeasure(own);
    }
    if (failure.kind != Failure::kNone) {
      *whole = true;
      const std::string_view city = failure.city == 0
                                        ? std::string_view()
                                        : context_.store->Text(failure.city);
      return OfParameter(failure, *state.pack->compiled, city);
    }
    if (missing == 0) return DivisionByZero();
    *whole = (missing & ~state.absent) == 0;
    return Unsettled(state.rule->program, missing);
  }

  // A pack without a currency speaks of the log's own.
  const std::string& CurrencyOf(const RuleState& state) const {
    const std::string& own = state.pack->pack.currency();
    return own.empty() ? context_.log->info.currency() : own;
  }

  std::string PlatformName() const {
    const std::string& name = context_.log->info.platform();
    return name.empty() ? "platform" : name;
  }

  void Used(const RuleState& state, BreachEntry* breach) const {
    breach->unverified |= state.rule->rule->confidence() == "M";
    const CompiledPack& pack = *state.pack->compiled;
    for (const UsedValue& used : state.evaluator->TakeUsed()) {
      const v1::RuleParameter& parameter =
          *pack.parameters[used.parameter].parameter;
      const v1::DatedValue& value = *used.value->source;
      v1::ParameterUsed shown;
      std::string name = parameter.name();
      if (!value.class_().empty()) name += "(" + value.class_() + ")";
      if (!value.place().empty()) name += " " + value.place();
      shown.set_name(std::move(name));
      shown.set_value(value.value());
      shown.set_unit(parameter.unit());
      shown.set_valid_from(value.valid_from());
      shown.set_source(SourceTitle(pack.pack, value.source()));
      shown.set_confidence(value.confidence());
      breach->unverified |= state.lookup->Unverified(*used.value, used.day);
      const bool known =
          std::any_of(breach->parameters.begin(), breach->parameters.end(),
                      [&](const v1::ParameterUsed& other) {
                        return other.name() == shown.name() &&
                               other.valid_from() == shown.valid_from();
                      });
      if (!known) breach->parameters.push_back(std::move(shown));
    }
  }

  static std::string SourceTitle(const v1::RulePack& pack,
                                 const std::string& id) {
    for (const v1::Source& source : pack.sources()) {
      if (source.id() == id) return source.title();
    }
    return id;
  }

  // "12.34", or "12.00..15.00" and "12.00.." where a bound is open.
  std::string ShownText(const RuleState& state, const Shown& shown) const {
    const std::string& currency = CurrencyOf(state);
    const Type& type = state.compared();
    auto text = [&](const Ratio& value) {
      if (type.kind == Kind::kInstant) {
        return TimeText(static_cast<int64_t>(value.n / value.d));
      }
      return PlainText(value, type, currency);
    };
    if (!shown.lo_open && NeverCame(shown.lo, type)) return "never";
    const std::string low = shown.lo_open ? "" : text(shown.lo);
    const std::string high = shown.hi_open ? "" : text(shown.hi);
    return low == high ? low : low + ".." + high;
  }

  // The time to what is not in the log, or its clock.
  static bool NeverCame(const Ratio& value, const Type& type) {
    if (type.kind != Kind::kInstant && !(type == Type{Kind::kNumber, kTime})) {
      return false;
    }
    return value.n / value.d > int64_t{1} << 50;
  }

  // Exact, with bounds, for a trace.
  std::string TraceText(const RuleEvaluator::Part& part) const {
    if (part.type.kind == Kind::kBool) {
      return part.truth == Truth::kTrue    ? "true"
             : part.truth == Truth::kFalse ? "false"
                                           : "unknown";
    }
    const Shown& shown = part.value;
    auto text = [&](const Ratio& value) {
      return part.type.kind == Kind::kInstant
                 ? TimeText(static_cast<int64_t>(value.n / value.d))
                 : ExactFigure(value, part.type);
    };
    if (!shown.lo_open && NeverCame(shown.lo, part.type)) return "never";
    if (shown.lo_open && shown.hi_open) return "unknown";
    const std::string low = shown.lo_open ? "" : text(shown.lo);
    const std::string high = shown.hi_open ? "" : text(shown.hi);
    return low == high ? low : low + ".." + high;
  }

  // The named parts, and last what the rule demands of them.
  void AddTrace(const RuleState& state, const Subject& subject,
                BreachEntry* breach) const {
    const v1::Rule& rule = *state.rule->rule;
    for (const RuleEvaluator::Part& part : state.evaluator->Trace(subject)) {
      if (part.type.kind == Kind::kText) continue;
      v1::TraceStep& step = breach->trace.emplace_back();
      step.set_name(rule.let(part.let).name());
      step.set_value(TraceText(part));
      step.set_unit(UnitOf(part.type, CurrencyOf(state)));
      step.set_formula(rule.let(part.let).is());
    }
    v1::TraceStep& step = breach->trace.emplace_back();
    step.set_name("require");
    step.set_value("false");
    step.set_formula(rule.require());
  }

  Subject SubjectOf(const RuleState& state, size_t period) {
    const Period window = frame_->Periods(state.plan)[period];
    Subject subject;
    subject.plan = state.plan;
    subject.period = period;
    subject.from = window.from;
    subject.to = window.to;
    subject.day = frame_->clock().Day(window.from);
    subject.roster = roster_row_;
    return subject;
  }

  // Whether the worker falls short over all periods of the rule together.
  bool ShortInAll(RuleState& state) {
    Ratio total;
    const std::span<const uint8_t> active = frame_->Active(state.plan);
    for (size_t p = 0; p < active.size(); ++p) {
      if (active[p] == 0) continue;
      const Subject subject = SubjectOf(state, p);
      if (subject.day < state.rule->from ||
          (state.rule->to != kNoDay && subject.day > state.rule->to)) {
        continue;
      }
      Ratio gap;
      if (!state.evaluator->LeastGap(subject, &gap)) return false;
      total = Sum(total, gap);
    }
    return total.n > 0;
  }

  // Where weeks stand for pay periods that the log does not name, a week that
  // another may make good is no breach.
  void DropAssumed(RuleState& state, size_t first) {
    std::vector<BreachEntry>& breaches = state.tally.breaches;
    if (breaches.size() == first || state.rule->rhs < 0 ||
        !frame_->PeriodsAssumed(state.plan) || ShortInAll(state)) {
      return;
    }
    ReasonEntry& entry =
        state.tally.Find(v1::INSUFFICIENT_EVIDENCE, PayPeriodsUnknown());
    entry.n += static_cast<int64_t>(breaches.size() - first);
    entry.rows.push_back(Cat("workers:", frame_->timeline().worker_id));
    breaches.erase(breaches.begin() + static_cast<std::ptrdiff_t>(first),
                   breaches.end());
  }

  // Periods of one worker under one rule.
  void Periods(RuleState& state) {
    const std::span<const uint8_t> active = frame_->Active(state.plan);
    const std::span<const int64_t> days = frame_->FirstDays(state.plan);
    const size_t breaches_before = state.tally.breaches.size();
    sure_.assign(active.size(), SureRule::Answer::kUnsure);
    if (state.sure != nullptr && !active.empty() &&
        days.back() >= state.rule->from && days.front() <= state.rule->to) {
      state.sure->Ask(active.size(), &sure_);
    }
    int64_t passed = 0;
    // An indicator by the day comes into one finding a worker, which shows the
    // worst day: else a log of long days would drown in them.
    const bool fold =
        state.indicator() && state.rule->plan.kind == WindowKind::kDay;
    Folded folded;
    // Of windows that overlap the first is named, and the next one after it.
    const bool overlapping = state.rule->plan.kind == WindowKind::kRolling ||
                             state.rule->plan.kind == WindowKind::kWeeks;
    int64_t named_to = std::numeric_limits<int64_t>::min();
    for (size_t p = 0; p < active.size(); ++p) {
      if (active[p] == 0 || !InForce(state, days[p])) continue;
      if (sure_[p] == SureRule::Answer::kPasses) {
        ++passed;
        continue;
      }
      if (sure_[p] == SureRule::Answer::kOutOfScope) {
        ++state.out_of_scope;
        continue;
      }
      const Subject subject = SubjectOf(state, p);
      const PeriodKey key = state.rule->gate >= 0
                                ? PeriodKey{subject.from, subject.to}
                                : PeriodKey{0, 0};
      if (state.rule->gate >= 0) AddSums(state, true, subject);
      Decision decision = Decide(state, subject);
      TopUpNote note;
      if (state.rule->top_up.mask != 0)
        MakeGood(state, subject, &decision, &note);
      switch (decision.verdict) {
        case v1::NO_BREACH_FOUND:
          ++state.tally.passes[key];
          break;
        case v1::BREACH:
          if (overlapping) {
            if (subject.from < named_to) break;
            named_to = subject.to;
          }
          if (fold) {
            Fold(subject, decision.outcome, &folded);
          } else {
            AddPeriodBreach(state, subject, decision.outcome);
            if (state.rule->top_up.mask != 0) {
              SayTopUps(state, note, &state.tally.breaches.back());
            }
          }
          break;
        case v1::NOT_APPLICABLE:
          break;  // Counted.
        default: {
          ReasonEntry& entry =
              state.tally.Find(decision.verdict, decision.reason);
          ++entry.n;
          if (decision.whole) {
            entry.whole_table = true;
          } else {
            const std::string row =
                Cat("workers:", frame_->timeline().worker_id);
            if (entry.rows.empty() || entry.rows.back() != row) {
              entry.rows.push_back(row);
            }
          }
        }
      }
    }
    if (passed > 0) state.tally.passes[{0, 0}] += passed;
    DropAssumed(state, breaches_before);
    if (folded.n > 0) {
      AddPeriodBreach(state, folded.worst, folded.outcome);
      BreachEntry& breach = state.tally.breaches.back();
      breach.from = folded.from;
      breach.to = folded.to;
      breach.n = folded.n;
      auto step = [&](const char* name, std::string value) {
        v1::TraceStep& added = breach.trace.emplace_back();
        added.set_name(name);
        added.set_value(std::move(value));
      };
      step("days", std::to_string(folded.n));
      step("worst_day", DateText(folded.worst.day));
    }
    Flush(state);
  }

  struct Folded {
    int64_t n = 0, from = 0, to = 0;
    Subject worst;
    Outcome outcome;
  };
  static void Fold(const Subject& subject, const Outcome& outcome,
                   Folded* folded) {
    if (folded->n == 0 || FastMath().Compare(folded->outcome.shortfall_lo,
                                             outcome.shortfall_lo) < 0) {
      folded->worst = subject;
      folded->outcome = outcome;
    }
    folded->from =
        folded->n == 0 ? subject.from : std::min(folded->from, subject.from);
    folded->to = folded->n == 0 ? subject.to : std::max(folded->to, subject.to);
    ++folded->n;
  }

  struct Decision {
    v1::Verdict verdict = v1::INSUFFICIENT_EVIDENCE;
    Outcome outcome;  // Of a breach.
    Reason reason;
    bool whole = false;
    bool compared = false;  // Whether it came to the comparison at all.
  };

  struct TopUpNote {
    TopUps pay;
    int64_t due = 0;
  };

  // Takes pay that made the shortfall good in time off it.
  void MakeGood(RuleState& state, const Subject& subject, Decision* decision,
                TopUpNote* note) {
    const Outcome& outcome = decision->outcome;
    const bool open = decision->verdict == v1::INSUFFICIENT_EVIDENCE &&
                      decision->compared &&
                      outcome.verdict == Verdict3::kOpen &&
                      outcome.failure.kind == Failure::kNone;
    if (decision->verdict != v1::BREACH && !open) return;
    note->due =
        TopUpDue(state.rule->top_up, *frame_, subject.plan, subject.period);
    note->pay = FindTopUps(state.rule->top_up, *frame_, subject.plan,
                           subject.period, note->due);
    FastMath math;
    Outcome& left = decision->outcome;
    left.shortfall_lo = math.Subtract(
        outcome.shortfall_lo, {note->pay.in_time + note->pay.perhaps, 1});
    left.shortfall_hi =
        math.Subtract(outcome.shortfall_hi, {note->pay.in_time, 1});
    const Ratio& none = state.rule->tolerance;
    if (!left.shortfall_open && math.Compare(left.shortfall_hi, none) <= 0) {
      decision->verdict = v1::NO_BREACH_FOUND;
    } else if (decision->verdict == v1::BREACH &&
               math.Compare(left.shortfall_lo, none) <= 0) {
      decision->verdict = v1::INSUFFICIENT_EVIDENCE;
      decision->reason = CellsUnknown({"pay.paid_at", "pay.period_start"});
    } else if (decision->verdict == v1::BREACH && note->due > subject.to &&
               !frame_->LastsTo(note->due)) {
      decision->verdict = v1::INSUFFICIENT_EVIDENCE;
      decision->reason = TopUpStillOpen();
    }
  }

  void SayTopUps(const RuleState& state, const TopUpNote& note,
                 BreachEntry* breach) const {
    const Type money{Kind::kNumber, kMoney};
    const std::string& currency = CurrencyOf(state);
    auto step = [&](const char* name, __int128 amount) {
      v1::TraceStep& added = breach->trace.emplace_back();
      added.set_name(name);
      added.set_value(ExactFigure({amount, 1}, money));
      added.set_unit(currency);
    };
    step("top_up_in_time", note.pay.in_time);
    if (note.pay.perhaps != 0) step("top_up_perhaps", note.pay.perhaps);
    v1::TraceStep& due = breach->trace.emplace_back();
    due.set_name("top_up_due_before");
    due.set_value(TimeText(note.due));
    if (note.pay.late == 0) return;
    step("top_up_late", note.pay.late);
    const std::string amount = PlainText({note.pay.late, 1}, money, currency);
    const std::string paid = TimeText(note.pay.last_late);
    breach->note =
        Cat(amount, " ", currency, " was paid late, on ", paid,
            "; to make good it had to come before ", TimeText(note.due), ".");
    breach->note_zh =
        Cat("补足款 ", amount, " ", currency, " 迟至 ", paid,
            " 才支付，而补足期限为 ", TimeText(note.due), " 之前。");
  }

  // Scope, then the cases without a verdict, then the comparison.
  Decision Decide(RuleState& state, const Subject& subject) {
    Decision decision;
    uint64_t missing = 0;
    ParameterFailure failure;
    const Verdict3 scope = state.evaluator->Scope(subject, &missing, &failure);
    if (scope == Verdict3::kBroken) {
      ++state.out_of_scope;
      decision.verdict = v1::NOT_APPLICABLE;
      return decision;
    }
    if (scope == Verdict3::kOpen) {
      decision.reason = OpenReason(state, missing, failure, &decision.whole);
      return decision;
    }
    bool only_pass = false;
    const int undecidable =
        state.evaluator->Undecidable(subject, &only_pass, &missing);
    if (undecidable >= 0) {
      decision.reason =
          OfUndecidable(state.rule->rule->undecidable(undecidable));
      return decision;
    }
    decision.outcome = state.evaluator->Require(subject);
    decision.compared = true;
    if (decision.outcome.verdict == Verdict3::kMet) {
      decision.verdict = v1::NO_BREACH_FOUND;
    } else if (decision.outcome.verdict == Verdict3::kBroken && !only_pass) {
      decision.verdict = v1::BREACH;
    } else if (decision.outcome.verdict == Verdict3::kBroken) {
      decision.reason = OpenReason(state, missing, {}, &decision.whole);
    } else {
      decision.reason = OpenReason(state, decision.outcome.missing,
                                   decision.outcome.failure, &decision.whole);
    }
    return decision;
  }

  // Tasks counted in a window; those of windows that overlap are looked for.
  int64_t TasksOf(const RuleState& state, const Subject& subject) {
    const WindowKind kind = state.rule->plan.kind;
    if (kind != WindowKind::kRolling && kind != WindowKind::kWeeks) {
      return static_cast<int64_t>(
          frame_->TasksIn(subject.plan, subject.period).size());
    }
    int64_t n = 0;
    for (const Task& task : frame_->timeline().tasks) {
      const int64_t at = CountedAt(task, false);
      n += at >= subject.from && at < subject.to;
    }
    return n;
  }

  // What every breach of a period says.
  BreachEntry& AddBreach(const RuleState& state, std::string_view kind,
                         std::string subject, const PeriodKey& period,
                         const Outcome& outcome,
                         std::vector<BreachEntry>* breaches) const {
    BreachEntry& breach = breaches->emplace_back();
    breach.subject_kind = kind;
    breach.subject = std::move(subject);
    breach.from = period.first;
    breach.to = period.second;
    if (state.rule->rhs >= 0) {
      breach.observed = ShownText(state, outcome.observed);
      breach.required = ShownText(state, outcome.required);
    }
    breach.shortfall = outcome.shortfall_lo;
    breach.shortfall_high = outcome.shortfall_hi;
    breach.high_open = outcome.shortfall_open;
    return breach;
  }

  void AddPeriodBreach(RuleState& state, const Subject& subject,
                       const Outcome& outcome) {
    BreachEntry& breach =
        AddBreach(state, "worker", std::string(frame_->timeline().worker_id),
                  {subject.from, subject.to}, outcome, &state.tally.breaches);
    breach.n = TasksOf(state, subject);
    state.evaluator->TakeUsed();
    state.evaluator->Record(true);
    state.evaluator->Require(subject);
    AddTrace(state, subject, &breach);
    state.evaluator->Record(false);
    Used(state, &breach);
    breach.rows.push_back(Cat("workers:", breach.subject));
  }

  void AddSums(RuleState& state, bool gate, const Subject& subject) {
    const int n = state.evaluator->WorkerSums(gate);
    PeriodEntry& period = state.tally.periods[{subject.from, subject.to}];
    ++period.workers;
    period.sums.resize(n);
    for (int i = 0; i < n; ++i) {
      const WorkerBound bound = state.evaluator->WorkerSum(gate, i, subject);
      SumEntry& sum = period.sums[i];
      sum.missing |= bound.missing;
      auto add = [](bool open, const Ratio& number, const std::string& wide,
                    bool* sum_open, ExactSum* to) {
        *sum_open |= open;
        if (open) return;
        if (wide.empty()) {
          to->Add(number);
        } else {
          to->Add(BigMath::Number(wide));
        }
      };
      add(bound.low_open, bound.low, bound.wide_low, &sum.low_open, &sum.low);
      add(bound.high_open, bound.high, bound.wide_high, &sum.high_open,
          &sum.high);
    }
  }

  void Sums(RuleState& state, bool gate) {
    const std::span<const uint8_t> active = frame_->Active(state.plan);
    for (size_t p = 0; p < active.size(); ++p) {
      if (active[p] == 0) continue;
      const Subject subject = SubjectOf(state, p);
      if (InForce(state, subject.day)) AddSums(state, gate, subject);
    }
    Flush(state);
  }

  // A subject of a rule over single things, so that all of a worker's breaches
  // come into one finding.
  struct Group {
    BreachEntry breach;
    int64_t passed = 0;
    bool any = false;
    bool sums = false;
    Ratio observed, required;
  };

  // Which of two falls shorter; of equals the one with the smaller id.
  static bool Shorter(const Ratio& a, const std::string& a_id, const Ratio& b,
                      const std::string& b_id) {
    const int order = FastMath().Compare(a, b);
    return order > 0 || (order == 0 && a_id < b_id);
  }

  void AddItem(RuleState& state, const Subject& subject, const Outcome& outcome,
               Item item, Group* group) {
    BreachEntry& breach = group->breach;
    if (state.rule->rhs >= 0) {
      const std::string& currency = CurrencyOf(state);
      const Type& type = state.compared();
      item.observed = ShownText(state, outcome.observed);
      item.required = ShownText(state, outcome.required);
      item.shortfall = PlainText(outcome.shortfall_lo, type, currency);
      breach.shortfall = Sum(breach.shortfall, outcome.shortfall_lo);
      breach.high_open |= outcome.shortfall_open;
      if (!breach.high_open) {
        breach.shortfall_high =
            Sum(breach.shortfall_high, outcome.shortfall_hi);
      }
      if (state.rule->money) {
        group->sums = true;
        group->observed = Sum(group->observed, outcome.observed.lo);
        group->required = Sum(group->required, outcome.required.lo);
      }
    }
    if (IsKnown(item.from) && (!group->any || item.from < breach.from)) {
      breach.from = item.from;
    }
    if (IsKnown(item.to) && (!group->any || item.to > breach.to)) {
      breach.to = item.to;
    }
    const bool worst =
        !group->any || Shorter(outcome.shortfall_lo, item.id,
                               breach.worst_shortfall, breach.worst);
    group->any = true;
    ++breach.n;
    if (UsesParameters(state.rule->program) || worst) {
      state.evaluator->Record(true);
      state.evaluator->Require(subject);
      if (worst) {
        breach.worst = item.id;
        breach.worst_shortfall = outcome.shortfall_lo;
        breach.observed = item.observed;
        breach.required = item.required;
        breach.trace.clear();
        AddTrace(state, subject, &breach);
      }
      state.evaluator->Record(false);
    }
    breach.items.Add(item);
  }

  void FinishGroup(RuleState& state, Group* group) {
    if (group->passed > 0) state.tally.passes[{0, 0}] += group->passed;
    Flush(state);
    if (!group->any) return;
    BreachEntry& breach = group->breach;
    if (group->sums) {
      const std::string& currency = CurrencyOf(state);
      breach.observed = PlainText(group->observed, state.compared(), currency);
      breach.required = PlainText(group->required, state.compared(), currency);
    }
    Used(state, &breach);
    state.tally.breaches.push_back(std::move(breach));
  }

  void SetSubject(std::string_view worker, BreachEntry* breach) const {
    breach->subject_kind = worker.empty() ? "platform" : "worker";
    breach->subject = worker.empty() ? PlatformName() : std::string(worker);
  }

  // One thing under one rule; whatever comes of it but a breach is counted
  // here.
  template <typename MakeItem>
  void Judge1(RuleState& state, const Subject& subject,
              const MakeItem& make_item, Group* group) {
    const Decision decision = Decide(state, subject);
    switch (decision.verdict) {
      case v1::NO_BREACH_FOUND:
        ++group->passed;
        break;
      case v1::BREACH:
        AddItem(state, subject, decision.outcome, make_item(), group);
        break;
      case v1::NOT_APPLICABLE:
        break;  // Counted.
      default: {
        ReasonEntry& entry =
            state.tally.Find(decision.verdict, decision.reason);
        ++entry.n;
        if (decision.whole) {
          entry.whole_table = true;
          break;
        }
        Item item = make_item();
        if (state.rule->rhs >= 0 &&
            decision.outcome.verdict != Verdict3::kMet) {
          item.observed = ShownText(state, decision.outcome.observed);
          item.required = ShownText(state, decision.outcome.required);
        }
        entry.items.Add(item);
      }
    }
  }

  // All rules on tasks, block by block, so that what they share of a block is
  // at hand.
  void Tasks(const replay::WorkerTimeline& timeline) {
    const std::string_view worker =
        timeline.known ? timeline.worker_id : std::string_view();
    groups_.clear();
    for (const auto& state : rules_) {
      if (state->rule->domain != Domain::kTask || !state->runnable) continue;
      SetSubject(worker, &groups_.emplace_back().breach);
    }
    if (groups_.empty()) return;
    for (size_t from = 0; from < timeline.tasks.size();
         from += TaskBlock::kRows) {
      columns_->ShowTasks(timeline.tasks.subspan(
          from, std::min(TaskBlock::kRows, timeline.tasks.size() - from)));
      size_t group = 0;
      for (const auto& state : rules_) {
        if (state->rule->domain != Domain::kTask || !state->runnable) continue;
        Tasks(*state, worker, &groups_[group++]);
      }
    }
    size_t group = 0;
    for (const auto& state : rules_) {
      if (state->rule->domain != Domain::kTask || !state->runnable) continue;
      FinishGroup(*state, &groups_[group++]);
    }
  }

  // The block of tasks at hand under one rule.
  void Tasks(RuleState& state, std::string_view worker, Group* group) {
    const std::span<const Task> tasks = columns_->block().tasks();
    const TaskBlock::Days& days = columns_->block().DaysBy(state.rule->key);
    const bool all_in_force =
        days.first >= state.rule->from && days.last <= state.rule->to;
    const bool none_in_force = !days.undated && (days.last < state.rule->from ||
                                                 days.first > state.rule->to);
    if (none_in_force) {
      (days.last < state.rule->from ? state.before : state.after) +=
          static_cast<int64_t>(tasks.size());
      return;
    }
    sure_.assign(tasks.size(), SureRule::Answer::kUnsure);
    if (state.sure != nullptr) state.sure->Ask(tasks.size(), &sure_);
    Subject subject;
    subject.roster = roster_row_;
    for (size_t i = 0; i < tasks.size(); ++i) {
      const Task& task = tasks[i];
      subject.day = days.of_task[i];
      if (!all_in_force && subject.day != kNoDay &&
          !InForce(state, subject.day)) {
        continue;
      }
      if (sure_[i] == SureRule::Answer::kPasses) {
        ++group->passed;
        continue;
      }
      if (sure_[i] == SureRule::Answer::kOutOfScope) {
        ++state.out_of_scope;
        continue;
      }
      subject.task = &task;
      auto make_item = [&] {
        Item item;
        item.id = std::string(task.task_id);
        item.worker = std::string(worker);
        item.from = CountedAt(task, true);
        item.to = CountedAt(task, false);
        return item;
      };
      Judge1(state, subject, make_item, group);
    }
  }

  // Each stretch of the worker's runs.
  void Runs(RuleState& state) {
    const std::string_view worker = frame_->timeline().worker_id;
    Subject subject;
    subject.roster = roster_row_;
    // The pause is looked up on the day of the worker's first stretch, or the
    // rule's first day: runs that cross a change of it keep one meaning.
    const auto all = frame_->Stretches(state.rule->run_sets, 0);
    if (all.empty()) return;
    subject.day = std::clamp(frame_->clock().Day(all.front().begin),
                             state.rule->from, state.rule->to);
    int64_t pause = 0;
    ParameterFailure failure;
    if (!state.evaluator->RunPause(subject, &pause, &failure)) {
      bool whole = false;
      ReasonEntry& entry = state.tally.Find(
          v1::INSUFFICIENT_EVIDENCE, OpenReason(state, 0, failure, &whole));
      ++entry.n;
      entry.whole_table = true;
      return;
    }
    const auto found = frame_->Stretches(state.rule->run_sets, pause);
    const std::vector<Stretch> stretches(found.begin(), found.end());
    Group group;
    SetSubject(worker, &group.breach);
    for (const Stretch& stretch : stretches) {
      subject.run = &stretch;
      subject.from = stretch.run_begin;
      subject.to = stretch.end;
      subject.day = frame_->clock().Day(stretch.end);
      if (!InForce(state, subject.day)) continue;
      auto make_item = [&] {
        Item item;
        item.id = LastTask(stretch.end);
        item.worker = std::string(worker);
        item.from = stretch.run_begin;
        item.to = stretch.end;
        return item;
      };
      Judge1(state, subject, make_item, &group);
    }
    FinishGroup(state, &group);
  }

  // The task whose end is the end of a stretch; of several the first by id.
  std::string LastTask(int64_t end) const {
    std::string_view id;
    for (const Task& task : frame_->timeline().tasks) {
      if (task.engaged().end != end || task.engaged().begin == end) continue;
      if (id.empty() || task.task_id < id) id = task.task_id;
    }
    return std::string(id);
  }

  void TimelineRows(RuleState& state) {
    const replay::WorkerTimeline& timeline = frame_->timeline();
    const std::string_view worker =
        timeline.known ? timeline.worker_id : std::string_view();
    Group group;
    SetSubject(worker, &group.breach);
    VisitTimelineRows(state.rule->row_table, timeline, *context_.store,
                      [&](const RowView& row, std::string id, int64_t at) {
                        JudgeRow(state, row, std::move(id), at, worker, &group);
                      });
    FinishGroup(state, &group);
  }

  void SmallTable(RuleState& state) {
    VisitSmallTable(state.rule->row_table, *context_.store,
                    [&](const RowView& row, std::string id, int64_t at,
                        std::string_view worker) {
                      std::string key = Cat(id, "|", worker);
                      Group group;
                      SetSubject(worker, &group.breach);
                      JudgeRow(state, row, std::move(id), at, worker, &group);
                      FinishGroup(state, &group);
                      state.rows.try_emplace(std::move(key),
                                             std::exchange(state.tally, {}));
                    });
  }

  void JudgeRow(RuleState& state, const RowView& row, std::string id,
                int64_t at, std::string_view worker, Group* group) {
    Subject subject;
    subject.row = &row;
    subject.day = IsKnown(at) ? frame_->clock().Day(at) : kNoDay;
    if (roster_ != nullptr && !worker.empty()) {
      subject.roster = roster_->Find(worker);
    }
    if (subject.day != kNoDay && !InForce(state, subject.day)) return;
    auto make_item = [&] {
      Item item;
      item.id = id;
      item.worker = std::string(worker);
      item.from = item.to = at;
      return item;
    };
    Judge1(state, subject, make_item, group);
  }

  std::string TimeText(int64_t instant) const {
    if (!IsKnown(instant)) return "";
    return absl::FormatTime(absl::RFC3339_full, absl::FromUnixMillis(instant),
                            context_.zone);
  }

  void FillRule(const RuleState& state, v1::Finding* finding) const;
  void Flag(const RuleState& state, v1::Verdict verdict,
            const std::string& reason, const Item& item,
            FlaggedTasks* flagged) const;
  void ConcludeRule(RuleState& state, std::vector<v1::Finding>* findings,
                    FlaggedTasks* flagged) const;
  void AggregateFindings(const RuleState& state, Tally* tally) const;
  void PlatformFinding(RuleState& state, Tally* tally) const;
  void ShowFigure(const v1::Rule& rule, v1::Finding* finding) const;
  BreachEntry* AddPlatform(const RuleState& state, const Outcome& outcome,
                           const PeriodKey& period, Tally* tally) const;
  void ApplyGate(const RuleState& state, Tally* tally) const;
  void AddReason(const RuleState& state, const ReasonEntry& entry,
                 std::vector<v1::Finding>* findings,
                 FlaggedTasks* flagged) const;
  static bool NeedsSums(const RuleState& state) {
    return state.rule->domain == Domain::kAggregate || state.rule->gate >= 0;
  }
  // Takes back what Decided moved.
  static void Reopen(RuleState& state) {
    if (!state.is_decided) return;
    state.is_decided = false;
    if (!NeedsSums(state) && state.rows.empty()) {
      state.tally = std::move(state.decided);
    }
    state.decided = {};
  }
  // Joins rows, decides gates and sums over workers; once.
  const Tally& Decided(RuleState& state) const;
  static std::vector<ExactBound> Totals(const PeriodEntry& period);

  const std::vector<RulePack>& packs_;
  const MeasureContext& context_;
  const JudgeOptions options_;
  std::unique_ptr<WorkerFrame> frame_;
  std::unique_ptr<SureColumns> columns_;
  std::vector<std::unique_ptr<ParameterLookup>> lookups_;
  std::vector<std::unique_ptr<RuleState>> rules_;
  std::unique_ptr<Roster> roster_;
  std::unique_ptr<SmallTables> small_tables_;
  CalendarClock calendars_;
  const RowView* roster_row_ = nullptr;
  std::vector<SureRule::Answer> sure_;  // By row, for the rule at hand.
  std::vector<Group> groups_;           // Of each rule on tasks.
  mutable const v1::Measures* measures_ = nullptr;  // While concluding.
  int64_t known_workers_ = 0;
  int64_t tasks_ = 0;
};

std::vector<ExactBound> PackJudge::Totals(const PeriodEntry& period) {
  std::vector<ExactBound> totals;
  for (const SumEntry& sum : period.sums) {
    ExactBound& bound = totals.emplace_back();
    bound.missing = sum.missing;
    auto text = [](const ExactSum& number) {
      const BigMath::Number total = number.Total();
      return numerator(total).str() + "/" + denominator(total).str();
    };
    if (!sum.low_open) bound.low = text(sum.low);
    if (!sum.high_open) bound.high = text(sum.high);
  }
  return totals;
}

// What came of a rule over the platform in one period; the entry where it is a
// breach, else null.
BreachEntry* PackJudge::AddPlatform(const RuleState& state,
                                    const Outcome& outcome,
                                    const PeriodKey& period,
                                    Tally* tally) const {
  if (outcome.verdict == Verdict3::kMet) {
    ++tally->passes[{0, 0}];
    return nullptr;
  }
  if (outcome.verdict == Verdict3::kOpen) {
    bool whole = false;
    ReasonEntry& entry = tally->Find(
        v1::INSUFFICIENT_EVIDENCE,
        OpenReason(state, outcome.missing, outcome.failure, &whole));
    ++entry.n;
    entry.whole_table = true;
    return nullptr;
  }
  BreachEntry& breach = AddBreach(state, "platform", PlatformName(), period,
                                  outcome, &tally->breaches);
  breach.rows.push_back("tasks:*");
  return &breach;
}

// A rule on the measures of the whole log, which are there only at the end.
void PackJudge::PlatformFinding(RuleState& state, Tally* tally) const {
  Subject subject;
  // Values are those of the day on which the log ends, if it says so.
  const int64_t end = frame_->Horizon();
  subject.day = end < int64_t{1} << 50 ? frame_->clock().Day(end - 1)
                                       : state.lookup->pack().last_checked;
  if (state.rule->require < 0) {
    const std::string& path = state.rule->rule->shows();
    MeasuredFigure figure;
    ReasonEntry& entry =
        tally->Find(v1::INSUFFICIENT_EVIDENCE,
                    FindFigure(*measures_, path, &figure)
                        ? NoNumberSet()
                        : OfParameter({Failure::kNoMeasure, -1, 0, path},
                                      *state.pack->compiled, ""));
    entry.n = tasks_;
    entry.whole_table = true;
    return;
  }
  state.evaluator->Give(measures_);
  state.evaluator->TakeUsed();
  state.evaluator->Record(true);
  const Outcome outcome = state.evaluator->Require(subject);
  BreachEntry* breach =
      AddPlatform(state, outcome, {kUnknown, kUnknown}, tally);
  if (breach != nullptr) {
    breach->n = tasks_;
    AddTrace(state, subject, breach);
    Used(state, breach);
  }
  state.evaluator->Record(false);
}

// The figure of the measures that findings of the rule show.
void PackJudge::ShowFigure(const v1::Rule& rule, v1::Finding* finding) const {
  MeasuredFigure figure;
  if (rule.shows().empty() || !FindFigure(*measures_, rule.shows(), &figure)) {
    return;
  }
  finding->set_observed(figure.value);
  finding->clear_interval();
  if (!figure.lo.empty() && !figure.hi.empty()) {
    finding->add_interval(figure.lo);
    finding->add_interval(figure.hi);
  }
  v1::TraceStep* step = finding->add_trace();
  step->set_name("shows");
  step->set_value(figure.value);
  step->set_formula(rule.shows());
}

void PackJudge::AggregateFindings(const RuleState& state, Tally* tally) const {
  for (const auto& [key, period] : tally->periods) {
    const std::vector<ExactBound> totals = Totals(period);
    const int64_t day = frame_->clock().Day(key.first);
    state.evaluator->TakeUsed();
    state.evaluator->Record(true);
    const Outcome outcome = state.evaluator->Conclude(totals, day);
    state.evaluator->Record(false);
    BreachEntry* breach = AddPlatform(state, outcome, key, tally);
    if (breach == nullptr) continue;
    breach->n = period.workers;
    Used(state, breach);
  }
}

void PackJudge::ApplyGate(const RuleState& state, Tally* tally) const {
  std::map<PeriodKey, Verdict3> gates;
  std::map<PeriodKey, Reason> reasons;
  for (const auto& [key, period] : tally->periods) {
    uint64_t missing = 0;
    ParameterFailure failure;
    const Verdict3 gate = state.evaluator->Gate(
        Totals(period), frame_->clock().Day(key.first), &missing, &failure);
    gates[key] = gate;
    if (gate == Verdict3::kOpen) {
      reasons[key] = failure.kind != Failure::kNone
                         ? OfParameter(failure, *state.pack->compiled, "")
                         : Unsettled(state.rule->gate_program, missing);
    }
  }
  auto close = [&](const PeriodKey& key, int64_t n, const std::string* row) {
    const bool open = gates[key] == Verdict3::kOpen;
    ReasonEntry& entry =
        tally->Find(open ? v1::INSUFFICIENT_EVIDENCE : v1::NOT_APPLICABLE,
                    open ? reasons[key] : GateClosed(*state.rule));
    entry.n += n;
    if (open && row != nullptr) entry.rows.push_back(*row);
  };
  std::map<PeriodKey, int64_t> passes;
  for (const auto& [key, n] : tally->passes) {
    if (gates[key] == Verdict3::kBroken) {
      close(key, n, nullptr);
    } else {
      passes[{0, 0}] += n;  // Met with or without the gate.
    }
  }
  tally->passes = std::move(passes);
  std::vector<BreachEntry> breaches;
  for (BreachEntry& breach : tally->breaches) {
    const PeriodKey key{breach.from, breach.to};
    if (gates[key] == Verdict3::kMet) {
      breaches.push_back(std::move(breach));
    } else {
      close(key, 1, &breach.rows[0]);
    }
  }
  tally->breaches = std::move(breaches);
}

const Tally& PackJudge::Decided(RuleState& state) const {
  if (state.is_decided) return state.decided;
  state.is_decided = true;
  // A tally that nothing more is decided on is moved, not copied: flagged tasks
  // may be many.
  if (NeedsSums(state)) {
    state.decided = state.tally;
  } else {
    state.decided.Absorb(std::exchange(state.tally, {}));
  }
  Tally& tally = state.decided;
  for (const auto& [key, row] : state.rows) tally.Absorb(Tally(row));
  if (state.rule->domain == Domain::kAggregate) {
    AggregateFindings(state, &tally);
  } else if (state.rule->gate >= 0) {
    ApplyGate(state, &tally);
  }
  // Tasks without a known worker come in several parts.
  std::sort(tally.breaches.begin(), tally.breaches.end(),
            [](const BreachEntry& a, const BreachEntry& b) {
              return std::tie(a.subject_kind, a.subject, a.from, a.to, a.n) <
                     std::tie(b.subject_kind, b.subject, b.from, b.to, b.n);
            });
  if (state.rule->domain == Domain::kTask ||
      state.rule->domain == Domain::kRun ||
      state.rule->domain == Domain::kRow) {
    std::vector<BreachEntry> joined;
    for (BreachEntry& breach : tally.breaches) {
      if (joined.empty() || joined.back().subject != breach.subject ||
          joined.back().subject_kind != breach.subject_kind) {
        joined.push_back(std::move(breach));
        continue;
      }
      BreachEntry& to = joined.back();
      auto add = [](const std::string& a, const std::string& b) {
        Ratio x, y;
        if (!ParseExactDecimal(a, &x) || !ParseExactDecimal(b, &y)) return a;
        const size_t point = a.find('.');
        return RoundedText(Sum(x, y),
                           point == std::string::npos
                               ? 0
                               : static_cast<int>(a.size() - point - 1));
      };
      const bool worst = Shorter(breach.worst_shortfall, breach.worst,
                                 to.worst_shortfall, to.worst);
      if (state.rule->money) {
        to.observed = add(to.observed, breach.observed);
        to.required = add(to.required, breach.required);
      } else if (worst) {
        to.observed = std::move(breach.observed);
        to.required = std::move(breach.required);
      }
      if (worst) {
        to.worst = std::move(breach.worst);
        to.worst_shortfall = breach.worst_shortfall;
        to.trace = std::move(breach.trace);
      }
      to.shortfall = Sum(to.shortfall, breach.shortfall);
      to.high_open |= breach.high_open;
      to.shortfall_high = Sum(to.shortfall_high, breach.shortfall_high);
      to.unverified |= breach.unverified;
      to.from = std::min(to.from, breach.from);
      to.to = std::max(to.to, breach.to);
      to.n += breach.n;
      for (v1::ParameterUsed& used : breach.parameters) {
        const bool known =
            std::any_of(to.parameters.begin(), to.parameters.end(),
                        [&](const v1::ParameterUsed& other) {
                          return other.name() == used.name() &&
                                 other.valid_from() == used.valid_from();
                        });
        if (!known) to.parameters.push_back(std::move(used));
      }
      to.items.Add(std::move(breach.items));
    }
    tally.breaches = std::move(joined);
  }
  for (BreachEntry& breach : tally.breaches) {
    breach.items.SortById();
    std::sort(breach.parameters.begin(), breach.parameters.end(),
              [](const v1::ParameterUsed& a, const v1::ParameterUsed& b) {
                return std::tie(a.name(), a.valid_from()) <
                       std::tie(b.name(), b.valid_from());
              });
  }
  return state.decided;
}

void PackJudge::FillRule(const RuleState& state, v1::Finding* finding) const {
  const v1::Rule& rule = *state.rule->rule;
  finding->set_rule_id(rule.id());
  finding->set_pack(state.pack->pack.name());
  finding->set_clause(rule.clause());
  finding->set_clause_zh(rule.clause_zh());
  finding->set_source(state.pack->pack.sources(state.rule->source).title());
  finding->set_place_in_source(rule.place_in_source());
  finding->set_strength(rule.strength());
  finding->set_grade(rule.grade().empty() ? "D" : rule.grade());
  finding->set_severity(rule.severity());
  finding->set_note(rule.note());
  finding->set_note_zh(rule.note_zh());
}

void PackJudge::Flag(const RuleState& state, v1::Verdict verdict,
                     const std::string& reason, const Item& item,
                     FlaggedTasks* flagged) const {
  if (flagged == nullptr || (state.rule->domain != Domain::kTask &&
                             state.rule->domain != Domain::kRun)) {
    return;
  }
  v1::FlaggedTask task;
  task.set_task_id(item.id);
  task.set_worker_id(item.worker);
  task.set_rule_id(state.rule->rule->id());
  task.set_pack(state.pack->pack.name());
  task.set_verdict(verdict);
  task.set_reason(reason);
  task.set_observed(item.observed);
  task.set_required(item.required);
  task.set_shortfall(item.shortfall);
  if (state.rule->money) task.set_currency(CurrencyOf(state));
  task.set_from(TimeText(item.from));
  task.set_to(TimeText(item.to));
  flagged->Add(task);
}

void PackJudge::AddReason(const RuleState& state, const ReasonEntry& entry,
                          std::vector<v1::Finding>* findings,
                          FlaggedTasks* flagged) const {
  v1::Finding& finding = findings->emplace_back();
  FillRule(state, &finding);
  finding.set_verdict(entry.verdict);
  finding.set_reason(entry.reason.text);
  finding.set_reason_zh(entry.reason.text_zh);
  for (const std::string& column : entry.reason.missing) {
    finding.add_missing(column);
  }
  finding.set_n(entry.n);
  if (entry.verdict != v1::INSUFFICIENT_EVIDENCE) return;
  std::vector<std::string> rows = entry.rows;
  entry.items.ForEach([&](const Item& item) {
    rows.push_back(Cat(state.table(), ":", item.id));
    Flag(state, entry.verdict, entry.reason.text, item, flagged);
  });
  if (entry.whole_table) rows.push_back(state.table() + ":*");
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  for (std::string& row : rows) finding.add_rows(std::move(row));
}

void PackJudge::ConcludeRule(RuleState& state,
                             std::vector<v1::Finding>* findings,
                             FlaggedTasks* flagged) const {
  const size_t before = findings->size();
  const bool per_worker = state.rule->domain == Domain::kWindow ||
                          state.rule->domain == Domain::kRun ||
                          state.rule->domain == Domain::kAggregate;
  ReasonEntry stopped;
  stopped.whole_table = true;
  if (!state.runnable) {
    stopped.verdict = state.stopped;
    stopped.reason = state.why;
    stopped.n = state.looked_at;
    AddReason(state, stopped, findings, flagged);
    return;
  }
  if (per_worker && known_workers_ == 0 && tasks_ > 0) {
    stopped.reason = NoWorkerNamed();
    stopped.n = tasks_;
    AddReason(state, stopped, findings, flagged);
    return;
  }
  Tally of_platform;
  if (state.rule->domain == Domain::kPlatform) {
    PlatformFinding(state, &of_platform);
  }
  const Tally& tally =
      state.rule->domain == Domain::kPlatform ? of_platform : Decided(state);
  const std::string& currency = CurrencyOf(state);
  const v1::Verdict verdict = state.indicator() ? v1::INDICATOR : v1::BREACH;
  for (const BreachEntry& breach : tally.breaches) {
    v1::Finding& finding = findings->emplace_back();
    FillRule(state, &finding);
    finding.set_verdict(verdict);
    finding.mutable_subject()->set_kind(breach.subject_kind);
    finding.mutable_subject()->set_id(breach.subject);
    finding.mutable_period()->set_from(TimeText(breach.from));
    finding.mutable_period()->set_to(TimeText(breach.to));
    finding.set_observed(breach.observed);
    finding.set_required(breach.required);
    if (state.rule->rhs >= 0) {
      finding.set_unit(UnitOf(state.compared(), currency));
    }
    if (state.rule->money) {
      finding.mutable_shortfall()->set_amount(
          PlainText(breach.shortfall, state.compared(), currency));
      finding.mutable_shortfall()->set_currency(currency);
    }
    const std::string low =
        PlainText(breach.shortfall, state.compared(), currency);
    const std::string high =
        breach.high_open
            ? ""
            : PlainText(breach.shortfall_high, state.compared(), currency);
    if (state.rule->rhs >= 0 && low != high) {
      finding.add_interval(low);
      finding.add_interval(high);
    }
    finding.set_n(breach.n);
    for (const v1::ParameterUsed& used : breach.parameters) {
      *finding.add_parameters() = used;
    }
    if (!breach.worst.empty() && breach.n > 1) {
      v1::TraceStep* step = finding.add_trace();
      step->set_name("shown_for");
      step->set_value(Cat(state.table(), ":", breach.worst));
    }
    for (const v1::TraceStep& step : breach.trace) *finding.add_trace() = step;
    finding.set_reason(breach.note);
    finding.set_reason_zh(breach.note_zh);
    finding.set_unverified(breach.unverified);
    if (breach.unverified) {
      if (!breach.note.empty()) {
        finding.mutable_reason()->append(" ");
      }
      finding.mutable_reason()->append(
          "Rests on a value or a rule that has not been verified "
          "(--allow-unverified).");
      finding.mutable_reason_zh()->append(
          "所依据的参数值或规则尚未核实（由 --allow-unverified 允许采用）。");
    }
    for (const std::string& row : breach.rows) finding.add_rows(row);
    breach.items.ForEach([&](const Item& item) {
      finding.add_rows(Cat(state.table(), ":", item.id));
      Flag(state, verdict, "", item, flagged);
    });
  }
  for (const auto& [key, entry] : tally.reasons) {
    AddReason(state, entry, findings, flagged);
  }
  int64_t passed = 0;
  for (const auto& [key, n] : tally.passes) passed += n;
  if (passed > 0) {
    v1::Finding& finding = findings->emplace_back();
    FillRule(state, &finding);
    finding.set_verdict(v1::NO_BREACH_FOUND);
    finding.set_n(passed);
  }
  if (findings->size() == before) {
    v1::Finding& finding = findings->emplace_back();
    FillRule(state, &finding);
    finding.set_verdict(v1::NOT_APPLICABLE);
    finding.set_n(0);
    finding.set_reason("The log holds nothing that the rule is about.");
    finding.set_reason_zh("日志中没有本条所涉及的内容。");
  }
  for (size_t i = before; i < findings->size(); ++i) {
    ShowFigure(*state.rule->rule, &(*findings)[i]);
  }
}

// What a rule asks, by which formula, and the columns that it had.
void PackJudge::DescribeClause(RuleState& state, v1::Coverage* coverage) const {
  const v1::Rule& rule = *state.rule->rule;
  coverage->set_pack(state.pack->pack.name());
  coverage->set_clause(rule.clause());
  coverage->set_clause_zh(rule.clause_zh());
  coverage->set_formula(rule.require());
  for (const v1::Let& let : rule.let()) {
    v1::TraceStep* part = coverage->add_parts();
    part->set_name(let.name());
    part->set_formula(let.is());
  }
  std::set<std::string> had;
  for (const Program* program :
       {&state.rule->program, &state.rule->gate_program}) {
    for (const ColumnNeed& need : program->columns) {
      std::string_view columns = need.columns;
      while (!columns.empty()) {
        const size_t end = std::min(columns.find('|'), columns.size());
        if (context_.Has(columns.substr(0, end))) {
          had.emplace(columns.substr(0, end));
        }
        columns.remove_prefix(std::min(end + 1, columns.size()));
      }
    }
  }
  for (const std::string& column : had) coverage->add_data(column);
  if (!state.rule->money || !state.runnable ||
      Decided(state).breaches.empty()) {
    return;
  }
  coverage->mutable_shortfall()->set_amount(
      PlainText(Lacking(state), state.compared(), CurrencyOf(state)));
  coverage->mutable_shortfall()->set_currency(CurrencyOf(state));
}

// At least what the findings of a rule lack in all.
Ratio PackJudge::Lacking(RuleState& state) const {
  Ratio sum;
  for (const BreachEntry& breach : Decided(state).breaches) {
    sum = Sum(sum, breach.shortfall);
  }
  return sum;
}

void PackJudge::Conclude(v1::AuditResult* result, FlaggedTasks* flagged) const {
  measures_ = &result->measures();
  std::vector<v1::Finding> findings;
  for (const auto& state : rules_) {
    ConcludeRule(*state, &findings, flagged);
    v1::Coverage* coverage = result->add_coverage();
    coverage->set_test(state->rule->rule->id());
    coverage->set_runnable(state->runnable);
    DescribeClause(*state, coverage);
    if (state->runnable) continue;
    coverage->set_reason(state->why.text);
    coverage->set_reason_zh(state->why.text_zh);
    for (const std::string& column : state->why.missing) {
      coverage->add_missing(column);
    }
  }
  std::stable_sort(findings.begin(), findings.end(),
                   [](const v1::Finding& a, const v1::Finding& b) {
                     return std::tie(a.pack(), a.rule_id(), a.subject().kind(),
                                     a.subject().id(), a.period().from(),
                                     a.period().to(), a.reason()) <
                            std::tie(b.pack(), b.rule_id(), b.subject().kind(),
                                     b.subject().id(), b.period().from(),
                                     b.period().to(), b.reason());
                   });
  if (flagged != nullptr) flagged->Sort();
  v1::Summary* summary = result->mutable_summary();
  int64_t counts[6] = {};
  std::set<std::string> workers;
  for (v1::Finding& finding : findings) {
    ++counts[finding.verdict()];
    if (finding.verdict() == v1::BREACH &&
        finding.subject().kind() == "worker") {
      workers.insert(finding.subject().id());
    }
    result->mutable_findings()->Add(std::move(finding));
  }
  summary->set_breach(counts[v1::BREACH]);
  summary->set_indicator(counts[v1::INDICATOR]);
  summary->set_no_breach_found(counts[v1::NO_BREACH_FOUND]);
  summary->set_not_applicable(counts[v1::NOT_APPLICABLE]);
  summary->set_insufficient_evidence(counts[v1::INSUFFICIENT_EVIDENCE]);
  summary->set_workers_affected(static_cast<int64_t>(workers.size()));

  // Rules of one group owe the same money: the largest counts.
  std::map<std::pair<std::string, std::string>, Ratio> groups;
  std::map<std::string, Ratio> by_currency;
  for (const auto& state : rules_) {
    if (!state->rule->money || state->indicator() || !state->runnable) continue;
    const Ratio sum = Lacking(*state);
    const v1::Rule& rule = *state->rule->rule;
    Ratio& largest = groups[{CurrencyOf(*state),
                             rule.overlap_group().empty()
                                 ? Cat(state->pack->pack.name(), "/", rule.id())
                                 : "group " + rule.overlap_group()}];
    if (FastMath().Compare(sum, largest) > 0) largest = sum;
  }
  const std::string& currency = context_.log->info.currency();
  Ratio total;
  for (const auto& [key, sum] : groups) {
    if (key.first == currency) total = Sum(total, sum);
  }
  if (!currency.empty()) {
    summary->mutable_shortfall_total()->set_amount(
        PlainText(total, {Kind::kNumber, kMoney}, currency));
    summary->mutable_shortfall_total()->set_currency(currency);
  }
  for (const RulePack& pack : packs_) {
    v1::PackUsed* used = result->add_packs();
    used->set_name(pack.pack.name());
    used->set_version(pack.pack.version());
    used->set_sha256(pack.sha256);
    used->set_title(pack.pack.title());
    used->set_title_zh(pack.pack.title_zh());
    for (const v1::Untestable& clause : pack.pack.untestable()) {
      v1::Coverage* coverage = result->add_coverage();
      coverage->set_test(clause.id());
      coverage->set_runnable(false);
      coverage->set_reason(clause.why());
      coverage->set_reason_zh(clause.why_zh());
      coverage->set_pack(pack.pack.name());
      coverage->set_clause(clause.clause());
      coverage->set_clause_zh(clause.clause_zh());
      coverage->set_settled_by(clause.settled_by());
      coverage->set_settled_by_zh(clause.settled_by_zh());
    }
  }
}

std::vector<std::pair<std::string, int64_t>> PackJudge::ShortfallByWorker()
    const {
  std::map<std::string, std::map<std::string, Ratio>> workers;
  for (const auto& state : rules_) {
    if (!state->rule->money || state->indicator() || !state->runnable) continue;
    const v1::Rule& rule = *state->rule->rule;
    const std::string group =
        rule.overlap_group().empty()
            ? Cat(state->pack->pack.name(), "/", rule.id())
            : "group " + rule.overlap_group();
    std::map<std::string, Ratio> sums;
    for (const BreachEntry& breach : Decided(*state).breaches) {
      if (breach.subject_kind != "worker") continue;
      Ratio& sum = sums[breach.subject];
      sum = Sum(sum, breach.shortfall);
    }
    for (const auto& [worker, sum] : sums) {
      Ratio& largest = workers[worker][group];
      if (FastMath().Compare(sum, largest) > 0) largest = sum;
    }
  }
  std::vector<std::pair<std::string, int64_t>> list;
  for (const auto& [worker, by_group] : workers) {
    Ratio total;
    for (const auto& [group, sum] : by_group) total = Sum(total, sum);
    const __int128 rounded = (2 * total.n + total.d) / (2 * total.d);
    list.emplace_back(worker, static_cast<int64_t>(rounded));
  }
  return list;
}

}  // namespace

std::unique_ptr<Judge> Judge::Create(const std::vector<RulePack>& packs,
                                     const MeasureContext& context,
                                     const JudgeOptions& options) {
  return std::make_unique<PackJudge>(packs, context, options);
}

}  // namespace plumbline::audit
