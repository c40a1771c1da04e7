#!/usr/bin/env python3
"""Every figure that `weigh train --explain` shows is what its own derivation comes to, and what `weigh train` says.

Of several models in every mode, with shardings, optimizers and precisions: the totals with all components below them, each
component alone, parameters and the budget. The evaluator is derivation.t's.

    tests/derivation/train.t [-v] [NAME...]     only these models
"""
import importlib.machinery
import importlib.util
import json
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
          "tests/configs/tiny-t5.json", "Qwen/Qwen3-8B", "google/gemma-3-4b-it", "openai/gpt-oss-20b"]
MODES = ("full", "lora", "qlora8", "qlora4", "prefix", "grpo", "dpo", "pretrain")
QUESTIONS = [
    ("--gpu", "H100 SXM5 80GB"),
    ("--gpu-memory", "24GiB", "--gpus", "8", "--zero", "3", "--optimizer", "adamw_8bit", "--batch", "3", "--sequence", "777"),
    ("--gpus", "4", "--sharding", "fsdp", "--precision", "fp32", "--checkpointing", "--generations", "3"),
    ("--gpus", "1", "--zero", "2", "--optimizer", "adafactor", "--reference"),
    ("--gpus", "3", "--zero", "1", "--sharding-option", "offload_optimizer=true", "--optimizer", "sgd"),
]
METHODS = [("Qwen/Qwen3-8B", "full"), ("Qwen/Qwen3-8B", "lora")]


def ask(model, options):
    return subprocess.run([WEIGH, "train", model, "-f", "json", *options], capture_output=True, text=True, timeout=60,
                          cwd=HERE.parents[1])


def explained(model, options, quantity, counts):
    """(root, faults)"""
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
    return nodes[report["root"]], found


def compared(model, options, quantity, bytes_, counts, known=None):
    root, found = explained(model, options, quantity, counts)
    if root is None:
        return found
    if exact(root["value"]) != exact(bytes_):
        found.append(f"is {bytes_}, explained {root['value']}")
    if known and (root.get("basis"), root.get("low"), root.get("high")) != known:
        found.append(f"{known} in the answer, {root.get('basis')} {root.get('low')} {root.get('high')} explained")
    return found


def faults(model):
    counts = dict.fromkeys(("formula", "not plain", "no number", "ambiguous", "nodes"), 0)
    found, answers = [], 0
    for mode, more in [(m, o) for m in MODES for o in QUESTIONS]:
        options = ["--mode", mode, *more]
        run = ask(model, options)
        if not run.stdout.startswith("{"):
            continue      # refused: which modes a model has is others' test
        answer, answers = json.loads(run.stdout), answers + 1
        wanted = {c["name"]: (c["bytes"], (c["basis"], c["low_bytes"], c["high_bytes"])) for c in answer["components"]}
        if more is not QUESTIONS[0]:
            wanted = {}       # below the totals
        wanted |= {name: (answer[name], None) for name in ("total_bytes", "host_bytes", "trainable_parameters",
                                                           "total_parameters", "budget_bytes") if name in answer}
        for name, (bytes_, known) in wanted.items():
            found += [f"{' '.join(options)} {name}: {f}" for f in compared(model, options, name, bytes_, counts, known)]
    if answers < 10:
        found.append(f"only {answers} answers")
    for name, mode in METHODS:
        for method in answering(name, mode) if name == model else ():
            options = ["--mode", mode, "--method", method]
            total = json.loads(ask(model, options).stdout)["total_bytes"]
            found += [f"{' '.join(options)}: {f}" for f in compared(model, options, "total_bytes", total, counts)]
    return found, counts


def answering(model, mode):
    answer = json.loads(ask(model, ["--mode", mode]).stdout)
    return sorted({row["method"] for row in answer["methods"]})


def main():
    verbose, only = "-v" in sys.argv, [a for a in sys.argv[1:] if a != "-v"]
    models, total = only or MODELS, {}
    print(f"1..{len(models)}", flush=True)
    with ThreadPoolExecutor(2) as pool:
        for number, (model, (found, counts)) in enumerate(zip(models, pool.map(faults, models)), 1):
            print("not ok" if found else "ok", number, "-", f"training of {model} explains itself", flush=True)
            for fault in found if verbose else found[:8]:
                print("#  ", fault)
            if len(found) > 8 and not verbose:
                print(f"#   and {len(found) - 8} more")
            for key, count in counts.items():
                total[key] = total.get(key, 0) + count
    print(f"# {total['nodes']} nodes; {total['formula']} formulas evaluated with their children's values, "
          f"{total['not plain']} hold conditions or lists; {total['no number']} values are no numbers")


if __name__ == "__main__":
    main()
