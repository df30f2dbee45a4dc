"""Gradient ascent of a batch of pictures, each towards its own objective."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from curvecircuits.models.cropped import Area
from curvecircuits.models.network import Network
from curvecircuits.visualize.features.canvas import Canvas, Reading, site
from curvecircuits.visualize.features.objectives import Objective
from curvecircuits.visualize.features.paints import Paint
from curvecircuits.visualize.features.robustness import Robustness, moved, straight

_BETAS, _TINY = (0.9, 0.99), 1e-8
_BACKGROUND = 5
"""Side of the noise that shows through a picture with opacity, before it is enlarged."""


@dataclass(frozen=True, kw_only=True)
class Ascent:
    """How pictures are climbed, all of a batch alike."""

    steps: int
    rate: float
    """Size of a step of Adam."""
    pull: float
    """Share of every coefficient that is taken back at each step, times the rate: an L2 pull."""
    paint: Paint
    robustness: Robustness
    side: tuple[int, int]
    """Of the pictures."""


@dataclass(frozen=True, kw_only=True)
class Climbed:
    """What an ascent of a batch ends at."""

    images: Float[Tensor, "n channels h w"]
    """RGB in [0, 1], and opacity where the paint has it."""
    values: Float[Tensor, " n"]
    """Of the objective, on the pictures as they are, before mid-grey."""


def climb(
    network: Network,
    objectives: Sequence[Objective],
    canvas: Canvas,
    how: Ascent,
    *,
    seeds: Sequence[int],
    after: Callable[[], None] = lambda: None,
) -> Climbed:
    """Climb each picture's own objective from its own noise.

    Rows never meet: each has its seed, its moves and its objective, so that a picture depends on
    the shape of the batch but not on what else is in it.

    Parameters
    ----------
    objectives
        As many as seeds, with the same layers and numbers of cells.
    canvas
        For any of them.
    after
        Called after each step.
    """
    device = network.device
    # All of it: what is made in the caller's inference mode can have no gradient.
    with torch.inference_mode(False), torch.enable_grad():
        generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        start = torch.stack([how.paint.start(how.side, g) for g in generators])
        draws = torch.stack([how.robustness.draws(how.steps, g) for g in generators], 1)
        behind = None
        if how.paint.alpha:
            shape = (how.steps, 3, _BACKGROUND, _BACKGROUND)
            behind = torch.stack([torch.rand(shape, generator=g) for g in generators], 1)
        objective = _Values(network, objectives, canvas)
        spectrum = start.to(device).requires_grad_()
        steps = _Adam(spectrum, rate=how.rate, pull=how.pull, paint=how.paint)
        for step in range(how.steps):
            colours, opacity = how.paint.colours(spectrum, how.side)
            if opacity is not None:
                assert behind is not None
                colours = _over(colours, opacity, behind[step].to(device))
            shown = moved(colours, draws[step], size=canvas.size, middle=canvas.middle)
            values = objective(shown)
            if opacity is not None:
                values = values * (1 - opacity.mean((1, 2, 3)))
            # Pictures do not depend on each other, so one sum gives the gradient of every value.
            (gradient,) = torch.autograd.grad(values.sum(), spectrum)
            steps.take(gradient)
            after()
        with torch.no_grad():
            colours, opacity = how.paint.colours(spectrum, how.side)
            flat = colours
            if opacity is not None:
                flat = _over(colours, opacity, torch.full_like(colours, 0.5))
            values = objective(straight(flat, size=canvas.size, middle=canvas.middle))
    images = colours if opacity is None else torch.cat([colours, opacity], 1)
    return Climbed(images=images.detach().cpu().contiguous(), values=values.cpu())


class _Adam:
    """Adam (Kingma and Ba, 2015) with one second moment for all colours of a frequency.

    A moment for each coefficient would make colours that hardly matter as strong as those that do,
    and paint what a unit sees in grey blue and yellow. Opacity has a moment of its own. The pull
    is taken off apart from the gradient (Loshchilov and Hutter, 2019).
    """

    def __init__(self, spectrum: Tensor, *, rate: float, pull: float, paint: Paint) -> None:
        self._spectrum, self._rate, self._pull = spectrum, rate, pull
        self._colours = paint.channels - paint.alpha
        self._mean = torch.zeros_like(spectrum)
        self._square = torch.zeros_like(spectrum[..., :1])
        self._taken = 0

    @torch.no_grad()
    def take(self, gradient: Tensor) -> None:
        """One step up the gradient, in place."""
        self._taken += 1
        squares = gradient.square().mean(-1, keepdim=True)
        colours = squares[:, : self._colours]
        squares[:, : self._colours] = colours.mean(1, keepdim=True).expand_as(colours)
        first, second = _BETAS
        self._mean.lerp_(gradient, 1 - first)
        self._square.lerp_(squares, 1 - second)
        mean = self._mean / (1 - first**self._taken)
        size = (self._square / (1 - second**self._taken)).sqrt_().add_(_TINY)
        self._spectrum.mul_(1 - self._rate * self._pull).addcdiv_(mean, size, value=self._rate)


def values_of(
    network: Network,
    objectives: Sequence[Objective],
    canvas: Canvas,
    images: Float[Tensor, "n 3 h w"],
) -> Float[Tensor, " n"]:
    """Each picture's own objective on it, as it is."""
    with torch.inference_mode():
        shown = straight(images.to(network.device), size=canvas.size, middle=canvas.middle)
        return _Values(network, objectives, canvas)(shown).cpu()


