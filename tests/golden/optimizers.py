"""50 steps of every optimizer in PyTorch, float64, on a small nonlinear problem.

    python3 tests/golden/optimizers.py     writes tests/golden/optimizers.json

PyTorch 1.13 has neither the reference's momentum, with the learning rate inside the velocity, nor clipping of each tensor by its
norm, nor Lion: their formulas stand here. So does NAdam's: in 1.13 the product of the momenta up to the next step has the present one
twice and is a float32, both of which later versions put right.
"""

import json
import pathlib

import numpy as np
import torch
from torch.nn.utils import clip_grad_norm_, clip_grad_value_

STEPS = 50
KEPT = [1, 2, 10, 50]
LAST_RATE_CHANGE = 25
random = np.random.default_rng(20230213)


def draw(*shape, scale=1.0):
    """Few decimals, so that the file is short."""
    return torch.tensor(np.round(random.normal(size=shape) * scale, 3))


start = {"W": draw(6, 7, scale=0.5), "b": draw(7, scale=0.5), "s": draw(7)}
batches = [{"x": draw(4, 6), "t": draw(4, 7)} for _ in range(10)]


def loss_of(parameters, batch):
    y = torch.tanh(batch["x"] @ parameters["W"] + parameters["b"]) * parameters["s"]
    return ((y - batch["t"]) ** 2).mean() * 5


def dump(tensor):
    return {"shape": list(tensor.shape), "values": [round(v, 13) for v in tensor.detach().reshape(-1).tolist()]}


class ByFormula(torch.optim.Optimizer):
    """An optimizer whose step of one parameter is `change(parameter, gradient, settings, state)`."""

    def __init__(self, parameters, change, **settings):
        self.change = change
        super().__init__(parameters, settings)

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for parameter in group["params"]:
                self.change(parameter, parameter.grad, group, self.state[parameter])


def momentum_change(p, grad, settings, state):
    g = grad + settings["weight_decay"] * p
    share = 1 - settings["dampening"] if "velocity" in state else 1
    v = state.get("velocity", torch.zeros_like(p)) * settings["momentum"] + settings["lr"] * share * g
    state["velocity"] = v
    p -= settings["momentum"] * v + settings["lr"] * g if settings["nesterov"] else v


def momentum_sgd(params, lr, momentum, weight_decay=0.0, dampening=0.0, nesterov=False):
    settings = dict(lr=lr, momentum=momentum, weight_decay=weight_decay, dampening=dampening, nesterov=nesterov)
    return ByFormula(params, momentum_change, **settings)


def lion_change(p, g, settings, state):
    (beta1, beta2), m = settings["betas"], state.get("mean", torch.zeros_like(p))
    p -= settings["lr"] * (torch.sign(beta1 * m + (1 - beta1) * g) + settings["weight_decay"] * p)
    state["mean"] = beta2 * m + (1 - beta2) * g


def lion(params, lr, betas=(0.9, 0.99), weight_decay=0.0):
    return ByFormula(params, lion_change, lr=lr, betas=betas, weight_decay=weight_decay)


def nadam_change(p, grad, settings, state):
    beta1, beta2 = settings["betas"]
    g = grad + settings["weight_decay"] * p
    t = state["step"] = state.get("step", 0) + 1
    m = state["mean"] = beta1 * state.get("mean", torch.zeros_like(p)) + (1 - beta1) * g
    v = state["square"] = beta2 * state.get("square", torch.zeros_like(p)) + (1 - beta2) * g * g
    momenta = [beta1 * (1 - 0.5 * 0.96 ** (i * settings["momentum_decay"])) for i in range(1, t + 2)]
    now, following = np.prod(momenta[:-1]), np.prod(momenta)
    m_hat = momenta[t] * m / (1 - following) + (1 - momenta[t - 1]) * g / (1 - now)
    p -= settings["lr"] * m_hat / (torch.sqrt(v / (1 - beta2**t)) + settings["eps"])


def nadam(params, lr, eps, betas=(0.9, 0.999), weight_decay=0.0, momentum_decay=0.004):
    settings = dict(lr=lr, eps=eps, betas=betas, weight_decay=weight_decay, momentum_decay=momentum_decay)
    return ByFormula(params, nadam_change, **settings)


def clip_each(max_norm):
    def clip(parameters):
        for parameter in parameters:
            norm = parameter.grad.norm()
            if norm > max_norm:
                parameter.grad.mul_(max_norm / norm)

    return clip


