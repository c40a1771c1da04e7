#!/usr/bin/env python3
"""Sentences that engines were seen to print (models/measured-logs.tsv of the truth folder) are recognised, each with the
figure and the quantity that the list says.

Logs made of the same list (logs.py) are compared with what is predicted for them, and most figures lie inside. Those that
do not are in serving-todo.tsv with their reason, or the list quotes them in part.

A quote is such a sentence when it holds the row's value behind "=" or ":" and before its unit; others are remarks."""
import csv
import json
import os
import re
import subprocess
import sys

import logs

# how the list calls what a log's figure is
QUANTITIES = [("weights_buffer_", "weights_buffer"), ("compute_buffer_", "compute_buffer"), ("kv_cache_total", "kv_cache"),
              ("model_file_tensors", "model_file"), ("gpu_kv_cache_size", "kv_cache_tokens"), ("kv_buffer", "kv_buffer"),
              ("kv_cache_tokens", "kv_cache_tokens")]


LEAST = 0.75  # of the compared figures


def quantity_of(name):
    return next((ours for theirs, ours in QUANTITIES if name.startswith(theirs)), None)


def sentences(path):
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            value = re.escape(row["value"]) if "." in row["value"] else ",?".join(row["value"])
            if re.search(rf"[=:]\s+{value} {re.escape(row['unit'])}\b", row["quote_or_note"]):
                yield row


def main():
    folder = os.environ.get("WEIGH_TRUTH_DIR", "")
    path = os.path.join(folder, "models", "measured-logs.tsv")
    if not folder or not os.path.isfile(path):
        print("1..0 # SKIP WEIGH_TRUTH_DIR is not set or has no models/measured-logs.tsv")
        return
    rows = list(sentences(path))
    log = "".join(row["quote_or_note"] + "\n" for row in rows)
    command = [os.environ.get("WEIGH", "build/weigh"), "check", "--log", "-", "-f", "json"]
    found = {}
    for fact in json.loads(subprocess.run(command, input=log, capture_output=True, encoding="utf-8").stdout)["facts"]:
        number = fact["printed"].split()[0].replace(",", "")
        found.setdefault(fact["line"], set()).add((fact["quantity"], number))
    wrong = [(number, row) for number, row in enumerate(rows, 1)
             if (quantity_of(row["quantity"]), row["value"]) not in found.get(number, set())]
    tally, named, runs, failed, skipped = logs.measure(path)
    inside = sum(count for key, count in tally.items() if key[2])
    most = not failed and named >= 50 and inside >= LEAST * sum(tally.values())
    print("1..2")
    print(f"{'not ok' if wrong or len(rows) < 100 else 'ok'} 1 - {len(rows) - len(wrong)} of {len(rows)} quoted sentences recognised")
    for number, row in wrong[:20]:
        print(f"# {row['engine']}, {row['quantity']}: {row['quote_or_note']} gave {sorted(found.get(number, set()))}")
    print(f"{'ok' if most else 'not ok'} 2 - {inside} of {sum(tally.values())} figures of {named} runs with a known model inside"
          f" their interval; not predicted: {dict(skipped)}")
    for model, why in failed:
        print(f"# {model}: {why}")
    sys.exit(1 if wrong or not most else 0)


main()
