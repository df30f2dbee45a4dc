"""What determines a picture: the objective, the network, and how it is climbed."""

import hashlib
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

import torch

from curvecircuits.errors import InputError
from curvecircuits.models.address import Unit
from curvecircuits.models.fingerprint import fingerprint
from curvecircuits.models.network import Network
from curvecircuits.visualize.features.album import key_of
from curvecircuits.visualize.features.ascent import Ascent
from curvecircuits.visualize.features.canvas import Canvas, canvas_for
from curvecircuits.visualize.features.objectives import Objective
from curvecircuits.visualize.features.paints import Paint
from curvecircuits.visualize.features.robustness import Robustness
from curvecircuits.weights.pixels import sees_pixels

_AREA = 4 * 96**2
"""Pixels of a batch on a CPU, whose caches they fill; elsewhere sixteen times as many."""
_MOST = 64
_PULL, _LEAST, _LOW = 0.4, 0.1, 64
"""The pull towards grey of the earliest layers, that of late ones, and the receptive field in
pixels from which it is that."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """How pictures are climbed and what they are made of.

    Parameters
    ----------
    rate
        Size of a step of Adam on the Fourier coefficients.
    pull
        L2 pull towards grey: the share of each coefficient that is taken back at a step, times the
        rate. By default 0.4 for the earliest layers, falling to 0.1 at a receptive field of 64 px.
    grey
        Shades of grey only.
    alpha
        With opacity: the picture is climbed before random backgrounds and pays for being opaque,
        so that only what the objective asks for is shown.
    robustness
        Moves at each step; by default those of `Robustness.of` the receptive field.

    Raises
    ------
    InputError
        For a rate that is not above 0, and a pull that is negative or takes all back.
    """

    rate: float = 0.05
    pull: float | None = None
    grey: bool = False
    alpha: bool = False
    robustness: Robustness | None = None

    def __post_init__(self) -> None:
        if not 0 < self.rate < float("inf"):
            raise InputError(f"The rate of an ascent is above 0, not {self.rate}.")
        if self.pull is not None and not 0 <= self.pull * self.rate < 1:
            raise InputError(f"A pull is 0 to below {1 / self.rate:g} (1 / rate), not {self.pull}.")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All that determines one picture, given the network."""

    objective: Objective
    number: int
    seed: int
    canvas: Canvas
    how: Ascent
    batch: int
    filter: Unit | None
    """The unit of a first layer, whose weights are shown."""

    @property
    def group(self) -> Any:
        """Equal for pictures that can be climbed in one batch."""
        shapes = tuple(tuple(t.values.shape) for t in self.objective.terms)
        readings = tuple(
            replace(r, channels=r.channels and (0,) * len(r.channels)) for r in self.canvas.readings
        )
        return shapes, replace(self.canvas, readings=readings), self.how, self.batch

    @property
    def own_seed(self) -> int:
        """Of this picture's noise: 63 bits of a hash, so that neighbours have nothing in common."""
        text = f"{self.seed} {self.objective.key} {self.number}"
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


@dataclass(frozen=True, kw_only=True)
class Source:
    """The network that pictures are of."""

    name: str
    model_hash: str
    """SHA-256 of the weights."""
    weights: str
    """Where they came from."""
    fingerprint: str
    """Of all that it computes."""


def source_of(network: Network) -> Source:
    """What pictures say of their network; within an edit, of the edited one."""
    return Source(
        name=network.name,
        model_hash=network.model_hash,
        weights=str(network.provenance),
        fingerprint=fingerprint(network),
    )


def by_full_names(network: Network, objective: Objective) -> Objective:
    """The objective under the same name; its layers, which the key is of, by no alias."""
    terms = tuple(replace(t, layer=network.layer(t.layer).name) for t in objective.terms)
    return replace(objective, terms=terms)


def plan_for(
    network: Network,
    objective: Objective,
    number: int,
    *,
    steps: int,
    look: Look,
    seed: int,
    batch: int | None,
) -> Plan:
    """How one picture is made: its canvas, its size, and the defaults that depend on them.

    Raises
    ------
    InputError
        As `canvas_for`.
    """
    canvas = canvas_for(network, objective)
    field = max(canvas.field)
    moves = look.robustness or Robustness.of(field)
    paint = Paint(grey=look.grey, alpha=look.alpha)
    side = tuple(
        _side(seen, middle, moves) for seen, middle in zip(canvas.field, canvas.middle, strict=True)
    )
    pull = look.pull
    if pull is None:
        pull = round(_LEAST + (_PULL - _LEAST) * max(0.0, 1 - field / _LOW), 3)
    if batch is None:
        area = _AREA if network.device.type == "cpu" else 16 * _AREA
        batch = min(_MOST, max(1, round(area / (canvas.size[0] * canvas.size[1]))))
    return Plan(
        objective=objective,
        number=number,
        seed=seed,
        canvas=canvas,
        how=Ascent(
            steps=steps,
            rate=look.rate,
            pull=pull,
            paint=paint,
            robustness=moves,
            side=(side[0], side[1]),
        ),
        batch=batch,
        filter=None if look.grey or look.alpha else _first_layer(network, objective),
    )


def _side(seen: int, middle: float, moves: Robustness) -> int:
    """Pixels of a picture: what is seen, room for its moves, and a length fast to transform.

    Its middle falls on a pixel's centre or between two, as that of the canvas does.
    """
    needed = seen + 2 * ceil(moves.jitter)
    odd = (round(2 * middle) + 1) % 2
    while needed % 2 != odd or not _smooth(needed):
        needed += 1
    return needed


def _smooth(number: int) -> bool:
    for prime in (2, 3, 5, 7, 11, 13):
        while number % prime == 0:
            number //= prime
    return number == 1


def _first_layer(network: Network, objective: Objective) -> Unit | None:
    """The unit that an objective asks for at one position, if its layer is the first."""
    term = objective.terms[0]
    channels = term.channels
    single = len(objective.terms) == 1 and channels is not None and term.values.numel() == 1
    aside = term.everywhere or term.offset != (0, 0)
    if not single or aside or not sees_pixels(network, term.layer):
        return None
    assert channels is not None
    return Unit(term.layer, channels[0])


def kept_under(plan: Plan, model: Source) -> str:
    """The key under which a picture is kept: of everything that its pixels depend on."""
    how = plan.how
    return key_of(
        {
            "fingerprint": model.fingerprint,
            "objective": plan.objective.key,
            "number": plan.number,
            "seed": plan.seed,
            "steps": how.steps,
            "rate": how.rate,
            "pull": how.pull,
            "paint": [how.paint.grey, how.paint.alpha],
            "moves": [how.robustness.jitter, how.robustness.rotation, how.robustness.scale],
            "batch": plan.batch,
            "dtype": str(torch.get_default_dtype()),
        }
    )
