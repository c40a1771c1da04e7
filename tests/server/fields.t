#!/usr/bin/env python3
"""What is wrong with a question is said at the option at fault (`field`), in the language that was asked for; and logs over HTTP."""
import json
import pathlib
import re
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import serving

number = failed = 0


def is_(got, wanted, name):
    global number, failed
    number += 1
    failed += got != wanted
    print(("" if got == wanted else "not ") + f"ok {number} - {name}", flush=True)
    if got != wanted:
        print(f"# got {got!r:.600}, wanted {wanted!r:.300}")


server = serving.Server("--log", "errors")
Q, H = {"model": "Qwen/Qwen3-8B"}, "H100 SXM5 80GB"
# command, question, field
WRONG = [
    ("memory", {"context": "many"}, "context"), ("memory", {"context": 0}, "context"), ("memory", {"context": -4}, "context"),
    ("memory", {"sequences": "x"}, "sequences"), ("memory", {"context": 2000000000000}, "context"), ("memory", {"gpu": "no such card"}, "gpu"),
    ("memory", {"gpu-memory": "much"}, "gpu-memory"), ("memory", {"image-size": "a x b"}, "image-size"), ("memory", {"engine": "nope"}, "engine"),
    ("memory", {"engine": "vllm", "max_num_seqs": "many"}, "max_num_seqs"), ("memory", {"engine": "vllm", "max_nums": 4}, "max_nums"),
    ("memory", {"quant": "int3.5"}, "quant"), ("memory", {"kv-dtype": "int99"}, "kv-dtype"), ("memory", {"mix": "4by4"}, "mix"),
    ("memory", {"gpu": H, "tp": 2, "dcp": 3}, "dcp"), ("memory", {"gpu": H, "gpus": 3, "tp": 2}, "gpus"), ("memory", {"mig": "1g.10gb"}, "mig"),
    ("memory", {"gpu": H, "mig": "9g.1gb"}, "mig"), ("memory", {"explain": "nonsense"}, "explain"), ("memory", {"format": "xml"}, "format"),
    ("memory", {"mtp": "often"}, "mtp"), ("memory", {"set": "oops"}, "set"),
    ("memory", {"model": "nobody/knows"}, "model"), ("memory", {"model": None}, "model"), ("memory", {"model": "8B with 90B active"}, "model"),
    ("memory", {"draft": "nobody/knows"}, "draft"), ("memory", {"method": "nope"}, "method"), ("memory", {"dtype": "nope"}, "dtype"),
    ("fit", {"gpu": H, "reserve": 9}, "reserve"), ("train", {"optimizer-option": "a=b"}, "optimizer-option"),
    ("train", {"sharding-option": "a=b"}, "sharding-option"), ("train", {"explain": "weights"}, "mode"),
    ("train", {"mode": "full", "explain": "nope"}, "explain"),
    ("train", {"mode": "nope"}, "mode"), ("train", {"optimizer": "nope"}, "optimizer"), ("train", {"precision": "nope"}, "precision"),
    ("train", {"sharding": "nope"}, "sharding"), ("train", {"zero": 7}, "zero"), ("train", {"reserve": 200}, "reserve"),
    ("train", {"mode": "lora", "target-modules": "nothing_like_it"}, "target-modules"), ("train", {"adapter": "nope", "mode": "lora"}, "adapter"),
    ("train", {"generations": "x"}, "generations"), ("train", {"batch": 0}, "batch"),
    ("flops", {"phase": "sideways"}, "phase"), ("flops", {"freeze": "nothing_like_it"}, "freeze"), ("flops", {"audio-seconds": "x"}, "audio-seconds"),
    ("flops", {"mix": "x"}, "mix"), ("speed", {}, "gpu"), ("speed", {"gpu": H, "context": 100, "prompt": 90, "output": 90}, "context"),
    ("sweep", {"vary": "odd"}, "vary"), ("sweep", {"vary": "context=8..1"}, "vary"), ("sweep", {}, "vary"),
    ("tensors", {"sort": "colour"}, "sort"), ("tensors", {"limit": "x"}, "limit"), ("explain", {"quantity": "nonsense"}, "quantity"),
    ("design", {"model": None}, "gpu"), ("design", {"model": None, "gpu": H, "reserve": "all"}, "reserve"), ("design", {"model": None, "gpu": H, "family": "nope"}, "family"),
    ("design", {"model": None, "gpu": H, "usd-per-hour": "x"}, "usd-per-hour"),
    ("method", {"model": None, "method": "nope", "function": "x"}, "method"), ("method", {"model": None, "method": "pai", "function": "nope"}, "function"),
    ("method", {"model": None, "method": "pai", "function": "estimate", "input": {"params_b": "x"}}, "params_b"),
    ("method", {"model": None, "method": "pai", "function": "estimate", "input": {"nope": 1}}, "nope"),
    ("gpus", {"model": None, "min-memory": "x"}, "min-memory"), ("cases", {"model": None, "case": "nope"}, "case"), ("check", {"model": None}, "log"),
    ("params", {"nonsense": 1}, "nonsense"),
]
for command, more, field in WRONG:
    question = {k: v for k, v in {**Q, **more}.items() if v is not None}
    reply = server.ask("POST", f"/api/v1/{command}", question)
    problem = json.loads(reply[2])
    is_((problem.get("field"), reply[0] in (400, 422)), (field, True), f"{command} {more}: {problem.get('code')}")

