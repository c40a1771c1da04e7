"""The part of docs/benchmarks.md about serving memory: peers.py calls section()."""
import csv
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
TOKENS = 131072
GIB = 2**30
WARM_SECONDS = "0.5"

# Who is asked, and what of the question it cannot answer, by its options and its source.
CANNOT = {
    "fitcheck-llm": "experts, and configurations with a text_config (refuses both); more than one card; an engine",
    "hf-mem": "weights, but from the hub's files; latent attention, windows, states; a device or an engine",
    "kvfit": "weights, but from the hub's files or as given; activations and graphs, but as a reserve given by hand",
    "llm-cal": "weights, but from the hub's files (here: its estimate); windows, states",
    "llm-flops": "windows of some layers only, states, towers",
    "llmcalculator": "latent attention, windows, states, towers; an engine",
    "llmfit": "a configuration of one's own: only names of its list; latent attention, windows; a layout over cards",
    "ridgepoint": "weights, but from the hub's files; windows (it counts none of their tokens)",
    "vramcalc": "model types but llama, mistral, qwen2, gemma and gemma2; more than one card; an engine",
    "vramscout": "weights of experts, but from the hub's files; DeepSeek-V3's cache, windows, states of Qwen3-Next",
    "accelerate": "caches, contexts, devices; the output head of a model",
    "transformers": "caches, contexts, devices: it builds the model, and its parameters are counted",
}
OURS_CANNOT = "files of weights: GGUF and safetensors headers are not read yet"
NOT_RUN = [
    ("gguf-parser-go 0.26.3, @huggingface/gguf 0.4.6, node-llama-cpp 3.22.1", "read a GGUF file, not a configuration"),
    ("hf-vram-calc 1.0.9", "loads torch, and fetches from the hub unless a file and a model are both given"),
    ("aiconfigurator 0.12.0", "answers for the models and cards of its packaged measurements only"),
    ("llm-mem-planner 0.2.2, llm-analysis 0.2.2", "answer for at most a third of published configurations"),
    ("whichllm 0.5.21", "does not start with the libraries that install with it"),
]
HEAD = f"""
The same question to all: one sequence of {TOKENS:,} tokens, weights and cache in bfloat16. Medians over the models answered.
Cold is a whole process: start, imports, configuration, answer. Warm is one process that reads the configuration for each
answer: there weigh builds its whole list of tensors, where most peers work out one formula; at other lengths of a model once
built it is far quicker, see the targets below. A peer that would fetch config.json from a hub is handed the file in its own
library, which spares it its command line and the network.""".splitlines()
BUILT = """
import sys, torch
from transformers import AutoConfig, AutoModelForCausalLM
config = AutoConfig.from_pretrained(sys.argv[1])
with torch.device("meta"):
    model = AutoModelForCausalLM.from_config(config)
print('{"weights": %d, "cache": null}' % (2 * sum(p.numel() for p in model.parameters())))
"""
ACCELERATE = """
import sys
from accelerate import init_empty_weights
from accelerate.utils import calculate_maximum_sizes
from transformers import AutoConfig, AutoModel
config = AutoConfig.from_pretrained(sys.argv[1])
with init_empty_weights():
    model = AutoModel.from_config(config)
size = next(model.parameters()).element_size()
print('{"weights": %d, "cache": null}' % (2 * calculate_maximum_sizes(model)[0] // size))
"""


class Answer:
    """What came of asking once or more: median wall and processor seconds, and JSON, or the reason why not."""

    def __init__(self, argv, runs):
        walls, cpus, self.said, self.why = [], [], None, ""
        for _ in range(runs):
            wall, cpu, status, out, err = spawn(argv)
            if status:
                self.why = (err.strip().splitlines() or ["failed"])[-1]
                return
            walls.append(wall)
            cpus.append(cpu)
        self.said = json.loads(out)
        self.wall, self.cpu = statistics.median(walls), statistics.median(cpus)


