"""Runs random programs in PyTorch: the other side of tests/fuzz/pytorch.ts.

Each line of the input is a list of programs as JSON, each line of the output the answers. A program runs in float64, and twice
more with every operand of every step multiplied by 1 +- 2^-30, where the signs are random: how far its results move tells how much
rounding may be magnified. Answers are arrays as base64: float64 values, and float32 movements divided by 2^-30.
"""

import base64
import json
import math
import sys
import warnings

import numpy as np
import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
warnings.simplefilter("ignore")

NOISE = 2.0**-30
DTYPES = {"int32": torch.int64, "bool": torch.bool, "float32": torch.float64, "float64": torch.float64}


def number(x):
    return x.long() if x.dtype == torch.bool else x


def negated(x):
    return -x.double() if x.dtype == torch.bool else -x


def around(x, widths, value=0.0):
    """F.pad, also of nothing."""
    if 0 not in x.shape:
        return F.pad(x, widths, value=value)
    shape = list(x.shape)
    for i, (before, after) in enumerate(zip(widths[::2], widths[1::2])):
        shape[-1 - i] += before + after
    return x.sum() + torch.full(shape, value)


def alike(a, b, bools=False):
    if not bools:
        a, b = number(a), number(b)
    if a.dtype != b.dtype:
        dtype = torch.promote_types(a.dtype, b.dtype)
        a, b = a.to(dtype), b.to(dtype)
    return torch.broadcast_tensors(a, b)


def dims(x, axis):
    if axis is None:
        return tuple(range(x.ndim))
    return tuple(a % x.ndim for a in (axis if isinstance(axis, tuple) else (axis,)))


def reduced(f):
    def over(x, axis, keepdims, *rest):
        some = dims(x, axis)
        if not some and f is prod_over:
            return x * 1
        if not some:
            # One group for each element.
            return f(x[..., None], (x.ndim,), False, *rest)
        return f(x, some, keepdims, *rest)

    return over


def prod_over(x, some, keepdims):
    for dim in sorted(some, reverse=True):
        x = x.prod(dim=dim, keepdim=keepdims)
    return x


reduced_sum = reduced(lambda x, some, keepdims: x.sum(dim=some, keepdim=keepdims))
reduced_mean = reduced(lambda x, some, keepdims: x.double().mean(dim=some, keepdim=keepdims))
reduced_prod = reduced(prod_over)
reduced_max = reduced(lambda x, some, keepdims: torch.amax(x, dim=some, keepdim=keepdims))
reduced_min = reduced(lambda x, some, keepdims: torch.amin(x, dim=some, keepdim=keepdims))
reduced_logsumexp = reduced(lambda x, some, keepdims: torch.logsumexp(x, dim=some, keepdim=keepdims))
reduced_var = reduced(lambda x, some, keepdims, ddof: torch.var(x, dim=some, correction=ddof, keepdim=keepdims))
reduced_std = reduced(lambda x, some, keepdims, ddof: torch.std(x, dim=some, correction=ddof, keepdim=keepdims))
reduced_norm = reduced(lambda x, some, keepdims, ord: torch.linalg.vector_norm(x, ord, dim=some, keepdim=keepdims))


def position(f, x, axis, keepdims):
    if axis is not None:
        return f(x, dim=axis, keepdim=keepdims)
    return f(x).reshape((1,) * x.ndim if keepdims else ())


def squeezed(x, axis):
    if axis is None:
        return x.squeeze()
    return x.reshape([n for i, n in enumerate(x.shape) if i not in axis])


def expanded(x, axis):
    for a in axis:
        x = x.unsqueeze(a)
    return x


def sum_to(x, shape):
    extra = x.ndim - len(shape)
    some = [i for i in range(x.ndim) if i < extra or (shape[i - extra] == 1 and x.shape[i] != 1)]
    return (x.sum(dim=some, keepdim=True) if some else x).reshape(shape)


def diagonal_of(x, offset, axis1, axis2):
    length = min(x.shape[axis1] - max(0, -offset), x.shape[axis2] - max(0, offset))
    if length <= 0:
        rest = [n for i, n in enumerate(x.shape) if i not in (axis1, axis2)]
        return x.reshape(-1)[:0].reshape([*rest, 0]) if 0 not in rest else x.sum() * torch.zeros([*rest, 0])
    return torch.diagonal(x, offset, axis1, axis2)


def dilated(x, dilation):
    rows, cols = dilation
    if 0 in x.shape:
        larger = [max(n * (d + 1) - d, 0) for n, d in zip(x.shape[1:3], dilation)]
        return x.sum() * torch.zeros(x.shape[0], *larger, x.shape[3])
    batch, height, width, channels = x.shape
    spaced = F.pad(x.reshape(batch, height, 1, width, 1, channels), (0, 0, 0, cols, 0, 0, 0, rows))
    spaced = spaced.reshape(batch, height * (rows + 1), width * (cols + 1), channels)
    return spaced[:, : max(spaced.shape[1] - rows, 0), : max(spaced.shape[2] - cols, 0)]