# ---- every option of the API that has a kind refuses what is none of it, and says which it is ----
WORST = {"count": "many", "number": "many", "percent": "many", "bytes": "much", "size": "wide", "flag": "often", "choice": "none of them"}
ranges = json.loads(server.ask("GET", "/api/v1/ranges")[2])
faults = []
for c in ranges["commands"]:
    for o in c["options"]:
        if o["word"] or o["kind"] not in WORST:
            continue
        problem = json.loads(server.ask("POST", f"/api/v1/{c['name']}", {o["name"]: WORST[o["kind"]]})[2])
        if problem.get("field") != o["name"]:
            faults.append((c["name"], o["name"], problem.get("code"), problem.get("field")))
is_(faults, [], "each option that has a kind refuses what is none of it, by its name")

# ---- languages ----
said = lambda body, **h: bool(re.search("[一-鿿]", json.loads(server.ask("POST", "/api/v1/memory", body, headers=h)[2])["detail"]))
bad = {"model": "Qwen/Qwen3-8B", "gpu": "no such card"}
is_([said(bad, **{"Accept-Language": l}) for l in ("zh", "zh-CN,zh;q=0.9,en;q=0.8", "en;q=0.5, zh;q=0.9", "en", "fr, en;q=0.5, zh;q=0.1", "zh;q=0, en", "*")],
    [True, True, True, False, False, False, False], "Accept-Language is weighed")
is_([said({**bad, "lang": "zh"}), said({"lang": "zh", **bad}, **{"Accept-Language": "en"}), said({**bad, "lang": "en"}, **{"Accept-Language": "zh"})],
    [True, True, False], "`lang` in the body comes first")
get = lambda l: server.ask("GET", "/api/v1/memory?model=Qwen/Qwen3-8B&format=text", headers={"Accept-Language": l})
is_((b"\xe6" in get("zh")[2], b"\xe6" in get("en")[2], get("zh")[1]["etag"] != get("en")[1]["etag"], get("zh")[1].get("vary")), (True, False, True, "Accept-Language"),
    "a GET has its language, and a tag for each")

# ---- logs ----
for log in sorted((serving.ROOT / "tests/logs").glob("*.log")):
    text = log.read_text("utf-8", "replace")
    done = subprocess.run([serving.WEIGH, "check", "--log", str(log), "-f", "json"], capture_output=True)
    reply = server.ask("POST", "/api/v1/check", {"log_text": text})
    if done.returncode in (0, 3):
        same = serving.timeless(done.stdout).replace(str(log).encode(), b"") == serving.timeless(reply[2])
        is_((reply[0], same), (200, True), f"{log.name} sent as text answers as the command does")
    else:
        is_((reply[0] in (400, 422), json.loads(reply[2])["code"]), (True, json.loads(done.stderr)["error"]["code"]), f"{log.name} is refused as by the command")
reply = server.ask("POST", "/api/v1/check", {"model": "Qwen/Qwen3-8B", "log_text": "nothing of the kind"})
is_(reply[0] in (200, 422), True, "a text that is no log is answered")
is_(json.loads(server.ask("POST", "/api/v1/check", {"model": "/etc"})[2])["code"] in ("file_sealed", "log_not_given"), True, "no folder is looked at")
is_(json.loads(server.ask("POST", "/api/v1/check", {"log": "/etc/passwd"})[2])["code"], "usage_option", "nor a file")
server.stop()
print(f"1..{number}")
sys.exit(1 if failed else 0)
