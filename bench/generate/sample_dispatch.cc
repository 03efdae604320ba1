#include "bench/generate/sample_dispatch.h"

#include <algorithm>
#include <queue>
#include <tuple>

#include "bench/generate/random.h"

namespace plumbline::bench {
namespace {

constexpr int64_t kReachIdle = 2'500;  // Metres to the shop.
constexpr int64_t kReachRiding = 1'000;
constexpr int kCandidatesLogged = 4;
constexpr int kMostTries = 12;

// A worker on the road. Stops are made one at a time: all shops before all
// doors, the nearest first; the stop under way is never changed.
struct Rider {
  Place at;  // Last stop, or the one under way.
  bool riding = false;
  bool at_door = false;  // The stop under way is a door.
  int task = -1;         // Task of the stop under way.
  int64_t arrive = 0;
  int64_t leave = 0;
  int64_t idle_since = 0;
  int64_t answering_until = 0;
  int64_t refused_at = kNoTime;
  int batch = -1;
  size_t session = 0;
  std::vector<int> to_pick;
  std::vector<int> to_drop;
  std::vector<int64_t> cancels;  // Ends of tasks that will be cancelled.
};

struct Attempt {
  int64_t at;
  int order;
  int tries;
  bool operator>(const Attempt& other) const {
    return std::tie(at, order) > std::tie(other.at, other.order);
  }
};

class Dispatcher {
 public:
  explicit Dispatcher(const SampleCity& city)
      : city_(city),
        riders_(city.workers.size()),
        refused_(city.orders.size()),
        most_load_(city.unfair() ? 4 : 3),
        wind_down_(city.unfair() ? 300 : 2'400) {
    for (size_t i = 0; i < riders_.size(); ++i) {
      riders_[i].at = city.workers[i].home;
    }
  }

  SampleRun Run() {
    for (size_t i = 0; i < city_.orders.size(); ++i) {
      attempts_.push({city_.orders[i].placed + 30, static_cast<int>(i), 0});
    }
    while (!attempts_.empty()) {
      const Attempt attempt = attempts_.top();
      attempts_.pop();
      Try(attempt);
    }
    for (size_t i = 0; i < riders_.size(); ++i) {
      Advance(static_cast<int>(i), INT64_MAX);
    }
    return std::move(run_);
  }

 private:
  Random RandomFor(uint64_t purpose, uint64_t a, uint64_t b = 0) const {
    return Random(Mix({city_.seed, purpose, a, b}));
  }

  Place Shop(int task) const {
    return city_.orders[run_.tasks[task].order].shop;
  }
  Place Door(int task) const {
    return city_.orders[run_.tasks[task].order].door;
  }

  void Ride(Rider& rider, int task, bool door, int64_t depart) {
    const Place to = door ? Door(task) : Shop(task);
    Random random = RandomFor(4, task, door);
    const Sky sky = city_.weather.SkyAt(ZoneOf(to), depart);
    // About 14 km/h when it is dry.
    const double seconds_per_metre = sky == Sky::kDry    ? 0.257
                                     : sky == Sky::kRain ? 0.300
                                                         : 0.360;
    const double ride = static_cast<double>(Distance(rider.at, to)) *
                        seconds_per_metre * random.LogNormal(0.22);
    rider.riding = true;
    rider.at_door = door;
    rider.task = task;
    rider.at = to;
    rider.arrive = depart + 15 + static_cast<int64_t>(ride);
    rider.leave = rider.arrive;
    if (door) {
      rider.leave += random.Between(50, 150);
      if (random.Chance(0.2)) rider.leave += 100;  // No lift.
    } else {
      const int64_t ready = city_.orders[run_.tasks[task].order].ready;
      rider.leave = std::max(rider.leave, ready) + random.Between(30, 90);
    }
  }

