"""Times what fifty rules add to a whole audit.

  python bench/fifty_rules.py --program build/release/plumbline --log FOLDER
      [--rounds 3] [--threads 2]

FOLDER is a large log, as plumbline_generate makes it. The same audit runs with
the fifty rules of fifty_rules.textproto and with a pack that has none; both are
whole processes, in alternating rounds, with the measure `hours` alone, so that
what is there without rules is the replay: files read, rows checked and stored,
timelines made and walked once, and a report. The shares are of the least of each
side, of the wall clock and of the processor. Exit code 1 if a rule could not run
or was asked of nobody.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from compare_duckdb import Run

HERE = Path(__file__).resolve().parent
RULES = HERE / "fifty_rules.textproto"


def without_rules(folder):
    """A file with the head of the pack and one clause that no log can test."""
    head = RULES.read_text(encoding="utf-8").split("\nrules {", 1)[0]
    path = folder / "no_rules.textproto"
    path.write_text(head + """
untestable { id: "U" clause: "c" clause_zh: "c" source: "s" why: "w" why_zh: "w"
  settled_by: "s" settled_by_zh: "s" }
""", encoding="utf-8")
    return path


def check(out):
    """All fifty rules ran, each on some worker or task."""
    result = json.loads((out / "findings.json").read_text(encoding="utf-8"))
    idle = [one["test"] for one in result["coverage"]
            if one["test"].startswith("R") and not one["runnable"]]
    asked = {one["ruleId"] for one in result["findings"]
             if one["verdict"] != "NOT_APPLICABLE"}
    missing = [f"R{n}" for n in range(1, 51) if f"R{n}" not in asked]
    if idle or missing:
        sys.exit(f"not asked: {idle + missing}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        packs = {"without": without_rules(folder), "fifty": RULES}
        runs = {name: [] for name in packs}
        for _ in range(options.rounds):
            for name, pack in packs.items():
                runs[name].append(Run(
                    [options.program, "audit", options.log, "--threads", str(options.threads),
                     "--quiet", "--only", "hours", "--rules", pack, "--out", folder / name]))
        check(folder / "fifty")
    print("| rules | wall s | processor s | MiB |\n|---|---|---|---|")
    least = {}
    for name, made in runs.items():
        least[name] = [min(run.wall for run in made), min(run.processor for run in made)]
        print(f"| {name} | {least[name][0]:.2f} | {least[name][1]:.2f} "
              f"| {max(run.mebibytes for run in made):.0f} |")
    for place, what in enumerate(("wall clock", "processor")):
        base = least["without"][place]
        print(f"added, {what}: {least['fifty'][place] - base:.2f} s, "
              f"{(least['fifty'][place] / base - 1):.0%} of the audit without rules")


if __name__ == "__main__":
    main()
