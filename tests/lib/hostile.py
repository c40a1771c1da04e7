"""What strangers send: broken HTTP, connections that are slow, cut or left, and bodies that are almost questions."""
import json
import os
import pathlib
import re
import socket
import time

import serving

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMMANDS = ["params", "tensors", "explain", "flops", "memory", "fit", "speed", "sweep", "train", "diff", "gpus", "engines",
            "method", "models", "ranges", "ask", "nothing"]
HEAD = b"%s %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n"

# ---- texts ----

TEXTS = ["7B", "Qwen/Qwen3-8B", "", " ", "x" * 5000, "\u0000", "\u202e\u0301", "模型", "\ud800", "../../etc/passwd", "%s%n", "$(id)",
         "9" * 400, "1e999", "-0", "0x10", "1..99999999999:+1", "4k,8k", "=", "a=b", "num_hidden_layers=0", "sha256-0123456789abcdef",
         "\x7f\x1b[31m", "{}", "[[[[", "NaN", "1/0", "hidden_size=9223372036854775807", "family x {"]
NUMBERS = ["0", "-1", "1", "8192", "9223372036854775807", "9223372036854775808", "1" + "0" * 300, "1e308", "1e309", "-1e-400", "0.1", "1E+2",
           "170141183460469231731687303715884105728", "0" * 50 + "1", "00", "1.", ".5", "+1", "0x1F"]
KEYS = ["model", "config", "context", "sequences", "gpu", "set", "vary", "kv-dtype", "quant", "engine", "engine-option", "draft", "batch",
        "prompt", "limit", "offset", "format", "lang", "per-layer", "a", "b", "method", "function", "input", "quantity", "mode", "tp", "data",
        "registry", "lines", "verbose", "nothing", "\u0000", ""]


def value(rng, depth=0):
    """The text of one JSON value, or nearly."""
    kind = rng.random()
    if kind < 0.35:
        return json.dumps(rng.choice(TEXTS))
    if kind < 0.6:
        return rng.choice(NUMBERS)
    if kind < 0.7:
        return rng.choice(["true", "false", "null", "nul", "tru", "'a'", "\"\\u12\"", "\"\\ud800\"", "\"a\nb\""])
    if kind < 0.8 and depth < 4:
        return "[" + ",".join(value(rng, depth + 1) for _ in range(rng.randrange(6))) + "]"
    if kind < 0.9 and depth < 4:
        return "{" + ",".join(f"{json.dumps(rng.choice(KEYS))}:{value(rng, depth + 1)}" for _ in range(rng.randrange(6))) + "}"
    if kind < 0.93:
        return rng.choice("[{") * rng.choice([10, 1000, 100000])
    if kind < 0.95:
        return "{\"a\":" * 20000 + "1" + "}" * 20000
    return json.dumps({"architectures": ["LlamaForCausalLM"], "model_type": rng.choice(["llama", "qwen3", "t5", "mamba", "nothing"]),
                       "hidden_size": rng.choice([1, 64, 4096, -1, 2**62, 1e30]), "num_hidden_layers": rng.choice([1, 2, 0, 10**6, 10**12, "2"]),
                       "vocab_size": rng.choice([1, 32000, 2**40]), "num_attention_heads": rng.choice([1, 3, 32, 0]),
                       "intermediate_size": rng.choice([1, 11008])})


def spoil(rng, body):
    """A few bytes changed, cut or doubled."""
    body = bytearray(body)
    for _ in range(rng.choice([0, 0, 1, 1, 3])):
        at = rng.randrange(len(body) + 1)
        body[at:at + rng.randrange(3)] = rng.choice([b"", b"\x00", b"\xff", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80", b"\"", b"{", b"\\", b","])
    return bytes(body)


def body(rng):
    if rng.random() < 0.5:
        text = "{" + ",".join(f"{json.dumps(rng.choice(KEYS))}:{value(rng)}" for _ in range(rng.randrange(5))) + "}"
    else:
        text = json.dumps(serving.body_of(serving.question(rng)))
    return spoil(rng, text.encode("utf-8", "surrogatepass"))


def query(rng):
    raw = "&".join(f"{rng.choice(KEYS)}={rng.choice(TEXTS + NUMBERS)[:400]}" for _ in range(rng.randrange(5)))
    return spoil(rng, re.sub(rb"[\x00-\x20\x7f]", b"%00" if rng.random() < 0.2 else b"+", raw.encode("utf-8", "surrogatepass")))


