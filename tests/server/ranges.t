#!/usr/bin/env python3
"""GET /api/v1/ranges: what it offers for a control is taken by the commands, and what it calls the default is the default."""
import json
import pathlib
import re
import sys
import urllib.parse

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import serving

number = failed = 0


def ok(faults, name):
    global number, failed
    number += 1
    failed += bool(faults)
    print(("not " if faults else "") + f"ok {number} - {name}", flush=True)
    for fault in list(faults)[:8]:
        print(f"# {str(fault)[:300]}")


def rows(name):
    lines = [l for l in (serving.ROOT / "data/options" / name).read_text("utf-8").splitlines() if l and l[0] != "#"]
    keys = lines[0].split("\t")
    return [dict(zip(keys, l.split("\t"))) for l in lines[1:]]


server = serving.Server("--log", "errors")
status, headers, body = server.ask("GET", "/api/v1/ranges")
ranges = json.loads(body)
ok([] if status == 200 and headers["etag"] else [status], "it is there, with a tag")
ok([] if server.ask("GET", "/api/v1/ranges", headers={"If-None-Match": headers["etag"]})[0] == 304 else [1], "and is sent once")
ok([] if server.ask("GET", "/api/v1/ranges")[2] == body else [1], "and stays as it is")
options = [(c["name"], o) for c in ranges["commands"] for o in c["options"]]
controls = options + [(e["name"], o) for e in ranges["engines"] for o in e["options"]]
NUMBERS = {"count", "number", "percent"}
SIZED = NUMBERS | {"bytes", "size"}
ok([(c, o["name"]) for c, o in options if o["kind"] in SIZED and "impact" not in o], "every number has a row in data/options/ranges.tsv")
ok([(c, o["name"]) for c, o in options if not (o["about"]["en"] and re.search("[一-鿿]", o["about"]["zh"] + "中" * (o["about"]["zh"] == o["about"]["en"])))],
   "every option has its text in both languages")
ok([(c, o["name"]) for c, o in options if "enum" in o["schema"] and [x["value"] for x in o.get("choices", [])] != o["schema"]["enum"]],
   "every choice has a text")
ok([(c, o["name"]) for c, o in options for x in o.get("choices", []) if not x["about"]["en"] or not x["about"]["zh"]], "in both languages")
ok([(c, o["name"], n) for c, o in options for n in o.get("names_of", []) if n != "models" and not ranges["names"].get(n)], "names are listed")
inside = lambda o, x: o.get("low", x) <= x <= o.get("high", x)
ok([(c, o["name"]) for c, o in controls if o["kind"] in NUMBERS and not (
    all(inside(o, x) for x in o.get("ticks", [])) and o.get("ticks", []) == sorted(o.get("ticks", [])) and
    inside(o, o.get("default", o.get("low", 0))) and o.get("low", 0) <= o.get("high", 1e18) and
    (not o.get("best") or inside(o, o["best"]["low"]) and o["best"]["low"] <= o["best"]["high"] and inside(o, o["best"]["high"])))],
   "defaults, ticks and best parts lie within their bounds")
ok([(c, o["name"]) for c, o in controls if o.get("impact", "none") not in ("high", "medium", "low", "none")], "impacts are graded")
ok([(c, o["name"]) for c, o in controls if o.get("best") and not o.get("source")], "a best part has its source")
source = (serving.ROOT / "face/options.c").read_text("utf-8")
known = set(re.findall(r'\{"([a-z-]+)", (?:\'.\'|0), \'(.)\'', source))
engines = {re.sub(r"_2\d{3}.*", "", e["name"]): {o["name"] for o in e["options"]} for e in ranges["engines"]}
ok([r for f in ("ranges.tsv", "choices.tsv", "lists.tsv") for r in rows(f)
    if (r["option"], r["of"]) not in known and r["option"] not in engines.get(r["of"], ())], "no row is of an option that is not there")
doubles = [(r["option"], r["of"]) for r in rows("ranges.tsv")]
ok({d for d in doubles if doubles.count(d) > 1}, "and none comes twice")
modes = [l.split("\t")[0] for l in (serving.ROOT / "data/training/modes.tsv").read_text("utf-8").splitlines() if l[0] != "#"][1:]
ok({r["choice"] for r in rows("choices.tsv") if r["option"] == "mode"} ^ set(modes), "each mode of training has a text")

