#!/usr/bin/env python3
"""docs/reference/api.md: its examples are answered, and its table has every address of the API's description."""
import json
import pathlib
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import serving

PAGE = (serving.ROOT / "docs/reference/api.md").read_text("utf-8")
number = 0


def point(faults, name):
    global number
    number += 1
    print(("not " if faults else "") + f"ok {number} - {name}")
    for fault in faults:
        print(f"# {fault}")


server = serving.Server("--log", "errors")
examples = re.findall(r"^curl '?localhost:7860([^ '\n]*)'?(?: -d '(.*)')?$", PAGE, re.M)
replies = []
for path, body in examples:
    status, headers, answer = server.ask("POST" if body else "GET", path, body or None, {"Content-Type": "application/json"} if body else {})
    replies.append((status, json.loads(answer)))
wanted = [200, 200, 201, 200, 400]
point([f"{replies}"[:300]] if [s for s, _ in replies] != wanted else [], f"{len(examples)} examples are answered")
without_time = lambda answer: {k: v for k, v in answer.items() if k != "resolution"}
point([] if without_time(replies[0][1]) == without_time(replies[1][1]) else ["they differ"], "a body and a line are the same question")
point([] if replies[4][1]["field"] == "context" else [str(replies[4][1])], "an error says at which option")
paths = json.loads(server.ask("GET", "/api/v1/openapi.json")[2])["paths"]
commands = {p for p in paths if "post" in paths[p] and p != "/api/v1/models"}
described = {f"{method.upper()} {path}" for path in paths for method in paths[path] if path not in commands}
told = {re.sub(r"\?.*", "", t).replace("/ID", "/{id}") for t in re.findall(r"`((?:GET|POST|DELETE) [^`]*)`", PAGE.split("## Questions")[0])}
told -= {"POST /api/v1/COMMAND", "GET /api/v1/QUESTION"}
point(sorted(described ^ told), "every address is in the table, and no other")
server.stop()
statuses = set(re.findall(r'\{"[A-Z_]+", (\d{3})\}|\{WEIGH_\w+, (\d{3})\}', (serving.ROOT / "server/reply.c").read_text("utf-8")))
point(sorted({"".join(s) for s in statuses} - set(re.findall(r"\b\d{3}\b", PAGE))), "every status is explained")
print(f"1..{number}")
