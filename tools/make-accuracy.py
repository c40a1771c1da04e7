#!/usr/bin/env python3
"""Writes docs/accuracy.md: every vector, what weigh says, what is known from outside, and the error. Misses stay.

    WEIGH_TRUTH_DIR=DIR tools/make-accuracy.py [--weigh build/weigh]

A difference is explained only by arithmetic: it must equal a figure that weigh gives beside the total (prediction
layers, buffers, tied copies), a sum of them, or what is worked out in tests/truth/published-explained.tsv.
"""
import argparse
import ast
import collections
import concurrent.futures
import csv
import itertools
import importlib.util
import json
import operator
import os
import pathlib
import re
import subprocess
import sys


TRUTH = pathlib.Path(__file__).resolve().parent.parent / "tests/truth"


def rows(path):
    with open(path, encoding="utf-8", newline="") as f:
        return list(csv.DictReader((l for l in f if not l.startswith("#")), delimiter="\t", quoting=csv.QUOTE_NONE))


def worked_out(text):
    """A sum of whole numbers as it is written, null where there is none."""
    if text == "-":
        return None
    does = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.FloorDiv: operator.floordiv}

    def value(node):
        return node.value if isinstance(node, ast.Constant) else does[type(node.op)](value(node.left), value(node.right))
    return value(ast.parse(text, mode="eval").body)


def ask(weigh, source, text=None):
    done = subprocess.run([weigh, "params", source, "-f", "json"], input=text, capture_output=True, text=True)
    if done.returncode:
        return {"error": done.stderr.strip().splitlines()[0] if done.stderr.strip() else f"exit {done.returncode}"}
    return json.loads(done.stdout)


def beside(weigh, source):
    """Elements that the total leaves out: tied copies, and buffers of prediction layers."""
    done = subprocess.run([weigh, "tensors", source, "-f", "tsv", "--mtp"], capture_output=True, text=True)
    tied = mtp_buffers = 0
    for line in done.stdout.splitlines()[1:]:
        cells = line.split("\t")
        tied += int(cells[3]) if cells[6].startswith("tied:") and cells[5] != "mtp" else 0
        mtp_buffers += int(cells[3]) if cells[6] == "buffer" and cells[5] == "mtp" else 0
    return tied, mtp_buffers


def explain(difference, answer, weigh, source):
    """Names the figures beside the total that add up to the difference, or says that none do."""
    head = sum(g["parameters"] for g in answer["groups"] if g["name"] == "head")
    if head and difference == -head:
        return "no head of its own: the reference ties it, the configuration does not (docs/corrections.md)"
    tied, mtp_buffers = beside(weigh, source)
    parts = {"prediction layers (MTP) as well": answer["mtp_parameters"], "buffers as well": answer["buffer_elements"],
             "buffers of prediction layers as well": mtp_buffers, "a copy of the tied tensors as well": tied}
    parts = {k: v for k, v in parts.items() if v}
    for n in range(1, len(parts) + 1):
        for some in itertools.combinations(parts.items(), n):
            if sum(v for _, v in some) == difference:
                return " + ".join(k for k, _ in some)
    return ""


def number(n):
    return f"{int(n):,}"


GENERIC = ("model_generic", "model_generic_near", "model_untyped")


