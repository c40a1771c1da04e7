#!/usr/bin/env python3
"""What `weigh design` prints is confirmed: asked again with `weigh fit` and the same options, it fits and keeps the reserve.

Random cards, precisions, contexts, engines. Of every design: each published model (those alike too) and each proposal
fits on its own; a proposal's configuration, read back, has the total that was printed; the next larger step of the grid
does not fit; where nothing fits, the changes that are named do make the smallest fit.

    tests/properties/design.t [SEED [COMBINATIONS]]
"""
import fractions
import json
import os
import pathlib
import random
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
WEIGH = os.environ.get("WEIGH") or str(ROOT / "build/weigh")
CARDS = [["--gpu", "RTX 4090"], ["--gpu", "RTX 3060 12GB"], ["--gpu", "H100 SXM5 80GB"], ["--gpu", "L4"],
         ["--gpu", "RTX 4090", "--gpus", "2"], ["--gpu", "A100 SXM4 80GB", "--gpus", "4"], ["--gpu", "M3 Max 36GB"],
         ["--gpu", "MI300X"], ["--gpu-memory", "6GiB"], ["--gpu-memory", "1GiB"],
         ["--gpu", "RTX 3090", "--gpu-memory", "10GiB"], ["--gpu", "H100 SXM5 80GB", "--gpus", "8"]]
WEIGHTS = [[], ["--quant", "int4"], ["--quant", "int8"], ["--dtype", "bf16"], ["--quant", "nf4"],
           ["--quant", "fp8", "--kv-dtype", "fp8"]]
LENGTHS = [[], ["--context", "8k"], ["--context", "32k"], ["--context", "2k", "--sequences", "16"],
           ["--context", "128k"], ["--context", "1k", "--sequences", "100000"],
           ["--prompt", "1000", "--output", "500", "--sequences", "4"]]
ENGINES = [[], [], ["--engine", "vllm"], ["--engine", "sglang"], ["--engine", "transformers"],
           ["--engine", "tensorrt-llm"], ["--engine", "llama.cpp"]]
RESERVES = [[], ["--reserve", "20%"], ["--reserve", "0.05"], ["--reserve", "1/3"], ["--reserve", "0"]]
OTHERS = [[], [], [], ["--sort", "context"], ["--family", "qwen3"], ["--family", "mistral"], ["--vocab-size", "32000"],
          ["--family", "phi3"], ["--family", "qwen2"]]
SPEED = [[], [], [], ["--tokens-per-second", "60"]]
MONEY = [[], [], [], [], ["--usd-per-hour", "0.5"], ["--usd-per-hour", "6"]]
OWN = ("--reserve", "--sort", "--family", "--vocab-size", "--top", "--usd-per-hour", "--tokens-per-second")


def run(*words, text=None):
    done = subprocess.run([WEIGH, *words, "--format", "json"], capture_output=True, text=True, cwd=ROOT, timeout=300,
                          input=text)
    return done.returncode, json.loads(done.stdout or done.stderr)


def keeps(answer, reserve):
    """The fullest device keeps the reserve free."""
    usable = answer["gpu"]["usable_bytes"]
    return all(d["bytes"] <= usable - reserve * usable for d in answer["per_device"])


def differs(name, row, asked, reserve, text=None):
    status, answer = run("fit", name, *asked, text=text)
    if status != 0:
        return f"{name}: weigh fit ends with {status}: {answer.get('error', answer.get('fits'))}"
    if not keeps(answer, reserve):
        return f"{name}: the reserve is not kept"
    worst = max(d["bytes"] for d in answer["per_device"])
    return None if worst == row["device_bytes"] else f"{name}: {row['device_bytes']} bytes, weigh fit says {worst}"


def proposal_differs(row, asked, reserve):
    config = json.dumps(row["config"])
    status, params = run("params", "-", text=config)
    total = params.get("total_parameters")
    if status or total != row["total_parameters"]:
        return f"{row['role']}: {row['total_parameters']} parameters, read back {total}"
    if params["unused_fields"]:
        return f"{row['role']}: unused {params['unused_fields']}"
    return differs("-", row, asked, reserve, text=config)


