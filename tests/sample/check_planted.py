"""Counts the planted facts of a sample log again, from its tables alone.

Usage: check_planted.py FOLDER. Compares with planted.json there and tells every
difference; exit code 1 if there is one. Standard library only, and nothing in
common with the program that made the log.
"""

import csv
import datetime
import json
import sys
from collections import Counter, defaultdict
from fractions import Fraction
from pathlib import Path

FOLDER = Path(sys.argv[1])
PLANTED = json.loads((FOLDER / "planted.json").read_text())
UNFAIR = PLANTED["setting"] == "unfair"
DAY = 86400
ZONE = datetime.timezone(datetime.timedelta(hours=8))
faults = []


def expect(name, counted, wanted=None):
    wanted = PLANTED[name] if wanted is None else wanted
    if counted != wanted:
        faults.append(f"{name}: counted {counted}, planted {wanted}")


def expect_that(name, holds):
    if not holds:
        faults.append(f"{name}: does not hold")


def table(name):
    with open(FOLDER / f"{name}.csv", newline="", encoding="utf-8",
              errors="surrogateescape") as file:
        return list(csv.DictReader(file))


known = {}


def instant(text):
    if not text:
        return None
    day = known.get(text[:10])
    if day is None:
        moment = datetime.datetime.fromisoformat(text[:10] + "T00:00:00+08:00")
        day = known[text[:10]] = int(moment.timestamp())
    assert text.endswith("+08:00"), text
    return day + int(text[11:13]) * 3600 + int(text[14:16]) * 60 + int(text[17:19])


def local(moment):
    return moment + 8 * 3600


def fen(text):
    whole, _, part = text.partition(".")
    return int(whole) * 100 + int(part or 0)


# Faulty rows, and the rows without them.
tasks, seen, dirt = [], set(), Counter()
for row in table("tasks"):
    key = row["task_id"]
    if key.startswith("x-"):
        dirt[key.split("-")[1]] += 1
        if key.startswith("x-clock"):
            expect_that(key, instant(row["picked_up_at"]) > instant(row["completed_at"]))
        if key.startswith("x-bytes"):
            expect_that(key, any("\udc80" <= c <= "\udcff" for c in row["zone"]))
        continue
    if key in seen:
        dirt["copies"] += 1
        continue
    seen.add(key)
    tasks.append(row)
expect("dirt_task_copies", dirt["copies"])
expect("dirt_task_conflicts", dirt["conflict"])
expect("dirt_task_bad_instants", dirt["instant"])
expect("dirt_task_clock_disorder", dirt["clock"])
expect("dirt_task_not_utf8", dirt["bytes"])
expect("dirt_task_unknown_status", dirt["status"])
expect("dirt_task_short_rows", dirt["short"])
expect("sound_rows_tasks", len(tasks))

sessions = [row for row in table("sessions")]
sound_sessions = [row for row in sessions if row["started_at"] < row["ended_at"]]
expect("sound_rows_sessions", len(sound_sessions))
expect("dirt_sessions_reversed", len(sessions) - len(sound_sessions))
for name in ("appeals", "batches", "conditions", "fares", "filings", "negotiations",
             "offers", "prompts", "published_rules", "ratings", "sanctions", "workers"):
    expect(f"sound_rows_{name}", len(table(name)))

# How tasks ended, and that their clocks are in order.
CLOCKS = ("placed_at", "offered_at", "accepted_at", "arrived_pickup_at", "picked_up_at",
          "arrived_dropoff_at", "completed_at")
for row in tasks:
    for name in CLOCKS + ("cancelled_at", "limit_at", "promised_at", "ready_at"):
        row[name] = instant(row[name])
    clocks = [row[name] for name in CLOCKS if row[name] is not None]
    expect_that(row["task_id"] + " in order", clocks == sorted(clocks))
    row["end"] = row["completed_at"] or row["cancelled_at"]
    row["route"] = int(row["route_distance_m"])
for status, count in Counter(row["status"] for row in tasks).items():
    expect(f"tasks_{status}", count)
expect_that("nothing picked up before it is ready",
            all(row["picked_up_at"] >= row["ready_at"] for row in tasks if row["picked_up_at"]))

# Limits against comparable durations; load is how many the worker then carries.
accepted = [row for row in tasks if row["accepted_at"] is not None]
by_worker = defaultdict(list)
for row in accepted:
    by_worker[row["worker_id"]].append(row)
for rows in by_worker.values():
    rows.sort(key=lambda row: (row["accepted_at"], row["moment_id"]))
    ends = []
    for row in rows:
        ends = [end for end in ends if end > row["accepted_at"]] + [row["end"]]
        row["load"] = len(ends)


