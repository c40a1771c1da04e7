#!/usr/bin/env python3
"""A sweep says of each point what the single question says: `weigh memory` and `weigh speed` with the same values.

Sweeps share what is built between points; random points of random sweeps are asked again alone.

    tests/properties/sweep.t [SEED]
"""
import json
import os
import pathlib
import random
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
WEIGH = os.environ.get("WEIGH") or str(ROOT / "build/weigh")
MODELS = ["Qwen/Qwen3-8B", "deepseek-ai/DeepSeek-V3", "google/gemma-2-9b-it", "Qwen/Qwen3-Next-80B-A3B-Instruct",
          "google/mt5-small", "state-spaces/mamba-130m-hf", "tests/configs/tiny-llama.json"]
ENGINES = ["generic", "vllm", "vllm@2025", "sglang", "transformers", "tensorrt-llm"]
CARDS = ["H100 SXM5 80GB", "RTX 4090", "2xRTX 3090,RTX 4090"]
VARIABLES = {
    "context": ["100", "1000", "2047", "4k", "32k", "1..4096:x16", "1k..5k:+2k"],
    "sequences": ["1", "3", "64", "1..256:x4"],
    "prompt": ["16", "900", "3000"],
    "output": ["1", "500"],
    "kv-dtype": ["fp8", "bf16"],
    "quant": ["int4", "int8"],
    "tp": ["1", "2", "3", "8"],
    "pp": ["1", "2"],
    "gpu": CARDS,
    "engine": ENGINES,
    "shared-prefix": ["0", "100"],
    "mix": ["8x4096,1x32k", "3x100"],
    "mtp": ["false", "true"],
    "set:num_hidden_layers": ["2", "5"],
}
FIGURES = ("weights", "kv_cache", "state")


def run(*words):
    done = subprocess.run([WEIGH, *words, "--format", "json"], capture_output=True, text=True, cwd=ROOT, timeout=120)
    return json.loads(done.stdout or done.stderr)


def alone(command, model, given, point, names, *more):
    words = []
    for name in names:
        value = point[name]
        if name.startswith("set:"):
            words += ["--set", f"{name[4:]}={value}"]
        elif isinstance(value, bool):
            words += [f"--{name}"] if value else []
        else:
            words += [f"--{name}", str(value)]
    return run(command, model, *given, *words, *more)


def memory_differs(point, answer):
    if "error" in answer or "error" in point:
        single = answer.get("error", {}).get("code")
        swept = point.get("error", {}).get("code")
        if swept == "speed_lengths" and not single:
            return  # memory does not mind; see speed_differs
        if single != swept:
            yield f"error {swept}, alone {single}"
        return
    device = answer["per_device"][answer["worst_device"]]
    parts = {c["name"]: c["bytes"] for c in device["components"]}
    wanted = {"device_bytes": device["bytes"], "low_bytes": device["low_bytes"], "high_bytes": device["high_bytes"],
              "total_bytes": answer["total_bytes"], "budget_bytes": device.get("budget_bytes"), "fits": answer.get("fits"),
              "max_context": answer.get("max_context"), "max_sequences": answer.get("max_sequences")}
    wanted.update((name + "_bytes", parts[name]) for name in FIGURES)
    for pool in ("vllm", "sglang", "tensorrt_llm"):
        if pool in answer and answer[pool].get("kv_cache_tokens"):
            wanted["kv_cache_tokens"] = answer[pool]["kv_cache_tokens"]
    for key, value in wanted.items():
        if point[key] != value:
            yield f"{key} {point[key]}, alone {value}"


def speed_differs(point, answer):
    if "error" in answer or "error" in point:
        single = answer.get("error", {}).get("code")
        swept = point.get("error", {}).get("code")
        if single != swept and single == "speed_lengths":
            yield f"error {swept}, alone {single}"
        return
    for key in ("time_to_first_token_s", "tokens_per_second_per_sequence", "tokens_per_second"):
        for end, of in (("", "best"), ("_low", "low"), ("_high", "high")):
            value = answer[key][of] if answer.get(key) else None
            if point[key + end] != value:
                yield f"{key}{end} {point[key + end]}, alone {value}"


def sweep(chance):
    model = chance.choice(MODELS)
    names = chance.sample(sorted(VARIABLES), chance.randint(1, 3))
    if chance.random() < 0.7 and "context" not in names:
        names.append("context")
    given = [] if "gpu" in names or chance.random() < 0.2 else ["--gpu", CARDS[0]]
    given += [] if "engine" in names else ["--engine", chance.choice(ENGINES)]
    vary = []
    for name in names:
        values = chance.sample(VARIABLES[name], chance.randint(1, min(4, len(VARIABLES[name]))))
        vary += ["--vary", f"{name}={('|' if name in ('gpu', 'mix') else ',').join(values)}"]
    speed = ["--speed"] if any(w in ("--gpu", "gpu") for w in given + names) else []
    return model, names, given, vary, speed


def main():
    chance, number = random.Random(int(sys.argv[1]) if len(sys.argv) > 1 else 7), 0
    for _ in range(24):
        model, names, given, vary, speed = sweep(chance)
        points = run("sweep", model, *given, *vary, "--reach", *speed)["points"]
        found = []
        for point in chance.sample(points, min(4, len(points))):
            for fault in memory_differs(point, alone("memory", model, given, point, names)):
                found.append(f"{ {n: point[n] for n in names} }: {fault}")
            if speed and "mix" not in names:
                for fault in speed_differs(point, alone("speed", model, given, point, names)):
                    found.append(f"{ {n: point[n] for n in names} }: {fault}")
        number += 1
        print("not ok" if found else "ok", number, "-", model, *given, *vary)
        for fault in found:
            print("#  ", fault)
    print(f"1..{number}")


main()
