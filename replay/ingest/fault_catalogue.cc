#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "replay/ingest/fault_log.h"

namespace plumbline::replay {
namespace {

using enum FaultSeverity;
using enum FaultSide;

constexpr FaultKind kCatalogue[] = {
    // A cell is made unknown, the row stays.
    {"unparsable-cell", kDataLoss, kRepaired,
     "A cell could not be read in the form of its column and was made unknown.",
     "单元格不符合该列的格式，无法读取，已按未知处理。",
     "Correct the cell or leave it empty.", "请更正该单元格或留空。"},
    {"number-out-of-range", kDataLoss, kRepaired,
     "A number is too large for the column and was made unknown.",
     "数字超出该列的范围，已按未知处理。", "Check the unit of the column.",
     "请检查该列的单位。"},
    {"unknown-enum", kDataLoss, kRepaired,
     "A word is not one of the column's words and was made unknown.",
     "该列没有这个取值，已按未知处理。",
     "Use a word of the column, or give the platform's word in a mapping.",
     "请使用该列允许的取值，或在映射文件中写明平台用词。"},
    {"negative-duration", kDataLoss, kRepaired,
     "A duration is negative and was made unknown.",
     "时长为负数，已按未知处理。", "Correct the value or leave it empty.",
     "请更正该值或留空。"},
    {"negative-distance", kDataLoss, kRepaired,
     "A distance is negative and was made unknown.",
     "距离为负数，已按未知处理。", "Correct the value or leave it empty.",
     "请更正该值或留空。"},
    {"coordinates-out-of-range", kDataLoss, kRepaired,
     "A coordinate lies outside the globe and was made unknown.",
     "坐标超出地球范围，已按未知处理。",
     "Check the unit and the order of the coordinates.",
     "请检查坐标的单位和经纬度顺序。"},
    {"not-utf8", kDataLoss, kRepaired,
     "A text is not UTF-8 and was made unknown.",
     "文本不是 UTF-8 编码，已按未知处理。",
     "Convert the file to UTF-8, for example with iconv.",
     "请将文件转换为 UTF-8，例如使用 iconv。"},
    {"nonexistent-local-time", kDataLoss, kRepaired,
     "A local time does not exist, since clocks were put forward over it, and "
     "was made unknown.",
     "当地时间不存在（时钟在此时被拨快），已按未知处理。",
     "Export the time in UTC or with its offset.",
     "请以 UTC 或带时区偏移导出时间。"},

    // The row is left out.
    {"ragged-row", kError, kQuarantined,
     "The row has another number of cells than the header.",
     "该行的单元格数与表头不符。",
     "Quote cells that hold the delimiter or a line break.",
     "请给含分隔符或换行的单元格加引号。"},
    {"missing-required", kError, kQuarantined, "A required cell is empty.",
     "必填的单元格为空。", "Fill the cell in.", "请填写该单元格。"},
    {"unparsable-required", kError, kQuarantined,
     "A required cell could not be read in the form of its column.",
     "必填的单元格不符合该列的格式，无法读取。", "Correct the cell.",
     "请更正该单元格。"},
    {"session-not-positive", kError, kQuarantined,
     "A session ends at or before its start.",
     "在线时段的结束时间不晚于开始时间。", "Correct the two times.",
     "请更正这两个时间。"},
    {"duplicate-id", kNotice, kQuarantined,
     "The row is a copy of another row with the same id, which stays.",
     "该行是同一编号另一行的副本，另一行予以保留。", "Export each row once.",
     "请确保每行只导出一次。"},
    {"conflicting-id", kError, kQuarantined,
     "Rows with one id differ from each other; none of them is used.",
     "同一编号的多行内容互相矛盾，均不使用。",
     "Find out which row is right and leave out the others.",
     "请查明哪一行正确，并删去其余各行。"},
    {"currency-clash", kError, kQuarantined,
     "The row's currency is not that of the log.",
     "该行的币种与日志的币种不符。", "Audit each currency as a log of its own.",
     "请将每种货币作为单独的日志审计。"},
    {"not-of-this-table", kInfo, kQuarantined,
     "The row is of a kind that the mapping leaves out of the table.",
     "按映射文件，该类行不属于此表。", "Nothing is needed.", "无需处理。"},

    // Counted only.
    {"clocks-out-of-order", kNotice, kCounted,
     "Two times of a row stand in an impossible order; whatever needs both "
     "leaves the row out.",
     "一行中两个时间的先后不可能成立；凡需同时用到二者的计算都不含该行。",
     "Find out which of the two clocks is wrong.", "请查明哪一个时间有误。"},
    {"out-of-window", kNotice, kCounted,
     "The row lies outside the observed period of the log.",
     "该行在日志的观察期之外。",
     "Check observed_from and observed_to of log.textproto.",
     "请检查 log.textproto 中的 observed_from 和 observed_to。"},
    {"mixed-zones", kInfo, kCounted,
     "An instant carries another offset than the log's time zone has at that "
     "time; it was read "
     "exactly.",
     "时间所带的时区偏移与日志时区当时的偏移不同，已准确读取。",
     "Nothing is needed if the export is in UTC on purpose.",
     "若有意以 UTC 导出，则无需处理。"},
    {"ambiguous-local-time", kNotice, kCounted,
     "A local time occurs twice, since clocks were put back; the earlier was "
     "taken.",
     "当地时间因时钟拨慢而出现两次，取较早的一次。",
     "Export the time in UTC or with its offset.",
     "请以 UTC 或带时区偏移导出时间。"},
    {"orphan-reference", kNotice, kCounted,
     "The row refers to a row that is not in the log.",
     "该行引用的行不在日志中。", "Export the table referred to in full.",
     "请完整导出被引用的表。"},
};

constexpr const char* SideWord(FaultSide side) {
  switch (side) {
    case kRepaired:
      return "repaired";
    case kQuarantined:
      return "quarantined";
    case kCounted:
      return "counted only";
  }
  return "";
}

}  // namespace

std::span<const FaultKind> FaultCatalogue() { return kCatalogue; }

const FaultKind& FindFault(std::string_view id) {
  for (const FaultKind& kind : kCatalogue) {
    if (kind.id == id) return kind;
  }
  std::abort();  // An id that the program itself misspelt.
}

std::string FaultMarkdown() {
  std::string text =
      "| fault | the row is | what is wrong | what to do "
      "|\n|---|---|---|---|\n";
  for (const FaultKind& kind : kCatalogue) {
    absl::StrAppend(&text, "| ", std::string(kind.id), " | ",
                    SideWord(kind.side), " | ", std::string(kind.sentence),
                    " | ", std::string(kind.remedy), " |\n");
  }
  return text;
}

}  // namespace plumbline::replay
