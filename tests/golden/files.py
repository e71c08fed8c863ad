"""Files of NumPy and PyTorch for the tests of reading, and a check of those that retrograd wrote.

    python3 tests/golden/files.py           writes tests/golden/files, and tests/golden/files.json: what is in them
    python3 tests/golden/files.py check     reads tests/golden/files/ours*, which tests/golden/files-dump.ts wrote

The package safetensors is used to check what it can read and write, where it is there; what is written does not depend on it.
"""

import json
import pathlib
import pickle
import struct
import sys

import numpy as np
import torch
from torch import nn
from twins import TWINS, run, twin

FOLDER = pathlib.Path(__file__).parent / "files"

try:
    import safetensors.torch as official
except ImportError:
    official = None

NAMES = {"float32": "F32", "float64": "F64", "int32": "I32", "int64": "I64", "bool": "BOOL", "float16": "F16", "bfloat16": "BF16"}


def raw(tensor):
    """The bytes of a tensor; NumPy has no bfloat16."""
    tensor = tensor.contiguous()
    return (tensor.view(torch.int16) if tensor.dtype == torch.bfloat16 else tensor).numpy().tobytes()


def write_safetensors(path, tensors, metadata=None):
    """By the format's own description, in the order of the names."""
    header = {"__metadata__": metadata} if metadata else {}
    data = b""
    for name in sorted(tensors):
        chunk = raw(tensors[name])
        dtype = NAMES[str(tensors[name].dtype).removeprefix("torch.")]
        header[name] = {"dtype": dtype, "shape": list(tensors[name].shape), "data_offsets": [len(data), len(data) + len(chunk)]}
        data += chunk
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    if official:
        read = official.load_file(path)
        assert read.keys() == tensors.keys() and all(torch.equal(read[name], tensors[name]) for name in tensors)


def dump(array):
    values = np.asarray(array).astype(object).reshape(-1).tolist()
    return {"shape": list(np.shape(array)), "values": [float(v) if np.isfinite(v) else str(v) for v in values]}


def npy_files():
    """Arrays of all kinds of elements, orders and versions, and what is in them."""
    random = np.random.default_rng(20240517)
    matrix = random.normal(size=(3, 4))
    special = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1e-45, 1.5], "<f4")
    arrays = {
        "f4": matrix.astype("<f4"),
        "f8": matrix.astype("<f8"),
        "f4-big": matrix.astype(">f4"),
        "f8-big": matrix.astype(">f8"),
        "f4-special": special,
        "f2": np.array([1, -2.5, 65504, 6e-8, np.inf, -np.inf, np.nan, 1 / 3, -0.0], "<f2"),
        "f2-big": np.array([1, -2.5, 0.1], ">f2"),
        "i4": np.array([[1, -2], [2**31 - 1, -(2**31)]], "<i4"),
        "i4-big": np.array([[1, -2], [2**31 - 1, -(2**31)]], ">i4"),
        "i8": np.array([0, -1, 2**31 - 1, -(2**31)], "<i8"),
        "i8-big": np.array([0, -1, 2**31 - 1, -(2**31)], ">i8"),
        "i8-large": np.array([0, 2**31], "<i8"),
        "i1": np.array([-128, 127], "i1"),
        "i2": np.array([-32768, 32767], ">i2"),
        "u1": np.array([[0, 255]], "u1"),
        "u2": np.array([0, 65535], "<u2"),
        "u4": np.array([0, 2**31 - 1], "<u4"),
        "u8": np.array([0, 7], ">u8"),
        "bool": np.array([[True, False], [False, True]]),
        "scalar": np.array(2.5),
        "empty": np.zeros((2, 0, 3), "<f4"),
        "fortran": np.asfortranarray(np.arange(24, dtype="<f4").reshape(2, 3, 4)),
        "fortran-big": np.asfortranarray(np.arange(6, dtype=">i4").reshape(2, 3)),
        "five-axes": random.normal(size=(1, 2, 3, 1, 2)).astype("<f4"),
    }
    expected = {}
    for name, array in arrays.items():
        np.save(FOLDER / f"{name}.npy", array)
        expected[name] = dump(array)
    for major in (2, 3):
        with open(FOLDER / f"version-{major}.npy", "wb") as file:
            np.lib.format.write_array(file, arrays["f4"], version=(major, 0))
        expected[f"version-{major}"] = dump(arrays["f4"])
    refused = {
        "refused-object": np.array([{"a": 1}, None], dtype=object),
        "refused-structured": np.array([(1, 2.0)], dtype=[("a", "<i4"), ("b", "<f8")]),
        "refused-complex": np.array([1 + 2j]),
        "refused-text": np.array(["ü", "bc"]),
        "refused-date": np.array(["2024-01-01"], dtype="datetime64[D]"),
    }
    for name, array in refused.items():
        np.save(FOLDER / f"{name}.npy", array, allow_pickle=name == "refused-object")
    state = {"W": arrays["f4"], "a.b/c": arrays["i4"], "größe": arrays["bool"], "f": arrays["fortran"], "big": arrays["f8-big"]}
    np.savez(FOLDER / "stored.npz", **state)
    np.savez_compressed(FOLDER / "compressed.npz", **state, zeros=np.zeros(5000, "<f4"))
    expected["npz"] = {name: dump(array) for name, array in state.items()}
    halves = {"h": torch.tensor([1, -2.5, 65504, 6e-8, torch.inf]).half(), "b": torch.tensor([1, -2.5, 3e38]).bfloat16()}
    halves |= {"n": torch.tensor([1, -(2**31)]), "w": torch.tensor([[1.5], [2]])}
    write_safetensors(FOLDER / "halves.safetensors", halves, {"about": "ü"})
    expected["halves"] = {name: dump(tensor.double().numpy()) for name, tensor in halves.items()}
    FOLDER.with_suffix(".json").write_text(json.dumps(expected) + "\n")