  void RideOn(Rider& rider, int64_t depart) {
    const bool door = rider.to_pick.empty();
    std::vector<int>& stops = door ? rider.to_drop : rider.to_pick;
    if (stops.empty()) {
      rider.riding = false;
      rider.idle_since = depart;
      return;
    }
    const auto next =
        std::min_element(stops.begin(), stops.end(), [&](int a, int b) {
          const auto far = [&](int task) {
            return Distance(rider.at, door ? Door(task) : Shop(task));
          };
          return std::make_pair(far(a), a) < std::make_pair(far(b), b);
        });
    const int task = *next;
    stops.erase(next);
    Ride(rider, task, door, depart);
  }

  // Makes every stop that is over at `now`.
  void Advance(int worker, int64_t now) {
    Rider& rider = riders_[worker];
    while (rider.riding && rider.leave <= now) {
      SampleTask& task = run_.tasks[rider.task];
      if (rider.at_door) {
        task.arrived_dropoff = rider.arrive;
        task.completed = rider.leave;
      } else {
        task.arrived_pickup = rider.arrive;
        task.picked_up = rider.leave;
        rider.to_drop.push_back(rider.task);
      }
      RideOn(rider, rider.leave);
    }
    std::erase_if(rider.cancels, [now](int64_t end) { return end <= now; });
  }

  static int LoadOf(const Rider& rider) {
    return static_cast<int>(rider.to_pick.size() + rider.to_drop.size() +
                            rider.riding + rider.cancels.size());
  }

  bool OnDuty(int worker, int64_t now) {
    const auto& sessions = city_.workers[worker].sessions;
    Rider& rider = riders_[worker];
    while (rider.session < sessions.size() &&
           sessions[rider.session].to <= now) {
      ++rider.session;
    }
    if (rider.session == sessions.size()) return false;
    const SampleSession& session = sessions[rider.session];
    return session.from <= now && now < session.to - wind_down_;
  }

  std::vector<SampleOffer> Candidates(const Attempt& attempt) {
    std::vector<SampleOffer> found;
    const SampleOrder& order = city_.orders[attempt.order];
    const std::vector<int>& refused = refused_[attempt.order];
    for (int worker = 0; worker < static_cast<int>(riders_.size()); ++worker) {
      if (!OnDuty(worker, attempt.at)) continue;
      Advance(worker, attempt.at);
      const Rider& rider = riders_[worker];
      SampleOffer offer;
      offer.distance = Distance(rider.at, order.shop);
      offer.load = LoadOf(rider);
      if (offer.distance > (rider.riding ? kReachRiding : kReachIdle) ||
          offer.load >= most_load_ || rider.answering_until > attempt.at ||
          std::find(refused.begin(), refused.end(), worker) != refused.end()) {
        continue;
      }
      offer.order = attempt.order;
      offer.worker = worker;
      offer.at = attempt.at;
      if (!rider.riding) {
        const auto& session = city_.workers[worker].sessions[rider.session];
        offer.idle = attempt.at - std::max(rider.idle_since, session.from);
      }
      offer.score = offer.distance + kScorePerLoad * offer.load -
                    std::min(offer.idle, kMostIdleCounted) / 3;
      if (city_.unfair()) {
        if (city_.workers[worker].female) offer.score += kScoreAgainstWomen;
        if (rider.refused_at != kNoTime &&
            attempt.at - rider.refused_at < 3'600) {
          offer.score += kScoreAfterRefusal;
        }
      }
      found.push_back(offer);
    }
    std::sort(found.begin(), found.end(),
              [](const SampleOffer& a, const SampleOffer& b) {
                return std::tie(a.score, a.worker) <
                       std::tie(b.score, b.worker);
              });
    if (found.size() > kCandidatesLogged) found.resize(kCandidatesLogged);
    return found;
  }

