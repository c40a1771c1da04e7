#!/usr/bin/env python3
"""Compares `weigh tensors` with what the reference library builds from seeded random configurations.

    tests/oracle/params.py --only '^qwen3$' --seeds 20 -v      one model type, saying what differs
    tests/oracle/params.py --seeds 10 --summary                all that both sides know, one line a type
    tests/oracle/params.py --only '^qwen3$' --seed 7 --show    the configuration of one seed; -1: the class's default
    tests/oracle/params.py --record tests/vectors/params.tsv   writes vectors that need no library (vectors.t)

Needs `transformers` and `torch` (models are made on the meta device: no weights) and a built command: $WEIGH, else
build/weigh. A configuration is the class's default with some fields changed; what is not changed is left out, so that
defaults take part. Each is given in three forms that mean the same: the changed fields, the file as the library saves
it, and the file with every field. Names are those of checkpoints: the library's conversions on loading are undone. Where
a library's undoing gives other names than checkpoints have (`--names` lists them by comparison), sorted shapes and kinds
are compared.

Verdicts: ok; ok/shapes (shapes and kinds agree, names do not); tied (only what is tied differs, in a model made of
parts, where 5.x looks at the top level alone); differs; refused (weigh refuses what the class accepts).
"""
import argparse
import collections
import hashlib
import itertools
import json
import logging
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import warnings

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TRIES = 40      # until the class accepts a configuration
MAX_ROWS = 60000
NEARLY = ("ok/shapes", "ok/totals", "tied")
SEVERITY = NEARLY + ("incomplete", "differs", "refused")

# Booleans that say how to run and not what is stored, or that make another model of it.
NOT_TOGGLED = re.compile(r"^(output_|return_|torchscript|use_cache|is_encoder_decoder|is_decoder|add_cross_attention|"
                         r"tie_encoder_decoder|_|use_bfloat16|gradient_|bi_data|remove_invalid|tf_legacy|scale_embedding|is_llama)")
NOT_SIZED = re.compile(r"max_position|position_embeddings$|token|_id$|_ids$|chunk|window|vocab_size_or|patch_size|image_size|"
                       r"num_labels|temporal|num_mel|sampling|stride|num_channels|in_channels|max_|min_|n_positions|n_ctx|"
                       r"fast|sample_|window_size|kernel|spatial|seq_len|block_size|pooling|num_feature|qk_head_dim|nemo_final|^embedding_dim$")
HEADS = re.compile(r"^(num_attention_heads|n_head|n_heads|num_heads|encoder_attention_heads|decoder_attention_heads)$")
KV = re.compile(r"^(num_key_value_heads|num_kv_heads|n_head_kv|num_global_key_value_heads|multi_query_group_num)$")
WIDTH = re.compile(r"^(hidden_size|n_embd|d_model|dim|model_dim)$")
LAYERS = re.compile(r"^(num_hidden_layers|n_layer|n_layers|num_layers|encoder_layers|decoder_layers|num_decoder_layers|depth|"
                    r"num_encoder_layers)$")
HEAD_DIM = re.compile(r"head_dim|^d_kv$|kv_channels")
EXPERTS = re.compile(r"^(num_experts|n_routed_experts|num_local_experts|moe_num_experts)$")
SMALL = re.compile(r"(_step|_freq|_interval|_period|_offset|^first_k_|num_dense_layers|num_kv_shared|num_hash|index_start|"
                   r"_layer_start_index|n_shared_experts|num_shared_experts|num_mem_blocks|n_groups|ngroups)")
# What the library itself gets wrong, so that only totals are compared, or nothing.
TOTALS_ONLY = {
    "olmo_hybrid": "fused convolutions are cut into equal parts when a model is saved, and norms of linear layers renamed",
    "qwen3_vl_moe": "checkpoints hold the experts transposed",
    "hrm_text": "biases of fused matrices keep the split names when a model is saved",
}
LEFT_OUT = {
    "longcat_flash": "the merged experts have rows for experts without weights; checkpoints hold none of them",
    "deepseek_v4": "saving leaves half of the names of the bare model as they are in memory",
}
ALWAYS_TIED = {"t5", "mt5", "umt5"}     # in memory; a checkpoint that holds the head is loaded untied
CHOICES = {"lfm2_moe": {"layer_types": ("conv", "full_attention")}}    # no default in the class
SIZE = re.compile(r"(size|_dim|rank|ffn|d_ff|inner|width|d_state|intermediate|d_ssm)")


