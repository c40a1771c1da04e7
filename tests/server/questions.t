#!/usr/bin/env python3
"""The server says what the command says, member for member and digit for digit: random questions, asked as a body, as a line, and shared.

    WEIGH_QUESTIONS=1000 tests/server/questions.t    more of them
"""
import difflib
import json
import os
import pathlib
import subprocess
import sys
import urllib.parse

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import serving

COUNT, SEED = int(os.environ.get("WEIGH_QUESTIONS", "100")), int(os.environ.get("WEIGH_SEED", "7"))
ENV = {**os.environ, "LC_ALL": "C.UTF-8"}
HTTP = {0: 200, 1: 400, 2: 422, 3: 200, 4: 503}


def same_error(said, reply):
    mine, theirs = json.loads(said)["error"], json.loads(reply)
    return all(theirs.get(k) == mine.get(k) for k in ("code", "file", "line", "column")) and \
        theirs["detail"] == mine["message"] and theirs["exit"] == mine["status"]


def difference(wanted, got):
    lines = difflib.unified_diff(wanted.decode().splitlines(), got.decode().splitlines(), lineterm="", n=0)
    return " / ".join([l.strip() for l in lines if not l.startswith(("---", "+++", "@@"))][:6])


def agrees(run, status, body):
    if status != HTTP[run.returncode]:
        return f"exit {run.returncode}, HTTP {status}: {run.stderr[:200]} {body[:300]}"
    if run.returncode in (0, 3):
        return "" if serving.timeless(run.stdout) == serving.timeless(body) else f"the answers differ: {difference(serving.timeless(run.stdout), serving.timeless(body))}"
    return "" if same_error(run.stderr, body) else f"the errors differ: {run.stderr} {body}"


def line_of(asked):
    argv = serving.argv_of(asked)
    argv.insert(2, "--share")
    return subprocess.run(argv, capture_output=True, env=ENV, text=True).stdout.strip()


def main():
    server = serving.Server("--log", "errors")
    faults, counts, lines = [], {}, 0
    for asked in serving.questions(COUNT, SEED):
        run = subprocess.run(serving.argv_of(asked), capture_output=True, env=ENV)
        counts[run.returncode] = counts.get(run.returncode, 0) + 1
        status, headers, body = server.ask("POST", f"/api/v1/{asked[0]}", serving.body_of(asked))
        why = agrees(run, status, body)
        if not why and (headers.get("weigh-answer") == "no") != (run.returncode == 3):
            why = "whether the answer is no differs"
        line = line_of(asked) if not why else ""
        language = {"Accept-Language": asked[2].get("lang", "en")}
        if line:
            lines += 1
            status, headers, body = server.ask("GET", f"/api/v1/{line}", headers=language)
            why = agrees(run, status, body) and f"as the line {line}: {agrees(run, status, body)}"
        if line and not why:
            status, headers, body = server.ask("GET", f"/api/v1/ask?q={urllib.parse.quote(line, safe='')}", headers=language)
            why = agrees(run, status, body) and f"asked as q={line}: {agrees(run, status, body)}"
            opened = subprocess.run([serving.WEIGH, "open", line, "-f", "json", "--lang", language["Accept-Language"]],
                                    capture_output=True, env=ENV)
            if not why and (opened.returncode, serving.timeless(opened.stdout), opened.stderr) != (run.returncode, serving.timeless(run.stdout), run.stderr):
                why = f"weigh open {line} says otherwise"
        if why:
            faults.append(f"{asked}: {why}")
    status = server.stop()[0]
    print("1..3")
    print("not " * bool(faults) + f"ok 1 - {COUNT} questions are answered as the command answers them")
    for fault in faults[:10]:
        print(f"# {fault}")
    print("not " * (lines < COUNT / 3) + "ok 2 - and as shared lines")
    print("not " * (status != 0) + "ok 3 - the server stops with status 0")
    print(f"# exit statuses {counts}, {lines} lines, seed {SEED}")


main()
