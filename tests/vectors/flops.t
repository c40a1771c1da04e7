#!/usr/bin/env python3
"""FLOPs of random configurations against what torch's counter counted in the reference library (tests/oracle/flops.py).
`flops.t REGEX`: of these model types only."""
import collections
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
WEIGH = os.environ.get("WEIGH") or str(HERE.parent.parent / "build/weigh")
PHASES = {"forward": "forward", "decode": "decode", "forward_backward": "train"}


def rows():
    """The rows of the table, each with its configuration."""
    lines = [l for l in (HERE / "flops.tsv").read_text("utf-8").splitlines() if not l.startswith("#")]
    names, config = lines[0].split("\t"), None
    for line in lines[1:]:
        row = dict(zip(names, line.split("\t")))
        config = row["config"] if row["config"] != "=" else config
        if re.search("".join(sys.argv[1:]), row["model_type"]):
            yield dict(row, config=config)


def fault(row):
    command = [WEIGH, "flops", "-", "--format", "json", "--phase", PHASES[row["phase"]], "--batch", row["batch"],
               "--prompt", row["seq"]]
    if row["phase"] == "decode":
        command += ["--depth", row["kv_len"], "--prompt", str(max(int(row["kv_len"]), 1))]
    done = subprocess.run(command, input=row["config"], capture_output=True, text=True, timeout=60)
    if done.returncode:
        return done.stderr.strip()[:300]
    answer = json.loads(done.stdout)
    products = answer["matmul_flops"] + answer["attention_flops"]
    if products != int(row["products"]):
        return f"products {products}, recorded {row['products']}"
    if row["phase"] != "forward_backward" and answer["convolution_flops"] != int(row["convolution"]):
        return f"convolutions {answer['convolution_flops']}, recorded {row['convolution']}"
    return None


def known():
    """Types, or single passes of one, whose count differs for a reason that docs/corrections.md tells."""
    lines = (HERE / "flops-explained.tsv").read_text("utf-8").splitlines()
    return dict(line.split("\t", 1) for line in lines[1:] if line)


def main():
    every, explained = list(rows()), known()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        found = list(pool.map(fault, every))
    types = collections.OrderedDict()
    for row, said in zip(every, found):
        types.setdefault(row["model_type"], []).append((row, said))
    print(f"1..{len(types)}", flush=True)
    for number, (name, results) in enumerate(types.items(), 1):
        bad = [(row, said) for row, said in results if said]
        ok = name in explained or all(f"{name} {r['phase']} {r['batch']} x {r['seq']}" in explained for r, _ in bad)
        print(f"{'ok' if ok else 'not ok'} {number} - {name} computes what the reference library does ({len(results)} passes)",
              flush=True)
        for row, said in bad:
            print(f"# {row['class']} {row['phase']} {row['batch']} x {row['seq']} depth {row['kv_len']}: {said}", flush=True)


if __name__ == "__main__":
    main()
