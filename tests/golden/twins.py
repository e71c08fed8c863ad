"""Modules of PyTorch that are twins of layers of retrograd, small and in float64; tests/nn/files/twins.ts has the layers.

Images and sequences go in and come out as retrograd has them: NHWC, (N, length, channels) for convolutions, (N, features, steps) for
recurrent layers.
"""

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import spectral_norm, weight_norm
from torch.nn.utils.parametrizations import spectral_norm as parametrized_spectral_norm


def nchw(x):
    return x.permute(0, 3, 1, 2)


def nhwc(x):
    return x.permute(0, 2, 3, 1)


def plain(module, *xs):
    return module(*xs)


def images(module, x):
    y = module(nchw(x))
    return nhwc(y) if y.ndim == 4 else y


def sequences(module, x):
    y = module(x.transpose(1, 2))
    return y.transpose(1, 2) if y.ndim == 3 else y


def steps(module, x):
    """Of a recurrent module, the outputs."""
    return module(x.permute(2, 0, 1))[0].permute(1, 2, 0)


def attend(module, q, k, v):
    return module(q, k, v, need_weights=False)[0]


def decode(module, x, memory):
    causal = torch.triu(torch.full((x.shape[1], x.shape[1]), -torch.inf, dtype=x.dtype), 1)
    return module(x, memory, tgt_mask=causal)


class BasicBlock(nn.Module):
    """A block of ResNet as torchvision names its parts."""

    def __init__(self, inputs, planes, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, planes, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.downsample = None
        if stride > 1:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, planes, 1, stride, bias=False), nn.BatchNorm2d(planes))

    def forward(self, x):
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))


class Wavenet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv_dilation = nn.Conv1d(3, 4, 2, dilation=2)
        self.conv_gate = nn.Conv1d(3, 4, 2, dilation=2)
        self.conv1x1 = nn.Conv1d(4, 3, 1)

    def forward(self, x):
        padded = F.pad(x, (2, 0))
        return x + self.conv1x1(torch.tanh(self.conv_dilation(padded)) * torch.sigmoid(self.conv_gate(padded)))


class Graph(nn.Module):
    """PyTorch Geometric's GCNConv on the ring of five nodes."""

    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(3, 4, bias=False)
        self.bias = nn.Parameter(torch.zeros(4))

    def forward(self, x):
        adjacency = torch.eye(5, dtype=x.dtype).roll(1, 0) + torch.eye(5, dtype=x.dtype)
        return adjacency @ self.lin(x) / 2 + self.bias


class Positions(nn.Embedding):
    def forward(self, x):
        return x + self.weight[: x.shape[1]]


class Named(nn.Module):
    """Modules with names of their own, of which no two are alike."""

    def __init__(self):
        super().__init__()
        self.out = nn.Linear(5, 2)
        self.stem = nn.Linear(3, 4)
        self.middle = nn.Linear(4, 5)

    def forward(self, x):
        return self.out(torch.tanh(self.middle(torch.tanh(self.stem(x)))))


def sparse():
    module = nn.Linear(4, 3)
    with torch.no_grad():
        module.weight.mul_(torch.tensor([[1, 0, 1, 1], [0, 1, 0, 1], [1, 1, 0, 0]]))
    return module


def ids(*shape):
    return lambda: torch.randint(0, 6, shape)


def draw(*shape):
    return lambda: torch.randn(*shape)


transformer = {"d_model": 8, "nhead": 2, "dim_feedforward": 12, "dropout": 0.1, "batch_first": True}

