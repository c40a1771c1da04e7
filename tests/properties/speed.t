#!/usr/bin/env python3
"""What must hold of every estimate of speed.

- The numbers that stand beside a time come to it; rates are what they are made from.
- Low, best and high are in order; the time is the sum of its sides.
- On every card known here there is an answer: figures, or a sentence about what is not known.
- More ranks of tensor parallelism never hold more each; a pipeline alone does not make one sequence faster.

    tests/properties/speed.t [-v]
"""
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
WEIGH = os.environ.get("WEIGH") or str(ROOT / "build/weigh")
MODELS = ["Qwen/Qwen3-8B", "deepseek-ai/DeepSeek-V3", "google/gemma-3-4b-it", "openai/gpt-oss-20b",
          "mistralai/Mixtral-8x7B-v0.1", "openai-community/gpt2", "state-spaces/mamba-130m-hf", "google/mt5-small",
          "albert/albert-base-v1", "tests/configs/tiny-llama.json"]
TIMES = (("time_to_first_token_s", "prompt_pass"), ("time_per_output_token_s", "step"))
RATES = ("tokens_per_second_per_sequence", "tokens_per_second", "prompt_tokens_per_second")
SIDES = ("compute_s", "memory_s", "link_s", "overhead_s")


def run(*words):
    done = subprocess.run([WEIGH, *words, "--format", "json"], capture_output=True, text=True, cwd=ROOT, timeout=120)
    if done.returncode:
        raise RuntimeError(done.stderr.strip())
    return json.loads(done.stdout)


def ask(model, gpu="H100 SXM5 80GB", **options):
    return run("speed", model, "--gpu", gpu, *(w for k, v in options.items() for w in ("--" + k, str(v))))


def near(a, b, tolerance=1e-6):
    return abs(a - b) <= tolerance * max(abs(a), abs(b))


def times_come_about(answer):
    for key, passed in TIMES:
        time = answer[key]
        if time is None:
            continue
        value = eval(time["numbers"], {"__builtins__": {}, "max": max})  # digits, + * / and max alone
        if not near(value, time["best"]):
            yield f"{key}: {time['numbers']} is {value}, not {time['best']}"
        if answer["pp"] == 1:
            for reading in ("low", "best", "high"):
                if not near(sum(answer[passed][side][reading] for side in SIDES), time[reading], 1e-5):
                    yield f"{key}: sides do not add up to its {reading}"
    for key in RATES + tuple(key for key, _ in TIMES):
        figure = answer[key]
        if figure and not figure["low"] <= figure["best"] <= figure["high"]:
            yield f"{key}: {figure} is not in order"
    step = answer["time_per_output_token_s"]
    if step and not near(answer["tokens_per_second"]["best"] * step["best"], answer["sequences"], 1e-5):
        yield "tokens per second is not sequences over the time of a step"


def sound(model):
    for options in ({}, {"prompt": 300, "output": 77, "sequences": 9}, {"tp": 2, "sequences": 4}, {"pp": 2, "tp": 2},
                    {"dtype": "fp8", "kv-dtype": "fp8", "context": 2000}):
        for fault in times_come_about(ask(model, **options)):
            yield f"{options}: {fault}"


def ranks_share(model):
    held = [sum(w["weight_bytes"] for w in ask(model, tp=tp)["step"]["work"]) for tp in (1, 2, 4)]
    if not held[0] >= held[1] >= held[2]:
        yield f"ranks hold {held}"
    one, two = (ask(model, pp=pp)["time_per_output_token_s"] for pp in (1, 2))
    if one and two["best"] < one["best"]:
        yield f"two stages take {two['best']} s, one takes {one['best']} s"


def cards():
    for card in run("gpus")["gpus"]:
        answer = ask("Qwen/Qwen3-8B", gpu=card["name"])
        missing = [key for key in RATES if answer[key] is None]
        if bool(missing) != bool(answer["unknown"]):
            yield f"{card['name']}: {missing} without a figure, not known: {answer['unknown']}"
        yield from (f"{card['name']}: {fault}" for fault in times_come_about(answer))


def points():
    for model in MODELS:
        yield f"{model}: times come about as they say", lambda model=model: sound(model)
        yield f"{model}: ranks and stages", lambda model=model: ranks_share(model)
    yield "every card has an answer", cards


count = 0
for name, check in points():
    count += 1
    try:
        faults = list(check())
    except Exception as e:
        faults = [f"{type(e).__name__}: {e}"]
    print(f"{'not ok' if faults else 'ok'} {count} - {name}")
    for fault in faults[:5]:
        print("# " + fault)
print(f"1..{count}")
sys.exit(0)