class Text(nn.Module):
    """Embedding, bidirectional LSTM, attention, layer norm, linear."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(11, 6)
        self.lstm = nn.LSTM(6, 4, batch_first=True, bidirectional=True)
        self.self_attn = nn.MultiheadAttention(8, 2, batch_first=True)
        self.norm = nn.LayerNorm(8)
        self.fc_out = nn.Linear(8, 3)

    def forward(self, ids):
        h, _ = self.lstm(self.embedding(ids))
        h = self.norm(h + self.self_attn(h, h, h, need_weights=False)[0])
        return self.fc_out(h.mean(1))


def image_model():
    convolutions = [nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 5, 3), nn.ReLU()]
    return nn.Sequential(*convolutions, nn.Flatten(), nn.Linear(30, 7), nn.ReLU(), nn.Linear(7, 3))


def trained(model, *inputs):
    """After some steps in training, so that no statistic and no bias is what it was at the start."""
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(5):
        optimizer.zero_grad()
        model(*inputs).square().mean().backward()
        optimizer.step()
    return model.eval()


def models():
    """Whole models in float32 with their inputs and outputs: their state dicts are what a user has."""
    torch.manual_seed(20240517)
    x = torch.randn(6, 3, 8, 10)
    image = trained(image_model(), x)
    write_safetensors(FOLDER / "image-model.safetensors", image.state_dict())
    ids = torch.randint(0, 11, (5, 7))
    text = trained(Text(), ids)
    np.savez(FOLDER / "text-model.npz", **{name: tensor.numpy() for name, tensor in text.state_dict().items()})
    torch.save(nn.Linear(2, 1).state_dict(), FOLDER / "refused-pickle.pt")
    (FOLDER / "refused-old-pickle.pt").write_bytes(pickle.dumps({"weight": [1.0, 2.0]}, protocol=2))
    with torch.no_grad():
        runs = {"image x": x.permute(0, 2, 3, 1), "image y": image(x), "text x": ids.int(), "text y": text(ids)}
    np.savez(FOLDER / "model-runs.npz", **{name: np.ascontiguousarray(tensor.numpy()) for name, tensor in runs.items()})


def twins():
    arrays = {}
    for seed, name in enumerate(TWINS):
        module = twin(name, seed)
        torch.manual_seed(seed + 1000)
        inputs = [make() for make in TWINS[name][2]]
        inputs = [x.double() if x.is_floating_point() else x.int() for x in inputs]
        for key, tensor in module.state_dict().items():
            arrays[f"{name}: state {key}"] = tensor.numpy()
        for i, x in enumerate(inputs):
            arrays[f"{name}: x{i}"] = x.numpy()
        arrays[f"{name}: y"] = run(name, module, inputs).numpy()
    np.savez_compressed(FOLDER / "twins.npz", **arrays)


def check_ours():
    """Reads what retrograd wrote, by NumPy's and PyTorch's own means."""
    arrays = np.load(FOLDER / "ours-twins.npz", allow_pickle=False)
    parts = lambda name, prefix: {k.removeprefix(f"{name}: {prefix}"): arrays[k] for k in arrays.files if k.startswith(f"{name}: {prefix}")}
    for seed, name in enumerate(TWINS):
        if f"{name}: y" not in arrays.files:
            continue
        module = twin(name, seed)
        state = {key: torch.from_numpy(value) for key, value in parts(name, "state ").items()}
        module.load_state_dict(state)
        inputs = [torch.from_numpy(x) for _, x in sorted(parts(name, "x").items())]
        error = (run(name, module, inputs) - torch.from_numpy(arrays[f"{name}: y"])).abs().max().item()
        assert error < 1e-12, (name, error)
    for name in ("ours-stored.npz", "ours-compressed.npz"):
        archive = np.load(FOLDER / name, allow_pickle=False)
        assert archive.files == ["W", "a.b/c", "größe", "scalar", "turned", "empty"], archive.files
        assert archive["W"].dtype == "<f4" and archive["W"].tolist() == [[1.5, -2, 3], [0.25, 5, -0.0]]
        assert archive["a.b/c"].dtype == "<i4" and archive["a.b/c"].tolist() == [-1, 2**31 - 1]
        assert archive["größe"].dtype == bool and archive["größe"].tolist() == [True, False]
        assert archive["scalar"].dtype == "<f8" and archive["scalar"].shape == () and archive["scalar"] == 1 / 3
        assert archive["turned"].tolist() == [[1.5, 0.25], [-2, 5], [3, -0.0]]
        assert archive["empty"].shape == (0, 2)
        assert (np.load(FOLDER / "ours.npy", allow_pickle=False) == archive["W"]).all()
    if official is None:
        return "without the package safetensors"
    read = official.load_file(FOLDER / "ours.safetensors")
    assert {name: tensor.tolist() for name, tensor in read.items()} == {name: archive[name].tolist() for name in archive.files}
    return "with the package safetensors"


if __name__ == "__main__":
    if sys.argv[1:] == ["check"]:
        print(f"what retrograd wrote is what it should be ({check_ours()})", file=sys.stderr)
    else:
        FOLDER.mkdir(exist_ok=True)
        npy_files()
        models()
        twins()
