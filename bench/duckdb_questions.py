"""The four questions in SQL, as somebody who knows DuckDB would ask them.

  python duckdb_questions.py LOG --threads N --answers FILE [--check]

LOG is a folder with tasks.csv (epoch seconds or RFC 3339, as log.textproto
says) or tasks.parquet. Reads only the columns that the questions need, with
their types given, once, into a table in memory; answers go to FILE as JSON.
With --check it also asks what the other program's report holds beside them, so
that the two can be compared; that is never timed.
"""

import argparse
import json
from pathlib import Path

import duckdb

# Local time of the log, an hour's pay that the floor asks for, and the pause
# that ends a run.
EAST_S = 8 * 3600
FLOOR_PER_HOUR = 23
RUN_GAP_S = 1200

COLUMNS = {
    "task_id": "VARCHAR", "worker_id": "VARCHAR", "zone": "VARCHAR", "city": "VARCHAR",
    "vehicle": "VARCHAR", "placed_at": "INSTANT", "accepted_at": "INSTANT",
    "picked_up_at": "INSTANT", "completed_at": "INSTANT", "status": "VARCHAR",
    "promised_at": "INSTANT", "limit_at": "INSTANT", "route_distance_m": "INTEGER",
    "pickup_distance_m": "INTEGER", "pay_base": "DECIMAL(9,2)",
    "pay_distance": "DECIMAL(9,2)", "pay_tip": "DECIMAL(9,2)",
    "customer_total": "DECIMAL(9,2)",
}

# Instants as whole seconds; worker, zone and status as they are.
LOAD = """
CREATE TEMP TABLE tasks AS
SELECT worker_id, zone, status, route_distance_m,
       {accepted} AS accepted, {completed} AS completed, {due} AS due,
       pay_base + pay_distance AS pay
FROM {source}
"""

# Workers as small integers: the windows below then sort in half the time.
WORKERS = """
CREATE TEMP TABLE workers AS
SELECT worker_id, row_number() OVER (ORDER BY worker_id)::INTEGER AS worker
FROM (SELECT DISTINCT worker_id FROM tasks)
"""

# How far the tasks of a worker that began before a task had come by then. What a
# task adds to the engaged time is the part of it after that.
ENGAGED = """
CREATE TEMP TABLE engaged AS
SELECT worker, accepted, completed, reached,
       greatest(accepted, coalesce(reached, accepted)) AS from_s
FROM (SELECT worker, accepted, completed,
             max(completed) OVER (PARTITION BY worker ORDER BY accepted
                 ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached
      FROM (SELECT worker, accepted::INTEGER AS accepted, completed::INTEGER AS completed
            FROM tasks JOIN workers USING (worker_id) WHERE accepted < completed))
"""

# 1. Engaged time and pay of each worker and week, and who is below the floor.
FLOOR = f"""
WITH parts AS (
  SELECT worker, (from_s + {EAST_S} - 345600) // 604800 AS week,
         (completed + {EAST_S} - 345600) // 604800 AS last_week, from_s, completed
  FROM engaged WHERE completed > from_s),
cut AS (
  SELECT worker, week,
         least(completed, (week + 1) * 604800 + 345600 - {EAST_S}) - from_s AS s FROM parts
  UNION ALL
  SELECT worker, last_week, completed - (last_week * 604800 + 345600 - {EAST_S})
  FROM parts WHERE last_week > week),
time_of AS (SELECT worker, week, sum(s) AS s FROM cut GROUP BY ALL),
pay_of AS (
  SELECT worker_id, (coalesce(completed, accepted) + {EAST_S} - 345600) // 604800 AS week,
         sum(pay) AS pay
  FROM tasks GROUP BY ALL)
SELECT count(*) AS worker_weeks, sum(s) AS engaged_s,
       count(*) FILTER (pay * 3600 < {FLOOR_PER_HOUR} * s) AS below,
       sum(greatest(0, {FLOOR_PER_HOUR} * s - pay * 3600)) AS missing_3600ths
FROM time_of JOIN workers USING (worker) LEFT JOIN pay_of USING (worker_id, week)
"""

# 2. Quantiles of duration by stratum, and the rank of the limits among them.
STRATA = f"""
CREATE TEMP TABLE timed AS
SELECT zone,
       CASE WHEN route_distance_m < 1000 THEN 0 WHEN route_distance_m < 2000 THEN 1
            WHEN route_distance_m < 3000 THEN 2 WHEN route_distance_m < 5000 THEN 3
            ELSE 4 END AS band,
       CASE WHEN (accepted + {EAST_S}) % 86400 // 3600 IN (11, 12, 13) THEN 0
            WHEN (accepted + {EAST_S}) % 86400 // 3600 IN (17, 18, 19) THEN 1
            ELSE 2 END
       + CASE WHEN ((accepted + {EAST_S}) // 86400 + 3) % 7 >= 5 THEN 3 ELSE 0 END AS hours,
       CASE WHEN status = 'delivered' THEN completed - accepted END AS took,
       due - accepted AS allowed
FROM tasks
"""
QUANTILES = """
SELECT zone, band, hours, count(took) AS n,
       quantile_cont(took, [0.05, 0.25, 0.5, 0.75, 0.95]) AS q
FROM timed GROUP BY ALL ORDER BY ALL
"""
RANK = """
WITH took AS (
  SELECT zone, band, hours, took, count(*) AS n FROM timed WHERE took IS NOT NULL GROUP BY ALL),
steps AS (
  SELECT zone, band, hours, took,
         sum(n) OVER (PARTITION BY zone, band, hours ORDER BY took) AS up_to,
         sum(n) OVER (PARTITION BY zone, band, hours) AS all_of_them
  FROM took),
allowed AS (
  SELECT zone, band, hours, allowed, count(*) AS n
  FROM timed WHERE allowed IS NOT NULL GROUP BY ALL)
SELECT sum(allowed.n) AS n,
       sum(allowed.n * coalesce(up_to / all_of_them, 0)) / sum(allowed.n) AS rank
FROM allowed ASOF LEFT JOIN steps
  ON allowed.zone = steps.zone AND allowed.band = steps.band AND allowed.hours = steps.hours
 AND allowed.allowed >= steps.took
"""

