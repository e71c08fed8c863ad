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


def channels_first(layer, shape):
    """Gives a dense layer the order of inputs that images have when their channels come first and they are flattened."""
    with torch.no_grad():
        order = torch.arange(math.prod(shape)).reshape(shape).permute(2, 0, 1).flatten()
        layer.weight.copy_(layer.weight[:, order].clone())


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
    channels_first(dense[0], (5, 5, 16))
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


class VAE(Program):
    def __init__(self, sizes):
        batch, latents, hidden = sizes["batch"], sizes["latents"], sizes["hidden"]
        first, second = sizes["channels1"], sizes["channels2"]
        conv1, conv2 = torch.nn.Conv2d(1, first, 5), torch.nn.Conv2d(first, second, 5)
        fc4, fc5 = torch.nn.Linear(49 * second, hidden), torch.nn.Linear(hidden, 2 * latents)
        fc1, fc2 = torch.nn.Linear(latents, hidden), torch.nn.Linear(hidden, 784)
        self.weighted = [conv1, conv2, fc4, fc5, fc1, fc2]
        fill(self.weighted, 10)
        channels_first(fc4, (7, 7, second))
        relu = torch.nn.ReLU()
        self.encoder = torch.nn.Sequential(
            *(conv1, relu, torch.nn.MaxPool2d(2), conv2, relu, torch.nn.MaxPool2d(2, stride=1)),
            *(torch.nn.Flatten(), fc4, relu, fc5),
        )
        self.decoder = torch.nn.Sequential(fc1, relu, fc2, torch.nn.Sigmoid())
        parameters = [*self.encoder.parameters(), *self.decoder.parameters()]
        self.optimizer = torch.optim.Adam(parameters, lr=0.001, eps=1e-7)
        self.x = values([batch, 1, 28, 28], 1, 0.5) + 0.5
        self.noise = values([batch, latents], 2, math.sqrt(3))

    def step(self):
        mean, log_var = self.encoder(self.x).chunk(2, dim=1)
        recon = self.decoder(mean + self.noise * torch.exp(log_var / 2))
        error = F.binary_cross_entropy(recon, self.x.flatten(1), reduction="sum")
        divergence = -0.5 * (1 + log_var - mean**2 - log_var.exp()).sum()
        loss = (error + divergence) / len(self.x)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        return loss

    def check(self):
        first = self.step()
        gradients = [layer.weight.grad for layer in self.weighted]
        return digest(first, *gradients) + digest(self.step())


class WGANGP(Program):
    def __init__(self, sizes):
        batch, features, hidden = (sizes[k] for k in ("batch", "features", "hidden"))

        def network(outputs):
            ends = [features, hidden, hidden, hidden, outputs]
            return [torch.nn.Linear(*pair) for pair in zip(ends, ends[1:])]

        def chained(layers):
            first, second, third, last = layers
            relu = torch.nn.ReLU()
            return torch.nn.Sequential(first, relu, second, relu, third, relu, last)

        generator, critic = network(features), network(1)
        self.weighted = [*generator, *critic]
        fill(self.weighted, 10)
        self.generator, self.critic = chained(generator), chained(critic)
        self.optimizers = [
            torch.optim.RMSprop(model.parameters(), lr=0.0001, alpha=0.9, eps=1e-7)
            for model in (self.generator, self.critic)
        ]
        self.real = values([batch, features], 1, 3)
        self.noise = values([batch, features], 2, math.sqrt(3))
        self.alpha = (values([batch], 3, 0.5) + 0.5).unsqueeze(1)

    def update_critic(self):
        with torch.no_grad():
            fake = self.generator(self.noise)
            points = fake + self.alpha * (self.real - fake)
        scores = self.critic(points.requires_grad_())
        (gradient,) = torch.autograd.grad(scores, points, torch.ones_like(scores), create_graph=True)
        penalty = 10 * (gradient.norm(dim=1) - 1).square().mean()
        return self.descend(self.optimizers[1], self.critic(fake).mean() - self.critic(self.real).mean() + penalty)

    def update_generator(self):
        self.critic.requires_grad_(False)
        loss = self.descend(self.optimizers[0], -self.critic(self.generator(self.noise)).mean())
        self.critic.requires_grad_(True)
        return loss

    def descend(self, optimizer, loss):
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        return loss

    def step(self):
        return self.update_critic(), self.update_generator()

    def check(self):
        losses = self.step()
        gradients = [layer.weight.grad for layer in self.weighted]
        return digest(*losses, *gradients) + digest(*self.step())


class Transformer(Program):
    def __init__(self, sizes):
        batch, tokens, width, heads = (sizes[k] for k in ("batch", "tokens", "width", "heads"))
        vocabulary = sizes["vocabulary"]
        self.width = width
        self.embedding = torch.nn.Embedding(vocabulary, width)
        self.position = torch.nn.Parameter(torch.empty(tokens, width))
        self.blocks = torch.nn.ModuleList(
            torch.nn.TransformerEncoderLayer(width, heads, 4 * width, dropout=0, batch_first=True, norm_first=True)
            for _ in range(sizes["layers"])
        )
        self.last = torch.nn.LayerNorm(width)
        self.next = torch.nn.Linear(width, vocabulary)
        self.fill()
        modules = torch.nn.ModuleList([self.embedding, *self.blocks, self.last, self.next])
        self.parameters = [self.position, *modules.parameters()]
        self.optimizer = torch.optim.AdamW(self.parameters, lr=0.001, eps=1e-7, weight_decay=0.01)
        self.mask = torch.full((tokens, tokens), -math.inf).triu(1)
        text = classes(batch * (tokens + 1), vocabulary).reshape(batch, tokens + 1)
        self.x, self.t = text[:, :-1].contiguous(), text[:, 1:].flatten()

    def fill(self):
        """Gives the layers the weights that retrograd's have, and biases of 0."""
        with torch.no_grad():
            for salt, table in enumerate((self.embedding.weight, self.position), 10):
                table.copy_(values(table.shape, salt))
            for i, block in enumerate(self.blocks):
                square = [weight([self.width, self.width], 12 + 6 * i + j, self.width, (1, 0)) for j in range(4)]
                block.self_attn.in_proj_weight.copy_(torch.cat(square[:3]))
                block.self_attn.out_proj.weight.copy_(square[3])
                fill([block.linear1, block.linear2], 16 + 6 * i)
            fill([self.next], 12 + 6 * len(self.blocks))

    def step(self):
        h = self.embedding(self.x) + self.position
        for block in self.blocks:
            h = block(h, src_mask=self.mask)
        loss = F.cross_entropy(self.next(self.last(h)).flatten(0, 1), self.t)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.norm = torch.nn.utils.clip_grad_norm_(self.parameters, 1)
        self.optimizer.step()
        return loss

    def check(self):
        first = self.step()
        gradients = [self.embedding.weight.grad, self.position.grad]
        for block in self.blocks:
            attention = block.self_attn
            gradients += [*attention.in_proj_weight.grad.split(self.width), attention.out_proj.weight.grad]
            gradients += [block.linear1.weight.grad, block.linear2.weight.grad]
        gradients.append(self.next.weight.grad)
        # Here clipping has scaled the gradients themselves.
        numbers = digest(first, *(g * self.norm.clamp(min=1) for g in gradients))
        return numbers + digest(self.step())


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
    "transformer": Transformer,
    "vae": VAE,
    "wganGP": WGANGP,
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
