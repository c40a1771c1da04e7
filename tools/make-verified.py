#!/usr/bin/env python3
"""Writes data/catalogue/verified.tsv: on how many configurations each model type's whole tensor list equals the
reference library's, published and made-up apart. Runs tests/truth/truth.py.

    WEIGH_TRUTH_DIR=DIR tools/make-verified.py
"""
import collections
import csv
import re
import subprocess
import sys

# Our own vectors of the oracle (tests/vectors), which every clone tests.
own = collections.Counter()
with open("tests/vectors/params.tsv", encoding="utf-8", newline="") as f:
    lines = [line for line in f if not line.startswith("#")]
    for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
        own[row["model_type"]] += 1
counts = {name: [0, n] for name, n in own.items()}
done = subprocess.run(["tests/truth/truth.py", "--summary"], capture_output=True, text=True)
for line in done.stdout.splitlines():
    found = re.match(r"(?:ok|FAIL)\s+(\S+)\s+(?:params (\d+)/\d+)?\s*(?:variations (\d+)/\d+)?", line)
    if not found:
        continue
    count = counts.setdefault(found[1], [0, 0])
    count[0] += int(found[2] or 0)
    count[1] += int(found[3] or 0)
rows = [f"{name}\t{p}\t{m}" for name, (p, m) in counts.items() if p or m]
if not done.stdout.strip():
    sys.exit("nothing was verified; is WEIGH_TRUTH_DIR set?")
with open("data/catalogue/verified.tsv", "w", encoding="utf-8") as f:
    f.write("# Configurations whose whole tensor list equals the reference library's. Written by tools/make-verified.py.\n")
    f.write("model_type\tpublished\tmade_up\n" + "\n".join(sorted(rows)) + "\n")
print(f"{len(rows)} model types")
