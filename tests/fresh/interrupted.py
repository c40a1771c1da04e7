#!/usr/bin/env python3
"""Runs a command that ends in the page, asks the page what a browser would, and interrupts it as a keyboard does.

    interrupted.py COMMAND...

Passes on what the command says. Waits for the address on a line of its own; fetches the page, what the page loads and an answer of
the API; sends SIGINT to the command's process group; ends with the command's status, or 1 when something of that did not come.
"""
import json
import re
import signal
import subprocess
import sys
import time
import urllib.request

PATIENCE = 30


def fetch(url, question=None):
    with urllib.request.urlopen(url, data=question and json.dumps(question).encode(), timeout=PATIENCE) as reply:
        return reply.read()


def visit(address):
    page = fetch(address + "/").decode()
    assets = re.findall(r'(?:src|href)="(/assets/[^"]+)"', page)
    if not assets or "<title>" not in page:
        raise ValueError("that is not the page")
    size = len(page) + sum(len(fetch(address + asset)) for asset in assets)
    total = json.loads(fetch(address + "/api/v1/params", {"model": "Qwen/Qwen3-8B"}))["total_parameters"]
    return f"the page and {len(assets)} files that it loads first are {size:,} bytes; the API says {total:,}"


def main():
    program = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
                               start_new_session=True, bufsize=1)
    fault = "no address came on a line of its own"
    for line in program.stdout:
        print(line, end="", flush=True)
        if re.fullmatch(r"http://127\.0\.0\.1:\d+", line.strip()):
            began = time.monotonic()
            try:
                print(f"[{visit(line.strip())}; {1000 * (time.monotonic() - began):.0f} ms; then Ctrl-C]", flush=True)
                fault = ""
            except (OSError, ValueError) as failure:
                fault = f"{line.strip()}: {failure}"
            subprocess.run(["kill", "-INT", "--", f"-{program.pid}"], check=False)
    try:
        status = program.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        program.send_signal(signal.SIGKILL)
        status, fault = program.wait(), fault or "it does not end when interrupted"
    if fault:
        print(f"[{fault}]")
    return 1 if fault else status


sys.exit(main())
