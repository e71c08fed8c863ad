"""Reference values of the table of layers from PyTorch: three training steps of each row in float64.

    npm run golden:layers [family...]

pipes the table, as layers-dump.ts prints it, into this script, which writes tests/golden/layers-<family>.json: for each row and step the outputs,
the gradients of inputs and parameters for the random upstream gradients of the table, and the buffers. Each step takes
`rate` times its gradient off each parameter. Needs torch and numpy; made with torch 1.13.
"""

import ast
import json
import math
import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)

DTYPES = {"int32": torch.int64, "bool": torch.bool}


def nchw(x):
    return x.permute(0, 3, 1, 2)


def nhwc(x):
    return x.permute(0, 2, 3, 1)


def tensor(given):
    dtype = DTYPES.get(given.get("dtype"), torch.float64)
    return torch.tensor(given["values"], dtype=dtype).reshape(given["shape"])


def number(value):
    """13 significant digits, and no point after a whole number."""
    if not math.isfinite(value):
        return {"nan": '"NaN"', "inf": '"Infinity"', "-inf": '"-Infinity"'}[str(value)]
    return f"{value:.13g}"


def array(x):
    values = [number(float(v)) for v in x.detach().reshape(-1).tolist()]
    one = len(values) > 1 and len(set(values)) == 1
    body = values[0] if one else "[" + ",".join(values) + "]"
    return '{"shape":' + json.dumps(list(x.shape), separators=(",", ":")) + ',"values":' + body + "}"


def arrays(xs):
    return "[" + ",".join(array(x) for x in xs) + "]"


def named(xs):
    return "{" + ",".join(f"{json.dumps(name)}:{array(x)}" for name, x in xs.items()) + "}"


def evaluate(code, names):
    """The value of the last line of `code`, an expression, after running those before it."""
    tree = ast.parse(code)
    last = tree.body.pop()
    if not isinstance(last, ast.Expr):
        raise ValueError("the last line is no expression")
    exec(compile(tree, "row", "exec"), names)
    return eval(compile(ast.Expression(last.value), "row", "eval"), names)


def step(row, index, p, s):
    x = [tensor(given) for given in row["inputs"][index]]
    leaves = [v for i, v in enumerate(x) if v.is_floating_point() and i not in row["constants"]]
    for v in [*leaves, *p.values()]:
        v.requires_grad_()
    names = {"torch": torch, "F": F, "np": np, "math": math, "nchw": nchw, "nhwc": nhwc}
    names.update(x=x, p=p, s=s, training=row["modes"][index])
    result = evaluate(row["torch"], names)
    outputs = list(result) if isinstance(result, (tuple, list)) else [result]
    cotangents = [None if given is None else tensor(given) for given in row["cotangents"][index]]
    if len(outputs) != len(cotangents):
        raise ValueError(f"{len(outputs)} outputs, and {len(cotangents)} in the layer")
    for y, c in zip(outputs, cotangents):
        if c is not None and y.shape != c.shape:
            raise ValueError(f"an output has shape {tuple(y.shape)}, and {tuple(c.shape)} in the layer")
    flowing = [(y, c) for y, c in zip(outputs, cotangents) if c is not None]
    sources = [*leaves, *p.values()]
    gradients = torch.autograd.grad([y for y, _ in flowing], sources, [c for _, c in flowing], allow_unused=True)
    gradients = [torch.zeros_like(v) if g is None else g for v, g in zip(sources, gradients)]
    ofParameters = dict(zip(p, gradients[len(leaves) :]))
    fields = {
        "outputs": arrays(outputs),
        "inputGradients": arrays(gradients[: len(leaves)]),
        "gradients": named(ofParameters),
        "buffers": named(s),
    }
    with torch.no_grad():
        for name, g in ofParameters.items():
            p[name] -= row["rate"] * g
    return "{" + ",".join(f'"{name}":{text}' for name, text in fields.items()) + "}"


def train(row):
    p = {name: tensor(given) for name, given in row["parameters"].items()}
    s = {name: tensor(given) for name, given in row["buffers"].items()}
    steps = [step(row, index, p, s) for index in range(len(row["modes"]))]
    return f'{{"key":{json.dumps(row["key"])},"steps":[' + ",\n".join(steps) + "]}"


def main():
    failed = []
    for family, rows in json.load(sys.stdin).items():
        lines = []
        for row in rows:
            try:
                lines.append(f"{json.dumps(row['title'])}:{train(row)}")
            except Exception as error:
                failed.append(f"{row['title']}: {type(error).__name__}: {error}\n    {row['torch']}")
        path = pathlib.Path(__file__).with_name(f"layers-{family}.json")
        path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
        print(f"{family}: {len(lines)} rows, {path.stat().st_size} bytes")
    if failed:
        sys.exit("PyTorch cannot evaluate\n" + "\n".join(failed))


main()
