"""A FLOP counter that classes every product by where its operands come from; what the classes mean: flops.py."""
import collections
import re

OPS = ("mm", "addmm", "bmm", "baddbmm", "sdpa", "sdpa_backward", "other")
UNCOUNTED = re.compile(r"^(mv|dot|vdot|addmv|addr|_trilinear|.*rnn.*|.*lstm.*|_fft_.*|grid_sampler_.d|linalg_.*solve.*|"
                       r"linalg_inv_ex|_linalg_.*|_cdist_forward|cumsum_mm|_euclidean_dist|native_multi_head.*)$")


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


class Counting:
    """What a FlopCounterMode does beside: classes products by where their operands come from."""

    def __init__(self, torch, model):
        super().__init__(display=False, custom_mapping=fused_attention(torch))
        self.torch = torch
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
        return [t for t in self.torch.utils._pytree.tree_leaves(tree) if isinstance(t, self.torch.Tensor)]

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


def make_counter(torch, model):
    from torch.utils.flop_counter import FlopCounterMode

    class Counter(Counting, FlopCounterMode):
        pass

    return Counter(torch, model)


def op_column(name):
    if "attention" in name:
        return "sdpa_backward" if "backward" in name else "sdpa"
    if "conv" in name:
        return "conv_backward" if "backward" in name else "convolution"
    return name if name in OPS else "other"
