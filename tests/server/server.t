#!/usr/bin/env python3
"""The server itself: what is where, limits, tokens, other sites' pages, caching, hostile requests, a graceful end, and
that its description is what it does."""
import gzip
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import serving

number = failed = 0


def ok(fine, name, why=""):
    global number
    number += 1
    print(("" if fine else "not ") + f"ok {number} - {name}")
    if not fine and why != "":
        print(f"# {str(why)[:600]}")


def is_(got, wanted, name):
    ok(got == wanted, name, f"got {got!r}, wanted {wanted!r}")


def code_of(reply):
    return json.loads(reply[2]).get("code")


TINY = (serving.ROOT / "tests/configs/tiny-llama.json").read_text("utf-8")
TOKEN = "a-token-of-twenty-six-chars"
server = serving.Server()
get = lambda path, **h: server.ask("GET", path, headers=h)
post = lambda path, body, **h: server.ask("POST", path, body, headers=h)

# ---- what is where ----
posted = post("/api/v1/gpus?format=csv", "")
is_([(posted if i is None else get(i))[1]["content-type"] for i in (None, *["/api/v1/gpus?format=csv"] * 12)],
    ["application/json"] + ["text/csv; charset=utf-8"] * 12, "a POST without a body is not taken for a GET of the same line")
for accepted, language in (("en; q=0.3, zh;q=0.5", "zh"), ("zh ; q=0.2 , en ;\tQ=0.8", "en"), ("ZH-cn", "zh"), ("zh;q=0, en;q=0.1", "en")):
    said = json.loads(get("/api/v1/params?model=nobody/knows", **{"Accept-Language": accepted})[2])["detail"]
    is_(any("\u4e00" <= c <= "\u9fff" for c in said), language == "zh", f"Accept-Language: {accepted!r}")
for accepted, coding in (("gzip; q=0", None), ("deflate, gzip ; q=0.5", "gzip"), ("gzip;q=0.0, br", None), ("xgzip", None)):
    is_(get("/", **{"Accept-Encoding": accepted})[1].get("content-encoding"), coding, f"Accept-Encoding: {accepted!r}")
is_(get("/healthz")[0], 200, "/healthz answers")
metrics = get("/metrics")
ok(b"weigh_requests_total{route=\"/healthz\",status=\"2xx\"} 1" in metrics[2], "/metrics counts requests", metrics[2])
found = json.loads(get("/api/v1/models?q=QWEN3-8b&limit=1")[2])
is_((len(found["models"]), found["limit"], found["models"][0]["source"]), (1, 1, "catalogue"), "models are found by a part of their name")
ok(found["total"] >= 1, "and counted")
is_(json.loads(get("/api/v1/models/Qwen/Qwen3-8B")[2])["total_parameters"], 8190735360, "a model is shown")
is_(get("/api/v1/models/Qwen%2FQwen3-8B")[0], 200, "its slash may be encoded")
is_(get("/api/v1/models/nobody/knows")[0], 404, "an unknown one is not there")
sent = post("/api/v1/models?name=mine", TINY)
model = json.loads(sent[2])
is_((sent[0], sent[1]["location"]), (201, f"/api/v1/models/{model['id']}"), "a configuration is kept")
is_(post("/api/v1/models", TINY)[0], 200, "the same once more is the same")
by_id = post("/api/v1/params", {"model": model["id"]})
is_(re.sub(rb'"seconds": .*', b"", by_id[2]), re.sub(rb'"seconds": .*', b"", post("/api/v1/params", {"config": json.loads(TINY)})[2]), "it is asked about by its id as by its text")
is_(server.ask("DELETE", f"/api/v1/models/{model['id']}")[0], 204, "it is forgotten when asked")
is_(post("/api/v1/params", {"model": model["id"]})[0], 400, "and then gone")
is_(server.ask("DELETE", "/api/v1/models/Qwen/Qwen3-8B")[0], 404, "the catalogue cannot be")
is_(code_of(post("/api/v1/models", "[1]")), "model_not_object", "what is no configuration is refused")
page = json.loads(post("/api/v1/tensors", {"model": "Qwen/Qwen3-8B", "limit": 3, "offset": 2})[2])
is_((len(page["tensors"]), page["tensor_count"]), (3, 399), "tensors come by pages")
lines = post("/api/v1/sweep", {"model": "7B", "vary": ["context=1k..512k:x2", "sequences=1..64:+1"]}, Accept="application/x-ndjson")
points = [json.loads(l) for l in lines[2].splitlines()]
is_((lines[1]["content-type"], points[0]["point_count"], len(points)), ("application/x-ndjson", 640, 641), "a sweep streams lines")
ok(post("/api/v1/sweep", {"model": "7B", "vary": ["odd"]}, Accept="application/x-ndjson")[0] in (400, 422), "and fails before its first line")
is_(post("/api/v1/params", {"model": "7B", "format": "csv"})[1]["content-type"], "text/csv; charset=utf-8", "other formats have their types")
zh = post("/api/v1/params", {"model": "nobody/knows"}, **{"Accept-Language": "zh-CN"})
ok(re.search("[一-鿿]", json.loads(zh[2])["detail"]), "errors are in the language asked for", zh[2])
no = post("/api/v1/fit", {"model": "deepseek-ai/DeepSeek-V3", "gpu": "RTX 4090"})
is_((no[0], no[1].get("weigh-answer")), (200, "no"), "an answer that is no is an answer")