optim = torch.optim
EPS = 1e-7
cases = {}


def case(config, make, clip=None, groups=None, accumulate=1, last_rate=None):
    """`config` is what `resolveOptimizer` takes, `groups` what each of the parameters has as options of its own, in both libraries."""
    parameters = {name: value.clone().requires_grad_() for name, value in start.items()}
    if groups is None:
        given = list(parameters.values())
    else:
        given = [{"params": [p], **theirs} for p, (_, theirs) in zip(parameters.values(), groups)]
    optimizer = make(given)
    kept = []
    for step in range(1, STEPS + 1):
        if last_rate is not None and step == LAST_RATE_CHANGE + 1:
            for group in optimizer.param_groups:
                group["lr"] = last_rate
        optimizer.zero_grad()
        for part in range(accumulate):
            batch = batches[(accumulate * step + part) % len(batches)]
            (loss_of(parameters, batch) / accumulate).backward()
        if clip is not None:
            clip(list(parameters.values()))
        optimizer.step()
        if step in KEPT:
            kept.append([dump(p) for p in parameters.values()])
    name = config["name"]
    rest = {key: value for key, value in config.items() if key != "name"}
    if groups is not None:
        rest["groups"] = [ours for ours, _ in groups]
    if last_rate is not None:
        rest["last rate"] = last_rate
    label = f"{name} {json.dumps(rest)}" if rest else name
    entry = {"config": config, "accumulate": accumulate, "values": kept}
    if groups is not None:
        entry["groups"] = [ours for ours, _ in groups]
    if last_rate is not None:
        entry["lastRate"] = last_rate
    cases[label] = entry


case({"name": "SGD"}, lambda p: optim.SGD(p, lr=0.01))
case({"name": "SGD", "lr": 0.1, "weightDecay": 0.03}, lambda p: optim.SGD(p, lr=0.1, weight_decay=0.03))
case({"name": "SGD", "lr": 0.05, "momentum": 0.8}, lambda p: momentum_sgd(p, 0.05, 0.8), last_rate=0.01)
case(
    {"name": "SGD", "lr": 0.05, "momentum": 0.8, "weightDecay": 0.03, "dampening": 0.3},
    lambda p: momentum_sgd(p, 0.05, 0.8, 0.03, 0.3),
    last_rate=0.01,
)
case(
    {"name": "SGD", "lr": 0.05, "momentum": 0.8, "weightDecay": 0.03, "nesterov": True},
    lambda p: momentum_sgd(p, 0.05, 0.8, 0.03, 0.0, True),
    last_rate=0.01,
)
step_form = {"name": "SGD", "lr": 0.05, "momentum": 0.8, "rateIn": "step"}
case(step_form, lambda p: optim.SGD(p, lr=0.05, momentum=0.8), last_rate=0.01)
case(
    {**step_form, "weightDecay": 0.03, "dampening": 0.3},
    lambda p: optim.SGD(p, lr=0.05, momentum=0.8, weight_decay=0.03, dampening=0.3),
    last_rate=0.01,
)
case(
    {**step_form, "weightDecay": 0.03, "nesterov": True},
    lambda p: optim.SGD(p, lr=0.05, momentum=0.8, weight_decay=0.03, nesterov=True),
    last_rate=0.01,
)

case({"name": "AdaGrad"}, lambda p: optim.Adagrad(p, lr=0.01, eps=EPS))
case(
    {"name": "AdaGrad", "lr": 0.2, "epsilon": 0.01, "initialSum": 0.3, "lrDecay": 0.02, "weightDecay": 0.05},
    lambda p: optim.Adagrad(p, lr=0.2, eps=0.01, initial_accumulator_value=0.3, lr_decay=0.02, weight_decay=0.05),
)

case({"name": "RMSProp"}, lambda p: optim.RMSprop(p, lr=0.001, alpha=0.9, eps=EPS))
rmsprop = {"name": "RMSProp", "lr": 0.02, "decay": 0.8, "epsilon": 0.01}
case(rmsprop, lambda p: optim.RMSprop(p, lr=0.02, alpha=0.8, eps=0.01))
case({**rmsprop, "centered": True}, lambda p: optim.RMSprop(p, lr=0.02, alpha=0.8, eps=0.01, centered=True))
case({**rmsprop, "momentum": 0.7}, lambda p: optim.RMSprop(p, lr=0.02, alpha=0.8, eps=0.01, momentum=0.7), last_rate=0.01)
case(
    {**rmsprop, "centered": True, "momentum": 0.7, "weightDecay": 0.05},
    lambda p: optim.RMSprop(p, lr=0.02, alpha=0.8, eps=0.01, centered=True, momentum=0.7, weight_decay=0.05),
)

