#!/usr/bin/env python3
"""The server and the registry: models by name go down the ladder, what anybody changes is seen at once, who may change it."""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import serving

number = failed = 0
TOKEN = "a-token-of-twenty-six-chars"
SCRATCH = pathlib.Path(tempfile.mkdtemp())
FILE = SCRATCH / "registry.sqlite"


def is_(got, wanted, name):
    global number, failed
    number += 1
    failed += got != wanted
    print(("" if got == wanted else "not ") + f"ok {number} - {name}", flush=True)
    if got != wanted:
        print(f"# got {got!r:.600}, wanted {wanted!r:.300}")


def tiny(layers):
    config = json.loads((serving.ROOT / "tests/configs/tiny-llama.json").read_text("utf-8"))
    return json.dumps({**config, "num_hidden_layers": layers})


def total(server, model="own/tiny", **more):
    reply = server.ask("POST", "/api/v1/params", {"model": model, **more})
    return json.loads(reply[2]).get("total_parameters", reply[0])


def add(layers, name="own/tiny", file=FILE):
    config = SCRATCH / "config.json"
    config.write_text(tiny(layers))
    done = subprocess.run([serving.WEIGH, "registry", "add", config, "--id", name, "--registry", file], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def code_of(reply):
    return json.loads(reply[2]).get("code")


def one_layer(layers):
    done = subprocess.run([serving.WEIGH, "params", "-f", "json", "-"], input=tiny(layers), capture_output=True, text=True)
    return json.loads(done.stdout)["total_parameters"]


TOTALS = {n: one_layer(n) for n in (1, 2, 3, 4, 5)}
server = serving.Server("--registry", str(FILE))
get = lambda path, **h: server.ask("GET", path, headers=h)
post = lambda path, body, **h: server.ask("POST", path, body, headers=h)

# ---- names ----
is_((total(server), server.ask("DELETE", "/api/v1/models/own/tiny")[0], FILE.exists()), (422, 404, False),
    "a registry that is not there is empty, and asking makes none")
add(1)
is_(total(server), TOTALS[1], "one that another program makes is found by the next question")
answer = json.loads(post("/api/v1/params", {"model": "own/tiny"})[2])
steps = [(s["step"], s["found"], s["seconds"] >= 0) for s in answer["resolution"]]
is_(steps, [("registry", True, True)], "the answer says where its model was found, with times")
is_(str(SCRATCH) in json.dumps(answer), False, "and not where the file is")
is_([(s["step"], s["found"]) for s in json.loads(post("/api/v1/params", {"model": "Qwen/Qwen3-8B"})[2])["resolution"]],
    [("registry", False), ("catalogue", True)], "others go on down the ladder")
stale = 0
for round in range(30):
    add(round % 5 + 1)
    stale += sum(total(server, lang=l) != TOTALS[round % 5 + 1] for l in ("en", "zh", "en"))
is_(stale, 0, "thirty changes by another program are each seen by the next questions, in both languages")
tag = get("/api/v1/params?model=own/tiny")[1]["etag"]
is_(get("/api/v1/params?model=own/tiny", **{"If-None-Match": tag})[0], 304, "an answer that is known is not sent again")
add(2)
is_(get("/api/v1/params?model=own/tiny", **{"If-None-Match": tag})[0], 200, "but when the model changed")
add(3, "Qwen/Qwen3-8B")
is_(total(server, "Qwen/Qwen3-8B"), TOTALS[3], "the registry comes before the catalogue")
away = SCRATCH / "away"
away.mkdir()
for part in SCRATCH.glob("registry.sqlite*"):
    part.rename(away / part.name)
is_((total(server), total(server, "Qwen/Qwen3-8B")), (422, 8190735360), "a file that goes away takes its names along")
for part in away.iterdir():
    part.rename(SCRATCH / part.name)
is_(total(server), TOTALS[2], "and brings them back")

# ---- /api/v1/models ----
listed = json.loads(get("/api/v1/models?q=tiny")[2])
is_([(m["id"], m["source"]) for m in listed["models"] if m["source"] == "registry"], [("own/tiny", "registry")], "a search finds it and says where from")
is_([m["source"] for m in json.loads(get("/api/v1/models?q=Qwen/Qwen3-8B")[2])["models"] if m["id"] == "Qwen/Qwen3-8B"], ["registry"],
    "a name that both have is listed once")
everything = json.loads(get("/api/v1/models?limit=0")[2])["total"]
kept = post("/api/v1/models?id=own%2Fother&source=a%20test&revision=r7", tiny(4))
is_((kept[0], kept[1].get("location")), (201, "/api/v1/models/own/other"), "a configuration that is sent with an id is kept")
is_(post("/api/v1/models?id=own/other&source=a%20test&revision=r7", tiny(4))[0], 200, "in the place of one of the same id")
is_(json.loads(get("/api/v1/models?limit=0")[2])["total"], everything + 1, "there is one more")
is_(total(server, "own/other"), TOTALS[4], "it is asked about by its name")
for path in ("own/other", "own%2Fother", "OWN/Other", "other"):
    shown = json.loads(get(f"/api/v1/models/{path}")[2])
    is_((shown["id"], shown["source"], shown["registry"]["source"], shown["registry"]["revision"], shown["config"]),
        ("own/other", "registry", "a test", "r7", json.loads(tiny(4))), f"it is shown as {path}")
done = subprocess.run([serving.WEIGH, "params", "own/other", "-f", "json", "--registry", FILE], capture_output=True, text=True)
is_(json.loads(done.stdout)["total_parameters"], TOTALS[4], "the command knows it too")
is_(code_of(post("/api/v1/models?id=../x", tiny(1))), "registry_id", "what can be no name is refused")
is_(code_of(post("/api/v1/models?id=a/b", "[1]")), "model_not_object", "nor what is no configuration")
is_(post("/api/v1/models?id=own/%E6%A8%A1%E5%9E%8B%20x", tiny(5))[1].get("location"), "/api/v1/models/own/%E6%A8%A1%E5%9E%8B%20x",
    "a name of other letters has its place")
is_(json.loads(get("/api/v1/models/own/%E6%A8%A1%E5%9E%8B%20x")[2])["id"], "own/模型 x", "and is found there")
is_(server.ask("DELETE", "/api/v1/models/own%2Fother")[0], 204, "it is taken away")
is_((total(server, "own/other"), server.ask("DELETE", "/api/v1/models/own/other")[0]), (422, 404), "and is gone")
memory = json.loads(post("/api/v1/models", tiny(4))[2])
is_((memory["source"], total(server, memory["id"])), ("sent", TOTALS[4]), "without an id it is kept in memory")

# ---- several at once ----
statuses = []
def writes(i):
    for k in range(5):
        statuses.append(server.ask("POST", f"/api/v1/models?id=many/{i}-{k}", tiny(1))[0])
threads = [threading.Thread(target=writes, args=(i,)) for i in range(6)]
for t in threads:
    t.start()
for k in range(10):
    add(k % 5 + 1)
for t in threads:
    t.join()
is_((sorted(set(statuses)), json.loads(get("/api/v1/models?q=many/")[2])["total"]), ([201], 30), "six clients and the command write at once: nothing is lost")

# ---- who may ----
own = {"Origin": f"http://localhost:{server.port}", "Host": f"localhost:{server.port}"}
is_(code_of(post("/api/v1/models?id=own/x", tiny(1), Origin="https://evil.example")), "server_origin", "no page of another site keeps anything")
is_(post("/api/v1/models?id=own/x", tiny(1), **own)[0], 201, "this server's own page does")
is_(server.ask("DELETE", "/api/v1/models/own/x", headers={"Origin": "null"})[0], 403, "nor takes it away")
server.stop()

server = serving.Server("--registry", str(FILE), "--read-only")
is_((code_of(post("/api/v1/models?id=own/y", tiny(1))), server.ask("DELETE", "/api/v1/models/own/x")[0], total(server, "own/x")),
    ("server_read_only", 403, TOTALS[1]), "--read-only: it is read and not changed")
server.stop()
server = serving.Server("--registry", str(FILE), "--proxy")
is_(code_of(post("/api/v1/models?id=own/y", tiny(1))), "server_keep", "behind a proxy nobody writes without a token")
is_(post("/api/v1/models", tiny(1))[0], 201, "but into memory")
server.stop()
server = serving.Server("--registry", str(FILE), "--proxy", env={"WEIGH_TOKEN": TOKEN})
is_((post("/api/v1/models?id=own/y", tiny(1))[0], post("/api/v1/models?id=own/y", tiny(1), Authorization=f"Bearer {TOKEN}")[0]), (401, 201),
    "with the token one does")
server.stop()
server = serving.Server("--registry", "")
is_((json.loads(post("/api/v1/models?id=own/y", tiny(1))[2])["source"], total(server)), ("sent", 422), "without a registry an id is a label")
server.stop()

# ---- files ----
server = serving.Server(env={"XDG_DATA_HOME": str(SCRATCH / "data"), "WEIGH_REGISTRY": ""})
is_(total(server), 422, "an empty WEIGH_REGISTRY is none")
server.stop()
env = {k: v for k, v in os.environ.items() if k != "WEIGH_REGISTRY"}
os.environ.pop("WEIGH_REGISTRY", None)
server = serving.Server(env={"XDG_DATA_HOME": str(SCRATCH / "data")})
is_((post("/api/v1/models?id=own/z", tiny(2))[0], (SCRATCH / "data/weigh/registry.sqlite").exists()), (201, True), "the usual place is made when something is kept")
server.stop()
foreign = SCRATCH / "foreign.sqlite"
foreign.write_text("no database at all")
done = subprocess.run([serving.WEIGH, "serve", "--listen", "127.0.0.1:0", "--registry", str(foreign)], capture_output=True, text=True, timeout=10)
is_((done.returncode, "not a database" in done.stderr, foreign.read_text()), (2, True, "no database at all"), "a file that is no registry is refused at the start")
server = serving.Server("--registry", str(FILE))
FILE.write_bytes(b"garbage" * 1000)
is_((total(server, "Qwen/Qwen3-8B"), total(server, "own/tiny")), (8190735360, 422), "one that becomes garbage is passed over")
is_("registry" in json.dumps(json.loads(post("/api/v1/params", {"model": "Qwen/Qwen3-8B"})[2]).get("warnings", "")), True, "with a warning")
is_(get("/api/v1/models?q=x")[0], 422, "a search says so")
told = [reply[2].decode() for reply in (post("/api/v1/params", {"model": "Qwen/Qwen3-8B"}), post("/api/v1/params", {"model": "own/tiny"}),
        get("/api/v1/models?q=x"), get("/api/v1/models/own/tiny"), post("/api/v1/models?id=a/b", tiny(1)), server.ask("DELETE", "/api/v1/models/a/b"))]
is_(([str(SCRATCH) in t for t in told], ["registry.sqlite" in t for t in told]), ([False] * 6, [True] * 6), "no failure tells a client where the file stands")
is_(FILE.read_bytes(), b"garbage" * 1000, "and is left as it is")
server.stop()
shutil.rmtree(SCRATCH)
print(f"1..{number}")
sys.exit(1 if failed else 0)
