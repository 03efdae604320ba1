"""tidy.py BUILD JOBS: clang-tidy over the sources whose names come in, a line each.

A file that was found clean is not checked again while its text with everything
it includes, the checks and the tool stay what they were: BUILD/tidy keeps a
digest of those for each clean file, so a run that was broken off goes on where
it was. Ends with 1 where a file has a finding or no place in the build.
"""

import concurrent.futures
import hashlib
import json
import pathlib
import re
import shlex
import subprocess
import sys

COMPILER = "clang++-14"
TIDY = "clang-tidy-14"
COUNT_LINE = re.compile(r"^\d+ warnings? .*generated.*\n", re.MULTILINE)


def compile_arguments(build):
    """What each file is compiled with, without compiler, output and file."""
    arguments = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        words = shlex.split(entry["command"])
        while words and not words[0].startswith("-"):
            words.pop(0)  # The compiler and what launches it.
        output = words.index("-o")
        del words[output : output + 2]
        compiled = words.index("-c")
        del words[compiled : compiled + 2]
        name = pathlib.Path(entry["directory"], entry["file"]).resolve()
        arguments[name] = (entry["directory"], words)
    return arguments


def digest_of(path, directory, words, tool):
    # Comments stay, for NOLINT is one.
    text = subprocess.run(
        [COMPILER, *words, "-E", "-C", str(path)],
        cwd=directory, capture_output=True, check=False)
    return hashlib.sha256(tool + text.stdout + text.stderr).hexdigest()


def check(name, build, arguments, tool):
    """The findings in a file, "" where there are none; whether it was clean already."""
    path = pathlib.Path(name).resolve()
    if path not in arguments:
        return f"{name}: the build does not know this file\n", False
    digest = digest_of(path, *arguments[path], tool)
    stamp = build / "tidy" / name
    if stamp.exists() and stamp.read_text() == digest:
        return "", True
    done = subprocess.run(
        [TIDY, "-p", str(build), "--quiet", name],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        findings = COUNT_LINE.sub("", done.stdout)
        return findings or f"{name}: {TIDY} ended with {done.returncode}\n", False
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(digest)
    return "", False


def main():
    build, jobs = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    names = sys.stdin.read().split()
    tool = subprocess.run(
        [TIDY, "--version"], capture_output=True, check=True).stdout
    tool += pathlib.Path(".clang-tidy").read_bytes()
    arguments = compile_arguments(build)
    known = faulty = 0
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        found = pool.map(lambda name: check(name, build, arguments, tool), names)
        for name, (findings, clean_already) in zip(names, found):
            known += clean_already
            faulty += findings != ""
            print(findings, end="", flush=True)
    print(f"{len(names)} files seen, {known} of them clean already, {faulty} with findings")
    return 1 if faulty or not names else 0


if __name__ == "__main__":
    sys.exit(main())
