#!/usr/bin/env python3
"""A batch of configurations: those of $WEIGH_TRUTH_DIR/models, else the catalogue's names. Once, cold, and thirty questions about each,
as fast as the command answers them from start to end.

    WEIGH=build/weigh bench/batch.py
"""
import json
import os
import pathlib
import subprocess
import tempfile
import time

WEIGH = os.environ.get("WEIGH", "build/weigh")
ENV = {**os.environ, "WEIGH_REGISTRY": ""}


def names():
    truth = os.environ.get("WEIGH_TRUTH_DIR")
    files = sorted(map(str, pathlib.Path(truth, "models").glob("**/config.json"))) if truth else []
    if files:
        return files
    table = pathlib.Path(__file__).resolve().parents[1] / "data/catalogue/models.tsv"
    return [row.split("\t")[0] for row in table.read_text().splitlines() if not row.startswith(("#", "name\t"))]


def fastest(lines):
    with tempfile.NamedTemporaryFile("w", suffix=".ndjson") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        best = float("inf")
        for _ in range(5):
            began = time.perf_counter()
            subprocess.run([WEIGH, "batch", file.name], stdout=subprocess.DEVNULL, env=ENV)
            best = min(best, time.perf_counter() - began)
    return best


def line(command, model, **more):
    return json.dumps({"command": command, "model": model, **more})


models = names()
contexts = [1024 * n for n in range(1, 31)]
for what, lines in (
        ("each once, cold", [line("params", m) for m in models]),
        ("parameters of each, thirty times over", [line("params", m, id=i) for i in range(30) for m in models]),
        ("memory of each at thirty contexts", [line("memory", m, context=c) for m in models for c in contexts])):
    seconds = fastest(lines)
    print(f"{what:40} {len(lines):6} answers  {seconds:7.3f} s  {len(lines) / seconds:10,.0f}/s")
