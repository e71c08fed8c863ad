"""What tables of functions and layers cannot say of losses, from PyTorch, float64.

    python3 tests/golden/losses.py     writes tests/golden/losses.json

`edges`: values and gradients of losses at the ends of their ranges. `wgan`: critic and generator of a WGAN-GP, the penalty by
double backward. `nce`: noise-contrastive estimation as PyTorch's autograd differentiates its plain expression.
"""

import json
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
random = np.random.default_rng(20240302)


def draw(*shape, low=-1.5, high=1.5):
    return torch.tensor(random.uniform(low, high, shape).round(3))


def dump(tensor):
    return {"shape": list(tensor.shape), "values": [round(v, 14) for v in tensor.detach().reshape(-1).tolist()]}


def dump_all(tensors):
    return {name: dump(tensor) for name, tensor in tensors.items()}


def edge(loss, inputs, f):
    """The losses of each, their gradients for random cotangents, of the inputs that are float."""
    tensors = [x.clone().requires_grad_(x.is_floating_point()) for x in inputs]
    y = f(*tensors)
    gy = draw(*y.shape)
    y.backward(gy)
    grads = [dump(x.grad) if x.is_floating_point() else None for x in tensors]
    return {"loss": loss, "inputs": [dump(x) for x in inputs], "y": dump(y), "gy": dump(gy), "gradients": grads}


def vae(recon, x, mean, log_var):
    recon = recon.clamp(2**-52, 1 - 2**-52)
    likelihood = x * recon.log() + (1 - x) * (-recon).log1p()
    return -likelihood.sum(1) - (1 + log_var - mean**2 - log_var.exp()).sum(1) / 2


def edges():
    ends = torch.tensor([0.0, 1, 0, 1, 1e-8, 1 - 1e-8])
    yes = torch.tensor([1, 0, 0, 1, 1, 0])
    zero = torch.zeros(2, 3)
    return [
        edge("binaryCrossEntropy", [ends, yes], lambda x, t: F.binary_cross_entropy(x, t.double(), reduction="none")),
        edge(
            "crossEntropy",
            [torch.tensor([[0.0, 1, 0], [0.25, 0, 0.75]]), torch.tensor([0, 1])],
            lambda x, t: F.nll_loss((x + 2**-52).log(), t, reduction="none"),
        ),
        edge(
            "vaeLoss",
            [torch.tensor([[0.0, 1, 0.5], [1, 0, 0.25]]), torch.tensor([[1.0, 0, 1], [1, 0, 0.5]]), draw(2, 2), draw(2, 2)],
            vae,
        ),
        edge(
            "cosineEmbeddingLoss",
            [zero, draw(2, 3), torch.tensor([1, -1])],
            lambda a, b, t: F.cosine_embedding_loss(a, b, t, margin=-0.5, reduction="none"),
        ),
        edge(
            "tripletMarginLoss",
            [zero, zero, draw(2, 3)],
            lambda a, b, c: F.triplet_margin_loss(a, b, c, margin=3, reduction="none"),
        ),
    ]


def network(x, p, activation):
    return activation(x @ p["0.W"] + p["0.b"]) @ p["1.W"] + p["1.b"]


def wgan(activation):
    n, features, hidden, latent = 5, 3, 4, 2
    critic = {"0.W": draw(features, hidden), "0.b": draw(hidden), "1.W": draw(hidden, 1), "1.b": draw(1)}
    generator = {"0.W": draw(latent, hidden), "0.b": draw(hidden), "1.W": draw(hidden, features), "1.b": draw(features)}
    real, noise, alpha = draw(n, features), draw(n, latent), draw(n, low=0, high=1)
    for parameter in [*critic.values(), *generator.values()]:
        parameter.requires_grad_()
    f = getattr(torch, activation)

    fake = network(noise, generator, f)
    points = (alpha[:, None] * real + (1 - alpha[:, None]) * fake.detach()).requires_grad_()
    (gradient,) = torch.autograd.grad(network(points, critic, f).sum(), points, create_graph=True)
    penalty = 10 * ((gradient.norm(dim=1) - 1) ** 2).mean()
    critic_loss = network(fake.detach(), critic, f).mean() - network(real, critic, f).mean() + penalty
    critic_grads = dict(zip(critic, torch.autograd.grad(critic_loss, list(critic.values()), allow_unused=True)))
    generator_loss = -network(fake, critic, f).mean()
    generator_grads = dict(zip(generator, torch.autograd.grad(generator_loss, list(generator.values()))))
    return {
        "activation": activation,
        "critic": dump_all(critic),
        "generator": dump_all(generator),
        **dump_all({"real": real, "noise": noise, "alpha": alpha, "gradient": gradient, "penalty": penalty}),
        **dump_all({"criticLoss": critic_loss, "generatorLoss": generator_loss}),
        "criticGrads": dump_all(critic_grads),
        "generatorGrads": dump_all(generator_grads),
    }


def nce(label, shape, targets, negatives, probs, subtract):
    classes = len(probs)
    x = draw(*shape).requires_grad_()
    W = draw(classes, shape[-1]).requires_grad_()
    b = draw(classes).requires_grad_()
    q = torch.tensor(probs)
    target, noise = torch.tensor(targets), torch.tensor(negatives)
    groups = x if x.ndim == 3 else x[:, None]
    z = (groups * W[target][:, None]).sum(-1) + b[target][:, None]
    zn = groups @ W[noise].T + b[noise]
    if subtract:
        z = z - q[target].log()[:, None]
        zn = zn - q[noise].log()
    y = (-F.logsigmoid(z) + F.softplus(zn).sum(-1)).reshape(shape[:-1])
    gy = draw(*y.shape)
    y.backward(gy)
    fields = {"x": x, "W": W, "b": b, "target": target, "negatives": noise, "y": y, "gy": gy}
    fields.update(probabilities=torch.sigmoid(z).reshape(shape[:-1]), gx=x.grad, gW=W.grad, gb=b.grad)
    return {"label": label, "probs": probs, "subtractLogLabelProb": subtract, **dump_all(fields)}


even = [0.1, 0.25, 0.15, 0.3, 0.05, 0.15]
never = [0.2, 0.25, 0.0, 0.3, 0.1, 0.15]
cases = {
    "edges": edges(),
    "wgan": [wgan("tanh"), wgan("relu")],
    "nce": [
        nce("no hits", (4, 3), [0, 1, 1, 2], [3, 4, 5], even, True),
        nce("no hits, scores as they are", (4, 3), [0, 1, 1, 2], [3, 4, 5], even, False),
        nce("targets among the noise, which repeats", (4, 3), [0, 3, 1, 3], [3, 3, 1, 5], even, True),
        nce("groups, with hits", (3, 2, 4), [5, 5, 2], [5, 0], even, True),
        nce("a target that noise never is", (3, 3), [2, 0, 1], [0, 3, 4], never, True),
        nce("noise that is likely nowhere near", (3, 3), [2, 0, 1], [0, 3, 4], never, False),
    ],
}
path = pathlib.Path(__file__).with_name("losses.json")
path.write_text(json.dumps(cases, separators=(",", ":")) + "\n", encoding="utf-8")
print(f"{path.stat().st_size} bytes")
