"""The PyTorch twin: the workloads of bench/suite.ts with the same arithmetic and dtype.

Answers the driver: a request is a line of JSON on the standard input, its answer one on the standard output.
"""

import json
import math
import os
import resource
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F


def values(shape, salt, scale=1.0, dtype=np.float32):
    """The numbers of bench/values.ts."""
    n = math.prod(shape)
    wide = np.sin(np.arange(n, dtype=np.float64) * 12.9898 + salt * 78.233) * 43758.5453
    return torch.from_numpy(((2 * (wide - np.floor(wide)) - 1) * scale).astype(dtype).reshape(shape))


def weight(shape, salt, fan_in, permutation=None):
    """Values in retrograd's layout, brought to PyTorch's by `permutation`."""
    out = values(shape, salt, math.sqrt(3 / fan_in))
    return out if permutation is None else out.permute(permutation).contiguous()


def classes(n, count):
    return torch.from_numpy((np.arange(n) * 7) % count)


def digest(*tensors):
    return [t.detach().double().abs().mean().item() for t in tensors]


class Program:
    """A workload made ready; `step` returns the tensors to compare."""

    def __init__(self, step):
        self.step = step

    def check(self):
        return digest(*self.step())


def matmul(sizes):
    n = sizes["n"]
    dtype = np.float64 if sizes["dtype"] == "float64" else np.float32
    a, b = values([n, n], 1, dtype=dtype), values([n, n], 2, dtype=dtype)
    return Program(lambda: (a @ b,))


def elementwise(f):
    def prepare(sizes):
        a, b = values([sizes["size"]], 1), values([sizes["size"]], 2)
        return Program(lambda: (f(a, b),))

    return prepare


def reduction(f):
    def prepare(sizes):
        x = values([sizes["rows"], sizes["cols"]], 1)
        return Program(lambda: (f(x, sizes),))

    return prepare


def fill(layers, salt):
    """Gives linear and convolutional layers the weights that retrograd's have, and biases of 0."""
    with torch.no_grad():
        for i, layer in enumerate(layers):
            if isinstance(layer, torch.nn.Linear):
                shape, permutation = [layer.in_features, layer.out_features], (1, 0)
            else:
                shape = [*layer.kernel_size, layer.in_channels, layer.out_channels]
                permutation = (3, 2, 0, 1)
            layer.weight.copy_(weight(shape, salt + i, math.prod(shape[:-1]), permutation))
            layer.bias.zero_()


class MLP(Program):
    def __init__(self, sizes):
        batch, inputs, hidden, outputs = (sizes[k] for k in ("batch", "inputs", "hidden", "classes"))
        self.layers = [
            torch.nn.Linear(inputs, hidden),
            torch.nn.Linear(hidden, hidden),
            torch.nn.Linear(hidden, outputs),
        ]
        fill(self.layers, 10)
        first, second, third = self.layers
        self.model = torch.nn.Sequential(first, torch.nn.ReLU(), second, torch.nn.ReLU(), third)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.1)
        self.x, self.t = values([batch, inputs], 1), classes(batch, outputs)

    def step(self):
        loss = F.cross_entropy(self.model(self.x), self.t)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        return (loss,)

    def check(self):
        losses = digest(*self.step(), *self.step())
        return losses + digest(*(layer.weight for layer in self.layers))


def lenet(sizes):
    conv1, conv2 = torch.nn.Conv2d(1, 6, 5, padding=2), torch.nn.Conv2d(6, 16, 5)
    dense = [torch.nn.Linear(400, 120), torch.nn.Linear(120, 84), torch.nn.Linear(84, 10)]
    weighted = [conv1, conv2, *dense]
    fill(weighted, 10)
    # Flattened channels first, the first dense layer has its inputs in another order.
    with torch.no_grad():
        order = torch.arange(400).reshape(5, 5, 16).permute(2, 0, 1).flatten()
        dense[0].weight.copy_(dense[0].weight[:, order].clone())
    relu, pool = torch.nn.ReLU(), torch.nn.MaxPool2d(2)
    model = torch.nn.Sequential(
        *(conv1, relu, pool, conv2, relu, pool, torch.nn.Flatten()),
        *(dense[0], relu, dense[1], relu, dense[2]),
    )
    x, t = values([sizes["batch"], 1, 28, 28], 1), classes(sizes["batch"], 10)

    def step():
        loss = F.cross_entropy(model(x), t)
        model.zero_grad(set_to_none=True)
        loss.backward()
        return (loss, *(layer.weight.grad for layer in weighted))

    return Program(step)