# 3. Gini and Jain of delivered tasks and of pay among workers.
SPREAD = """
WITH per_worker AS (
  SELECT worker_id, count(*) FILTER (status = 'delivered') AS tasks,
         coalesce(sum(pay), 0) AS pay
  FROM tasks GROUP BY worker_id),
ranked AS (
  SELECT tasks, pay::DOUBLE AS pay, count(*) OVER () AS n,
         row_number() OVER (ORDER BY tasks) AS by_tasks, row_number() OVER (ORDER BY pay) AS by_pay
  FROM per_worker)
SELECT any_value(n) AS workers,
       sum((2 * by_tasks - n - 1) * tasks) / (any_value(n) * sum(tasks)) AS tasks_gini,
       sum(tasks) ** 2 / (any_value(n) * sum(tasks * tasks)) AS tasks_jain,
       sum((2 * by_pay - n - 1) * pay) / (any_value(n) * sum(pay)) AS pay_gini,
       sum(pay) ** 2 / (any_value(n) * sum(pay * pay)) AS pay_jain
FROM ranked
"""

# 4. The longest run of each worker, and how many exceed four hours. A run ends
# where the next one begins, as far as the tasks before that had come.
RUNS = f"""
CREATE TEMP TABLE runs AS
WITH starts AS (
  SELECT worker, accepted, reached FROM engaged
  WHERE reached IS NULL OR accepted - reached >= {RUN_GAP_S}),
ends AS (SELECT worker, max(completed) AS last FROM engaged GROUP BY worker)
SELECT worker,
       coalesce(lead(reached) OVER (PARTITION BY worker ORDER BY accepted), last) - accepted AS s
FROM starts JOIN ends USING (worker)
"""
LONGEST = """
SELECT max(s) AS longest_s, count(*) FILTER (s > 4 * 3600) AS over_4h FROM runs
"""
LONGEST_OF_EACH = """
SELECT worker_id, max(s) AS s FROM runs JOIN workers USING (worker)
GROUP BY worker_id ORDER BY worker_id
"""

# Only for the comparison of answers.
CHECK_WORKERS = """
WITH time_of AS (
  SELECT worker, sum(completed - from_s) AS engaged_s FROM engaged
  WHERE completed > from_s GROUP BY worker),
run_of AS (SELECT worker, max(s) AS longest_s, count(*) FILTER (s > 4 * 3600) AS over_4h
           FROM runs GROUP BY worker)
SELECT worker_id, count(*) AS tasks, count(*) FILTER (status = 'delivered') AS delivered,
       sum(pay) AS pay, count(*) FILTER (completed > due) AS late,
       any_value(engaged_s) AS engaged_s, any_value(longest_s) AS longest_s,
       any_value(over_4h) AS over_4h
FROM tasks JOIN workers USING (worker_id) LEFT JOIN time_of USING (worker)
LEFT JOIN run_of USING (worker)
GROUP BY worker_id ORDER BY worker_id
"""
CHECK_LIMITS = """
SELECT count(*) AS n, count(*) FILTER (completed > due) AS late,
       quantile_cont(due - completed, [0.05, 0.25, 0.5, 0.75, 0.95]) AS slack
FROM tasks WHERE completed IS NOT NULL AND due IS NOT NULL
"""


def source_of(log):
    parquet = log / "tasks.parquet"
    if parquet.exists():
        seconds = "epoch_ms({0}) // 1000"
        return f"read_parquet('{parquet}')", seconds
    epoch = "EPOCH_SECONDS" in (log / "log.textproto").read_text()
    instant = "BIGINT" if epoch else "TIMESTAMPTZ"
    types = ", ".join(f"'{name}': '{kind.replace('INSTANT', instant)}'"
                      for name, kind in COLUMNS.items())
    return (f"read_csv('{log / 'tasks.csv'}', header = true, auto_detect = false, "
            f"delim = ',', quote = '\"', columns = {{{types}}})",
            "{0}" if epoch else "epoch_ms({0}) // 1000")


def rows(connection, query):
    cursor = connection.execute(query)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row)) for row in cursor.fetchall()]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("log", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--answers", type=Path, required=True)
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    connection = duckdb.connect()
    connection.execute(f"SET threads = {given.threads}")
    connection.execute("SET preserve_insertion_order = false")
    source, seconds = source_of(given.log)
    connection.execute(LOAD.format(source=source, accepted=seconds.format("accepted_at"),
                                   completed=seconds.format("completed_at"),
                                   due=seconds.format("limit_at")))
    connection.execute(WORKERS)
    connection.execute(ENGAGED)
    answers = {"floor": rows(connection, FLOOR)[0]}
    connection.execute(STRATA)
    answers["strata"] = rows(connection, QUANTILES)
    answers["rank"] = rows(connection, RANK)[0]
    answers["spread"] = rows(connection, SPREAD)[0]
    connection.execute(RUNS)
    answers["runs"] = rows(connection, LONGEST)[0]
    answers["longest"] = rows(connection, LONGEST_OF_EACH)
    if given.check:
        answers["workers"] = rows(connection, CHECK_WORKERS)
        answers["limits"] = rows(connection, CHECK_LIMITS)[0]
    given.answers.write_text(json.dumps(answers, default=str))


if __name__ == "__main__":
    main()