def library():
    warnings.filterwarnings("ignore")
    logging.disable(logging.CRITICAL)
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    import torch
    import transformers
    from transformers.models.auto import configuration_auto, modeling_auto
    return torch, transformers, configuration_auto, modeling_auto


# ---- classes ----

PREFERRED = ("MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM", "MODEL_FOR_MASKED_LM", "MODEL_FOR_IMAGE_TEXT_TO_TEXT",
             "MODEL_FOR_MULTIMODAL_LM", "MODEL_FOR_CAUSAL_LM", "MODEL_FOR_SPEECH_SEQ_2_SEQ", "MODEL_FOR_PRETRAINING", "MODEL")
OTHERS = ("MODEL", "MODEL_FOR_SEQUENCE_CLASSIFICATION", "MODEL_FOR_TOKEN_CLASSIFICATION", "MODEL_FOR_MASKED_LM")


def classes(auto, model_type):
    """The class that a checkpoint of this type most often holds, and others."""
    found = []
    for group in (PREFERRED, OTHERS):
        names = []
        for key in group:
            name = getattr(auto, key + "_MAPPING_NAMES", {}).get(model_type)
            if name:
                names.append(name[0] if isinstance(name, (tuple, list)) else name)
        found.append(list(dict.fromkeys(names)))
    first, others = found
    return (first[0] if first else None), [n for n in others if not first or n != first[0]]


# ---- random configurations ----

class Draw:
    """Changes of one configuration object, drawn from what its default looks like."""

    def __init__(self, rng, default, subs):
        self.rng, self.default, self.subs = rng, default, subs
        self.changed = {}

    def pick(self, *values):
        return self.rng.choice(values)

    def maybe(self, p):
        return self.rng.random() < p

    def sizes(self):
        d, out = self.default, self.changed
        heads = self.pick(2, 4, 4, 8)
        each = self.pick(8, 16, 32)
        for key in d:
            if HEADS.match(key) and isinstance(d[key], int):
                out[key] = heads
            elif KV.match(key):
                out[key] = self.pick(*[n for n in (1, 2, 4, 8) if heads % n == 0])
                if self.maybe(0.1):
                    out[key] = None
            elif WIDTH.match(key) and isinstance(d[key], int):
                out[key] = heads * each
            elif LAYERS.match(key) and isinstance(d[key], int):
                out[key] = self.rng.randint(1, 7)
            elif key in ("vocab_size", "vocab_size_per_layer_input") and isinstance(d[key], int):
                out[key] = self.rng.randint(64, 400)
        for key in d:
            value = d[key]
            if key in out or isinstance(value, bool) or NOT_SIZED.search(key) or key in self.subs:
                continue
            if not (value is None or isinstance(value, int)):
                continue
            if HEAD_DIM.search(key):
                if self.maybe(0.6):
                    out[key] = self.pick(8, 16, 24, 32)
                elif self.maybe(0.3):
                    out[key] = None
            elif value is None:
                if SIZE.search(key) and self.maybe(0.3):
                    out[key] = self.rng.randrange(16, 129, 16)
            elif EXPERTS.match(key):
                out[key] = self.pick(4, 8) if value else self.pick(0, 4)
            elif re.search(r"experts_per_tok|top_?k", key):
                out[key] = self.pick(1, 2)
            elif SMALL.search(key):
                if self.maybe(0.6):
                    out[key] = self.pick(*(v for v in (0, 1, 2, 3) if v or value == 0 or key.startswith("first_k") or "offset" in key))
            elif SIZE.search(key) and self.maybe(0.8):
                out[key] = self.rng.randrange(16, 161, 16)

    def layers(self):
        for key, value in itertools.chain(self.changed.items(), self.default.items()):
            if LAYERS.match(key) and isinstance(value, int):
                return self.changed.get(key, value)
        return 0

    def lists(self):
        layers = self.layers()
        was = next((v for k, v in self.default.items() if LAYERS.match(k) and isinstance(v, int)), 0)
        for key, value in self.default.items():
            if not isinstance(value, list) or not value or key in self.subs:
                if re.search(r"mlp_only_layers|attn_layer_indices|full_attn_idxs", key) and self.maybe(0.5) and layers:
                    self.changed[key] = sorted(self.rng.sample(range(layers), self.rng.randint(0, layers)))
                continue
            if len(value) == was and all(isinstance(v, (str, int)) for v in value) and self.maybe(0.6):
                self.changed[key] = [self.rng.choice(sorted(set(value), key=str)) for _ in range(layers)]

    def switches(self):
        for key, value in self.default.items():
            if isinstance(value, bool) and not NOT_TOGGLED.match(key) and key != "tie_word_embeddings" and self.maybe(0.3):
                self.changed[key] = not value

    def required(self, model_type):
        for key, values in CHOICES.get(model_type, {}).items():
            self.changed[key] = [self.rng.choice(values) for _ in range(self.layers())]

    def run(self):
        self.sizes()
        self.required(self.default.get("model_type"))
        self.lists()
        self.switches()
        if "pad_token_id" in self.default:
            self.changed["pad_token_id"] = self.pick(None, 0)
        return self.changed


