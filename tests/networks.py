"""Small networks of our own."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from curvecircuits.models.network import Network, wrap
from curvecircuits.stimuli import curves


def seeded(module_type, *args, seed=0, **kwargs):
    """A module with the same random weights each time."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return module_type(*args, **kwargs)


def noise(*shape: int, seed: int = 0) -> Tensor:
    """Images of uniform noise in [0, 1]."""
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


class Block(nn.Module):
    """A residual block with a projection where the stride is not 1."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Conv2d(inputs, outputs, 1, stride) if stride > 1 else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        y += self.shortcut(x)
        return self.relu(y)


class Residual(nn.Module):
    """A stem, two residual blocks, and scores; its activations are overwritten in place."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 5, 2, padding=2)
        self.pool = nn.MaxPool2d(3, 2, padding=1)
        self.block1 = Block(8, 8, 1)
        self.block2 = Block(8, 16, 2)
        self.scores = nn.Linear(16, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(F.relu(self.stem(x), inplace=True))
        x = self.block2(self.block1(x))
        return self.scores(x.mean((2, 3)))


class Branches(nn.Module):
    """Two rectified branches and a linear one, joined as InceptionV1 joins its own."""

    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Conv2d(3, 4, 1)
        self.three = nn.Conv2d(3, 5, 3, padding=1)
        self.plain = nn.Conv2d(3, 2, 5, padding=2)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([F.relu(self.one(x)), F.relu(self.three(x)), self.plain(x)], dim=1)


def neutral(module: nn.Module) -> nn.Module:
    """The module with small positive weights and no biases: what it sees, it responds to."""
    for parameter in module.parameters():
        if parameter.ndim > 1:
            nn.init.constant_(parameter, 1 / parameter[0].numel())
    for child in module.modules():
        if isinstance(getattr(child, "bias", None), Tensor):
            nn.init.zeros_(child.bias)
    return module.double()


SIDE, RADIUS = 41, 20.0


def _template(orientation: float, inner: float, outer: float) -> Tensor:
    """A kernel with weights for ink along the curve, inside it and outside it."""
    angle = math.radians(orientation)
    total = torch.zeros(SIDE, SIDE)
    away = torch.arange(SIDE) - SIDE // 2
    disc = away[:, None] ** 2 + away**2 <= (SIDE // 2) ** 2
    for offset, weight in ((-3.0, inner), (0.0, -inner - outer), (3.0, outer)):
        centre = tuple(SIDE / 2 + offset * f(angle) for f in (math.cos, math.sin))
        drawn = curves(
            orientation=orientation,
            radius=RADIUS + offset,
            size=SIDE,
            width=3.0,
            tile=SIDE,
            centre=centre,
        )
        ink = (1 - drawn[0, 0]) * disc
        total += weight * ink / ink.sum()
    return total


def planted(orientations: list[float], *, others: int = 12, seed: int = 0) -> Network:
    """Curve detectors of each orientation among units of noise, in the layer `3`.

    A detector adds up what a line and an edge along its curve give in both polarities, less what
    they give along the opposite curve; the second half of the orientations must be the opposite
    ones of the first.
    """
    generator = torch.Generator().manual_seed(seed)
    kernels: list[Tensor] = []
    for orientation in orientations:
        line, edge = _template(orientation, -1.0, -1.0), _template(orientation, -1.0, 1.0)
        kernels += [line, -line, edge, -edge]
    size = torch.stack(kernels).std()
    kernels += list(size * torch.randn(4 * others, SIDE, SIDE, generator=generator))
    half, count = len(orientations), len(kernels) // 4
    bank = nn.Conv2d(3, 4 * count, SIDE, stride=4)
    pooled = nn.Conv2d(4 * count, count, 1)
    with torch.no_grad():
        weight = torch.stack(kernels)
        bank.weight[:] = (weight - weight.mean((1, 2), keepdim=True))[:, None] / 3
        bank.bias.zero_()
        own = torch.eye(count)
        opposite = own[:half].roll(half // 2, 0)
        own[:half] -= opposite
        pooled.weight[:] = own.repeat_interleave(4, 1)[:, :, None, None]
        pooled.bias.fill_(-0.1)
    return wrap(nn.Sequential(bank, nn.ReLU(), pooled, nn.ReLU()), name="planted", input_size=96)
