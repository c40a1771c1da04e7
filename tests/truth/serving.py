#!/usr/bin/env python3
"""Compares what `weigh` answers about serving with measured and derived figures of the truth folder.

    tests/truth/serving.py --only 'logs:3[4-9]' -v     some rows, saying what differs
    tests/truth/serving.py --group vllm -v             the rows of one group
    tests/truth/serving.py --write-todo                notes what is known to fail in serving-todo.tsv
    tests/truth/serving.py --tap                       every row as a test, as serving.t runs it

Needs WEIGH_TRUTH_DIR (facts/test-vectors.tsv, models/measured-logs.tsv) and a built command: $WEIGH, else build/weigh.
serving-rows.tsv says for every row which question it is and which figure of the answer it holds; its head explains the columns.
"""
import argparse
import collections
import concurrent.futures
import csv
import functools
import json
import os
import pathlib
import re
import shlex
import statistics
import subprocess
import sys
from fractions import Fraction

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
UNITS = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40, "kB": 10**3, "MB": 10**6, "GB": 10**9,
         "GB (GiB as logged)": 2**30, "B parameters": 10**9}
CACHES = ("kv_cache", "state")          # what an engine's pool holds
GRAPHS = ("graphs", "cuda_graphs")      # captured after the pool is made
Row = collections.namedtuple("Row", "key quantity group model arguments figure tolerance measures expected note")
Verdict = collections.namedtuple("Verdict", "status predicted wanted low high why", defaults=(None, None, None, None, ""))


class Missing(Exception):
    """The answer has no such figure."""


class Value:
    """A figure with the ends of its interval, or of the rounding that it was printed with."""

    def __init__(self, best, low=None, high=None):
        self.best = Fraction(best)
        self.low = self.best if low is None else Fraction(low)
        self.high = self.best if high is None else Fraction(high)

    def apply(self, sign, other):
        ends = [(a, b) for a in (self.low, self.high) for b in (other.low, other.high)]
        does = {"+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "/": lambda a, b: a / b}[sign]
        every = [does(a, b) for a, b in ends]
        return Value(does(self.best, other.best), min(every), max(every))


def printed(text, unit=1):
    """A number as it was printed: half a unit of its last digit lies on either side."""
    digits = text.split(".")[1] if "." in text else ""
    half = Fraction(1, 2 * 10**len(digits)) * unit
    number = Fraction(text) * unit
    return Value(number, number - half, number + half)


# ---- expressions over an answer, such as "per_device.0.components[kv_cache] / 2"

def pick(node, name):
    """The entry of a list that has one of the names a|b, or of an object."""
    names = name.split("|")
    if isinstance(node, list):
        for entry in node:
            if entry.get("name") in names:
                return entry
    elif isinstance(node, dict) and names[0] in node:
        return node[names[0]]
    raise Missing(f"no {name}")


def walk(answer, path):
    node, parent, last = answer, None, ""
    for name, key in re.findall(r"([^.\[\]]+)|\[([^\]]*)\]", path):
        parent, last = node, name
        if key:
            node = pick(node, key)
        elif isinstance(node, list):
            if not name.isdigit() or int(name) >= len(node):
                raise Missing(f"no {name} in {path}")
            node = node[int(name)]
        elif isinstance(node, dict) and name in node:
            node = node[name]
        else:
            raise Missing(f"no {path}")
    if isinstance(node, dict):
        return interval(node, "bytes", path)
    return interval(parent, last, path) if isinstance(parent, dict) else Value(node)


def interval(node, name, path):
    value = node.get(name)
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise Missing(f"no {path}")
    stem = "bytes" if name == "total_bytes" else name
    low, high = node.get("low_" + stem), node.get("high_" + stem)
    if name == "total_bytes" and low is None:
        low = sum(d["low_bytes"] for d in node["per_device"])
        high = sum(d["high_bytes"] for d in node["per_device"])
    return Value(value, low, high)


def sum_of(components):
    total = Value(0)
    for c in components:
        total = total.apply("+", interval(c, "bytes", c["name"]))
    return total


def named(answer, name):
    if name == "outside":
        return sum_of(c for c in answer["per_device"][0]["components"] if c["name"] not in CACHES + GRAPHS)
    total = re.fullmatch(r"total\(([\w|]+)\)", name)
    if total:
        places = answer["per_device"] + ([answer["host"]] if "host" in answer else [])
        return sum_of(c for d in places for c in d["components"] if c["name"] in total[1].split("|"))
    return walk(answer, name)


def evaluate(text, answer, value=None):
    """Left to right, * and / before + and -, parentheses; sizes have a unit, `value` is the row's own."""
    tokens = re.findall(r"total\([\w|]+\)|[A-Za-z_][\w.]*(?:\[[^\]]*\][\w.]*)*|[\d.]+(?:[KMGT]i?B|B)?|[-+*/()]", text)

    def term():
        token = tokens.pop(0)
        if token == "(":
            inner = sums()
            tokens.pop(0)
            return inner
        number = re.fullmatch(r"([\d.]+)([A-Za-z]*)", token)
        if number:
            return Value(Fraction(number[1]) * UNITS.get(number[2], 1))
        return value if token == "value" and value is not None else named(answer, token)

    def products():
        left = term()
        while tokens and tokens[0] in "*/":
            left = left.apply(tokens.pop(0), term())
        return left

    def sums():
        left = products()
        while tokens and tokens[0] in "+-":
            left = left.apply(tokens.pop(0), products())
        return left

    return sums()


# ---- the rows and their sources

def table(path):
    with open(path, encoding="utf-8", newline="") as file:
        lines = (line for line in file if not line.startswith("#"))
        yield from csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)


