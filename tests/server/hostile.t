#!/usr/bin/env python3
"""Strangers at several connections for a while: broken HTTP, cut and abandoned connections, bodies that are almost questions.
The server answers everybody else meanwhile, keeps its memory and its descriptors, and ends when asked.

    WEIGH_HOSTILE_SECONDS=600 WEIGH_SEED=1 tests/server/hostile.t
"""
import os
import pathlib
import random
import sys
import threading
import time

sys.dont_write_bytecode = True
SECONDS = float(os.environ.get("WEIGH_HOSTILE_SECONDS", "12"))
os.environ.setdefault("WEIGH_TEST_SECONDS", str(int(SECONDS) + 240))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import hostile
import serving

SEED = int(os.environ.get("WEIGH_SEED", "0")) or random.randrange(1, 1 << 30)
server = serving.Server("--log", "errors")
descriptors = lambda: len(os.listdir(f"/proc/{server.process.pid}/fd"))
counts, faults, slowest = {}, [], 0.0
until = time.monotonic() + SECONDS


def stranger(number):
    rng = random.Random(f"{SEED}-{number}")
    while time.monotonic() < until and server.process.poll() is None:
        way, wrong = hostile.trouble(rng, server)
        counts[way] = counts.get(way, 0) + 1
        if wrong:
            faults.append(f"{way}: {wrong}")


def slow(number):
    """Heads and bodies that come byte by byte, for as long as the server bears them."""
    sent = b"POST /api/v1/params HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{" if number % 2 else b"GET / HTTP/1.1\r\nX: "
    while time.monotonic() < until:
        try:
            with server.open() as s:
                for byte in sent:
                    s.send(bytes([byte]))
                    time.sleep(0.2)
                    if time.monotonic() > until:
                        break
        except OSError:
            pass


server.ask("GET", "/healthz")
at_first = descriptors()
threads = [threading.Thread(target=stranger, args=(i,), daemon=True) for i in range(8)] + \
    [threading.Thread(target=slow, args=(i,), daemon=True) for i in range(16)]
for t in threads:
    t.start()
while time.monotonic() < until and server.process.poll() is None:
    began = time.monotonic()
    try:
        if server.ask("POST", "/api/v1/params", {"model": "Qwen/Qwen3-8B"})[0] != 200:
            faults.append("a good question is not answered")
    except OSError as e:
        faults.append(f"a good question is not answered: {e!r}")
    slowest = max(slowest, time.monotonic() - began)
    time.sleep(0.1)
for t in threads:
    t.join(30)
left = at_first + 1
for _ in range(200 if server.process.poll() is None else 0):
    left = descriptors()
    if left <= at_first:
        break
    time.sleep(0.1)
resident = server.resident() if server.process.poll() is None else 0
status = server.stop()[0] if server.process.poll() is None else server.process.returncode
print("1..5")
print("not " * bool(faults) + "ok 1 - every reply is one that HTTP and the description know")
for fault in faults[:10]:
    print(f"# {fault[:600]}")
print("not " * (slowest > 5) + f"ok 2 - everybody else is answered meanwhile\n# the slowest after {slowest:.2f} s")
print("not " * (left > at_first) + f"ok 3 - no connection is left open\n# {at_first} descriptors before, {left} after")
print("not " * (resident > 1 << 30) + f"ok 4 - memory stays within its bounds\n# {resident >> 20} MiB")
print("not " * (status != 0) + f"ok 5 - the server ends with status 0\n# {status}")
print(f"# seed {SEED}: {sum(counts.values())} connections, {dict(sorted(counts.items()))}")
