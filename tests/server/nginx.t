#!/usr/bin/env python3
"""deploy/nginx.conf before the server, both as they are but for ports and a certificate: what must come through does."""
import gzip
import http.client
import json
import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import serving

NGINX = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
if not NGINX or not shutil.which("openssl"):
    print("1..0 # SKIP nginx or openssl is not here")
    sys.exit(0)
number = 0


def ok(fine, name, why=""):
    global number
    number += 1
    print(("" if fine else "not ") + f"ok {number} - {name}")
    if not fine and why != "":
        print(f"# {str(why)[:600]}")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


scratch = tempfile.TemporaryDirectory()
prefix = pathlib.Path(scratch.name)
server = serving.Server("--proxy", "--host", "weigh.example.org", "--log", "requests")
port = free_port()
subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=weigh.example.org", "-keyout",
                prefix / "key.pem", "-out", prefix / "cert.pem"], check=True, capture_output=True)
site = (serving.ROOT / "deploy/nginx.conf").read_text()
changes = [(r"127\.0\.0\.1:7860", f"127.0.0.1:{server.port}"), (r"listen 443 ", f"listen 127.0.0.1:{port} "), (r"\n *listen \[::\]:443 [^\n]*", ""),
           (r"/etc/ssl/certs/\S+;", f"{prefix}/cert.pem;"), (r"/etc/ssl/private/\S+;", f"{prefix}/key.pem;")]
for pattern, text in changes:
    site, times = re.subn(pattern, text, site)
    if not times:
        sys.exit(f"Bail out! deploy/nginx.conf has no {pattern}")