def spawn(argv):
    """Wall and processor seconds of one process, its exit status, what it said and what it complained of."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        actions = [(os.POSIX_SPAWN_DUP2, out.fileno(), 1), (os.POSIX_SPAWN_DUP2, err.fileno(), 2)]
        environment, start = {**os.environ, "HF_HUB_OFFLINE": "1"}, time.perf_counter()
        _, status, usage = os.wait4(os.posix_spawn(argv[0], argv, environment, file_actions=actions), 0)
        wall = time.perf_counter() - start
        out.seek(0), err.seek(0)
        return wall, usage.ru_utime + usage.ru_stime, status, out.read().decode(), err.read().decode("utf-8", "replace")


def questions():
    with open(HERE / "serving-questions.tsv", encoding="utf-8") as file:
        rows = list(csv.DictReader((line for line in file if not line.startswith("#")), delimiter="\t"))
    for row in rows:   # sums and products of whole numbers, written out so that a reader sees where they come from
        for name in ("weights", "cache", "state", "state_float32"):
            row[name] = eval(row[name], {"__builtins__": {}})
    return rows


def configuration(model, folder):
    """The published configuration where the truth folder has it, else the catalogue's facts, without quantisation."""
    truth = pathlib.Path(os.environ.get("WEIGH_TRUTH_DIR") or ROOT.parent / "shared") / "models" / model / "config.json"
    if truth.exists():
        facts = json.loads(truth.read_text("utf-8"))
    else:
        lines = (ROOT / "data/catalogue/models.tsv").read_text("utf-8").splitlines()
        facts = json.loads(next(line for line in lines if line.startswith(model + "\t")).split("\t")[6])
    facts.pop("quantization_config", None)
    path = pathlib.Path(folder) / model.replace("/", "_") / "config.json"
    path.parent.mkdir()
    path.write_text(json.dumps(facts), "utf-8")
    return str(path)


def ask_weigh(weigh, path):
    answer = Answer([weigh, "memory", path, "--context", str(TOKENS), "--dtype", "bf16", "--kv-dtype", "bf16", "--state-dtype",
                     "bf16", "-f", "json"], 20)
    parts = {part["name"]: part["bytes"] for part in answer.said["per_device"][0]["components"]}
    answer.said = {"weights": parts["weights"], "cache": parts["kv_cache"] + parts["state"]}
    return answer


def ask_llmfit(program, model):
    """It names decimal gigabytes of weights, adds gibibytes of cache and half a unit, and calls all GB."""
    answer = Answer([program, "--json", "plan", model, "--context", str(TOKENS), "--quant", "BF16"], 3)
    if answer.said and answer.said["model_name"] == model:
        weights, total = answer.said["disk_size_gb"], answer.said["minimum"]["vram_gb"]
        answer.said = {"weights": round(weights * 1e9), "cache": round((total - weights - 0.5) * GIB)}
    elif answer.said:
        answer.said, answer.why = None, "not in its list"
    return answer


def ask_all(weigh, builder, python, found, rows, paths):
    """One list of answers, in the order of the questions, for each that was asked."""
    asked = {"weigh": [ask_weigh(weigh, path) for path in paths]}
    for peer in CANNOT:
        if peer in ("accelerate", "transformers"):
            code = BUILT if peer == "transformers" else ACCELERATE
            asked[peer] = [Answer([builder, "-c", code, path], 1) for path in paths]
        elif not found.get(peer):
            continue
        elif peer == "llmfit":
            asked[peer] = [ask_llmfit(str(pathlib.Path(python).parent / "llmfit"), row["model"]) for row in rows]
        else:
            script = [python, str(HERE / "peers_ask.py"), peer]
            asked[peer] = [Answer([*script, path, str(TOKENS)], 3) for path in paths]
            for answer, path in zip(asked[peer], paths):
                if answer.said:
                    answer.said["rate"] = Answer([*script, path, str(TOKENS), WARM_SECONDS], 1).said["rate"]
        print(f"asked {peer}", file=sys.stderr)
    return asked


def duration(seconds):
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1e3:.1f} ms"


def table(head, rows, align="--:"):
    return ["", "| " + " | ".join(head) + " |", "|---|" + f"{align}|" * (len(head) - 1),
            *("| " + " | ".join(row) + " |" for row in rows)]


def times(asked, own_rates, versions):
    rows, own = [], statistics.median(a.wall for a in asked["weigh"])
    for peer, answers in asked.items():
        done = [a for a in answers if a.said]
        if not done:
            rows.append([f"{peer} {versions[peer]}", f"0 of {len(answers)}", "–", "–", "–", "–"])
            continue
        wall = statistics.median(a.wall for a in done)
        rates = own_rates if peer == "weigh" else [a.said["rate"] for a in done if "rate" in a.said]
        rows.append([f"{peer} {versions[peer]}".strip(), f"{len(done)} of {len(answers)}", duration(wall),
                     duration(statistics.median(a.cpu for a in done)), f"{wall / own:,.0f}×",
                     f"{statistics.median(rates):,.0f}" if rates else "–"])
    return table(["", "answers", "cold, wall", "cold, processor", "of weigh's wall", "answers/s, warm"], rows)