def path(rng):
    return b"/api/v1/" + rng.choice(COMMANDS).encode()


def request(rng):
    """One whole request, well formed as HTTP."""
    close = b"Connection: close\r\n"
    if rng.random() < 0.3:
        return HEAD % (b"GET", path(rng) + b"?" + re.sub(rb"[\x00-\x20]", b"+", query(rng)), close)
    sent = body(rng)
    if rng.random() < 0.2:
        cut = rng.randrange(len(sent) + 1)
        parts = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in (sent[:cut], sent[cut:]) if p)
        return HEAD % (b"POST", path(rng), close + b"Transfer-Encoding: chunked\r\n") + parts + b"0\r\n\r\n"
    return HEAD % (b"POST", path(rng), close + b"Content-Length: %d\r\n" % len(sent)) + sent


# ---- manners ----

def replies(received):
    """Each whole reply in bytes that were received: (status, headers, body); None in the end where one is cut."""
    out = []
    while received:
        head, gap, rest = received.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        found = re.match(rb"HTTP/1\.[01] (\d{3}) ", lines[0] + b" ")
        if not gap or not found:
            return out + [None]
        headers = {k.strip().lower(): v.strip() for k, _, v in (line.partition(b":") for line in lines[1:])}
        if headers.get(b"transfer-encoding") == b"chunked":
            text, end = b"", re.compile(rb"([0-9a-fA-F]+)\r\n")
            while (found_size := end.match(rest)) and int(found_size.group(1), 16):
                size = int(found_size.group(1), 16)
                text, rest = text + rest[found_size.end():found_size.end() + size], rest[found_size.end() + size + 2:]
            if not found_size:
                return out + [None]
            rest = rest[found_size.end() + 2:]
        else:
            size = int(headers.get(b"content-length", b"0"))
            text, rest = rest[:size], rest[size:]
            if len(text) < size:
                return out + [None]
        out.append((int(found.group(1)), headers, text))
        received = rest
    return out


def fault(reply):
    """What is wrong with a reply, or nothing."""
    status, headers, text = reply
    kind = headers.get(b"content-type", b"")
    if status in (500, 501, 502, 504):
        return f"HTTP {status}: {text[:200]}"
    if b"json" not in kind or b"ndjson" in kind:
        return ""
    try:
        said = json.loads(text.decode("utf-8"))
    except ValueError as e:
        return f"HTTP {status} is not JSON: {e}: {text[:300]}"
    if status >= 400 and said.get("status") != status:
        return f"HTTP {status} says {said.get('status')}"
    return ""


def take(s, limit=1 << 26):
    out = b""
    try:
        while len(out) < limit and (part := s.recv(65536)):
            out += part
    except OSError:
        pass
    return out


def whole(rng, s):
    s.sendall(request(rng))
    return take(s)


def pipelined(rng, s):
    sent = b"".join(request(rng).replace(b"Connection: close\r\n", b"") for _ in range(rng.randrange(2, 12)))
    s.sendall(sent + HEAD % (b"GET", b"/healthz", b"Connection: close\r\n"))
    return take(s)


def in_pieces(rng, s):
    sent = request(rng)
    while sent:
        cut = rng.randrange(1, 200)
        s.sendall(sent[:cut])
        sent = sent[cut:] if rng.random() < 0.99 else b""
        if rng.random() < 0.05:
            time.sleep(0.002)
    s.shutdown(socket.SHUT_WR)
    s.settimeout(0.2)
    return take(s)


def half_closed(rng, s):
    s.sendall(request(rng))
    s.shutdown(socket.SHUT_WR)
    return take(s)


def cut_off(rng, s):
    sent = request(rng)
    s.sendall(sent[:rng.randrange(len(sent) + 1)])
    if rng.random() < 0.5:
        s.shutdown(socket.SHUT_WR)
        s.settimeout(0.2)  # what never becomes whole is closed when the server has waited enough
        return take(s)
    return b""


def abandoned(rng, s):
    """Asks for much, takes a little and goes, often with a reset."""
    vary = json.dumps({"model": "7B", "vary": [f"context=1..{rng.choice([1000, 20000, 50000])}:+1"]}).encode()
    s.sendall(HEAD % (b"POST", b"/api/v1/sweep", b"Accept: application/x-ndjson\r\nContent-Length: %d\r\n" % len(vary)) + vary)
    if rng.random() < 0.7:
        s.recv(rng.choice([1, 1000, 100000]))
    if rng.random() < 0.5:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    return b""