def get_item(x, items):
    """Each index on its own axis, by index_select and the like, then NumPy's rule of where the axes of arrays go."""
    numbers = np.arange(x.numel()).reshape(tuple(x.shape))
    index = []
    for item in items:
        if item == "...":
            index.append(Ellipsis)
        elif item == "new":
            index.append(None)
        elif isinstance(item, int):
            index.append(item)
        elif "slice" in item:
            index.append(slice(*item["slice"]))
        elif "mask" in item:
            index.append(np.array(item["mask"], dtype=bool))
        else:
            ids = np.array(item["ids"], dtype=np.int64)
            index.append(ids.reshape(item["rows"], -1) if item["rows"] > 1 else ids)
    picked = numbers[tuple(index)]
    return x.reshape(-1)[torch.from_numpy(np.array(picked, dtype=np.int64))]


def bags(W, given, pool, padding):
    rows = []
    for bag in given:
        ids = [i for i in bag if i != padding]
        some = W[torch.tensor(ids, dtype=torch.int64)].sum(0)
        rows.append(some / max(1, len(ids)) if pool == "mean" else some)
    return torch.stack(rows)


def dot(a, b):
    if a.ndim == 0 or b.ndim == 0:
        return a * b
    if b.ndim == 1:
        return torch.matmul(a, b)
    return torch.tensordot(a, b, dims=([a.ndim - 1], [b.ndim - 2]))


def attention(q, k, v, bias, causal, mask):
    scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
    if bias is not None:
        scores = scores + bias
    allowed = torch.ones(scores.shape[-2:])
    if mask is not None:
        allowed = allowed * torch.tensor(mask)
    if causal:
        allowed = allowed * torch.ones(scores.shape[-2:]).tril(scores.shape[-1] - scores.shape[-2])
    exponentials = torch.exp(scores - scores.amax(-1, True).detach()) * allowed
    return exponentials / exponentials.sum(-1, True).clamp_min(1e-30) @ v


def propagate(xs, edges, matrix, normalize, loops):
    x, *weights = xs
    n = x.shape[0]
    if matrix:
        A = weights[0]
    else:
        sources, targets = torch.tensor(edges, dtype=torch.int64).reshape(2, -1)
        each = weights[0] if weights else torch.ones(sources.shape[0])
        A = torch.zeros(n, n).index_put((targets, sources), each, accumulate=True)
    if loops:
        present = torch.diagonal(A) != 0
        if not matrix:
            present = torch.zeros(n, dtype=torch.bool).scatter(0, sources[sources == targets], True)
        A = A + torch.diag((~present).double())
    if normalize:
        degrees = A.sum(1)
        root = torch.where(degrees == 0, 0.0, torch.where(degrees == 0, 1.0, degrees) ** -0.5)
        A = root[:, None] * A * root
    return A @ x


def two(n):
    return n if isinstance(n, tuple) else (n, n)


def cover(kernel, dilation):
    return (kernel - 1) * (dilation + 1) + 1


def sides(length, kernel, stride, dilation, pad, index):
    """What to add before and after an axis."""
    if pad == "same":
        total = stride * (length - 1) + cover(kernel, dilation) - length
        return total // 2, total - total // 2
    if pad == "causal":
        return cover(kernel, dilation) - 1, 0
    if isinstance(pad, int):
        return pad, pad
    if index is None:
        return pad
    return (pad[index], pad[index]) if len(pad) == 2 else pad[2 * index : 2 * index + 2]


def padded(x, kernel, options, value=0.0):
    """Images in PyTorch's layout with their padding."""
    stride, dilation = two(options.get("stride", 1)), two(options.get("dilation", 0))
    (top, bottom), (left, right) = [
        sides(x.shape[i + 1], kernel[i], stride[i], dilation[i], options.get("pad", 0), i) for i in (0, 1)
    ]
    image = x.permute(0, 3, 1, 2)
    return around(image, (left, right, top, bottom), value), (top, left)


def steps(options):
    return {"stride": two(options["stride"]), "dilation": tuple(d + 1 for d in two(options["dilation"]))}


def conv2d(xs, options):
    x, W, *b = xs
    image, _ = padded(x, W.shape[:2], options)
    y = F.conv2d(image, W.permute(3, 2, 0, 1).contiguous(), *b, **steps(options))
    return y.permute(0, 2, 3, 1)


def conv1d(xs, options):
    x, W, *b = xs
    y = F.conv1d(
        pad1d(x, W.shape[0], options).permute(0, 2, 1), W.permute(2, 1, 0).contiguous(), *b, stride=options["stride"], dilation=options["dilation"] + 1
    )
    return y.permute(0, 2, 1)


