#!/usr/bin/env python3
"""weigh batch: order, threads, and answers that are those of the command line. With WEIGH_TRUTH_DIR also how many a second."""
import contextlib
import json
import os
import pathlib
import pty
import random
import re
import shlex
import subprocess
import sys
import tempfile
import time

WEIGH = str(pathlib.Path(os.environ.get("WEIGH", "build/weigh")).resolve())
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

# ---- a model that is still open ----
kept = [m for m in ("openai/gpt-oss-20b", "deepseek-ai/DeepSeek-V3", "Qwen/Qwen3-8B", "Qwen/Qwen2.5-VL-7B-Instruct") if m in names]
asked = [{"command": c, "model": m, "id": i} for m in kept for c in ("params", "memory", "fit") for i in range(3)]
answers = [{k: v for k, v in a.items() if k != "id"} for a in batch(map(json.dumps, asked), "-j", "1")]
point(len(kept) > 1 and all(answers[i] == answers[i - i % 3] for i in range(len(asked))),
      "what was found once about a model is answered again, warnings included")

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
done = subprocess.run(f"yes {names[0]} | timeout 20 {shlex.quote(WEIGH)} batch | head -n 3 | wc -l", shell=True, capture_output=True, text=True)
point(done.stdout.strip() == "3", "it ends when nobody reads on", done.stdout + done.stderr)

with tempfile.TemporaryDirectory() as scratch, subprocess.Popen([WEIGH, "batch", "-j", "1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
    said = []
    text = (pathlib.Path(__file__).resolve().parents[2] / "tests/configs/tiny-llama.json").read_text("utf-8")
    for name, first, then in (("good", text, "{"), ("bad", "{", text)):
        file = pathlib.Path(scratch, name + ".json")
        for context, content in ((1024, first), (2048, then)):
            file.write_text(content)
            child.stdin.write(json.dumps({"command": "memory", "model": str(file), "context": context}) + "\n")
            child.stdin.flush()
            said.append(json.loads(child.stdout.readline()).get("error", {}).get("code"))
    child.stdin.close()
point(said == [None, None, "json_syntax", "json_syntax"], "a file is opened once in a batch, and refused once", said)

# ---- configurations in the questions, folders ----
ROOT = pathlib.Path(__file__).resolve().parents[2]
texts = {p.stem: p.read_text("utf-8") for p in sorted((ROOT / "tests/configs").glob("tiny-*.json"))}
lines, alone = [], []
for text in texts.values():
    config = json.loads(text)
    done = subprocess.run([WEIGH, "params", "-", "-f", "json"], input=text, capture_output=True, text=True)
    for asked in ({"config": config}, {"id": 1, "config": text}, {"command": "params", "config": config, "set": []}):
        lines.append(json.dumps(asked))
        alone.append(json.loads(done.stdout)["total_parameters"] if done.returncode == 0 else json.loads(done.stderr)["error"]["code"])
answers = batch(lines + lines[::-1], "-j", "2")
point([a.get("total_parameters") or a["error"]["code"] for a in answers] == alone + alone[::-1],
      f"{len(lines)} configurations in their questions, as objects and as texts, get the command line's answers")
tiny = json.loads(texts["tiny-llama"])
got = batch([json.dumps({"config": {**tiny, "num_hidden_layers": n, "note": 'a "} quote, \\" [', "deep": [[{"a": [{}]}]]}, "command": "params"}) for n in (1, 2, 3)])
point(len({a["total_parameters"] for a in got}) == 3, "configurations that differ are not taken for each other", got)
bad = batch([names[0], '{"config": 7}', '{"config": [1]}', '{"config": {}, "command": "gpus"}', '{"config": "[1]"}', "{" * 50, names[1]])
point([("error" in a, a.get("line", 0)) for a in bad] == [(False, 0)] + [(True, n) for n in range(2, 7)] + [(False, 0)],
      "a line that is wrong has its error in its place", bad)
done = subprocess.run([WEIGH, "batch"], input=f"{names[0]}\nnone of them\n{names[1]}\n", capture_output=True, text=True)
point((done.returncode, len(done.stdout.splitlines()), done.stderr) == (3, 3, ""), "and the status at the end says so")
with tempfile.TemporaryDirectory() as scratch:
    folder = pathlib.Path(scratch, "{odd name")
    for org, model in (("b", "two"), ("a", "one"), ("a", "deep/er/still")):
        (folder / org / model).mkdir(parents=True)
        (folder / org / model / "config.json").write_text(texts["tiny-llama"])
    (folder / "a" / "loop").symlink_to(folder)
    (folder / "a" / "broken").mkdir()
    (folder / "a" / "broken" / "config.json").write_text("{")
    done = subprocess.run([WEIGH, "batch", folder.name], capture_output=True, text=True, cwd=scratch)
    said = [json.loads(l) for l in done.stdout.splitlines()]
    point((done.returncode, [a.get("error", {}).get("code", "") for a in said]) == (3, ["json_syntax", "", "", ""]),
          "a folder means every config.json below it, sorted, links to folders left out", done.stdout + done.stderr)


# ---- a terminal ----
def seconds_for(count):
    began = time.time()
    batch([json.dumps({"model": names[i % 20], "command": "memory", "context": i + 1}) for i in range(count)], "-j", "1")
    return time.time() - began


seconds_for(20)  # what is read from the disk is there
MANY = int(10000 * 4 / seconds_for(10000))  # four seconds of them: the machine may be twice as quick the next moment


def on_terminal(count, out_too):
    """What a batch says on standard error when that is a terminal."""
    questions = "".join(json.dumps({"model": names[i % 20], "command": "memory", "context": 1000 + i}) + "\n" for i in range(count))
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(questions)
        file.flush()
        ours, theirs = pty.openpty()
        child = subprocess.Popen([WEIGH, "batch", file.name, "-j", "1"], stderr=theirs, stdout=theirs if out_too else subprocess.DEVNULL)
        os.close(theirs)
        said = b""
        with contextlib.suppress(OSError):
            while part := os.read(ours, 65536):
                said += part
        child.wait()
        os.close(ours)
    return said


said = on_terminal(MANY, False)
shown = [int(n) for n in re.findall(rb"\] (\d+) / \d+", said)]
point(len(shown) >= 2 and shown == sorted(shown) and said.endswith(b"\r\x1b[K"), "on a terminal a bar grows, and is gone at the end", said[-300:])
point(b"\x1b[K" not in on_terminal(10000, True), "none between the answers on the same terminal")

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
