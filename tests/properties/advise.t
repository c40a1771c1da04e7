#!/usr/bin/env python3
"""What `weigh advise` prints is confirmed: asked again with `weigh fit` and `weigh train`, it says the same.

Cards x models x questions. Of every answer: each number of cards fits with the reserve and the next smaller does not; the
largest batch fits and one more does not; each trade-off's, remedy's and optimizer's bytes are those of its command; steps
begin where the one before ended, and the last one stands where it fits; parts add up to totals.

    tests/properties/advise.t [SEED [COMBINATIONS]]
"""
import json
import os
import pathlib
import random
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
WEIGH = os.environ.get("WEIGH") or str(ROOT / "build/weigh")
MODELS = ["7B", "Qwen/Qwen3-8B", "mistralai/Mixtral-8x7B-v0.1", "deepseek-ai/DeepSeek-V3", "56B with 14B active",
          "Qwen/Qwen3-0.6B", "CNN 25M"]
CARDS = [[], ["--gpu", "RTX 4060 Ti 16GB"], ["--gpu", "RTX 4090"], ["--gpu", "A100 SXM4 40GB"],
         ["--gpu", "H100 SXM5 80GB", "--gpus", "8"], ["--gpu", "MI300X"], ["--gpu-memory", "12GiB"],
         ["--gpu-memory", "1GiB", "--gpus", "2"]]
OTHERS = [[], ["--batch", "4", "--sequence", "4096"], ["--context", "32k", "--sequences", "8"], ["--mode", "lora"],
          ["--mode", "dpo", "--batch", "2"], ["--mode", "grpo"], ["--optimizer", "sgd"], ["--precision", "fp32"],
          ["--checkpointing", "--mode", "qlora4", "--batch", "16"], ["--zero", "2"], ["--rank", "64", "--mode", "lora"]]
RESERVES = [[], [], ["--reserve", "0"], ["--reserve", "35"]]
asked = {}


def run(words):
    """Exit status and answer; each question once."""
    key = tuple(words)
    if key not in asked:
        done = subprocess.run([WEIGH, *words, "--format", "json"], capture_output=True, text=True, cwd=ROOT, timeout=120)
        asked[key] = done.returncode, json.loads(done.stdout or done.stderr)
    return asked[key]


def bytes_of(words):
    status, answer = run(words)
    if "error" in answer:
        return status, None
    if words[0] == "train":
        return status, answer["total_bytes"]
    return status, max(d["bytes"] for d in answer["per_device"])


def same(what, words, bytes_, status=None):
    got, found = bytes_of(words)
    if status is not None and got != status:
        yield f"{what}: ends with {got} instead of {status}: weigh {' '.join(words)}"
    if found != bytes_:
        yield f"{what}: {bytes_} bytes, asked again {found}: weigh {' '.join(words)}"


def cards(what, row):
    if row["gpus"] is None:
        return
    yield from same(f"{what}, {row['gpus']} x {row['gpu']}", row["confirm"], row["device_bytes"], 0)
    if "fewer" in row and bytes_of(row["fewer"])[0] == 0:
        yield f"{what}: fewer than {row['gpus']} fit: weigh {' '.join(row['fewer'])}"


def one_more(words):
    """The same question with one more sequence."""
    name = "--batch" if words[0] == "train" else "--sequences"
    out = list(words)
    if name in out:
        at = out.index(name) + 1
        out[at] = str(int(out[at]) + 1)
        return out
    return out + [name, "2"]


def scenario(row, reserve):
    if not row["available"]:
        if not row["reason"]:
            yield f"{row['name']}: no reason"
        return
    name = row["name"]
    yield from same(name, row["confirm"], row["total_bytes"])
    if sum(row["components"].values()) != row["total_bytes"]:
        yield f"{name}: components do not add up"
    if row["with_reserve_bytes"] != -(-row["total_bytes"] * (100 + reserve) // 100):
        yield f"{name}: the reserve is not on top"
    for card in row["cards"]:
        yield from cards(name, card)
    largest = row.get("largest_batch", {})
    if largest.get("batch"):
        if bytes_of(largest["confirm"])[0] != 0:
            yield f"{name}: {largest['batch']} at once do not fit"
        if bytes_of(one_more(largest["confirm"]))[0] == 0:
            yield f"{name}: more than {largest['batch']} at once fit: {one_more(largest['confirm'])}"


def remedies(advice):
    out = advice["out_of_memory"]
    steps = out["steps"]
    at = out.get("as_asked_bytes")
    for number, step in enumerate(steps):
        if step["before_bytes"] != at or step["after_bytes"] != at - step["saved_bytes"]:
            yield f"{step['remedy']}: does not begin where the one before ended"
        at = step["after_bytes"]
        if step["state"] == "helps":
            wanted = None if "gpu" not in advice else 0 if step["fits"] else 3
            yield from same(step["remedy"], step["confirm"], step["after_bytes"], wanted)
        if step.get("fits") and number + 1 < len(steps):
            yield f"{step['remedy']}: fits, and is not the last"
    if "card" in out:
        yield from cards("after all remedies", out["card"])


def faults_of(words):
    status, advice = run(["advise", *words])
    if "error" in advice or status:
        return [f"ends with {status}: {advice.get('error')}"]
    out = []
    for row in advice["scenarios"]:
        out += scenario(row, advice["reserve_percent"])
    for row in advice["tradeoffs"]:
        out += same(row["measure"], row["confirm_before"], row["before_total_bytes"])
        out += same(row["measure"], row["confirm_after"], row["after_total_bytes"])
        if row["saved_bytes"] != row["before_bytes"] - row["after_bytes"]:
            out.append(f"{row['measure']}: saved is not the difference")
    out += remedies(advice)
    for row in advice["optimizers"]:
        out += same(row["optimizer"], row["confirm"], row["total_bytes"])
    for row in advice["slow"]:
        out += same(row["advice"], row["confirm"], row["total_bytes"])
    return out


def main():
    chance = random.Random(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 14
    for number in range(1, count + 1):
        words = [MODELS[number % len(MODELS)]] + CARDS[number % len(CARDS)]
        words += chance.choice(OTHERS) + chance.choice(RESERVES)
        faults = faults_of(words)
        print(f"{'not ' if faults else ''}ok {number} - weigh advise {' '.join(words)}", flush=True)
        for fault in faults[:12]:
            print(f"# {fault}")
    print(f"1..{count}")


main()