def plain(value):
    return json.loads(json.dumps(value, default=lambda o: None))


def default_of(cls):
    try:
        return plain(cls().to_dict())
    except Exception:                                     # a composite that must be given its parts
        return None


def parts_of(cls, default):
    """key → configuration class of a part, of those that have a class of their own."""
    found = {}
    for key, sub in (getattr(cls, "sub_configs", None) or {}).items():
        if isinstance((default or {}).get(key), dict) or default is None:
            found[key] = sub
    return found


def own_class(lib, part, sub):
    """Parts that may be of any type are given as AutoConfig: the class is that of the default's model type."""
    if hasattr(sub, "model_type") and sub.__name__ != "AutoConfig":
        return sub
    known = lib[2].CONFIG_MAPPING
    return known[part["model_type"]] if part and part.get("model_type") in known else None


def draw(lib, rng, cls, default):
    subs = parts_of(cls, default)
    changed = Draw(rng, default, subs).run()
    for key, sub in subs.items():
        part = default.get(key)
        sub = own_class(lib, part, sub)
        if sub is None:
            continue
        inner = draw(lib, rng, sub, part)
        if sub.model_type and part and part.get("model_type"):
            inner["model_type"] = part["model_type"]
        changed[key] = inner
    return changed


def thin(rng, changed, keep):
    """Some of the changes only; those of layers and vocabulary stay, so that models are small."""
    return {k: thin(rng, v, keep) if isinstance(v, dict) else v for k, v in changed.items()
            if isinstance(v, dict) or LAYERS.match(k) or k in ("vocab_size", "model_type", "pad_token_id", "layer_types") or rng.random() < keep}


def sound(config):
    """Whether fields agree that no class compares when it is made, and that weigh does compare."""
    get = lambda *keys: next((v for v in (getattr(config, k, None) for k in keys) if isinstance(v, int)), None)
    for prefix in ("", "swa_"):
        heads, kv = get(prefix + "num_attention_heads"), get(prefix + "num_key_value_heads")
        if config.model_type == "mimo_v2_flash" and kv:
            kv *= 2                                       # in layers with a window
        if heads and kv and heads % kv:
            return False
    if (get("num_kv_shared_layers") or 0) >= (get("num_hidden_layers") or 1):
        return False
    experts = get("moe_num_experts", "n_routed_experts", "num_local_experts", "num_experts")
    take = get("moe_k", "moe_topk", "num_experts_per_token", "num_experts_per_tok", "top_k_experts")
    if experts and take and take > experts:
        return False
    return all(sound(getattr(config, k)) for k in (getattr(config, "sub_configs", None) or {}) if getattr(config, k, None) is not None)


def set_tying(config, default, value):
    if "tie_word_embeddings" in default:
        config["tie_word_embeddings"] = value
    for key, part in config.items():
        if isinstance(part, dict) and isinstance(default.get(key), dict):
            set_tying(part, default[key], value)


# ---- what the library builds ----

def text_of(shape):
    return "x".join(map(str, shape)) or "scalar"