paths = "".join(f"{kind}_temp_path {prefix}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
(prefix / "nginx.conf").write_text(f"""daemon off;
worker_processes 1;
{"user root;" if os.geteuid() == 0 else ""}
pid {prefix}/pid;
error_log {prefix}/error.log;
events {{}}
http {{
default_type application/octet-stream;
access_log off;
{paths}{site}
}}
""")
checked = subprocess.run([NGINX, "-t", "-p", prefix, "-e", prefix / "error.log", "-c", prefix / "nginx.conf"], capture_output=True, text=True)
ok(checked.returncode == 0, "nginx takes the site", checked.stderr)
if checked.returncode:
    print("1..1")
    sys.exit(1)
nginx = subprocess.Popen([NGINX, "-p", prefix, "-e", prefix / "error.log", "-c", prefix / "nginx.conf"])
trust = ssl.create_default_context(cafile=str(prefix / "cert.pem"))
trust.check_hostname = False


def connect():
    return http.client.HTTPSConnection("127.0.0.1", port, timeout=30, context=trust)


def ask(method, path, body=None, **headers):
    connection = connect()
    try:
        body = json.dumps(body) if isinstance(body, dict) else body
        connection.request(method, path, body=body, headers={"Host": "weigh.example.org", **headers})
        reply = connection.getresponse()
        return reply.status, {k.lower(): v for k, v in reply.getheaders()}, reply.read()
    finally:
        connection.close()


def pause():
    """Until nginx lets this client ask at full rate again."""
    time.sleep(2.2)


for _ in range(100):
    try:
        ask("GET", "/healthz")
        break
    except OSError:
        time.sleep(0.05)
question = {"model": "Qwen/Qwen3-8B", "context": 8192}
timeless = serving.timeless
direct = server.ask("POST", "/api/v1/memory", question)
through = ask("POST", "/api/v1/memory", question)
ok((through[0], timeless(through[2])) == (200, timeless(direct[2])), "an answer comes through as it is")
ok("max-age" in through[1].get("strict-transport-security", "") and through[1]["x-content-type-options"] == "nosniff", "with both sides' headers")
packed = ask("POST", "/api/v1/memory", question, **{"Accept-Encoding": "gzip"})
ok(packed[1].get("content-encoding") == "gzip" and timeless(gzip.decompress(packed[2])) == timeless(direct[2]), "compressed", packed[1])
page = ask("GET", "/", **{"Accept-Encoding": "gzip"})
ok(page[1].get("content-encoding") == "gzip" and b"<html" in gzip.decompress(page[2]), "the page as it was compressed ahead")
ok(ask("GET", "/", **{"Accept-Encoding": "gzip", "If-None-Match": page[1]["etag"]})[0] == 304, "and is not sent twice")
tagged = ask("GET", "/api/v1/params?model=7B", **{"Accept-Encoding": "gzip"})
ok(ask("GET", "/api/v1/params?model=7B", **{"If-None-Match": tagged[1].get("etag", "")})[0] == 304, "nor is an answer", tagged[1])
wrong = ask("POST", "/api/v1/params", {"model": "nobody/knows"})
ok(wrong[0] == 422 and wrong[1]["content-type"] == "application/problem+json", "errors are the server's", wrong)
big = ask("POST", "/api/v1/tensors", {"model": "deepseek-ai/DeepSeek-V3"})
ok(big[0] == 200 and len(big[2]) > 1 << 20 and json.loads(big[2])["tensors"], "a big answer comes whole", (big[0], len(big[2])))
ok(ask("POST", "/api/v1/params", b" " * ((16 << 20) + 1))[0] == 413, "a body too long is refused")
ok(ask("POST", "/api/v1/models", b" " * (15 << 20) + (serving.ROOT / "tests/configs/tiny-llama.json").read_bytes())[0] == 201, "one within the limit is not")
ok(ask("GET", "/metrics")[0] == 403, "figures of the server are for this machine")
ok(ask("GET", "/healthz", **{"X-Request-Id": "mine"})[1].get("x-request-id", "mine") != "mine", "ids of requests are nginx's")
encoded = ask("GET", "/api/v1/models/Qwen%2FQwen3-8B")
ok(encoded[0] == 200, "an encoded slash stays one", encoded)


def first_line():
    """Seconds until the first line and until the last of a long sweep."""
    connection = connect()
    began = time.monotonic()
    body = json.dumps({"model": "7B", "vary": ["context=1..100000:+1"]})
    connection.request("POST", "/api/v1/sweep", body, {"Accept": "application/x-ndjson", "Host": "weigh.example.org"})
    reply = connection.getresponse()
    reply.readline()
    first = time.monotonic() - began
    lines = sum(1 for _ in reply)
    connection.close()
    return first, time.monotonic() - began, lines, reply.getheader("X-Accel-Buffering")


first, last, lines, header = first_line()
ok(lines >= 100000 and first < last / 4, "a sweep's lines come while it is reckoned", f"{lines} lines, {first:.3f} s of {last:.3f} s")
pause()
told = []


def hurry():
    connection = connect()
    for _ in range(60):
        connection.request("GET", "/healthz", headers={"X-Forwarded-For": f"192.0.2.{len(told) % 250}", "Host": "weigh.example.org"})
        reply = connection.getresponse()
        reply.read()
        told.append(reply.status)
    connection.close()


threads = [threading.Thread(target=hurry) for _ in range(5)]
for t in threads:
    t.start()
for t in threads:
    t.join()
ok(set(told) == {200, 429} and 90 <= told.count(200) <= 260, "a client that asks too much waits, whatever address it claims", {s: told.count(s) for s in set(told)})
pause()
held = []
for _ in range(200):  # heads that never end stay with nginx
    s = socket.create_connection(("127.0.0.1", port), timeout=5)
    held.append(s)
ok(ask("GET", "/healthz")[0] == 200, "connections that say nothing do not reach the server")
for s in held:
    s.close()
curl = shutil.which("curl")
if curl and b"HTTP2" in subprocess.run([curl, "--version"], capture_output=True).stdout:
    said = subprocess.run([curl, "-sk", "--http2", "-o", os.devnull, "-w", "%{http_version} %{http_code}", f"https://127.0.0.1:{port}/api/v1/params?model=7B"],
                          capture_output=True, text=True).stdout
    ok(said == "2 200", "HTTP/2", said)
clients = {json.loads(l).get("client") for l in list(server.log) if "\"client\"" in l}
ok(clients == {"127.0.0.1"}, "the server hears whose requests they are from nginx alone", clients)
server.stop()
gone = ask("GET", "/healthz")
ok(gone[0] == 502, "without the server nginx says so", gone)
nginx.terminate()
ok(nginx.wait(10) == 0, "nginx ends")
errors = [l for l in (prefix / "error.log").read_text().splitlines() if re.search(r"\[(emerg|alert|crit)\]", l)]
ok(not errors, "and has nothing serious to say", errors)
print(f"1..{number}")
