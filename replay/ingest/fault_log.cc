#include "replay/ingest/fault_log.h"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <tuple>

namespace plumbline::replay {
namespace {

using enum FaultSeverity;
using enum FaultSide;

constexpr FaultKind kCatalogue[] = {
    {"unparsable-cell", kDataLoss, kRepaired, "A cell could not be read and was made unknown.",
     "单元格无法读取，已按未知处理。", "Correct the cell or leave it empty.", "请更正该单元格或留空。"},
    {"excess-digits", kDataLoss, kRepaired,
     "A number has more decimals than the unit holds and was made unknown.",
     "数字的小数位超出单位精度，已按未知处理。", "Round the number in the export.",
     "请在导出时对数字取整。"},
    {"unknown-enum", kDataLoss, kRepaired, "A word is not one of the column's words.",
     "该列不接受这个取值，已按未知处理。", "Use a word of the column or map the platform's word.",
     "请使用该列允许的取值，或在映射中对应平台用词。"},
    {"negative-duration", kDataLoss, kRepaired, "A duration or distance is negative.",
     "时长或距离为负数，已按未知处理。", "Correct the value or leave it empty.",
     "请更正该值或留空。"},
    {"coordinate-range", kDataLoss, kRepaired, "A coordinate lies outside the globe.",
     "坐标超出地球范围，已按未知处理。", "Check the unit of the coordinates.",
     "请检查坐标单位。"},
    {"mixed-zones", kNotice, kCounted,
     "Instants of one column carry different offsets; all were read exactly.",
     "同一列的时间带有不同时区偏移，均已准确读取。", "Nothing is needed if a clock change explains it.",
     "若因夏令时变更所致则无需处理。"},
    {"local-time-gap", kDataLoss, kRepaired,
     "A local time does not exist: clocks were put forward over it.",
     "当地时间不存在：时钟在此时被拨快。", "Export the time in UTC or with its offset.",
     "请以 UTC 或带偏移量导出时间。"},
    {"local-time-fold", kNotice, kRepaired,
     "A local time exists twice as clocks were put back; the first was taken.",
     "当地时间因时钟拨慢而出现两次，取第一次。", "Export the time in UTC or with its offset.",
     "请以 UTC 或带偏移量导出时间。"},
    {"missing-required", kError, kQuarantined, "A required cell is empty or could not be read.",
     "必填单元格为空或无法读取。", "Fill the cell in.", "请填写该单元格。"},
    {"ragged-row", kError, kQuarantined, "The row has another number of cells than the header.",
     "该行的单元格数与表头不符。", "Quote cells that hold the delimiter.",
     "请给含分隔符的单元格加引号。"},
    {"bad-encoding", kError, kQuarantined, "The row is not UTF-8.", "该行不是 UTF-8 编码。",
     "Convert the file to UTF-8.", "请将文件转换为 UTF-8。"},
    {"currency-clash", kError, kQuarantined, "The row's currency is not that of the log.",
     "该行币种与日志币种不符。", "Audit each currency as a log of its own.",
     "请将每种货币作为单独日志审计。"},
    {"session-ends-before-start", kError, kQuarantined,
     "A session ends at or before its start.", "在线时段的结束不晚于开始。",
     "Correct the two times.", "请更正这两个时间。"},
    {"interval-ends-before-start", kNotice, kCounted, "An interval ends before its start.",
     "区间的结束早于开始。", "Correct the two times.", "请更正这两个时间。"},
    {"clock-order", kNotice, kCounted,
     "Two times stand in an impossible order; what needs both leaves the row out.",
     "两个时间的先后不可能成立；需要二者的计算不含该行。", "Correct the two times.",
     "请更正这两个时间。"},
    {"out-of-window", kNotice, kCounted, "The row lies outside the observed window of the log.",
     "该行在日志的观察期之外。", "Check observed_from and observed_to of log.textproto.",
     "请检查 log.textproto 的 observed_from 和 observed_to。"},
    {"duplicate-copy", kNotice, kQuarantined, "The row is a copy of another with the same id.",
     "该行是同一编号另一行的副本。", "Export each row once.", "请确保每行只导出一次。"},
    {"duplicate-conflict", kError, kQuarantined, "Rows with one id differ; none is used.",
     "同一编号的各行内容不同，均不使用。", "Find out which row is right and leave out the others.",
     "请查明哪一行正确并删去其余。"},
    {"orphan-reference", kNotice, kCounted, "The row refers to a row that is not in the log.",
     "该行引用的行不在日志中。", "Export the table referred to in full.",
     "请完整导出被引用的表。"},
};

}  // namespace

std::span<const FaultKind> FaultCatalogue() { return kCatalogue; }

const FaultKind& FindFault(std::string_view id) {
  for (const FaultKind& kind : kCatalogue) {
    if (kind.id == id) return kind;
  }
  std::abort();  // An id that the program itself misspelt.
}

void FaultLog::SetFiles(std::vector<std::string> files) {
  std::lock_guard lock(mutex_);
  files_ = std::move(files);
}

namespace {

uint32_t IndexOf(std::vector<std::string>& names, std::string_view name) {
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return static_cast<uint32_t>(i);
  }
  names.emplace_back(name);
  return static_cast<uint32_t>(names.size() - 1);
}

// Cuts to 200 bytes, never inside a UTF-8 sequence.
std::string_view CutValue(std::string_view value) {
  constexpr size_t kLongest = 200;
  if (value.size() <= kLongest) return value;
  size_t end = kLongest;
  while (end > kLongest - 4 && (static_cast<unsigned char>(value[end]) & 0xC0) == 0x80) --end;
  return value.substr(0, end);
}

}  // namespace

