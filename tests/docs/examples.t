#!/usr/bin/env python3
"""Examples of the manual (docs/examples.tsv) run and end as they say, every command has one, and what the READMEs and docs name
is there: commands, options, files that links point to."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
WEIGH = str(pathlib.Path(os.environ.get("WEIGH", ROOT / "build/weigh")).resolve())
number = 0


def point(faults, name):
    global number
    number += 1
    print(("not " if faults else "") + f"ok {number} - {name}", flush=True)
    for fault in faults:
        print("# " + fault.replace("\n", "\n#   "))


def rows():
    lines = [l for l in (ROOT / "docs/examples.tsv").read_text("utf-8").splitlines() if l and l[0] != "#"]
    return [dict(zip(lines[0].split("\t"), l.split("\t"))) for l in lines[1:]]


def run_examples():
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "bin").mkdir()
        os.symlink(WEIGH, f"{folder}/bin/weigh")
        os.symlink(ROOT / "tests", f"{folder}/tests")
        environment = {**os.environ, "PATH": f"{folder}/bin:{os.environ['PATH']}", "WEIGH_REGISTRY": "", "HOME": folder, "LC_ALL": "C.UTF-8"}
        for row in rows():
            done = subprocess.run(["sh", "-c", row["example"]], cwd=folder, env=environment, capture_output=True, text=True,
                                  stdin=subprocess.DEVNULL, timeout=60)
            fault = [] if done.returncode == int(row["exit"]) and done.stdout else [f"{done.returncode}: {done.stderr or 'no output'}"]
            point(fault, row["example"])


def links():
    """Every link inside the tree points to a file that is there, and to a heading that is in it."""
    faults = []
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "data").rglob("*.md"), *(ROOT / "tests").rglob("*.md")]:
        text = re.sub(r"```.*?```|`[^`\n]*`", "", path.read_text("utf-8"), flags=re.S)
        for link in re.findall(r"\]\(([^)\s]+)\)", text):
            file, _, anchor = link.partition("#")
            target = (path.parent / file) if file else path
            if "://" in link:
                continue
            if not target.exists():
                faults.append(f"{path.relative_to(ROOT)}: {link}")
            elif anchor and anchor not in anchors(target):
                faults.append(f"{path.relative_to(ROOT)}: {link}: no such heading")
    return faults


def anchors(path):
    heads = re.findall(r"^#+ (.*)", path.read_text("utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in heads}


def named(path, commands):
    """Commands in backticks are commands, and options beside them are theirs (an engine's own may follow where there is one)."""
    for words in re.findall(r"`weigh ([a-z][a-z-]*)([^`]*)`", path.read_text("utf-8")):
        command, rest = words
        if command not in commands:
            yield f"{path.relative_to(ROOT)}: weigh {command}"
            continue
        for option in re.findall(r"(?<!\S)--([a-z-]+)", rest):
            if command not in ("serve",) and option not in commands[command]:
                yield f"{path.relative_to(ROOT)}: weigh {command} --{option}"


def main():
    help = json.loads(subprocess.run([WEIGH, "help", "-f", "json"], capture_output=True, text=True, check=True).stdout)
    commands = {c["name"]: {o["name"] for o in c["options"]} for c in help["commands"]}
    point(sorted(set(commands) - {r["command"] for r in rows()} - {"serve"}), "every command has an example")
    run_examples()
    point(links(), "links inside the tree lead somewhere")
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    point([f for page in pages for f in named(page, commands)], "commands that pages name are there, with their options")
    for readme in ("README.md", "README.zh.md"):
        text = (ROOT / readme).read_text("utf-8")
        point([c for c in commands if not re.search(rf"`weigh {c}\b", text)], f"{readme} has every command")
    print(f"1..{number}")


main()
