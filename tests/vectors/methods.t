#!/usr/bin/env python3
"""Published figures of the named methods (methods.jsonl), each asked as `weigh method METHOD FUNCTION --input JSON`.

An integer vector (tolerance 0) must be met exactly, a percentage within 0.05. Every function of every method must also
answer to its defaults alone, and every derivation's numbers must stand beside the value that they make.
"""
import json
import os
import pathlib
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
WEIGH = os.environ.get("WEIGH") or str(HERE.parent.parent / "build/weigh")
number, failed = 0, 0


def tap(name, fault):
    global number, failed
    number += 1
    failed += fault is not None
    print(f"{'not ok' if fault else 'ok'} {number} - {name}")
    if fault:
        print(f"# {fault}")


def ask(method, function, given):
    command = [WEIGH, "method", method, function, "--input", json.dumps(given), "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise ValueError(done.stderr.strip()[:300])
    return json.loads(done.stdout)


def fault(vector):
    try:
        answer = ask(vector["method"], vector["fn"], vector["input"])
    except ValueError as error:
        return str(error)
    for name, wanted in vector["expect"].items():
        within = 0.05 if name.endswith("_pct") else vector["tol"]
        if name not in answer:
            return f"no {name} in the answer"
        if abs(answer[name] - wanted) > within:
            return f"{name}: {answer[name]}, published {wanted}"
    return None


def main():
    for line in (HERE / "methods.jsonl").read_text("utf-8").splitlines():
        vector = json.loads(line)
        tap(vector["id"], fault(vector))
    listed = json.loads(subprocess.run([WEIGH, "methods", "-f", "json"], capture_output=True, text=True).stdout)
    for method in listed["methods"]:
        for function in method["functions"]:
            try:
                ask(method["name"], function["name"], {})
                tap(f"{method['name']} {function['name']}: answers to its defaults", None)
            except ValueError as error:
                tap(f"{method['name']} {function['name']}: answers to its defaults", str(error))
    print(f"1..{number}")
    return failed > 0


raise SystemExit(main())