def _over(colours: Tensor, opacity: Tensor, behind: Tensor) -> Tensor:
    if behind.shape[2:] != colours.shape[2:]:
        behind = torch.nn.functional.interpolate(
            behind, size=colours.shape[2:], mode="bilinear", align_corners=True
        )
    return colours * opacity + behind * (1 - opacity)


class _Values:
    """The objective of every row, as a function of images."""

    def __init__(self, network: Network, objectives: Sequence[Objective], canvas: Canvas) -> None:
        self._network = network
        self._readings = canvas.readings
        self._weights = [
            torch.stack([o.terms[i].values for o in objectives]).to(network.device)
            for i in range(len(canvas.readings))
        ]
        self._channels: list[Tensor | None] = []
        for i, reading in enumerate(canvas.readings):
            if reading.channels is None:
                self._channels.append(None)
                continue
            each = [_own_channels(network, o, i) for o in objectives]
            self._channels.append(torch.tensor(each, device=network.device))
        self._layers = sorted(
            {r.source for r in canvas.readings}
            | {r.clipped for r in canvas.readings if r.clipped is not None}
        )
        self._areas = _areas(canvas.readings)

    def __call__(self, images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, " n"]:
        maps = self._network.run(images, layers=self._layers, within=self._areas)
        total = images.new_zeros(len(images))
        for reading, weights, channels in zip(
            self._readings, self._weights, self._channels, strict=True
        ):
            values = self._picked(maps, reading.source, reading, channels)
            if reading.clipped is not None:
                left = self._picked(maps, reading.clipped, reading, channels)
                values = left + reading.leak * (values - left)
            if reading.everywhere:
                values = values.mean((2, 3), keepdim=True)
            total = total + (values * weights).flatten(1).sum(1)
        return total

    def _picked(
        self, maps: Mapping[str, Tensor], layer: str, reading: Reading, channels: Tensor | None
    ) -> Tensor:
        """The channels and cells of a layer that a term weighs, (N, C, H, W)."""
        values = maps[layer]
        if reading.rows is None or reading.columns is None:
            values = values.flatten(1)[:, :, None, None]
        elif layer in self._areas:
            top, _, left, _ = self._areas[layer]
            rows = slice(*(k - top for k in reading.rows))
            values = values[:, :, rows, slice(*(k - left for k in reading.columns))]
        if channels is None:
            return values
        return values[torch.arange(len(values), device=values.device)[:, None], channels]


def _areas(readings: Sequence[Reading]) -> dict[str, Area]:
    """Of each layer that is a map, the smallest area with all that is read of it."""
    found: dict[str, Area] = {}
    for reading in readings:
        if reading.rows is None or reading.columns is None:
            continue
        for layer in (reading.source, reading.clipped):
            if layer is not None:
                top, bottom, left, right = found.get(layer, (*reading.rows, *reading.columns))
                found[layer] = (
                    min(top, reading.rows[0]),
                    max(bottom, reading.rows[1]),
                    min(left, reading.columns[0]),
                    max(right, reading.columns[1]),
                )
    return found


def _own_channels(network: Network, objective: Objective, term: int) -> tuple[int, ...]:
    channels = site(network, objective.terms[term])[1]
    assert channels is not None
    return channels
