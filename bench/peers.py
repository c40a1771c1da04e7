#!/usr/bin/env python3
"""weigh beside what one would have used: one run on one machine, whole processes, written to docs/benchmarks.md.

    PEERS_PYTHON=/path/to/python SERVING_PYTHON=/path/to/python bench/peers.py

PEERS_PYTHON has torch, transformers and accelerate; SERVING_PYTHON what bench/peers-serving.txt lists (pip install -r).
Needs `make` and the target `benches`.

Peers: `transformers` building the model on the meta device from the same config.json and counting its parameters, and
what `accelerate estimate-memory` does after it has fetched that file (its own functions on an empty model).
"""
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

import peers_serving

ROOT = pathlib.Path(__file__).resolve().parent.parent
WEIGH = os.environ.get("WEIGH", str(ROOT / "build/weigh"))
PEERS = os.environ.get("PEERS_PYTHON", "")
SERVING = os.environ.get("SERVING_PYTHON", "")
BUILD = pathlib.Path(os.environ.get("WEIGH_BUILD", str(ROOT / "build")))
MODELS = ["Qwen/Qwen3-8B", "deepseek-ai/DeepSeek-V3"]

META = """
import sys, torch
from transformers import AutoConfig, AutoModelForCausalLM
config = AutoConfig.from_pretrained(sys.argv[1])
with torch.device("meta"):
    model = AutoModelForCausalLM.from_config(config)
print(sum(p.numel() for p in model.parameters()))
"""
ACCELERATE = """
import sys
from accelerate import init_empty_weights
from accelerate.utils import calculate_maximum_sizes
from transformers import AutoConfig, AutoModel
config = AutoConfig.from_pretrained(sys.argv[1])
with init_empty_weights():
    model = AutoModel.from_config(config)
print(calculate_maximum_sizes(model)[0])
"""


def timed(argv, runs, warm=1):
    walls, answer = [], ""
    for i in range(runs + warm):
        start = time.perf_counter()
        done = subprocess.run(argv, capture_output=True, text=True)
        wall = time.perf_counter() - start
        if done.returncode not in (0, 3):
            return None, done.stderr.strip().splitlines()[-1:] or ["failed"]
        if i >= warm:
            walls.append(wall)
            answer = done.stdout
    return statistics.median(walls), answer


def peak_mib(argv):
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    code = "import resource,subprocess,sys;subprocess.run(sys.argv[1:],stdout=subprocess.DEVNULL);" \
           "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    out = subprocess.run([sys.executable, "-S", "-c", code, *argv], capture_output=True, text=True)
    return int(out.stdout) / 1024 if out.stdout.strip() else before / 1024


def main():
    if not PEERS or not SERVING:
        print("PEERS_PYTHON and SERVING_PYTHON are not both set: peers are not run", file=sys.stderr)
        return
    lines = ["# Benchmarks", "", "Written by `PEERS_PYTHON=… SERVING_PYTHON=… bench/peers.py`: one run on one machine, medians.",
             "Ratios are what carries over; times are of a shared two-core machine "
             f"(load {os.getloadavg()[0]:.1f} when it began).", "",
             "| question | weigh | transformers, meta device | accelerate's estimate | ratio | ratio |", "|---|--:|--:|--:|--:|--:|"]
    with tempfile.TemporaryDirectory() as folder:
        for name in MODELS:
            config = pathlib.Path(folder) / name.replace("/", "_")
            config.mkdir()
            catalogue = (ROOT / "data/catalogue/models.tsv").read_text("utf-8").splitlines()
            facts = next(l for l in catalogue if l.startswith(name + "\t")).split("\t")[6]
            (config / "config.json").write_text(facts)
            own, answer = timed([WEIGH, "params", str(config), "-f", "json"], 40)
            total = json.loads(answer)["total_parameters"]
            meta, meta_answer = timed([PEERS, "-c", META, str(config)], 3)
            accelerate, _ = timed([PEERS, "-c", ACCELERATE, str(config)], 3)
            say = lambda t: f"{t:.1f} s" if t else "fails"
            ratio = lambda t: f"{t / own:,.0f}×" if t else "–"
            lines.append(f"| parameters of {name} ({total:,}) | {own * 1e3:.1f} ms | {say(meta)} | {say(accelerate)} | "
                         f"{ratio(meta)} | {ratio(accelerate)} |")
            if meta:
                assert int(meta_answer.split()[-1]) == total, (meta_answer, total)
        wall, _ = timed([WEIGH, "tensors", "deepseek-ai/DeepSeek-V3", "-f", "tsv"], 20)
        lines += ["", "| weigh alone | |", "|---|--:|",
                  f"| full tensor list of DeepSeek-V3 (45,000 tensors), cold | {wall * 1e3:.1f} ms |",
                  f"| peak memory of that | {peak_mib([WEIGH, 'tensors', 'deepseek-ai/DeepSeek-V3', '-f', 'tsv']):.1f} MiB |"]
        start, _ = timed([WEIGH, "--version"], 40)
        lines.append(f"| `weigh --version` (start-up) | {start * 1e3:.1f} ms |")
        totals = BUILD / "bench/bench_totals"
        if totals.exists():
            for line in subprocess.run([totals], capture_output=True, text=True).stdout.splitlines():
                model, time_taken = line.split("\t")
                lines.append(f"| total after one changed field, {model}, in process | {time_taken} |")
        flops = totals.with_name("bench_flops")
        if flops.exists():
            for line in subprocess.run([flops], capture_output=True, text=True).stdout.splitlines():
                model, phase, rate = line.split("\t")
                lines.append(f"| FLOPs and traffic of a {phase} pass at other lengths, {model}, one core | {rate} |")
    lines += peers_serving.section(WEIGH, BUILD, PEERS, SERVING)
    (ROOT / "docs/benchmarks.md").write_text("\n".join(lines) + "\n", "utf-8")
    print("\n".join(lines))


main()
