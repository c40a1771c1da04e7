#!/usr/bin/env python3
"""docs/language.md against the parser: every word that it knows is explained, every function is there with its arguments, and
each statement of the table is one that the parser takes."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
WEIGH = os.environ.get("WEIGH", str(ROOT / "build/weigh"))
DOC = (ROOT / "docs/language.md").read_text("utf-8")
number = 0


def point(faults, name):
    global number
    number += 1
    print(("not " if faults else "") + f"ok {number} - {name}")
    for fault in faults:
        print("# " + str(fault).replace("\n", "\n#   "))


def source(*names):
    return "\n".join((ROOT / "src" / name).read_text("utf-8") for name in names)


def strings(text, start):
    """The texts in quotes of the table that begins so."""
    return re.findall(r'"([^"]+)"', text[text.index(start):].split(";")[0])


def known_words():
    parser = source("model/parse_decl.c", "model/parse_method.c", "model/parse_stmt.c", "expr/parse.c")
    words = set(re.findall(r'wb_(?:is|accept|expect)\([^;()]*?WB_T_NAME, "(\w+)"', parser))
    words |= set(re.findall(r'wb_str_is\([^;]*?->text, "(\w+)"', parser))
    for start in ("cuts[] = {", "wb_cost_words[", "FLOP_WORDS[", "kinds[] = {"):
        words |= {w for w in strings(parser, start) if w.isidentifier()}
    words |= {w for w in strings(source("expr/parse.c"), "wb_ops[") if w.isidentifier()}
    return words


def documented():
    """Words in code: fences and backticks, and the list of groups."""
    code = " ".join(re.findall(r"```.*?```|`[^`]+`", DOC, re.S)) + DOC[DOC.index("Groups: "):].split("\n\n")[0]
    return set(re.findall(r"[A-Za-z_]\w*", code))


def rows(heading):
    part = DOC[DOC.index(heading):].split("\n\n")[0]
    return [re.findall(r"`([^`]+)`", re.split(r"(?<!\\) \| ", line)[0]) for line in part.split("\n")[2:]]


def probe(folder, lines):
    """What comes of a family whose model has these lines."""
    model = ["x = embed e(8, 8)", *lines, "x = add(x, x)"]
    text = "family probe\n    model_type probe\n    model\n" + "".join(f"        {l}\n" for l in model)
    (pathlib.Path(folder) / "probe.weigh").write_text(text)
    done = subprocess.run([WEIGH, "params", "-", "--data", folder, "-f", "json"], input='{"model_type": "probe"}', capture_output=True, text=True)
    return json.loads(done.stderr)["error"] if done.returncode else {"code": ""}


OPENS = ("stack", "repeat", "scope", "dispatch", "path", "apart", "on", "without", "when")


def statement(text):
    """The statement as lines; what opens a body gets one."""
    body = ["    y = add(x, x)"]
    if text.startswith("else"):
        return ["when cond", *body, text, *body]
    return [text, *body] if text.split()[0] in OPENS else [text]


def main():
    point(sorted(known_words() - documented()), f"{len(known_words())} words of the parser are explained")
    functions = dict((n, (int(a), int(b))) for n, a, b in re.findall(r'\{"(\w+)", (\d), (-?\d), run_', source("expr/builtin.c")))
    told = {n: len(a.split(",")) for row in rows("| function | gives |") for n, a in re.findall(r"(\w+)\(([^)]*)\)", " ".join(row))}
    point(sorted(set(functions) ^ set(told)), f"{len(functions)} functions are explained, and no other")
    point([n for n, c in told.items() if n in functions and not functions[n][0] <= c <= (functions[n][1] if functions[n][1] > 0 else 99)],
          "with as many arguments as they take")
    groups = strings(source("model/model.c"), '"embedding"')
    point(sorted(set(groups) - documented()), "groups are listed")
    workload = {w for w in re.findall(r'"(\w+)"', source("model/workload.c")) if w.islower()}
    point(sorted(workload - documented()), f"{len(workload)} names of the workload are listed")
    with tempfile.TemporaryDirectory() as folder:
        point([probe(folder, ["stack layers of 3"])] if probe(folder, ["stack layers of 3"])["code"] != "lang_syntax" else [], "a statement that is none is refused")
        for spans in rows("| statement | meaning |"):
            faults = []
            for span in spans:
                said = probe(folder, statement(span))
                if said["code"] == "lang_syntax":
                    faults.append(f"{span}: {said['message']}")
            point(faults, ", ".join(spans))
    print(f"1..{number}")


main()