class Kind:
    known = {r["vector"]: r for r in rows(TRUTH / "published-explained.tsv")}
    parts = {r["kind"].removeprefix("part: "): r["why"] for r in rows(TRUTH / "undescribed.tsv") if r["kind"].startswith("part: ")}

    def __init__(self, title, about):
        self.title, self.about, self.lines = title, about, []
        self.equal = self.explained = self.partial = self.missed = self.undescribed = 0

    def add(self, name, model_type, answer, expected, weigh=None, source=None):
        if "error" in answer or any(w["code"] in GENERIC for w in answer.get("warnings", [])):
            self.add_undescribed(name, model_type, answer, expected)
            return
        got = answer["total_parameters"]
        verdict = self.judge(name, answer, int(expected) - got, weigh, source)
        error = f"{(got - int(expected)) / int(expected) * 100:+.4f} %" if got != int(expected) else "0"
        self.lines.append((model_type, name, number(got), number(expected), error, verdict))

    def add_undescribed(self, name, model_type, answer, expected):
        self.undescribed += 1
        got = answer.get("total_parameters")
        error = f"{(got - int(expected)) / int(expected) * 100:+.1f} %" if got else ""
        verdict = "not described: read as a decoder, with a warning" if got else "not described: refused"
        self.lines.append((model_type, name, number(got) if got else "–", number(expected), error, verdict))

    def judge(self, name, answer, difference, weigh, source):
        if difference == 0:
            self.equal += 1
            return "equal"
        if not answer["complete"]:
            self.partial += 1
            whys = [self.parts.get(p, "") for p in answer["undescribed_parts"]]
            return "part of the model is not described: " + "; ".join([", ".join(answer["undescribed_parts"]), *filter(None, whys)])
        reason = explain(difference, answer, weigh, source)
        row = self.known.get(name)
        if reason or row and worked_out(row["sum"]) == difference:
            self.explained += 1
            return f"the figure has {reason}" if reason else f"explained: {row['reason']} ({row['sum'].replace('*', '·')})"
        self.missed += 1
        return "**differs**; " + (row["reason"] if row else "not explained")

    def text(self):
        out = [f"## {self.title}", "", self.about, "",
               f"{self.equal} equal, {self.explained} explained, {self.partial} of models described in part, "
               f"{self.missed} differ, {self.undescribed} of types that are not described.", "",
               "| type | vector | predicted | expected | error | verdict |", "|---|---|--:|--:|--:|---|"]
        out += ["| " + " | ".join(line) + " |" for line in sorted(self.lines)]
        return out + [""]


def comparison(name):
    """A module of tests/truth: what the tests compare and what this page shows is one thing."""
    path = pathlib.Path(__file__).resolve().parent.parent / f"tests/truth/{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def flops_table(weigh, base):
    """Every row of truth/training/flops.tsv: products, and convolutions in forward passes."""
    flops = comparison("flops")
    known, counts, lines = flops.explained(), {"equal": 0, "explained": 0, "differ": 0, "not described": 0}, []
    cases = list(flops.recorded(pathlib.Path(base)))
    for case, answer in zip(cases, run_all([lambda c=c: flops.ask(c, weigh)[0] for c in cases])):
        forward = case.phase != "forward_backward"
        wanted = case.products + (case.conv if forward else 0)
        name = f"{case.phase}, {case.attn}, {case.batch} × {case.seq}" + (f", depth {case.depth}" if case.depth != "0" else "")
        if answer is None:
            counts["not described"] += 1
            lines.append((case.name, name, "–", number(wanted), "", "not described"))
            continue
        got = answer["matmul_flops"] + answer["attention_flops"] + (answer["convolution_flops"] if forward else 0)
        verdict = "equal" if got == wanted else known.get(flops.label(case), "**differs**")
        counts["equal" if got == wanted else "differ" if "differs" in verdict else "explained"] += 1
        error = f"{(got - wanted) / wanted * 100:+.4f} %" if got != wanted else "0"
        lines.append((case.name, name, number(got), number(wanted), error, verdict))
    out = ["## FLOPs that torch's counter counts", "",
           "Published configurations, some with fewer layers, under `torch.utils.flop_counter` (truth/training/README.md). Compared: "
           "products with weights and of activations in every phase, and convolutions in forward passes (the counter's "
           "gradient of grouped convolutions is wrong). Made-up configurations are compared by `tests/vectors/flops.t`.", "",
           ", ".join(f"{v} {k}" for k, v in counts.items()) + ".", "",
           "| model / layers | pass | predicted | expected | error | verdict |", "|---|---|--:|--:|--:|---|"]
    out += ["| " + " | ".join(line) + " |" for line in lines]
    return counts, len(lines), out + [""]


