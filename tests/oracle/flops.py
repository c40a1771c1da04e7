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
product or a state that is still zero on one; `constant` has a stored table, or nothing that comes from inputs. total =
matmul + attention + constant + convolution + conv_backward, and also the sum of these two and the raw operations after
routed_experts. routed_experts is the part of matmul made inside the routed experts (three times the forward's for
forward_backward). Phases: forward and decode run without gradients in eval mode, forward_backward in train mode; there
only totals by operation are kept ("-" elsewhere).
"""
import argparse
import collections
import json
import multiprocessing
import os
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from flop_counter import OPS, make_counter               # noqa: E402
from inputs import Absent, Skip, ids, labels, main_output, model_inputs, no_cache, takes    # noqa: E402
from params import classes, library                      # noqa: E402
from runnable import usable                              # noqa: E402

FORWARD = ((1, 1), (2, 7), (1, 64))
BACKWARD = (2, 7)
CACHED = 40
NO_BACKWARD = 1 << 30       # parameters; gradients would not fit
CLASSES = ("matmul", "attention", "constant")
COLUMNS = ("model_type", "class", "phase", "batch", "seq", "kv_len", "total") + CLASSES + \
    ("convolution", "conv_backward", "routed_experts") + OPS + ("note",)


# ---- phases ----

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
        model(**given)
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
        out = model(**given)
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
        out = model(**given, use_cache=True)
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
            model(**now)
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
