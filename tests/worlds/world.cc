#include "tests/worlds/world.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <deque>
#include <mutex>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "audit/stats/hash.h"
#include "tests/stats_measures/fake_log.h"

namespace plumbline::audit {
namespace {

using replay::kHour;
using replay::kSecond;

// A Monday, and the size of a world.
constexpr int64_t kStart = int64_t{20094} * 86400 * 1000;
constexpr int kBands = 4;
constexpr int kHours[] = {8, 9, 11, 12, 13, 15, 17, 18, 19, 21};

struct Size {
  int workers, weeks, tasks_a_week;
};
Size SizeOf(World world) {
  switch (world) {
    case World::kRatchet:
      return {160, 40, 50};  // About 330 orders a cell, as the test needs.
    case World::kSharedError:
      return {60, 30, 20};
    case World::kHiddenCut:
    case World::kPublishedCut:
    case World::kSlowErosion:
      return {60, 26, 10};
    default:
      return {40, 8, 20};
  }
}

class Draws {
 public:
  explicit Draws(uint64_t seed) : state_(Mix(seed)) {}
  uint64_t Next() { return state_ = Mix(state_); }
  double Uniform() {
    return (static_cast<double>(Next() >> 11) + 0.5) / 9007199254740992.0;
  }
  double Normal() {
    const double r = std::sqrt(-2 * std::log(Uniform()));
    return r * std::cos(6.283185307179586 * Uniform());
  }

 private:
  uint64_t state_;
};

// What the platform sets, by world.
class Rules {
 public:
  Rules(World world, uint64_t seed, int weeks) : world_(world) {
    if (world != World::kRatchet && world != World::kSharedError) return;
    Draws draws(seed + 77);
    for (int s = 0; s < kBands * 6; ++s) {
      double gap = world == World::kRatchet ? 120 + 180 * draws.Normal()
                                            : 100 + 150 * draws.Normal();
      for (int week = 0; week < weeks; ++week) {
        gaps_.push_back(gap);
        if (world == World::kRatchet && gap > 0) gap *= 0.8;
        gap += (world == World::kRatchet ? 60 : 30) * draws.Normal();
      }
    }
    weeks_ = weeks;
  }

  // Seconds allowed. `typical` is the middle of the stratum, `known` of the
  // order.
  double Target(int stratum, int week, double typical, double known,
                double noise) const {
    switch (world_) {
      case World::kFifthPercentile:
        // Of all that varies: pace 0.1, known 0.15, unknown 0.25.
        return typical * std::exp(-1.6448536 * 0.3082207);
      case World::kLawfulButTight:
        return typical * std::exp(-0.8416212 * 0.3082207);
      case World::kPressure:
        return typical;
      case World::kRatchet:
      case World::kSharedError:
        // Longer orders have wider gaps, as they have wider times.
        return typical *
                   (1 + gaps_[static_cast<size_t>(stratum * weeks_ + week)] /
                            1200) +
               60 * noise;
      default:
        return known;
    }
  }

 private:
  World world_;
  int weeks_ = 0;
  std::vector<double> gaps_;
};

class RuleStore : public FakeStore {
 public:
  void Publish(const char* id, v1::RuleTopic topic, int64_t instant) {
    v1::PublishedRule* rule = records_.emplace_back().mutable_published_rule();
    rule->set_rule_id(id);
    rule->set_topic(topic);
    rule->set_effective_from(instant);
  }
  const std::vector<v1::LogRecord>& small_tables() const override {
    return records_;
  }