GROUPS = {
    "kv": "Caches: derived figures", "state": "States: derived figures", "buffer": "Compute buffers of llama.cpp: recorded figures",
    "budget": "Budgets and pools: published logs", "weights": "Weights as stored and as loaded",
    "vllm": "Logs of vLLM", "sglang": "Logs of SGLang", "tensorrt-llm": "Logs of TensorRT-LLM",
    "llama.cpp": "Logs of llama.cpp and Ollama", "llama.cpp (2025, early)": "Logs of llama.cpp and forks, early",
    "ik_llama.cpp": "Logs of ik_llama.cpp"}


def serving_line(serving, row, verdict):
    """One row: what was predicted, what was expected, the error, and what is to be said of it."""
    name = f"{row.key} {row.quantity}".replace("#", ", ").replace("|", "\\|")
    model = row.model.split("/", 1)[-1] if row.model.startswith(("models/", "configs/")) else row.model
    expected = serving.show(verdict.wanted.best) if verdict.wanted else ""
    if verdict.status == "cannot":
        return (name, "–", "–", "", "", f"cannot be reproduced: {row.note}")
    if verdict.status == "missing":
        return (name, model, "–", expected, "", "not answered: " + verdict.why.replace("|", "\\|"))
    ends = f" ({serving.show(verdict.low)} … {serving.show(verdict.high)})" if row.measures != "figure" else ""
    error = float((verdict.predicted - verdict.wanted.best) / verdict.wanted.best) * 100 if verdict.wanted.best else 0
    says = {"exact": "equal", "printed": "to the printed precision", "interval": "inside the interval"}
    good = says.get(row.tolerance, f"within {row.tolerance}")
    verdict_text = good if verdict.status == "ok" else "**outside the interval**" if row.tolerance == "interval" else "**differs**"
    known = serving.todo().get(row.key, "") if verdict.status != "ok" else ""
    notes = [n for n in (row.note, known) if n and not (n is row.note and n in known)]
    return (name, model, serving.show(verdict.predicted) + ends, expected, f"{error:+.3f} %" if error else "0",
            "; ".join([verdict_text, *notes]))


def serving_tables(weigh, base):
    """Every serving row of both files, by group; then how many measured figures lie in the intervals."""
    serving = comparison("serving")
    judged = serving.judge_all(serving.rows(), weigh, pathlib.Path(base))
    head = ["## Serving: caches, budgets, buffers and logs", "",
            "Rows of facts/test-vectors.tsv and models/measured-logs.tsv of the truth folder; `tests/truth/serving-rows.tsv` says "
            "which question each is. logs:N is line N of the second file, a sum of lines a whole device or process. Figures are in the "
            "row's quantity, sizes in bytes; an interval stands in parentheses. Rows that cannot be reproduced say why.", "",
            "| group | rows | within tolerance | outside | not answered | cannot be reproduced |", "|---|--:|--:|--:|--:|--:|"]
    tables = []
    for group, title in GROUPS.items():
        chosen = [(r, v) for r, v in judged if r.group == group]
        counts = [sum(v.status == s for _, v in chosen) for s in ("ok", "differs", "missing", "cannot")]
        head.append(f"| {title} | {len(chosen)} | " + " | ".join(map(str, counts)) + " |")
        tables += [f"### {title}", "", "| row | model | predicted | expected | error | verdict |", "|---|---|--:|--:|--:|---|"]
        tables += ["| " + " | ".join(serving_line(serving, r, v)) + " |" for r, v in chosen] + [""]
    head += ["", "| measured | rows | inside the printed interval | share | median width |", "|---|--:|--:|--:|--:|"]
    for kind, title in (("total", "totals of devices and processes"), ("component", "components")):
        within, count, median = serving.intervals(judged, kind)
        head.append(f"| {title} | {count} | {within} | {within / max(count, 1) * 100:.1f} % | {median * 100:.1f} % |")
    return judged, head + [""] + tables


