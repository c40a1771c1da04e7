#!/usr/bin/env python3
"""What pages name in code is there: files of the tree, functions and types of the sources."""
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILE = re.compile(r"(?<![\w./*-])[\w*-][\w./*-]*\.(?:c|h|py|sh|t|tsv|weigh|md|ts|tsx|mjs|jsonl|cases)\b")
OURS = re.compile(r"\b(?:wb|weigh|face|srv|cli)_[a-z_]{4,}\b")
MADE = ("docs/accuracy.md", "docs/manual.md", "docs/manual.zh.md")  # words of vectors and of options
ELSEWHERE = ("generated/", "truth/", "fuzz_NAME")  # made by the build; of the reference lists; a pattern



def tree():
    """What git keeps; where there is no git, what lies there but for what is made."""
    try:
        return subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    except (OSError, subprocess.CalledProcessError):
        paths = (p.relative_to(ROOT) for p in ROOT.rglob("*") if p.is_file())
        made = re.compile(r"^(build|\.git$|node_modules$)")
        return [str(p) for p in paths if not any(made.match(part) for part in p.parts)]


FILES = tree()
NAMES = {name for f in FILES for name in (f, f.rsplit("/", 1)[-1])}
CODE = "\n".join((ROOT / f).read_text("utf-8", "replace") for f in FILES if re.match(r"(src|include|cli|face|server|tools|bench|fuzz|tests/unit)/.*\.[ch]$", f))


def is_there(name, page):
    if "*" in name:
        return any(True for folder in (ROOT, ROOT / "src", ROOT / "data", page.parent) for _ in folder.rglob(name))
    return name in NAMES or (page.parent / name).exists() or any(f.endswith("/" + name) for f in FILES)


def faults(page):
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.S)
    for code in re.findall(r"`([^`\n]+)`", text):
        for name in FILE.findall(code):
            if not any(e in name for e in ELSEWHERE) and not is_there(name, page):
                yield name
        yield from (name for name in OURS.findall(code) if name not in CODE)


pages = [ROOT / f for f in FILES if re.match(r"([^/]*|docs/.*|data/.*|tests/.*|bench/.*|deploy/.*)\.md$", f) and f not in MADE]
for number, page in enumerate(pages, 1):
    found = list(faults(page))
    print(("not " if found else "") + f"ok {number} - {page.relative_to(ROOT)}")
    for name in found:
        print(f"# {name}")
print(f"1..{len(pages)}")
