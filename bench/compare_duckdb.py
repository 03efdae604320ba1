"""Times `plumbline audit` against DuckDB on the same log and compares answers.

  python bench/compare_duckdb.py --program build/release/plumbline
      [--tasks 10000000] [--rounds 5] [--data build/bench] [--out table.md]

Both are whole processes, from their start to their end, that read the same
files: CSV with epoch seconds, CSV with RFC 3339, and Parquet. DuckDB answers
the four questions of duckdb_questions.py; plumbline validates every row, works
out the measures that hold these questions (MEASURES), judges the pack of rules
that holds the floor (RULES) and writes what holds the answers (FILES), hashes of
all inputs included. The last lines time the same audit with all eight files, and
then with all measures and all packs of the log's place as well; those have no
counterpart in DuckDB. Rounds alternate, so that a slow minute of the machine
meets both. Time is of the wall clock; memory is the peak resident set that the
kernel counted for the process.

The logs are made by plumbline_generate beside the program, and kept in --data
until --tasks changes. Before timing, the answers are compared: integers and
sums exactly, ratios to 1e-9. Exit code 1 if one differs.
"""

import argparse
import csv
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
WORKERS_PER_TASK = 12_000 / 10_000_000
MEASURES = "hours,pay,targets,allocation,mdrp"
RULES = "cn"  # The pack with the floor that DuckDB is asked for.
FILES = "json,csv"  # Without the page and the workbook, which DuckDB does not draw.


class Run:
    """One child process: seconds of wall clock and of processor, peak MiB."""

    def __init__(self, command):
        with open(os.devnull, "w", encoding="utf-8") as nowhere:
            begin = time.perf_counter()
            child = subprocess.Popen(command, stdout=nowhere)
            _, status, used = os.wait4(child.pid, 0)
            self.wall = time.perf_counter() - begin
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            sys.exit(f"exit code {child.returncode}: {' '.join(map(str, command))}")
        self.processor = used.ru_utime + used.ru_stime
        self.mebibytes = used.ru_maxrss / 1024


def make_log(program, data, tasks, form):
    """The folder of a log of so many tasks, made unless it is there."""
    folder = data / f"{form}-{tasks}"
    stamp = folder / ".made"
    if stamp.exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    print(f"making {folder}", file=sys.stderr)
    if form == "parquet":
        csv_folder = make_log(program, data, tasks, "epoch")
        subprocess.run([sys.executable, HERE / "to_parquet.py", csv_folder, folder], check=True)
    else:
        subprocess.run(
            [program.parent / "plumbline_generate", "--tasks", str(tasks), "--workers",
             str(max(12, round(tasks * WORKERS_PER_TASK))), "--instants", form, "--out", folder],
            check=True)
    stamp.touch()
    return folder


def plumbline(program, log, threads, out, files=FILES, everything=False):
    return ([program, "audit", log, "--threads", str(threads), "--quiet", "--out", out] +
            ([] if everything else ["--only", MEASURES, "--rules", RULES]) +
            (["--files", files] if files else []))


def duckdb(log, threads, answers, check=False):
    return [sys.executable, HERE / "duckdb_questions.py", log, "--threads", str(threads),
            "--answers", answers] + (["--check"] if check else [])


class Answers:
    """Compares what the two programs found, and remembers every difference."""

    def __init__(self):
        self.compared = 0
        self.differences = []

    def expect(self, name, ours, theirs, within=0.0):
        self.compared += 1
        if ours is None or abs(float(ours) - float(theirs)) > within:
            self.differences.append(f"{name}: plumbline {ours}, duckdb {theirs}")


def compare_answers(report, answers):
    """Of the outputs in folder `report` with the JSON file `answers`."""
    check = Answers()
    found = json.loads((report / "findings.json").read_text())
    theirs = json.loads(answers.read_text())
    with open(report / "workers.csv", newline="", encoding="utf-8-sig") as file:
        workers = {row["worker_id"]: row for row in csv.DictReader(file)}
    check.expect("workers", len(workers), len(theirs["workers"]))
    for row in theirs["workers"]:
        mine = workers.get(row["worker_id"])
        if mine is None:
            check.differences.append(f"{row['worker_id']}: not in workers.csv")
            continue
        for ours, name in (("tasks", "tasks"), ("delivered", "delivered"),
                           ("engaged_s", "engaged_s"), ("longest_run_s", "longest_s"),
                           ("runs_over_4h", "over_4h"), ("late_limit", "late"),
                           ("pay_counted", "pay")):
            check.expect(f"{row['worker_id']} {ours}", mine[ours] or None, row[name])
    measures = found["measures"]
    check.expect("engaged", measures["hours"]["total"]["ENGAGED"], theirs["floor"]["engaged_s"])
    check.expect("longest run", measures["hours"]["runs"]["longestS"], theirs["runs"]["longest_s"])
    check.expect("runs over 4 h", measures["hours"]["runs"]["over4h"], theirs["runs"]["over_4h"])
    limits = measures["targets"]["limit"]
    check.expect("limits", limits["n"], theirs["limits"]["n"])
    check.expect("late", limits["late"], theirs["limits"]["late"])
    for name, value in zip(("p05", "p25", "p50", "p75", "p95"), theirs["limits"]["slack"]):
        check.expect(f"slack {name}", limits["slackQuantilesS"][name], value, 1e-9)
    for ours, name in (("tasks", "tasks"), ("pay", "pay")):
        for index in ("gini", "jain"):
            check.expect(f"allocation.{ours}.{index}", measures["allocation"][ours][index],
                         theirs["spread"][f"{name}_{index}"], 1e-9)
    return check