def methods_table(weigh):
    """Every published figure of tests/vectors/methods.jsonl, asked of the method that it belongs to."""
    out, counts, lines = [], {"met": 0, "**differs**": 0}, []
    path = pathlib.Path(__file__).resolve().parent.parent / "tests/vectors/methods.jsonl"
    for vector in map(json.loads, path.read_text("utf-8").splitlines()):
        done = subprocess.run([weigh, "method", vector["method"], vector["fn"], "--input", json.dumps(vector["input"]),
                               "-f", "json"], capture_output=True, text=True)
        answer = json.loads(done.stdout)
        for name, wanted in vector["expect"].items():
            got = answer.get(name)
            room = 0.05 if name.endswith("_pct") else vector["tol"]
            verdict = "met" if got is not None and abs(got - wanted) <= room else "**differs**"
            counts[verdict] += 1
            error = f"{got - wanted:+.4g}" if got is not None and got != wanted else "0"
            lines.append((vector["id"], f"{vector['method']}.{vector['fn']}", name, f"{got:,.12g}", f"{wanted:,.12g}", error, verdict))
    out = ["## Published rules of thumb", "", "What published calculators print for given inputs, by the methods of `data/methods`; "
           "tolerances are those of the printed digits.", "", ", ".join(f"{v} {k}" for k, v in counts.items()) + ".", "",
           "| vector | function | quantity | predicted | published | difference | verdict |", "|---|---|---|--:|--:|--:|---|"]
    return counts, len(lines), out + ["| " + " | ".join(line) + " |" for line in lines] + [""]


def recorded_by_tests(weigh, base):
    """Lists of thousands of rows that unit tests compare one by one: their own counts."""
    folder, out = pathlib.Path(weigh).resolve().parent / "tests", []
    for test, title in (("test_optimizer", "optimizer states"), ("test_adapter_truth", "adapters")):
        done = subprocess.run([folder / test], capture_output=True, text=True, env={**os.environ, "WEIGH_TRUTH_DIR": base})
        lines = [l[2:].replace(base, "truth folder") for l in (done.stdout + done.stderr).splitlines() if l.startswith("# ")]
        out += [f"- {title}: {line}" for line in lines]
    return ["## Adapters and optimizers", "", "What PEFT makes of models and what optimizers keep for a tensor, recorded by running "
            "the libraries; every row is compared by the unit tests named after them, and these are their counts.", ""] + out + [""]


def undescribed_table(kinds):
    """The types that are not described, by what they are for, with how many vectors each has."""
    counts = collections.Counter(line[0] for k in kinds for line in k.lines if line[-1].startswith("not described"))
    out = ["## Types that are not described", "", "`weigh` says so in a warning or refuses; what it then reads as a decoder is a guess, and counts "
           "as no answer on this page. Vectors of each type in parentheses.", "", "| for | types | why not |", "|---|---|---|"]
    for r in rows(TRUTH / "undescribed.tsv"):
        there = [t for t in r["types"].split() if counts.get(t) and not r["kind"].startswith("part: ")]
        if there:
            out.append(f"| {r['kind']} | " + ", ".join(f"{t} ({counts.pop(t)})" for t in there) + f" | {r['why']} |")
    if counts:
        out.append("| no kind of these | " + ", ".join(f"{t or 'no type named'} ({n})" for t, n in sorted(counts.items())) + " | not looked at |")
    return out + [""]


def misses(out):
    """Every row of the page that differs or lies outside, with its reason, in one list."""
    section, found = "", []
    for line in out:
        section = line.lstrip("# ") if line.startswith("## ") or line.startswith("### ") else section
        if line.startswith("|") and ("**differs**" in line or "**outside" in line):
            cells = line.strip("| ").split(" | ")
            about = [c for c in cells[:2] if c not in ("–",)]
            found.append(f"| {section} | {' · '.join(about)} | {cells[-2]} | {cells[-1].split('; ', 1)[-1]} |")
    return ["## Every miss", "", "What differs, or lies outside of the interval that was printed with it, and why. \"Not explained\" is said where nobody knows.", "",
            "| list | row | error | reason |", "|---|---|--:|---|", *found, ""]