def deconv2d(xs, options):
    x, W, *b = xs
    stride, dilation, pad = options["stride"], options["dilation"], options["pad"]
    full = F.conv_transpose2d(
        x.permute(0, 3, 1, 2),
        W.permute(2, 3, 0, 1).contiguous(),
        *b,
        stride=stride,
        dilation=tuple(d + 1 for d in dilation),
        output_padding=options["outputPad"],
    )
    (top, bottom), (left, right) = [sides(x.shape[i + 1], W.shape[i], stride[i], dilation[i], pad, i) for i in (0, 1)]
    full = F.pad(full, (-left, -right, -top, -bottom))
    return full.permute(0, 2, 3, 1)


def im2col(x, kernel, options):
    image, _ = padded(x, kernel, options)
    columns = F.unfold(image, kernel, **steps(options))
    batch, channels, taps = x.shape[0], x.shape[3], kernel[0] * kernel[1]
    return columns.reshape(batch, channels, taps, -1).permute(0, 3, 2, 1).reshape(-1, taps * channels)


def col2im(patches, shape, kernel, options):
    batch, rows, cols, channels = shape
    image, (top, left) = padded(torch.zeros(shape), kernel, options)
    taps = kernel[0] * kernel[1]
    columns = patches.reshape(batch, -1, taps, channels).permute(0, 3, 2, 1).reshape(batch, channels * taps, -1)
    folded = F.fold(columns, image.shape[2:], kernel, **steps(options))
    whole = F.pad(folded, (-left, cols - folded.shape[3] + left, -top, rows - folded.shape[2] + top))
    return whole.permute(0, 2, 3, 1)


def max_pool(x, options):
    image, _ = padded(x, options["kernelShape"], options, -math.inf)
    return F.max_pool2d(image, options["kernelShape"], options["stride"]).permute(0, 2, 3, 1)


def average_pool(x, options):
    image, _ = padded(x, options["kernelShape"], options)
    return F.avg_pool2d(image, options["kernelShape"], options["stride"]).permute(0, 2, 3, 1)


def pad2d(x, kernel, options):
    return padded(x, kernel, options)[0].permute(0, 2, 3, 1)


def pad1d(x, kernel, options):
    before, after = sides(x.shape[1], kernel, options["stride"], options["dilation"], options["pad"], None)
    return around(x, (0, 0, before, after))


def batch_norm(x, scale, epsilon, given):
    if given is None:
        axes = tuple(range(x.ndim - 1))
        mean, variance = x.mean(axes), x.var(axes, unbiased=False)
    else:
        mean = variance = torch.tensor(given, dtype=torch.float64)
    y = (x - mean) / torch.sqrt(variance + epsilon)
    if scale:
        y = y * scale[0] + scale[1]
    return [y, mean.detach(), variance.detach()]


def recurrent(name, gates, xs, options):
    x, *rest = xs
    width = rest[-1].shape[0] // gates if options["bias"] else rest[-1].shape[0]
    count = 2 if name == "lstm" else 1
    states = [rest.pop(0) for _ in range(count)] if options["state"] else [torch.zeros(x.shape[1], width)] * count
    Wx, Wh, *b = rest
    b = b if options["bias"] else [torch.zeros(gates * width)]
    b = b if len(b) == 2 else [b[0], torch.zeros(gates * width)]
    hx = tuple(s[None] for s in states) if name == "lstm" else states[0][None]
    sequence = x.flip(0) if options["reverse"] else x
    parameters = (Wx.t().contiguous(), Wh.t().contiguous(), *b)
    y, *last = getattr(torch._VF, name)(sequence, hx, parameters, True, 1, 0.0, False, False, False)
    return [y.flip(0) if options["reverse"] else y, *[s[0] for s in last]]


def classes(x, ids):
    return x.reshape(-1, x.shape[-1]), torch.tensor(ids, dtype=torch.int64)


def cross_entropy(x, ids, reduction, smoothing, ignored, weight):
    rows, t = classes(x, ids)
    y = F.cross_entropy(
        rows,
        t,
        reduction=reduction,
        label_smoothing=smoothing,
        ignore_index=-100 if ignored is None else ignored,
        weight=None if weight is None else torch.tensor(weight, dtype=torch.float64),
    )
    return y.reshape(x.shape[:-1]) if reduction == "none" else y


def soft_cross_entropy(x, t, reduction, smoothing):
    width = x.shape[-1]
    y = F.cross_entropy(x.reshape(-1, width), t.reshape(-1, width), reduction=reduction, label_smoothing=smoothing)
    return y.reshape(x.shape[:-1]) if reduction == "none" else y


