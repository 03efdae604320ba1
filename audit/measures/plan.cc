#include "audit/measures/plan.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <fstream>
#include <sstream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "replay/schema/utf8_texts.h"

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

absl::Status CheckWord(const std::string& file,
                       const TextFormat::ParseInfoTree& places,
                       const char* field, const std::string& word,
                       std::initializer_list<const char*> allowed) {
  std::string list;
  for (const char* one : allowed) {
    if (word == one) return absl::OkStatus();
    absl::StrAppend(&list, list.empty() ? "" : " or ", "\"", one, "\"");
  }
  return Refuse(file, places, field, -1, absl::StrCat("\"", word, "\""), list);
}

absl::Status CheckDay(const std::string& file,
                      const TextFormat::ParseInfoTree& places,
                      const char* field, const std::string& day) {
  absl::CivilDay parsed;
  if (day.empty() || absl::ParseCivilTime(day, &parsed)) {
    return absl::OkStatus();
  }
  return Refuse(file, places, field, -1, absl::StrCat("\"", day, "\""),
                "a local day such as \"2026-01-05\"");
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
  plan.set_base_percent(25);
  plan.set_free_min_completed(50);
  plan.set_free_imbalance_at_most("0.1");
  plan.set_bootstrap_replicates(999);
  plan.set_bootstrap_full_tasks(20'000);
  plan.set_strictness_tasks(20'000'000);
  plan.set_derived_window_weeks(1);
  plan.set_derived_min_strata(10);
  plan.set_derived_tight("0.10");
  plan.set_wait_window_weeks(4);
  plan.set_gap_min_tasks(200);
  plan.set_bunch_min_tasks(1000);
  plan.set_bunch_degree(6);
  plan.set_speed_share_at_most("0.05");
  plan.set_qr_coverage_below("0.9");
  plan.set_significance("0.05");
  plan.set_screening("bh");
  plan.set_declared_estimate("longest");
  plan.set_erosion_margin("0.01");
  plan.set_erosion_known_at_least("0.9");
  plan.set_erosion_matched_at_least("0.8");
  plan.set_ratchet_margin("0.05");
  plan.set_ratchet_reliability("0.8");
  plan.set_run_limit_s(4 * 3600);
  plan.set_rest_after_run_s(20 * 60);
  plan.set_daily_rest_s(11 * 3600);
  plan.set_shift_gap_s(4 * 3600);
  plan.set_shift_long_s(8 * 3600);
  plan.set_fatigue_min_workers(30);
  plan.set_fatigue_margin("0.02");
  plan.set_pressure_margin("0.02");
  plan.set_pressure_min_tasks(50);
  plan.set_pressure_tasks(2'000'000);
  plan.set_coercion_min_days(200);
  plan.set_coercion_margin("0.05");
  plan.set_erosion_min_tasks(30);
  for (int percent = 50; percent <= 95; percent += 5) {
    plan.add_cliff_thresholds(percent);
  }
  plan.set_cliff_band_percent(5);
  plan.set_cliff_min_weeks(100);
  plan.set_cliff_min_tasks(40);
  plan.set_cliff_margin("0.05");
  return plan;
}

v1::AuditPlan OverDefaults(const v1::AuditPlan& given) {
  v1::AuditPlan plan = DefaultPlan();
  if (given.distance_bands_m_size() > 0) plan.clear_distance_bands_m();
  if (given.cliff_thresholds_size() > 0) plan.clear_cliff_thresholds();
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
  if (absl::Status status = replay::CheckUtf8Texts(file, &places, given);
      !status.ok()) {
    return status;
  }
  const v1::AuditPlan plan = OverDefaults(given);

  struct Whole {
    const char* field;
    int64_t value;
    int64_t least;
    int64_t most = INT64_MAX;
  };
  for (const Whole& whole :
       {Whole{"run_gap_s", plan.run_gap_s(), 1},
        Whole{"stratum_min_completed", plan.stratum_min_completed(), 1},
        Whole{"stratum_min_workers", plan.stratum_min_workers(), 2},
        Whole{"stratum_min_days", plan.stratum_min_days(), 1},
        Whole{"speed_low_kmh", plan.speed_low_kmh(), 1},
        Whole{"speed_high_kmh", plan.speed_high_kmh(), plan.speed_low_kmh()},
        Whole{"base_percent", plan.base_percent(), 1, 90},
        Whole{"free_min_completed", plan.free_min_completed(), 2},
        Whole{"bootstrap_replicates", plan.bootstrap_replicates(), 99, 100'000},
        Whole{"bootstrap_full_tasks", plan.bootstrap_full_tasks(), 1},
        Whole{"strictness_tasks", plan.strictness_tasks(), 1000},
        Whole{"derived_window_weeks", plan.derived_window_weeks(), 1, 104},
        Whole{"derived_min_strata", plan.derived_min_strata(), 2},
        Whole{"wait_window_weeks", plan.wait_window_weeks(), 1, 104},
        Whole{"gap_min_tasks", plan.gap_min_tasks(), 2},
        Whole{"bunch_min_tasks", plan.bunch_min_tasks(), 100},
        Whole{"bunch_degree", plan.bunch_degree(), 5, 7},
        Whole{"run_limit_s", plan.run_limit_s(), 1, 86'400},
        Whole{"rest_after_run_s", plan.rest_after_run_s(), 1, 86'400},
        Whole{"daily_rest_s", plan.daily_rest_s(), 1, 86'399},
        Whole{"shift_gap_s", plan.shift_gap_s(), 1, 86'400},
        Whole{"shift_long_s", plan.shift_long_s(), 3600, 36'000},
        Whole{"fatigue_min_workers", plan.fatigue_min_workers(), 6},
        Whole{"pressure_min_tasks", plan.pressure_min_tasks(), 2},
        Whole{"pressure_tasks", plan.pressure_tasks(), 1000},
        Whole{"coercion_min_days", plan.coercion_min_days(), 2},
        Whole{"erosion_min_tasks", plan.erosion_min_tasks(), 1},
        Whole{"cliff_band_percent", plan.cliff_band_percent(), 2, 20},
        Whole{"cliff_min_weeks", plan.cliff_min_weeks(), 10},
        Whole{"cliff_min_tasks", plan.cliff_min_tasks(), 10}}) {
    if (whole.value < whole.least || whole.value > whole.most) {
      return Refuse(
          file, places, whole.field, -1, absl::StrCat(whole.value),
          whole.most == INT64_MAX
              ? absl::StrCat("at least ", whole.least)
              : absl::StrCat("from ", whole.least, " to ", whole.most));
    }
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
  last = 0;
  for (int i = 0; i < plan.cliff_thresholds_size(); ++i) {
    const int32_t percent = plan.cliff_thresholds(i);
    if (percent <= last || percent > 100 || i >= 20) {
      return Refuse(file, places, "cliff_thresholds", i, absl::StrCat(percent),
                    "at most 20 ascending percentages from 1 to 100");
    }
    last = percent;
  }
  for (const absl::Status& status :
       {CheckDecimal(file, places, "strictest_at_most",
                     plan.strictest_at_most(), 1),
        CheckDecimal(file, places, "middle", plan.middle(), 1),
        CheckDecimal(file, places, "margin_varying", plan.margin_varying(),
                     0.5),
        CheckDecimal(file, places, "free_imbalance_at_most",
                     plan.free_imbalance_at_most(), 10),
        CheckDecimal(file, places, "derived_tight", plan.derived_tight(), 1),
        CheckDecimal(file, places, "speed_share_at_most",
                     plan.speed_share_at_most(), 1),
        CheckDecimal(file, places, "qr_coverage_below",
                     plan.qr_coverage_below(), 1.01),
        CheckDecimal(file, places, "significance", plan.significance(), 0.5),
        CheckDecimal(file, places, "erosion_margin", plan.erosion_margin(),
                     0.5),
        CheckDecimal(file, places, "erosion_known_at_least",
                     plan.erosion_known_at_least(), 1),
        CheckDecimal(file, places, "erosion_matched_at_least",
                     plan.erosion_matched_at_least(), 1),
        CheckDecimal(file, places, "ratchet_margin", plan.ratchet_margin(), 1),
        CheckDecimal(file, places, "ratchet_reliability",
                     plan.ratchet_reliability(), 1),
        CheckDecimal(file, places, "fatigue_margin", plan.fatigue_margin(), 1),
        CheckDecimal(file, places, "pressure_margin", plan.pressure_margin(),
                     1),
        CheckDecimal(file, places, "coercion_margin", plan.coercion_margin(),
                     1),
        CheckDecimal(file, places, "cliff_margin", plan.cliff_margin(), 1),
        CheckWord(file, places, "screening", plan.screening(), {"bh", "by"}),
        CheckWord(file, places, "declared_estimate", plan.declared_estimate(),
                  {"longest", "shortest"}),
        CheckDay(file, places, "base_from", plan.base_from()),
        CheckDay(file, places, "base_to", plan.base_to())}) {
    if (!status.ok()) return status;
  }
  if (plan.base_from().empty() != plan.base_to().empty()) {
    return Refuse(file, places,
                  plan.base_from().empty() ? "base_to" : "base_from", -1,
                  "alone", "base_from and base_to together");
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
