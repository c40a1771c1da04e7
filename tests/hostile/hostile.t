#!/usr/bin/env python3
"""Input from strangers: each case of cases.tsv ends soon, with the status and error it names, and never in a crash.

A case is a configuration or, below descriptions/, a description with a configuration that uses it. Columns:

name    a sentence in few words; also the name of the point
input   json:TEXT         the whole text; \\xNN is a byte
        llama:MEMBERS     a small correct llama with these members instead of or beside its own
        made:NAME         made_NAME() below gives the bytes
        weigh:FILE        descriptions/FILE.weigh, with {"model_type": "hostile"}
        weigh:FILE MEMBERS  the same, with these members too
        grown:NAME        grown_NAME() below gives the description
exit    the exit status
code    of the error; - when there is none
says    parts of the message, file and place, separated by " | "; of the report when there is no error
todo    why it is not so yet: the point is counted as known not to work

    tests/hostile/hostile.t [-v] [NAME...]     only these cases; -v shows what was said
"""
import json
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
WEIGH = os.environ.get("WEIGH", "build/weigh")
CACHE = pathlib.Path(WEIGH).resolve().parent / "CMakeCache.txt"
SANITIZED = CACHE.exists() and "WEIGH_SANITIZE:BOOL=ON" in CACHE.read_text()
SECONDS = 12.0 if SANITIZED else 2.0
LLAMA = {"model_type": '"llama"', "vocab_size": "96", "hidden_size": "16", "intermediate_size": "40",
         "num_hidden_layers": "3", "num_attention_heads": "4", "num_key_value_heads": "2"}


def llama(members):
    own = dict(LLAMA)
    extra = json.JSONDecoder()
    text, at = members.strip(), 0
    pairs = []
    while at < len(text):  # kept as text, so that numbers stay as they are written
        key, end = extra.raw_decode(text, at)
        at = text.index(":", end) + 1
        start = at
        at = value_end(text, at)
        pairs.append((key, text[start:at].strip()))
        at += 1
        while at < len(text) and text[at] in " ,":
            at += 1
    own.update(pairs)
    return ("{" + ", ".join(f"{json.dumps(k)}: {v}" for k, v in own.items()) + "}").encode()


def value_end(text, at):
    depth, quoted = 0, False
    while at < len(text):
        c = text[at]
        if quoted:
            at += c == "\\"
            quoted = c != '"'
        elif c == '"':
            quoted = True
        elif c in "[{":
            depth += 1
        elif c in "]}":
            depth -= 1
        elif c == "," and depth == 0:
            return at
        at += 1
    return at


# ---- configurations too large or too odd to stand in the table ----

def made_nested_10000():
    return b'{"a":' + b"[" * 10000 + b"]" * 10000 + b"}"


def made_nested_objects_10000():
    return b'{"model_type":"llama","a":' + b'{"a":' * 10000 + b"1" + b"}" * 10001


def made_many_keys():
    return b'{"model_type":"llama",' + b",".join(b'"k%d":%d' % (i, i) for i in range(200000)) + b"}"


def made_ten_megabytes():
    return llama('"rubbish": 0')[:-1] + b', "padding": "' + b"x" * 10_000_000 + b'"}'


def made_ten_megabytes_of_numbers():
    return llama('"rubbish": 0')[:-1] + b', "padding": [' + b"1," * 5_000_000 + b"1]}"


def made_fifty_megabytes():
    return llama('"rubbish": 0')[:-1] + b', "padding": "' + b"x" * 50_000_000 + b'"}'


def made_fifty_megabytes_of_numbers():
    return llama('"rubbish": 0')[:-1] + b', "padding": [' + b"1," * 25_000_000 + b"1]}"


def made_three_hundred_megabytes():
    return b'{"a": "' + b"x" * 300_000_000 + b'"}'


def made_long_number():
    return llama('"hidden_size": 1' + "0" * 100000)


def made_long_fraction():
    return llama('"rms_norm_eps": 0.' + "0" * 100000 + "1")


def made_long_key():
    return llama('"' + "k" * 1000000 + '": 1')


