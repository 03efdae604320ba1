#include "audit/report/row_files.h"

#include <algorithm>

#include "absl/strings/str_join.h"
#include "audit/report/cat.h"
#include "audit/report/json.h"
#include "audit/report/text.h"

namespace plumbline::audit {
namespace {

constexpr std::string_view kWorkerColumns[] = {"worker_id",
                                               "tasks",
                                               "delivered",
                                               "offers",
                                               "accepted",
                                               "rejected",
                                               "online_s",
                                               "engaged_s",
                                               "to_pickup_s",
                                               "loaded_s",
                                               "on_call_s",
                                               "task_sum_s",
                                               "pay_counted",
                                               "tips",
                                               "debits",
                                               "top_up",
                                               "pay_per_online_hour",
                                               "pay_per_engaged_hour",
                                               "longest_run_s",
                                               "runs_over_4h",
                                               "days_over_8h",
                                               "late_promise",
                                               "late_limit",
                                               "shortfall",
                                               "currency"};

// How many row ids a cell of findings.csv holds: a spreadsheet cuts a cell at
// 32,767 characters without a word. All ids are in findings.json.
constexpr int kRowsInCell = 50;

// One line of CSV at a time, into a buffer that is reused.
class CsvLines {
 public:
  explicit CsvLines(StagedFile* file) : file_(file) {}
  void Cell(std::string_view text) {
    if (!first_) line_.push_back(',');
    first_ = false;
    AppendCsvCell(text, &line_);
  }
  void Number(int64_t value) {
    if (!first_) line_.push_back(',');
    first_ = false;
    AppendTo(&line_, value);
  }
  void End() {
    line_.push_back('\n');
    file_->Write(line_);
    line_.clear();
    first_ = true;
  }
  void Header(std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) Cell(name);
    End();
  }

 private:
  StagedFile* file_;
  std::string line_;
  bool first_ = true;
};

void AppendField(std::string_view name,
                 const google::protobuf::Message& message, bool last,
                 std::string* out) {
  AppendTo(out, "\"", name, "\":");
  AppendJson(message, out);
  AppendTo(out, last ? "\n" : ",\n");
}

template <typename Messages>
void WriteList(std::string_view name, const Messages& messages,
               StagedFile* file) {
  std::string out = Cat("\"", name, "\":[");
  for (int i = 0; i < messages.size(); ++i) {
    out += i == 0 ? "\n" : ",\n";
    AppendJson(messages.Get(i), &out);
    file->Write(out);
    out.clear();
  }
  out += messages.empty() ? "],\n" : "\n],\n";
  file->Write(out);
}

}  // namespace

std::string_view VerdictWord(v1::Verdict verdict) {
  switch (verdict) {
    case v1::BREACH:
      return "BREACH";
    case v1::INDICATOR:
      return "INDICATOR";
    case v1::NO_BREACH_FOUND:
      return "NO_BREACH_FOUND";
    case v1::NOT_APPLICABLE:
      return "NOT_APPLICABLE";
    case v1::INSUFFICIENT_EVIDENCE:
      return "INSUFFICIENT_EVIDENCE";
    default:
      return "VERDICT_UNSPECIFIED";
  }
}

std::span<const std::string_view> WorkerColumns() { return kWorkerColumns; }

std::vector<std::string> WorkerCells(const v1::WorkerRow& row) {
  std::vector<std::string> cells;
  cells.reserve(std::size(kWorkerColumns));
  const auto number = [&](bool known, int64_t value) {
    cells.push_back(known ? Cat(value) : "");
  };
  cells.push_back(row.worker_id());
  number(row.has_tasks(), row.tasks());
  number(row.has_delivered(), row.delivered());
  number(row.has_offers(), row.offers());
  number(row.has_accepted(), row.accepted());
  number(row.has_rejected(), row.rejected());
  number(row.has_online_s(), row.online_s());
  number(row.has_engaged_s(), row.engaged_s());
  number(row.has_to_pickup_s(), row.to_pickup_s());
  number(row.has_loaded_s(), row.loaded_s());
  number(row.has_on_call_s(), row.on_call_s());
  number(row.has_task_sum_s(), row.task_sum_s());
  cells.push_back(row.pay_counted());
  cells.push_back(row.tips());
  cells.push_back(row.debits());
  cells.push_back(row.top_up());
  cells.push_back(row.pay_per_online_hour());
  cells.push_back(row.pay_per_engaged_hour());
  number(row.has_longest_run_s(), row.longest_run_s());
  number(row.has_runs_over_4h(), row.runs_over_4h());
  number(row.has_days_over_8h(), row.days_over_8h());
  number(row.has_late_promise(), row.late_promise());
  number(row.has_late_limit(), row.late_limit());
  cells.push_back(row.shortfall());
  cells.push_back(row.currency());
  return cells;
}

