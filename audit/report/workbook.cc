#include "audit/report/workbook.h"

#include <xlsxwriter.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <initializer_list>
#include <vector>

#include "absl/strings/str_join.h"
#include "audit/report/cat.h"
#include "audit/report/catalogue.h"
#include "audit/report/numbers.h"
#include "audit/report/row_files.h"
#include "audit/report/sections.h"
#include "audit/report/text.h"

namespace plumbline::audit {
namespace {

constexpr int64_t kRowsInSheet = 1'000'000;
constexpr size_t kBytesInCell = 32'000;   // A cell holds 32,767 characters.
constexpr time_t kCreated = 315'532'800;  // 1980-01-01T00:00:00Z.

// Text that XML and a cell can hold.
std::string CellText(std::string_view text) {
  std::string clean = ValidUtf8(text);
  for (char& c : clean) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7F) c = ' ';
  }
  if (clean.size() > kBytesInCell) {
    size_t end = kBytesInCell;
    while (end > 0 && (static_cast<unsigned char>(clean[end]) & 0xC0) == 0x80)
      --end;
    clean.resize(end);
    clean += "…";
  }
  return clean;
}

size_t SignificantDigits(std::string_view number) {
  size_t digits = 0;
  bool leading = true;
  for (const char c : number) {
    if (c < '0' || c > '9') continue;
    leading = leading && c == '0';
    digits += !leading;
  }
  return digits;
}

// A sheet that is filled from the top.
class Sheet {
 public:
  Sheet(lxw_workbook* workbook, lxw_format* bold, const std::string& name,
        double first_width)
      : sheet_(workbook_add_worksheet(workbook, name.c_str())), bold_(bold) {
    worksheet_set_column(sheet_, 0, 0, first_width, nullptr);
    worksheet_set_column(sheet_, 1, 40, 16, nullptr);
  }

  void Width(int column, double width) {
    worksheet_set_column(sheet_, static_cast<lxw_col_t>(column),
                         static_cast<lxw_col_t>(column), width, nullptr);
  }
  void Header(const std::vector<std::string>& names, bool freeze) {
    for (size_t i = 0; i < names.size(); ++i) {
      worksheet_write_string(sheet_, row_, static_cast<lxw_col_t>(i),
                             CellText(names[i]).c_str(), bold_);
    }
    ++row_;
    if (freeze) worksheet_freeze_panes(sheet_, row_, 1);
  }
  // Decimal text becomes a number; "" leaves the cell empty.
  void Row(const std::vector<std::string>& cells) {
    for (size_t i = 0; i < cells.size(); ++i) {
      Cell(static_cast<lxw_col_t>(i), cells[i], i > 0);
    }
    ++row_;
  }
  // As Row, but `text_columns` first cells are text whatever they look like.
  void Row(const std::vector<std::string>& cells, size_t text_columns) {
    for (size_t i = 0; i < cells.size(); ++i) {
      Cell(static_cast<lxw_col_t>(i), cells[i], i >= text_columns);
    }
    ++row_;
  }
  void Gap() { ++row_; }
  bool full() const { return row_ >= kRowsInSheet; }

 private:
  void Cell(lxw_col_t column, const std::string& text, bool may_be_number) {
    if (text.empty()) return;
    double number = 0;
    if (may_be_number && IsDecimal(text) && SignificantDigits(text) <= 15 &&
        std::from_chars(text.data(), text.data() + text.size(), number).ec ==
            std::errc()) {
      worksheet_write_number(sheet_, row_, column, number, nullptr);
    } else {
      worksheet_write_string(sheet_, row_, column, CellText(text).c_str(),
                             nullptr);
    }
  }

  lxw_worksheet* sheet_;
  lxw_format* bold_;
  lxw_row_t row_ = 0;
};

std::string Number(bool known, int64_t value) {
  return known ? Cat(value) : "";
}

