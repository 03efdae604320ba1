#ifndef PLUMBLINE_AUDIT_FINDINGS_SURE_COLUMNS_H_
#define PLUMBLINE_AUDIT_FINDINGS_SURE_COLUMNS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "audit/findings/evaluate.h"
#include "audit/findings/parameter_lookup.h"
#include "audit/findings/task_block.h"
#include "audit/findings/word_test.h"
#include "audit/findings/worker_frame.h"
#include "audit/rules/compiled_pack.h"

namespace plumbline::audit {

// Values of one step of a formula for many rows: each is value +- error, or not
// known.
struct SureNumbers {
  std::vector<double> value;  // 0 where not known.
  std::vector<uint8_t> known;
  bool all_known = true;
  double error = 0;    // At most, of every row.
  double most = 0;     // No value is larger in size,
  double least = -1;   // and none smaller; negative where that is not known.
  bool whole = false;  // Whole numbers below 2^53 without any error.
};

// Certainly so, certainly not, or neither.
enum SureTruth : uint8_t { kSurelyNo, kSurelyYes, kNotSure };
using SureTruths = std::vector<uint8_t>;

// What a formula is about; rows are its instances.
enum class SureRows : uint8_t {
  kTasks,    // Of a TaskBlock.
  kWindows,  // The worker's periods of a plan.
  kDays,     // Each local day of each of these.
  kCities,   // These, in the worker's only city.
};

// The steps of all rules' formulas, each kept once however many rules hold it
// and worked out at most once for the rows at hand, column by column in
// floating point with a bound on its error. What it calls sure is what exact
// arithmetic says; it says nothing of parts that it does not know.
//
// One per judge. Time: rows times distinct steps. Memory: 9 bytes a row and
// step.
class SureColumns {
 public:
  // Everything is borrowed. `store` gives the words behind symbols.
  SureColumns(WorkerFrame& frame, const replay::LogStore* store)
      : frame_(frame), store_(store), block_(frame) {}

  // Whose formula it is.
  struct Owner {
    const CompiledRule* rule = nullptr;
    ParameterLookup* lookup = nullptr;
    int plan = -1;  // Of rules over windows.
  };
  // The column of a formula; -1 where only exact arithmetic can tell.
  int AddNumber(const Owner& owner, SureRows of, int node);
  int AddTruth(const Owner& owner, SureRows of, int node);

  // Rows to answer for: once a worker, then once a block of tasks.
  void ShowWorker(const RowView* roster);
  void ShowTasks(std::span<const replay::Task> tasks);
  TaskBlock& block() { return block_; }

  // Valid until other rows are shown.
  const SureNumbers& NumberAt(int column);
  const SureTruths& TruthAt(int column);

 private:
  struct Column {
    const Node* node = nullptr;
    Owner owner;
    SureRows of = SureRows::kTasks;
    std::vector<int> args;
    std::vector<int64_t> changes;  // Of a sum over cities: days that cut it.
    uint64_t stamp = 0;            // Of the rows that it was filled for.
    SureNumbers numbers;
    SureTruths truths;
    WordTest words;
    // The last value of a parameter.
    bool asked = false, found = false;
    replay::Symbol city = 0;
    int64_t day = 0;
    double parameter = 0;
  };
  // Days of a plan's periods.
  struct DayRows {
    uint64_t stamp = 0;
    std::vector<Period> pieces;
    std::vector<int64_t> day;
    std::vector<size_t> starts;  // Of each period, one more than periods.
  };

  int Intern(const Owner& owner, SureRows of, const Node& node, bool truth,
             std::vector<int> args, std::vector<int64_t> changes);
  int AddOver(const Owner& owner, SureRows of, int node);
  bool AddAll(const Owner& owner, SureRows of, const std::vector<int>& nodes,
              bool truths, std::vector<int>* args);

  size_t RowsOf(const Column& column);
  bool Fresh(Column* column);  // Whether it has to be filled.
  const DayRows& DaysOf(int plan);
  std::span<const Period> StretchesOf(const Column& column);

  // sure_leaves.cc
  void FillOfTasks(Column* column, size_t rows);
  void FillOfTime(Column* column, size_t rows);
  void FillParameter(Column* column, size_t rows);
  void FillFieldTruth(Column* column, size_t rows);
  void FillRosterTruth(Column* column, size_t rows);
  // sure_steps.cc
  void FillNumber(Column* column);
  void FillTruth(Column* column);
  void FillArithmetic(Column* column, size_t rows);
  void FillChoice(Column* column, size_t rows);
  void FillComparison(Column* column, size_t rows);
  void SumDays(Column* column, size_t rows);
  void SumCities(Column* column, size_t rows);

  WorkerFrame& frame_;
  const replay::LogStore* store_;
  TaskBlock block_;
  const RowView* roster_ = nullptr;
  uint64_t stamp_ = 0, worker_stamp_ = 0, task_stamp_ = 0;
  std::vector<std::unique_ptr<Column>> columns_;
  std::map<std::string, int> known_columns_;
  std::vector<DayRows> day_rows_;  // By plan.
};

}  // namespace plumbline::audit

#endif  // PLUMBLINE_AUDIT_FINDINGS_SURE_COLUMNS_H_
