#!/usr/bin/env python3
"""Published figures that must not be used (data/methods/errata.tsv): each row's right side gives `correct` and not
`published`, its wrong side, where there is one, gives `published`. A figure is met within half of its last digit.

Every method, function and input must also have its texts (about.tsv, messages): a title, where it holds, what an input
means, and why an input that no formula contains is there.
"""
import json
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
WEIGH = os.environ.get("WEIGH") or str(ROOT / "build/weigh")
number, failed = 0, 0


def tap(name, fault):
    global number, failed
    number += 1
    failed += fault is not None
    print(f"{'not ok' if fault else 'ok'} {number} - {name}")
    if fault:
        print(f"# {fault}")


def rows(path):
    lines = [l for l in path.read_text("utf-8").splitlines() if l and not l.startswith("#")]
    return [dict(zip(lines[0].split("\t"), l.split("\t"))) for l in lines[1:]]


def answer(*command):
    done = subprocess.run([WEIGH, *command, "-f", "json"], capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise ValueError(done.stderr.strip()[:300])
    return json.loads(done.stdout)


def evaluate(expression):
    """Arithmetic of its own: numbers, + - * / ^, brackets and ceil; not the program's."""
    import math
    return eval(expression.replace("^", "**"), {"__builtins__": {}, "ceil": math.ceil})


def figure(by, given):
    if by == "=":
        return evaluate(given)
    asked, quantity = by.split(":")
    if asked == "model":
        return answer("params", given)[quantity]
    return answer("method", *asked.split("."), "--input", given)[quantity]


def half_digit(text):
    return 0.5 * 10 ** -len(text.partition(".")[2]) * (1 + 1e-9) if "." in text else 0.5


def meets(value, text):
    # an integer that is not rounded to thousands is exact
    return value == int(text) if "." not in text and abs(value) >= 10**5 else abs(value - float(text)) <= half_digit(text)


def fault(row, shown):
    right = figure(row["right"], row["right_input"])
    if not meets(right, row["correct"]):
        return f"correct: {right}, in the row {row['correct']}"
    # 4.55 is not 5, although it rounds to it: the digits of the correct figure decide
    if abs(right - float(row["published"])) <= (half_digit(row["correct"]) if "." in row["correct"] else 0):
        return f"{right} is what was published"
    if row["kind"] == "card" and not right > float(row["published"]) * 1.073741824:
        return f"{right} GB fit {row['published']} GiB"
    if row["wrong"]:
        wrong = figure(row["wrong"], row["wrong_input"])
        if not meets(wrong, row["published"]):
            return f"published: {row['wrong']} gives {wrong}, in the row {row['published']}"
        if row["wrong"] not in ("=",) and abs(shown["wrong"]["value"] - wrong) > 1e-9 * abs(wrong):
            return f"shown: {shown['wrong']}"
    if not row["right"].startswith("model:") and abs(shown["right"]["value"] - right) > 1e-9 * abs(right):
        return f"shown: {shown['right']}"
    return None if shown["text"] and "{" not in shown["text"] else f"text: {shown['text']!r}"


def texts(method):
    missing = [k for k in ("title", "validity", "accuracy") if not method.get(k)]
    missing += ["title of its own"] if method["title"] == method["name"] else []
    for function in method["functions"]:
        if function["title"] == function["name"]:
            missing.append(f"{function['name']}: title")
        for given in function["inputs"]:
            if not given.get("meaning"):
                missing.append(f"{function['name']}.{given['name']}: meaning")
            if given["has_effect"] == bool(given.get("no_effect_because")):
                missing.append(f"{function['name']}.{given['name']}: why it has no effect, or has one")
    return ", ".join(missing) or None


def main():
    errata = rows(ROOT / "data/methods/errata.tsv")
    listed = {m["name"]: m for m in answer("methods")["methods"]}
    shown = {e["id"]: e for name in listed for e in answer("method", name)["errata"]}
    for row in errata:
        try:
            tap(row["id"], fault(row, shown[row["id"]]) if row["id"] in shown else "not shown with its method")
        except (ValueError, KeyError) as error:
            tap(row["id"], repr(error))
    twice = len(errata) - len({row["id"] for row in errata})
    tap("no id stands twice", f"{twice} do" if twice else None)
    for name, method in listed.items():
        tap(f"{name}: has its texts", texts(method))
    named = {(m, f["name"]) for m in listed for f in listed[m]["functions"]} | {(m, "*") for m in listed}
    stray = [r for r in rows(ROOT / "data/methods/about.tsv") if (r["method"], r["function"]) not in named]
    tap("about.tsv speaks of methods and functions that there are", f"{stray}" if stray else None)
    print(f"1..{number}")
    return failed > 0


raise SystemExit(main())