# ---- what is offered is taken ----
BASE = {"memory": {"model": "Qwen/Qwen3-8B", "gpu": "H100 SXM5 80GB"}, "train": {"model": "Qwen/Qwen3-0.6B"}, "flops": {"model": "Qwen/Qwen3-0.6B"},
        "advise": {"model": "Qwen/Qwen3-0.6B"}, "tensors": {"model": "Qwen/Qwen3-0.6B", "limit": 3}, "gpus": {}, "design": {"gpu": "RTX 4090"},
        "speed": {"model": "Qwen/Qwen3-0.6B", "gpu": "RTX 4090"}}
WITH = {"image-size": {"model": "Qwen/Qwen2.5-VL-7B-Instruct", "images": 1}, "generations": {"mode": "grpo"}, "reference": {"mode": "grpo"},
        "rank": {"mode": "lora"}, "adapter": {"mode": "lora"}, "target-modules": {"mode": "lora"}, "depth": {"phase": "decode"}, "zero": {"gpus": 4},
        "sharding": {"gpus": 4}, "gpu-memory": {"gpu": None}, "mig": {"gpu": "A100 SXM4 80GB"}, "explain": {}, "draft": {}, "dcp": {"gpu": "8xH100 SXM5 80GB", "tp": 8}}


def ask(command, question):
    question = {k: v for k, v in question.items() if v is not None}
    status, headers, body = server.ask("POST", f"/api/v1/{command}", question)
    return status, serving.timeless(body)


def refused(command, question):
    status, body = ask(command, question)
    return status not in (200, 422) or b'"usage_' in body


faults, defaults, asked, seen = [], [], 0, set()
for command, option in sorted(options, key=lambda o: o[0] in ("advise", "design")):  # these take longest
    row = json.dumps([option.get(k) for k in ("name", "default", "ticks", "examples", "choices")])
    if command not in BASE or option["word"] or option["name"] in ("offset", "vary") or row in seen:
        continue
    seen.add(row)
    base = {**BASE[command], **WITH.get(option["name"], {})}
    for value in (option.get("ticks", [])[::3] + option.get("examples", [])[:6] + [x["value"] for x in option.get("choices", [])]):
        if option["name"] in ("engine-option",):
            continue
        asked += 1
        if refused(command, {**base, option["name"]: value}):
            faults.append((command, option["name"], value, ask(command, {**base, option["name"]: value})[1][:200]))
    if "default" in option and option["name"] != "reserve":
        plain, said = ask(command, base), ask(command, {**base, option["name"]: option["default"]})
        if plain != said:
            defaults.append((command, option["name"], option["default"], said[1][:200]))
ok(faults, f"{asked} ticks, examples and choices are taken")
ok(defaults, "what is called the default answers like nothing said")
faults, defaults = [], []
for engine in ranges["engines"]:
    base = {"model": "Qwen/Qwen3-0.6B", "gpu": "H100 SXM5 80GB", "engine": engine["name"]}
    plain = ask("memory", base)
    for option in engine["options"]:
        for value in option.get("ticks", [])[::3] + option.get("examples", [])[:2]:
            if refused("memory", {**base, option["name"]: value}):
                faults.append((engine["name"], option["name"], value, ask("memory", {**base, option["name"]: value})[1][:200]))
ok(faults, "so are those of engines' own options")

# ---- methods ----
inputs = [(m["name"], f["name"], i) for m in ranges["methods"] for f in m["functions"] for i in f["inputs"]]
ok([x for x in inputs if not x[2]["meaning"]["en"] or not x[2]["meaning"]["zh"] or "default" not in x[2] or "impact" not in x[2]],
   f"{len(inputs)} inputs of methods have a meaning in both languages, a default and an impact")
ok([(m["name"], f["name"]) for m in ranges["methods"] for f in m["functions"] if ask("method", {"method": m["name"], "function": f["name"], "input": {}})[0] != 200],
   "each function answers its defaults")
faults = []
for m, f, i in inputs:
    for value in (i.get("choices") or [])[:4] + [i[k] for k in ("low", "high") if isinstance(i.get(k), (int, float))][:1]:
        if ask("method", {"method": m, "function": f, "input": {i["name"]: value}})[0] not in (200, 422):
            faults.append((m, f, i["name"], value))
ok(faults, "and what its inputs offer")
server.stop()
server = serving.Server("--registry", str(pathlib.Path("/nonexistent/registry.sqlite")))
ok([] if json.loads(server.ask("GET", "/api/v1/ranges")[2])["registry"] == {"there": True, "writable": True} else [1], "it says whether a registry is there")
print(f"1..{number}")
sys.exit(1 if failed else 0)