class Workbook {
 public:
  Workbook(const ReportModel& model, Language language, const std::string& path)
      : model_(model), result_(*model.result), words_(language) {
    lxw_workbook_options options = {};
    options.constant_memory = LXW_TRUE;
    workbook_ = workbook_new_opt(path.c_str(), &options);
    bold_ = workbook_add_format(workbook_);
    format_set_bold(bold_);
    format_set_bottom(bold_, LXW_BORDER_THIN);
    lxw_doc_properties properties = {};
    std::string title =
        words_(T::kTitle, PlatformName(result_.input(), words_));
    title = CellText(title).substr(0, 250);
    title = ValidUtf8(title);
    properties.title = title.data();
    char creator[] = "Plumbline";
    properties.author = creator;
    properties.created = kCreated;
    workbook_set_properties(workbook_, &properties);
  }

  absl::Status Finish(const std::string& path) {
    Summary();
    Findings();
    Hours();
    Pay();
    Targets();
    Allocation();
    Workers();
    Data();
    Coverage();
    Dictionary();
    const lxw_error error = workbook_close(workbook_);
    if (error == LXW_NO_ERROR) return absl::OkStatus();
    return absl::UnavailableError(
        Cat(path, ":1:1: cannot be written: ", lxw_strerror(error),
            ", expected a folder with room that may be written, choose another "
            "--out"));
  }

 private:
  Sheet Add(T name, double first_width = 34) {
    return Sheet(workbook_, bold_, words_(name), first_width);
  }

  void Summary() {
    Sheet sheet = Add(T::kSheetSummary);
    sheet.Width(1, 30);
    const v1::Input& input = result_.input();
    const v1::Summary& summary = result_.summary();
    sheet.Header({words_(T::kFigure), words_(T::kValue)}, true);
    sheet.Row({words_(T::kProduct), PlatformName(input, words_)}, 2);
    if (input.synthetic()) sheet.Row({words_(T::kSynthetic)}, 1);
    sheet.Row(
        {words_(T::kPeriodColumn),
         words_(T::kIntervalValue, input.observed_from(), input.observed_to())},
        2);
    sheet.Row({words_(T::kBreach), Cat(summary.breach())});
    sheet.Row({words_(T::kIndicator), Cat(summary.indicator())});
    sheet.Row({words_(T::kInsufficientEvidence),
               Cat(summary.insufficient_evidence())});
    sheet.Row({words_(T::kNoBreachFound), Cat(summary.no_breach_found())});
    sheet.Row({words_(T::kNotApplicable), Cat(summary.not_applicable())});
    if (summary.has_shortfall_total()) {
      sheet.Row({Cat(words_(T::kShortfall), " ",
                     summary.shortfall_total().currency()),
                 summary.shortfall_total().amount()});
    }
    if (summary.has_workers_affected()) {
      sheet.Row({words_(T::kWorkers), Cat(summary.workers_affected())});
    }
    sheet.Gap();
    sheet.Header({words_(T::kVerdict), words_(T::kMeaning)}, false);
    for (const v1::Verdict verdict :
         {v1::BREACH, v1::INDICATOR, v1::INSUFFICIENT_EVIDENCE,
          v1::NO_BREACH_FOUND, v1::NOT_APPLICABLE}) {
      sheet.Row({words_.Verdict(verdict), words_.VerdictMeaning(verdict)}, 2);
    }
  }

  void Findings() {
    Sheet sheet = Add(T::kSheetFindings, 18);
    sheet.Header({words_(T::kRule), words_(T::kPack), words_(T::kVerdict),
                  words_(T::kClause), words_(T::kSource), words_(T::kSubject),
                  words_(T::kSubject) + " id", words_(T::kPeriodColumn),
                  words_(T::kPeriodColumn), words_(T::kObserved),
                  words_(T::kRequired), words_(T::kReason), words_(T::kMissing),
                  words_(T::kCurrency, ""), words_(T::kShortfall),
                  words_(T::kLookedAt), words_(T::kSeverity), words_(T::kRows)},
                 true);
    for (const v1::Finding& finding : result_.findings()) {
      if (sheet.full()) {
        sheet.Row({words_(T::kMoreIn, "…", "findings.csv")}, 1);
        break;
      }
      sheet.Row(
          {finding.rule_id(), finding.pack(), words_.Verdict(finding.verdict()),
           std::string(words_.Pick(finding.clause(), finding.clause_zh())),
           finding.source(), finding.subject().kind(), finding.subject().id(),
           finding.period().from(), finding.period().to(), finding.observed(),
           finding.required(),
           std::string(words_.Pick(finding.reason(), finding.reason_zh())),
           absl::StrJoin(finding.missing(), " "),
           finding.shortfall().currency(), finding.shortfall().amount(),
           Number(finding.has_n(), finding.n()),
           Number(finding.severity() > 0, finding.severity()),
           Cat(finding.rows_size())},
          14);
    }
  }

