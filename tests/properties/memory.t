#!/usr/bin/env python3
"""What must hold of every model's serving memory, whatever it is.

- Parts sum to a device's bytes, devices to all; low ≤ best ≤ high.
- More context, more sequences, longer prefixes apart: never less memory; formats and cache types in their order.
- Tensor, pipeline, expert, data, context parallelism and layers on the host move bytes and lose none.
- The longest context and the most sequences fit, and one more does not, asked again through the command.
- What an engine says of its pool fits into that pool.

    tests/properties/memory.t [-v] [NAME...]
"""
import functools
import json
import os
import pathlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

ROOT = pathlib.Path(__file__).resolve().parents[2]
WEIGH = os.environ.get("WEIGH") or str(ROOT / "build/weigh")
GIB = 1 << 30
MODELS = ["Qwen/Qwen3-8B", "Qwen/Qwen2.5-0.5B-Instruct", "deepseek-ai/DeepSeek-V3.2",
          "google/gemma-3-4b-it", "openai/gpt-oss-20b", "mistralai/Mixtral-8x7B-v0.1",
          "Qwen/Qwen3-Next-80B-A3B-Instruct", "RWKV/rwkv-4-169m-pile", "google/mt5-small",
          "FacebookAI/xlm-roberta-base", "tests/configs/tiny-llama.json", "tests/configs/tiny-mamba.json"]
ENGINES = ("generic", "transformers", "vllm@2025", "vllm", "vllm@2026-new", "sglang", "tensorrt-llm")
LLAMA = ("llama.cpp",)     # it cuts by layers alone
PAGED = ENGINES[2:]


@functools.lru_cache(maxsize=None)
def asked(model, options):
    command = [WEIGH, "memory", model, "--format", "json"]
    for key, value in options:
        command += ["--" + key.replace("_", "-")] + ([] if value is True else [str(value)])
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=120)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[1:])}: {done.stderr.strip()[:300]}")
    return json.loads(done.stdout)


def ask(model, **options):
    return asked(model, tuple(sorted(options.items())))


def llama_takes(model):
    """llama.cpp keeps several sequences apart only for decoders."""
    return () if any(word in model for word in ("t5", "roberta")) else LLAMA


def fits(model, **options):
    try:
        return ask(model, **options)["fits"]
    except RuntimeError as error:
        if "llama_asked_bad" in str(error):     # more than it takes
            return False
        raise


def parts(device):
    return {c["name"]: c["bytes"] for c in device["components"]}


def kept(answer, device=None):
    """Weights, caches and states: of all devices or of one."""
    devices = answer["per_device"] if device is None else [answer["per_device"][device]]
    return tuple(sum(parts(d).get(name, 0) for d in devices) for name in ("weights", "kv_cache", "state"))


def rising(name, figures):
    for (a, one), (b, more) in zip(figures, figures[1:]):
        if more < one:
            yield f"{name}: {more} at {b}, less than {one} at {a}"


# ---- sums ----

LLAMA_LAYOUTS = ({}, {"pp": 2}, {"gpu_layers": 2})
LAYOUTS = ({}, {"tp": 2}, {"pp": 2}, {"dp": 2, "tp": 2, "expert_parallel": True}, {"gpu_layers": 2})


def parts_add_up(model):
    for engine in ENGINES + llama_takes(model):
        for layout in LLAMA_LAYOUTS if engine in LLAMA else LAYOUTS:
            answer = ask(model, engine=engine, context=1000, sequences=3, gpu="H200", **layout)
            yield from (f"{engine} {layout}: {fault}" for fault in sums(answer))


def sums(answer):
    if sum(d["bytes"] for d in answer["per_device"]) != answer["total_bytes"]:
        yield "devices are not the total"
    for device in answer["per_device"]:
        for key in ("bytes", "low_bytes", "high_bytes"):
            if sum(c[key] for c in device["components"]) != device[key]:
                yield f"{key} of device {device['device']}"
        for row in device["components"] + [device]:
            if not 0 <= row["low_bytes"] <= row["bytes"] <= row["high_bytes"]:
                yield f"{row.get('name', 'device')} {row['low_bytes']} ≤ {row['bytes']} ≤ {row['high_bytes']}"