# name: (module, how it is run, inputs)
TWINS = {
    "linear": (lambda: nn.Linear(4, 3), plain, [draw(5, 4)]),
    "linear without bias": (lambda: nn.Linear(4, 3, bias=False), plain, [draw(2, 5, 4)]),
    "linear, fused": (lambda: nn.Linear(4, 3), plain, [draw(5, 4)]),
    "linear, sparse": (sparse, plain, [draw(5, 4)]),
    "conv1d": (lambda: nn.Conv1d(3, 4, 2, stride=2, padding=1), sequences, [draw(2, 7, 3)]),
    "conv2d": (lambda: nn.Conv2d(2, 3, (3, 2), padding=(1, 0), dilation=(2, 1)), images, [draw(2, 6, 5, 2)]),
    "conv2d without bias": (lambda: nn.Conv2d(2, 3, 3, bias=False), images, [draw(1, 5, 4, 2)]),
    "conv transpose": (lambda: nn.ConvTranspose2d(2, 3, (3, 2), stride=2, output_padding=(1, 0)), images, [draw(2, 3, 4, 2)]),
    "batch norm 1d": (lambda: nn.BatchNorm1d(4), plain, [draw(5, 4)]),
    "batch norm of sequences": (lambda: nn.BatchNorm1d(4), sequences, [draw(3, 5, 4)]),
    "batch norm 2d": (lambda: nn.BatchNorm2d(3), images, [draw(2, 4, 3, 3)]),
    "batch norm, not affine": (lambda: nn.BatchNorm2d(3, affine=False), images, [draw(2, 4, 3, 3)]),
    "layer norm": (lambda: nn.LayerNorm(4), plain, [draw(3, 5, 4)]),
    "layer norm of images": (lambda: nn.LayerNorm([2, 3, 4]), images, [draw(2, 3, 4, 2)]),
    "embedding": (lambda: nn.Embedding(6, 3), plain, [ids(4, 2)]),
    "embedding bag": (lambda: nn.EmbeddingBag(6, 3, mode="mean"), plain, [ids(4, 2)]),
    "positions": (lambda: Positions(6, 3), plain, [draw(2, 4, 3)]),
    "rnn cell": (lambda: nn.RNNCell(3, 4), plain, [draw(5, 3), draw(5, 4)]),
    "rnn": (lambda: nn.RNN(3, 4, num_layers=2), steps, [draw(2, 3, 5)]),
    "lstm cell": (lambda: nn.LSTMCell(3, 4), lambda m, x, h, c: m(x, (h, c))[0], [draw(5, 3), draw(5, 4), draw(5, 4)]),
    "lstm": (lambda: nn.LSTM(3, 4, num_layers=2), steps, [draw(2, 3, 5)]),
    "lstm without bias": (lambda: nn.LSTM(3, 4, bias=False), steps, [draw(2, 3, 5)]),
    "lstm of both directions": (lambda: nn.LSTM(3, 4, bidirectional=True), steps, [draw(2, 3, 5)]),
    "gru cell": (lambda: nn.GRUCell(3, 4), plain, [draw(5, 3), draw(5, 4)]),
    "gru": (lambda: nn.GRU(3, 4, num_layers=2), steps, [draw(2, 3, 5)]),
    "attention": (lambda: nn.MultiheadAttention(8, 2, batch_first=True), attend, [draw(2, 3, 8), draw(2, 5, 8), draw(2, 5, 8)]),
    "attention without bias": (lambda: nn.MultiheadAttention(8, 2, bias=False, batch_first=True), attend, [draw(2, 3, 8)] * 3),
    "attention to other features": (
        lambda: nn.MultiheadAttention(8, 2, kdim=3, vdim=5, batch_first=True),
        attend,
        [draw(2, 3, 8), draw(2, 4, 3), draw(2, 4, 5)],
    ),
    "encoder block": (lambda: nn.TransformerEncoderLayer(**transformer), plain, [draw(2, 3, 8)]),
    "encoder": (
        lambda: nn.TransformerEncoder(nn.TransformerEncoderLayer(**transformer, norm_first=True), 2, nn.LayerNorm(8)),
        plain,
        [draw(2, 3, 8)],
    ),
    "decoder": (
        lambda: nn.TransformerDecoder(nn.TransformerDecoderLayer(**transformer), 2),
        decode,
        [draw(2, 3, 8), draw(2, 4, 8)],
    ),
    "residual block": (lambda: BasicBlock(2, 3, 2), images, [draw(2, 6, 6, 2)]),
    "residual block of one size": (lambda: BasicBlock(3, 3, 1), images, [draw(2, 5, 4, 3)]),
    "wavenet block": (Wavenet, sequences, [draw(2, 6, 3)]),
    "graph convolution": (Graph, plain, [draw(5, 3)]),
    "dropout before": (lambda: nn.Sequential(nn.Dropout(0.5), nn.Linear(4, 3)), plain, [draw(5, 4)]),
    "weight norm": (lambda: weight_norm(nn.Linear(4, 3)), plain, [draw(5, 4)]),
    "weight norm of a convolution": (lambda: weight_norm(nn.Conv2d(2, 3, 3)), images, [draw(1, 5, 4, 2)]),
    "weight norm of a transposed one": (lambda: weight_norm(nn.ConvTranspose2d(2, 3, 3), dim=1), images, [draw(1, 4, 3, 2)]),
    "weight norm of all": (lambda: weight_norm(nn.Linear(4, 3), dim=None), plain, [draw(5, 4)]),
    "spectral norm": (lambda: spectral_norm(nn.Linear(4, 3)), plain, [draw(5, 4)]),
    "spectral norm of a convolution": (lambda: spectral_norm(nn.Conv2d(2, 3, (3, 2))), images, [draw(1, 5, 4, 2)]),
    "spectral norm, parametrized": (lambda: parametrized_spectral_norm(nn.Conv2d(2, 3, 2)), images, [draw(1, 4, 4, 2)]),
    "flattened images": (
        lambda: nn.Sequential(
            *[nn.Conv2d(2, 3, 2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.BatchNorm1d(18), nn.Dropout()],
            nn.Sequential(nn.Linear(18, 4), nn.Tanh(), nn.Linear(4, 2)),
        ),
        images,
        [draw(3, 7, 5, 2)],
    ),
    "features to images": (
        lambda: nn.Sequential(
            *[nn.Linear(3, 12), nn.BatchNorm1d(12), nn.ReLU(), nn.Unflatten(1, (2, 3, 2)), nn.ConvTranspose2d(2, 3, 2)],
            *[nn.Flatten(), weight_norm(nn.Linear(36, 2))],
        ),
        plain,
        [draw(4, 3)],
    ),
    "other names": (Named, plain, [draw(5, 3)]),
}


def twin(name, seed):
    """The module in use, its parameters and statistics drawn at random."""
    torch.manual_seed(seed)
    module = TWINS[name][0]().double()
    with torch.no_grad():
        for key, tensor in module.state_dict().items():
            if key.endswith("running_var"):
                tensor.uniform_(0.5, 2)
            elif tensor.ndim == 1 and tensor.is_floating_point() and not key.endswith(("_u", "_v")):
                tensor.uniform_(-1, 1)
    return module.eval()


def run(name, module, inputs):
    with torch.no_grad():
        return TWINS[name][1](module, *inputs).contiguous()
