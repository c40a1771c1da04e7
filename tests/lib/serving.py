"""A server under test on a free port, raw requests to it, and random questions for it and for the command."""
import atexit
import http.client
import json
import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import threading
import time

os.environ.setdefault("WEIGH_REGISTRY", "")
ROOT = pathlib.Path(__file__).resolve().parents[2]
WEIGH = str(pathlib.Path(os.environ.get("WEIGH", ROOT / "build/weigh")).resolve())


signal.alarm(int(os.environ.get("WEIGH_TEST_SECONDS", "300")))  # a test that hangs ends


class Server:
    def __init__(self, *options, env=None):
        self.process = subprocess.Popen([WEIGH, "serve", "--listen", "127.0.0.1:0", *options], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                        env={**os.environ, "LC_ALL": "C.UTF-8", **(env or {})}, text=True)
        atexit.register(self.process.kill)
        self.log = []
        self.port = 0
        while not self.port:
            line = self.process.stderr.readline()
            if not line:
                raise SystemExit(f"Bail out! the server did not start: {self.log}")
            self.log.append(line)
            found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
            self.port = int(found.group(1)) if found else 0
        self.reader = threading.Thread(target=lambda: self.log.extend(self.process.stderr), daemon=True)
        self.reader.start()

    def ask(self, method, path, body=None, headers=None, timeout=30):
        """(status, headers in small letters, body)"""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            if isinstance(body, (dict, list)):
                body = json.dumps(body)
            connection.request(method, path, body=body.encode() if isinstance(body, str) else body, headers=headers or {})
            reply = connection.getresponse()
            return reply.status, {k.lower(): v for k, v in reply.getheaders()}, reply.read()
        finally:
            connection.close()

    def open(self, timeout=5):
        return socket.create_connection(("127.0.0.1", self.port), timeout=timeout)

    def raw(self, data, timeout=5, half_close=False):
        """What comes back for raw bytes until the server closes or is silent."""
        with self.open(timeout) as s:
            try:
                s.sendall(data)
                if half_close:
                    s.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            out = b""
            try:
                while part := s.recv(65536):
                    out += part
            except OSError:
                pass
            return out

    def resident(self):
        text = self.ask("GET", "/metrics")[2].decode()
        return int(re.search(r"^weigh_resident_bytes (\d+)", text, re.M).group(1))

    def stop(self, how=signal.SIGTERM, timeout=15):
        """(exit status, seconds, the log's lines)"""
        began = time.monotonic()
        self.process.send_signal(how)
        self.process.wait(timeout)
        seconds = time.monotonic() - began
        self.reader.join(5)
        return self.process.returncode, seconds, self.log


MODELS = ["Qwen/Qwen3-8B", "Qwen/Qwen3-0.6B", "deepseek-ai/DeepSeek-V3", "meta-llama/Llama-3.1-8B", "openai/gpt-oss-20b",
          "google/gemma-2-9b", "mistralai/Mixtral-8x7B-v0.1", "7B", "13B dense", "no/such-model", "state-spaces/mamba-130m-hf"]
GPUS = ["H100 SXM5 80GB", "RTX 4090", "2xRTX 3090,RTX 4090", "A100 SXM4 80GB", "no such card"]


def timeless(answer):
    """An answer without how long each step of finding the model took. JSON is the same with and without line breaks:
    members keep their order, numbers their digits."""
    try:
        members = json.loads(answer, parse_int=str, parse_float=str, object_pairs_hook=lambda pairs: [
            (name, "" if name == "seconds" else value) for name, value in pairs])
    except ValueError:
        return re.sub(rb'"seconds": ?[0-9.e+-]+', b'"seconds": 0', answer)
    return json.dumps(members, indent=1).encode()


def question(rng):
    """(command, [words], {option: value}): True is a flag, a list is given several times."""
    pick = rng.choice
    serving = lambda: {k: v for k, v in {
        "context": pick([512, 4096, 8192, 32768, 131072, "32k"]), "sequences": rng.randint(1, 64), "gpu": pick(GPUS),
        "kv-dtype": pick(["fp8", "bfloat16", "float32", "int3"]), "quant": pick(["int4", "q4_k_m", "fp8", "gptq-4-128"]),
        "engine": pick(["generic", "vllm", "sglang", "llama.cpp", "nothing"]), "tp": pick([1, 2, 4, 3]),
        "mtp": True, "set": [f"num_hidden_layers={rng.randint(1, 40)}"], "lang": pick(["en", "zh"]),
        "engine-option": [pick(["max_num_seqs=64", "block_size=32", "bogus=1"])]}.items() if rng.random() < 0.3}
    kind = pick(["params", "params", "tensors", "explain", "flops", "flops", "memory", "memory", "memory", "fit", "speed",
                 "sweep", "train", "train", "diff", "gpus", "families", "engines", "methods", "method", "optimizers",
                 "adapters", "compare-methods"])
    words, options = [pick(MODELS)], {}
    if kind in ("memory", "fit", "speed"):
        options = serving()
    elif kind == "sweep":
        options = {**serving(), "vary": [pick(["context=4k,8k,32k", "sequences=1..16:x2", "tp=1,2,4", "nonsense"])]}
    elif kind == "tensors":
        options = {"limit": rng.randint(1, 50), "offset": rng.randint(0, 600)}
    elif kind == "explain":
        words.append(pick(["total_parameters", "attention", "active_parameters", "nothing"]))
    elif kind == "flops":
        options = {k: v for k, v in {"phase": pick(["prefill", "decode", "train"]), "batch": rng.randint(1, 9),
                                     "prompt": rng.randint(1, 5000), "by": pick(["layer", "group"])}.items()
                   if rng.random() < 0.6}
    elif kind == "train":
        options = {k: v for k, v in {"mode": pick(["full", "lora", "qlora4", "odd"]), "batch": rng.randint(1, 8),
                                     "sequence": 2048, "zero": pick(["0", "1", "2", "3"]), "gpus": pick([1, 8]),
                                     "optimizer": pick(["adamw", "sgd", "lion"]), "checkpointing": True}.items()
                   if rng.random() < 0.4}
    elif kind == "diff":
        words.append(pick(MODELS))
    elif kind in ("gpus", "families", "methods"):
        words = []
        options = {"vendor": "NVIDIA"} if kind == "gpus" and rng.random() < 0.5 else {}
    elif kind == "engines":
        words = [pick(["vllm", "llama.cpp", "none"])] if rng.random() < 0.5 else []
    elif kind == "method":
        words = ["config", "params"]
        options = {"input": json.dumps({"vocab": rng.randint(1, 99999), "hidden": rng.randint(64, 8192)})}
    elif kind in ("optimizers", "adapters"):
        words = []
    elif kind == "params":
        options = {k: v for k, v in {"per-layer": True, "set": [f"hidden_size={rng.randint(1, 64) * 64}"]}.items()
                   if rng.random() < 0.3}
    return kind, words, options


WORDS = {"explain": ["model", "quantity"], "diff": ["a", "b"], "engines": ["engine"], "method": ["method", "function"]}


def names_of(command):
    return WORDS.get(command, ["model"])


def argv_of(asked):
    command, words, options = asked
    out = [WEIGH, command, "-f", "json"]
    for name, value in options.items():
        for v in value if isinstance(value, list) else [value]:
            out += [f"--{name}"] if v is True else [f"--{name}", str(v)]
    return out + ["--"] + words


def body_of(asked):
    command, words, options = asked
    return {**dict(zip(names_of(command), words)), **options}


def questions(count, seed):
    rng = random.Random(seed)
    return [question(rng) for _ in range(count)]