def caches_add_up(model):
    answer = ask(model, context=1000, sequences=3)
    weights, tokens, states = kept(answer)
    found = sum(c["bytes"] for c in answer["caches"])
    if found != tokens + states:
        yield f"kinds of caches: {found} instead of {tokens + states}"
    steps = [sum(kept(ask(model, context=c))[1:]) for c in (100_000, 100_001, 200_000, 200_001)]
    slope = answer["kv_bytes_per_token"]
    every = max([c.get("tokens_per_entry", 1) for c in answer["caches"]] or [1])
    crossed = any(c["name"] == "cross" for c in answer["caches"])     # its prompt is as long as the context
    if every == 1 and not crossed and not (steps[1] - steps[0] == steps[3] - steps[2] == slope):
        yield f"a token takes {steps[1] - steps[0]} and {steps[3] - steps[2]}, said to be {slope}"


# ---- more is never less ----

def grows(model):
    for engine in ENGINES + llama_takes(model):
        for key, values in (("context", (1, 17, 1000, 5000, 131072)), ("sequences", (1, 3, 200))):
            answers = [(v, ask(model, engine=engine, gpu="H200", **{key: v})) for v in values]
            for name, of in (("all", lambda a: a["total_bytes"]), ("cache", lambda a: kept(a)[1]),
                             ("state", lambda a: kept(a)[2]), ("high", lambda a: a["per_device"][0]["high_bytes"])):
                yield from rising(f"{engine}: {name} by {key}", [(v, of(a)) for v, a in answers])


def equal_lengths_are_sequences(model):
    for engine in ENGINES:
        for mix in ("8x1000", "1000,7x1000"):
            mixed, plain = ask(model, engine=engine, mix=mix), ask(model, engine=engine, context=1000, sequences=8)
            if mixed["per_device"] != plain["per_device"]:
                yield f"{engine}: {mix} is not eight sequences of 1000"
        mixed = ask(model, engine=engine, mix="3x1000,5x1000", shared_prefix=700)
        plain = ask(model, engine=engine, context=1000, sequences=8, shared_prefix=700)
        if mixed["per_device"] != plain["per_device"]:
            yield f"{engine}: eight sequences of 1000 with a prefix in two groups"
        mixed = ask(model, engine=engine, mix="2x1000,1x4000")
        low, high = (ask(model, engine=engine, context=c, sequences=3) for c in (1000, 4000))
        if not low["total_bytes"] <= mixed["total_bytes"] <= high["total_bytes"]:
            yield f"{engine}: a mix lies outside its lengths"


def shared_prefixes_save(model):
    for engine in ENGINES:
        figures = [(-n, ask(model, engine=engine, context=2000, sequences=5, shared_prefix=n)["total_bytes"])
                   for n in (2000, 1999, 1000, 16, 1)]
        figures.append((0, ask(model, engine=engine, context=2000, sequences=5)["total_bytes"]))
        yield from rising(f"{engine}: shared prefix", figures)
    alone = [ask(model, context=2000, **o)["total_bytes"] for o in ({}, {"shared_prefix": 1000})]
    if alone[0] != alone[1]:
        yield f"one sequence shares with nobody: {alone}"


def adapters_are_linear(model):
    none, one, four, wide = (sum(parts(d)["adapters"] for d in ask(model, **o)["per_device"]) for o in (
        {}, {"loras": 1}, {"loras": 4}, {"loras": 1, "lora_rank": 64}))
    if none or four != 4 * one or wide != 4 * one:
        yield f"adapters: {none}, {one}, {four}, {wide}"


