"""Models of the reference library that run: built from a configuration, filled with weights that are not all alike,
repaired where random fields contradict each other."""
import contextlib
import copy

from inputs import Skip, get, model_inputs, no_cache

LARGE = 8 << 20             # elements; larger tensors of large models are left zero
FILLED = 400 << 20          # parameters; models up to this size are filled with random weights altogether
TOO_LARGE = 9 << 30         # parameters; nothing is run
TRIED = (2, 7)              # sequences and tokens that show whether a model runs
LARGEST_TRIED = 2 << 30     # parameters; larger ones are not repaired
# Classes that do not run without an image: their language model alone.
ALONE = {"kosmos-2": "text_model", "blip-2": "language_model", "instructblip": "language_model",
         "instructblipvideo": "language_model"}


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
    given = {**model_inputs(torch, model, *TRIED), **no_cache(model)}
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