def class_entropy(x, ids, reduction):
    rows, t = classes(x, ids)
    y = F.nll_loss(torch.log(rows + 2.0**-52), t, reduction=reduction)
    return y.reshape(x.shape[:-1]) if reduction == "none" else y


def binary_cross_entropy(x, t, reduction):
    # The second derivative of PyTorch's own is off by 1e-11.
    each = -(t * torch.log(x) + (1 - t) * torch.log1p(-x))
    return each if reduction == "none" else getattr(each, reduction)()


def vae_loss(recon, t, mean, logs, reduction):
    each = binary_cross_entropy(recon, t, "none").reshape(t.shape[0], -1).sum(1)
    each = each - (1 + logs - mean**2 - logs.exp()).sum(1) / 2
    return each if reduction == "none" else getattr(each, reduction)()


WORDS = dict(globals())
COMPILED = {}
SIGNS = torch.from_numpy(np.random.default_rng(1).choice([-1.0, 1.0], 1 << 16))


class Run:
    def __init__(self, program, noise):
        self.noise = noise
        self.at = 17 * noise
        self.values = []
        self.leaves = []
        for node in program["nodes"]:
            if "torch" in node:
                self.step(node)
            else:
                self.leaf(node)
        self.first, self.second, self.why = self.gradients(program)

    def leaf(self, node):
        x = torch.tensor(node["values"], dtype=DTYPES[node["dtype"]]).reshape(node["shape"])
        if node["requiresGrad"] and x.is_floating_point():
            self.leaves.append(x.requires_grad_())
        self.values.append(x)

    def disturbed(self, x):
        if not self.noise or not x.is_floating_point():
            return x
        n = x.numel()
        if self.at + n > SIGNS.shape[0]:
            self.at = self.noise
        signs = SIGNS[self.at : self.at + n].reshape(x.shape)
        self.at += n
        return x * (1 + NOISE * signs)

    def step(self, node):
        xs = [self.disturbed(self.values[i]) for i in node["args"]]
        code = COMPILED.get(node["torch"])
        if code is None:
            code = compile(node["torch"], node["torch"], "eval")
            if len(COMPILED) < 1000:
                COMPILED[node["torch"]] = code
        words = dict(WORDS, xs=xs, **{f"x{i}": x for i, x in enumerate(xs)})
        result = eval(code, words)
        results = list(result) if isinstance(result, (list, tuple)) else [result]
        if len(results) != node["outputs"]:
            raise ValueError(f"{node['torch']} has {len(results)} results, expected {node['outputs']}")
        self.values.extend(results)

    def gradients(self, program):
        nothing = [torch.zeros_like(x) for x in self.leaves]
        starts = [
            (self.values[i], torch.tensor(c).reshape(self.values[i].shape))
            for i, c in zip(program["roots"], program["cotangents"])
            if self.values[i].requires_grad
        ]
        if not starts or not self.leaves:
            return nothing, nothing, None
        first = self.grad(starts, True)
        further = [(g, torch.tensor(c).reshape(g.shape)) for g, c in zip(first, program["second"]) if g.requires_grad]
        if not further:
            return first, nothing, None
        try:
            return first, self.grad(further, False), None
        except RuntimeError as error:
            if "not implemented" not in str(error):
                raise
            return first, nothing, str(error).splitlines()[0]

    def grad(self, starts, again):
        ys, gys = zip(*starts)
        found = torch.autograd.grad(ys, self.leaves, gys, create_graph=again, allow_unused=True)
        return [torch.zeros_like(x) if g is None else g for x, g in zip(self.leaves, found)]

    def arrays(self):
        """Everything to compare: values, then first, then second gradients."""
        return self.values + self.first + self.second


def flat(tensors):
    parts = [np.asarray(t.detach().resolve_neg()).astype(np.float64).reshape(-1) for t in map(dense, tensors)]
    return np.concatenate(parts) if parts else np.zeros(0)


def dense(tensor):
    return torch.zeros(tensor.shape) if tensor._is_zerotensor() else tensor


def text(values, dtype):
    return base64.b64encode(np.ascontiguousarray(values, dtype=dtype).tobytes()).decode()


def answer(program):
    try:
        plain = Run(program, 0)
        truth = flat(plain.arrays())
        moved = [np.abs(flat(Run(program, noise).arrays()) - truth) for noise in (1, 2)]
        return {
            "shapes": [list(t.shape) for t in plain.arrays()],
            "values": text(truth, np.float64),
            "moved": text(np.maximum(*moved) / NOISE, np.float32),
            "noSecond": plain.why,
        }
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


def main():
    with np.errstate(all="ignore"):
        for line in sys.stdin:
            print(json.dumps([answer(program) for program in json.loads(line)]), flush=True)


if __name__ == "__main__":
    main()