def report_line(name, threads, runs):
    ours, theirs = runs["plumbline"], runs["duckdb"]
    cells = [name, str(threads)]
    for side in (ours, theirs):
        walls = [run.wall for run in side]
        cells.append(f"{min(walls):.2f} / {statistics.median(walls):.2f}")
    cells.append(f"{min(r.wall for r in theirs) / min(r.wall for r in ours):.2f}")
    for side in (ours, theirs):
        cells.append(f"{max(run.mebibytes for run in side):.0f}")
    return "| " + " | ".join(cells) + " |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--program", type=Path, default=Path("build/release/plumbline"))
    parser.add_argument("--tasks", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--data", type=Path, default=Path("build/bench"))
    parser.add_argument("--out", type=Path, help="also write the table to this file")
    parser.add_argument("--only", choices=("epoch", "rfc3339", "parquet"), action="append",
                        help="only these forms; no scaling")
    given = parser.parse_args()
    program, data = given.program.resolve(), given.data.resolve()
    forms = given.only or ["epoch", "rfc3339", "parquet"]
    cases = [(form, given.tasks, 2) for form in forms]
    if not given.only:
        cases += [("epoch", given.tasks, 1), ("parquet", given.tasks, 1),
                  ("epoch", given.tasks // 10, 2)]

    differences = []
    compared = 0
    for form in forms:
        log = make_log(program, data, given.tasks, form)
        Run(plumbline(program, log, 2, data / "report"))
        Run(duckdb(log, 2, data / "answers.json", check=True))
        check = compare_answers(data / "report", data / "answers.json")
        compared += check.compared
        differences += [f"{form}: {line}" for line in check.differences]
    for line in differences[:20]:
        print(line, file=sys.stderr)

    lines = [
        f"Wall clock in seconds, least / median of {given.rounds} rounds; peak memory in MiB. "
        f"{compared} answers compared, {len(differences)} differ.",
        "",
        "| log | threads | plumbline | DuckDB | times | plumbline MiB | DuckDB MiB |",
        "|---|---|---|---|---|---|---|",
    ]
    least = {}
    for form, tasks, threads in cases:
        log = make_log(program, data, tasks, form)
        runs = {"plumbline": [], "duckdb": []}
        for number in range(given.rounds):
            sides = [("plumbline", plumbline(program, log, threads, data / "report")),
                     ("duckdb", duckdb(log, threads, data / "answers.json"))]
            for side, command in sides if number % 2 == 0 else reversed(sides):
                runs[side].append(Run(command))
        least[form, tasks, threads] = min(run.wall for run in runs["plumbline"])
        lines.append(report_line(f"{tasks:,} tasks, {form}", threads, runs))
        print(lines[-1], file=sys.stderr)
    if not given.only:
        whole = least["epoch", given.tasks, 2]
        lines += ["",
                  f"Two threads against one: {least['epoch', given.tasks, 1] / whole:.2f} (CSV), "
                  f"{least['parquet', given.tasks, 1] / least['parquet', given.tasks, 2]:.2f} "
                  f"(Parquet). Ten times the tasks: "
                  f"{whole / least['epoch', given.tasks // 10, 2]:.2f} times the time."]
    for form in forms:
        log = make_log(program, data, given.tasks, form)
        before = least[form, given.tasks, 2]
        for name, everything in (("All eight files", False),
                                 ("All eight files, all measures, all packs", True)):
            runs = [Run(plumbline(program, log, 2, data / "report", None, everything))
                    for _ in range(given.rounds)]
            walls = [run.wall for run in runs]
            lines += ["",
                      f"{name}, {given.tasks:,} tasks, {form}, 2 threads: {min(walls):.2f} / "
                      f"{statistics.median(walls):.2f} s, "
                      f"{max(run.mebibytes for run in runs):.0f} MiB; "
                      f"{min(walls) / before:.2f} times the line before."]
            before = min(walls)
    text = "\n".join(lines) + "\n"
    print(text, end="")
    if given.out:
        given.out.write_text(text, encoding="utf-8")
    sys.exit(1 if differences else 0)


if __name__ == "__main__":
    main()
