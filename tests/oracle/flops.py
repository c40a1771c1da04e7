#!/usr/bin/env python3
"""Records the floating-point operations that the reference library's models do, as torch's FLOP counter counts them.

    tests/oracle/flops.py CONFIG.json ...                        rows of every phase and length
    tests/oracle/flops.py --modules CONFIG.json                  which module does which products (--phase, --batch, --seq)
    tests/oracle/flops.py --truth DIR --out FILE                 DIR/*.json, classes from DIR/../variations.tsv; resumable
    tests/oracle/flops.py --vectors tests/vectors/params.tsv --record tests/vectors/flops.tsv --only '^qwen3$'

Needs `transformers` and `torch`. Models are real, in fp32 on the CPU, with small random weights (large tensors stay
zero), `eager` attention and `batched_mm` experts. Multiply and add count as two; only matrix products, convolutions and
fused attention count. Each configuration runs in a process of its own, with a limit of time (--limit).

Every product is classed by its operands: `matmul` has a parameter (or a view, copy, cast, row or elementwise function
of parameters alone) on one side; `attention` has what was computed from inputs on both sides, or the output of another
product or a state that is still zero on one; `constant` has a stored table, or nothing that comes from inputs. total = matmul + attention + constant +
convolution + conv_backward, and also the sum of these two and the raw operations after routed_experts. routed_experts
is the part of matmul made inside the routed experts (three times the forward's for forward_backward). Phases: forward
and decode run without gradients in eval mode, forward_backward in train mode; there only totals by operation are kept
("-" elsewhere).
"""
import argparse
import collections
import contextlib
import copy
import inspect
import json
import multiprocessing
import os
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from params import classes, library                      # noqa: E402

FORWARD = ((1, 1), (2, 7), (1, 64))
BACKWARD = (2, 7)
CACHED = 40
LARGE = 8 << 20             # elements; larger tensors of large models are left zero
FILLED = 400 << 20          # parameters; models up to this size are filled with random weights altogether
TOO_LARGE = 9 << 30         # parameters; nothing is run
NO_BACKWARD = 1 << 30       # parameters; gradients would not fit
LARGEST_TRIED = 2 << 30     # parameters; larger ones are not repaired
OPS = ("mm", "addmm", "bmm", "baddbmm", "sdpa", "sdpa_backward", "other")
CLASSES = ("matmul", "attention", "constant")
COLUMNS = ("model_type", "class", "phase", "batch", "seq", "kv_len", "total") + CLASSES + \
    ("convolution", "conv_backward", "routed_experts") + OPS + ("note",)
UNCOUNTED = re.compile(r"^(mv|dot|vdot|addmv|addr|_trilinear|.*rnn.*|.*lstm.*|_fft_.*|grid_sampler_.d|linalg_.*solve.*|"
                       r"linalg_inv_ex|_linalg_.*|_cdist_forward|cumsum_mm|_euclidean_dist|native_multi_head.*)$")


# ---- counting ----

def fused_attention(torch):
    """Formulas of the CPU's fused attention, as torch has them for other kernels; grouped heads count in full."""
    aten = torch.ops.aten

    def forward(q, k, v, *rest, out_shape=None, **named):
        b, h, n, d = q
        return 2 * b * h * n * k[2] * (d + v[3])

    def backward(grad, q, k, v, *rest, out_shape=None, **named):
        b, h, n, d = q
        return 2 * b * h * n * k[2] * (3 * d + 2 * v[3])

    return {aten._scaled_dot_product_flash_attention_for_cpu: forward,
            aten._scaled_dot_product_flash_attention_for_cpu_backward: backward}


def routed(name, module):
    """Whether a module is or lies in routed experts."""
    kind = type(module).__name__
    return bool(re.search(r"(^|\.)(?!shared)[a-z_]*experts(\.|$)", name) and "shared" not in name
                or kind.endswith("Experts") and "Shared" not in kind)


class Modules:
    """The modules whose forward is running, outermost first. Stands in for FlopCounterMode's own tracker."""

    parents = ()

    def __init__(self, torch, model):
        self.library, self.stack, self.hooks = torch.nn.modules.module, [], []
        self.name = {m: n or "(model)" for n, m in model.named_modules()}
        self.expert = {m: routed(n, m) for n, m in model.named_modules()}

    def here(self):
        return self.name.get(self.stack[-1], type(self.stack[-1]).__name__) if self.stack else "(none)"

    def in_experts(self):
        return any(self.expert.get(m) for m in self.stack)

    def enter(self, module, inputs):
        self.stack.append(module)

    def leave(self, module, inputs, output):
        self.stack.pop()

    def __enter__(self):
        self.hooks = [self.library.register_module_forward_pre_hook(self.enter),
                      self.library.register_module_forward_hook(self.leave, always_call=True)]
        return self

    def __exit__(self, *error):
        for hook in self.hooks:
            hook.remove()