def published(lib, cls, config):
    """name → (shape, kind), under the names of checkpoints."""
    torch = lib[0]
    with torch.device("meta"):
        model = cls(config)
    model.tie_weights()
    params = dict(model.named_parameters(remove_duplicate=False))
    state = {}
    stored = set(model.state_dict())
    for name, tensor in itertools.chain(params.items(), model.named_buffers(remove_duplicate=False)):
        if name in stored:
            state[name] = tensor
    if len(state) > MAX_ROWS:
        raise ValueError("too many tensors")
    tied = dict(getattr(model, "all_tied_weights_keys", None) or {})
    first = {}
    for name, tensor in params.items():
        if name not in tied:
            first.setdefault(id(tensor), name)
    for name, tensor in params.items():
        if name in tied or first.get(id(tensor)) != name:
            tied[name] = first.get(id(tensor), tied.get(name))
    from transformers.core_model_loading import revert_weight_conversion
    renamed = revert_weight_conversion(model, dict(state))
    back = {id(t): n for n, t in state.items() if n not in tied}
    shared = collections.Counter(id(t) for t in state.values())
    rows, new_name = {}, {}
    for name, tensor in renamed.items():
        old = back.get(id(tensor))
        if old and name == old or old and shared[id(tensor)] == 1:
            new_name[old] = name
    for name, tensor in renamed.items():
        old = name if name in state else None
        kind = "param"
        if shared.get(id(tensor), 0) > 1:
            source = back.get(id(tensor))
            if old in tied or (old is None and new_name.get(source, name) != name):
                kind = "tied:" + new_name.get(source, source)
        elif id(tensor) in back and back[id(tensor)] not in params:
            kind = "buffer"
        elif old in tied:
            kind = "tied:" + new_name.get(tied[old], tied[old])
        rows[name] = (text_of(tensor.shape), kind)
    return rows


# ---- what weigh says ----

def weighed(weigh, config, folder):
    path = pathlib.Path(folder) / "config.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    done = subprocess.run([weigh, "tensors", str(path), "-f", "tsv"], capture_output=True, text=True, timeout=120)
    if done.returncode:
        return None, " / ".join(line.strip() for line in done.stderr.strip().splitlines()[:4])
    lines = [l for l in done.stdout.split("\n") if l and not l.startswith("# ")]
    head = lines[0].lstrip("#").split("\t")
    name, shape, kind = (head.index(n) for n in ("name", "shape", "kind"))
    rows = {}
    for line in lines[1:]:
        column = line.split("\t")
        rows[column[name]] = (column[shape], column[kind])
    return rows, None


def complete(weigh, config, folder):
    path = pathlib.Path(folder) / "config.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    done = subprocess.run([weigh, "params", str(path), "-f", "json"], capture_output=True, text=True, timeout=120)
    return done.returncode == 0 and json.loads(done.stdout).get("complete", True)


def by_shape(rows):
    return collections.Counter((shape, kind.partition(":")[0]) for shape, kind in rows.values())


def loose(rows):
    """Shapes and kinds where what is tied counts as stored."""
    return collections.Counter((shape, "buffer" if kind == "buffer" else "param") for shape, kind in rows.values())


def total_of(rows):
    return sum(elements(shape) for shape, kind in rows.values() if kind == "param")


def verdict(want, got, composite, totals=False):
    if want == got:
        return "ok"
    one_sided = {n for n in want.keys() & got.keys() if want[n][1].startswith("tied") != got[n][1].startswith("tied")}
    if composite and one_sided and {n: r for n, r in want.items() if n not in one_sided} == \
            {n: r for n, r in got.items() if n not in one_sided}:
        return "tied"
    if composite and loose(want) == loose(got):
        return "tied" if by_shape(want) != by_shape(got) else "ok/shapes"
    if by_shape(want) == by_shape(got):
        return "ok/shapes"
    if totals and total_of(want) == total_of(got):
        return "ok/totals"
    return "differs"


def differences(want, got, limit=6):
    star = lambda s: re.sub(r"(?<=\.)\d+(?=\.|$)", "*", s)
    lines = []
    for word, names in (("missing", [n for n in want if n not in got]), ("extra", [n for n in got if n not in want]),
                        ("differs", [n for n in want if n in got and want[n] != got[n]])):
        groups = collections.OrderedDict()
        for n in names:
            said = {"missing": lambda: " ".join(want[n]), "extra": lambda: " ".join(got[n]),
                    "differs": lambda: f"{' '.join(want[n])}, weigh says {' '.join(got[n])}"}[word]()
            groups.setdefault((star(n), star(said)), []).append(n)
        for (n, said), of in itertools.islice(groups.items(), limit):
            lines.append(f"    {word:8} {n}  {said}  ({len(of)}, first {of[0]})")
    return lines


# ---- one case ----

Case = collections.namedtuple("Case", "model_type seed cls config object composite")


