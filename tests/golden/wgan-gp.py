"""Three steps of training of a WGAN-GP in PyTorch, float64: an update of the critic and one of the generator in turn, by RMSProp.

    python3 tests/golden/wgan-gp.py     writes tests/golden/wgan-gp.json

The gradient penalty is differentiated with `create_graph=True`. Noise and the shares of real examples in the points of the penalty are
in the file.
"""

import json
import pathlib

import numpy as np
import torch

BATCH, FEATURES, NOISE, HIDDEN = 4, 2, 3, 5
random = np.random.default_rng(20170331)


def draw(*shape, low=-1.5, high=1.5):
    return torch.tensor(random.uniform(low, high, shape).round(3))


def dump(x):
    return {"shape": list(x.shape), "values": [float(f"{v:.14g}") for v in x.detach().reshape(-1).tolist()]}


def dump_all(tensors):
    return {name: dump(x) for name, x in tensors.items()}


def parameters(sizes):
    layers = list(zip(sizes, sizes[1:]))
    named = [(f"{i}.{name}", shape) for i, (a, b) in enumerate(layers) for name, shape in (("W", (a, b)), ("b", (b,)))]
    return {name: draw(*shape).requires_grad_() for name, shape in named}


def network(x, p, f):
    for i in range(4):
        x = x @ p[f"{i}.W"] + p[f"{i}.b"]
        x = f(x) if i < 3 else x
    return x


def update(optimizer, loss, p):
    optimizer.zero_grad()
    loss.backward()
    gradients = dump_all({name: torch.zeros_like(v) if v.grad is None else v.grad for name, v in p.items()})
    optimizer.step()
    return {"loss": loss.item(), "gradients": gradients, "after": dump_all(p)}


def train(activation, weight):
    f = getattr(torch, activation)
    generator = parameters([NOISE, HIDDEN, HIDDEN, HIDDEN, FEATURES])
    critic = parameters([FEATURES, HIDDEN, HIDDEN, HIDDEN, 1])
    start = {"generator": dump_all(generator), "critic": dump_all(critic)}
    optimizers = [torch.optim.RMSprop(p.values(), lr=0.01, alpha=0.9, eps=1e-7) for p in (generator, critic)]
    steps = []
    for _ in range(3):
        drawn = {
            "real": draw(BATCH, FEATURES),
            "criticNoise": draw(BATCH, NOISE),
            "alpha": draw(BATCH, low=0, high=1),
            "generatorNoise": draw(BATCH, NOISE),
        }
        real, alpha = drawn["real"], drawn["alpha"][:, None]
        fake = network(drawn["criticNoise"], generator, f).detach()
        points = (alpha * real + (1 - alpha) * fake).requires_grad_()
        (gradient,) = torch.autograd.grad(network(points, critic, f).sum(), points, create_graph=True)
        penalty = weight * ((gradient.norm(dim=1) - 1) ** 2).mean()
        distance = network(real, critic, f).mean() - network(fake, critic, f).mean()
        ofCritic = {"distance": distance.item(), **update(optimizers[1], penalty - distance, critic)}
        loss = -network(network(drawn["generatorNoise"], generator, f), critic, f).mean()
        steps.append({**dump_all(drawn), "critic": ofCritic, "generator": update(optimizers[0], loss, generator)})
    return {"activation": activation, "lambda": weight, "start": start, "steps": steps}


path = pathlib.Path(__file__).with_name("wgan-gp.json")
runs = [train("tanh", 10), train("relu", 10), train("tanh", 0.5), train("sigmoid", 10)]
path.write_text(json.dumps(runs, separators=(",", ":")) + "\n", encoding="utf-8")
print(f"{path.stat().st_size} bytes")