INPUT, WEIGHT, CONSTANT, FRESH = RANKS = "input", "weight", "constant", "fresh"      # fresh: zeros, positions, masks
ROWS_OF = ("index", "index_select", "gather", "select", "slice")      # the class is that of what rows are taken from


def make_counter(torch, model):
    """A FlopCounterMode that also classes products by where their operands come from."""
    from torch.utils.flop_counter import FlopCounterMode

    class Counter(FlopCounterMode):
        def __init__(self):
            super().__init__(display=False, custom_mapping=fused_attention(torch))
            self.mod_tracker = self.modules = Modules(torch, model)
            self.origin = {}                             # storage → class
            self.backward = False
            self.by_op, self.by_class = collections.Counter(), collections.Counter()
            self.by_module = collections.OrderedDict()
            self.routed, self.uncounted = 0, collections.Counter()
            for tensor in model.buffers():
                self.origin[self.key(tensor)] = CONSTANT
            for tensor in model.parameters():
                self.origin[self.key(tensor)] = WEIGHT

        @staticmethod
        def key(tensor):
            return tensor.untyped_storage()._cdata

        def of(self, tensor):
            return self.origin.get(self.key(tensor), INPUT)

        def tensors(self, tree):
            return [t for t in torch.utils._pytree.tree_leaves(tree) if isinstance(t, torch.Tensor)]

        def mark(self, name, out, args, kwargs, product):
            """The class of what an operation wrote: that of its operands; products and token embeddings are inputs."""
            given = self.tensors((args, kwargs))
            if name == "lift_fresh":
                kinds = {FRESH}
            elif name == "embedding":
                kinds = {INPUT if self.of(args[1]) == INPUT else self.of(args[0])}
            elif name in ROWS_OF and self.of(args[0]) == WEIGHT:
                kinds = {WEIGHT}
            else:
                kinds = {self.of(t) for t in given}
            kind = next((k for k in RANKS if k in kinds), FRESH)
            if product and kind == WEIGHT:
                kind = INPUT
            before = {self.key(t) for t in given}
            for t in self.tensors(out):
                if self.key(t) not in before or kind == INPUT and self.is_written(name):
                    self.origin[self.key(t)] = kind

        @staticmethod
        def is_written(name):
            return name.endswith("_") or name.endswith("out")

        def class_of(self, operands):
            kinds = [self.of(t) for t in operands]
            if WEIGHT in kinds:
                return "matmul"
            return "attention" if INPUT in kinds and CONSTANT not in kinds else "constant"

        def _count_flops(self, packet, out, args, kwargs):
            name = packet._qualified_op_name.partition("::")[2]
            formula = self.flop_registry.get(packet)
            if self.backward:
                if formula:
                    self.add(packet, name, formula(*args, **kwargs, out_val=out), None)
                return out
            if formula:
                skip = 1 if name in ("addmm", "baddbmm") else 0
                operands = self.tensors(args[skip:skip + 2])
                self.add(packet, name, formula(*args, **kwargs, out_val=out), operands)
            elif UNCOUNTED.match(name):
                self.uncounted[name] += 1
            self.mark(name, out, args, kwargs, formula is not None)
            return out

        def add(self, packet, name, flops, operands):
            op = op_column(name)
            self.by_op[op] += flops
            if operands is None:
                return
            kind = op if op in ("convolution", "conv_backward") else "attention" if op == "sdpa" else self.class_of(operands)
            self.by_class[kind] += flops
            if kind == "matmul" and self.modules.in_experts():
                self.routed += flops
            shape = " ".join("x".join(map(str, t.shape)) for t in operands)
            key = (self.modules.here(), op, kind, shape)
            self.by_module[key] = self.by_module.get(key, 0) + flops

    return Counter()


def op_column(name):
    if "attention" in name:
        return "sdpa_backward" if "backward" in name else "sdpa"
    if "conv" in name:
        return "conv_backward" if "backward" in name else "convolution"
    return name if name in OPS else "other"


# ---- models ----

