"""Three consecutive training steps of every layer and optimizer in PyTorch, float64, with random upstream gradients.

    python3 tests/golden/training.py     writes tests/golden/training.json

Images are NHWC here and convolution weights (rows, cols, in, out), as in retrograd; PyTorch gets permuted views of them.
"""

import json
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

random = np.random.default_rng(20240229)


def draw(*shape):
    """Three decimals, no two equal, so that the file is short and a maximum has no tie."""
    size = int(np.prod(shape))
    values = random.choice(np.arange(-1999, 2000, 2), size=size, replace=False) / 1000
    return torch.tensor(values.reshape(shape))


def dump(tensor):
    return {"shape": list(tensor.shape), "values": [round(v, 12) for v in tensor.detach().reshape(-1).tolist()]}


def dump_all(tensors):
    return {name: dump(tensor) for name, tensor in tensors.items()}


def nchw(x):
    return x.permute(0, 3, 1, 2)


def nhwc(x):
    return x.permute(0, 2, 3, 1)


def conv(x, W, b=None, **options):
    return nhwc(F.conv2d(nchw(x), W.permute(3, 2, 0, 1), b, **options))


def train(forward, shape, parameters, make_optimizer, steps=3):
    """`forward(x, parameters)` trained with a random upstream gradient at each step."""
    for parameter in parameters.values():
        parameter.requires_grad_()
    start = dump_all(parameters)
    optimizer = make_optimizer(list(parameters.values())) if parameters else None
    history = []
    for _ in range(steps):
        x = draw(*shape).requires_grad_()
        y = forward(x, parameters)
        gy = draw(*y.shape)
        if optimizer:
            optimizer.zero_grad()
        y.backward(gy)
        step = {"x": dump(x), "gy": dump(gy), "y": dump(y), "gx": dump(x.grad)}
        step["grads"] = dump_all({name: p.grad for name, p in parameters.items()})
        if optimizer:
            optimizer.step()
        step["state"] = dump_all(parameters)
        history.append(step)
    return {"state": start, "steps": history}


def sgd(params):
    return torch.optim.SGD(params, lr=0.05, momentum=0.9)


def adam(params):
    return torch.optim.Adam(params, lr=0.02, eps=1e-7)


def network(x, p):
    h = F.relu(conv(x, p["0.W"], p["0.b"], padding=1))
    h = nhwc(F.max_pool2d(nchw(h), 2))
    return torch.tanh(h.flatten(1) @ p["3.W"] + p["3.b"])


layers = {
    "FullyConnected": train(
        lambda x, p: x @ p["W"] + p["b"], (5, 3), {"W": draw(3, 4), "b": draw(4)}, sgd
    ),
    "FullyConnected of three axes with tanh": train(
        lambda x, p: torch.tanh(x @ p["W"] + p["b"]), (2, 3, 4), {"W": draw(4, 2) / 5, "b": draw(2)}, adam
    ),
    "FullyConnected without bias": train(lambda x, p: F.relu(x @ p["W"]), (4, 3), {"W": draw(3, 5)}, sgd),
    "Conv2D": train(
        lambda x, p: torch.sigmoid(conv(x, p["W"], p["b"], stride=(2, 1), padding=(1, 2), dilation=2)),
        (2, 6, 5, 2),
        {"W": draw(3, 2, 2, 3) / 5, "b": draw(3)},
        sgd,
    ),
    "Conv2D without bias": train(lambda x, p: conv(x, p["W"], padding=1), (2, 4, 4, 1), {"W": draw(3, 3, 1, 2)}, adam),
    "Pool2D max": train(lambda x, p: nhwc(F.max_pool2d(nchw(x), 3, stride=2, padding=1)), (2, 5, 6, 2), {}, None),
    "Pool2D average": train(lambda x, p: nhwc(F.avg_pool2d(nchw(x), (2, 3), stride=1, padding=1)), (2, 4, 5, 2), {}, None),
    "Flatten": train(lambda x, p: x.flatten(1), (3, 2, 2, 2), {}, None),
    "Flatten last": train(lambda x, p: x.reshape(-1, 2), (3, 2, 2), {}, None),
    "Sequential": train(
        network,
        (2, 6, 6, 2),
        {"0.W": draw(3, 3, 2, 3) / 5, "0.b": draw(3), "3.W": draw(27, 4) / 10, "3.b": draw(4)},
        adam,
    ),
}


def optimize(make_optimizer, steps=3):
    """A parameter and the gradients it is given, one for each step."""
    parameter = draw(3, 2).requires_grad_()
    start = dump(parameter)
    optimizer = make_optimizer([parameter])
    history = []
    for _ in range(steps):
        parameter.grad = draw(3, 2)
        optimizer.step()
        history.append({"grad": dump(parameter.grad), "value": dump(parameter)})
    return {"value": start, "steps": history}


optimizers = {
    "SGD": optimize(lambda p: torch.optim.SGD(p, lr=0.1)),
    "SGD with momentum": optimize(lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.8)),
    "SGD with momentum and weight decay": optimize(lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.8, weight_decay=0.3)),
    "Adam": optimize(lambda p: torch.optim.Adam(p, eps=1e-7)),
    "Adam with options": optimize(
        lambda p: torch.optim.Adam(p, lr=0.3, betas=(0.7, 0.9), eps=0.01, weight_decay=0.2)
    ),
}

path = pathlib.Path(__file__).with_name("training.json")
path.write_text(json.dumps({"layers": layers, "optimizers": optimizers}, separators=(",", ":")) + "\n")
