#!/usr/bin/env python3
"""Every figure that `weigh explain` shows is what its own derivation comes to.

For each model_type with its class defaults, each model of the catalogue and each of tests/configs: in the derivations of
total_parameters and active_parameters

- the numbers of every node come to its value, by an evaluator of our own with fractions;
- so does its formula when the values of its children are put in for their names;
- a node without a formula names its origin, and every number of a formula has a child or stands there itself;
- groups and totals are those of `weigh params`.

    tests/derivation/derivation.t [-v] [NAME...]     only these model types, catalogue names or files
"""
import json
import math
import operator
import os
import pathlib
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

WEIGH = os.environ.get("WEIGH", "build/weigh")
ROOT = pathlib.Path(__file__).resolve().parents[2]
TOKEN = re.compile(r"""\s*(?:(?P<number>\d+(?:\.\d+)?(?:e-?\d+)?)|(?P<name>[A-Za-z_](?:\w|\.(?=[\w{])|\{[^}]*\})*)
                       |(?P<op>//|==|!=|<=|>=|[-+*/%^(),\[\]<>]))""", re.X)
FUNCTIONS = {
    "floor": math.floor, "ceil": math.ceil, "min": min, "max": max, "abs": abs, "int": int,
    "round_up": lambda n, to: -(-n // to) * to, "log2": lambda n: (int(n) - 1).bit_length(), "isqrt": lambda n: math.isqrt(int(n)),
}

COMPARISONS = {"==": operator.eq, "!=": operator.ne, "<=": operator.le, ">=": operator.ge, "<": operator.lt,
               ">": operator.gt}


class NotPlain(Exception):
    """More than arithmetic: a condition, a list, a name that is nobody's."""


class Formula:
    """Precedence climbing over + - * / // % ^ and a few functions, with exact fractions."""

    def __init__(self, text, names=None):
        self.tokens, self.at, self.names = [], 0, names or {}
        position, text = 0, text.rstrip()
        while position < len(text):
            match = TOKEN.match(text, position)
            if not match:
                raise NotPlain(text[position:position + 20])
            self.tokens.append((match.lastgroup, match.group(match.lastgroup)))
            position = match.end()
        self.tokens.append(("end", ""))

    def take(self, text=None):
        kind, found = self.tokens[self.at]
        if text is not None and found != text:
            return False
        self.at += 1
        return found if text is None else True

    def value(self):
        result = self.either()
        if self.tokens[self.at][0] != "end":
            raise NotPlain(self.tokens[self.at][1])
        return result

    def either(self):
        a = self.both()
        while self.take("or"):
            b = self.both()
            a = a if a else b
        return a

    def both(self):
        a = self.opposite()
        while self.take("and"):
            b = self.opposite()
            a = b if a else a
        return a

    def opposite(self):
        return Fraction(not self.opposite()) if self.take("not") else self.compared()

    def compared(self):
        a = self.sum()
        for text, holds in COMPARISONS.items():
            if self.take(text):
                return Fraction(holds(a, self.sum()))
        return a

    def sum(self):
        a = self.product()
        while True:
            if self.take("+"):
                a = a + self.product()
            elif self.take("-"):
                a = a - self.product()
            else:
                return a

    def product(self):
        a = self.unary()
        while True:
            if self.take("*"):
                a = a * self.unary()
            elif self.take("//"):
                a = Fraction(a // self.unary())
            elif self.take("/"):
                a = a / self.unary()
            elif self.take("%"):
                a = a % self.unary()
            else:
                return a

    def unary(self):
        return -self.unary() if self.take("-") else self.power()

    def power(self):
        a = self.primary()
        return a ** self.unary() if self.take("^") else a

    def primary(self):
        kind, text = self.tokens[self.at]
        if kind == "number":
            self.at += 1
            return Fraction(text)
        if self.take("("):
            inner = self.either()
            if not self.take(")"):
                raise NotPlain("no )")
            return inner
        if kind == "name" and self.tokens[self.at + 1][1] == "(" and text in FUNCTIONS:
            self.at += 2
            args = [self.sum()]
            while self.take(","):
                args.append(self.sum())
            if not self.take(")"):
                raise NotPlain("no )")
            return Fraction(FUNCTIONS[text](*args))
        if kind == "name" and text in self.names:
            self.at += 1
            return self.names[text]
        raise NotPlain(text)


def exact(value):
    """A value of the report as a fraction, or None when it is no number."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float)):
        return Fraction(value)
    if isinstance(value, str) and re.fullmatch(r"-?\d+(/\d+)?", value):
        return Fraction(value)
    return None


def node_faults(node, nodes, counts):
    value, name = exact(node.get("value")), node["name"]
    children = [nodes[c] for c in node["children"]]
    if not children and "origin" not in node and not re.fullmatch(r"[\d\s()\[\],+*/^%.-]+", node.get("formula", "-")):
        yield f"{name}: a leaf without an origin"
    # the key of the workload is the option that asks for it; what is of the model as built has no place of its own
    nowhere = node.get("origin", {}).get("kind") in ("workload", "model")
    if "origin" in node and not (node["origin"].get("key") and (nowhere or node["origin"].get("source"))):
        yield f"{name}: its origin lacks its key or its source"
    if value is None:
        counts["no number"] += 1
        return
    try:
        numbers = Formula(node["numbers"]).value()
        if numbers != value:
            yield f"{name}: {node['numbers'][:300]} is {numbers}, not {value}"
    except (NotPlain, ZeroDivisionError) as error:
        yield f"{name}: the numbers are no plain arithmetic at {error}: {node['numbers'][:300]}"
    if "formula" in node:
        yield from formula_faults(node, children, value, counts)


def formula_faults(node, children, value, counts):
    values, ambiguous = {}, set()
    for child in children:
        known = exact(child.get("value"))
        if known is not None and values.setdefault(child["name"], known) != known:
            ambiguous.add(child["name"])
    if ambiguous:
        counts["ambiguous"] += 1
        yield f"{node['name']}: one name with two values: {', '.join(sorted(ambiguous))}"
        return
    try:
        result = Formula(node["formula"], values).value()
    except NotPlain:
        counts["not plain"] += 1
        return
    except ZeroDivisionError:
        result = None
    counts["formula"] += 1
    if result != value:
        yield f"{node['name']}: {node['formula'][:300]} with its children is {result}, not {value}"


def ask(command, config, *options):
    words = [WEIGH, command, config or "-", *options, "-f", "json"]
    return subprocess.run(words[:2] + (["-"] if config.startswith("{") else [config]) + words[3:], capture_output=True,
                          text=True, input=config if config.startswith("{") else None, timeout=120)


def reachable(nodes, root):
    seen, todo = set(), [root]
    while todo:
        i = todo.pop()
        if i not in seen:
            seen.add(i)
            todo += nodes[i]["children"]
    return seen


def faults(config):
    """(what is wrong, why it is skipped, what was counted)"""
    counts = dict.fromkeys(("formula", "not plain", "no number", "ambiguous", "nodes"), 0)
    params = ask("params", config)
    if params.returncode != 0:
        try:
            error = json.loads(params.stderr)["error"]
        except ValueError:
            return [f"params ended with {params.returncode}: {params.stderr[:300]}"], None, counts
        needs = error["code"] in ("field_missing", "model_require", "field_not_whole", "model_unknown", "field_type",
                                  "lang_no_size")
        if needs:
            return [], f"needs fields: {error['message']}", counts
        return [f"params: {error['code']}: {error['message']}"], None, counts
    params = json.loads(params.stdout)
    found = []
    if sum(g["parameters"] for g in params["groups"]) != params["total_parameters"]:
        found.append("the groups do not add up to the total")
    for quantity in ("total_parameters", "active_parameters"):
        run = ask("explain", config, quantity)
        if run.returncode != 0:
            found.append(f"explain {quantity}: {run.stderr[:300]}")
            continue
        report = json.loads(run.stdout)
        nodes = {n["id"]: n for n in report["nodes"]}
        root = nodes[report["root"]]
        if exact(root["value"]) // 1 != params[quantity]:
            found.append(f"{quantity} is {root['value']} in explain, {params[quantity]} in params")
        if quantity == "total_parameters":
            groups = {nodes[c]["name"]: nodes[c]["value"] for c in root["children"]}
            if groups != {g["name"]: g["parameters"] for g in params["groups"] if g["parameters"]}:
                found.append(f"groups: {groups} in explain, {params['groups']} in params")
        if len(reachable(nodes, report["root"])) != len(nodes):
            found.append(f"{quantity}: nodes that the root does not lead to")
        for node in report["nodes"]:
            counts["nodes"] += 1
            found += [f"{quantity}: {f}" for f in node_faults(node, nodes, counts)]
    for options in (("--phase", "train", "--batch", "2", "--prompt", "5", "--elementwise"),
                    ("--phase", "decode", "--depth", "70", "--pairs", "unmasked")):
        found += flops_faults(config, options, counts)
    return found, None, counts


def flops_faults(config, options, counts):
    """The same of a pass's FLOPs."""
    run, flops = ask("explain", config, "total_flops", *options), ask("flops", config, *options)
    if run.returncode or flops.returncode:
        return [f"total_flops {' '.join(options)}: {(run.stderr or flops.stderr)[:300]}"]
    report, found = json.loads(run.stdout), []
    nodes = {n["id"]: n for n in report["nodes"]}
    root, total = exact(nodes[report["root"]]["value"]), json.loads(flops.stdout)["total_flops"]
    if root != total:
        found.append(f"total_flops {options} is {root} in explain, {total} in flops")
    for node in report["nodes"]:
        counts["nodes"] += 1
        found += [f"total_flops {options[1]}: {f}" for f in node_faults(node, nodes, counts)]
    return found


def subjects():
    listed = subprocess.run([WEIGH, "families", "-f", "json"], capture_output=True, text=True, check=True)
    for row in json.loads(listed.stdout)["families"]:
        yield row["model_type"], json.dumps({"model_type": row["model_type"]})
    for path in sorted((ROOT / "tests/configs").glob("*.json")):
        yield path.name, str(path)
    catalogue = ROOT / "data/catalogue/models.tsv"
    if catalogue.exists():
        head, *lines = (l.split("\t") for l in catalogue.read_text("utf-8").splitlines() if l and l[0] != "#")
        for line in lines:
            row = dict(zip(head, line))
            yield row["name"], row["config"]


def main():
    verbose, only = "-v" in sys.argv, [a for a in sys.argv[1:] if a != "-v"]
    chosen = [(name, config) for name, config in subjects() if not only or name in only]
    todo = {}
    known = pathlib.Path(__file__).with_name("todo.tsv")
    if known.exists():
        todo = dict(l.split("\t", 1) for l in known.read_text("utf-8").splitlines() if l and l[0] != "#")
    total = {}
    with ThreadPoolExecutor(2) as pool:
        for number, ((name, _), (found, skipped, counts)) in enumerate(zip(chosen, pool.map(lambda c: faults(c[1]), chosen)), 1):
            reason = f" # SKIP {skipped[:200]}".replace("\n", " ") if skipped else ""
            if name in todo and not skipped:
                reason = f" # TODO {todo[name]}"
            print("not ok" if found else "ok", number, "-", name.replace("#", "") + reason)
            for fault in found if verbose else found[:3]:
                print("#  ", fault)
            if len(found) > 3 and not verbose:
                print(f"#   and {len(found) - 3} more")
            for key, count in counts.items():
                total[key] = total.get(key, 0) + count
    print(f"# {total.get('nodes', 0)} nodes; {total.get('formula', 0)} formulas evaluated with their children's values, "
          f"{total.get('not plain', 0)} hold conditions or lists; {total.get('no number', 0)} values are no numbers")
    print(f"1..{len(chosen)}")


if __name__ == "__main__":
    main()