def rows():
    return [Row(**r) for r in table(HERE / "serving-rows.tsv")]


@functools.lru_cache(None)
def sources(truth):
    """key → (quantity, value as printed, unit) of every row of both files."""
    found = {r["id"]: (r["quantity"], r["value"], r["unit"]) for r in table(truth / "facts/test-vectors.tsv")}
    with open(truth / "models/measured-logs.tsv", encoding="utf-8") as file:
        names = file.readline().rstrip("\n").split("\t")
        for number, line in enumerate(file, 2):
            r = dict(zip(names, line.rstrip("\n").split("\t")))
            unit = "B parameters" if r["quantity"] == "total_params" else r["unit"]
            found[f"logs:{number}"] = (r["quantity"], r["value"], unit)
    return found


def recorded(row, truth):
    """What the row's source says, as it was printed."""
    known = sources(truth)
    key = row.key.split("#")[0]
    total = Value(0)
    for part in key.split("+"):
        part = part if part.startswith("logs:") or not key.startswith("logs:") else "logs:" + part
        if part not in known:
            raise Missing(f"the truth folder has no row {part}")
        quantity, text, unit = known[part]
        if row.quantity not in (quantity, "sum"):
            raise Missing(f"row {part} is of {quantity}, not of {row.quantity}")
        total = total.apply("+", printed(text, UNITS.get(unit, 1)))
    return total


def wanted(row, truth):
    value = recorded(row, truth)
    if not row.expected:
        return value
    literal = re.fullmatch(r"([\d.]+)([A-Za-z]*)", row.expected)
    return printed(literal[1], UNITS.get(literal[2], 1)) if literal else evaluate(row.expected, {}, value)


# ---- asking

def model_path(name, truth):
    if name.startswith("models/"):
        return str(truth / name / "config.json")
    return str(HERE / f"{name}.json") if name.startswith("configs/") else name