def made_long_model_type():
    return b'{"model_type": "' + b"m" * 1000000 + b'"}'


def made_utf16():
    return '{"model_type": "llama"}'.encode("utf-16")


def made_binary_junk():
    return bytes((i * 197 + (i >> 3) * 31) & 255 for i in range(65536))


def made_gguf():
    return b"GGUF\x03\0\0\0" + bytes(64)


def made_long_layer_types():
    return llama('"layer_types": [' + ", ".join(['"full_attention"'] * 100000) + "]")


# ---- descriptions that grow ----

FAMILY = "family hostile\n  model_type hostile\n  fields\n    size = 4\n    n = 2\n  model\n    x = given [size]\n"


def grown_doubling_chain():
    """Sixty blocks, each of which uses the one below twice: 2^60 operations."""
    text = "block b0(x)\n  y = linear l(x, size)\n  return y\n"
    for i in range(1, 61):
        text += f"block b{i}(x)\n  y = b{i - 1} a(x)\n  z = b{i - 1} b(y)\n  return z\n"
    return text + FAMILY + "    y = b60 b(x)\n"


def grown_doubling_lets():
    """Sixty names, each the sum of the one above with itself: linear in work when each is computed once."""
    lets = "".join(f"    let l{i} = l{i - 1} + l{i - 1}\n" for i in range(1, 61))
    return FAMILY + "    let l0 = 1\n" + lets + "    param w [l60 // l60]\n"


def grown_doubling_texts():
    """Names of tensors that double in length with each scope."""
    scopes = "".join("  " * i + f"    scope {'s' * 500}\n" for i in range(20))
    return FAMILY + scopes + "  " * 20 + "    param w [size]\n"


def grown_deep_expression():
    return FAMILY + "    let a = " + "(" * 5000 + "1" + ")" * 5000 + "\n    param w [a]\n"


def grown_deep_minus():
    return FAMILY + "    let a = " + "-" * 5000 + "1\n    param w [a]\n"


def grown_long_sum():
    return FAMILY + "    let a = " + " + ".join(["1"] * 20000) + "\n    param w [a]\n"


def grown_long_index():
    return FAMILY + "    let a = [1]" + "[0]" * 20000 + "\n    param w [a]\n"


def grown_long_member():
    return FAMILY + "    let a = n" + ".n" * 20000 + "\n    param w [a]\n"


def grown_deep_lets_of_deep_expressions():
    """Neither is too deep alone; one inside the other they are."""
    lets = "".join(f"    let l{i} = " + "(1 + " * 150 + f"l{i + 1}" + ")" * 150 + "\n" for i in range(180))
    return FAMILY.replace("  model\n", lets + "    let l180 = 1\n  model\n") + "    param w [l0]\n"


def grown_deep_if():
    return FAMILY + "    let a = " + "if true then " * 3000 + "1" + " else 0" * 3000 + "\n    param w [a]\n"


def grown_long_chain_of_lets():
    lets = "".join(f"    let l{i} = l{i + 1}\n" for i in range(3000))
    return FAMILY.replace("  model\n", lets + "    let l3000 = 1\n  model\n") + \
        "    param w [l0]\n"


def grown_deep_indentation():
    return FAMILY + "".join("  " * i + "    when true\n" for i in range(300)) + "  " * 300 + "    param w [size]\n"


def grown_many_blocks_in_a_row():
    """Blocks b0 to b1000, each of which uses the next once."""
    text = "".join(f"block b{i}(x)\n  y = b{i + 1} a(x)\n  return y\n" for i in range(1000))
    return text + "block b1000(x)\n  return x\n" + FAMILY + "    y = b0 b(x)\n"


def grown_two_megabytes():
    return "# " + "x" * 2_000_000 + "\n" + FAMILY


def grown_many_tensors():
    return FAMILY + "".join(f"    param w{i} [size]\n" for i in range(40000))


def grown_many_declarations():
    return "".join(f"block b{i}(x)\n  return x\n" for i in range(30000)) + FAMILY + "    param w [size]\n"