 private:
  std::vector<v1::LogRecord> records_;
};

// One platform, borrowed by its tasks.
struct Platform {
  std::vector<FakeWorker> workers;
  std::deque<std::string> ids;
  std::deque<std::vector<replay::PayAmount>> pays;
};

double PayOf(World world, int band, int week, int weeks, double noise) {
  double pay = 4 + 1.5 * band + 0.3 * noise;
  if (world == World::kHiddenCut || world == World::kPublishedCut) {
    if (week >= weeks / 2) pay *= 0.95;
  }
  if (world == World::kSlowErosion) pay *= 1 - 0.003 * week;
  return pay;
}

void MakeTask(World world, const Rules& rules, int week, int weeks, int64_t at,
              int hour_type, int band, double pace, Draws& draws,
              Platform& platform, FakeWorker& worker) {
  const double typical = 600 + 400 * band;  // Seconds.
  const double known = 0.15 * draws.Normal();
  double unknown = 0.25 * draws.Normal();
  if (world == World::kSkewedMiddle) {
    // Exponential less its middle: the median stays 0, the tail is long.
    unknown = -0.35 * std::log(draws.Uniform()) - 0.35 * std::log(2);
  }
  // Where the tail is long, the middle of pace and unknown together lies above
  // the sum of their middles.
  const double middle = world == World::kSkewedMiddle ? 0.01404 : 0;
  const double target =
      rules.Target(band * 6 + hour_type, week, typical,
                   typical * std::exp(known + middle), draws.Normal());
  double seconds = typical * std::exp(pace + known + unknown);
  const bool hurries = draws.Uniform() < 0.8;
  if (world == World::kPressure && hurries && seconds > 0.9 * target) {
    seconds = std::max(0.8 * seconds, 0.9 * target);
  }
  const bool cancelled = world == World::kCancelledWhenLate &&
                         seconds > target && draws.Uniform() < 0.5;
  platform.ids.push_back(absl::StrCat(worker.id, "-", worker.tasks.size()));
  replay::Task task = NewTask(platform.ids.back());
  task.accepted_at = at;
  task.limit_at = at + static_cast<int64_t>(target) * kSecond;
  task.promised_at = task.limit_at;
  task.route_distance = (500 + 1000 * band) * replay::kMetre;
  if (cancelled) {
    task.cancelled_at = task.limit_at;
    task.status = v1::STATUS_CANCELLED_CUSTOMER;
  } else {
    task.completed_at = at + static_cast<int64_t>(seconds) * kSecond;
    task.status = v1::STATUS_DELIVERED;
    task.delivered = true;
    const double pay = PayOf(world, band, week, weeks, draws.Normal());
    platform.pays.push_back({{v1::PAY_BASE, static_cast<int64_t>(pay * 1e6)}});
    task.pay = platform.pays.back();
    task.customer_total =
        static_cast<int64_t>((6 + 1.8 * band + 0.5 * draws.Normal()) * 1e6);
  }
  worker.tasks.push_back(task);
}

Platform MakePlatform(World world, uint64_t seed) {
  const Size size = SizeOf(world);
  const Rules rules(world, seed, size.weeks);
  Platform platform;
  for (int w = 0; w < size.workers; ++w) {
    Draws draws(HashOf(seed, static_cast<uint64_t>(w), 0));
    FakeWorker worker{.id = absl::StrCat("w", w)};
    const double pace = 0.1 * draws.Normal();
    for (int week = 0; week < size.weeks; ++week) {
      // Every seventh of the week's orders on one day, at hours of their own.
      for (int i = 0; i < size.tasks_a_week; ++i) {
        const int day = i % 7;
        const int hour = kHours[static_cast<size_t>(i / 7 + day) % 10];
        const int64_t at = kStart + (int64_t{week} * 7 + day) * 86'400'000 +
                           hour * kHour +
                           static_cast<int64_t>(draws.Next() % 300) * kSecond;
        // Long orders become more frequent where the mix is to hide something.
        double share = draws.Uniform();
        if (world == World::kSlowErosion) {
          share = std::pow(share, 1.0 / (1 + 0.04 * week));
        }
        const int band = std::min(kBands - 1, static_cast<int>(share * kBands));
        const int meal = hour >= 11 && hour < 14   ? 0
                         : hour >= 17 && hour < 20 ? 1
                                                   : 2;
        MakeTask(world, rules, week, size.weeks, at, meal + (day >= 5 ? 3 : 0),
                 band, pace, draws, platform, worker);
      }
    }
    platform.workers.push_back(std::move(worker));
  }
  return platform;
}

// One process, one thread: measures see all workers, twice where they ask.
v1::AuditResult Measures(const FakeLog& log, const Platform& platform,
                         const std::set<std::string>& names) {
  v1::AuditResult result;
  auto measures = MakeMeasures(log.context, names);
  for (auto& measure : measures) {
    const auto observe = [&](Measure& one) {
      for (const FakeWorker& worker : platform.workers) {
        FakeLog::Show(worker, [&](const replay::WorkerTimeline& timeline) {
          one.Observe(timeline);
        });
      }
    };
    observe(*measure);
    if (!measure->complete()) {
      v1::MeasureState state;
      measure->Save(&state);
      measure->BeginSecondPass(state);
      observe(*measure);
    }
    measure->Conclude(&result);
  }
  return result;
}

// Worlds that are about where the targets stand: three references are compared
// in them, which takes most of the time.
bool AsksForTheMiddle(World world) {
  switch (world) {
    case World::kFairMiddle:
    case World::kFifthPercentile:
    case World::kLawfulButTight:
    case World::kSkewedMiddle:
    case World::kPressure:
    case World::kCancelledWhenLate:
      return true;
    default:
      return false;
  }
}

void AddRank(const char* name, const v1::Target& target,
             std::set<std::string>* flags) {
  const std::string& verdict = target.rank().verdict();
  if (verdict == "STRICTEST" || verdict == "BELOW_MIDDLE") {
    flags->insert(absl::StrCat("rank.", name));
  }
  if (verdict == "STRICTEST") flags->insert(absl::StrCat("strictest.", name));
  if (target.speed().over15() > 0) flags->insert(absl::StrCat("speed.", name));
}

}  // namespace

const std::vector<World>& AllWorlds() {
  static const std::vector<World> all = {
      World::kFairMiddle,   World::kFifthPercentile,   World::kLawfulButTight,
      World::kRatchet,      World::kSkewedMiddle,      World::kPressure,
      World::kSharedError,  World::kCancelledWhenLate, World::kHiddenCut,
      World::kPublishedCut, World::kSlowErosion};
  return all;
}

const char* NameOf(World world) {
  switch (world) {
    case World::kFairMiddle:
      return "fair middle";
    case World::kFifthPercentile:
      return "fifth percentile";
    case World::kLawfulButTight:
      return "lawful but tight";
    case World::kRatchet:
      return "ratchet";
    case World::kSkewedMiddle:
      return "skewed, at the middle";
    case World::kPressure:
      return "pressure, at the middle";
    case World::kSharedError:
      return "shared error, no feedback";
    case World::kCancelledWhenLate:
      return "cancelled when late";
    case World::kHiddenCut:
      return "hidden cut of pay";
    case World::kPublishedCut:
      return "published cut of pay";
    case World::kSlowErosion:
      return "slow erosion of pay";
  }
  return "";
}

const std::vector<std::string>& AllFlags() {
  static const std::vector<std::string> all = {
      "rank.limit",     "strict.limit",   "strictest.limit", "speed.limit",
      "index.limit",    "index.pay",      "index.takeRate",  "trend.limit",
      "trend.pay",      "trend.takeRate", "break.limit",     "break.pay",
      "break.takeRate", "ratchet.limit"};
  return all;
}

Truth TruthOf(World world) {
  switch (world) {
    case World::kFifthPercentile:
      return {{"rank.limit", "strictest.limit", "strict.limit"},
              {"speed.limit"}};
    case World::kLawfulButTight:
      return {{"rank.limit", "strict.limit"}, {}};
    case World::kRatchet:
      return {{"ratchet.limit"},
              {"index.limit", "trend.limit", "break.limit", "rank.limit",
               "speed.limit"}};
    case World::kSharedError:
      // Targets wander, and some wander below the middle or break.
      return {{},
              {"index.limit", "trend.limit", "break.limit", "rank.limit",
               "speed.limit"}};
    case World::kHiddenCut:
      return {
          {"index.pay", "break.pay"},
          {"trend.pay", "index.takeRate", "trend.takeRate", "break.takeRate"}};
    case World::kPublishedCut:
      return {{"index.pay"}, {"trend.pay", "index.takeRate", "trend.takeRate"}};
    case World::kSlowErosion:
      return {
          {"index.pay", "trend.pay"},
          {"break.pay", "index.takeRate", "trend.takeRate", "break.takeRate"}};
    default:
      return {};
  }
}

std::set<std::string> FlagsOf(World world, uint64_t seed) {
  const Platform platform = MakePlatform(world, seed);
  FakeLog log;
  RuleStore store;
  log.context.store = &store;
  log.Columns({"published_rules.effective_from", "tasks.accepted_at",
               "tasks.cancelled_at", "tasks.completed_at",
               "tasks.customer_total", "tasks.limit_at", "tasks.pay_base",
               "tasks.promised_at", "tasks.route_distance_m", "tasks.status",
               "tasks.task_id", "tasks.worker_id"});
  // Every log has a ledger; only one names the cut.
  store.Publish("first", v1::TOPIC_PIECE_RATE, kStart);
  if (world == World::kPublishedCut) {
    store.Publish("cut", v1::TOPIC_PIECE_RATE,
                  kStart + SizeOf(world).weeks / 2 * int64_t{604'800'000});
  }
  const v1::AuditResult result =
      Measures(log, platform,
               AsksForTheMiddle(world)
                   ? std::set<std::string>{"targets", "strictness", "erosion"}
                   : std::set<std::string>{"targets", "erosion"});
  std::set<std::string> flags;
  AddRank("limit", result.measures().targets().limit(), &flags);
  const v1::Erosion& erosion = result.measures().erosion();
  const std::string& strict = result.measures().strictness().limit().verdict();
  if (strict == "STRICTEST" || strict == "BELOW_MIDDLE") {
    flags.insert("strict.limit");
  }
  for (const auto& [name, drift] : erosion.series()) {
    for (const auto& [kind, verdict] :
         {std::pair("index.", drift.index().verdict()),
          std::pair("trend.", drift.trend().verdict()),
          std::pair("break.", drift.breaks().verdict())}) {
      if (verdict == "FINDING") flags.insert(kind + name);
    }
  }
  if (erosion.limit_ratchet().verdict() == "FINDING") {
    flags.insert("ratchet.limit");
  }
  return flags;
}

std::map<std::string, int> CountFlags(World world, int seeds, int threads) {
  std::map<std::string, int> counts;
  std::mutex mutex;
  std::atomic<int> next{1};
  const auto work = [&] {
    for (int seed = next++; seed <= seeds; seed = next++) {
      const auto flags = FlagsOf(world, static_cast<uint64_t>(seed));
      const std::lock_guard<std::mutex> lock(mutex);
      for (const std::string& flag : flags) ++counts[flag];
    }
  };
  std::vector<std::jthread> helpers;
  for (int i = 1; i < threads; ++i) helpers.emplace_back(work);
  work();
  helpers.clear();
  return counts;
}

Judgement JudgeCounts(World world, const std::map<std::string, int>& counts,
                      int seeds, double most_false, double least_found) {
  const Truth truth = TruthOf(world);
  Judgement judgement;
  for (const std::string& flag : AllFlags()) {
    const auto at = counts.find(flag);
    const int n = at == counts.end() ? 0 : at->second;
    const double share = static_cast<double>(n) / seeds;
    const bool violation = truth.violations.count(flag) > 0;
    const bool implied = truth.implied.count(flag) > 0;
    const bool holds =
        implied || (violation ? share >= least_found : share <= most_false);
    judgement.holds &= holds;
    absl::StrAppend(
        &judgement.text,
        absl::StrFormat("%-26s %-16s %-9s %5.1f %% (%d of %d)%s\n",
                        NameOf(world), flag,
                        violation ? "true"
                        : implied ? "implied"
                                  : "false",
                        100 * share, n, seeds, holds ? "" : "  OUT OF BOUNDS"));
  }
  return judgement;
}

}  // namespace plumbline::audit