void WriteFindingsJson(const v1::AuditResult& result, StagedFile* file) {
  std::string out = "{\n\"schema\":";
  AppendJsonString(
      result.schema().empty() ? "plumbline.audit.v1" : result.schema(), &out);
  out += ",\n";

  v1::Input input = result.input();
  for (v1::TableFunnel& table : *input.mutable_tables()) {
    table.set_rows_read(table.rows_read());
    table.set_rows_used(table.rows_used());
    table.set_rows_repaired(table.rows_repaired());
    table.set_rows_quarantined(table.rows_quarantined());
  }
  AppendField("input", input, false, &out);

  v1::Summary summary = result.summary();
  summary.set_breach(summary.breach());
  summary.set_indicator(summary.indicator());
  summary.set_no_breach_found(summary.no_breach_found());
  summary.set_not_applicable(summary.not_applicable());
  summary.set_insufficient_evidence(summary.insufficient_evidence());
  AppendField("summary", summary, false, &out);
  file->Write(out);
  out.clear();

  WriteList("findings", result.findings(), file);
  AppendField("measures", result.measures(), false, &out);
  file->Write(out);
  out.clear();
  WriteList("coverage", result.coverage(), file);
  WriteList("packs", result.packs(), file);

  out = "\"notes\":[";
  for (int i = 0; i < result.notes_size(); ++i) {
    out += i == 0 ? "\n" : ",\n";
    AppendJsonString(result.notes(i), &out);
  }
  out += result.notes().empty() ? "]" : "\n]";
  // Fields that are added to the result after these are not lost.
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  result.GetReflection()->ListFields(result, &fields);
  for (const auto* field : fields) {
    if (field->number() <= v1::AuditResult::kNotesFieldNumber) continue;
    out += ",\n";
    AppendJsonField(result, field, &out);
  }
  out += "\n}\n";
  file->Write(out);
}

void WriteFindingsCsv(const v1::AuditResult& result, StagedFile* file) {
  CsvLines lines(file);
  lines.Header({"rule_id",   "pack",         "verdict",       "grade",
                "severity",  "subject_kind", "subject_id",    "period_from",
                "period_to", "observed",     "required",      "shortfall",
                "currency",  "interval_low", "interval_high", "p_value",
                "n",         "missing",      "reason",        "reason_zh",
                "clause",    "clause_zh",    "source",        "row_count",
                "rows",      "unit"});
  for (const v1::Finding& finding : result.findings()) {
    lines.Cell(finding.rule_id());
    lines.Cell(finding.pack());
    lines.Cell(VerdictWord(finding.verdict()));
    lines.Cell(finding.grade());
    if (finding.severity() > 0) {
      lines.Number(finding.severity());
    } else {
      lines.Cell("");
    }
    lines.Cell(finding.subject().kind());
    lines.Cell(finding.subject().id());
    lines.Cell(finding.period().from());
    lines.Cell(finding.period().to());
    lines.Cell(finding.observed());
    lines.Cell(finding.required());
    lines.Cell(finding.shortfall().amount());
    lines.Cell(finding.shortfall().currency());
    lines.Cell(finding.interval_size() > 0 ? finding.interval(0) : "");
    lines.Cell(finding.interval_size() > 1 ? finding.interval(1) : "");
    lines.Cell(finding.p_value());
    if (finding.has_n()) {
      lines.Number(finding.n());
    } else {
      lines.Cell("");
    }
    lines.Cell(absl::StrJoin(finding.missing(), " "));
    lines.Cell(finding.reason());
    lines.Cell(finding.reason_zh());
    lines.Cell(finding.clause());
    lines.Cell(finding.clause_zh());
    lines.Cell(finding.source());
    lines.Number(finding.rows_size());
    const int shown = std::min(finding.rows_size(), kRowsInCell);
    std::string rows = absl::StrJoin(finding.rows().begin(),
                                     finding.rows().begin() + shown, " ");
    if (shown < finding.rows_size()) rows += " ...";
    lines.Cell(rows);
    lines.Cell(finding.unit());
    lines.End();
  }
}

