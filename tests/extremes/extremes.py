"""PyTorch's answers at the ends of what numbers there are, for tests/extremes/extremes.test.ts.

`npm run golden:extremes` pipes the table, as tests/extremes/dump.ts prints it, into this script, which writes
tests/extremes/extremes.json: for each case and dtype the values and the gradients of the operands.
"""

import json
import math
import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "fuzz"))
import pytorch  # noqa: E402

DTYPES = {"float64": torch.float64, "float32": torch.float32}


def number(value):
    if math.isnan(value) or math.isinf(value):
        return {"nan": "NaN", "inf": "inf", "-inf": "-inf"}[str(value)]
    if value == 0:
        return "-0" if math.copysign(1, value) < 0 else 0
    return int(value) if value == int(value) and abs(value) < 1e15 else float(f"{value:.13g}")


def numbers(tensor):
    return [number(float(v)) for v in tensor.detach().reshape(-1).tolist()]


def answer(case, dtype):
    torch.set_default_dtype(dtype)
    xs = [torch.tensor([float(v) for v in x["values"]], dtype=dtype).reshape(x["shape"]).requires_grad_() for x in case["operands"]]
    try:
        words = dict(pytorch.WORDS, xs=xs, **{f"x{i}": x for i, x in enumerate(xs)})
        result = eval(case["torch"], words)
    except Exception as error:
        return {"error": f"{type(error).__name__}: {str(error).splitlines()[0]}"}
    y = result[0] if isinstance(result, (list, tuple)) else result
    fields = {"shape": list(y.shape), "values": numbers(y)}
    if y.requires_grad:
        gy = torch.tensor(case["cotangent"][: y.numel()], dtype=dtype).reshape(y.shape)
        grads = torch.autograd.grad(y, xs, gy, allow_unused=True)
        fields["gradients"] = [numbers(torch.zeros_like(x) if g is None else g) for x, g in zip(xs, grads)]
    return fields


def main():
    answers = {
        case["title"]: {name: answer(case[name], dtype) for name, dtype in DTYPES.items()} for case in json.load(sys.stdin)
    }
    lines = [f"{json.dumps(title)}:{json.dumps(a, separators=(',', ':'))}" for title, a in answers.items()]
    path = pathlib.Path(__file__).with_name("extremes.json")
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(f"{len(lines)} cases, {path.stat().st_size} bytes")


main()