  void Try(const Attempt& attempt) {
    const int zone = ZoneOf(city_.orders[attempt.order].shop);
    const bool stop_work = city_.weather.StopWork(zone, attempt.at);
    std::vector<SampleOffer> found;
    if (!stop_work || city_.unfair()) found = Candidates(attempt);
    if (found.empty()) {
      if (attempt.tries == kMostTries) {
        ++run_.lost_orders;
      } else {
        attempts_.push({attempt.at + 60, attempt.order, attempt.tries + 1});
      }
      return;
    }
    const int moment = moments_++;
    Random random = RandomFor(5, moment);
    SampleOffer& best = found.front();
    best.responded = attempt.at + random.Between(4, 25);
    const double answer = random.Unit();
    best.answer = answer < 0.955   ? Fate::kDelivered
                  : answer < 0.985 ? Fate::kRejected
                                   : Fate::kExpired;
    if (best.answer == Fate::kExpired) best.responded = kNoTime;
    for (size_t i = 0; i < found.size(); ++i) {
      found[i].moment = moment;
      found[i].rank = static_cast<int>(i) + 1;
      run_.offers.push_back(found[i]);
    }
    run_.offers_under_stop_work += stop_work;
    Answer(attempt, best, random);
  }

  void Answer(const Attempt& attempt, const SampleOffer& offer,
              Random& random) {
    const SampleOrder& order = city_.orders[attempt.order];
    Rider& rider = riders_[offer.worker];
    SampleTask task;
    task.order = attempt.order;
    task.worker = offer.worker;
    task.moment = offer.moment;
    task.offered = offer.at;
    task.fate = offer.answer;
    task.pickup_distance = offer.distance;
    task.dropoff_distance = Distance(order.shop, order.door);
    task.sky = city_.weather.SkyAt(ZoneOf(order.shop), offer.at);
    if (offer.answer != Fate::kDelivered) {
      const int64_t until =
          offer.answer == Fate::kRejected ? offer.responded : offer.at + 40;
      rider.answering_until = until;
      if (offer.answer == Fate::kRejected) rider.refused_at = until;
      run_.tasks.push_back(task);
      TryAgain(attempt, offer.worker, until + 1);
      return;
    }
    task.accepted = offer.responded;
    rider.answering_until = task.accepted;
    Advance(offer.worker, task.accepted);
    task.load = LoadOf(rider) + 1;
    if (task.load == 1) rider.batch = run_.batches++;
    task.batch = rider.batch;
    const double fate = random.Unit();
    if (fate < 0.032) {
      task.fate = fate < 0.016   ? Fate::kCancelledCustomer
                  : fate < 0.022 ? Fate::kCancelledMerchant
                                 : Fate::kReassigned;
      task.cancelled = task.accepted + random.Between(45, 420);
      rider.cancels.push_back(task.cancelled);
      run_.tasks.push_back(task);
      if (task.fate == Fate::kReassigned) {
        TryAgain(attempt, offer.worker, task.cancelled + 5);
      }
      return;
    }
    const int number = static_cast<int>(run_.tasks.size());
    run_.tasks.push_back(task);
    rider.to_pick.push_back(number);
    if (!rider.riding) RideOn(rider, task.accepted);
  }

  void TryAgain(const Attempt& attempt, int refuser, int64_t at) {
    refused_[attempt.order].push_back(refuser);
    attempts_.push({at, attempt.order, 0});
  }

  const SampleCity& city_;
  std::vector<Rider> riders_;
  std::vector<std::vector<int>> refused_;  // By order.
  const int most_load_;
  const int64_t wind_down_;
  int moments_ = 0;
  std::priority_queue<Attempt, std::vector<Attempt>, std::greater<>> attempts_;
  SampleRun run_;
};

}  // namespace

const char* FateWord(Fate fate) {
  switch (fate) {
    case Fate::kDelivered:
      return "delivered";
    case Fate::kCancelledCustomer:
      return "cancelled_customer";
    case Fate::kCancelledMerchant:
      return "cancelled_merchant";
    case Fate::kReassigned:
      return "reassigned";
    case Fate::kRejected:
      return "rejected";
    case Fate::kExpired:
      return "expired";
  }
  return "";
}

SampleRun Dispatch(const SampleCity& city) { return Dispatcher(city).Run(); }

}  // namespace plumbline::bench
