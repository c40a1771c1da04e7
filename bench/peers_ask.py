"""Asks one peer, inside the Python that it is installed in, what a model's weights and cache take in bfloat16.

    peers_ask.py PEER CONFIG TOKENS [SECONDS]

Prints JSON: weights and cache in bytes (null: the peer does not say), and with SECONDS how many answers a second it gives,
reading the configuration each time. Where a peer would fetch config.json from a hub, that file is handed to it instead:
nothing else of it is changed. "versions" instead of PEER prints what is installed.
"""
import importlib.metadata
import json
import sys
import time

GIB = 2**30


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def kvfit(path, tokens):
    from kvfit.architectures import estimate_cache
    return lambda: (None, estimate_cache(read(path), context_tokens=tokens, kv_bytes=2.0).total_bytes)


def hf_mem(path, tokens):
    from hf_mem.safetensors.kv_cache import compute_safetensors_kv_cache_size

    def answer():
        config = read(path)
        return None, compute_safetensors_kv_cache_size(config.get("text_config", config), "BF16", tokens)
    return answer


def vramscout(path, tokens):
    from vramscout import modern_core
    others = ("CUDA / runtime", "Prefill scratch", "Safety reserve")

    def parts_of(parameters):
        modern_core._hub_metadata = lambda *_: (parameters, None)
        plan = modern_core.plan_modern(path, context=tokens, weight_dtype="bf16", kv_dtype="bf16", vram_gib=1e6)
        parts = dict(plan.parts_gib)
        weights = parts.pop("Model weights / rank")
        return weights * GIB, sum(gib for name, gib in parts.items() if name not in others) * GIB

    def answer():
        try:
            return parts_of(None)
        except modern_core.ModernInspectionError:   # of experts it knows only what the hub says: the cache is still its own
            return None, parts_of(1)[1]
    return answer


def ridgepoint(path, tokens):
    import ridgepoint
    from ridgepoint import hf

    def local(repo, name, revision):
        if name != "config.json":
            raise OSError("not fetched")
        return read(path)

    hf._download_json = local
    hf._safetensors_shards = lambda *_: []   # weights are read from the hub's files: not asked here

    def answer():
        said = json.loads(ridgepoint.fit("local/model", "h200-141gb", count=64, dtype="bf16", kv_cache_dtype="bf16", ctx=tokens,
                                         as_json=True))
        return None, said["capacity"]["bytes_per_seq"]
    return answer


def llm_cal(path, tokens):
    from llm_cal.architecture.detector import detect
    from llm_cal.architecture.formulas.kv_cache import compute_kv_cache_bytes
    from llm_cal.architecture.formulas.weight import estimate_total_params

    def answer():
        profile = detect(read(path))
        parameters, cache = estimate_total_params(profile), compute_kv_cache_bytes(profile, tokens)
        return parameters.value * 2 or None, cache.value or None   # 0 is its "unknown"
    return answer


def llmcalculator(path, tokens):
    from llmcalculator.models.catalog import _spec_from_config

    def answer():
        spec = _spec_from_config("local/model", read(path))
        return spec.params * 2, spec.kv_cache_bytes(tokens, 1, 2.0)
    return answer


def llm_flops(path, tokens):
    from llmflops.memory import kv_cache_bytes, weight_memory_bytes
    from llmflops.registry import _map_hf_config

    def answer():
        config = _map_hf_config("local/model", read(path))
        return weight_memory_bytes(config, "bf16"), kv_cache_bytes(config, 1, tokens, "bf16")
    return answer


def vramcalc(path, tokens):
    from vramcalc.estimate import estimate

    def answer():
        said = estimate(read(path), dtype="bf16", batch=1, seq_len=tokens)
        return said.weights, said.kv_cache
    return answer


def fitcheck(path, tokens):
    from fitcheck import config_parser
    from fitcheck.memory.inference import estimate_inference_memory
    config_parser.hf_hub_download = lambda **_: path
    config_parser._reported_param_count = lambda *_: None

    def answer():
        said = estimate_inference_memory(config_parser.fetch_model_config("local/model"), "bf16", tokens)
        return said.weight_mib * 2**20, said.kv_cache_mib * 2**20
    return answer


PEERS = {"fitcheck-llm": fitcheck, "hf-mem": hf_mem, "kvfit": kvfit, "llm-cal": llm_cal, "llm-flops": llm_flops,
         "llmcalculator": llmcalculator, "ridgepoint": ridgepoint, "vramcalc": vramcalc, "vramscout": vramscout}


def rate(answer, seconds):
    answers, start = 0, time.process_time()
    while time.process_time() - start < seconds:
        answer()
        answers += 1
    return answers / (time.process_time() - start)


def versions():
    found = {}
    for name in (*PEERS, "llmfit"):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = None
    return found


def main(argv):
    if argv[0] == "versions":
        return versions()
    answer = PEERS[argv[0]](argv[1], int(argv[2]))
    weights, cache = answer()
    said = {"weights": weights and round(weights), "cache": cache and round(cache)}
    if len(argv) > 3:
        said["rate"] = rate(answer, float(argv[3]))
    return said


print(json.dumps(main(sys.argv[1:])))
