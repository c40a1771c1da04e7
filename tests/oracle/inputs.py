"""What models are given to run on, by what they take, and what of their outputs stands for a loss."""
import contextlib
import inspect
import re


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


def no_cache(model):
    names = takes(model)
    return {"use_cache": False} if "use_cache" in names or "past_key_values" in names else {}


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
