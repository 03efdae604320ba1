#include "audit/findings/reason.h"

#include <utility>

#include "audit/rules/text.h"

namespace plumbline::audit {

Reason NotInScope(const CompiledRule& rule) {
  return {Cat("Outside the scope of the rule: ", rule.rule->scope_text(), "."),
          Cat("不在本条适用范围内：", rule.rule->scope_text_zh(), "。"),
          {}};
}

Reason GateClosed(const CompiledRule& rule) {
  return {Cat("The rule does not apply in this period: ",
              rule.rule->gate_text(), "."),
          Cat("本期不适用该规则：", rule.rule->gate_text_zh(), "。"),
          {}};
}

Reason NotYetInForce(const CompiledRule& rule) {
  return {Cat("Before the rule took effect on ", rule.rule->valid_from(), "."),
          Cat("早于本条生效日 ", rule.rule->valid_from(), "。"),
          {}};
}

Reason NoLongerInForce(const CompiledRule& rule) {
  return {Cat("After the last day of the rule, ", rule.rule->valid_to(), "."),
          Cat("晚于本条有效期截止日 ", rule.rule->valid_to(), "。"),
          {}};
}

Reason OtherCurrency(const std::string& log, const std::string& pack) {
  return {Cat("The log is in ", log, " and the rule in ", pack, "."),
          Cat("日志货币为 ", log, "，本条以 ", pack, " 计。"),
          {}};
}

Reason ColumnsMissing(std::vector<std::string> columns) {
  return {Cat("The log does not have ", Joined(columns, ", "),
              "; the test could not run."),
          Cat("日志缺少 ", Joined(columns, "、"), "，本项无法检验。"),
          std::move(columns)};
}

Reason CellsUnknown(std::vector<std::string> columns) {
  return {Cat("Unknown ", Joined(columns, ", "),
              ": the verdict depends on what was there."),
          Cat("", Joined(columns, "、"), " 未知，结论取决于其实际取值。"),
          std::move(columns)};
}

Reason TasksStraddle(std::vector<std::string> columns) {
  Reason reason;
  if (!columns.empty()) reason = CellsUnknown(std::move(columns));
  reason.text =
      Cat("A task runs over an end of the period, and the rule does not say on "
          "which side it and its pay count: the verdict depends on that",
          reason.missing.empty() ? "." : ". ", reason.text);
  reason.text_zh =
      Cat("有任务跨越统计期的起止时刻，而规则未规定任务及其报酬计入哪一期，结论"
          "取决于此。",
          reason.text_zh);
  return reason;
}

Reason PayPeriodsUnknown() {
  return {
      "The log names no pay periods. A week from Monday falls short, but all "
      "weeks together do not, so a longer pay period may be sound.",
      "日志未载明结算周期。按周（周一起）计算有不足，但各周合计并无不足，更长的"
      "结算周期"
      "可能合规。",
      {"pay.period_end", "pay.period_start"}};
}

Reason TopUpStillOpen() {
  return {
      "Short, but pay that makes it good may come until after the log ends. "
      "The payments up to then, and the day on which the log ends, would "
      "settle it.",
      "有不足，但补足期限晚于日志的截止时间。此期限之前的支付记录以及日志的截止"
      "日期可据以判断。",
      {"log.observed_to", "pay.paid_at"}};
}

Reason DivisionByZero() {
  return {
      "The formula divides by zero here or takes the largest of nothing, so it "
      "says nothing.",
      "此处公式的除数为零，或没有可取最值的对象，无法得出结论。",
      {}};
}

Reason RuleFromMemory() {
  return {
      "The rule itself has not been verified; --allow-unverified applies it.",
      "本条规则本身尚未核实；加 --allow-unverified 才会适用。",
      {}};
}

Reason NoWorkerNamed() {
  return {"The log names no worker, so nothing per worker can be tested.",
          "日志未标明劳动者，无法按人检验。",
          {"tasks.worker_id"}};
}

Reason OfMeasure(const MeasuredVerdict& own) {
  struct Code {
    std::string_view word, text, text_zh;
  };
  static constexpr Code kCodes[] = {
      {"CANNOT_CONCLUDE(N)", "too few tasks, workers or weeks",
       "任务、劳动者或周数过少"},
      {"CANNOT_CONCLUDE(MISS)",
       "what is missing in the log could turn the verdict",
       "日志缺失的部分足以改变结论"},
      {"CANNOT_CONCLUDE(ID)",
       "the log does not hold what would tell one reading from another",
       "日志不足以区分不同解释"},
      {"CANNOT_CONCLUDE(DEP)",
       "the verdict changes with the reference, the bound or the placebo",
       "结论随参照、界限或安慰剂检验而变"},
      {"CANNOT_CONCLUDE(INT)", "the log contradicts itself here",
       "日志在此处自相矛盾"},
      {"CANNOT_CONCLUDE(POW)",
       "not significant, and an effect that matters could have been missed",
       "不显著，但可能遗漏了有意义的差异"}};
  Reason reason;
  std::string text = own.reason, text_zh = own.reason_zh;
  for (const Code& code : kCodes) {
    if (code.word != own.word) continue;
    if (text.empty()) text = Cat(code.text, ".");
    if (text_zh.empty()) text_zh = Cat(code.text_zh, "。");
  }
  reason.text = Cat("The measure itself does not conclude (", own.word,
                    text.empty() ? ")." : "): ", text);
  reason.text_zh = Cat("测量本身无法得出结论（", own.word,
                       text_zh.empty() ? "）。" : "）：", text_zh);
  return reason;
}

Reason NoNumberSet() {
  return {
      "No source sets a number for this: the figure is shown for what it is.",
      "没有任何来源为此规定数值：仅列示该数据。",
      {}};
}

Reason OfUndecidable(const v1::Undecidable& test) {
  return {test.reason(), test.reason_zh(), {}};
}

Reason OfParameter(const ParameterFailure& failure, const CompiledPack& pack,
                   std::string_view city) {
  if (failure.kind == Failure::kNoMeasure) {
    return {Cat("The log gives no figure ", failure.measure,
                "; the coverage says why."),
            Cat("日志得不出指标 ", failure.measure, "，原因见数据覆盖情况。"),
            {}};
  }
  if (failure.kind == Failure::kCalendar) {
    const v1::Calendar& calendar = *pack.calendars[failure.parameter].calendar;
    return {
        Cat("The pack's calendar of ", calendar.title(), " (", calendar.name(),
            ") does not reach this time or is unverified."),
        Cat("规则包的", calendar.title_zh(), "日历（", calendar.name(),
            "）未覆盖该时段或尚未核实。"),
        {}};
  }
  const v1::RuleParameter& parameter =
      *pack.parameters[failure.parameter].parameter;
  const std::string name = Cat(parameter.title(), " (", parameter.name(), ")");
  const std::string name_zh =
      Cat(parameter.title_zh(), "（", parameter.name(), "）");
  const std::string at = city.empty() ? "" : Cat(" in ", city);
  const std::string at_zh = Cat(city);
  switch (failure.kind) {
    case Failure::kUnknownPlace:
      return {Cat("The city is not known, and ", name, " differs by place."),
              Cat("城市未知，而", name_zh, "因地而异。"),
              {"tasks.city"}};
    case Failure::kForeignPlace:
      return {Cat("The pack has no value of ", name, at, "."),
              Cat("规则包中没有", at_zh, "的", name_zh, "。"),
              {}};
    case Failure::kNoDate:
      return {Cat("The date is not known by which ", name, " is looked up."),
              Cat("无法确定查找", name_zh, "所依据的日期。"),
              {"tasks.accepted_at"}};
    case Failure::kFromMemory:
      return {Cat("The value of ", name, at,
                  " for this time has not been verified; --allow-unverified "
                  "uses it."),
              Cat(at_zh, "当时的", name_zh,
                  "尚未核实；加 --allow-unverified 才会采用。"),
              {}};
    default:
      if (!parameter.filled_by().empty()) {
        return {Cat("The pack has no value of ", name, at,
                    " for this time. It stands in: ", parameter.filled_by()),
                Cat("规则包中没有", at_zh, "当时的", name_zh, "。该数值载于：",
                    parameter.filled_by_zh()),
                {}};
      }
      return {Cat("The pack has no verified value of ", name, at,
                  " for this time."),
              Cat("规则包中没有", at_zh, "当时经核实的", name_zh, "。"),
              {}};
  }
}

}  // namespace plumbline::audit
