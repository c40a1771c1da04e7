#!/usr/bin/env python3
"""Compares the command with recorded lists of the reference library, for random configurations (see tests/oracle).
`vectors.t REGEX`: of these model types only."""
import collections
import hashlib
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
WEIGH = os.environ.get("WEIGH") or str(HERE.parent.parent / "build/weigh")


def elements(shape):
    n = 1
    for part in [] if shape == "scalar" else shape.split("x"):
        n *= int(part)
    return n


def listed(path):
    """name → (shape, kind), or what the command said."""
    done = subprocess.run([WEIGH, "tensors", path, "-f", "tsv"], capture_output=True, text=True, timeout=60)
    if done.returncode:
        return None, done.stderr.strip().split("\n")[0]
    lines = [l for l in done.stdout.split("\n") if l and not l.startswith("# ")]
    head = lines[0].lstrip("#").split("\t")
    name, shape, kind = (head.index(n) for n in ("name", "shape", "kind"))
    return {c[name]: (c[shape], c[kind]) for c in (l.split("\t") for l in lines[1:])}, None


def digest(rows, basis):
    if basis == "names":
        lines = sorted(f"{n}\t{s}\t{k}".encode() for n, (s, k) in rows.items())
    else:
        lines = sorted(f"{s}\t{k.partition(':')[0]}".encode() for s, k in rows.values())
    return hashlib.sha256(b"\n".join(lines)).hexdigest()


def fault(row, folder):
    path = str(pathlib.Path(folder) / "config.json")
    pathlib.Path(path).write_text(row["config"], encoding="utf-8")
    rows, said = listed(path)
    if rows is None:
        return said
    params = [s for s, k in rows.values() if k == "param"]
    total = sum(map(elements, params))
    if total != int(row["total"]):
        return f"{total} parameters instead of {row['total']}"
    if row["basis"] != "totals" and len(params) != int(row["tensors"]):
        return f"{len(params)} tensors instead of {row['tensors']}"
    if row["basis"] != "totals" and digest(rows, row["basis"]) != row["digest"]:
        return f"another list of {row['basis']}"
    return None


def main():
    lines = [l for l in (HERE / "params.tsv").read_text("utf-8").splitlines() if not l.startswith("#")]
    types = collections.OrderedDict()
    for line in lines[1:]:
        row = dict(zip(lines[0].split("\t"), line.split("\t")))
        if re.search("".join(sys.argv[1:]), row["model_type"]):
            types.setdefault(row["model_type"], []).append(row)
    print(f"1..{len(types)}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, rows) in enumerate(types.items(), 1):
            faults = [(row["seed"], fault(row, folder)) for row in rows]
            bad = [(seed, said) for seed, said in faults if said]
            print(f"{'not ok' if bad else 'ok'} {number} - {name} as the reference library builds it", flush=True)
            for seed, said in bad:
                print(f"# seed {seed}: {said}", flush=True)


if __name__ == "__main__":
    main()