# ---- nothing of this machine is told ----
for word in ("/etc/passwd", "../../etc/passwd", "-", ".", "README.md", "vllm serve /etc", "vllm serve ./tests", "file:///etc/passwd",
             "http://169.254.169.254/x", "\x00/etc/passwd", "tests/configs/tiny-llama.json"):
    reply = post("/api/v1/params", {"model": word})
    ok(reply[0] in (400, 422) and b"root" not in reply[2], f"{word!r} is refused", reply)
is_(code_of(post("/api/v1/method", {"method": "config", "function": "params", "input": "-"})), "file_sealed", "nor is standard input read")
for key, value in (("data", "/tmp"), ("log", "/etc/passwd"), ("color", "always"), ("help", True)):
    is_(code_of(post("/api/v1/params", {"model": "7B", key: value})), "usage_option", f"{key} is no option from elsewhere")
is_(code_of(post("/api/v1/gpus", {"local": True})), "usage_option", "nor is local")
ok(get("/api/v1/check?folder=/etc")[0] in (400, 422), "folders are not checked")
for path in ("/../../etc/passwd", "/..%2f..%2fetc/passwd", "/%2e%2e/README.md", "//etc/passwd"):
    is_(get(path)[0], 404, f"{path} is not there")

# ---- bodies ----
for body in ("", "{", "[]", "1", "null", "{\"model\": [\"7B\"]}", "{\"model\": {\"a\": {}}, \"x\": 1}", "{\"nothing\": 1, \"model\": \"7B\"}",
             "{\"model\": \"7B\"} x", "\xff\xfe", "{\"context\": 8}", "[" * 100000, "{\"set\": [[1]]}", "{\"model\": \"7B\", \"set\": [null]}", "{\"model\": \"7B\", \"nothing\": null}", "{\"model\": null}", "{\"per-layer\": \"often\", \"model\": \"7B\"}"):
    reply = post("/api/v1/params", body.encode("latin-1"))
    ok(reply[0] in (400, 422) and reply[1]["content-type"] == "application/problem+json", f"the body {body[:40]!r} is a problem", reply)
is_([post("/api/v1/params", {"model": "7B", "per-layer": None, "method": None})[0], post("/api/v1/families", {"": None})[0]], [200, 400], "null is not given, where it is known")
is_(json.loads(post("/api/v1/params", {"model": "7B", "set": {"num_hidden_layers": 2}})[2])["total_parameters"],
    json.loads(post("/api/v1/params", {"model": "7B", "set": ["num_hidden_layers=2"]})[2])["total_parameters"], "settings may be an object")
is_(code_of(post("/api/v1/params", {"model": "7B", "set": [f"a{i}=1" for i in range(65)]})), "usage_too_many", "lists have their most")