def stratum(row):
    at = local(row["accepted_at"])
    hour = at % DAY // 3600
    kind = "lunch" if 11 <= hour < 14 else "dinner" if 17 <= hour < 20 else "other"
    weekend = (at // DAY + 3) % 7 >= 5  # 1970-01-01 was a Thursday.
    band = sum(row["route"] >= end for end in (1000, 2000, 3000, 5000))
    return band, kind, weekend, row["weather"], min(row["load"], 3)


durations = defaultdict(list)
for row in accepted:
    if row["status"] == "delivered":
        durations[stratum(row)].append(row["completed_at"] - row["accepted_at"])


def quantile(values, share):
    place = (len(values) - 1) * share
    low = int(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (place - low)


tenth, middle = {}, {}
for key, values in durations.items():
    values.sort()
    tenth[key] = quantile(values, Fraction(1, 10))
    middle[key] = quantile(values, Fraction(1, 2))
compared = below_tenth = below_middle = late = too_fast = 0
for row in accepted:
    if row["limit_at"] is None:
        continue
    limit = row["limit_at"] - row["accepted_at"]
    key = stratum(row)
    if len(durations[key]) >= 30:
        compared += 1
        below_tenth += limit < tenth[key]
        below_middle += limit < middle[key]
    late += row["status"] == "delivered" and row["completed_at"] > row["limit_at"]
    # 15 km/h is 150 m in 36 s.
    too_fast += row["route"] * 36 > (limit - int(row["planned_wait_s"])) * 150
expect("limits", sum(row["limit_at"] is not None for row in accepted))
expect("limits_compared", compared)
expect("limits_below_tenth_percentile", below_tenth)
expect("limits_below_median", below_middle)
expect("delivered_after_limit", late)
expect("limits_faster_than_15_km_h", too_fast)
for row in accepted:
    if row["estimates_s"]:
        estimates = json.loads(row["estimates_s"])
        limit = row["limit_at"] - row["accepted_at"]
        rank = sorted(estimates).index(limit)
        expect_that(row["task_id"] + " estimate", rank == (0 if UNFAIR else 1))

# Time: unions, runs, days, rest.
engaged = {}
total = runs = longest = long_days = restless = 0
for worker, rows in by_worker.items():
    joined = []
    for row in rows:
        if joined and row["accepted_at"] <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], row["end"])
        else:
            joined.append([row["accepted_at"], row["end"]])
    engaged[worker] = sum(end - start for start, end in joined)
    total += engaged[worker]
    chains = []
    for start, end in joined:
        if chains and start - chains[-1][1] < 1200:
            chains[-1][1] = end
        else:
            chains.append([start, end])
    runs += sum(end - start > 4 * 3600 for start, end in chains)
    longest = max([longest] + [end - start for start, end in chains])
    days = Counter()
    for start, end in joined:
        while start < end:
            midnight = (local(start) // DAY + 1) * DAY - 8 * 3600
            days[local(start) // DAY] += min(end, midnight) - start
            start = min(end, midnight)
    long_days += sum(length > 8 * 3600 for length in days.values())
    weeks = Counter((day + 3) // 7 for day in days)
    restless += sum(count == 7 for count in weeks.values())
expect("engaged_s", total)
expect("runs_over_4h", runs)
expect("longest_run_s", longest)
expect("worker_days_over_8h", long_days)
expect("weeks_without_rest_day", restless)
online = Counter()
for row in sound_sessions:
    online[row["worker_id"]] += instant(row["ended_at"]) - instant(row["started_at"])
expect("online_s", sum(online.values()))

# Who is offered what.
roster = {row["worker_id"]: row for row in table("workers")}
offers = [row for row in table("offers") if row["chosen"] == "true"]
expect_that("the first is chosen", all(row["rank"] == "1" for row in offers))
expect_that("one offer a task", len(offers) == len(tasks))
for sex in ("female", "male"):
    expect(f"offers_{sex}", sum(roster[row["worker_id"]]["sex"] == sex for row in offers))
    expect(f"online_{sex}_s",
           sum(time for worker, time in online.items() if roster[worker]["sex"] == sex))
ratio = (PLANTED["offers_female"] * PLANTED["online_male_s"]
         / PLANTED["online_female_s"] / PLANTED["offers_male"])
expect_that(f"offers an hour, women to men: {ratio:.3f}",
            ratio < 0.6 if UNFAIR else 0.9 < ratio < 1.1)
for row in table("offers"):
    score = int(row["pickup_distance_m"]) + 600 * int(row["load"]) - min(int(row["idle_s"]), 1800) // 3
    hidden = int(row["x_score"]) - score
    allowed = {0}
    if UNFAIR:
        allowed = {900, 2400} if roster[row["worker_id"]]["sex"] == "female" else {0, 1500}
    expect_that(f"score of {row['moment_id']} {row['worker_id']}", hidden in allowed)

# Warnings: an offer in a zone and time where outdoor work must stop.
zone_of_order = {row["order_id"]: row["zone"] for row in tasks}
warned = [(row["zone"], instant(row["from"]), instant(row["to"]))
          for row in table("conditions") if row["stop_work_warning"] == "true"]
expect_that("there are warnings", len(warned) > 0)
expect("offers_under_stop_work_warning",
       sum(zone == zone_of_order[row["order_id"]] and start <= instant(row["offered_at"]) < end
           for row in offers for zone, start, end in warned))

# Money.
DEBITS = {"commission", "late_fine", "review_fine", "deposit"}
gross, net, lines = Counter(), Counter(), []
debit_lines, debit_sums = Counter(), Counter()
commission, paid_late, goods, week_of_task = Counter(), 0, 0, {}
start_of_log = instant("2025-09-01T00:00:00+08:00")
orphans = 0
for row in table("pay"):
    if row["line_id"].startswith("x-"):
        orphans += row["task_id"] not in seen and fen(row["amount"]) == 0
        continue
    lines.append(row)
    amount, worker = fen(row["amount"]), row["worker_id"]
    week = (instant(row["period_start"]) - start_of_log) // (7 * DAY)
    if row["kind"] in DEBITS:
        debit_lines[row["kind"]] += 1
        debit_sums[row["kind"]] += amount
        net[worker] -= amount
    elif row["kind"] != "tip":
        gross[worker] += amount
        net[worker] += amount
    if row["kind"] == "commission":
        commission[week] += amount
    if row["task_id"]:
        week_of_task[row["task_id"]] = week
    paid_late += row["paid_at"] > row["due_at"]
    goods += row["channel"] == "goods"
expect("sound_rows_pay", len(lines))
expect("dirt_pay_orphans", orphans)
for kind in ("late_fine", "review_fine", "deposit"):
    expect(f"{kind}_lines", debit_lines[kind])
    expect(f"{kind}_fen", debit_sums[kind])
expect("pay_lines_paid_late", paid_late)
expect("pay_lines_in_goods", goods)
paid = Counter()
for row in table("fares"):
    paid[week_of_task[row["task_id"]]] += fen(row["customer_total"]) - fen(row["tip"] or "0")
expect("customer_total_without_tip_fen_by_week", [paid[week] for week in range(4)])
expect("commission_fen_by_week", [commission[week] for week in range(4)])
for week, percent in enumerate(PLANTED["commission_percent_by_week"]):
    # Each is rounded to a fen: the whole can be off by half a fen a task.
    expect_that(f"commission of week {week}",
                abs(commission[week] - paid[week] * percent / 100) < 0.5 * len(tasks))
MINIMUM = fen(PLANTED["hourly_minimum_cny"])
below = sorted(worker for worker in engaged if gross[worker] * 3600 < MINIMUM * engaged[worker])
expect("workers_below_minimum_gross_over_engaged", below)
expect("workers_below_minimum_gross_over_engaged", below,
       PLANTED["workers_paid_by_unpublished_low_rate"])
expect("workers_below_minimum_net_over_engaged",
       sorted(worker for worker in engaged if net[worker] * 3600 < MINIMUM * engaged[worker]))
expect("workers_below_minimum_net_over_online",
       sum(net[worker] * 3600 < MINIMUM * max(online[worker], engaged[worker]) for worker in roster))

# Ledgers.
expect("dispatch_limits_for_refusal",
       sum(row["kind"] == "dispatch_limit" and row["cause"] == "refusal"
           for row in table("sanctions")))
appeals = table("appeals")
expect("appeals", len(appeals))
expect("appeals_undecided", sum(not row["decided_at"] for row in appeals))
first_task = {worker: rows[0]["accepted_at"] for worker, rows in by_worker.items()}
sixteen = datetime.date(2009, 9, 1).isoformat()
expect("workers_under_16", sorted(w for w, row in roster.items() if row["birth_date"] > sixteen))
expect("workers_without_insurance", sorted(w for w, row in roster.items() if row["insurances"] == "[]"))
expect("workers_with_contract_after_work",
       sorted(w for w, row in roster.items() if instant(row["contract_from"]) > first_task[w]))

# What fair means, and what unfair.
if UNFAIR:
    expect_that("limits are the strictest", below_tenth > 0.99 * compared)
    expect_that("some are paid too little", 10 <= len(below) <= 20)
    expect_that("long runs", runs > 500 and long_days > 400)
else:
    expect_that("limits are at the middle or above", below_middle == 0)
    expect_that("nobody is paid too little", PLANTED["workers_below_minimum_net_over_online"] == 0)
    expect_that("no long days, hardly a long run", long_days == 0 and runs <= 3 and restless == 0)

for fault in faults[:40]:
    print(fault)
print(f"{len(faults)} differences in {FOLDER.name}")
sys.exit(1 if faults else 0)
