#include "audit/report/catalogue.h"

#include <array>

#include "audit/report/cat.h"
#include "audit/report/numbers.h"

namespace plumbline::audit {
namespace {

constexpr CatalogueEntry kEntries[] = {
#define PLUMBLINE_TEXT(name, en, zh) {#name, en, zh},
#include "audit/report/catalogue_texts.inc"
#undef PLUMBLINE_TEXT
};

struct Named {
  std::string_view name;
  T text;
};

constexpr Named kTimeSets[] = {
    {"ONLINE", T::kOnline},      {"ENGAGED", T::kEngaged},
    {"TO_PICKUP", T::kToPickup}, {"LOADED", T::kLoaded},
    {"ON_CALL", T::kOnCall},     {"REQUIRED", T::kRequiredTime},
    {"TASK_SUM", T::kTaskSum}};
constexpr Named kTimeSetMeanings[] = {
    {"ONLINE", T::kOnlineMeaning},      {"ENGAGED", T::kEngagedMeaning},
    {"TO_PICKUP", T::kToPickupMeaning}, {"LOADED", T::kLoadedMeaning},
    {"ON_CALL", T::kOnCallMeaning},     {"REQUIRED", T::kRequiredTimeMeaning},
    {"TASK_SUM", T::kTaskSumMeaning}};
constexpr Named kPayKinds[] = {{"base", T::kPayBase},
                               {"distance", T::kPayDistance},
                               {"time", T::kPayTime},
                               {"wait", T::kPayWait},
                               {"peak", T::kPayPeak},
                               {"bonus", T::kPayBonus},
                               {"weather", T::kPayWeather},
                               {"night", T::kPayNight},
                               {"holiday", T::kPayHoliday},
                               {"overtime", T::kPayOvertime},
                               {"allowance", T::kPayAllowance},
                               {"tip", T::kPayTip},
                               {"toll", T::kPayToll},
                               {"top_up", T::kPayTopUp},
                               {"reimbursement", T::kPayReimbursement},
                               {"late_fine", T::kPayLateFine},
                               {"review_fine", T::kPayReviewFine},
                               {"damage", T::kPayDamage},
                               {"other_fine", T::kPayOtherFine},
                               {"commission", T::kPayCommission},
                               {"fee", T::kPayFee},
                               {"deposit", T::kPayDeposit},
                               {"social", T::kPaySocial},
                               {"tax", T::kPayTax}};
constexpr Named kGrades[] = {
    {"D", T::kGradeD}, {"T", T::kGradeT}, {"M", T::kGradeM}, {"S", T::kGradeS}};
constexpr Named kStrengths[] = {{"L", T::kStrengthL}, {"R", T::kStrengthR},
                                {"G", T::kStrengthG}, {"N", T::kStrengthN},
                                {"P", T::kStrengthP}, {"E", T::kStrengthE},
                                {"S", T::kStrengthS}, {"D", T::kStrengthD}};
constexpr Named kRankVerdicts[] = {
    {"STRICTEST", T::kRankStrictest},
    {"BELOW_MIDDLE", T::kRankBelowMiddle},
    {"AT_OR_ABOVE_MIDDLE", T::kRankAtOrAboveMiddle}};
constexpr Named kRankCodes[] = {
    {"N", T::kRankCodeN},     {"MISS", T::kRankCodeMiss},
    {"DEP", T::kRankCodeDep}, {"ID", T::kRankCodeId},
    {"POW", T::kRankCodePow}, {"INT", T::kRankCodeInt}};
constexpr Named kMeasureTests[] = {
    {"erosion.promiseRatchet", T::kTestRatchetPromise},
    {"erosion.limitRatchet", T::kTestRatchetLimit},
    {"erosion.weather", T::kTestWeather},
    {"erosion.income", T::kTestIncome},
    {"erosion.breaks.disclosure", T::kTestDisclosure},
    {"strictness.promise", T::kTestStrictPromise},
    {"strictness.limit", T::kTestStrictLimit},
    {"strictness.estimates", T::kTestStrictEstimates},
    {"workload.runs", T::kTestRunsByGap},
    {"workload.pushes", T::kTestPushes},
    {"workload.rest", T::kTestRest},
    {"workload.concurrency", T::kTestOpen},
    {"workload.bundles.planned", T::kTestBundlesPlanned},
    {"workload.bundles.routed", T::kTestBundlesRouted},
    {"workload.days", T::kTestDays}};
constexpr Named kDriftSeries[] = {{"promise", T::kDriftPromise},
                                  {"limit", T::kDriftLimit},
                                  {"promisePerKm", T::kDriftPromiseKm},
                                  {"limitPerKm", T::kDriftLimitKm},
                                  {"pay", T::kDriftPay},
                                  {"takeRate", T::kDriftTake}};
constexpr Named kDurations[] = {{"acceptToDone", T::kAcceptToDone},
                                {"placedToDone", T::kPlacedToDone},
                                {"readyToPickup", T::kReadyToPickup},
                                {"waitAtPickup", T::kWaitAtPickup}};
constexpr Named kAllocations[] = {
    {"tasks", T::kAllocTasks},
    {"pay", T::kAllocPay},
    {"tasksPerOnlineHour", T::kAllocTasksHour},
    {"payPerOnlineHour", T::kAllocPayHour},
    {"tasksPerOnlineHourInCells", T::kAllocTasksCells},
    {"payPerOnlineHourInCells", T::kAllocPayCells}};

constexpr Named kWorkerColumnMeanings[] = {
    {"worker_id", T::kColumnId},
    {"tasks", T::kColumnTasks},
    {"delivered", T::kColumnDelivered},
    {"offers", T::kColumnOffers},
    {"accepted", T::kColumnAccepted},
    {"rejected", T::kColumnRejected},
    {"online_s", T::kColumnOnline},
    {"engaged_s", T::kColumnEngaged},
    {"to_pickup_s", T::kColumnToPickup},
    {"loaded_s", T::kColumnLoaded},
    {"on_call_s", T::kColumnOnCall},
    {"task_sum_s", T::kColumnTaskSum},
    {"pay_counted", T::kColumnPayCounted},
    {"tips", T::kColumnTips},
    {"debits", T::kColumnDebits},
    {"top_up", T::kColumnTopUp},
    {"pay_per_online_hour", T::kColumnPerOnline},
    {"pay_per_engaged_hour", T::kColumnPerEngaged},
    {"longest_run_s", T::kColumnLongestRun},
    {"runs_over_4h", T::kColumnRunsOver4},
    {"days_over_8h", T::kColumnDaysOver8},
    {"late_promise", T::kColumnLatePromise},
    {"late_limit", T::kColumnLateLimit},
    {"shortfall", T::kColumnShortfall},
    {"currency", T::kColumnCurrency},
};

bool ConsumePrefix(std::string_view* text, std::string_view prefix) {
  if (!text->starts_with(prefix)) return false;
  text->remove_prefix(prefix.size());
  return true;
}

bool ConsumeSuffix(std::string_view* text, std::string_view suffix) {
  if (!text->ends_with(suffix)) return false;
  text->remove_suffix(suffix.size());
  return true;
}

template <size_t n>
const Named* Find(const Named (&table)[n], std::string_view name) {
  for (const Named& entry : table) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

}  // namespace

std::span<const CatalogueEntry> Catalogue() { return kEntries; }

std::string_view Words::Raw(T text) const {
  const CatalogueEntry& entry = kEntries[static_cast<size_t>(text)];
  return chinese() ? entry.zh : entry.en;
}

std::string_view Words::Pick(std::string_view en, std::string_view zh) const {
  if (chinese()) return zh.empty() ? en : zh;
  return en.empty() ? zh : en;
}

std::string Words::Verdict(v1::Verdict verdict) const {
  switch (verdict) {
    case v1::BREACH:
      return (*this)(T::kBreach);
    case v1::INDICATOR:
      return (*this)(T::kIndicator);
    case v1::NO_BREACH_FOUND:
      return (*this)(T::kNoBreachFound);
    case v1::NOT_APPLICABLE:
      return (*this)(T::kNotApplicable);
    case v1::INSUFFICIENT_EVIDENCE:
      return (*this)(T::kInsufficientEvidence);
    default:
      return (*this)(T::kVerdictUnspecified);
  }
}

std::string Words::VerdictMeaning(v1::Verdict verdict) const {
  switch (verdict) {
    case v1::BREACH:
      return (*this)(T::kBreachMeaning);
    case v1::INDICATOR:
      return (*this)(T::kIndicatorMeaning);
    case v1::NO_BREACH_FOUND:
      return (*this)(T::kNoBreachFoundMeaning);
    case v1::NOT_APPLICABLE:
      return (*this)(T::kNotApplicableMeaning);
    default:
      return (*this)(T::kInsufficientEvidenceMeaning);
  }
}

std::string Words::Grade(std::string_view grade) const {
  const Named* found = Find(kGrades, grade);
  return found ? Cat(grade, chinese() ? "（" : " (", (*this)(found->text),
                     chinese() ? "）" : ")")
               : std::string(grade);
}

std::string Words::Strength(std::string_view strength) const {
  const Named* found = Find(kStrengths, strength);
  return found ? (*this)(found->text) : std::string(strength);
}

std::string Words::Subject(const v1::Subject& subject) const {
  if (subject.kind() == "worker")
    return (*this)(T::kSubjectWorker, subject.id());
  if (subject.kind() == "group") return (*this)(T::kSubjectGroup, subject.id());
  if (subject.kind() == "task") return (*this)(T::kSubjectTask, subject.id());
  if (subject.kind() == "stratum")
    return (*this)(T::kSubjectStratum, subject.id());
  if (subject.kind() == "platform" || subject.kind().empty()) {
    const std::string platform = (*this)(T::kSubjectPlatform);
    return subject.id().empty() ? platform : Cat(platform, " ", subject.id());
  }
  return Cat(subject.kind(), " ", subject.id());
}

std::string Words::TimeSet(std::string_view name) const {
  const Named* found = Find(kTimeSets, name);
  return found ? (*this)(found->text) : std::string(name);
}

std::string Words::TimeSetMeaning(std::string_view name) const {
  const Named* found = Find(kTimeSetMeanings, name);
  return found ? (*this)(found->text) : std::string();
}

std::string Words::PayKind(std::string_view kind) const {
  const Named* found = Find(kPayKinds, kind);
  return found ? (*this)(found->text) : std::string(kind);
}

std::string Words::RankVerdict(std::string_view verdict) const {
  if (const Named* found = Find(kRankVerdicts, verdict))
    return (*this)(found->text);
  std::string_view code = verdict;
  if (ConsumePrefix(&code, "CANNOT_CONCLUDE(") && ConsumeSuffix(&code, ")")) {
    const Named* found = Find(kRankCodes, code);
    return (*this)(T::kRankCannotConclude,
                   found ? (*this)(found->text) : std::string(code));
  }
  return std::string(verdict);
}

std::string Words::DriftVerdict(std::string_view verdict) const {
  if (verdict == "FINDING") return (*this)(T::kVerdictFinding);
  if (verdict == "NO_FINDING") return (*this)(T::kVerdictNoFinding);
  if (verdict.empty()) return "–";
  return RankVerdict(verdict);
}

std::string Words::Duration(std::string_view name) const {
  const Named* found = Find(kDurations, name);
  return found ? (*this)(found->text) : std::string(name);
}

std::string Words::Test(std::string_view path) const {
  std::string_view rest = path;
  if (ConsumePrefix(&rest, "hours.total."))
    return (*this)(T::kTestHours, TimeSet(rest));
  if (rest == "hours.runs") return (*this)(T::kTestRuns);
  if (ConsumePrefix(&rest, "pay.perHour."))
    return (*this)(T::kTestPerHour, TimeSet(rest));
  if (rest == "pay.takeRate") return (*this)(T::kTestTakeRate);
  if (ConsumePrefix(&rest, "pay.")) return (*this)(T::kTestPay);
  for (const auto& [prefix, text] :
       {std::pair("targets.promise", T::kTestPromise),
        std::pair("targets.limit", T::kTestLimit)}) {
    if (!ConsumePrefix(&rest, prefix)) continue;
    if (rest == ".rank") return (*this)(T::kTestRank, (*this)(text));
    if (rest == ".speed") return (*this)(T::kTestSpeed, (*this)(text));
    return (*this)(text);
  }
  if (ConsumePrefix(&rest, "durations."))
    return (*this)(T::kTestDuration, Duration(rest));
  if (rest == "allocation.offers") return (*this)(T::kTestOffers);
  if (ConsumePrefix(&rest, "allocation.")) {
    const Named* found = Find(kAllocations, rest);
    return (*this)(T::kTestAllocation,
                   found ? (*this)(found->text) : std::string(rest));
  }
  if (rest.starts_with("mdrp")) return (*this)(T::kTestMdrp);
  if (const Named* found = Find(kMeasureTests, rest))
    return (*this)(found->text);
  if (ConsumePrefix(&rest, "erosion.series.")) {
    const Named* found = Find(kDriftSeries, rest);
    return (*this)(T::kTestErosionSeries,
                   found ? (*this)(found->text) : std::string(rest));
  }
  if (rest.starts_with("workload.promiseLateness"))
    return (*this)(T::kTestLatenessPromise);
  if (rest.starts_with("workload.limitLateness"))
    return (*this)(T::kTestLatenessLimit);
  return (*this)(T::kTestRule, path);
}

std::string Words::Confidence(std::string_view word) const {
  if (word == "V1") return (*this)(T::kConfidenceV1);
  if (word == "V2") return (*this)(T::kConfidenceV2);
  if (word == "V3") return (*this)(T::kConfidenceV3);
  if (word == "C") return (*this)(T::kConfidenceC);
  if (word == "M") return (*this)(T::kConfidenceM);
  return std::string(word);
}

std::string Words::WorkerColumnMeaning(std::string_view column) const {
  const Named* found = Find(kWorkerColumnMeanings, column);
  return found ? (*this)(found->text) : std::string();
}

std::string Words::WorkerColumnUnit(std::string_view column) const {
  if (column.ends_with("_s")) return (*this)(T::kUnitSeconds);
  if (column.starts_with("pay_per_")) return (*this)(T::kUnitMoneyHour);
  for (const std::string_view money :
       {"pay_counted", "tips", "debits", "top_up", "shortfall"}) {
    if (column == money) return (*this)(T::kUnitMoney);
  }
  return "";
}

std::string Words::Money(std::string_view amount,
                         std::string_view currency) const {
  const std::string shown = Shown(amount, 2);
  if (currency.empty()) return shown;
  if (chinese() && currency == "CNY") return Cat(shown, " 元");
  return Cat(currency, " ", shown);
}

std::string Words::Shortfall(const v1::Amount& amount) const {
  return Money(RoundedDown(amount.amount(), 2), amount.currency());
}

}  // namespace plumbline::audit
