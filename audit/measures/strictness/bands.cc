#include "audit/measures/strictness/bands.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "audit/measures/strictness/dense_solve.h"
#include "audit/measures/strictness/worker_interval.h"
#include "audit/measures/target_tally.h"
#include "audit/stats/decimal.h"
#include "audit/stats/distributions.h"
#include "audit/stats/multiplicity.h"

namespace plumbline::audit {
namespace {

constexpr const char* kKindNames[] = {"distance", "hour", "weather", "load"};
constexpr int kCounts[] = {0, 6, 4, 4};

constexpr const char* kHours[2][6] = {
    {"weekday lunch", "weekday dinner", "weekday other hours", "weekend lunch",
     "weekend dinner", "weekend other hours"},
    {"工作日午高峰", "工作日晚高峰", "工作日其他时段", "周末午高峰",
     "周末晚高峰", "周末其他时段"}};
constexpr const char* kSky[2][4] = {
    {"weather unknown", "dry", "rain", "severe weather"},
    {"天气不明", "无雨", "有雨", "恶劣天气"}};
constexpr const char* kCarried[2][4] = {
    {"load unknown", "load 1", "load 2", "load 3+"},
    {"在途单数不明", "在途 1 单", "在途 2 单", "在途 3 单及以上"}};

std::string DistanceName(int band, const v1::AuditPlan& plan, bool chinese) {
  const int bands = plan.distance_bands_m_size();
  if (band > bands) return chinese ? "距离不明" : "distance unknown";
  if (band == bands) {
    if (bands == 0) return chinese ? "任意距离" : "any distance";
    return absl::StrCat(plan.distance_bands_m(bands - 1),
                        chinese ? " 米以上" : "+ m");
  }
  return absl::StrCat(band == 0 ? 0 : plan.distance_bands_m(band - 1), "-",
                      plan.distance_bands_m(band), chinese ? " 米" : " m");
}

struct BandFigures {
  int band = 0;
  int64_t n = 0, workers = 0, timed = 0, on_time = 0, timed_workers = 0;
  double pi = 0;
  std::vector<double> parts, on_time_parts;  // By worker.
  std::vector<int64_t> rows, timed_rows;
};

double Dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

v1::Figure Clustered(double value, const std::vector<double>& parts,
                     const std::vector<int64_t>& rows, int64_t clusters) {
  const double squares = Dot(parts, parts);
  WorkerInterval interval;
  if (clusters >= kFewestClusters) {
    const double g = static_cast<double>(clusters);
    const double half =
        StudentBound(clusters - 1) * std::sqrt(g / (g - 1) * squares);
    interval.low = value - half;
    interval.high = value + half;
    interval.method = "clustered t";
    interval.spread = SpreadOfParts(value, parts, rows);
  }
  return FigureOf(value, interval, 0, 1);
}

void Cannot(const char* code, std::string en, std::string zh,
            v1::BandGroup* out) {
  out->set_verdict(absl::StrCat("CANNOT_CONCLUDE(", code, ")"));
  out->set_reason(std::move(en));
  out->set_reason_zh(std::move(zh));
}

}  // namespace

BandList::BandList(const v1::AuditPlan& plan) : plan_(plan) {
  begin_[0] = 0;
  for (int kind = 0; kind < kBandKinds; ++kind) {
    const int count =
        kind == kByDistance ? plan.distance_bands_m_size() + 2 : kCounts[kind];
    begin_[kind + 1] = begin_[kind] + count;
  }
}

int BandList::Of(int kind, const StratumKey& key) const {
  const int in[] = {key.band, key.hour_type, key.weather, key.load};
  return begin_[kind] + in[kind];
}

std::string BandList::Name(int band, bool chinese) const {
  for (int kind = 0; kind < kBandKinds; ++kind) {
    if (band >= end(kind)) continue;
    const int at = band - begin_[kind];
    switch (kind) {
      case kByDistance:
        return DistanceName(at, plan_, chinese);
      case kByHour:
        return kHours[chinese][at];
      case kByWeather:
        return kSky[chinese][at];
      default:
        return kCarried[chinese][at];
    }
  }
  return "";
}

std::string StratumTextZh(const StratumKey& key, const v1::AuditPlan& plan) {
  std::string text =
      absl::StrCat(DistanceName(key.band, plan, true), "，",
                   key.level >= 3     ? std::string("全部区域")
                   : key.zone.empty() ? std::string("区域不明")
                                      : absl::StrCat("区域 ", key.zone),
                   "，", kHours[1][key.hour_type]);
  if (key.level < 1) absl::StrAppend(&text, "，", kSky[1][key.weather]);
  if (key.level < 2) absl::StrAppend(&text, "，", kCarried[1][key.load]);
  absl::StrAppend(&text, "，", key.vehicle.empty() ? "车型不明" : key.vehicle);
  return text;
}

void BandTally::operator+=(const BandTally& other) {
  if (entries_.empty()) {
    *this = other;
    return;
  }
  for (size_t i = 0; i < other.entries_.size(); ++i) {
    entries_[i].influence += other.entries_[i].influence;
    entries_[i].ranked += other.entries_[i].ranked;
    entries_[i].on_time += other.entries_[i].on_time;
    entries_[i].timed += other.entries_[i].timed;
  }
}

void WriteGaps(const BandList& bands, const BandTally& tally, size_t workers,
               int target, const v1::AuditPlan& plan, v1::StrictTarget* out) {
  const double margin = std::strtod(plan.margin_varying().c_str(), nullptr);
  const double alpha = std::strtod(plan.significance().c_str(), nullptr);
  for (int kind = 0; kind < kBandKinds; ++kind) {
    v1::BandGroup* group = out->add_gaps();
    group->set_kind(kKindNames[kind]);
    std::vector<BandFigures> kept;
    for (int band = bands.begin(kind); band < bands.end(kind); ++band) {
      BandFigures figures;
      figures.band = band;
      double sum = 0;
      for (uint32_t w = 0; w < workers; ++w) {
        const BandTally::Entry& entry = tally.At(w, target, band);
        figures.n += entry.ranked;
        figures.workers += entry.ranked > 0;
        figures.timed += entry.timed;
        figures.on_time += entry.on_time;
        figures.timed_workers += entry.timed > 0;
        sum +=
            std::ldexp(static_cast<double>(entry.influence), -kInfluenceUnit);
      }
      if (figures.n == 0) continue;
      // The lent parts add up to nothing.
      figures.pi = sum / static_cast<double>(figures.n);
      const double share = figures.timed == 0
                               ? 0
                               : static_cast<double>(figures.on_time) /
                                     static_cast<double>(figures.timed);
      for (uint32_t w = 0; w < workers; ++w) {
        const BandTally::Entry& entry = tally.At(w, target, band);
        figures.rows.push_back(entry.ranked);
        figures.timed_rows.push_back(entry.timed);
        figures.parts.push_back(
            (std::ldexp(static_cast<double>(entry.influence), -kInfluenceUnit) -
             entry.ranked * figures.pi) /
            static_cast<double>(figures.n));
        figures.on_time_parts.push_back(
            figures.timed == 0 ? 0
                               : (entry.on_time - entry.timed * share) /
                                     static_cast<double>(figures.timed));
      }
      v1::Band* one = group->add_bands();
      one->set_name(bands.Name(band, false));
      one->set_name_zh(bands.Name(band, true));
      one->set_n(figures.n);
      one->set_workers(figures.workers);
      *one->mutable_pi() =
          Clustered(figures.pi, figures.parts, figures.rows, figures.workers);
      if (figures.timed > 0) {
        *one->mutable_on_time() =
            Clustered(share, figures.on_time_parts, figures.timed_rows,
                      figures.timed_workers);
      }
      if (figures.n >= plan.gap_min_tasks() &&
          figures.workers >= kFewestClusters) {
        kept.push_back(std::move(figures));
      }
    }
    if (kept.size() < 2) {
      Cannot("N",
             absl::StrCat("Fewer than two bands have ", plan.gap_min_tasks(),
                          " ranked tasks of ", kFewestClusters, " workers."),
             absl::StrCat("可供比较的档位不足两个（每档至少需 ",
                          plan.gap_min_tasks(), " 单、", kFewestClusters,
                          " 名劳动者）。"),
             group);
      continue;
    }
    const size_t k = kept.size();
    int64_t clusters = INT64_MAX;
    for (const BandFigures& one : kept) {
      clusters = std::min(clusters, one.workers);
    }
    const double g = static_cast<double>(clusters);
    const double correction = g / (g - 1);
    std::vector<std::vector<double>> cov(k, std::vector<double>(k));
    for (size_t i = 0; i < k; ++i) {
      for (size_t j = i; j < k; ++j) {
        cov[i][j] = cov[j][i] = correction * Dot(kept[i].parts, kept[j].parts);
      }
    }
    std::vector<std::vector<double>> contrast(k - 1,
                                              std::vector<double>(k - 1));
    std::vector<double> differences(k - 1), solution;
    for (size_t i = 1; i < k; ++i) {
      differences[i - 1] = kept[i].pi - kept[0].pi;
      for (size_t j = 1; j < k; ++j) {
        contrast[i - 1][j - 1] = cov[i][j] - cov[i][0] - cov[0][j] + cov[0][0];
      }
    }
    if (!SolveDense(contrast, differences, &solution)) {
      Cannot("ID", "The bands do not vary by themselves.",
             "各档位之间没有可分辨的独立变化。", group);
      continue;
    }
    double wald = 0;
    for (size_t i = 0; i + 1 < k; ++i) wald += solution[i] * differences[i];
    group->set_wald(FloatText(wald));
    group->set_degrees(static_cast<int64_t>(k) - 1);
    group->set_p_value(FloatText(
        ChiSquaredUpper(std::max(wald, 0.0), static_cast<double>(k - 1))));

    std::vector<double> p_values;
    const double t = StudentBound(clusters - 1);
    bool beyond = false, inside = true;
    std::vector<bool> pair_beyond;
    for (size_t i = 0; i < k; ++i) {
      for (size_t j = i + 1; j < k; ++j) {
        const double difference = kept[i].pi - kept[j].pi;
        const double error =
            std::sqrt(std::max(cov[i][i] + cov[j][j] - 2 * cov[i][j], 1e-300));
        p_values.push_back(StudentTwoSided(difference / error, g - 1));
        pair_beyond.push_back(std::fabs(difference) - t * error > margin);
        inside = inside && std::fabs(difference) + t * error <= margin;
        v1::BandPair* pair = group->add_pairs();
        pair->set_first(bands.Name(kept[i].band, false));
        pair->set_second(bands.Name(kept[j].band, false));
        pair->set_first_zh(bands.Name(kept[i].band, true));
        pair->set_second_zh(bands.Name(kept[j].band, true));
        pair->set_difference(FloatText(difference));
        pair->set_p_value(FloatText(p_values.back()));
      }
    }
    const std::vector<double> adjusted = BenjaminiHochbergAdjusted(p_values);
    for (size_t i = 0; i < adjusted.size(); ++i) {
      group->mutable_pairs(static_cast<int>(i))
          ->set_p_adjusted(FloatText(adjusted[i]));
      beyond = beyond || (pair_beyond[i] && adjusted[i] <= alpha);
    }
    if (beyond) {
      group->set_verdict("FINDING");
      group->set_reason(
          "Targets are stricter in some of these bands than in others, by more "
          "than the declared margin.");
      group->set_reason_zh("不同档位的时限松紧不一，差距超过预先声明的界限。");
    } else if (inside) {
      group->set_verdict("NO_FINDING");
      group->set_reason("All differences lie inside the declared margin.");
      group->set_reason_zh("所有差距都在预先声明的界限之内。");
    } else {
      Cannot("POW",
             "The intervals are too wide to place the differences inside or "
             "beyond the declared margin.",
             "区间过宽，无法判断差距在界限之内还是之外。", group);
    }
  }
}

}  // namespace plumbline::audit