  void Hours() {
    Sheet sheet = Add(T::kSheetHours);
    sheet.Width(2, 60);
    const v1::Hours& hours = result_.measures().hours();
    const v1::TimeSets& sets = hours.total();
    sheet.Header({words_(T::kDefinition), "s", words_(T::kMeaning)}, true);
    const auto row = [&](std::string_view name, bool known, int64_t seconds) {
      sheet.Row({Cat(words_.TimeSet(name), " ", name), Number(known, seconds),
                 words_.TimeSetMeaning(name)});
    };
    row("ONLINE", sets.has_online(), sets.online());
    row("ENGAGED", sets.has_engaged(), sets.engaged());
    row("TO_PICKUP", sets.has_to_pickup(), sets.to_pickup());
    row("LOADED", sets.has_loaded(), sets.loaded());
    row("ON_CALL", sets.has_on_call(), sets.on_call());
    row("REQUIRED", sets.has_required(), sets.required());
    row("TASK_SUM", sets.has_task_sum(), sets.task_sum());
    const v1::Runs& runs = hours.runs();
    sheet.Gap();
    sheet.Header({words_(T::kRuns), words_(T::kValue)}, false);
    sheet.Row({Cat(words_(T::kRunLongest), " (s)"),
               Number(runs.has_longest_s(), runs.longest_s())});
    sheet.Row(
        {words_(T::kRunsOver4), Number(runs.has_over4h(), runs.over4h())});
    sheet.Row({words_(T::kWorkerDays),
               Number(runs.has_worker_days(), runs.worker_days())});
    sheet.Row({words_(T::kDaysOver8), Number(runs.has_worker_days_over8h(),
                                             runs.worker_days_over8h())});
    sheet.Row(
        {words_(T::kWeeksWithoutRest), Number(runs.has_weeks_without_rest_day(),
                                              runs.weeks_without_rest_day())});
    if (runs.worker_days_by_hour().empty()) return;
    sheet.Gap();
    sheet.Header({words_(T::kHoursFromTo), words_(T::kWorkerDays)}, false);
    for (int i = 0; i < runs.worker_days_by_hour_size(); ++i) {
      sheet.Row({Cat(i, "–", i + 1), Cat(runs.worker_days_by_hour(i))});
    }
  }

  void Pay() {
    Sheet sheet = Add(T::kSheetPay);
    const v1::Pay& pay = result_.measures().pay();
    sheet.Header({words_(T::kFigure),
                  Cat(words_(T::kAmount), " ", result_.input().currency())},
                 true);
    sheet.Row({words_(T::kPayCounted), pay.counted()});
    sheet.Row({words_(T::kTips), pay.tips()});
    sheet.Row({words_(T::kDebits), pay.debits()});
    sheet.Row({words_(T::kTopUp), pay.top_up()});
    const auto map = [&](T heading, const auto& entries, const auto& name) {
      if (entries.empty()) return;
      sheet.Gap();
      sheet.Header({words_(heading), words_(T::kAmount)}, false);
      std::vector<std::pair<std::string, std::string>> sorted(entries.begin(),
                                                              entries.end());
      std::sort(sorted.begin(), sorted.end());
      for (const auto& [key, amount] : sorted)
        sheet.Row({Cat(name(key), " ", key), amount});
    };
    map(T::kPerHourPicture, pay.per_hour(),
        [&](const auto& key) { return words_.TimeSet(key); });
    map(T::kPayByKindPicture, pay.by_kind(),
        [&](const auto& key) { return words_.PayKind(key); });
    if (!pay.has_take_rate()) return;
    sheet.Gap();
    sheet.Header({words_(T::kTakeRate), words_(T::kShare)}, false);
    const v1::TakeRate& rate = pay.take_rate();
    sheet.Row({words_(T::kTasks), Number(rate.has_n(), rate.n())});
    sheet.Row({words_(T::kRatioOfSums), rate.ratio_of_sums()});
    sheet.Row({words_(T::kMeanOfRatios), rate.mean_of_ratios()});
    sheet.Row({words_(T::kSubsidised),
               Number(rate.has_subsidised(), rate.subsidised())});
  }