void WriteWorkersCsv(const std::vector<v1::WorkerRow>& workers,
                     StagedFile* file) {
  CsvLines lines(file);
  for (const std::string_view name : kWorkerColumns) lines.Cell(name);
  lines.End();
  for (const v1::WorkerRow& row : workers) {
    for (const std::string& cell : WorkerCells(row)) lines.Cell(cell);
    lines.End();
  }
}

void WriteFlaggedCsv(const FlaggedTasks& flagged, StagedFile* file) {
  CsvLines lines(file);
  lines.Header({"task_id", "worker_id", "rule_id", "pack", "verdict", "reason",
                "observed", "required", "shortfall", "currency", "from", "to"});
  for (size_t i = 0; i < flagged.size(); ++i) {
    const v1::FlaggedTask task = flagged[i];
    lines.Cell(task.task_id());
    lines.Cell(task.worker_id());
    lines.Cell(task.rule_id());
    lines.Cell(task.pack());
    lines.Cell(VerdictWord(task.verdict()));
    lines.Cell(task.reason());
    lines.Cell(task.observed());
    lines.Cell(task.required());
    lines.Cell(task.shortfall());
    lines.Cell(task.currency());
    lines.Cell(task.from());
    lines.Cell(task.to());
    lines.End();
  }
}

absl::Status WriteQuarantineCsv(const ReportModel& model, StagedFile* file) {
  CsvLines lines(file);
  lines.Header({"file", "line", "column", "rule", "value", "remedy", "side"});
  return model.quarantine([&](const v1::Fault& fault) {
    lines.Cell(fault.file());
    lines.Number(fault.line());
    lines.Cell(fault.column());
    lines.Cell(fault.rule());
    lines.Cell(fault.value());
    lines.Cell(fault.remedy());
    lines.Cell(fault.side());
    lines.End();
    return absl::OkStatus();
  });
}

void WriteManifestJson(const Manifest& manifest, const v1::AuditResult& result,
                       std::span<const ManifestEntry> outputs,
                       StagedFile* file) {
  std::string out =
      "{\n\"schema\":\"plumbline.manifest.v1\",\n\"programVersion\":";
  AppendJsonString(manifest.program_version, &out);
  out += ",\n\"tzdataVersion\":";
  AppendJsonString(manifest.tzdata_version, &out);
  AppendTo(&out, ",\n\"seed\":\"", manifest.seed, "\",\n\"resultSchema\":");
  AppendJsonString(
      result.schema().empty() ? "plumbline.audit.v1" : result.schema(), &out);
  const auto list = [&](std::string_view name,
                        std::span<const ManifestEntry> entries) {
    AppendTo(&out, ",\n\"", name, "\":[");
    for (size_t i = 0; i < entries.size(); ++i) {
      out += i == 0 ? "\n{\"role\":" : ",\n{\"role\":";
      AppendJsonString(entries[i].role, &out);
      out += ",\"name\":";
      AppendJsonString(entries[i].name, &out);
      out += ",\"sha256\":";
      AppendJsonString(entries[i].sha256, &out);
      out += "}";
    }
    out += entries.empty() ? "]" : "\n]";
  };
  list("inputs", manifest.entries);
  list("outputs", outputs);
  out += "\n}\n";
  file->Write(out);
}

}  // namespace plumbline::audit
