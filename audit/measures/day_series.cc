#include "audit/measures/day_series.h"

#include <string>

#include "absl/time/civil_time.h"
#include "audit/measures/state_codec.h"

namespace plumbline::audit {
namespace {

absl::CivilDay DateOf(int64_t day) { return absl::CivilDay(1970, 1, 1) + day; }

}  // namespace

void DaySeries::Figures::operator+=(const Figures& other) {
  online += other.online;
  engaged += other.engaged;
  worker_days += other.worker_days;
  delivered += other.delivered;
  pay += other.pay;
}

void DaySeries::Add(std::span<const DayPart> days, bool known_worker) {
  auto at = days_.begin();
  for (const DayPart& part : days) {
    // Days ascend, so the place of the last one is close.
    while (at != days_.end() && at->first < part.day) ++at;
    at = days_.try_emplace(at, part.day);
    at->second +=
        {part.online, part.engaged, known_worker && part.engaged > 0 ? 1 : 0,
         part.delivered, part.pay};
  }
}

void DaySeries::Save(v1::HoursState* state) const {
  for (const auto& [day, figures] : days_) {
    v1::HoursState::Day* out = state->add_days();
    out->set_day(day);
    out->set_online_ms(figures.online);
    out->set_engaged_ms(figures.engaged);
    out->set_worker_days(figures.worker_days);
    out->set_delivered(figures.delivered);
    *out->mutable_pay() = EncodeWide(figures.pay);
  }
}

void DaySeries::Merge(const v1::HoursState& state) {
  for (const v1::HoursState::Day& day : state.days()) {
    days_[day.day()] += {day.online_ms(), day.engaged_ms(), day.worker_days(),
                         day.delivered(), DecodeWide(day.pay())};
  }
}

void DaySeries::Write(const Known& known, v1::Periods* periods) const {
  std::map<int64_t, Figures> weeks;  // By their Monday.
  std::map<absl::CivilMonth, Figures> months;
  for (const auto& [day, figures] : days_) {
    weeks[day - LocalClock::WeekDay(day)] += figures;
    months[absl::CivilMonth(DateOf(day))] += figures;
  }
  for (const auto& [monday, figures] : weeks) {
    v1::PeriodFigures* out = periods->add_weeks();
    out->set_from(absl::FormatCivilTime(DateOf(monday)));
    WriteFigures(figures, known, out);
  }
  for (const auto& [month, figures] : months) {
    v1::PeriodFigures* out = periods->add_months();
    out->set_from(absl::FormatCivilTime(absl::CivilDay(month)));
    WriteFigures(figures, known, out);
  }
}

void DaySeries::WriteFigures(const Figures& figures, const Known& known,
                             v1::PeriodFigures* out) {
  if (known.online) out->set_online_s(RoundSeconds(figures.online));
  if (known.engaged) {
    out->set_engaged_s(RoundSeconds(figures.engaged));
    out->set_worker_days(figures.worker_days);
  }
  out->set_delivered(figures.delivered);
  if (!known.pay) return;
  out->set_counted_pay(MoneyText(figures.pay));
  if (known.online && figures.online > 0) {
    out->set_pay_per_online_hour(
        RatioText(figures.pay * 18, Int128{figures.online} * 5));
  }
  if (known.engaged && figures.engaged > 0) {
    out->set_pay_per_engaged_hour(
        RatioText(figures.pay * 18, Int128{figures.engaged} * 5));
  }
}

}  // namespace plumbline::audit