def share(answer, name, row):
    said = answer.said and answer.said[name]
    if said is None:
        return "–" if answer.said or "not in" in answer.why else "refuses"
    exact = row[name] + (row["state"] if name == "cache" else 0)
    if said == exact:
        return "="
    if name == "cache" and said == row["cache"]:
        return "= less state"
    if name == "cache" and said == row["cache"] + row["state_float32"]:
        return "= with float32 state"
    ratio = said / exact
    return f"{ratio:.2f}×" if abs(ratio - 1) >= 0.005 else f"{100 * (ratio - 1):+.3f} %"


def shares(asked, name, rows):
    answering = {peer: answers for peer, answers in asked.items() if any(a.said and a.said[name] for a in answers)}
    head = [name, *(f"{row['model'].split('/')[1]} ({row['kind']})" for row in rows)]
    exact = ["exact, bytes", *(f"{row[name] + (row['state'] if name == 'cache' else 0):,}" for row in rows)]
    return table(head, [exact, *([peer, *(share(a, name, row) for a, row in zip(answers, rows))]
                                 for peer, answers in answering.items())])


def printed(program, *arguments):
    """Rows of what a benchmark program prints, as dictionaries; none where it is not built."""
    if not program.exists():
        return []
    out = subprocess.run([program, *arguments], capture_output=True, text=True, check=True).stdout
    return list(csv.DictReader(out.splitlines(), delimiter="\t"))


def targets(build, colds):
    """Ours against what was asked for: the worst and the best row of each benchmark."""
    memory, sweep = printed(build / "bench/bench_memory"), printed(build / "bench/bench_sweep")
    points = {}
    for row in sweep:
        points.setdefault(row["10,000 points"], []).extend(float(row[name]) for name in row if name.endswith(" ms"))
    found = [("estimates a second, changing lengths, one core", "≥", 300e3, [float(r["estimates/s"]) for r in memory]),
             ("longest context and most sequences, ms", "≤", 1, [float(r["reach ms"]) for r in memory]),
             ("fewest cards of a kind, ms", "≤", 1, [float(r["fewest cards ms"]) for r in memory]),
             ("ranking of all cards, ms", "≤", 50, [float(r["rank ms"]) for r in memory]),
             *((f"sweep of 10,000 points, {kind}, ms", "≤", 100, figures) for kind, figures in points.items()),
             ("cold `weigh memory`, ms", "≤", 8, [1e3 * wall for wall in colds])]
    rows = []
    for what, sign, target, figures in found:
        if figures:
            low, high = min(figures), max(figures)
            worst, best = (low, high) if sign == "≥" else (high, low)
            met = worst >= target if sign == "≥" else worst <= target
            form = (lambda x: f"{x:,.0f}") if target > 1000 else (lambda x: f"{x:.3g}")
            rows.append([what, f"{sign} {form(target)}", form(worst), form(best), "yes" if met else "no"])
    return table(["weigh", "target", "worst", "best", "worst meets it"], rows)


def versions_of(builder, python):
    asked = subprocess.run([python, str(HERE / "peers_ask.py"), "versions"], capture_output=True, text=True, check=True)
    found = {"weigh": "", **json.loads(asked.stdout)}
    code = "import importlib.metadata as m;print(m.version('accelerate'), m.version('transformers'))"
    found["accelerate"], found["transformers"] = subprocess.run([builder, "-c", code], capture_output=True, text=True,
                                                                check=True).stdout.split()
    return found


def section(weigh, build, builder, python):
    """Lines of the page. builder: a Python with torch and transformers; python: one with the peers of peers-serving.txt."""
    rows, found = questions(), versions_of(builder, python)
    with tempfile.TemporaryDirectory() as folder:
        paths = [configuration(row["model"], folder) for row in rows]
        asked = ask_all(weigh, builder, python, found, rows, paths)
        rates = [float(line.split("\t")[1]) for line in
                 subprocess.run([build / "bench/bench_answers", *paths], capture_output=True, text=True,
                                check=True).stdout.splitlines()]
    lines = ["", "## Serving memory", *HEAD]
    lines += times(asked, rates, found)
    lines += ["", "Bytes answered, as a multiple of the exact value: `=` exact, – not answered. Sources of the exact values: "
              "bench/serving-questions.tsv."]
    lines += shares(asked, "cache", rows) + shares(asked, "weights", rows)
    absent = [peer for peer in CANNOT if not found.get(peer)]
    lines += table(["peer", "what it cannot answer"], [("weigh", OURS_CANNOT), *CANNOT.items()], "---")
    lines += table(["not asked", "why"], NOT_RUN + [(peer, "not installed") for peer in absent], "---")
    lines += ["", "Ours against the targets, over models, engines (generic, vllm, sglang) and kinds of sweep:"]
    return lines + targets(build, [a.wall for a in asked["weigh"]])
