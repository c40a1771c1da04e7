#!/usr/bin/env python3
"""Causes add up to the deviation, for every method that applies and every configuration: those of the catalogue, and all of
the truth folder where it lies (WEIGH_TRUTH_DIR)."""
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
WEIGH = os.environ.get("WEIGH") or str(HERE.parent.parent / "build/weigh")
TRUTH = os.environ.get("WEIGH_TRUTH_DIR")


def names():
    table = HERE.parent.parent / "data/catalogue/models.tsv"
    rows = [l.split("\t") for l in table.read_text("utf-8").splitlines() if l and not l.startswith("#")]
    return [row[rows[0].index("name")] for row in rows[1:]]


def sum_of(values):
    from fractions import Fraction
    return sum((Fraction(str(v)) for v in values), Fraction(0))


def fault(model):
    command = [WEIGH, "compare-methods", model, "-f", "json", "--context", "8192", "--sequences", "2"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    if done.returncode == 2 and TRUTH and model.startswith(TRUTH):
        return None  # no model that is described: refused everywhere
    if done.returncode:
        return f"{model}: status {done.returncode} {done.stderr.strip()[:200]}"
    for row in json.loads(done.stdout, parse_float=str)["methods"]:
        left = sum_of(c["amount"] for c in row["causes"]) - sum_of([row["difference"]])
        room = abs(sum_of([row["figure"]])) / 10**12 + 1  # decimals are printed with so many digits
        if abs(left) > room:
            return f"{model}: {row['method']} {row['function']} {row['question']}: causes are {float(left)} off"
        if abs(sum_of([row["figure"]]) - sum_of([row["exact"]]) - sum_of([row["difference"]])) > room:
            return f"{model}: {row['method']} {row['question']}: the difference is none"
    return None


def main():
    asked = names()
    if TRUTH:
        asked += [str(p) for p in sorted(pathlib.Path(TRUTH).glob("models/**/config.json"))]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        faults = [f for f in pool.map(fault, asked) if f]
    print(f"{'not ok' if faults else 'ok'} 1 - causes add up in {len(asked)} configurations")
    for line in faults[:20]:
        print(f"# {line}")
    print("1..1")
    return bool(faults)


sys.exit(main())
