#!/usr/bin/env python3
"""How long one cold run of the command takes, from fork to exit: median and best of many, beside /bin/true."""
import os
import statistics
import sys
import time

WEIGH = os.environ.get("WEIGH", "build/weigh")
RUNS = 200
CASES = [["/bin/true"], [WEIGH, "--version"], [WEIGH, "params", "Qwen/Qwen3-8B"]]


def once(argv, null):
    start = time.perf_counter_ns()
    child = os.posix_spawn(argv[0], argv, os.environ,
                           file_actions=[(os.POSIX_SPAWN_DUP2, null, 1), (os.POSIX_SPAWN_DUP2, null, 2)])
    _, status = os.waitpid(child, 0)
    return time.perf_counter_ns() - start, status


null = os.open(os.devnull, os.O_WRONLY)
for argv in CASES + [[WEIGH, *sys.argv[1:]]] * (len(sys.argv) > 1):
    found = [once(argv, null) for _ in range(RUNS)]
    times = [t / 1e6 for t, _ in found]
    bad = sum(s != 0 for _, s in found)
    print(f"{' '.join(argv):48} median {statistics.median(times):7.3f} ms   best {min(times):7.3f} ms"
          + (f"   ({bad} of {RUNS} runs failed)" if bad else ""))
