#ifndef PLUMBLINE_TESTS_FUZZ_ROW_SUM_H_
#define PLUMBLINE_TESTS_FUZZ_ROW_SUM_H_

#include <cstdint>
#include <mutex>
#include <string>

#include "replay/ingest/record_batch.h"

namespace plumbline::replay {

// Prints what a fuzzer found and aborts.
[[noreturn]] void Fail(const std::string& what);

// Fails unless the message begins with "name:line:column: ", both numbers from
// 1.
void CheckPlace(const std::string& message);

// A sum over every known value that came out, whatever the order and the
// batches.
class RowSum : public RecordSink {
 public:
  absl::Status Accept(int thread, const RecordBatch& batch) override;
  uint64_t sum() const { return sum_; }

 private:
  std::mutex mutex_;
  uint64_t sum_ = 0;
};

}  // namespace plumbline::replay

#endif  // PLUMBLINE_TESTS_FUZZ_ROW_SUM_H_
