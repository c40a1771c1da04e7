"""Answers as JSON to the questions of docs/examples.tsv and docs/reference/questions.txt, and the paths in them."""
import json
import os
import pathlib
import re
import shlex
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Below these, names are of what is described, not the report's: fields, options, variables, states, quantities.
OPEN = {"config", "engine_options", "inputs", "asked", "shape"}
OPEN_DICTS = {"components", "states", "verdicts", "input", "methods"}  # where they are no lists
NOT_REPORTS = ("batch", "completion", "version", "open", "help", "serve")


def questions():
    for line in (ROOT / "docs/examples.tsv").read_text("utf-8").splitlines():
        cells = line.split("\t")
        if len(cells) == 5 and cells[2].startswith("weigh ") and cells[0] not in NOT_REPORTS:
            yield re.sub(r" -f \w+", "", cells[2][len("weigh "):])
    for line in (ROOT / "docs/reference/questions.txt").read_text("utf-8").splitlines():
        if line and line[0] != "#":
            yield line


def ask(weigh, line, folder):
    """The answer, or a text that says what went wrong."""
    done = subprocess.run([weigh, *shlex.split(line), "-f", "json"], capture_output=True, text=True, cwd=folder, stdin=subprocess.DEVNULL,
                          env={**os.environ, "WEIGH_REGISTRY": "", "LC_ALL": "C.UTF-8"})
    return json.loads(done.stdout) if done.returncode in (0, 3) else f"{line}: {done.returncode}: {done.stderr.strip()}"


def answers(weigh):
    """Each question with its answer."""
    weigh = str(pathlib.Path(weigh).resolve())
    with tempfile.TemporaryDirectory() as folder:
        os.symlink(ROOT / "tests", f"{folder}/tests")
        pathlib.Path(folder, "broken.jsonl").write_text("{}\n")
        for line in questions():
            yield line, ask(weigh, line, folder)


def kind_of(value):
    names = {bool: "boolean", str: "text", int: "integer", float: "number", type(None): "null", dict: "object", list: "list"}
    return names[type(value)]


def labels(value):
    """Names in an object that are somebody else's: quantities of a method, variables of a sweep."""
    listed = value.get("derivation") or value.get("quantities") or []
    return {x["name"] for x in listed if isinstance(x, dict) and "name" in x}


def paths(value, at="", foreign=frozenset()):
    """(path, last name, kind) of each member below a value; `[]` stands for any place of a list, `*` for any name."""
    if isinstance(value, dict):
        own = labels(value) | foreign
        for key, below in value.items():
            name = "*" if key in own else key
            path = f"{at}.{name}" if at else name
            yield path, name, kind_of(below)
            if key in OPEN or key in OPEN_DICTS and isinstance(below, dict):
                if isinstance(below, dict):
                    yield from ((f"{path}.*", "*", kind_of(x)) for x in below.values())
                continue
            variables = {v["name"] for v in value.get("variables", [])} if key == "points" else frozenset()
            yield from paths(below, path, variables)
    elif isinstance(value, list):
        for below in value:
            if not isinstance(below, (dict, list)):
                yield f"{at}[]", "*", kind_of(below)
            yield from paths(below, f"{at}[]", foreign)


def table(weigh):
    """report -> path -> the kinds that stand there; raises where a question is not answered."""
    out = {}
    for line, answer in answers(weigh):
        if isinstance(answer, str):
            raise SystemExit(f"docs: {answer}")
        of = out.setdefault(answer["report"], {})
        for path, _, kind in paths(answer):
            of.setdefault(path, set()).add(kind)
    return out
