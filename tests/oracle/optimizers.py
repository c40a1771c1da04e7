#!/usr/bin/env python3
"""Records what optimizers keep for a tensor: one row a tensor, for tests/vectors/optimizers.tsv.

    tests/oracle/optimizers.py > rows.tsv     those of torch, transformers and of what else of LIBRARIES is installed

Two steps on the CPU with random gradients. Counted are the storages of a tensor's state, without those of the weight and the
gradient; what several tensors share counts with the first that has it.
"""
import io
import sys
import types

import torch

DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16}
SHAPES = [("big", (768, 384)), ("flat", (8, 1100)), ("bias5000", (5000,)), ("cube", (6, 40, 24)), ("conv1d", (24, 1, 4)), ("one", (1,))]


def tensors(name, value, found, depth=0):
    """Every tensor below a state, those of torchao's subclasses and of projectors too."""
    if isinstance(value, torch.Tensor):
        if type(value) is not torch.Tensor and hasattr(value, "__tensor_flatten__"):
            for part in value.__tensor_flatten__()[0]:
                tensors(f"{name}.{part}", getattr(value, part), found, depth + 1)
        else:
            found.append((name, value))
    elif isinstance(value, dict):
        for key, x in value.items():
            tensors(f"{name}.{key}", x, found, depth + 1)
    elif isinstance(value, (list, tuple)):
        for i, x in enumerate(value):
            tensors(f"{name}[{i}]", x, found, depth + 1)
    elif hasattr(value, "__dict__") and depth < 4 and not isinstance(value, (type, types.FunctionType, types.ModuleType)):
        for key, x in vars(value).items():
            tensors(f"{name}.{key}", x, found, depth + 1)


def record(library, optimizer, settings, make, matrices, dtype, out):
    params = [(n, torch.nn.Parameter((torch.randn(s) * 0.1).to(DTYPES[dtype]))) for n, s in SHAPES if not matrices or len(s) == 2]
    made = make([p for _, p in params])
    for _ in range(2):
        for _, p in params:
            p.grad = (torch.randn(p.shape) * 0.01).to(p.dtype)
        made.step()
    seen = {t.untyped_storage().data_ptr() for _, p in params for t in (p, p.grad)}
    for name, p in params:
        found, total = [], 0
        tensors("", made.state.get(p, {}), found)
        for _, t in found:
            storage = t.untyped_storage()
            if t.numel() and storage.data_ptr() not in seen:
                seen.add(storage.data_ptr())
                total += storage.nbytes()
        shape = "x".join(map(str, p.shape)) or "scalar"
        print(library, optimizer, settings, name, shape, dtype, p.numel(), total, sep="\t", file=out)


def attempt(library, optimizer, settings, make):
    for dtype in DTYPES:
        for matrices in (False, True):
            out = io.StringIO()
            try:
                record(library, optimizer, settings, make, matrices, dtype, out)
            except Exception as e:  # an optimizer of matrices refuses the rest
                if matrices:
                    print(f"{library} {optimizer} {settings} {dtype}: {e!r}"[:200], file=sys.stderr)
                continue
            sys.stdout.write(out.getvalue())
            break


def classes(module, library, names, **given):
    for name in names.split():
        attempt(library, name, "default", lambda ps: getattr(module, name)(ps, **given))


def main():
    o = torch.optim
    classes(o, "torch", "Adam AdamW Adamax NAdam RAdam Adagrad Adadelta RMSprop Rprop ASGD SGD Adafactor Muon", lr=1e-3)
    attempt("torch", "RMSprop", "centered,momentum=0.9", lambda ps: o.RMSprop(ps, centered=True, momentum=0.9))
    attempt("torch", "AdamW", "amsgrad", lambda ps: o.AdamW(ps, amsgrad=True))
    attempt("torch", "SGD", "momentum=0.9", lambda ps: o.SGD(ps, momentum=0.9))
    for library in LIBRARIES:
        try:
            LIBRARIES[library](library)
        except ImportError as e:
            print(f"{library}: {e}", file=sys.stderr)


def transformers(library):
    from transformers.optimization import Adafactor
    attempt(library, "Adafactor", "default", Adafactor)
    attempt(library, "Adafactor", "beta1=0.9", lambda ps: Adafactor(ps, beta1=0.9, lr=1e-3, relative_step=False))


def bitsandbytes(library):
    import bitsandbytes.optim as b
    kinds = "Adam AdamW Lion AdEMAMix RMSprop Adagrad LAMB"
    classes(b, library, " ".join(f"{k} {k}8bit" for k in kinds.split()), lr=1e-3)
    for name in ("SGD", "SGD8bit", "LARS", "LARS8bit"):
        attempt(library, name, "momentum=0.9", lambda ps: getattr(b, name)(ps, lr=1e-3, momentum=0.9))


def torchao(library):
    import torchao.optim as a
    classes(a, library, "AdamW8bit AdamW4bit AdamWFp8", lr=1e-3)


def galore_torch(library):
    import galore_torch
    for side in ("std", "reverse_std", "right", "left", "full"):
        group = {"rank": 16, "update_proj_gap": 200, "scale": 0.25, "proj_type": side}
        attempt(library, "GaLoreAdamW", f"rank=16,proj_type={side}", lambda ps: galore_torch.GaLoreAdamW([{"params": ps, **group}]))


def apollo_torch(library):
    import apollo_torch
    group = {"rank": 16, "scale_type": "channel", "scale": 1.0, "update_proj_gap": 200, "proj_type": "std"}
    for proj in ("random", "svd"):
        attempt(library, "APOLLOAdamW", f"rank=16,proj={proj}", lambda ps: apollo_torch.APOLLOAdamW([{"params": ps, "proj": proj, **group}]))


def small_ones(library):
    import came_pytorch
    import lion_pytorch
    import muon
    import prodigyopt
    import schedulefree

    def schedule_free(name):
        def make(ps):
            made = getattr(schedulefree, name)(ps)
            made.train()
            return made
        return make
    attempt("lion-pytorch", "Lion", "default", lion_pytorch.Lion)
    attempt("came-pytorch", "CAME", "default", lambda ps: came_pytorch.CAME(ps, lr=1e-4))
    attempt("prodigyopt", "Prodigy", "default", prodigyopt.Prodigy)
    attempt("prodigyopt", "Prodigy", "slice_p=11", lambda ps: prodigyopt.Prodigy(ps, slice_p=11))
    attempt("muon-optimizer", "SingleDeviceMuon", "default", muon.SingleDeviceMuon)
    for name in ("AdamWScheduleFree", "RAdamScheduleFree", "SGDScheduleFree"):
        attempt("schedulefree", name, "default", schedule_free(name))


def pytorch_optimizer(library):
    import pytorch_optimizer as p
    for name in p.get_supported_optimizers():
        attempt(library, name, "default", lambda ps: p.load_optimizer(name)(ps, lr=1e-3))


LIBRARIES = {
    "transformers": transformers, "bitsandbytes": bitsandbytes, "torchao": torchao, "galore-torch": galore_torch,
    "apollo-torch": apollo_torch, "small ones": small_ones, "pytorch-optimizer": pytorch_optimizer,
}

if __name__ == "__main__":
    main()
