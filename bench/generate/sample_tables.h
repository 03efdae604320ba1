#ifndef PLUMBLINE_BENCH_GENERATE_SAMPLE_TABLES_H_
#define PLUMBLINE_BENCH_GENERATE_SAMPLE_TABLES_H_

#include <map>
#include <string>

#include "bench/generate/csv_text.h"
#include "bench/generate/sample_dispatch.h"
#include "bench/generate/sample_pay.h"

namespace plumbline::bench {

// The tables of the sample log as CSV, by table name.
using SampleTables = std::map<std::string, CsvText>;

// tasks, sessions, offers, pay, fares, workers, ratings, conditions, batches.
void PutRecords(const SampleCity& city, const SampleRun& run,
                const SamplePay& pay, SampleTables& tables);

// What the ledgers hold that the unfair setting plants.
struct LedgerCounts {
  int64_t refusal_limits = 0;  // Dispatch limits for a refusal, by the system.
  int64_t appeals = 0;
  int64_t undecided_appeals = 0;
};

// published_rules, sanctions, appeals, prompts, filings, negotiations.
LedgerCounts PutLedgers(const SampleCity& city, const SampleRun& run,
                        const SamplePay& pay, SampleTables& tables);

// A new table with its header.
CsvText& OpenTable(SampleTables& tables, const char* name, const char* columns);

// The ids that several tables share.
std::string TaskId(int task);
std::string OrderId(int order);
std::string MomentId(int moment);

// Rows of a roster that are planted in the unfair setting.
bool IsUnderage(const SampleCity& city, int worker);
bool IsWithoutInsurance(const SampleCity& city, int worker);
bool IsContractLate(const SampleCity& city, int worker);

}  // namespace plumbline::bench

#endif  // PLUMBLINE_BENCH_GENERATE_SAMPLE_TABLES_H_
