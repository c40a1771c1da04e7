#!/usr/bin/env python3
"""What must hold of every model's FLOPs, whatever they are.

- They are linear in the batch; products with weights are affine in the tokens.
- Rows by operation, layer and group add up to the total, in FLOPs and in bytes.
- Decode summed over depths 0 … N − 1 has the attention of a prefill that counts only unmasked pairs (full attention).
- Backward is train less forward; checkpointing adds at most one forward; freezing everything but the head leaves less.
- Unmasked pairs are never more than all; logits of the last position never cost more than all.

    tests/properties/flops.t [-v] [NAME...]
"""
import json
import os
import pathlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

ROOT = pathlib.Path(__file__).resolve().parents[2]
WEIGH = os.environ.get("WEIGH") or str(ROOT / "build/weigh")
KINDS = ("matmul_flops", "attention_flops", "convolution_flops", "other_flops")
BYTES = ("weight_bytes", "read_bytes", "written_bytes")
MODELS = ["Qwen/Qwen3-8B", "deepseek-ai/DeepSeek-V3", "google/gemma-3-4b-it", "openai/gpt-oss-20b", "tiiuae/falcon-40b",
          "mistralai/Mixtral-8x7B-v0.1", "openai-community/gpt2", "state-spaces/mamba-130m-hf", "google/mt5-small",
          "tests/configs/tiny-llama.json", "tests/configs/tiny-deepseek.json", "tests/configs/tiny-mamba.json",
          "tests/configs/tiny-t5.json"]


def ask(model, **options):
    command = [WEIGH, "flops", model, "--format", "json"]
    for key, value in options.items():
        command += ["--" + key.replace("_", "-")] + ([] if value is True else [str(value)])
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=120)
    if done.returncode:
        raise RuntimeError(done.stderr.strip())
    return json.loads(done.stdout)


def linear_in_batch(model):
    for phase in ("forward", "decode", "train"):
        one, three = (ask(model, phase=phase, batch=b, prompt=33, depth=50) for b in (1, 3))
        for kind in KINDS + ("read_bytes",):
            # weights' own elementwise work (Gemma's 1 + w) happens once a pass
            if kind != "other_flops" and three[kind] != 3 * one[kind]:
                yield f"{phase}: {kind} {three[kind]} is not 3 × {one[kind]}"


def affine_in_tokens(model):
    a, b, c = (ask(model, prompt=n)["matmul_flops"] for n in (256, 512, 768))
    if c - b != b - a:
        yield f"products with weights: {a}, {b}, {c}"


def rows_add_up(model):
    for phase in ("forward", "decode", "step"):
        for by, rows in (("operation", "operations"), ("layer", "layers"), ("group", "groups")):
            answer = ask(model, phase=phase, by=by, prompt=17, depth=40)
            for key in KINDS + BYTES + ("total_flops", "total_bytes"):
                found = sum(row[key] for row in answer[rows])
                if found != answer[key] and abs(found - answer[key]) > 1e-9 * answer[key]:
                    yield f"{phase} by {by}: {key} {found} instead of {answer[key]}"


def decode_adds_up_to_prefill(model):
    if not any(word in model for word in ("Qwen3", "gpt2", "falcon", "Mixtral", "tiny-llama")):
        return      # recurrences, windows and latents keep other things
    whole = ask(model, phase="prefill", prompt=9, pairs="unmasked")
    steps = sum(ask(model, phase="decode", depth=d)["attention_flops"] for d in range(9))
    if steps != whole["attention_flops"]:
        yield f"attention of 9 steps {steps}, of a prefill {whole['attention_flops']}"


def phases_fit(model):
    forward, backward, train, again, sdpa = (ask(model, prompt=64, **o) for o in (
        {"phase": "forward"}, {"phase": "backward"}, {"phase": "train"}, {"phase": "train", "checkpointing": True},
        {"phase": "train", "attention": "sdpa"}))
    if forward["total_flops"] + backward["total_flops"] != train["total_flops"]:
        yield "forward and backward are not train"
    if not train["total_flops"] < again["total_flops"] <= train["total_flops"] + forward["total_flops"]:
        yield "checkpointing"
    if sdpa["matmul_flops"] != train["matmul_flops"] or sdpa["total_flops"] < train["total_flops"]:
        yield "fused attention"


def less_is_less(model):
    every, some = ask(model, prompt=64), ask(model, prompt=64, pairs="unmasked")
    last = ask(model, prompt=64, logits="last")
    if some["attention_flops"] > every["attention_flops"] or some["matmul_flops"] != every["matmul_flops"]:
        yield "unmasked pairs"
    if last["total_flops"] > every["total_flops"]:
        yield "last logits"
    frozen = ask(model, prompt=64, phase="train", freeze="embedding")
    if frozen["total_flops"] > ask(model, prompt=64, phase="train")["total_flops"]:
        yield "frozen embedding"


CHECKS = (linear_in_batch, affine_in_tokens, rows_add_up, decode_adds_up_to_prefill, phases_fit, less_is_less)


def faults(model):
    try:
        return [f"{check.__name__}: {fault}" for check in CHECKS for fault in check(model)]
    except RuntimeError as error:
        return [str(error)]


def main():
    models = [a for a in sys.argv[1:] if a != "-v"] or MODELS
    print(f"1..{len(models)}", flush=True)
    with ThreadPoolExecutor(2) as pool:
        for number, (model, found) in enumerate(zip(models, pool.map(faults, models)), 1):
            print(f"{'not ok' if found else 'ok'} {number} - FLOPs of {model} fit together", flush=True)
            for fault in found:
                print(f"# {fault}", flush=True)


if __name__ == "__main__":
    main()
