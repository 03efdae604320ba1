#include "audit/cli/facts_store.h"

namespace plumbline::audit {
namespace {

class FactsStore : public replay::LogStore {
 public:
  FactsStore(const std::vector<v1::LogRecord>& small_tables,
             replay::Interval observed)
      : small_tables_(small_tables), observed_(observed) {}

  absl::Status Accept(int, const replay::RecordBatch&) override {
    return absl::FailedPreconditionError("a merge reads no rows");
  }
  absl::Status Finish(replay::FaultLog&) override { return absl::OkStatus(); }
  int blocks() const override { return 0; }
  absl::Status VisitBlock(
      int, absl::FunctionRef<void(const replay::WorkerTimeline&)>) override {
    return absl::OkStatus();
  }
  std::string_view Text(replay::Symbol) const override { return ""; }
  std::vector<std::string> WorkerIds() const override { return {}; }
  const std::vector<v1::LogRecord>& small_tables() const override {
    return small_tables_;
  }
  replay::Interval observed() const override { return observed_; }

 private:
  const std::vector<v1::LogRecord>& small_tables_;
  const replay::Interval observed_;
};

}  // namespace

std::unique_ptr<replay::LogStore> MakeFactsStore(
    const std::vector<v1::LogRecord>& small_tables, replay::Interval observed) {
  return std::make_unique<FactsStore>(small_tables, observed);
}

}  // namespace plumbline::audit