def next_differs(design, asked, reserve):
    row = design.get("next")
    if not row:
        return None
    if design["proposals"] and row["total_parameters"] <= design["proposals"][0]["total_parameters"]:
        return "the next step is no larger"
    if row["verdict"] == "too_slow":
        return None if row["total_parameters"] else "no figures"
    status, answer = run("fit", "-", *asked, text=json.dumps(row["config"]))
    return "the next larger step fits" if status == 0 and keeps(answer, reserve) else None


def nearest_differs(design, asked, reserve):
    near = design.get("nearest", {})
    name = near.get("smallest", {}).get("name")
    if not name:
        return None
    status, answer = run("fit", name, *asked)
    if status == 0 and keeps(answer, reserve):
        return f"{name} does fit"
    memory = ["--gpu-memory", str(near["least_usable_bytes"])]
    if near["least_usable_bytes"]:
        status, answer = run("fit", name, *[w for i, w in enumerate(asked) if "--gpu-memory" not in asked[max(0, i - 1):i + 1]],
                             *memory)
        if status or not keeps(answer, reserve):
            return f"{name} does not fit with {memory}"
    for change in near["changes"]:
        option = change.split() if change.startswith("--") else ["-o", change]
        status, answer = run("fit", name, *asked, *option)
        if status or not keeps(answer, reserve):
            return f"{name} does not fit with {change}"
    return None


def faults_of(words):
    status, design = run("design", *words)
    if "error" in design:  # a question that no model answers is refused as weigh fit refuses it
        asked = [w for i, w in enumerate(words) if w not in OWN and (not i or words[i - 1] not in OWN)]
        answer = run("fit", "Qwen/Qwen3-8B", *asked)
        same = answer[0] == status and answer[1].get("error", {}).get("code") == design["error"]["code"]
        return [] if same else [f"{design['error']}"]
    found = design["published"] + design["proposals"]
    if (status == 0) != bool(found) or status not in (0, 3):
        return [f"status {status} with {len(found)} rows"]
    reserve = fractions.Fraction(str(design["machine"]["reserve"])).limit_denominator(1000)
    asked = [w for i, w in enumerate(words) if w not in OWN and (not i or words[i - 1] not in OWN)]
    if "--usd-per-hour" in words:
        asked += ["--gpu", design["machine"]["gpu"], "--gpus", str(design["machine"]["gpus"])]
        if design["machine"]["usd_per_hour"] > float(words[words.index("--usd-per-hour") + 1]):
            return ["the machine is dearer than that"]
    if "--tokens-per-second" in words:
        least = float(words[words.index("--tokens-per-second") + 1])
        slow = [row for row in found if row["tokens_per_second_per_sequence"]["best"] < least]
        if slow:
            return [f"{len(slow)} rows are too slow"]
    for option in design["engine"]["options"]:
        asked += ["-o", option]
    out = []
    for row in design["published"]:
        out += [differs(name, row, asked, reserve) for name in [row["name"], *row["alike"]][:2]]
    out += [proposal_differs(row, asked, reserve) for row in design["proposals"]]
    out += [next_differs(design, asked, reserve), nearest_differs(design, asked, reserve)]
    return [fault for fault in out if fault]


def main():
    chance = random.Random(int(sys.argv[1]) if len(sys.argv) > 1 else 6)
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 40
    for number in range(1, count + 1):
        cards = CARDS[number % len(CARDS)]
        money = chance.choice(MONEY)
        speed = chance.choice(SPEED) if "--gpu" in cards or money else []
        words = (money or cards) + speed + sum((chance.choice(some) for some in (WEIGHTS, LENGTHS, ENGINES, RESERVES, OTHERS)),
                                         [])
        if "llama.cpp" in words and "--quant" in words:  # its own file types
            words[words.index("--quant") + 1] = "q4_k_m"
        if "llama.cpp" in words and "--kv-dtype" in words:
            words[words.index("--kv-dtype") + 1] = "q8_0"
        words += ["--top", "3"]
        faults = faults_of(words)
        print(f"{'not ' if faults else ''}ok {number} - weigh design {' '.join(words)}", flush=True)
        for fault in faults:
            print(f"# {fault}")
    print(f"1..{count}")


main()