def narrow_caches_are_smaller(model):
    order = ("float32", "bfloat16", "fp8") + (() if "tiny" in model else ("q4_0",))     # its blocks are 32 wide
    figures = [(-i, kept(ask(model, context=4096, kv_dtype=t))[1]) for i, t in enumerate(order)]
    yield from rising(f"cache in {order}", figures[::-1])
    for engine in ENGINES:
        figures = [(t, sum(kept(ask(model, engine=engine, context=4096, kv_dtype=t))[1:])) for t in ("fp8", "bfloat16")]
        yield from rising(f"{engine}: cache by type", figures)
    wide, narrow = (kept(ask(model, context=4096, kv_dtype=t))[1] for t in ("bfloat16", "fp8"))
    if wide and narrow * 2 > wide + wide // 8:
        yield f"fp8 {narrow} is no half of {wide}"


def narrow_weights_are_smaller(model):
    whole, published = kept(ask(model, dtype="float32"))[0], ask(model)
    own, narrow = kept(published)[0], published["bits_per_weight"] < 16
    for quant in ("bf16", "fp8", "int8", "int4", "nf4", "awq", "q8_0", "q4_k_m"):
        try:
            weights = kept(ask(model, quant=quant))[0]
        except RuntimeError as error:
            if '"weights_' not in str(error) and '"gguf_refused"' not in str(error):     # a width that its blocks do not divide
                yield str(error)
            continue
        if weights > whole:
            yield f"{quant}: {weights}, more than {whole} in float32"
        if quant in ("fp8", "int8", "int4") and not narrow and weights > own:
            yield f"{quant}: {weights}, more than {own} as published"


# ---- layouts ----

def tensor_parallel(model):
    for engine in ENGINES:
        one, *cut = (ask(model, engine=engine, context=5000, sequences=4, gpu="H200", tp=t) for t in (1, 2, 8))
        for name, i in (("weights", 0), ("kv_cache", 1), ("state", 2)):
            figures = [(-a["tp"], max(kept(a, d)[i] for d in range(a["gpus"]))) for a in [one] + cut]
            yield from rising(f"{engine}: {name} by tp", figures[::-1])
            for answer in cut:
                if sum(kept(answer, d)[i] for d in range(answer["gpus"])) < kept(one)[i]:
                    yield f"{engine}: {name} got lost at tp {answer['tp']}"
        if not kept(cut[0], 0)[0] < kept(one)[0]:
            yield f"{engine}: two ranks hold no less weights than one"
        if len({json.dumps(d["components"]) for d in cut[-1]["per_device"]}) != 1:
            yield f"{engine}: ranks differ"


def stages_hold_all(model):
    whole = kept(ask(model, context=3000, sequences=2))
    for pp in (2, 3):
        found = kept(ask(model, context=3000, sequences=2, pp=pp))
        if found[1:] != whole[1:]:
            yield f"caches of {pp} stages: {found[1:]} instead of {whole[1:]}"
        more = found[0] - whole[0]
        if more not in allowed_copies(model):
            yield f"weights of {pp} stages: {found[0]}, {more} more than {whole[0]}"


@functools.lru_cache(maxsize=None)
def allowed_copies(model):
    """Nothing, or a tied head once more: the largest vocabulary table."""
    done = subprocess.run([WEIGH, "tensors", model, "-f", "json"], capture_output=True, text=True, cwd=ROOT)
    rows = json.loads(done.stdout)["tensors"]
    dtype = 4 if ask(model)["dtype"] == "float32" else 2
    return {0} | {dtype * r["elements"] for r in rows if r["group"] in ("head", "embedding")}