def build(lib, tree, name, repair=False):
    """The model of a configuration, with weights that are not all alike, its size, and the fields repaired."""
    torch, T, auto_config, _ = lib
    from transformers.initialization import no_init_weights
    config = auto_config.CONFIG_MAPPING[tree["model_type"]].from_dict(copy.deepcopy(tree))
    said = repaired(config) if repair else []
    cls = getattr(T, name, None) or find_class(name, tree["model_type"])
    with torch.device("meta"):
        total = sum(p.numel() for p in bare(cls, config, torch).parameters())
    if total > TOO_LARGE:
        raise Skip(f"too large: {total} parameters")
    with no_init_weights():
        model = bare(cls, config, torch)
    fill(torch, model, total)
    no_layer_dropped(model)
    if "SequenceClassification" in name and get(model.config, "pad_token_id") is None:
        model.config.pad_token_id = 0                     # batches are refused without
    if repair:
        said += repaired_rotary(model)
    if ALONE.get(tree["model_type"]):
        model = model.get_submodule(ALONE[tree["model_type"]])
    return model, total, said


def bare(cls, config, torch):
    """_from_config, with eager attention wherever the class has it."""
    error = None
    for settings in ({"attn_implementation": "eager", "experts_implementation": "batched_mm"},
                     {"attn_implementation": "eager"}, {}):
        try:
            if hasattr(cls, "_from_config"):
                return cls._from_config(copy.deepcopy(config), dtype=torch.float32, **settings)
            return cls(copy.deepcopy(config))
        except (ValueError, TypeError) as e:
            error = error or e
    raise error


def find_class(name, model_type):
    """Classes that the package does not export."""
    import importlib
    from transformers.models.auto.configuration_auto import model_type_to_module_name
    module = model_type_to_module_name(model_type)
    found = getattr(importlib.import_module(f"transformers.models.{module}.modeling_{module}"), name, None)
    if found is None:
        raise Skip(f"no class {name}")
    return found


def fill(torch, model, total):
    generator = torch.Generator().manual_seed(1)
    block = torch.empty(LARGE).normal_(0, 0.02, generator=generator)
    with torch.no_grad():
        for p in model.parameters():
            if p.numel() <= LARGE or total <= FILLED:
                flat = p.view(-1)
                for start in range(0, p.numel(), LARGE):
                    part = flat[start:start + LARGE]
                    part.copy_(block[:part.numel()])
    if hasattr(model, "tie_weights"):
        model.tie_weights()


def no_layer_dropped(model):
    """Layers dropped at random in training would make the count random."""
    for module in model.modules():
        for key in ("layerdrop", "encoder_layerdrop", "decoder_layerdrop", "layer_drop"):
            if isinstance(getattr(module, key, None), float):
                setattr(module, key, 0.0)
        config = getattr(module, "config", None)
        for key in ("layerdrop", "encoder_layerdrop", "decoder_layerdrop", "layer_drop"):
            if isinstance(getattr(config, key, None), float):
                setattr(config, key, 0.0)


def runs(torch, model):
    """The error of one forward, if any."""
    given = {**model_inputs(torch, model, *BACKWARD), **no_cache(model)}
    with torch.no_grad():
        try:
            model.eval()(**given)
        except Exception as e:
            return e


def usable(lib, tree, name):
    """The model, its size and what had to be changed in its configuration; random fields may contradict each other."""
    model, total, _ = build(lib, tree, name)
    if total > LARGEST_TRIED or not runs(lib[0], model):
        return model, total, ""
    with contextlib.suppress(Exception):
        other, same, said = build(lib, tree, name, repair=True)
        if said and same == total:
            return other, total, "run with " + " ".join(sorted(set(said)))
    return model, total, ""


