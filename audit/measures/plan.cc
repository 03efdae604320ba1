#include "audit/measures/plan.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <fstream>
#include <sstream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace plumbline::audit {
namespace {

class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  explicit FirstError(const std::string& file) : file_(file) {}
  void AddError(int line, google::protobuf::io::ColumnNumber column,
                const std::string& message) override {
    // The parser counts from 0, and gives -1 where it knows no place.
    if (text_.empty()) {
      text_ = absl::StrCat(file_, ":", line + 1, ":", column + 1, ": ", message,
                           " Expected a field of AuditPlan in protobuf text "
                           "format; see docs/measures.md.");
    }
  }
  const std::string& text() const { return text_; }

 private:
  const std::string& file_;
  std::string text_;
};

using google::protobuf::TextFormat;

absl::Status Refuse(const std::string& file,
                    const TextFormat::ParseInfoTree& places, const char* field,
                    int index, const std::string& found,
                    const std::string& expected) {
  const auto* descriptor = v1::AuditPlan::descriptor()->FindFieldByName(field);
  TextFormat::ParseLocation place = places.GetLocation(descriptor, index);
  // The short list form has one place for the whole list.
  if (place.line < 0 && descriptor->is_repeated()) {
    place = places.GetLocation(descriptor, 0);
  }
  return absl::InvalidArgumentError(
      absl::StrCat(file, ":", place.line + 1, ":", place.column + 1, ": ",
                   field, " is ", found, "; expected ", expected, "."));
}

absl::Status CheckDecimal(const std::string& file,
                          const TextFormat::ParseInfoTree& places,
                          const char* field, const std::string& text,
                          double most) {
  double value = 0;
  if (absl::SimpleAtod(text, &value) && value >= 0 && value <= most) {
    return absl::OkStatus();
  }
  return Refuse(file, places, field, -1, absl::StrCat("\"", text, "\""),
                absl::StrCat("a decimal from 0 to ", most, " in quotes"));
}

}  // namespace

v1::AuditPlan DefaultPlan() {
  v1::AuditPlan plan;
  plan.set_name("default");
  plan.set_seed(20260101);
  plan.set_run_gap_s(1200);
  for (const int metres : {1000, 2000, 3000, 5000}) {
    plan.add_distance_bands_m(metres);
  }
  plan.set_stratum_min_completed(30);
  plan.set_stratum_min_workers(10);
  plan.set_stratum_min_days(3);
  plan.set_strictest_at_most("0.10");
  plan.set_middle("0.5");
  plan.set_margin_varying("0.07");
  plan.set_speed_low_kmh(15);
  plan.set_speed_high_kmh(25);
  return plan;
}

v1::AuditPlan OverDefaults(const v1::AuditPlan& given) {
  v1::AuditPlan plan = DefaultPlan();
  if (given.distance_bands_m_size() > 0) plan.clear_distance_bands_m();
  plan.MergeFrom(given);
  return plan;
}

absl::StatusOr<v1::AuditPlan> ParsePlan(std::string_view text,
                                        const std::string& file) {
  v1::AuditPlan given;
  FirstError error(file);
  TextFormat::ParseInfoTree places;
  TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  parser.WriteLocationsTo(&places);
  if (!parser.ParseFromString(std::string(text), &given)) {
    return absl::InvalidArgumentError(error.text());
  }
  const v1::AuditPlan plan = OverDefaults(given);

  struct Whole {
    const char* field;
    int32_t value;
    int32_t least;
  };
  for (const Whole& whole :
       {Whole{"run_gap_s", plan.run_gap_s(), 1},
        Whole{"stratum_min_completed", plan.stratum_min_completed(), 1},
        Whole{"stratum_min_workers", plan.stratum_min_workers(), 2},
        Whole{"stratum_min_days", plan.stratum_min_days(), 1},
        Whole{"speed_low_kmh", plan.speed_low_kmh(), 1},
        Whole{"speed_high_kmh", plan.speed_high_kmh(), plan.speed_low_kmh()}}) {
    if (whole.value >= whole.least) continue;
    return Refuse(file, places, whole.field, -1, absl::StrCat(whole.value),
                  absl::StrCat("at least ", whole.least));
  }
  int32_t last = 0;
  for (int i = 0; i < plan.distance_bands_m_size(); ++i) {
    const int32_t band = plan.distance_bands_m(i);
    if (band <= last || i >= 16) {
      return Refuse(file, places, "distance_bands_m", i, absl::StrCat(band),
                    "at most 16 ascending upper ends in metres");
    }
    last = band;
  }
  for (const absl::Status& status :
       {CheckDecimal(file, places, "strictest_at_most",
                     plan.strictest_at_most(), 1),
        CheckDecimal(file, places, "middle", plan.middle(), 1),
        CheckDecimal(file, places, "margin_varying", plan.margin_varying(),
                     0.5)}) {
    if (!status.ok()) return status;
  }
  return plan;
}

absl::StatusOr<v1::AuditPlan> LoadPlan(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    return absl::NotFoundError(absl::StrCat(
        file,
        ": cannot be opened; expected an audit plan in protobuf text "
        "format."));
  }
  std::ostringstream text;
  text << stream.rdbuf();
  return ParsePlan(text.str(), file);
}

}  // namespace plumbline::audit