def other_layouts(model):
    one = ask(model, context=4096, sequences=8)
    weights, tokens, states = kept(one)
    two = ask(model, context=4096, sequences=8, dp=2)
    for d in range(2):
        if kept(two, d)[1:] != (tokens // 2, states // 2):
            yield f"dp: {kept(two, d)[1:]} instead of half of {tokens, states}"
    spread = ask(model, context=4096, sequences=8, dp=2, expert_parallel=True)
    if kept(spread)[1:] != kept(two)[1:] or kept(spread, 0)[0] > weights or kept(spread)[0] < weights:
        yield f"expert parallel: {kept(spread)}"
    cut = ask(model, context=4096, sequences=8, cp=2)
    if kept(cut, 0)[0] != weights or not tokens // 2 <= kept(cut, 0)[1] <= tokens:
        yield f"cp: {kept(cut, 0)}"
    full = all(c.get("window", 0) == 0 and "tokens_per_entry" not in c for c in one["caches"] if "cells" in c)
    if full and kept(cut, 0)[1] * 2 != tokens:
        yield f"cp: {kept(cut, 0)[1]} is not half of {tokens}"
    ranks, shared = (ask(model, context=4096, sequences=8, tp=4, **o) for o in ({}, {"dcp": 2}))
    if kept(shared, 0)[1] > kept(ranks, 0)[1] or kept(shared, 0)[0] != kept(ranks, 0)[0]:
        yield f"dcp: {kept(shared, 0)} and {kept(ranks, 0)} without"


def layers_move_to_the_host(model):
    all_of_it = ask(model, context=2000, sequences=2)
    weights, tokens, states = kept(all_of_it)
    on_card, copies = [], allowed_copies(model)
    for layers in (0, 1, 2, 3, 7, 1000):
        answer = ask(model, context=2000, sequences=2, gpu_layers=layers)
        host = answer.get("host") or {"components": [], "bytes": 0}
        there = {c["name"]: c["bytes"] for c in host["components"]}
        card = kept(answer)
        on_card.append((layers, card[0]))
        if card[1] + there.get("kv_cache", 0) != tokens or card[2] + there.get("state", 0) != states:
            yield f"{layers} layers on the card: caches {card[1:]} and {there} of {tokens, states}"
        if card[0] + there.get("weights", 0) - weights not in copies:
            yield f"{layers} layers on the card: weights {card[0]} and {there.get('weights')} of {weights}"
    yield from rising("weights by layers on the card", on_card)


def unequal_cards(model):
    even = ask(model, gpu="2xH100 SXM5 80GB", pp=2)
    answer = ask(model, gpu="H100 SXM5 80GB,A100 SXM4 40GB")
    if answer["pp"] != 2:
        yield f"two unequal cards in {answer['pp']} stages"
    big, small = (kept(answer, d)[0] for d in range(2))
    if kept(answer)[0] != kept(even)[0]:
        yield f"weights of unequal cards {kept(answer)[0]}, of equal ones {kept(even)[0]}"
    if big < kept(even, 0)[0] or small > kept(even, 1)[0]:
        yield f"the larger card holds {big}, the smaller {small}, equal ones {kept(even, 0)[0]} and {kept(even, 1)[0]}"


# ---- solvers ----

def answers_are_maximal(model):
    for engine in ENGINES + llama_takes(model):
        weights = kept(ask(model))[0]
        size = int(1.5 * weights) + 24 * GIB
        for layout in LLAMA_LAYOUTS[:2] if engine in LLAMA else ({}, {"tp": 2, "pp": 2}):
            given = {"engine": engine, "gpu_memory": size, **layout}
            first = ask(model, context=1000, sequences=2, **given)
            for key, other in (("context", {"sequences": 2}), ("sequences", {"context": 1000})):
                most = first["max_" + key]
                if most is None:  # nothing grows with it
                    continue
                if most and not ask(model, **given, **other, **{key: most})["fits"]:
                    yield f"{engine} {layout}: max_{key} {most} does not fit"
                if fits(model, **given, **other, **{key: most + 1}):
                    yield f"{engine} {layout}: max_{key} {most}, but one more fits"


# ---- pools ----

def pools_hold_their_tokens(model):
    size = kept(ask(model))[0] + 40 * GIB
    for engine in PAGED:
        answer = ask(model, engine=engine, gpu_memory=size, context=4096, sequences=4)
        if engine.startswith("vllm"):
            yield from vllm_pool(engine, answer.get("vllm"), answer)
        elif answer.get("pool"):
            pool = answer["pool"]
            taken = pool["tokens"] * pool["token_bytes"] + pool.get("state_slots", 0) * answer["fixed_bytes_per_sequence"]
            # TensorRT-LLM rounds its blocks up
            slack = pool["token_bytes"] * pool.get("block_size", 1) if engine == "tensorrt-llm" else 0
            if taken > pool["bytes"] + slack:
                yield f"{engine}: {pool['tokens']} tokens take {taken} of {pool['bytes']}"


def vllm_pool(engine, pool, answer):
    if not pool or not pool.get("num_gpu_blocks"):
        return
    groups = max(1, pool.get("groups", 1))
    if pool["num_gpu_blocks"] * pool["page_bytes"] > pool["kv_cache_bytes"]:
        yield f"{engine}: {pool['num_gpu_blocks']} blocks of {pool['page_bytes']} in {pool['kv_cache_bytes']}"
    by_blocks, by_requests = pool["kv_cache_tokens_by_blocks"], pool["kv_cache_tokens_by_concurrency"]
    wanted = by_blocks if engine == "vllm@2025" else by_requests
    if pool["kv_cache_tokens"] != wanted:
        yield f"{engine}: prints {pool['kv_cache_tokens']}, not {wanted}"
    concurrency = pool["num_gpu_blocks"] / pool["blocks_per_request"]
    if abs(concurrency - pool["max_concurrency"]) > 1e-6 * concurrency:
        yield f"{engine}: concurrency {pool['max_concurrency']}, blocks say {concurrency}"
    simple = len(answer["caches"]) == 1 and answer["caches"][0]["name"] == "kv"
    if simple and (by_blocks != pool["num_gpu_blocks"] * pool["block_size"] or
                   not by_blocks - 4096 <= by_requests <= by_blocks):
        yield f"{engine}: {by_blocks} tokens by blocks, {by_requests} by concurrency"
    if simple and by_blocks * answer["kv_bytes_per_token"] > pool["kv_cache_bytes"]:
        yield f"{engine}: {by_blocks} tokens do not fit {pool['kv_cache_bytes']}"


# ---- by hand ----

def tiny_adapters(model):
    """Rank 16 beside q 16→16, k and v 16→8, o 16→16, gate and up 16→40, down 40→16, three layers, two bytes."""
    if not model.endswith("tiny-llama.json"):
        return
    pairs = [(16, 16), (16, 8), (16, 8), (16, 16), (16, 40), (16, 40), (40, 16)]
    wanted = 3 * 2 * 16 * sum(a + b for a, b in pairs)
    found = parts(ask(model, loras=1)["per_device"][0])["adapters"]
    if found != wanted:
        yield f"one adapter {found} instead of {wanted}"
    # columns: A whole, B halved; rows (o, down): A halved, B whole
    halves = [(16, 8), (16, 4), (16, 4), (8, 16), (16, 20), (16, 20), (20, 16)]
    wanted = 3 * 2 * 16 * sum(a + b for a, b in halves)
    found = parts(ask(model, loras=1, tp=2)["per_device"][0])["adapters"]
    if found != wanted:
        yield f"one adapter on one of two ranks {found} instead of {wanted}"


CHECKS = (parts_add_up, caches_add_up, grows, equal_lengths_are_sequences, shared_prefixes_save, adapters_are_linear,
          narrow_caches_are_smaller, narrow_weights_are_smaller, tensor_parallel, stages_hold_all, other_layouts,
          layers_move_to_the_host, unequal_cards, answers_are_maximal, pools_hold_their_tokens, tiny_adapters)


def faults(model):
    found = []
    for check in CHECKS:
        try:
            found += [f"{check.__name__}: {fault}" for fault in check(model)]
        except RuntimeError as error:
            found.append(f"{check.__name__}: {error}")
    return found


def main():
    models = [a for a in sys.argv[1:] if a != "-v"] or MODELS
    print(f"1..{len(models)}", flush=True)
    with ThreadPoolExecutor(2) as pool:
        for number, (model, found) in enumerate(zip(models, pool.map(faults, models)), 1):
            print(f"{'not ok' if found else 'ok'} {number} - memory of {model} fits together", flush=True)
            for fault in found:
                print(f"# {fault}", flush=True)
    print(f"# {asked.cache_info().misses} questions")


if __name__ == "__main__":
    main()