for name, theirs in [("Adam", optim.Adam), ("AdamW", optim.AdamW)]:
    settings = {"name": name, "lr": 0.05, "beta1": 0.8, "beta2": 0.9, "epsilon": 0.01}
    same = dict(lr=0.05, betas=(0.8, 0.9), eps=0.01)
    case({"name": name}, lambda p: theirs(p, lr=0.001, eps=EPS))
    case({**settings, "weightDecay": 0.1}, lambda p: theirs(p, **same, weight_decay=0.1), last_rate=0.02)
    case({**settings, "amsgrad": True, "weightDecay": 0}, lambda p: theirs(p, **same, amsgrad=True, weight_decay=0))
    case({**settings, "amsgrad": True, "weightDecay": 0.1}, lambda p: theirs(p, **same, amsgrad=True, weight_decay=0.1))

case({"name": "AdaDelta"}, lambda p: optim.Adadelta(p, lr=1.0, rho=0.9, eps=EPS))
case(
    {"name": "AdaDelta", "lr": 0.5, "decay": 0.8, "epsilon": 0.001, "weightDecay": 0.05},
    lambda p: optim.Adadelta(p, lr=0.5, rho=0.8, eps=0.001, weight_decay=0.05),
)

case({"name": "NAdam"}, lambda p: nadam(p, lr=0.002, eps=EPS))
case(
    {"name": "NAdam", "lr": 0.05, "beta1": 0.8, "beta2": 0.9, "epsilon": 0.01, "weightDecay": 0.1, "momentumDecay": 0.1},
    lambda p: nadam(p, lr=0.05, betas=(0.8, 0.9), eps=0.01, weight_decay=0.1, momentum_decay=0.1),
)

case({"name": "Lion"}, lambda p: lion(p, 1e-4))
case(
    {"name": "Lion", "lr": 0.01, "beta1": 0.8, "beta2": 0.9, "weightDecay": 0.1},
    lambda p: lion(p, 0.01, (0.8, 0.9), 0.1),
    last_rate=0.003,
)

adam = {"name": "Adam", "lr": 0.05}
case({"name": "SGD", "lr": 0.1, "clipNorm": 0.4}, lambda p: optim.SGD(p, lr=0.1), clip=clip_each(0.4))
case({"name": "SGD", "lr": 0.1, "clipGlobalNorm": 0.5}, lambda p: optim.SGD(p, lr=0.1), clip=lambda p: clip_grad_norm_(p, 0.5))
case({"name": "SGD", "lr": 0.1, "clipValue": 0.2}, lambda p: optim.SGD(p, lr=0.1), clip=lambda p: clip_grad_value_(p, 0.2))


def clip_all(parameters):
    clip_grad_norm_(parameters, 1.0)
    clip_each(0.5)(parameters)
    clip_grad_value_(parameters, 0.2)


case(
    {**adam, "clipGlobalNorm": 1, "clipNorm": 0.5, "clipValue": 0.2, "weightDecay": 0.05},
    lambda p: optim.Adam(p, lr=0.05, eps=EPS, weight_decay=0.05),
    clip=clip_all,
)
case({**adam, "accumulate": 3}, lambda p: optim.Adam(p, lr=0.05, eps=EPS), accumulate=3)
case(
    {**adam, "accumulate": 2, "clipGlobalNorm": 0.5},
    lambda p: optim.Adam(p, lr=0.05, eps=EPS),
    clip=lambda p: clip_grad_norm_(p, 0.5),
    accumulate=2,
)
case(
    adam,
    lambda p: optim.Adam(p, lr=0.05, eps=EPS),
    groups=[({}, {}), ({"lr": 0.01, "beta1": 0.5}, dict(lr=0.01, betas=(0.5, 0.999))), ({"weightDecay": 0.2}, dict(weight_decay=0.2))],
)

path = pathlib.Path(__file__).with_name("optimizers.json")
contents = {
    "steps": STEPS,
    "kept": KEPT,
    "lastRateChange": LAST_RATE_CHANGE,
    "start": [dump(value) for value in start.values()],
    "batches": [{name: dump(value) for name, value in batch.items()} for batch in batches],
    "cases": cases,
}
path.write_text(json.dumps(contents, separators=(",", ":")) + "\n")