def repaired(config):
    """Makes fields agree that say nothing about the parameters; names those changed."""
    said = []

    def put(key, value):
        if value is not None and getattr(config, key, None) not in (None, value):
            setattr(config, key, value)
            said.append(f"{key}={value}")

    for key in getattr(config, "sub_configs", None) or {}:
        if getattr(config, key, None) is not None:
            said += repaired(getattr(config, key))
    heads = get(config, "num_attention_heads")
    if isinstance(get(config, "rotary_dim"), int) and isinstance(get(config, "n_head"), int):
        put("rotary_dim", min(config.rotary_dim, config.n_embd // config.n_head))
    if config.model_type == "pixtral":
        put("head_dim", config.hidden_size // heads)
    if get(config, "kv_lora_rank") and heads:
        put("num_key_value_heads", heads)
        put("head_dim", get(config, "qk_rope_head_dim"))
        put("n_group", 1)
        put("topk_group", 1)
    return said


def repaired_rotary(model):
    """Sections of rotary positions in three dimensions, which a class may set without regard to the head's size."""
    said = []
    for module in model.modules():
        section, table = getattr(module, "mrope_section", None), getattr(module, "inv_freq", None)
        if section and table is not None and sum(section) != table.numel():
            third = table.numel() // 3
            module.mrope_section = [table.numel() - 2 * third, third, third]
            said.append("mrope_section=" + ",".join(map(str, module.mrope_section)))
    return said


# ---- inputs ----

class Skip(Exception):
    """A configuration or a phase that cannot run, and why."""


class Absent(Skip):
    """A phase that the class does not have; no row is written."""


def takes(model):
    return list(inspect.signature(model.forward).parameters)


def needs(model):
    """Arguments without a default."""
    return {n for n, p in inspect.signature(model.forward).parameters.items()
            if p.default is p.empty and p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)}


def get(config, *keys, default=None):
    for key in keys:
        value = getattr(config, key, None)
        if value is not None:
            return value
    return default


def special_ids(config):
    """Token numbers that mean something to the model: padding, ends, images."""
    found = set()
    for key, value in (config.to_dict() if hasattr(config, "to_dict") else config).items():
        if isinstance(value, dict):
            found |= special_ids(value)
        elif re.search(r"token(_id|_index|_ids)?$|_id$|token_idx", str(key)):
            found |= {v for v in (value if isinstance(value, list) else [value]) if isinstance(v, int)}
    return found


def text_part(config):
    try:
        return config.get_text_config()
    except Exception:
        return config


def vocabulary(model):
    """Rows of the embedding that input_ids index, or what the configuration says."""
    with contextlib.suppress(Exception):
        weight = model.get_input_embeddings().weight
        said = get(text_part(model.config), "vocab_size", default=weight.shape[0])
        return min(weight.shape[0], said if isinstance(said, int) else weight.shape[0])
    return get(text_part(model.config), "vocab_size", "n_tokens", default=100)


def ids(torch, model, batch, seq, vocab=None):
    avoid = special_ids(model.config)
    allowed = [i for i in range(min(vocab or vocabulary(model), 5000)) if i not in avoid and i > 3] or [0]
    generator = torch.Generator().manual_seed(batch * 1000 + seq)
    return torch.tensor(allowed)[torch.randint(len(allowed), (batch, seq), generator=generator)]


def vision_part(config):
    for key in ("vision_config", "image_config", "vision_encoder", "backbone_config", "vit_config", "encoder"):
        part = getattr(config, key, None)
        if part is not None and not isinstance(part, (int, float, str, list)):
            return part
    return config


def pair(value):
    return tuple(value) if isinstance(value, (list, tuple)) else (value, value)


def pixels(torch, model, batch):
    part = vision_part(model.config)
    size = get(part, "image_size", "img_size", "input_size") or get(model.config, "image_size", "img_size") or 224
    if isinstance(size, dict):
        size = (size.get("height", size.get("shortest_edge")), size.get("width", size.get("shortest_edge")))
    channels = get(part, "num_channels", "in_channels", "in_chans", "n_channels") or 3
    return torch.randn(batch, channels, *pair(size))


def dual(model):
    """CLIP-like: a text and an image, compared."""
    return hasattr(model, "logit_scale") and "pixel_values" in takes(model)


def model_inputs(torch, model, batch, seq):
    names = takes(model)
    for pattern, build_inputs in SPECIAL:
        if re.search(pattern, model.config.model_type + " " + type(model).__name__):
            return build_inputs(torch, model, batch, seq)
    if "pixel_values" in (model.main_input_name, *needs(model)) and "input_ids" not in names:
        return {"pixel_values": pixels(torch, model, batch)}
    if "input_ids" in names and needs(model) <= {"input_ids", "pixel_values"}:
        given = {"input_ids": ids(torch, model, batch, positions(model, seq))}
        if "decoder_input_ids" in names:
            given["decoder_input_ids"] = ids(torch, model, batch, positions(model, seq))
        if dual(model) or "pixel_values" in needs(model):
            given["pixel_values"] = pixels(torch, model, batch)
        return given
    raise Skip(f"no inputs known for {', '.join(names[:4])}")


def positions(model, seq):
    """The length of the text: as asked for, in CLIP-like models no longer than their positions."""
    part = get(model.config, "text_config", default=model.config)
    limit = get(part, "max_position_embeddings", "max_target_positions") if dual(model) else None
    return min(seq, limit) if limit else seq


def grid(model):
    """Patches along an image's side: of the configured size, else four merged patches; whole merged patches in any case."""
    config = model.config
    patch = pair(get(config, "patch_size"))[0]
    merge = get(config, "spatial_merge_size", "pooling_kernel_size", "merge_size", default=1)
    merge = merge if isinstance(merge, int) else 4
    size = get(config, "image_size")
    size = size if isinstance(size, int) else 0
    return max(1, size // patch // merge if size else 4) * merge


def flat_patches(key):
    """Images as a list of patches, with the grid of each."""
    def made(torch, model, batch, seq):
        config, side = model.config, grid(model)
        patch, frames = pair(get(config, "patch_size"))[0], get(config, "temporal_patch_size", default=1)
        channels = get(config, "in_channels", "num_channels", "in_chans", default=3)
        given = {key: torch.randn(batch * side * side, channels * frames * patch * patch),
                 "grid_thw": torch.tensor([[1, side, side]] * batch)}
        if "merge_sizes" in takes(model):
            given["merge_sizes"] = torch.tensor([1] * batch)
        return given
    return made


def strips(torch, model, batch, seq):
    """Images packed side by side, one patch high."""
    config, side = model.config, get(model.config, "image_size") // get(model.config, "patch_size") // 4 * 4
    return {"pixel_values": torch.randn(1, get(config, "num_channels", default=3), config.patch_size,
                                        config.patch_size * side * side * batch),
            "target_sizes": torch.tensor([[side, side]] * batch)}


def placed_patches(torch, model, batch, seq):
    config, side = model.config, grid(model)
    where = torch.stack(torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij"), -1).view(1, -1, 2)
    return {"pixel_values": torch.randn(batch, side * side, 3 * config.patch_size ** 2),
            "pixel_position_ids": where.repeat(batch, 1, 1)}


def masked_patches(torch, model, batch, seq):
    """SigLIP 2: as many patches as there are positions."""
    config = vision_part(model.config)
    side = int(config.num_patches ** 0.5)
    given = {"pixel_values": torch.randn(batch, config.num_patches, config.num_channels * config.patch_size ** 2),
             "pixel_attention_mask": torch.ones(batch, config.num_patches, dtype=torch.long),
             "spatial_shapes": torch.tensor([[side, config.num_patches // side]] * batch)}
    if "attention_mask" in takes(model) and "input_ids" not in takes(model):
        given["attention_mask"] = given.pop("pixel_attention_mask")
    if "input_ids" in takes(model):
        given["input_ids"] = ids(torch, model, batch, positions(model, seq))
    return {k: v for k, v in given.items() if k in takes(model)}


FRAMES = 128            # of audio, where the class has no fixed length


def mel(torch, model, batch, seq):
    """Spectra of the length that the encoder's positions ask for; a decoder's text where there is one."""
    config = model.config
    bins = get(config, "num_mel_bins", "input_feat_size", "feature_size", default=128)
    fixed = get(config, "max_source_positions")
    length = 2 * fixed if fixed else FRAMES
    given = {"input_features": torch.randn(batch, bins, length)}
    if "input_features_mask" in takes(model):
        given["input_features_mask"] = torch.ones(batch, length, dtype=torch.long)
    if "decoder_input_ids" in takes(model):
        given["decoder_input_ids"] = ids(torch, model, batch, min(seq, get(config, "max_target_positions", default=seq)))
    return given


def mel_rows(key, mask, kept):
    def made(torch, model, batch, seq):
        bins = get(model.config, "input_feat_size", "num_mel_bins", default=128)
        return {key: torch.randn(batch, FRAMES, bins), mask: torch.full((batch, FRAMES), kept)}
    return made


SPECIAL = (
    (r"^siglip2", masked_patches),
    (r"^minicpm(_ocr|v4_[67])_vision", strips),
    (r"^gemma4_vision", placed_patches),
    (r"^(glm_image_vision|video_llama_3_vision|paddleocr_vl_vision) ", flat_patches("pixel_values")),
    (r"^(qwen\w*_vision|qwen\w*_vision_encoder|glm4v_vision|glm4v_moe_vision|glm_ocr_vision|exaone4_5_vision|"
     r"glm5_next_vision|cohere_compass_vision|ernie4_5_vl_moe_vision) ", flat_patches("hidden_states")),
    (r"^gemma3n_audio", mel_rows("audio_mel", "audio_mel_mask", False)),
    (r"^gemma4_audio", mel_rows("input_features", "attention_mask", True)),
    (r"^(whisper|audioflamingo3_encoder|voxtral_encoder|voxtral_realtime_encoder|qwen2_audio_encoder) ", mel),
)
# Classes that do not run without an image: their language model alone.
ALONE = {"kosmos-2": "text_model", "blip-2": "language_model", "instructblip": "language_model",
         "instructblipvideo": "language_model"}


# ---- outputs ----

LM = re.compile(r"(ForCausalLM|LMHead|ForMaskedLM|ForConditionalGeneration|LMHeadModel|MTModel|ForPreTraining|WithLMHead)")


def labels(torch, model, given):
    """Labels of the kind that the class takes; none where it has no loss of ours."""
    name, names = type(model).__name__, takes(model)
    if "labels" not in names:
        return {}
    text = given.get("decoder_input_ids", given.get("input_ids"))
    n = get(model.config, "num_labels", default=2)
    if "SequenceClassification" in name or "ImageClassification" in name:
        return {"labels": torch.randint(n, (len(next(iter(given.values()))),))}
    if "TokenClassification" in name and text is not None:
        return {"labels": torch.randint(n, text.shape)}
    if text is not None and LM.search(name):
        return {"labels": text.clone()}
    return {}


def main_output(torch, out):
    """(name, tensor) that stands for the output where there is no loss."""
    for key in ("logits", "last_hidden_state", "prediction_logits", "logits_per_image", "image_embeds", "pooler_output"):
        value = out.get(key) if hasattr(out, "get") else getattr(out, key, None)
        if isinstance(value, torch.Tensor) and value.requires_grad:
            return key, value
    items = out.items() if hasattr(out, "items") else enumerate(out if isinstance(out, (tuple, list)) else [out])
    for key, value in items:
        for tensor in value if isinstance(value, (tuple, list)) else [value]:
            if isinstance(tensor, torch.Tensor) and tensor.requires_grad:
                return str(key), tensor
    raise Skip("no output has a gradient")


# ---- phases ----

def call(model, given):
    return model(**given)


def no_cache(model):
    names = takes(model)
    return {"use_cache": False} if "use_cache" in names or "past_key_values" in names else {}


def shapes(given):
    """What was put in beside token numbers."""
    said = [f"{k} {'x'.join(map(str, t.shape))}" for k, t in given.items()
            if getattr(t, "is_floating_point", lambda: False)()]
    if "grid_thw" in given:
        said.append("grid " + "x".join(map(str, given["grid_thw"][0].tolist())))
    return ", ".join(said)


def forward(torch, model, batch, seq):
    given = {**model_inputs(torch, model, batch, seq), **no_cache(model)}
    model.eval()
    counter = make_counter(torch, model)
    with torch.no_grad(), counter:
        call(model, given)
    return counter, shapes(given)


def forward_backward(torch, model, batch, seq):
    given = model_inputs(torch, model, batch, seq)
    given = {**given, **no_cache(model), **labels(torch, model, given)}
    if "return_loss" in takes(model) and "labels" not in given:
        given["return_loss"] = True
    model.train()
    model.zero_grad()
    counter = make_counter(torch, model)
    with counter:
        out = call(model, given)
        loss = out.get("loss") if hasattr(out, "get") else None
        note = "loss"
        if loss is None or not loss.requires_grad:
            key, value = main_output(torch, out)
            note, loss = f"sum of {key}", value.float().sum()
        counter.backward = True
        loss.backward()
    return counter, "; ".join(filter(None, (note, shapes(given))))


CACHES = ("past_key_values", "cache_params", "state", "mems")


def decode(torch, model, batch, kv_len):
    names = takes(model)
    slot = next((s for s in CACHES if s in names), None)
    if slot is None or "use_cache" not in names + ["use_cache"] * ("kwargs" in names):
        raise Absent("no cache")
    model.eval()
    given = model_inputs(torch, model, batch, kv_len)
    if "pixel_values" in given:
        raise Absent("no decode of what is not text")
    both = "decoder_input_ids" in given
    with torch.no_grad():
        out = call(model, {**given, "use_cache": True})
        cache = out.get(slot) if hasattr(out, "get") else getattr(out, slot, None)
        if cache is None:
            raise Absent("no cache given back")
        now = {slot: cache, "use_cache": True}
        if both:
            from transformers.modeling_outputs import BaseModelOutput
            now["decoder_input_ids"] = ids(torch, model, batch, 1)
            now["encoder_outputs"] = BaseModelOutput(last_hidden_state=out.encoder_last_hidden_state)
        else:
            now["input_ids"] = ids(torch, model, batch, 1)
        counter = make_counter(torch, model)
        with counter:
            call(model, now)
    return counter, "the encoder's output and cross keys are given" if both else ""


PHASES = {"forward": forward, "forward_backward": forward_backward, "decode": decode}


def plan(model, total):
    text = any(k in takes(model) for k in ("input_ids", "decoder_input_ids"))
    for batch, seq in FORWARD if text else ((1, 1), (2, 1)):
        yield "forward", batch, seq, 0
    if text:
        yield "decode", 1, 1, CACHED
    if total <= NO_BACKWARD:
        yield "forward_backward", BACKWARD[0], BACKWARD[1] if text else 1, 0


# ---- rows ----

def row(model_type, name, phase, batch, seq, kv_len, counter, note):
    """One line without its key."""
    c = counter
    if c.uncounted:
        note = "; ".join(filter(None, (note, "uncounted " + " ".join(sorted(c.uncounted)))))
    split = [c.by_class[k] for k in CLASSES] if phase != "forward_backward" else ["-"] * len(CLASSES)
    routed_part = c.routed * (3 if phase == "forward_backward" else 1)
    cells = [model_type, name, phase, batch, seq, kv_len, sum(c.by_op.values())] + split + \
        [c.by_op["convolution"], c.by_op["conv_backward"], routed_part] + [c.by_op[o] for o in OPS] + [note]
    return "\t".join(map(str, cells))


def empty_row(model_type, name, phase, batch, seq, kv_len, why):
    return "\t".join(map(str, [model_type, name, phase, batch, seq, kv_len] + ["-"] * (len(COLUMNS) - 7) + [why]))


def reason(error):
    text = str(error) if isinstance(error, Skip) else f"{type(error).__name__}: {error}"
    return "skipped: " + re.sub(r"\s+", " ", text)[:200]


def measure(lib, tree, name, send):
    """Sends the rows of one configuration."""
    torch = lib[0]
    torch.set_num_threads(1)
    torch.manual_seed(0)
    torch.backends.mha.set_fastpath_enabled(False)
    model_type = tree["model_type"]
    try:
        model, total, changed = usable(lib, tree, name)
    except Exception as e:
        return send(empty_row(model_type, name, "-", "-", "-", "-", reason(e)))
    found = []
    for phase, batch, seq, kv_len in plan(model, total):
        try:
            counter, note = PHASES[phase](torch, model, batch, kv_len or seq)
            found.append((True, row(model_type, name, phase, batch, seq, kv_len, counter, "; ".join(filter(None, (note, changed))))))
        except Absent:
            continue
        except Exception as e:
            found.append((False, empty_row(model_type, name, phase, batch, seq, kv_len, reason(e))))
    if not any(ran for ran, _ in found):
        found = [(False, empty_row(model_type, name, "-", "-", "-", "-", found[0][1].split("\t")[-1]))]
    for _, line in found:
        send(line)


def isolated(lib, tree, name, limit):
    """The rows of one configuration, from a process that is ended when it takes too long."""
    here, there = multiprocessing.get_context("fork").Pipe(duplex=False)

    def work():
        measure(lib, tree, name, there.send)
        there.send(None)

    child = multiprocessing.get_context("fork").Process(target=work, daemon=True)
    child.start()
    there.close()
    import time
    end, rows = time.monotonic() + limit, []
    try:
        while here.poll(max(0, end - time.monotonic())):
            line = here.recv()
            if line is None:
                break
            rows.append(line)
        else:
            rows.append(empty_row(tree["model_type"], name, "-", "-", "-", "-", f"skipped: more than {limit} s"))
    except EOFError:
        rows.append(empty_row(tree["model_type"], name, "-", "-", "-", "-", "skipped: the process ended"))
    child.kill()
    child.join()
    return rows


# ---- sources ----

def default_class(lib, tree):
    named = tree.get("architectures") or []
    return named[0] if named else classes(lib[3], tree["model_type"])[0]


def loaded(text):
    """JSON in which the library writes infinite numbers as objects."""
    return json.loads(text, object_hook=lambda d: float(d["__float__"]) if d.keys() == {"__float__"} else d)


def from_files(lib, paths):
    for path in paths:
        tree = loaded(pathlib.Path(path).read_text("utf-8"))
        yield os.path.basename(path), tree, default_class(lib, tree)


def from_truth(folder):
    folder = pathlib.Path(folder)
    for line in (folder.parent / "variations.tsv").read_text("utf-8").splitlines()[1:]:
        model_type, i, name = line.split("\t")[:3]
        path = folder / f"{model_type}.{i}.json"
        if name and path.exists():
            yield path.name, loaded(path.read_text("utf-8")), name


def from_vectors(path):
    for line in pathlib.Path(path).read_text("utf-8").splitlines():
        cells = line.split("\t")
        if line and not line.startswith("#") and cells[0] != "model_type":
            yield cells[1], loaded(cells[7]), cells[2]


def done_already(path):
    """Keys that a file has rows of; what was cut off by an interruption is run again."""
    found = collections.OrderedDict()
    if os.path.exists(path):
        for line in pathlib.Path(path).read_text("utf-8").splitlines()[1:]:
            cells = line.split("\t")
            found.setdefault((cells[0], cells[1], cells[2]), []).append(line)
    return found


def record(lib, cases, path, o):
    """Appends rows of the cases of which the file has none."""
    old = done_already(path)
    fresh = not os.path.exists(path)
    with open(path, "a", encoding="utf-8") as out:
        if fresh:
            out.write("file\t" + "\t".join(COLUMNS) + "\n")
        for key, tree, name in cases:
            model_type = tree["model_type"]
            if (key, model_type, name) in old or not re.search(o.only or "", model_type) or \
                    (o.skip and re.search(o.skip, model_type)):
                continue
            for line in isolated(lib, tree, name, o.limit):
                out.write(f"{key}\t{line}\n")
            out.flush()
            print(key, flush=True)


HEAD = ("# Recorded by tests/oracle/flops.py with transformers {} and torch {}: eager attention, batched experts, slow paths.\n"
        "# products: with weights and of activations, forward and backward where the phase has both; convolution: of the forward.\n"
        "# config: of the rows up to the next one.\n"
        "model_type\tclass\tphase\tbatch\tseq\tkv_len\tproducts\tconvolution\tconfig\n")


def vector(line, text):
    """What flops.t compares, of a row."""
    got = dict(zip(COLUMNS, line.split("\t")))
    conv = int(got["convolution"])
    products = int(got["total"]) - conv - int(got["conv_backward"])
    return "\t".join([got[c] for c in COLUMNS[:6]] + [str(products), str(conv), text])


def kept_vectors(path):
    """model type → its lines."""
    found = {}
    if os.path.exists(path):
        for line in pathlib.Path(path).read_text("utf-8").splitlines():
            if not line.startswith(("#", "model_type\t")):
                found.setdefault(line.split("\t", 1)[0], []).append(line)
    return found


def write_vectors(path, out_path, lib, o):
    """Replaces the rows of the types that are wanted (--only) by those of their configurations in params.tsv; what could
    not run is said and left out."""
    kept, fresh = kept_vectors(out_path), {}
    for _, tree, name in from_vectors(path):
        model_type = tree["model_type"]
        if not re.search(o.only or "", model_type) or (o.skip and re.search(o.skip, model_type)):
            continue
        text = json.dumps(tree, separators=(",", ":"), ensure_ascii=True)
        for line in isolated(lib, tree, name, o.limit):
            if "\tskipped: " in line:
                print(line, flush=True)
                continue
            fresh.setdefault(model_type, []).append(vector(line, text))
            text = "="
        print(f"{model_type}: {len(fresh.get(model_type, ()))} rows", flush=True)
    with open(out_path, "w", encoding="utf-8") as out:
        out.write(HEAD.format(lib[1].__version__, lib[0].__version__.partition("+")[0]))
        for _, lines in sorted({**kept, **fresh}.items()):
            out.write("".join(line + "\n" for line in lines))


def show_modules(lib, tree, name, o):
    torch = lib[0]
    torch.set_num_threads(1)
    torch.backends.mha.set_fastpath_enabled(False)
    model, _, _ = usable(lib, tree, name)
    counter, note = PHASES[o.phase](torch, model, o.batch, CACHED if o.phase == "decode" else o.seq)
    for (module, op, kind, shape), flops in counter.by_module.items():
        print("\t".join((module, op, kind, shape, str(flops))))
    print(f"total\t{sum(counter.by_op.values())}\t{note}")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("configs", nargs="*", metavar="CONFIG.json")
    p.add_argument("--class", dest="cls", help="instead of the class that the file names")
    p.add_argument("--modules", action="store_true")
    p.add_argument("--phase", choices=sorted(PHASES), default="forward")
    p.add_argument("--batch", type=int, default=1)
    p.add_argument("--seq", type=int, default=7)
    p.add_argument("--truth", metavar="DIR")
    p.add_argument("--out", metavar="FILE")
    p.add_argument("--vectors", metavar="FILE")
    p.add_argument("--record", metavar="FILE")
    p.add_argument("--only", metavar="REGEX", help="model types")
    p.add_argument("--skip", metavar="REGEX")
    p.add_argument("--limit", type=int, default=150, help="seconds a configuration")
    o = p.parse_args()
    try:
        lib = library()
    except ImportError as e:
        sys.exit(f"oracle: {e}; this test needs transformers and torch")
    lib[0].set_num_threads(1)
    if o.truth:
        record(lib, from_truth(o.truth), o.out, o)
    elif o.vectors:
        write_vectors(o.vectors, o.record, lib, o)
    else:
        if not o.modules:
            print("file\t" + "\t".join(COLUMNS))
        for key, tree, name in from_files(lib, o.configs):
            if o.modules:
                show_modules(lib, tree, o.cls or name, o)
            else:
                measure(lib, tree, o.cls or name, lambda line, key=key: print(key, line, sep="\t", flush=True))


if __name__ == "__main__":
    try:
        main()
    except (BrokenPipeError, KeyboardInterrupt):
        os._exit(130)
