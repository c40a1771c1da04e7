#!/usr/bin/env python3
"""Every figure that `weigh memory --explain` shows is what its own derivation comes to, and what `weigh memory` says.

Of several models on several engines, layouts and formats: device_bytes, each component, budget, pool, fraction and limits. The
evaluator is derivation.t's.

    tests/derivation/memory.t [-v] [NAME...]     only these models
"""
import importlib.machinery
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

HERE = pathlib.Path(__file__).resolve().parent
loader = importlib.machinery.SourceFileLoader("derivation", str(HERE / "derivation.t"))
sys.dont_write_bytecode = True
derivation = importlib.util.module_from_spec(importlib.util.spec_from_loader("derivation", loader))
loader.exec_module(derivation)
exact, node_faults, reachable, WEIGH = derivation.exact, derivation.node_faults, derivation.reachable, derivation.WEIGH

MODELS = ["tests/configs/tiny-llama.json", "tests/configs/tiny-deepseek.json", "tests/configs/tiny-mamba.json",
          "tests/configs/tiny-t5.json", "Qwen/Qwen3-8B", "deepseek-ai/DeepSeek-V3", "google/gemma-3-4b-it",
          "openai/gpt-oss-20b", "Qwen/Qwen3-Next-80B-A3B-Instruct"]
QUESTIONS = [
    ("--gpu", "H100 SXM5 80GB"),
    ("--gpu", "H100 SXM5 80GB", "--context", "30000", "--sequences", "7", "--loras", "2", "--shared-prefix", "100"),
    ("--gpu", "A100 SXM4 80GB", "--tp", "4", "--pp", "2", "--kv-dtype", "fp8", "--quant", "int4", "--context", "777"),
    ("--gpu", "RTX 4090", "--dp", "2", "--tp", "3", "--expert-parallel", "--quant", "nf4", "--output", "100"),
]
ENGINES = ("generic", "transformers", "vllm@2025", "vllm", "vllm@2026-new", "sglang", "tensorrt-llm", "llama.cpp")
SPECIAL = [("transformers", ("--attn-implementation", "eager")), ("vllm", ("--cpu-offload-gb", "1")),
           ("vllm", ("--kv-cache-memory-bytes", "4.25GiB")), ("generic", ("--gpu-layers", "2")),
           ("sglang", ("--mem-fraction-static", "0.7"))]


LIMITS = ("max_context", "max_sequences", "kv_bytes_per_token", "fixed_bytes_per_sequence")


def ask(model, options):
    return subprocess.run([WEIGH, "memory", model, "-f", "json", *options], capture_output=True, text=True, timeout=60,
                          cwd=HERE.parents[1])


def explained(model, options, quantity, counts):
    """(value, faults)"""
    run = ask(model, [*options, "--explain", quantity])
    if run.returncode:
        return None, [run.stderr[:300]]
    report = json.loads(run.stdout)
    nodes, found = {n["id"]: n for n in report["nodes"]}, []
    for node in report["nodes"]:
        counts["nodes"] += 1
        found += node_faults(node, nodes, counts)
    if len(reachable(nodes, report["root"])) != len(nodes):
        found.append("nodes that no formula reads")
    return exact(nodes[report["root"]]["value"]), found


def faults(model):
    counts = dict.fromkeys(("formula", "not plain", "no number", "ambiguous", "nodes"), 0)
    found = []
    for engine, more in [(e, o) for e in ENGINES for o in QUESTIONS] + SPECIAL:
        options = ["--engine", engine, *more] + ([] if "--gpu" in more else ["--gpu", "H100 SXM5 80GB"])
        run = ask(model, options)
        if engine == "llama.cpp" and "llama_" in run.stderr or "serving_layout" in run.stderr:
            continue      # what it does not do
        if run.returncode:
            found.append(f"{' '.join(options)}: {run.stderr[:300]}")
            continue
        answer = json.loads(run.stdout)
        device = answer["per_device"][answer["worst_device"]]
        wanted = {c["name"]: c["bytes"] for c in device["components"]}
        wanted.update(device_bytes=device["bytes"], budget=device["budget_bytes"])
        wanted.update({name: answer[name] for name in LIMITS})
        pool = next((answer[k] for k in ("vllm", "sglang", "tensorrt_llm") if k in answer), {})
        wanted.update(pool=pool["kv_cache_bytes"] if pool else None, fraction=pool.get("mem_fraction_static"))
        for quantity, bytes_ in wanted.items():
            if bytes_ is None:
                continue
            value, wrong = explained(model, options, quantity, counts)
            found += [f"{' '.join(options)} {quantity}: {w}" for w in wrong]
            if value is not None and value != exact(bytes_) and abs(value - exact(bytes_)) > 1e-12:
                found.append(f"{' '.join(options)}: {quantity} is {bytes_}, explained {value}")
    return found, counts


def main():
    verbose, only = "-v" in sys.argv, [a for a in sys.argv[1:] if a != "-v"]
    models, total = only or MODELS, {}
    print(f"1..{len(models)}", flush=True)
    with ThreadPoolExecutor(2) as pool:
        for number, (model, (found, counts)) in enumerate(zip(models, pool.map(faults, models)), 1):
            print("not ok" if found else "ok", number, "-", f"memory of {model} explains itself", flush=True)
            for fault in found if verbose else found[:5]:
                print("#  ", fault)
            if len(found) > 5 and not verbose:
                print(f"#   and {len(found) - 5} more")
            for key, count in counts.items():
                total[key] = total.get(key, 0) + count
    print(f"# {total['nodes']} nodes; {total['formula']} formulas evaluated with their children's values, "
          f"{total['not plain']} hold conditions or lists; {total['no number']} values are no numbers")


if __name__ == "__main__":
    main()