  void Targets() {
    Sheet sheet = Add(T::kSheetTargets, 50);
    const v1::Targets& targets = result_.measures().targets();
    sheet.Header({words_(T::kFigure), words_(T::kPromise), words_(T::kLimit)},
                 true);
    const v1::Target& promise = targets.promise();
    const v1::Target& limit = targets.limit();
    const auto number = [&](T name, const auto& of) {
      sheet.Row({words_(name), of(promise), of(limit)});
    };
    number(T::kTargetTasks,
           [](const v1::Target& t) { return Number(t.has_n(), t.n()); });
    number(T::kLate,
           [](const v1::Target& t) { return Number(t.has_late(), t.late()); });
    number(T::kShareLate, [](const v1::Target& t) { return t.share_late(); });
    number(T::kRank, [](const v1::Target& t) { return t.rank().pi(); });
    number(T::kInterval, [](const v1::Target& t) { return t.rank().lo(); });
    number(T::kInterval, [](const v1::Target& t) { return t.rank().hi(); });
    number(T::kReading, [&](const v1::Target& t) {
      return words_.RankVerdict(t.rank().verdict());
    });
    number(T::kRankCoverage,
           [](const v1::Target& t) { return t.rank().coverage(); });
    number(T::kStrictnessIndex,
           [](const v1::Target& t) { return t.rank().strictness_index(); });
    number(T::kSpeedN, [](const v1::Target& t) {
      return Number(t.speed().has_n(), t.speed().n());
    });
    number(T::kOver15, [](const v1::Target& t) {
      return Number(t.speed().has_over15(), t.speed().over15());
    });
    number(T::kOver25, [](const v1::Target& t) {
      return Number(t.speed().has_over25(), t.speed().over25());
    });
    number(T::kImpossible, [](const v1::Target& t) {
      return Number(t.speed().has_impossible(), t.speed().impossible());
    });
    for (const auto& [target, name] :
         {std::pair(&promise, T::kPromise), std::pair(&limit, T::kLimit)}) {
      if (target->rank().strata().empty()) continue;
      sheet.Gap();
      sheet.Header(
          {Cat(words_(T::kStratum), " · ", words_(name)), words_(T::kTasks),
           words_(T::kWorkers), words_(T::kDays), words_(T::kRank), "p05 (s)",
           "p50 (s)", "p95 (s)", Cat(words_(T::kTarget), " (s)")},
          false);
      for (const v1::StratumRank& stratum : target->rank().strata()) {
        if (!stratum.reportable()) continue;
        if (sheet.full()) break;
        sheet.Row({stratum.stratum(), Cat(stratum.n()), Cat(stratum.workers()),
                   Cat(stratum.days()), stratum.pi(), stratum.p05_s(),
                   stratum.p50_s(), stratum.p95_s(), stratum.target_mean_s()});
      }
    }
  }

  void Allocation() {
    Sheet sheet = Add(T::kSheetAllocation);
    const v1::Allocation& allocation = result_.measures().allocation();
    sheet.Header(
        {words_(T::kQuantity), words_(T::kWorkers), words_(T::kTotal),
         words_(T::kGini), words_(T::kGiniCorrected), words_(T::kChanceGini),
         words_(T::kExcessGini), words_(T::kTheilT), words_(T::kTheilL),
         words_(T::kJain), words_(T::kTop10)},
        true);
    const auto row = [&](bool known, const v1::Inequality& one, T name) {
      if (!known) return;
      sheet.Row({words_(name), Number(one.has_workers(), one.workers()),
                 one.n(), one.gini(), one.gini_corrected(), one.chance_gini(),
                 one.excess_gini(), one.theil_t(), one.theil_l(), one.jain(),
                 one.top10_share()});
    };
    row(allocation.has_tasks(), allocation.tasks(), T::kAllocTasks);
    row(allocation.has_pay(), allocation.pay(), T::kAllocPay);
    row(allocation.has_tasks_per_online_hour(),
        allocation.tasks_per_online_hour(), T::kAllocTasksHour);
    row(allocation.has_pay_per_online_hour(), allocation.pay_per_online_hour(),
        T::kAllocPayHour);
    if (!allocation.has_offers()) return;
    const v1::OfferCounts& offers = allocation.offers();
    sheet.Gap();
    sheet.Header({words_(T::kOffers), words_(T::kValue)}, false);
    sheet.Row(
        {words_(T::kOffered), Number(offers.has_offered(), offers.offered())});
    sheet.Row({words_(T::kAccepted),
               Number(offers.has_accepted(), offers.accepted())});
    sheet.Row({words_(T::kRejected),
               Number(offers.has_rejected(), offers.rejected())});
    sheet.Row(
        {words_(T::kExpired), Number(offers.has_expired(), offers.expired())});
    sheet.Row({words_(T::kAcceptanceRate), offers.acceptance_rate()});
  }

