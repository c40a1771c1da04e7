#!/usr/bin/env python3
"""docs/reference/json.md: every member of every answer is explained in the section of its report, or where it is explained for all
reports; and what the section of a report explains, some answer has."""
import os
import pathlib
import re
import sys

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/lib"))
import answers

# Explained, and in no answer here: it takes another machine, or a failure.
RARE = {"check": None, "local": None, "batch": None, "memory": {"sglang"}}
number = 0


def point(faults, name):
    global number
    number += 1
    print(("not " if faults else "") + f"ok {number} - {name}")
    for fault in faults:
        print(f"# {fault}")


def sections():
    """What each section explains, by the reports in its heading; what stands before the first report is of all."""
    text = (ROOT / "docs/reference/json.md").read_text("utf-8")
    common, *parts = re.split(r"^## (?=[a-z])(.*)\n", text, flags=re.M)
    words = lambda part: set(re.findall(r"`([a-z]\w*)(?:\.\w+)?`", part))
    members = lambda part: {w for line in re.findall(r"^\| (`.*?) \|", part, re.M) for w in re.findall(r"`([a-z]\w*)`", line)}
    known, told = {}, {}
    for heads, body in zip(parts[::2], parts[1::2]):
        for report in heads.split(", "):
            known[report], told[report] = words(body), members(body)
    return words(common), known, told


common, known, told = sections()
strange, failed, seen = {}, [], {}
for line, answer in answers.answers(os.environ.get("WEIGH", ROOT / "build/weigh")):
    if isinstance(answer, str):
        failed.append(answer)
        continue
    report = answer["report"]
    for path, name, _ in answers.paths(answer):
        seen.setdefault(report, set()).add(name)
        if name != "*" and name not in common and name not in known.get(report, ()):
            strange.setdefault(report, {}).setdefault(path, line)
point(failed, "every question is answered")
point(sorted(set(seen) - set(known)), "every report has its section")
for report in sorted(seen):
    point([f"{path}   ({line})" for path, line in strange.get(report, {}).items()], f"{report}: every member is explained")
alike = {"fit": "memory", "memory": "fit", "methods": "method", "method": "methods"}
for report in sorted(told):
    if report in RARE and RARE[report] is None or report not in seen:
        continue
    there = seen[report] | seen.get(alike.get(report), set())
    point(sorted(told[report] - there - (RARE.get(report) or set())), f"{report}: what is explained is there")
print(f"1..{number}")