# ---- headers ----
page = get("/")
policy = page[1]["content-security-policy"]
ok("default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy, "the page has a strict policy", policy)
is_(page[1]["x-content-type-options"], "nosniff", "types are not guessed")
packed = get("/", **{"Accept-Encoding": "gzip"})
is_((packed[1].get("content-encoding"), gzip.decompress(packed[2])), ("gzip", page[2]), "the page is compressed ahead")
is_(get("/", **{"Accept-Encoding": "gzip;q=0"})[1].get("content-encoding"), None, "unless that is not wanted")
ok(page[1]["etag"] != packed[1]["etag"], "each coding has its tag")
is_(get("/", **{"If-None-Match": page[1]["etag"]})[0:3:2], (304, b""), "what is known is not sent again")
known = get("/api/v1/params?model=7B")
is_(get("/api/v1/params?model=7B", **{"If-None-Match": known[1]["etag"]})[0], 304, "nor is an answer")
is_(get("/healthz", **{"X-Request-Id": "my-id.1"})[1]["x-request-id"], "my-id.1", "a request's id is kept")
ok(get("/healthz", **{"X-Request-Id": "my id\""})[1]["x-request-id"] != "my id\"", "when it is one")
is_(get("/healthz", Host="evil.example")[0], 403, "a local server answers to its own name only")
is_(server.ask("PUT", "/api/v1/params")[1].get("allow"), "GET, HEAD, POST", "other methods are told which there are")
is_(server.ask("HEAD", "/api/v1/params?model=7B")[0:3:2], (200, b""), "HEAD is GET without the body")
is_(get("/healthz", Origin="https://a.example")[1].get("access-control-allow-origin"), None, "no other site may read answers")

# ---- hostile ----
ok(b"413" in server.raw(b"POST /api/v1/params HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n").split(b"\r\n")[0], "a body too long is refused before it comes")
chunks = b"POST /api/v1/params HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" + (b"100000\r\n" + b" " * 0x100000 + b"\r\n") * 17 + b"0\r\n\r\n"
ok(b" 413 " in server.raw(chunks).split(b"\r\n")[0], "and one in chunks when it has become so")
both = server.raw(b"POST /api/v1/params HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
ok(not both or both.split(b" ")[1] in (b"400", b"411"), "a length told in two ways is refused", both[:200])
long_head = server.raw(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 100000 + b"\r\n\r\n")
ok(not long_head or long_head.split(b" ")[1] in (b"431", b"400", b"413"), "a head too long is refused", long_head[:100])
long_line = server.raw(b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
ok(not long_line or long_line.split(b" ")[1] in (b"414", b"431", b"400"), "and a line", long_line[:100])
for many in (b"set=" + b"x" * 17000, b"&".join([b"set=a=1"] * 400), b"&" * 9000, b"&".join([b"set=" + b"x" * 50] * 500)):
    began = time.monotonic()
    reply = server.raw(b"GET /api/v1/params?" + many + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", timeout=10)
    ok(b" 414 " in reply[:20] and time.monotonic() - began < 5, f"a line of {many.count(b'&') + 1} arguments, {len(many)} bytes, is refused at once", reply[:100])
is_(server.raw(b"GET /api/v1/params?model=7B&" + b"&".join([b"set=%d" % i for i in range(64)]) + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")[:12], b"HTTP/1.1 400", "as many as an option takes are read")
for junk in (b"\x00" * 1000, b"\x16\x03\x01\x02\x00", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\r\n" * 500, b"GET / HTTP/1.1\r\n\r\n", os.urandom(4096),
             b"POST /api/v1/params HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", b"POST /api/v1/params HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n"):
    reply = server.raw(junk, timeout=1)
    ok(not reply.startswith(b"HTTP/1.1 2"), f"{junk[:24]!r} gets no answer", reply[:100])
one = b"GET /api/v1/params?model=7B HTTP/1.1\r\nHost: localhost\r\n\r\n"
last = one.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
is_(server.raw(one * 19 + last).count(b"HTTP/1.1 200"), 20, "requests sent at once are answered in turn")
ok(b"HTTP/1.1 200" in server.raw(last, half_close=True), "one who has said all may close their half")
slow = b"POST /api/v1/sweep HTTP/1.1\r\nHost: localhost\r\nAccept: application/x-ndjson\r\nContent-Length: 60\r\n\r\n"
with server.open() as s:  # a stream that is abandoned
    body = json.dumps({"model": "7B", "vary": ["context=1..50000:+1"]}).encode()
    s.sendall(slow.replace(b"60", str(len(body)).encode()) + body)
    s.recv(1000)
gone = [server.open() for _ in range(50)]
for s in gone:
    s.sendall(one[:20])
is_(get("/healthz")[0], 200, "fifty that say half a word keep nobody waiting")
for s in gone:
    s.close()


def drip():
    """A head that never ends, a byte at a time: how long until the server has enough."""
    with server.open(timeout=60) as s:
        s.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ")
        began = time.monotonic()
        try:
            while time.monotonic() - began < 40:
                s.sendall(b"a")
                s.settimeout(1)
                try:
                    if not s.recv(1000):
                        break
                except socket.timeout:
                    pass
        except OSError:
            pass
        return time.monotonic() - began


took = drip()
ok(took < 30, "a head that comes byte by byte is cut off", f"after {took:.0f} s")
running = 1
for _ in range(100):
    running = int(re.search(rb"^weigh_jobs_running (\d+)", get("/metrics")[2], re.M).group(1))
    if not running:
        break
    time.sleep(0.1)
is_(running, 0, "a sweep that nobody reads ends")

# ---- the description is what it does ----
api = json.loads(get("/api/v1/openapi.json")[2])
is_(api["openapi"], "3.1.0", "OpenAPI 3.1")
ranges = {c["name"]: c for c in json.loads(get("/api/v1/ranges")[2])["commands"]}
described = {p.rsplit("/", 1)[1] for p, ops in api["paths"].items() if "post" in ops and p != "/api/v1/models"}
is_(described, set(ranges), "every command is described and has its ranges")
wrong = []
for path, operations in api["paths"].items():
    for method in ("get", "post", "delete", "put"):
        asked = path.replace("{id}", "nobody")
        status = server.ask(method.upper(), asked, body="{}" if method == "post" else None)[0]
        there = method in operations
        if there == (status == 405):
            wrong.append(f"{method} {path}: {status}")
is_(wrong, [], "every operation is there, and no other")
wrong = []
for name, command in ranges.items():
    keys = {o["name"] for o in command["options"]}
    properties = set(api["paths"][f"/api/v1/{name}"]["post"]["requestBody"]["content"]["application/json"]["schema"]["properties"])
    if properties - {"config"} != keys:
        wrong.append(f"{name}: {properties ^ keys}")
    for o in command["options"]:  # a value of the schema is understood
        schema = o["schema"]
        value = {"boolean": True, "integer": 1, "number": 1}.get(schema.get("type") if isinstance(schema.get("type"), str) else (schema.get("type") or ["-"])[0])
        value = schema["enum"][0] if "enum" in schema else value
        if value is None or o["word"]:
            continue
        try:
            reply = post(f"/api/v1/{name}", {"model": "7B", "a": "7B", "b": "7B", "method": "config", o["name"]: value})
        except OSError as e:
            wrong.append(f"{name} {o['name']}={value}: {e}")
            continue
        if reply[0] == 400 and code_of(reply) in ("usage_choice", "usage_count", "server_body", "usage_real", "usage_percent"):
            wrong.append(f"{name} {o['name']}={value}: {reply[2][:200]}")
is_(wrong, [], "commands take what they say")

# ---- the end ----
answers = []
asking = threading.Thread(target=lambda: answers.append(post("/api/v1/sweep", {"model": "7B", "vary": ["context=1..20000:+1"]})[0]))
asking.start()
time.sleep(0.3)
status, seconds, log = server.stop()
asking.join()
is_((status, answers), (0, [200]), "SIGTERM: what was asked is answered, then it ends with status 0")
entries = [json.loads(l) for l in log]
ok(all("time" in e and "level" in e for e in entries), "every line of the log is JSON")
ok(any(e.get("path") == "/api/v1/params" and e["status"] == 200 and e["id"] for e in entries), "a request is a line of it")
again = serving.Server()
is_(again.stop(signal.SIGINT)[0], 0, "SIGINT ends it too")

# ---- options ----
with tempfile.TemporaryDirectory() as folder:
    name = pathlib.Path(folder) / "token"
    name.write_text(TOKEN + "\n")
    guarded = serving.Server("--token-file", str(name), "--cors", "https://a.example", "--rate", "5", "--proxy", "--log", "errors")
    ask = lambda path, **h: guarded.ask("GET", path, headers=h)
    is_((ask("/healthz")[0], ask("/")[0]), (200, 200), "the page and /healthz need no token")
    is_((ask("/api/v1/params?model=7B")[0], ask("/metrics")[0]), (401, 401), "all else does")
    is_(ask("/api/v1/params?model=7B", Authorization=f"Bearer {TOKEN}x")[0], 401, "another token does not do")
    mine = {"Authorization": f"Bearer {TOKEN}", "Origin": "https://a.example", "X-Forwarded-For": "192.0.2.1"}
    reply = ask("/api/v1/params?model=7B", **mine)
    is_((reply[0], reply[1].get("access-control-allow-origin")), (200, "https://a.example"), "a site that is listed may ask")
    is_(ask("/healthz", Origin="https://b.example", **{"X-Forwarded-For": "192.0.2.9"})[1].get("access-control-allow-origin"), None, "no other")
    flight = guarded.ask("OPTIONS", "/api/v1/params", headers={"Origin": "https://a.example", "Access-Control-Request-Method": "POST", "X-Forwarded-For": "192.0.2.3"})
    is_((flight[0], "POST" in flight[1].get("access-control-allow-methods", "")), (204, True), "and is told how")
    statuses = [ask("/healthz", **{"X-Forwarded-For": "192.0.2.7"})[0] for _ in range(30)]
    ok(statuses.count(429) >= 10 and statuses[:10] == [200] * 10, "a client that asks too much waits", statuses)
    is_(ask("/healthz", **{"X-Forwarded-For": "192.0.2.8"})[0], 200, "others do not")
    is_(guarded.stop()[0], 0, "it ends")
with tempfile.TemporaryDirectory() as folder:
    address = f"{folder}/notify"
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(address)
    listener.settimeout(5)
    told = serving.Server(env={"NOTIFY_SOCKET": address})
    is_(listener.recv(100), b"READY=1", "the service manager is told when it is ready")
    told.stop()
    is_(listener.recv(100), b"STOPPING=1", "and when it stops")
deaf = subprocess.Popen([serving.WEIGH, "serve", "--listen", "127.0.0.1:0"], stderr=subprocess.PIPE, text=True)
deaf_port = int(re.search(r"127\.0\.0\.1:(\d+)", deaf.stderr.readline()).group(1))
with socket.create_connection(("127.0.0.1", deaf_port), timeout=10) as s:
    s.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" * 999 + b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    out = b""
    while part := s.recv(1 << 20):
        out += part
is_(out.count(b"HTTP/1.1 200"), 1000, "a log that nobody reads keeps nobody waiting")
deaf.kill()
few = serving.Server("--connections", "8", "--log", "errors")
held = [few.open() for _ in range(8)]
time.sleep(0.2)
extra = few.raw(last, timeout=1)
ok(b"200" not in extra[:20], "connections have their most", extra[:100])
for s in held:
    s.close()
time.sleep(0.3)
is_(few.ask("GET", "/healthz")[0], 200, "and when some go others come")
few.stop()
sys.stdout.flush()
for argv, wanted in ((["--listen", "nowhere"], 1), (["--listen", "127.0.0.1:99999"], 1), (["--bogus"], 1), (["--log", "all"], 1), (["--token-file", "/nowhere"], 4), (["--help"], 0)):
    is_(subprocess.run([serving.WEIGH, "serve", *argv], capture_output=True, timeout=10).returncode, wanted, f"weigh serve {' '.join(argv)}: status {wanted}")
print(f"1..{number}")
