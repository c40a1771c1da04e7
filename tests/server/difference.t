#!/usr/bin/env python3
"""Two shared questions side by side: every number as each answer has it, and what they differ by."""
import json
import pathlib
import sys
import urllib.parse

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import serving

number = failed = 0


def ok(good, name, note=""):
    global number, failed
    number += 1
    failed += not good
    print(("" if good else "not ") + f"ok {number} - {name}", flush=True)
    if not good:
        print(f"# {note!r:.400}")


def ask(path, **query):
    status, _, body = server.ask("GET", path + "?" + urllib.parse.urlencode(query, quote_via=urllib.parse.quote))
    return status, json.loads(body)


server = serving.Server("--log", "errors")
A = "fit?model=Qwen/Qwen3-8B&context=8192&gpu=RTX 4090"
B = "fit?model=Qwen/Qwen3-8B&context=32768&gpu=H100 SXM5 80GB&gpus=2&engine=vllm"
answers = [ask("/api/v1/ask", q=question)[1] for question in (A, B)]
status, answer = ask("/api/v1/difference", a=A, b=B)
rows = {row["name"]: row for row in answer["figures"]}
ok(status == 200 and answer["command"] == "fit", "two questions are answered", answer)
for name in ("total_bytes", "context", "max_context", "bits_per_weight"):
    row = rows[name]
    ok((row["a"], row["b"]) == tuple(one[name] for one in answers), f"{name} is what each answer says", row)
    ok(abs(row["difference"] - (row["b"] - row["a"])) < 1e-6 and abs(row["ratio"] - row["b"] / row["a"]) < 1e-9, f"{name}: the difference, the ratio", row)
worst = [one["per_device"][one["worst_device"]] for one in answers]
ok((rows["fullest.bytes"]["a"], rows["fullest.bytes"]["b"]) == tuple(one["bytes"] for one in worst), "of devices it is the fullest", rows["fullest.bytes"])
weights = [next(c["bytes"] for c in one["components"] if c["name"] == "weights") for one in worst]
row = rows["fullest.components.weights.bytes"]
ok([row["a"], row["b"]] == weights, "items of lists go by their names", row)
graphs = rows["fullest.components.graphs.bytes"]
ok(graphs["a"] is None and graphs["b"] > 0 and "difference" not in graphs, "what one side has alone has no difference", graphs)
ok(all(row["difference"] == 0 for row in ask("/api/v1/difference", a=A, b=A)[1]["figures"] if "seconds" not in row["name"]), "a question does not differ from itself")
status, answer = ask("/api/v1/difference", a=A, b="fit?model=nobody/knows")
ok(status == 422 and answer["code"] == "catalogue_unknown", "a question that is refused is told", answer)
ok(ask("/api/v1/difference", a=A, b="train?model=Qwen/Qwen3-8B")[0] == 400, "two commands cannot be compared")
ok(ask("/api/v1/difference", a=A)[0] == 400, "one question is not two")
ok(ask("/api/v1/difference", a="?" * 1000, b="&" * 1000)[0] == 400, "nonsense is refused")
ok(server.stop()[0] == 0, "the server stops with status 0")
print(f"1..{number}")
sys.exit(failed > 0)