def forms(case):
    """The same configuration in three ways."""
    yield "changed", case.config
    for word, tree in (("saved", case.object.to_diff_dict()), ("full", case.object.to_dict())):
        tree = plain(tree)
        tree["model_type"] = case.model_type
        tree.pop("architectures", None)
        if "architectures" in case.config:
            tree["architectures"] = case.config["architectures"]
        yield word, tree


def make(lib, model_type, seed, other, described=()):
    """A configuration that the class accepts, with its list; None when it accepts nothing. `described`: classes to take
    where the library's tables have none for a type (the text half of a composite)."""
    torch, T, auto_config, auto_model = lib
    config_class = auto_config.CONFIG_MAPPING[model_type]
    name, others = classes(auto_model, model_type)
    name = name or next((c for c in described if hasattr(T, c)), None)
    default = default_of(config_class)
    if default is None or name is None:
        return None, "no default configuration" if default is None else "no class"
    rng = random.Random(f"{model_type} {seed}")
    composite = bool(parts_of(config_class, default))     # their base models are saved under other names
    name_now = rng.choice(others) if other and others and not composite and rng.random() < 0.5 else name
    cls = getattr(T, name_now, None)
    if cls is None:
        return None, f"{name_now} is not exported"
    error = None
    for attempt in range(TRIES):
        changed = draw(lib, rng, config_class, default) if seed >= 0 else {}
        if attempt:
            changed = thin(rng, changed, 0.95 - 0.02 * attempt)
        if seed >= 0 and rng.random() < (0.8 if attempt < 10 else 0.2):
            set_tying(changed, default, rng.random() < 0.5)
        if attempt > 10 and rng.random() < 0.5:
            changed.pop("pad_token_id", None)
        changed["model_type"] = model_type
        try:
            config = config_class.from_dict(json.loads(json.dumps(changed)))
            if not sound(config):
                error = "only contradictory draws"
                continue
            rows = published(lib, cls, config)
        except Exception as e:
            error = f"{type(e).__name__}: {e}"[:160].replace("\n", " ")
            continue
        if name_now != name or not name.endswith(("ForCausalLM", "ForConditionalGeneration")) or rng.random() < 0.5:
            changed["architectures"] = [name_now]
        composite = composite or model_type in ALWAYS_TIED
        return (Case(model_type, seed, name_now, plain(changed), config_class.from_dict(json.loads(json.dumps(changed))), composite), rows), None
    return None, f"the class refuses every draw: {error}"


def described(weigh):
    """model type → the classes that its description names."""
    done = subprocess.run([weigh, "families", "-f", "json"], capture_output=True, text=True, check=True)
    return {f["model_type"]: f["classes"] for f in json.loads(done.stdout)["families"]}


def known_types(ours, lib):
    return sorted((set(ours) & set(lib[2].CONFIG_MAPPING.keys())) - set(LEFT_OUT))


def digest(want, basis):
    if basis == "totals":
        return "-"
    if basis == "names":
        lines = sorted(f"{n}\t{s}\t{k}".encode() for n, (s, k) in want.items())
    else:
        lines = sorted(f"{s}\t{k.partition(':')[0]}".encode() for s, k in want.values())
    return hashlib.sha256(b"\n".join(lines)).hexdigest()


def elements(shape):
    n = 1
    for part in [] if shape == "scalar" else shape.split("x"):
        n *= int(part)
    return n


def vector(case, want, word):
    basis = {"ok": "names", "ok/shapes": "shapes", "ok/totals": "totals"}[word]
    params = [s for s, k in want.values() if k == "param"]
    text = json.dumps(case.config, separators=(",", ":"), ensure_ascii=True)
    return "\t".join([case.model_type, str(case.seed), case.cls, str(total_of(want)), str(len(params)),
                      basis, digest(want, basis), text])


def write_vectors(path, vectors, types, version):
    """Replaces the rows of the types of which there are new ones; others are kept."""
    old = pathlib.Path(path).read_text("utf-8").splitlines() if os.path.exists(path) else []
    kept = [l for l in old if l and not l.startswith("#") and l.split("\t")[0] not in types | {"model_type"}]
    with open(path, "w", encoding="utf-8") as out:
        out.write(f"# Written by tests/oracle/params.py with transformers {version}: what its classes build.\n"
                  "# digest: SHA-256 over sorted lines name, shape, kind (names) or shape, kind (shapes); none for totals.\n"
                  "model_type\tseed\tclass\ttotal\ttensors\tbasis\tdigest\tconfig\n")
        out.write("".join(v + "\n" for v in sorted(kept + vectors, key=lambda v: v.split("\t")[0])))