def broken_chunks(rng, s):
    size = rng.choice([b"5", b"zz", b"-1", b"ffffffffffffffff", b"5;ext=" + b"a" * 5000, b"", b"0x5", b"5\r", b"10000000"])
    s.sendall(HEAD % (b"POST", path(rng), b"Transfer-Encoding: chunked\r\n") + size + b"\r\nhello\r\n" + rng.choice([b"0\r\n\r\n", b"0\r\nX: y\r\n\r\n", b"\r\n"]))
    s.shutdown(socket.SHUT_WR)
    return take(s)


def junk(rng, s):
    line = rng.choice([b"GET", b"POST /api/v1/params", b"GET / HTTP/0.9", b"GET / HTTP/1.1 x", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
                       b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x00" * 600, os.urandom(2000), b"GET /" + b"a" * 70000 + b" HTTP/1.1",
                       b"GET /%00%ff%c0%af HTTP/1.1", b"OPTIONS * HTTP/1.1", b"CONNECT a:1 HTTP/1.1", b"get / http/1.1", b"GET http://a/ HTTP/1.1"])
    fields = rng.choice([b"", b"Host: localhost\r\n", b"Host: a\r\nHost: b\r\n", b"A\r\n", b": b\r\n", b"A : b\r\n", b"A: b\r\n c\r\n",
                         b"Host: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n", b"Host: localhost\r\nContent-Length: 18446744073709551617\r\n",
                         b"Host: localhost\r\nExpect: 100-continue\r\nContent-Length: 3\r\n", b"X: " + b"b" * 40000 + b"\r\n", b"X: y\r\n" * 3000,
                         b"Host: localhost\r\nX-Request-Id: \xff\xfe\x01\r\nAccept-Language: \xff\r\nIf-None-Match: \"\r\nAccept-Encoding: gzip;q=\r\n",
                         b"Host: localhost\r\nTransfer-Encoding: gzip, chunked\r\n", b"Host: localhost\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n",
                         b"Host: localhost\r\nAuthorization: Bearer \xff\r\nX-Forwarded-For: " + b"1," * 2000 + b"\r\nCookie: a=b; c\r\n"])
    s.sendall(line + b"\r\n" + fields + b"\r\n" + os.urandom(rng.randrange(40)))
    s.shutdown(socket.SHUT_WR)
    return take(s, 1 << 16)


def uploaded(rng, s):
    """Sent, asked about, taken away: on one connection."""
    config = json.loads((ROOT / "tests/configs" / rng.choice(["tiny-llama.json", "tiny-t5.json", "tiny-mamba.json", "tiny-deepseek.json"])).read_text())
    config["vocab_size"] = rng.randrange(64, 4096) * 8
    sent, out = json.dumps(config).encode(), b""
    s.sendall(HEAD % (b"POST", b"/api/v1/models?name=x%00y%ff", b"Content-Length: %d\r\n" % len(sent)) + sent)
    while b"\r\n\r\n" not in out and (part := s.recv(65536)):
        out += part
    found = re.search(rb"\r\nlocation: /api/v1/models/(\S+)", out, re.I)
    if found:
        question = json.dumps({"model": found.group(1).decode(), "context": rng.randrange(1, 9999)}).encode()
        s.sendall(HEAD % (b"POST", b"/api/v1/memory", b"Content-Length: %d\r\n" % len(question)) + question)
        if rng.random() < 0.7:
            s.sendall(HEAD % (b"DELETE", b"/api/v1/models/" + found.group(1), b""))
    s.sendall(HEAD % (b"GET", b"/api/v1/models?q=sha256&limit=1000", b"Connection: close\r\n"))
    return out + take(s)


WAYS = [(whole, 40), (pipelined, 8), (in_pieces, 6), (half_closed, 6), (cut_off, 10), (abandoned, 2), (broken_chunks, 6), (junk, 14), (uploaded, 8)]


def trouble(rng, server, timeout=20):
    """One connection's worth of it: (way, what is wrong with the replies or nothing)."""
    way = rng.choices([w for w, _ in WAYS], [n for _, n in WAYS])[0]
    try:
        with server.open(timeout) as s:
            received = way(rng, s)
    except OSError:
        return way.__name__, ""
    faults = [fault(r) for r in replies(received) if r]
    if way in (whole, half_closed) and received and not any(replies(received)):
        faults.append(f"the reply is cut: {received[:200]}")
    return way.__name__, "; ".join(f for f in faults if f)