def grown_pyramid_of_likes():
    families = "".join(f"family f{i} like f{i - 1}\n  model_type f{i}\n  fields\n    a{i} = {i}\n" for i in range(1, 301))
    return FAMILY.replace("family hostile", "family f0").replace("model_type hostile", "model_type f0") + \
        "    param w [size]\n" + families + "family hostile like f300\n  model_type hostile\n  fields\n    n = 1\n"


# ---- running ----

def unescape(text):
    return re.sub(rb"\\x([0-9a-f]{2})", lambda m: bytes([int(m.group(1), 16)]), text.encode())


def command_of(row, scratch):
    kind, _, rest = row["input"].partition(":")
    config, options = scratch / "config.json", []
    if kind in ("weigh", "grown"):
        name, _, members = rest.partition(" ")
        text = globals()["grown_" + name]().encode() if kind == "grown" else (HERE / "descriptions" / f"{name}.weigh").read_bytes()
        (scratch / "data").mkdir()
        (scratch / "data" / f"{name}.weigh").write_bytes(text)
        options = ["--data", str(scratch / "data")]
        config.write_bytes(b'{"model_type": "hostile"' + (b", " + unescape(members) if members else b"") + b"}")
    elif rest == "directory":
        config.mkdir()
    elif rest != "nothing":
        config.write_bytes({"json": unescape, "llama": llama, "made": lambda n: globals()["made_" + n]()}[kind](rest))
    return [WEIGH, "params", str(config), "-f", "json"] + options


def faults(row, run, seconds):
    """What is not as the row says."""
    if seconds > SECONDS:
        yield f"took {seconds:.1f} s of computing, may take {SECONDS}"
    if run.returncode != int(row["exit"]):
        yield f"ended with {run.returncode}"
    if "Sanitizer" in run.stderr or "runtime error" in run.stderr:
        yield "a sanitizer complains"
    if run.returncode == 0:
        said = run.stdout
        try:
            json.loads(run.stdout)
        except ValueError as error:
            yield f"the report is no JSON: {error}"
    else:
        if run.stdout:
            yield "wrote to standard output"
        try:
            error = json.loads(run.stderr)["error"]
            said = " ".join(str(error.get(k, "")) for k in ("message", "file")) + f" at {error.get('line', 0)}:{error.get('column', 0)}"
            if error["code"] != row["code"]:
                yield f"the code is {error['code']}"
            if re.search(r"\{\d\}", error["message"]):
                yield "a place of the message is not filled"
        except (ValueError, KeyError) as error:
            yield f"the error is no JSON: {error}"
            return
    for part in filter(None, row["says"].split(" | ")):
        if part not in said:
            yield f"does not say: {part}"


def stop_in_time():
    resource.setrlimit(resource.RLIMIT_CPU, (int(SECONDS) + 1, int(SECONDS) + 2))


def rows():
    head, *lines = (l for l in (HERE / "cases.tsv").read_text("utf-8").splitlines() if l and l[0] != "#")
    for line in lines:
        yield dict(zip(head.split("\t"), line.split("\t") + [""] * 3))


def main():
    verbose, only = "-v" in sys.argv, [a for a in sys.argv[1:] if a != "-v"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("WEIGH_DATA", "XDG_", "HOME"))}
    number = 0
    for row in rows():
        if only and row["name"] not in only:
            continue
        number += 1
        with tempfile.TemporaryDirectory() as scratch:
            command = command_of(row, pathlib.Path(scratch))
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            try:
                run = subprocess.run(command, capture_output=True, text=True, errors="backslashreplace", timeout=120,
                                     env=environment, preexec_fn=stop_in_time)
            except subprocess.TimeoutExpired:
                run = subprocess.CompletedProcess(command, -1, "", "did not end within 120 s")
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        found = list(faults(row, run, seconds))
        todo = f" # TODO {row['todo']}" if row["todo"] else ""
        print("not ok" if found else "ok", number, "-", row["name"] + todo)
        if found or verbose:
            for fault in found:
                print("#  ", fault)
            print(f"# {seconds:.2f} s, exit {run.returncode}")
            for line in (run.stderr or run.stdout[:300]).splitlines()[:6]:
                print("#  ", line[:600])
    print(f"1..{number}")


main()