def run_all(jobs):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda job: job(), jobs))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weigh", default="build/weigh")
    parser.add_argument("--out", default="docs/accuracy.md")
    args = parser.parse_args()
    base = os.environ.get("WEIGH_TRUTH_DIR") or sys.exit("WEIGH_TRUTH_DIR is not set")
    weigh = args.weigh

    built = Kind("Totals that the reference library builds",
                 "Published configurations; the model class of `transformers` built without weights (4.57.6 or 5.23.0).")
    truth = [r for r in rows(f"{base}/truth/params.tsv") if r["total"]]
    answers = run_all([lambda r=r: ask(weigh, f"{base}/models/{r['model']}/config.json") for r in truth])
    for r, a in zip(truth, answers):
        built.add(r["model"], r["model_type"], a, r["total"], weigh, f"{base}/models/{r['model']}/config.json")

    made = Kind("Made-up configurations", "Class defaults with random sizes; three a model type, built by `transformers` 5.23.0. "
                "Where the library ties heads against what the configuration says, totals may differ by the head.")
    varied = [r for r in rows(f"{base}/truth/variations.tsv") if r["total"]]
    answers = run_all([lambda r=r: ask(weigh, f"{base}/truth/variations/{r['model_type']}.{r['i']}.json") for r in varied])
    for r, a in zip(varied, answers):
        made.add(f"{r['model_type']}.{r['i']}", r["model_type"], a, r["total"], weigh,
                 f"{base}/truth/variations/{r['model_type']}.{r['i']}.json")

    stated = Kind("Totals that publishers state", "Exact totals of stored checkpoints (a checkpoint may hold more or less than "
                  "the model: prediction layers, buffers, stored copies of tied heads, packed integers).")
    for r in rows(f"{base}/models/published-totals.tsv"):
        path = f"{base}/models/{r['model']}/config.json"
        if r["quantity"] == "total_params" and r["exactness"] == "exact" and os.path.exists(path):
            a = ask(weigh, path)
            named = json.loads(pathlib.Path(path).read_text("utf-8")).get("model_type", "")
            stated.add(r["model"], a.get("model_type") or named, a, r["value"], weigh, path)

    out = ["# Accuracy", "",
           "Written by `tools/make-accuracy.py`; nothing here is typed in. Predicted: distinct parameters by `weigh params`. "
           "Whole tensor lists (names and shapes) are compared by `tests/truth/truth.py`. The reference lists (\"truth folder\", `facts`, `models`) "
           "are no part of this repository; `WEIGH_TRUTH_DIR` names them, and `tests/vectors` has what every clone is tested with.", "",
           "| kind | vectors | equal | explained | in part | differ | not described |", "|---|--:|--:|--:|--:|--:|--:|"]
    for k in (built, made, stated):
        out.append(f"| {k.title} | {len(k.lines)} | {k.equal} | {k.explained} | {k.partial} | {k.missed} | {k.undescribed} |")
    counts, total, flops = flops_table(weigh, base)
    out.append(f"| FLOPs that torch's counter counts | {total} | {counts['equal']} | {counts['explained']} | 0 | "
               f"{counts['differ']} | {counts['not described']} |")
    summary = len(out)
    out += ["", "*equal*: to the last parameter. *explained*: the difference is worked out to the last element, and stands beside the figure. "
            "*in part*: a part of the model is not described, which the answer says too. *differ*: listed under [Every miss](#every-miss). "
            "*not described*: [the types](#types-that-are-not-described), and why.", ""]
    for k in (built, made, stated):
        out += k.text()
    out += flops
    met, vectors, methods = methods_table(weigh)
    out += methods + recorded_by_tests(weigh, base)
    out.insert(summary, f"| Published rules of thumb | {vectors} | {met['met']} | 0 | 0 | {met['**differs**']} | 0 |")
    judged, serving = serving_tables(weigh, base)
    out += serving
    at = next(i for i, line in enumerate(out) if line.startswith("## "))
    out[at:at] = misses(out) + undescribed_table((built, made, stated))
    with open(args.out, "w", encoding="utf-8") as f:
        f.write("\n".join(out))
    for k in (built, made, stated):
        print(f"{k.title}: {len(k.lines)} vectors, {k.equal} equal, {k.explained} explained, {k.partial} in part, "
              f"{k.missed} differ, {k.undescribed} not described")
    comparison("serving").say_summary(judged)


if __name__ == "__main__":
    main()