  void Workers() {
    Sheet sheet = Add(T::kSheetWorkers, 24);
    const auto columns = WorkerColumns();
    sheet.Header({columns.begin(), columns.end()}, true);
    for (const v1::WorkerRow& worker : *model_.workers) {
      if (sheet.full()) {
        sheet.Row({words_(T::kMoreIn, "…", "workers.csv")}, 1);
        break;
      }
      sheet.Row(WorkerCells(worker), 1);
    }
  }

  void Data() {
    Sheet sheet = Add(T::kSheetData);
    const v1::Input& input = result_.input();
    sheet.Header({words_(T::kTable), words_(T::kRowsRead), words_(T::kRowsUsed),
                  words_(T::kRowsRepaired), words_(T::kRowsQuarantined)},
                 true);
    for (const v1::TableFunnel& table : input.tables()) {
      sheet.Row({table.name(), Cat(table.rows_read()), Cat(table.rows_used()),
                 Cat(table.rows_repaired()), Cat(table.rows_quarantined())});
    }
    sheet.Gap();
    sheet.Header({words_(T::kFault), words_(T::kTimes), words_(T::kTable),
                  words_(T::kColumn)},
                 false);
    for (const v1::FaultCount& fault : input.faults()) {
      sheet.Row({fault.id(), Cat(fault.n()), fault.table(), fault.column()});
    }
  }

  void Coverage() {
    Sheet sheet = Add(T::kSheetCoverage);
    sheet.Width(1, 40);
    sheet.Width(3, 40);
    sheet.Width(4, 60);
    sheet.Width(5, 60);
    sheet.Header(
        {words_(T::kTest), words_(T::kSubjectMatter), words_(T::kRunnable),
         words_(T::kMissing), words_(T::kReason), words_(T::kWouldSettle)},
        true);
    for (const v1::Coverage& coverage : result_.coverage()) {
      if (sheet.full()) break;
      sheet.Row(
          {coverage.test(), words_.Test(coverage.test()),
           words_(coverage.runnable() ? T::kYes : T::kNo),
           absl::StrJoin(coverage.missing(), " "),
           std::string(words_.Pick(coverage.reason(), coverage.reason_zh())),
           std::string(
               words_.Pick(coverage.settled_by(), coverage.settled_by_zh()))},
          6);
    }
  }

  void Dictionary() {
    Sheet sheet = Add(T::kSheetDictionary, 26);
    sheet.Width(1, 12);
    sheet.Width(2, 90);
    sheet.Header({words_(T::kColumn), words_(T::kUnit), words_(T::kMeaning)},
                 true);
    for (const std::string_view column : WorkerColumns()) {
      sheet.Row({std::string(column), words_.WorkerColumnUnit(column),
                 words_.WorkerColumnMeaning(column)},
                3);
    }
  }

  const ReportModel& model_;
  const v1::AuditResult& result_;
  Words words_;
  lxw_workbook* workbook_;
  lxw_format* bold_;
};

}  // namespace

absl::Status WriteWorkbook(const ReportModel& model, Language language,
                           const std::string& path) {
  // The library prints where it cannot make its file; look first.
  std::FILE* probe = std::fopen(path.c_str(), "wb");
  if (probe == nullptr) {
    return absl::UnavailableError(
        Cat(path, ":1:1: cannot be made: ", std::strerror(errno),
            ", expected a folder that may be written, choose another "
            "--out"));
  }
  std::fclose(probe);
  return Workbook(model, language, path).Finish(path);
}

}  // namespace plumbline::audit
