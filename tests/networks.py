"""Small networks of our own."""

import math
from collections import OrderedDict
from pathlib import Path

import torch
from pydantic import TypeAdapter
from torch import Tensor, nn
from torch.nn import functional as F

from curvecircuits.artificial import Constants, artificial_network
from curvecircuits.compare.written import written_families
from curvecircuits.families.family import Family
from curvecircuits.families.records import CurveFamily, CurveUnit
from curvecircuits.models.inception import inception_aliases
from curvecircuits.models.network import Network
from curvecircuits.models.wrap import wrap


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


def _bars(orientation: float) -> list[Tensor]:
    """9 × 9 kernels for a line and an edge with this normal, each in both polarities."""
    y, x = torch.meshgrid(torch.arange(-4.0, 5), torch.arange(-4.0, 5), indexing="ij")
    angle = math.radians(orientation)
    across = x * math.cos(angle) + y * math.sin(angle)
    window = torch.exp(-(x**2 + y**2) / 8)
    line = window * (1 - across**2 / 4) * torch.exp(-(across**2) / 8)
    line, edge = line - window * line.sum() / window.sum(), window * across
    return [k / k.abs().sum() for k in (line, -line, edge, -edge)]


def _arc(orientation: float, normals: list[float], *, radius: float) -> Tensor:
    """Weights (line, 9, 9) at steps of 4 pixels: lines along the arc, and nothing beside it."""
    y, x = torch.meshgrid(torch.arange(-16.0, 17, 4), torch.arange(-16.0, 17, 4), indexing="ij")
    angle = math.radians(orientation)
    x, y = x + radius * math.cos(angle), y + radius * math.sin(angle)
    beside = (x.hypot(y) - radius).abs()
    along = torch.exp(-(beside**2) / 18)
    turn = torch.atan2(y, x)[None] - torch.deg2rad(torch.tensor(normals))[:, None, None]
    return along * torch.cos(2 * turn) - 0.5 * (beside > 5)


def planted(orientations: list[float], *, others: int = 12, seed: int = 0) -> Network:
    """Curve detectors of these orientations among as many units as are asked for of noise.

    The layer `1` holds lines and edges of 8 orientations, the layer `3` the detectors, which join
    them along an arc.
    """
    generator = torch.Generator().manual_seed(seed)
    normals = [22.5 * i for i in range(8)]
    kernels = torch.stack([kernel for normal in normals for kernel in _bars(normal)])
    arcs = torch.stack([_arc(o, normals, radius=18) for o in orientations])
    noisy = arcs.std() * torch.randn(others, *arcs.shape[1:], generator=generator)
    joined = torch.cat([arcs, noisy - noisy.mean((1, 2, 3), keepdim=True)])
    lines = nn.Conv2d(3, len(kernels), 9, stride=4)
    curve_units = nn.Conv2d(len(kernels), len(joined), 9)
    with torch.no_grad():
        lines.weight[:] = kernels[:, None] / 3
        lines.bias.zero_()
        curve_units.weight[:] = joined.repeat_interleave(4, 1)
        curve_units.bias.fill_(-1.5)
    module = nn.Sequential(lines, nn.ReLU(), curve_units, nn.ReLU())
    return wrap(module, name="planted", input_size=96)


def written(layer: str, name: str, *, every: int = 1, constants: Constants | None = None) -> Family:
    """The units of the artificial network that were written as one family, or every so-many-th."""
    families = written_families(constants)
    family = families[inception_aliases().get(layer, layer)][name]
    return family.take(range(0, len(family), every))


def curve_classifier(
    *,
    orientations: list[float],
    classes: int = 6,
    size: int = 96,
    constants: Constants | None = None,
) -> Network:
    """Scores that depend on hand-written curve units and on lines of the layer before."""
    own = artificial_network(constants, orientations=orientations)
    body = own.module
    assert isinstance(body, nn.Sequential)
    layers = OrderedDict(body.named_children())

    class Classifier(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = nn.Sequential(layers)
            self.scores = nn.Linear(2 * len(orientations), classes)

        def forward(self, x: Tensor) -> Tensor:
            x = self.body(x - 0.5)
            found = torch.cat([x.mean((2, 3)), x.amax((2, 3))], 1)
            return self.scores(found)

    module = seeded(Classifier)
    with torch.no_grad():
        module.scores.weight.mul_(4)
    return wrap(module, name="curve classifier", input_size=size, logits="scores")


SMALL = Constants(
    gabor_orientations=5,
    phases=2,
    line_orientations=12,
    curve_orientations=8,
    small_orientations=4,
)
"""Of an artificial network with few units of each kind."""


def small_classifier() -> Network:
    """A classifier with a family of six curve units and few others."""
    return curve_classifier(orientations=[60.0 * k for k in range(6)], constants=SMALL)


def family_of(
    network: Network, layer: str, orientations: list[float], channels: list[int] | None = None
) -> CurveFamily:
    """The record of a family as `find_curves` would return it, without the search."""
    own = channels or [*range(len(orientations))]
    full = network.layer(layer).name
    units = tuple(
        CurveUnit(
            unit=f"{full}:{channel}", channel=channel, sign=1, kind="curve", orientation=at,
            radius=50.0, fwhm=35.0, echo=0.0, at90=0.0, peak=1.0, outline_orientation=at,
            outline_radius=50.0, outline_fwhm=35.0, outline_echo=0.0, outline_at90=0.0,
            outline_peak=1.0, confirmed=True,
        )
        for channel, at in zip(own, orientations, strict=True)
    )  # fmt: skip
    return CurveFamily(
        model=network.name, model_hash=network.model_hash, weights=str(network.provenance),
        layer=full, found=True, verdict="", units=units, early=(), near_misses=(),
        largest_gap=90.0, permuted_counts=(0,), layers=(), seed=0,
    )  # fmt: skip


def googlenet_family() -> CurveFamily:
    """What a search of all layers finds in GoogLeNet; `test_families` searches again."""
    record = Path(__file__).with_name("googlenet_family.json").read_bytes()
    return TypeAdapter(CurveFamily).validate_json(record, strict=False)
