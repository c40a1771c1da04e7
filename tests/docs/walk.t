#!/usr/bin/env python3
"""The walk of one question in ARCHITECTURE.md: each function that it names is defined in the file that it names."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
text = (ROOT / "ARCHITECTURE.md").read_text()
walk = text.split("## One question, function by function")[1].split("\n## ")[0]
functions = sorted(set(re.findall(r"`((?:wb|weigh|cli|face|srv)_[a-z_]+)`", walk)))
files = re.findall(r"`((?:src|cli|face|server)/[a-z_/]+\.c)`", walk)
code = {path: (ROOT / path).read_text() for path in files if (ROOT / path).is_file()}
TYPES = {"wb_kept", "wb_op_use", "wb_out", "weigh_report_options"}


def defined(name):
    pattern = re.compile(rf"^[a-z_][^;\n]*\b{name}\([^;{{]*\) {{", re.M | re.I)
    return [path for path, source in code.items() if pattern.search(source)]


lost = [path for path in files if path not in code]
absent = [name for name in functions if name not in TYPES and not defined(name)]
print("1..3")
print("not " * bool(lost) + f"ok 1 - its {len(files)} files are there {' '.join(lost)}")
print("not " * bool(absent) + f"ok 2 - its {len(functions)} functions are defined in one of them {' '.join(absent)}")
print("not " * (len(functions) < 25) + "ok 3 - it names them")
