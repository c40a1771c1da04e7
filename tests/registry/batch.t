#!/usr/bin/env python3
"""weigh batch: order, threads, and answers that are those of the command line. With WEIGH_TRUTH_DIR also how many a second."""
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import time

WEIGH = os.environ.get("WEIGH", "build/weigh")
os.environ["WEIGH_REGISTRY"] = ""
count = failed = 0


def point(good, name, said=""):
    global count, failed
    count += 1
    failed += not good
    print(f"{'ok' if good else 'not ok'} {count} - {name}", flush=True)
    if not good and said:
        print("# " + str(said)[:3000].replace("\n", "\n# "))


def batch(lines, *words):
    done = subprocess.run([WEIGH, "batch", *words], input="".join(f"{l}\n" for l in lines), capture_output=True, text=True)
    return [json.loads(timeless(l)) for l in done.stdout.splitlines()]


def timeless(text):
    return re.sub(r'"seconds": ?[0-9.e-]+', '"seconds":0', text)


names = subprocess.run([WEIGH, "complete", ""], capture_output=True, text=True).stdout.split()
random.seed(5)
some = [random.choice(names) for _ in range(400)] + ["none of them"] * 3
random.shuffle(some)
one, four = batch(some, "-j", "1"), batch(some, "-j", "4")
point([a.get("model", "none of them") for a in one] == some, "answers come in the order of the questions")
point(one == four, "and are the same on one thread and on four")

# ---- the command line's answers ----
COMMANDS = {
    "params": [[], ["per-layer"], ["method", "config"]],
    "flops": [["phase", "decode", "batch", "3", "depth", "700"], ["by", "layer"], []],
    "memory": [["context", "16k", "sequences", "4"], ["gpu", "H100 SXM5 80GB", "engine", "vllm"], ["quant", "int4"]],
    "fit": [["gpu", "RTX 4090", "context", "8k"], ["gpu", "H100 SXM5 80GB", "tp", "2", "quant", "int8"]],
    "speed": [["gpu", "H100 SXM5 80GB"]],
    "train": [["batch", "2", "sequence", "512"], ["mode", "lora", "rank", "8", "gpu", "RTX 4090"]],
    "tensors": [["compact"], ["filter", "norm"]],
    "explain": [[]],
    "compare-methods": [[]],
}
FLAGS = {"per-layer", "compact"}
questions = []
for _ in range(45):
    command = random.choice(list(COMMANDS))
    questions.append((command, random.choice(names), random.choice(COMMANDS[command])))
lines, alone = [], []
for command, model, options in questions:
    asked, words, at = {"command": command, "model": model}, [command, model, "-f", "json"], 0
    while at < len(options):
        flag = options[at] in FLAGS
        asked[options[at]] = True if flag else options[at + 1]
        words += [f"--{options[at]}"] + ([] if flag else [options[at + 1]])
        at += 1 if flag else 2
    lines.append(json.dumps(asked))
    done = subprocess.run([WEIGH, *words], capture_output=True, text=True)
    alone.append(json.loads(timeless(done.stdout or done.stderr)))
different = []
for line, got, wanted in zip(lines * 2, batch(lines * 2, "-j", "1"), alone * 2):
    got.pop("line", None)
    if got != wanted:
        different.append(f"{line}: {[k for k in wanted if got.get(k) != wanted[k]]} {got.get('error')}")
point(not different, f"{len(lines)} questions get the command line's answers, also when a model was asked before",
      "\n".join(different))
shuffled = [json.dumps({**json.loads(l), "model": names[0]}) for l in lines]
apart = [batch([l], "-j", "1")[0] for l in shuffled]
together = batch(shuffled, "-j", "1")
for answer in apart + together:
    answer.pop("line", None)
point(apart == together, "many questions about one model, which is kept, do not touch each other",
      [l for l, a, b in zip(shuffled, apart, together) if a != b][:5])

# ---- streams ----
with subprocess.Popen([WEIGH, "batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
    said = []
    for name in names[:3]:
        child.stdin.write(name + "\n")
        child.stdin.flush()
        said.append(json.loads(child.stdout.readline()).get("model"))
    child.stdin.close()
point(said == names[:3], "an answer comes before the next question is asked")
done = subprocess.run(f"yes {names[0]} | timeout 20 {WEIGH} batch | head -n 3 | wc -l", shell=True, capture_output=True, text=True)
point(done.stdout.strip() == "3", "it ends when nobody reads on", done.stdout + done.stderr)

# ---- how many a second, for the record ----
truth = os.environ.get("WEIGH_TRUTH_DIR")
configs = sorted(map(str, pathlib.Path(truth, "models").rglob("config.json"))) if truth else names
for rounds in (1, 40):
    began = time.time()
    answers = batch(configs * rounds)
    took = time.time() - began
    good = sum("error" not in a for a in answers)
    point(len(answers) == len(configs) * rounds, f"{len(answers)} answers, {good} of them figures")
    print(f"# {len(answers) / took:.0f} answers a second, reading them in Python included")
print(f"1..{count}")
sys.exit(failed > 0)
