#include "audit/measures/coverage.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace plumbline::audit {

bool MeasureContext::Has(std::string_view table_column) const {
  return log != nullptr && std::binary_search(log->columns.begin(),
                                              log->columns.end(), table_column);
}

bool Cover(const MeasureContext& context, std::string_view path,
           std::initializer_list<std::string_view> columns,
           v1::AuditResult* result) {
  v1::Coverage* coverage = result->add_coverage();
  coverage->set_test(std::string(path));
  std::vector<std::string> missing;
  for (const std::string_view column : columns) {
    const std::vector<std::string> either =
        absl::StrSplit(std::string(column), '|');
    if (std::any_of(either.begin(), either.end(), [&](const std::string& name) {
          return context.Has(name);
        })) {
      continue;
    }
    for (const std::string& name : either) coverage->add_missing(name);
    missing.push_back(absl::StrJoin(either, " or "));
  }
  coverage->set_runnable(missing.empty());
  if (!missing.empty()) {
    const std::string list = absl::StrJoin(missing, ", ");
    coverage->set_reason(absl::StrCat("The log does not have ", list, "."));
    coverage->set_reason_zh(absl::StrCat("日志缺少 ", list, "。"));
  }
  return missing.empty();
}

void CoverEmpty(std::string_view path, std::string_view reason,
                std::string_view reason_zh, v1::AuditResult* result) {
  v1::Coverage* coverage = nullptr;
  for (v1::Coverage& entry : *result->mutable_coverage()) {
    if (entry.test() == path) coverage = &entry;
  }
  if (coverage == nullptr) coverage = result->add_coverage();
  // A missing column says more than an empty result.
  if (coverage->missing_size() > 0) return;
  coverage->set_test(std::string(path));
  coverage->set_runnable(false);
  coverage->set_reason(std::string(reason));
  coverage->set_reason_zh(std::string(reason_zh));
}

}  // namespace plumbline::audit