def lstm(sizes):
    inputs, hidden, steps, batch = (sizes[k] for k in ("inputs", "hidden", "steps", "batch"))
    layer = torch.nn.LSTM(inputs, hidden)
    with torch.no_grad():
        layer.weight_ih_l0.copy_(weight([inputs, 4 * hidden], 10, inputs, (1, 0)))
        layer.weight_hh_l0.copy_(weight([hidden, 4 * hidden], 11, hidden, (1, 0)))
        layer.bias_ih_l0.copy_(weight([4 * hidden], 12, hidden))
        layer.bias_hh_l0.zero_()
    x = values([steps, batch, inputs], 1).requires_grad_()
    gradient = values([steps, batch, hidden], 2)

    def step():
        layer.zero_grad(set_to_none=True)
        x.grad = None
        y, _ = layer(x)
        y.backward(gradient)
        return (y, x.grad, layer.weight_ih_l0.grad, layer.weight_hh_l0.grad, layer.bias_ih_l0.grad)

    return Program(step)


class Attention(Program):
    def __init__(self, sizes):
        batch, tokens, self.width, heads = (sizes[k] for k in ("batch", "tokens", "width", "heads"))
        self.layer = torch.nn.MultiheadAttention(self.width, heads, batch_first=True)
        w = [weight([self.width, self.width], salt, self.width, (1, 0)) for salt in (10, 11, 12, 13)]
        b = [weight([self.width], salt, self.width) for salt in (20, 21, 22, 23)]
        with torch.no_grad():
            self.layer.in_proj_weight.copy_(torch.cat(w[:3]))
            self.layer.in_proj_bias.copy_(torch.cat(b[:3]))
            self.layer.out_proj.weight.copy_(w[3])
            self.layer.out_proj.bias.copy_(b[3])
        self.x = values([batch, tokens, self.width], 1).requires_grad_()
        self.gradient = values([batch, tokens, self.width], 2)

    def step(self):
        self.layer.zero_grad(set_to_none=True)
        self.x.grad = None
        y, _ = self.layer(self.x, self.x, self.x, need_weights=False)
        y.backward(self.gradient)
        return y

    def check(self):
        y = self.step()
        projections = self.layer.in_proj_weight.grad.split(self.width)
        return digest(y, self.x.grad, *projections, self.layer.out_proj.weight.grad)


def chain(sizes):
    x = values([sizes["size"]], 1).requires_grad_()
    gradient = values([sizes["size"]], 2)

    def step():
        x.grad = None
        y = x
        for _ in range(sizes["operations"] // 2):
            y = y * 1.0001 + 0.5
        y.backward(gradient)
        return (y, x.grad)

    return Program(step)


PROGRAMS = {
    "add": elementwise(lambda a, b: a + b),
    "attention": Attention,
    "chain": chain,
    "exp": elementwise(lambda a, b: a.exp()),
    "lenet": lenet,
    "lstm": lstm,
    "matmul": matmul,
    "mlp": MLP,
    "peakMemory": MLP,
    "softmax": reduction(lambda x, sizes: x.softmax(1)),
    "sum": reduction(lambda x, sizes: x.sum(sizes["axis"])),
    "tanh": elementwise(lambda a, b: a.tanh()),
}


def run(program, iterations):
    """The milliseconds that each step takes."""
    times = []
    for _ in range(iterations):
        begin = time.perf_counter()
        program.step()
        times.append((time.perf_counter() - begin) * 1000)
    return times


def serve():
    torch.set_num_threads(int(os.environ["BENCH_THREADS"]))
    program = None
    for line in sys.stdin:
        request = json.loads(line)
        command, answer = request["command"], {}
        try:
            if command == "prepare":
                if request["family"] in PROGRAMS:
                    program = PROGRAMS[request["family"]](request["sizes"])
                else:
                    answer = {"unsupported": True}
            elif command == "check":
                answer = {"values": program.check()}
            elif command == "run":
                answer = {"times": run(program, request["iterations"])}
            elif command == "memory":
                answer = {"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
        except Exception as error:
            answer = {"error": str(error)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    serve()