@functools.lru_cache(None)
def ask(weigh, command, model, options):
    done = subprocess.run([weigh, command, model, "--format", "json", *options], capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        raise Missing(complaint(done.stderr) or f"exit {done.returncode}")
    return json.loads(done.stdout)


def complaint(text):
    try:
        return json.loads(text)["error"]["message"].split(";")[0]
    except (ValueError, KeyError):
        return text.strip().splitlines()[0] if text.strip() else ""


def questions(arguments):
    """Commands and options; one for each end of figures that a log printed, as 8.11~GiB."""
    words = shlex.split(arguments)
    command = words.pop(0)[1:] if words and words[0].startswith("!") else "memory"
    ends = {"best": [], "low": [], "high": []}
    rounded = False
    for word in words:
        size = re.fullmatch(r"(.*?)([\d.]+)~(\w+)", word)
        rounded |= bool(size)
        for end, options in ends.items():
            options.append(size[1] + str(int(getattr(printed(size[2], UNITS[size[3]]), end))) if size else word)
    return command, [tuple(o) for o in (ends.values() if rounded else [ends["best"]])]


def judge(row, weigh, truth):
    if row.model == "-":
        return Verdict("cannot", why=row.note)
    expected = None
    try:
        expected = wanted(row, truth)
        command, asked = questions(row.arguments)
        answers = [ask(weigh, command, model_path(row.model, truth), options) for options in asked]
        found = [evaluate(row.figure, a) for a in answers]
    except Missing as reason:
        return Verdict("missing", wanted=expected, why=str(reason))
    low, high = min(f.low for f in found), max(f.high for f in found)
    if row.tolerance == "interval":
        ok = low <= expected.high and expected.low <= high
    else:
        slack = slack_of(row.tolerance, expected, answers[0])
        best = [f.best for f in found]
        ok = min(best) - slack <= expected.best <= max(best) + slack
    return Verdict("ok" if ok else "differs", found[0].best, expected, low, high, "" if ok else difference(row, found[0], expected, low, high))


def slack_of(tolerance, expected, answer):
    if tolerance == "exact":
        return 0
    if tolerance == "printed":
        return expected.high - expected.best
    share = re.fullmatch(r"([\d.]+)%( of device)?", tolerance)
    if share:
        base = Fraction(answer["gpu"]["vendor_bytes"]) if share[2] else abs(expected.best)
        return Fraction(share[1]) / 100 * base
    size = re.fullmatch(r"([\d.]+)([A-Za-z]*)", tolerance)
    return Fraction(size[1]) * UNITS.get(size[2], 1)


def show(number):
    number = Fraction(number)
    return f"{int(number):,}" if number.denominator == 1 or abs(number) >= 10**5 else f"{float(number):.4f}".rstrip("0")


def difference(row, found, expected, low, high):
    error = f" ({float((found.best - expected.best) / expected.best) * 100:+.2f} %)" if expected.best else ""
    if row.tolerance == "interval":
        return f"{show(expected.best)} outside {show(low)} to {show(high)}"
    return f"{show(found.best)} != {show(expected.best)}{error}"


def inside(verdict):
    return verdict.low <= verdict.wanted.high and verdict.wanted.low <= verdict.high


def width(verdict):
    return float((verdict.high - verdict.low) / verdict.wanted.best) if verdict.wanted.best > 0 else None


def intervals(judged, kind):
    """How many measured figures lie in the printed interval, of how many, and the median width."""
    have = [v for r, v in judged if r.measures == kind and v.predicted is not None]
    widths = [w for w in map(width, have) if w is not None]
    return sum(map(inside, have)), len(have), statistics.median(widths) if widths else 0


# ---- saying

def todo_path():
    return HERE / "serving-todo.tsv"


@functools.lru_cache(None)
def todo():
    if not todo_path().is_file():
        return {}
    lines = todo_path().read_text("utf-8").splitlines()
    return dict(line.split("\t") for line in lines if line and not line.startswith("#") and line != "key\treason")


def write_todo(judged):
    known = todo()
    with open(todo_path(), "w", encoding="utf-8") as file:
        file.write("# Rows of serving-rows.tsv that are known to fail. Written by serving.py --write-todo; a reason may be edited\n"
                   "# and is kept. A row that passes is reported as such and its line should go.\nkey\treason\n")
        for row, verdict in judged:
            if verdict.status in ("differs", "missing"):
                why = "not answered yet" if verdict.status == "missing" else "outside the interval" if row.tolerance == "interval" else "differs"
                file.write(f"{row.key}\t{known.get(row.key, why)}\n")


def tap(judged):
    known = todo()
    print(f"1..{len(judged)}")
    for number, (row, verdict) in enumerate(judged, 1):
        name = f"{row.quantity} of {row.key}".replace("#", ", ")     # in TAP a # begins a directive
        if verdict.status == "cannot":
            print(f"ok {number} - {name} # SKIP {verdict.why}")
            continue
        ok = verdict.status == "ok"
        mark = f" # TODO {known[row.key]}" if row.key in known else ""
        print(f"{'ok' if ok else 'not ok'} {number} - {name}{mark}")
        if not ok:
            print(f"# {verdict.why}")
        elif mark:
            print(f"# now right: {row.key}")
    say_summary(judged, "# ")


def say_summary(judged, prefix=""):
    counts = collections.Counter(v.status for _, v in judged)
    print(prefix + ", ".join(f"{v} {k}" for k, v in counts.items()) + f"; {len(judged)} rows came from the truth folder")
    for kind, what in (("total", "totals of devices and processes"), ("component", "components")):
        within, count, median = intervals(judged, kind)
        if count:
            print(f"{prefix}{what}: {within} of {count} inside ({within / count * 100:.1f} %), median width {median * 100:.1f} %")


def judge_all(chosen, weigh, truth):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return list(zip(chosen, pool.map(lambda row: judge(row, weigh, truth), chosen)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="keys that match")
    parser.add_argument("--group", help="kv, state, budget, buffer, weights, or an engine")
    parser.add_argument("--tap", action="store_true")
    parser.add_argument("--write-todo", action="store_true")
    parser.add_argument("-v", action="store_true", dest="verbose")
    options = parser.parse_args()
    truth = pathlib.Path(os.environ["WEIGH_TRUTH_DIR"])
    weigh = os.environ.get("WEIGH", str(ROOT / "build/weigh"))
    chosen = [r for r in rows() if re.search(options.only, r.key) and options.group in (None, r.group)]
    judged = judge_all(chosen, weigh, truth)
    if options.write_todo:
        write_todo(judged)
    if options.tap:
        tap(judged)
        return 0
    for row, verdict in judged:
        if options.verbose and verdict.status != "cannot":
            print(f"{row.key}\t{row.quantity}\t{verdict.status}\t{verdict.why}")
    by_group = collections.defaultdict(collections.Counter)
    for row, verdict in judged:
        by_group[row.group][verdict.status] += 1
    for group, counts in by_group.items():
        print(f"{group:28} " + ", ".join(f"{v} {k}" for k, v in counts.items()))
    say_summary(judged)
    return 0


if __name__ == "__main__":
    sys.exit(main())
