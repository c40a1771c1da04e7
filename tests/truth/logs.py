#!/usr/bin/env python3
"""Logs made of what the truth folder says engines printed (models/measured-logs.tsv), read by `weigh check --log`.

The rows of one run become one log: sentences that tell the set-up as the engine prints it, then the figures. Prints the
share of compared figures that lie inside their interval, by engine and quantity; -v every figure, --logs DIR keeps the logs."""
import argparse
import collections
import csv
import json
import os
import pathlib
import re
import subprocess

SENTENCES = {  # quantity: how vLLM, SGLang and TensorRT-LLM print it
    "vllm": {"weights": "Model loading took {} GiB and 5 seconds", "available_kv_cache": "Available KV cache memory: {} GiB",
             "gpu_kv_cache_size": "GPU KV cache size: {} tokens", "kv_cache_blocks": "# GPU blocks: {}",
             "activation_peak": "; PyTorch activation peak memory takes {}GiB", "non_torch": "; non_torch_memory takes {}GiB",
             "activation_peak(torch peak increase)": "; PyTorch activation peak memory takes {}GiB",
             "cuda_graph_change": "Graph capturing finished in 9 secs, took {} GiB",
             "cuda_graph_actual": "Graph capturing finished in 9 secs, took {} GiB",
             "kv_needed_for_max_len": "max seq len ({context}), ({} GiB KV cache is needed"},
    "sglang": {"weights": "Load weight end. type=X, mem usage={} GB", "kv_cache_tokens": "max_total_num_tokens={},",
               "kv_cache_total": "KV Cache is allocated. #tokens: 0, KV size: {} GB"},
    "tensorrt": {"available_kv_cache": "Estimated max memory in KV cache : {} GiB",
                 "gpu_kv_cache_size": "Allocated {pool} GiB for max tokens in paged KV cache ({})"},
}


def family(engine):
    for name in ("ik_llama", "vllm", "sglang", "tensorrt", "ollama", "llama"):
        if name in engine.lower():
            return name
    return ""


def settings_of(row):
    return dict(re.findall(r"([a-z_-]+)[= ]([\w.-]+)", row["settings"]))


def vllm_head(row):
    engine, given = row["engine"], settings_of(row)
    version = re.search(r"v?(\d+\.\d+(?:\.\d+)?)", engine)
    old = "V0" in engine or re.search(r"2024|Jan 2025|Feb 2025|0\.6", engine)
    dtype = {"bf16": "torch.bfloat16", "fp16": "torch.float16"}.get(row["weights"], "torch.bfloat16")
    quant = {"bnb-4bit": "bitsandbytes", "gptq-4bit": "gptq_marlin", "awq-4bit": "awq_marlin"}.get(row["weights"])
    tp = re.search(r"TP=(\d+)", row["parallelism"])
    if old or version:
        yield f"Initializing a {'V0' if old else 'V1'} LLM engine (v{version[1] if version else '0.6.0'}) with config: x"
    yield (f"Initializing a LLM engine (v) with config: model='{row['model']}', speculative_config=None, dtype={dtype},"
           + (f" max_seq_len={row['context_tokens']}," if row["context_tokens"] else "")
           + f" tensor_parallel_size={tp[1] if tp else 1}, pipeline_parallel_size=1,{f' quantization={quant},' if row['weights'] != 'as published' else ''}"
           + f" kv_cache_dtype={given.get('kv-dtype', given.get('kv_cache_dtype', 'auto'))}, x")
    blocks = re.fullmatch(r"blocks of (\d+)", row["unit"])
    if blocks:
        given.setdefault("block_size", blocks[1])
    options = {k: v for k, v in given.items() if k in ("block_size", "max_num_seqs", "max_num_batched_tokens")}
    yield "non-default args: {" + ", ".join(f"'{k}': {v}" for k, v in options.items()) + "}"
    total = re.search(r"([\d.]+) GiB", row["gpu"])
    share = given.get("gpu_memory_utilization", "0.9")
    if total:
        yield f"Memory profiling results: total_gpu_memory={total[1]}GiB"
    yield f"non-default args: {{'gpu_memory_utilization': {share}}}"


def sglang_head(row):
    given = settings_of(row)
    tp = re.search(r"TP=(\d+)", row["parallelism"])
    dtype = "fp8_e4m3" if "fp8" in row["settings"] + row["quote_or_note"] else "auto"
    yield (f"server_args=ServerArgs(model_path='{row['model']}', tp_size={tp[1] if tp else 1}, kv_cache_dtype='{dtype}',"
           + (f" mem_fraction_static={given['mem_fraction_static']}," if "mem_fraction_static" in given else "")
           + (f" max_total_tokens={given['max_total_tokens']}," if "max_total_tokens" in given else "") + ")")


def tensorrt_head(row):
    yield "[TRT-LLM] x"
    share = re.search(r"([\d.]+) of ([\d.]+) GiB", row["settings"])
    blocks = re.search(r"blocks of (\d+)", row["settings"])
    if share:
        yield f"calculating max tokens in paged kv cache: total: 99.00 GiB, available: {share[2]} GiB"
        yield f"fraction is set {share[1]},"
    if blocks:
        yield f"Number of tokens per block: {blocks[1]}"


