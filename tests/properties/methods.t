#!/usr/bin/env python3
"""Causes add up to the deviation, for every method that applies and every configuration: those of the catalogue, and all of
the truth folder where it lies (WEIGH_TRUTH_DIR)."""
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import zlib

HERE = pathlib.Path(__file__).resolve().parent
WEIGH = os.environ.get("WEIGH") or str(HERE.parent.parent / "build/weigh")
# Training is asked about one of so many; ALL=1 asks about all.
SHARE = 4
TRUTH = os.environ.get("WEIGH_TRUTH_DIR")


def names():
    table = HERE.parent.parent / "data/catalogue/models.tsv"
    rows = [l.split("\t") for l in table.read_text("utf-8").splitlines() if l and not l.startswith("#")]
    return [row[rows[0].index("name")] for row in rows[1:]]


def sum_of(values):
    from fractions import Fraction
    return sum((Fraction(str(v)) for v in values), Fraction(0))


def ask(model, *words):
    """The answer with decimals as they are written; None for a model that is refused everywhere."""
    command = [WEIGH, words[0], model, "-f", "json", *words[1:]]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    if done.returncode == 2 and TRUTH and model.startswith(TRUTH):
        return None
    if done.returncode:
        raise ValueError(f"{model}: status {done.returncode} {done.stderr.strip()[:200]}")
    return json.loads(done.stdout, parse_float=str)


def fault(model):
    try:
        serving = ask(model, "compare-methods", "--context", "8192", "--sequences", "2")
        return serving and (causes_fault(model, serving) or (trains(model) and training_fault(model)))
    except ValueError as error:
        return str(error)


def trains(model):
    return bool(os.environ.get("ALL")) or zlib.crc32(model.encode()) % SHARE == 0


def training_fault(model):
    """Causes add up for every mode too; parts sum to the total; a rank of a sharded run never holds more of what trains."""
    last = None
    for stage in "0123":
        answer = ask(model, "train", "--gpus", "8", "--zero", stage)
        if answer is None:
            return f"{model}: serving answers, training does not"
        for mode in answer["modes"]:
            parts = [c["bytes"] for c in mode["components"] if c["on"] == "device"]
            if sum(parts) != mode["total_bytes"] or not mode["low_bytes"] <= mode["total_bytes"] <= mode["high_bytes"]:
                return f"{model}: {mode['mode']} --zero {stage}: parts are not the total"
        found = causes_fault(model, answer)
        if found:
            return found
        held = {m["mode"]: sum(c["bytes"] for c in m["components"] if c["name"] in STATE) for m in answer["modes"]}
        for mode in held:
            # a tensor cut into parts is rounded up in each
            if last and held[mode] > last[mode] * 1.02 + 4096 * 1024:
                return f"{model}: {mode} --zero {stage} holds more than the stage before"
        last = held
    return None


STATE = ("weights", "gradients", "master", "optimizer")


def causes_fault(model, answer):
    for row in answer["methods"]:
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
    print(f"{'not ok' if faults else 'ok'} 1 - causes add up in {len(asked)} configurations, serving and training")
    for line in faults[:20]:
        print(f"# {line}")
    print("1..1")
    return bool(faults)


sys.exit(main())
