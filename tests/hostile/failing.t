#!/usr/bin/env python3
"""A machine at fault: each read, open, write, sync and allocation of a command fails once (failing.c, put before the C library).

The command then says so and ends as a refusal does, or gives its whole answer; it never crashes, hangs, or ends well with a part
of an answer. A registry is sound afterwards. Reads that are short or interrupted change nothing.

    tests/hostile/failing.t [NAME...]      WEIGH_FAILING: so many failures of a kind at most, spread evenly (12; 0: all)"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
WEIGH = str(pathlib.Path(os.environ.get("WEIGH", "build/weigh")).resolve())
CACHE = pathlib.Path(WEIGH).parent / "CMakeCache.txt"
SANITIZED = CACHE.exists() and re.search("WEIGH_(SANITIZE|SANITIZE_THREAD|COVERAGE):BOOL=ON", CACHE.read_text())
MOST = int(os.environ.get("WEIGH_FAILING", "12"))
SCRATCH = pathlib.Path(tempfile.mkdtemp())
SHIM = SCRATCH / "failing.so"
CONFIG = '{"model_type":"llama","vocab_size":96,"hidden_size":16,"intermediate_size":40,"num_hidden_layers":2,"num_attention_heads":4}'
LINES = "".join(json.dumps({"model_id": f"o/m{i}", "config_json": CONFIG}) + "\n" for i in range(5))

# name: words, standard input; REG is a registry that is made anew for each run
COMMANDS = {
    "params": (["params", "config.json"], None),
    "standard input": (["params", "-"], CONFIG),
    "a folder of descriptions": (["families", "--data", "data"], None),
    "check": (["check", "folder"], None),
    "log": (["check", "--log", "vllm.log"], None),
    "batch": (["batch", "asked", "-j", "1"], None),
    "batch of a folder": (["batch", "models", "-j", "2"], None),
    "memory": (["memory", "config.json", "-g", "RTX 4090", "-e", "vllm", "-f", "json"], None),
    "sweep": (["sweep", "config.json", "--vary", "context=1k,2k", "-f", "csv"], None),
    "registry import": (["registry", "import", "lines", "--registry", "REG"], None),
    "registry export": (["registry", "export", "--registry", "REG"], None),
    "registry verify": (["registry", "verify", "--registry", "REG"], None),
    "a model of a registry": (["params", "o/k1", "--registry", "REG"], None),
}
number = 0


def point(faults, name):
    global number
    number += 1
    print(f"{'not ok' if faults else 'ok'} {number} - {name}", flush=True)
    for fault in faults[:8]:
        print("# " + fault.replace("\n", "\n# "))


def prepare():
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", SHIM, HERE / "failing.c", "-ldl"], check=True)
    (SCRATCH / "config.json").write_text(CONFIG)
    (SCRATCH / "lines").write_text(LINES)
    (SCRATCH / "asked").write_text("config.json\n" + json.dumps({"model": "7B", "command": "params"}) + "\nQwen/Qwen3-8B\n")
    shutil.copy(HERE.parent / "logs/vllm-v1.log", SCRATCH / "vllm.log")
    for i in range(3):
        (SCRATCH / f"models/m{i}").mkdir(parents=True)
        (SCRATCH / f"models/m{i}/config.json").write_text(CONFIG)
    (SCRATCH / "data").mkdir()
    (SCRATCH / "data/mine.weigh").write_text("family mine like llama\n    model_type mine\n    source \"mine\"\n")
    (SCRATCH / "folder").mkdir()
    (SCRATCH / "folder/config.json").write_text(CONFIG)
    (SCRATCH / "folder/model.safetensors.index.json").write_text('{"weight_map":{"model.norm.weight":"model.safetensors"}}')
    (SCRATCH / "kept").write_text(LINES.replace("o/m", "o/k"))
    subprocess.run([WEIGH, "registry", "import", "kept", "--registry", "clean"], cwd=SCRATCH, check=True, capture_output=True)


def run(words, given, failing=None):
    for name in SCRATCH.glob("REG*"):
        name.unlink()
    shutil.copy(SCRATCH / "clean", SCRATCH / "REG")
    more = {"LD_PRELOAD": str(SHIM), "FAILING": failing, "FAILING_COUNT": str(SCRATCH / "count")} if failing else {}
    env = {**os.environ, "WEIGH_REGISTRY": "", "XDG_DATA_HOME": str(SCRATCH), "LC_ALL": "C.UTF-8", **more}
    done = subprocess.run([WEIGH, *words], cwd=SCRATCH, env=env, input=given or "", capture_output=True, text=True, timeout=20)
    done.stdout = re.sub(r'"seconds": ?[0-9.e-]+', "", done.stdout)
    done.stdout = re.sub(r"\([0-9.]+ ms\)", "", done.stdout)
    return done


def calls():
    return int((SCRATCH / "count").read_text())


def fault_of(done, whole, words, how):
    said = f"{how}: {done.returncode} {done.stdout[-300:]!r} {done.stderr[-300:]!r}"
    if done.returncode < 0 or done.returncode not in (0, 1, 2, 3, 4):
        return "crashed, " + said
    if done.returncode == whole.returncode and done.stdout == whole.stdout:
        return None
    if done.returncode in (0, 3) and not re.search("registry|cannot|could not|memory", done.stdout + done.stderr):
        return "a part of an answer, " + said
    if done.returncode not in (0, 3) and not (done.stderr.strip() or how.startswith(("write", "memory"))):
        return "silent, " + said
    if "REG" in words and not how.startswith("memory"):
        after = subprocess.run([WEIGH, "registry", "verify", "--registry", "REG"], cwd=SCRATCH, capture_output=True, text=True)
        if after.returncode:
            return "the registry is damaged, " + said + after.stdout + after.stderr
    return None


def spread(count):
    step = max(1, count // MOST) if MOST else 1
    return range(1, count + 1, step)


def ask(name, words, given):
    whole = run(words, given)
    if whole.returncode not in (0, 3):
        return point([f"{words}: {whole.returncode} {whole.stderr}"], name)
    for how in ("read:short", "read:eintr"):
        done = run(words, given, how)
        same = done.returncode == whole.returncode and done.stdout == whole.stdout
        point([] if same else [f"{done.returncode} {done.stdout[-300:]} {done.stderr}"], f"{name}, {how}")
    for call in ("read", "open", "write", "sync", "memory"):
        run(words, given, f"{call}:0")
        count = calls()
        faults = [fault_of(run(words, given, f"{call}:{n}"), whole, words, f"{call}:{n}") for n in spread(count)]
        point([f for f in faults if f], f"{name}, {len(faults)} of {count} calls of {call} fail")


if SANITIZED or not shutil.which("cc") or sys.platform != "linux":
    print("1..0 # SKIP a sanitizer, or what counts lines, does not bear this" if SANITIZED else "1..0 # SKIP needs cc and Linux")
    sys.exit()
try:
    prepare()
    for name, (words, given) in COMMANDS.items():
        if len(sys.argv) < 2 or name in sys.argv[1:]:
            ask(name, words, given)
finally:
    shutil.rmtree(SCRATCH)
print(f"1..{number}")
