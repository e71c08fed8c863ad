"""Learning rates of every scheduler: from PyTorch where it has it, else from its formula.

    python3 tests/golden/schedulers.py     writes tests/golden/schedulers.json

A case is a scheduler as its config has it, the losses it is told where it watches them, and its rates from the first step on.
"""

import json
import math
import pathlib
import warnings

import numpy as np
import torch
from torch.optim import lr_scheduler as L

warnings.filterwarnings("ignore")
random = np.random.default_rng(20240301)


def trajectory(lr, make, steps, losses=None):
    """The rates that PyTorch's scheduler sets for each step."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr)
    scheduler = make(optimizer)
    rates = []
    for step in range(steps):
        if losses is not None:
            scheduler.step(losses[step])
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if losses is None and step + 1 < steps:
            scheduler.step()
    return rates


def formula(rate, steps):
    return [float(rate(step)) for step in range(1, steps + 1)]


cases = []


def case(label, scheduler, hyperparameters, rates, losses=None):
    entry = {"label": label, "config": {"scheduler": scheduler, "hyperparameters": hyperparameters}, "rates": rates}
    if losses is not None:
        entry["losses"] = [float(loss) for loss in losses]
    cases.append(entry)


def constant():
    case("constant", "ConstantScheduler", {"lr": 0.03}, [0.03] * 5)


def exponential():
    options = {"initialLr": 0.5, "stageLength": 4, "staircase": False, "decay": 0.3}
    case("exponential", "ExponentialScheduler", options, formula(lambda s: 0.5 * 0.3 ** (s / 4), 12))
    options = {"initialLr": 0.5, "stageLength": 4, "staircase": True, "decay": 0.3}
    case("exponential staircase", "ExponentialScheduler", options, formula(lambda s: 0.5 * 0.3 ** (s // 4), 12))
    options = {"initialLr": 0.5, "stageLength": 1, "staircase": False, "decay": 0.9}
    rates = trajectory(0.5, lambda o: L.ExponentialLR(o, gamma=0.9), 13)
    case("exponential, PyTorch's from its second rate on", "ExponentialScheduler", options, rates[1:])


def noam():
    options = {"modelDim": 64, "scaleFactor": 2, "warmupSteps": 7}
    case("noam", "NoamScheduler", options, formula(lambda s: 2 * 64**-0.5 * min(s**-0.5, s * 7**-1.5), 20))


def steps():
    options = {"stepSize": 3, "initialLr": 0.2, "gamma": 0.5}
    rates = trajectory(0.2, lambda o: L.StepLR(o, step_size=3, gamma=0.5), 12)
    case("step", "StepScheduler", options, rates)
    options = {"milestones": [2, 5, 5, 9], "initialLr": 0.2, "gamma": 0.3}
    rates = trajectory(0.2, lambda o: L.MultiStepLR(o, milestones=[2, 5, 5, 9], gamma=0.3), 12)
    case("multi-step", "MultiStepScheduler", options, rates)


def warmup():
    options = {"warmupSteps": 5, "maxLr": 0.4, "startFactor": 0}
    rates = trajectory(0.4, lambda o: L.LinearLR(o, start_factor=1 / 5, total_iters=4), 9)
    case("linear warm-up", "LinearWarmupScheduler", options, rates)
    options = {"warmupSteps": 5, "maxLr": 0.4, "startFactor": 0.25}
    rates = trajectory(0.4, lambda o: L.LinearLR(o, start_factor=0.25 + 0.75 / 5, total_iters=4), 9)
    case("linear warm-up from a quarter", "LinearWarmupScheduler", options, rates)


def cosine():
    base = {"maxLr": 0.3, "minLr": 0.02, "warmupSteps": 0, "restarts": False, "periodFactor": 1}
    rates = trajectory(0.3, lambda o: L.CosineAnnealingLR(o, T_max=10, eta_min=0.02), 11)
    case("cosine", "CosineAnnealingScheduler", {**base, "steps": 10}, rates + [0.02] * 4)
    for factor in (1, 2, 3):
        make = lambda o: L.CosineAnnealingWarmRestarts(o, T_0=4, T_mult=factor, eta_min=0.02)
        options = {**base, "steps": 4, "restarts": True, "periodFactor": factor}
        case(f"cosine with restarts, {factor}", "CosineAnnealingScheduler", options, trajectory(0.3, make, 30))
    rates = [0.3 * s / 5 for s in range(1, 6)]
    rates += trajectory(0.3, lambda o: L.CosineAnnealingWarmRestarts(o, T_0=3, T_mult=2, eta_min=0.02), 15)
    options = {**base, "steps": 3, "restarts": True, "periodFactor": 2, "warmupSteps": 5}
    case("cosine with warm-up and restarts", "CosineAnnealingScheduler", options, rates)


def one_cycle():
    settings = [
        (20, {}, {}),
        (20, {"annealStrategy": "linear"}, {"anneal_strategy": "linear"}),
        (20, {"threePhase": True}, {"three_phase": True}),
        (17, {"threePhase": True, "annealStrategy": "linear", "pctStart": 0.4}, {"three_phase": True, "anneal_strategy": "linear", "pct_start": 0.4}),
        (13, {"pctStart": 0.77, "divFactor": 10, "finalDivFactor": 50}, {"pct_start": 0.77, "div_factor": 10, "final_div_factor": 50}),
        (9, {"pctStart": 0}, {"pct_start": 0.0}),
        (9, {"pctStart": 1}, {"pct_start": 1.0}),
    ]
    standard = {"pctStart": 0.3, "annealStrategy": "cos", "divFactor": 25, "finalDivFactor": 1e4, "threePhase": False}
    for total, ours, theirs in settings:
        make = lambda o: L.OneCycleLR(o, max_lr=0.6, total_steps=total, cycle_momentum=False, **theirs)
        options = {"totalSteps": total, "maxLr": 0.6, **standard, **ours}
        label = ", ".join(["one cycle", *(f"{key} {value}" for key, value in ours.items())])
        case(label, "OneCycleScheduler", options, trajectory(0.1, make, total))


def plateau():
    losses = np.concatenate([1 / np.arange(1, 12), 0.09 + 0.003 * random.standard_normal(50)]).round(4)
    standard = {"mode": "min", "factor": 0.1, "patience": 10, "threshold": 1e-4, "thresholdMode": "rel", "cooldown": 0}
    standard = {"initialLr": 0.1, **standard, "minLr": 0, "epsilon": 1e-8}
    names = {"thresholdMode": "threshold_mode", "minLr": "min_lr", "epsilon": "eps"}
    settings = [
        {},
        {"patience": 3, "factor": 0.5, "cooldown": 4},
        {"patience": 2, "factor": 0.3, "minLr": 0.004},
        {"patience": 4, "factor": 0.5, "threshold": 0.01, "thresholdMode": "abs"},
        {"mode": "max", "patience": 4, "factor": 0.5, "threshold": 0.05},
        {"mode": "max", "patience": 4, "factor": 0.5, "threshold": 0.05, "thresholdMode": "abs"},
        {"patience": 0, "factor": 0.6, "epsilon": 0.01},
    ]
    for ours in settings:
        theirs = {names.get(key, key): value for key, value in ours.items()}
        watched = losses if ours.get("mode") != "max" else (1 - losses).round(4)
        make = lambda o: L.ReduceLROnPlateau(o, **theirs)
        label = ", ".join(["plateau", *(f"{key} {value}" for key, value in ours.items())])
        rates = trajectory(0.1, make, len(watched), watched)
        case(label, "ReduceOnPlateauScheduler", {**standard, **ours}, rates, watched)


def falling(losses):
    """The probability that the slope of the losses is below 0, by NumPy's least squares."""
    n = len(losses)
    x = np.arange(n)
    slope, intercept = np.polyfit(x, losses, 1)
    variance = ((losses - slope * x - intercept) ** 2).sum() / (n - 2)
    slope_variance = 12 * variance / (n**3 - n)
    return (1 + math.erf(-slope / math.sqrt(2 * (slope_variance + np.finfo(float).eps)))) / 2