void FaultLog::CountRows(std::string_view table, uint32_t file, int64_t rows) {
  std::lock_guard lock(mutex_);
  rows_[{IndexOf(tables_, table), file}] += rows;
}

void FaultLog::Add(std::string_view table, uint32_t file, int64_t line, std::string_view column,
                   std::string_view fault_id, std::string_view value) {
  const auto kind = static_cast<uint32_t>(&FindFault(fault_id) - kCatalogue);
  std::lock_guard lock(mutex_);
  entries_.push_back({file, kind, line, std::string(column), std::string(CutValue(value)),
                      IndexOf(tables_, table)});
}

void FaultLog::Conclude(v1::Input* input, std::vector<v1::Fault>* quarantine) const {
  std::lock_guard lock(mutex_);
  struct Funnel {
    std::set<std::string> files;
    int64_t read = 0, repaired = 0, quarantined = 0;
  };
  std::map<std::string, Funnel> funnels;
  for (const auto& [key, rows] : rows_) {
    Funnel& funnel = funnels[tables_[key.first]];
    funnel.read += rows;
    if (key.second < files_.size()) funnel.files.insert(files_[key.second]);
  }
  // Rows are told apart by (table, file, line): one source row may feed two
  // tables, and stands in the funnel of each.
  std::map<std::tuple<uint32_t, uint32_t, int64_t>, FaultSide> sides;
  std::map<std::tuple<std::string_view, std::string, std::string>, int64_t> counts;
  for (const Entry& entry : entries_) {
    const FaultKind& kind = kCatalogue[entry.kind];
    ++counts[{kind.id, tables_[entry.table], entry.column}];
    if (kind.side == kCounted) continue;
    auto [place, fresh] = sides.try_emplace({entry.table, entry.file, entry.line}, kind.side);
    if (!fresh && kind.side == kQuarantined) place->second = kQuarantined;
  }
  for (const auto& [row, side] : sides) {
    Funnel& funnel = funnels[tables_[std::get<0>(row)]];
    ++(side == kQuarantined ? funnel.quarantined : funnel.repaired);
  }
  for (const auto& [name, funnel] : funnels) {
    v1::TableFunnel& table = *input->add_tables();
    table.set_name(name);
    for (const std::string& file : funnel.files) table.add_files(file);
    table.set_rows_read(funnel.read);
    table.set_rows_used(funnel.read - funnel.repaired - funnel.quarantined);
    table.set_rows_repaired(funnel.repaired);
    table.set_rows_quarantined(funnel.quarantined);
  }
  for (const auto& [key, n] : counts) {
    v1::FaultCount& fault = *input->add_faults();
    fault.set_id(std::string(std::get<0>(key)));
    fault.set_table(std::get<1>(key));
    fault.set_column(std::get<2>(key));
    fault.set_n(n);
  }
  if (quarantine == nullptr) return;
  std::vector<const Entry*> order;
  for (const Entry& entry : entries_) {
    if (kCatalogue[entry.kind].side != kCounted) order.push_back(&entry);
  }
  const auto key = [this](const Entry& entry) {
    return std::tuple(std::string_view(entry.file < files_.size() ? files_[entry.file] : ""),
                      entry.line, std::string_view(entry.column), kCatalogue[entry.kind].id,
                      std::string_view(entry.value), std::string_view(tables_[entry.table]));
  };
  std::sort(order.begin(), order.end(),
            [&](const Entry* a, const Entry* b) { return key(*a) < key(*b); });
  for (const Entry* entry : order) {
    const FaultKind& kind = kCatalogue[entry->kind];
    v1::Fault& fault = quarantine->emplace_back();
    if (entry->file < files_.size()) fault.set_file(files_[entry->file]);
    fault.set_line(entry->line);
    fault.set_column(entry->column);
    fault.set_rule(std::string(kind.id));
    fault.set_value(entry->value);
    fault.set_remedy(std::string(kind.remedy));
    fault.set_side(kind.side == kQuarantined ? "quarantined" : "repaired");
  }
}

}  // namespace plumbline::replay
