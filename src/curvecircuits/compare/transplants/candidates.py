"""What could stand in the place of a family: sets of maps, one map a unit, before clipping."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from curvecircuits.artificial import (
    Constants,
    Detector,
    Geometry,
    Parts,
    artificial_weights,
    network_of,
)
from curvecircuits.compare.agreement import APART
from curvecircuits.compare.match import geometry_for
from curvecircuits.compare.transplants.place import Place
from curvecircuits.errors import InputError
from curvecircuits.families.family import relative_orientation
from curvecircuits.families.records import CurveFamily
from curvecircuits.models.network import Network
from curvecircuits.stimuli.luminance import REC709
from curvecircuits.tuning.receptive import receptive_centres

NATURAL = ("rescaled", "grey", "right", "below")
"""Sets made of the natural units themselves: as they are, on grey images, one cell beside."""
CONTROLS = ("shuffled", "turned90", "turned180", "lines", "edges")
SETS = ("transplanted", *CONTROLS, "uncentred", *NATURAL)
"""All that can be put in the place of a family."""
_Kind = tuple[Sequence[float], bool, Detector]
"""Orientations, whether units look where the natural ones do, and what they detect."""

_TRIES = 1000


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """The sets of maps that a transplant can put in the place of a family.

    All artificial sets share one stem, so that they are one network with as many units in its
    last layer as there are sets times units.
    """

    artificial: Network
    names: tuple[str, ...]
    """Of the sets: first the artificial ones, then the natural ones."""
    signs: tuple[int, ...]
    """Of the natural units: −1 for those of a linear layer that answer by going down."""
    orientations: tuple[float, ...]
    centres: tuple[tuple[float, float], ...]
    """Where the natural units look beside their nominal centre, in pixels right and down."""

    def read(
        self,
        place: Place,
        images: Float[Tensor, "n 3 h w"],
        raw: Float[Tensor, "n units rows columns"],
    ) -> Float[Tensor, "n sets units rows columns"]:
        """All sets on some images, of which the natural pre-activations are known."""
        written = self.artificial.run(
            images.to(self.artificial.device), layers=["mixed3b_pre_relu"]
        )["mixed3b_pre_relu"]
        # Unit 0 of both looks at the same pixel; how many follow depends on what each layer pads.
        rows, columns = raw.shape[2:]
        written = written[:, :, :rows, :columns]
        short = (0, columns - written.shape[3], 0, rows - written.shape[2])
        written = F.pad(written, short, mode="replicate") if any(short) else written
        units = raw.shape[1]
        signs = torch.tensor(self.signs, device=raw.device, dtype=raw.dtype)
        sets = written.to(raw).view(len(raw), -1, units, *raw.shape[2:]) * signs[:, None, None]
        natural = [self._natural(n, place, images, raw) for n in self.names if n in NATURAL]
        return torch.cat([sets, *(m[:, None] for m in natural)], 1) if natural else sets

    def _natural(self, name: str, place: Place, images: Tensor, raw: Tensor) -> Tensor:
        if name == "grey":
            return place.raw_of(grey(images))
        if name == "right":
            return torch.cat([raw[..., :1], raw[..., :-1]], 3)
        if name == "below":
            return torch.cat([raw[..., :1, :], raw[..., :-1, :]], 2)
        return raw


def grey(images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 3 h w"]:
    """Images with the luminance of each pixel (ITU-R BT.709) in all three channels."""
    share = torch.tensor(REC709, device=images.device, dtype=images.dtype)
    return torch.einsum("nchw,c->nhw", images, share)[:, None].expand(-1, 3, -1, -1)


def candidates_for(
    network: Network,
    family: CurveFamily,
    *,
    constants: Constants | None = None,
    parts: Parts | None = None,
    sets: Sequence[str] = SETS,
    shuffles: int = 3,
    seed: int = 0,
) -> Candidates:
    """The artificial family of a natural one, what it has to beat, and what could beat it.

    ============== ============================================================================
    `transplanted` artificial units of the natural orientations, where the natural ones look
    `shuffled`     the same units, their orientations exchanged so that each is ≥ 45° off
    `turned90`     units of orientations 90° further round, and `turned180`
    `lines`        detectors of straight lines along the tangent
    `edges`        detectors of edges of any orientation, all alike
    `uncentred`    as transplanted, without the measured centres
    `rescaled`     the natural units; `grey` on grey images; `right`, `below` one cell beside
    ============== ============================================================================

    Parameters
    ----------
    network, family
        The natural network, and what `find_curves` returned for it.
    constants, parts
        Of the artificial network.
    sets
        Which of these; the transplanted one is always there.
    shuffles
        How many exchanges of orientations, as `shuffled/0`, `shuffled/1` and so on.

    Raises
    ------
    InputError
        If there is no family, its layer has a stride that cannot be written, or a set is unknown.
    """
    if family.layer is None or not family.units:
        raise InputError(
            f"{network.name} has no curve family: only a family that was found can be replaced."
        )
    if unknown := [name for name in sets if name not in SETS]:
        raise InputError(f"Nothing is called {unknown[0]}: choose from {', '.join(SETS)}.")
    own = tuple(u.orientation for u in family.units)
    channels = tuple(u.channel for u in family.units)
    measured = receptive_centres(network, family.layer, channels, seed=seed)
    centres = tuple((float(x), float(y)) for x, y in measured)
    offered: dict[str, _Kind] = {"transplanted": (own, True, "curves")}
    for k, order in enumerate(exchanged(own, count=shuffles, seed=seed)):
        offered[f"shuffled/{k}"] = ([own[i] for i in order], True, "curves")
    for turn in (90, 180):
        offered[f"turned{turn}"] = ([(o + turn) % 360 for o in own], True, "curves")
    offered |= {"lines": (own, True, "lines"), "edges": (own, True, "energy")}
    offered["uncentred"] = (own, False, "curves")
    wanted = {"transplanted", *sets}
    kinds = {name: kind for name, kind in offered.items() if name.split("/")[0] in wanted}
    geometry = geometry_for(network, family)
    joined = _joined(kinds, centres, geometry, constants or Constants(), parts or Parts())
    return Candidates(
        artificial=joined.to(network.device),
        names=(*kinds, *(name for name in NATURAL if name in wanted)),
        signs=tuple(u.sign for u in family.units),
        orientations=own,
        centres=centres,
    )


def _joined(
    kinds: dict[str, _Kind],
    centres: Sequence[tuple[float, float]],
    geometry: Geometry,
    constants: Constants,
    parts: Parts,
) -> Network:
    """One network whose last layer holds the units of all sets, one set after the other."""
    each = [
        artificial_weights(
            constants,
            orientations=orientations,
            centres=centres if centred else None,
            geometry=geometry,
            parts=parts,
            detector=detector,
        )
        for orientations, centred, detector in kinds.values()
    ]
    kernels, biases = zip(*(weights["mixed3b"] for weights in each), strict=True)
    weights = {**each[0], "mixed3b": (torch.cat(kernels), torch.cat(biases))}
    return network_of(weights, constants=constants, geometry=geometry, parts=parts)


def exchanged(orientations: Sequence[float], *, count: int, seed: int = 0) -> list[list[int]]:
    """Orders of orientations in which each stands where one at least 45° away belongs.

    There is none for a family whose orientations are too close together.

    >>> exchanged([0, 90, 180, 270], count=2)[0] != [0, 1, 2, 3], exchanged([0, 10], count=2)
    (True, [])
    """
    away = np.abs(relative_orientation(orientations, orientations)) >= APART
    generator = np.random.default_rng(seed)
    orders = (_matched(away, generator) for _ in range(count))
    return [order for order in orders if order is not None]


def _matched(away: np.ndarray, generator: np.random.Generator) -> list[int] | None:
    """A random order along allowed pairs, found by trying."""
    for _ in range(_TRIES):
        free = [*range(len(away))]
        order: list[int] = []
        for row in away:
            allowed = [k for k in free if row[k]]
            if not allowed:
                break
            order.append(int(generator.choice(allowed)))
            free.remove(order[-1])
        else:
            return order
    return None