def tensorrt_arguments(row):
    """Its logs name neither the model nor the types of weights and cache."""
    model = check(f"Starting to load model {row['model'].split(' ')[0]}...\n").get("model")
    types = {"fp16": ["--dtype", "float16", "--kv-dtype", "float16"], "fp8": ["--quant", "fp8", "--kv-dtype", "fp8"]}
    return [model, *types.get(row["weights"], [])] if model else []


def llama_head(row):
    given = settings_of(row)
    yield f"llm_load_print_meta: model ftype = {row['weights']}" if family(row["engine"]) == "ik_llama" else \
        f"print_info: file type = {row['weights']}"
    if row["engine"] == "ik_llama.cpp":
        yield "llama_new_context_with_model: fused_moe = 1"
    yield f"print_info: general.name = {row['model']}"
    if row["context_tokens"]:
        yield f"llama_context: n_ctx = {row['context_tokens']}"
    for name in ("n_batch", "n_ubatch", "n_seq_max", "flash_attn"):
        if name in given:
            yield f"llama_context: {name} = {given[name]}"
    if "-ot " in row["settings"]:
        yield "tensor x buffer type overriden to CPU"


PARTS = ("kv_buffer", "weights_buffer")  # one device's line of several: the list seldom has them all


def log_of(rows):
    kind = family(rows[0]["engine"])
    head = {"vllm": vllm_head, "sglang": sglang_head, "tensorrt": tensorrt_head}.get(kind, llama_head if "llama" in kind else None)
    pool = next((r["value"] for r in rows if r["quantity"] == "available_kv_cache"), "0")
    lines = list(head(rows[0])) if head else []
    for row in rows:
        if row["quantity"].startswith(PARTS) or "do not use" in row["quote_or_note"]:
            continue
        sentence = SENTENCES.get(kind, {}).get(row["quantity"])
        if sentence:
            lines.append(sentence.format(row["value"], context=row["context_tokens"], pool=pool))
        elif "llama" in kind or re.search(rf"[=:]\s+{re.escape(row['value'])}", row["quote_or_note"]):
            lines.append(row["quote_or_note"])
    return "\n".join(lines) + "\n"


def runs(path):
    groups = collections.defaultdict(list)
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            if family(row["engine"]):
                key = [row[k] for k in ("engine", "model", "weights", "gpu", "parallelism", "context_tokens", "settings",
                                        "source")]
                groups[tuple(key)].append(row)
    return list(groups.values())


def check(log, arguments=()):
    command = [os.environ.get("WEIGH", "build/weigh"), "check", "--log", "-", *arguments, "-f", "json"]
    done = subprocess.run(command, input=log, capture_output=True, encoding="utf-8")
    return json.loads(done.stdout) if done.returncode in (0, 3) else {"failed": done.stderr, "compared": []}


def measure(path, verbose=False, keep=None):
    """(compared figures, those inside, runs that name a model, runs, failures)"""
    tally, named, failed, skipped = collections.Counter(), 0, [], collections.Counter()
    groups = runs(path)
    for number, rows in enumerate(groups):
        text = log_of(rows)
        if keep:
            (pathlib.Path(keep) / f"{number:03}.log").write_text(text)
        answer = check(text, tensorrt_arguments(rows[0]) if family(rows[0]["engine"]) == "tensorrt" else ())
        if "failed" in answer:
            failed.append((rows[0]["model"], answer["failed"]))
        named += bool(answer.get("model"))
        for entry in answer.get("not_predicted", []):
            skipped[entry["missing"]] += len(entry["quantities"])
        for c in answer["compared"]:
            name = c["quantity"] + (" given " + c["given"] if "given" in c else "")
            tally[family(rows[0]["engine"]), name, c["inside"]] += 1
            if verbose:
                print(f"# {'in ' if c['inside'] else 'OUT'} {number:03} {rows[0]['engine']} {rows[0]['model']} {name}: logged"
                      f" {c['logged']:.6g} predicted {c['predicted']:.6g} [{c['low']:.6g} {c['high']:.6g}] {c['basis']}")
    return tally, named, len(groups), failed, skipped


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-v", action="store_true")
    parser.add_argument("--logs", help="keep the logs in this folder")
    options = parser.parse_args()
    path = os.path.join(os.environ["WEIGH_TRUTH_DIR"], "models", "measured-logs.tsv")
    tally, named, count, failed, skipped = measure(path, options.v, options.logs)
    for kind, name in sorted({key[:2] for key in tally}):
        inside, outside = tally[kind, name, True], tally[kind, name, False]
        print(f"{kind:10} {name:36} {inside:4} of {inside + outside:4} inside")
    inside = sum(n for key, n in tally.items() if key[2])
    print(f"{inside} of {sum(tally.values())} figures inside; {named} of {count} runs name a model; not predicted: {dict(skipped)}")
    for model, why in failed:
        print("failed:", model, why[:300])


if __name__ == "__main__":
    main()
