#!/usr/bin/env python3
"""docs/accuracy.md: its counts are those of its rows, every miss has a reason, and every sum that explains one is the difference."""
import pathlib
import re
import sys

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import importlib

make = importlib.import_module("make-accuracy")
PAGE = (ROOT / "docs/accuracy.md").read_text("utf-8")
number = 0


def point(faults, name):
    global number
    number += 1
    print(("not " if faults else "") + f"ok {number} - {name}")
    for fault in faults:
        print(f"# {fault}")


def sections():
    """title -> rows of the page's tables of vectors."""
    for part in re.split(r"^## ", PAGE, flags=re.M)[1:]:
        title, _, body = part.partition("\n")
        yield title, [[c.strip() for c in line.strip("| ").split(" | ")] for line in body.split("\n") if re.match(r"^\| [^-]", line)][1:]


tables = dict(sections())
summary = {m[1]: list(map(int, m[2].split(" | "))) for m in re.finditer(r"^\| ([^|]*) \| ((?:\d+ \| ){5}\d+) \|$", PAGE, re.M)}
totals = [t for t in summary if t.startswith(("Totals", "Made-up"))]
for title in totals:
    verdicts = [row[-1] for row in tables[title]]
    begin = ("equal", ("the figure has", "explained"), "part of", "**differs**", "not described")
    counts = [len(verdicts), *(sum(v.startswith(b) for v in verdicts) for b in begin)]
    point([] if counts == summary[title] else [f"{counts}, not {summary[title]}"], f"{title}: as many as it says")
reason = re.compile(r"\*\*(?:differs|outside the interval)\*\*; .{8}")
lines = [l for l in PAGE.split("\n") if "**differs**" in l or "**outside the interval**" in l]
rows = [l for l in lines if l.startswith("|")]
point([l[:200] for l in rows if not reason.search(l)], f"each of {len(rows)} misses has its reason")
point([] if len(tables["Every miss"]) == len(rows) else [f"{len(tables['Every miss'])}, not {len(rows)}"], "and stands in the list of misses")
known = {row["vector"]: row for row in make.rows(ROOT / "tests/truth/published-explained.tsv")}
expected = {row[1]: (row[2], row[3]) for title in totals for row in tables[title]}
plain = lambda text: int(text.replace(",", ""))
faults = []
for vector, row in known.items():
    if vector not in expected:
        faults.append(f"{vector}: no such row")
        continue
    got, wanted = map(plain, expected[vector])
    if row["sum"] != "-" and make.worked_out(row["sum"]) != wanted - got:
        faults.append(f"{vector}: {make.worked_out(row['sum'])}, not {wanted - got}")
point(faults, f"{len(known)} explanations are sums that come out")
types = [t for row in make.rows(ROOT / "tests/truth/undescribed.tsv") for t in row["types"].split() if not row["kind"].startswith("part")]
point(sorted({t for t in types if types.count(t) > 1}), "a type that is not described has one reason")
point(re.findall(r"no kind of these \| (.*?) \|", PAGE), "each of them has one")
print(f"1..{number}")
