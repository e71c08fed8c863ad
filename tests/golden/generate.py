"""Reference values of the table of functions from PyTorch, in float64.

`npm run golden` pipes the table, as tests/golden/dump.ts prints it, into this script, which writes
tests/golden/functions.json: for each case the outputs, the gradients of the float inputs for random cotangents, and the
gradients of <random numbers, those gradients>. Needs torch and numpy; made with torch 1.13.
"""

import json
import math
import pathlib
import random
import sys

import numpy as np
import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)

DTYPES = {"int32": torch.int64, "bool": torch.bool}


def number(value):
    """The shortest text that reads back to the same float64."""
    if math.isnan(value) or math.isinf(value):
        return {"nan": '"NaN"', "inf": '"Infinity"', "-inf": '"-Infinity"'}[str(value)]
    if value == int(value) and abs(value) < 1e15 and math.copysign(1, value) * value >= 0:
        return "-0" if value == 0 and math.copysign(1, value) < 0 else str(int(value))
    return repr(value)


def array(tensor):
    if tensor._is_zerotensor():
        tensor = torch.zeros(tensor.shape)
    values = [number(float(v)) for v in tensor.detach().reshape(-1).tolist()]
    one = len(values) > 1 and len(set(values)) == 1
    body = values[0] if one else "[" + ",".join(values) + "]"
    return '{"shape":' + json.dumps(list(tensor.shape), separators=(",", ":")) + ',"values":' + body + "}"


def arrays(tensors):
    return "[" + ",".join("null" if t is None else array(t) for t in tensors) + "]"


def cotangent(like, source):
    """Random numbers of three decimals and either sign, none of them near 0."""
    values = [source.choice((-1, 1)) * round(source.uniform(0.1, 2), 3) for _ in range(like.numel())]
    return torch.tensor(values, dtype=torch.float64).reshape(like.shape)


def gradients(outputs, xs, cotangents, create_graph):
    return [
        torch.zeros_like(x) if g is None else g
        for x, g in zip(xs, torch.autograd.grad(outputs, xs, cotangents, create_graph=create_graph, allow_unused=True))
    ]


def second_order(firsts, xs, source):
    randoms = [cotangent(g, source) for g in firsts]
    connected = [(g, r) for g, r in zip(firsts, randoms) if g.requires_grad]
    if not connected:
        seconds = [torch.zeros_like(x) for x in xs]
    else:
        seconds = gradients([g for g, _ in connected], xs, [r for _, r in connected], False)
    return {"secondCotangents": arrays(randoms), "second": arrays(seconds)}


def evaluate(case):
    source = random.Random(case["title"])
    names = {"torch": torch, "F": F, "np": np, "math": math}
    xs = []
    for i, given in enumerate(case["inputs"]):
        x = torch.tensor(given["values"], dtype=DTYPES.get(given.get("dtype"), torch.float64)).reshape(given["shape"])
        if x.is_floating_point():
            xs.append(x.requires_grad_())
        names[f"x{i}"] = x
    result = eval(case["torch"], names)
    outputs = list(result) if isinstance(result, (tuple, list)) else [result]
    fields = {"key": json.dumps(case["key"]), "outputs": arrays(outputs)}
    if case["order"] == 0:
        return fields
    cotangents = [cotangent(y, source) if y.requires_grad else None for y in outputs]
    used = [(y, c) for y, c in zip(outputs, cotangents) if c is not None]
    firsts = gradients([y for y, _ in used], xs, [c for _, c in used], True)
    fields.update(cotangents=arrays(cotangents), gradients=arrays(firsts))
    if case["order"] == 2:
        try:
            fields.update(second_order(firsts, xs, source))
        except RuntimeError as error:
            if "not implemented" not in str(error):
                raise
            fields["noSecond"] = json.dumps(str(error).splitlines()[0])
    return fields


def main():
    lines = []
    failed = []
    for case in json.load(sys.stdin):
        try:
            fields = evaluate(case)
        except Exception as error:
            failed.append(f"{case['title']}: {case['torch']}: {type(error).__name__}: {error}")
            continue
        body = ",".join(f"{json.dumps(name)}:{text}" for name, text in fields.items())
        lines.append(f"{json.dumps(case['title'])}:{{{body}}}")
    if failed:
        sys.exit("PyTorch cannot evaluate\n" + "\n".join(failed))
    path = pathlib.Path(__file__).with_name("functions.json")
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(f"{len(lines)} cases, {path.stat().st_size} bytes")


main()