def king_rates(losses, lr, patience, decay):
    capacity = -(-11 * (patience + 1) // 10)
    rates = []
    for end in range(1, len(losses) + 1):
        history = losses[max(0, end - capacity) : end]
        if len(history) == capacity:
            rest = history[history <= np.quantile(history, 0.9)]
            if all(falling(part[-(patience + 1) :]) < 0.51 for part in (history, rest)):
                lr *= decay
        rates.append(lr)
    return rates


def king():
    for patience, decay, length, spikes in [(2, 0.9, 60, 0), (9, 0.9, 120, 4), (20, 0.99, 200, 10), (150, 0.8, 420, 15)]:
        fall = np.exp(-np.arange(length) / (length / 25))
        losses = 0.5 + fall + 0.02 * random.standard_normal(length)
        losses[random.choice(length, spikes, replace=False)] += 3
        losses = losses.round(4)
        rates = king_rates(losses, 0.1, patience, decay)
        assert rates[-1] < 0.1, patience
        options = {"initialLr": 0.1, "patience": patience, "decay": decay}
        case(f"king, patience {patience}", "KingScheduler", options, rates, losses)
    # The slope is so far below 0 that its probability is 0.508, and then 0.514.
    close = np.array([5, 0, 1, -0.0232, 5, 0, 1, -0.04])
    options = {"initialLr": 0.1, "patience": 2, "decay": 0.5}
    case("king, probabilities close to the bound", "KingScheduler", options, king_rates(close, 0.1, 2, 0.5), close)
    options = {"initialLr": 0.1, "patience": 5, "decay": 0.5}
    same = np.full(15, 0.25)
    case("king, the same loss over and over", "KingScheduler", options, king_rates(same, 0.1, 5, 0.5), same)


def combined():
    chained = {
        "lr": 0.5,
        "schedulers": [
            {"scheduler": "LinearWarmupScheduler", "hyperparameters": {"warmupSteps": 4, "maxLr": 1, "startFactor": 0}},
            {"scheduler": "StepScheduler", "hyperparameters": {"stepSize": 5, "initialLr": 1, "gamma": 0.3}},
        ],
    }
    make = lambda o: L.ChainedScheduler([L.LinearLR(o, start_factor=1 / 4, total_iters=3), L.StepLR(o, 5, gamma=0.3)])
    case("chained", "ChainedScheduler", chained, trajectory(0.5, make, 16))
    sequential = {
        "schedulers": [
            {"scheduler": "LinearWarmupScheduler", "hyperparameters": {"warmupSteps": 4, "maxLr": 0.5, "startFactor": 0}},
            {"scheduler": "StepScheduler", "hyperparameters": {"stepSize": 2, "initialLr": 0.5, "gamma": 0.3}},
            {"scheduler": "ConstantScheduler", "hyperparameters": {"lr": 0.5}},
        ],
        "milestones": [3, 9],
        "lr": 0.5,
    }
    make = lambda o: L.SequentialLR(
        o,
        [L.LinearLR(o, start_factor=1 / 4, total_iters=3), L.StepLR(o, 2, gamma=0.3), L.ConstantLR(o, factor=1.0)],
        milestones=[3, 9],
    )
    case("sequential", "SequentialScheduler", sequential, trajectory(0.5, make, 14))


for group in (constant, exponential, noam, steps, warmup, cosine, one_cycle, plateau, king, combined):
    group()
lines = ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in cases)
path = pathlib.Path(__file__).with_name("schedulers.json")
path.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
print(f"{len(cases)} cases, {path.stat().st_size} bytes")