def run(o, lib, folder):
    tally, vectors = collections.OrderedDict(), []
    only = re.compile(o.only or "")
    ours = described(o.weigh)
    for model_type in known_types(ours, lib):
        if not only.search(model_type) or (o.skip and re.search(o.skip, model_type)):
            continue
        counts = tally[model_type] = collections.Counter()
        recorded = 0
        note = ""
        for seed in range(o.seed if o.seed is not None else 0, (o.seed + 1) if o.seed is not None else o.seeds):
            made, why = make(lib, model_type, seed, not o.default_class, ours[model_type])
            if made is None:
                counts["unmade"] += 1
                note = note or why
                if seed == 0 and why in ("no default configuration", "no class"):
                    break
                continue
            case, want = made
            worst, word = None, "ok"
            for form, tree in forms(case):
                got, refusal = weighed(o.weigh, tree, folder)
                now = "refused" if got is None else verdict(want, got, case.composite, case.model_type in TOTALS_ONLY)
                if now == "differs" and not complete(o.weigh, tree, folder):
                    now = "incomplete"
                if now != "ok":
                    if worst is None or SEVERITY.index(now) > SEVERITY.index(worst[0]):
                        worst = (now, form, refusal if got is None else differences(want, got))
                        word = now
            counts[word] += 1
            if o.show:
                print(json.dumps(case.config, indent=1))
            if worst and (o.verbose and worst[0] not in (() if o.names else NEARLY + ("incomplete",))):
                print(f"{worst[0]} {model_type} seed {seed} {case.cls} ({worst[1]} form)", flush=True)
                said = worst[2]
                print("\n".join(said) if isinstance(said, list) else "    " + said)
                print("    " + json.dumps(case.config)[: o.width])
            if o.record and recorded < o.vectors and len(json.dumps(case.config)) < 1000 and word in ("ok", "ok/shapes", "ok/totals"):
                vectors.append(vector(case, want, word))
                recorded += 1
        bad = counts["differs"] + counts["refused"]
        if o.summary or bad or (o.verbose and counts["unmade"]):
            print(f"{'FAIL' if bad else 'ok  '} {model_type:32} " +
                  "  ".join(f"{k} {v}" for k, v in counts.items()) + (f"  ({note})" if note else ""), flush=True)
    return tally, vectors


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--only", metavar="REGEX")
    p.add_argument("--skip", metavar="REGEX")
    p.add_argument("--seeds", type=int, default=10)
    p.add_argument("--seed", type=int)
    p.add_argument("--default-class", action="store_true", help="no base models and classifiers")
    p.add_argument("--record", metavar="FILE")
    p.add_argument("--vectors", type=int, default=3, help="how many of a type are recorded")
    p.add_argument("--summary", action="store_true")
    p.add_argument("--names", action="store_true", help="say also where only names differ, or what is tied")
    p.add_argument("--show", action="store_true", help="print the configurations")
    p.add_argument("--width", type=int, default=1200)
    p.add_argument("-v", "--verbose", action="store_true")
    p.add_argument("--weigh", default=os.environ.get("WEIGH") or str(ROOT / "build/weigh"))
    o = p.parse_args()
    if not os.access(o.weigh, os.X_OK):
        sys.exit(f"oracle: {o.weigh} is not there; run make, or name the command with --weigh")
    try:
        lib = library()
    except ImportError as e:
        sys.exit(f"oracle: {e}; this test needs transformers and torch")
    with tempfile.TemporaryDirectory() as folder:
        tally, vectors = run(o, lib, folder)
    if not tally:
        sys.exit("oracle: no type that both sides know; with WEIGH_DATA=data the command reads descriptions that it was not "
                 "built with, and transformers must have the type")
    total = sum(tally.values(), collections.Counter())
    print(f"{len(tally)} types: " + ", ".join(f"{k} {v}" for k, v in total.items()))
    if o.record:
        write_vectors(o.record, vectors, {v.split("\t")[0] for v in vectors}, lib[1].__version__)
    return 1 if total["differs"] + total["refused"] else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (BrokenPipeError, KeyboardInterrupt):
        os._exit(130)
