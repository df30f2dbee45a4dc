"""FITTED artificial networks: hand-written constants tuned to a natural family by an optimiser.

Never the hand-written network, and nothing here is anybody's default. It answers one question:
how much of what the hand-written network misses lies in the values a person chose, rather than in
the algorithm. Only constants are tuned, never a weight.
"""

import math
from collections.abc import Sequence

import numpy as np

from curvecircuits.artificial import Constants, Geometry, Parts, general_geometry
from curvecircuits.artificial.constants import VARIABLES
from curvecircuits.artificial.geometry import ARTICLE_TILE
from curvecircuits.compare.agreement import APART
from curvecircuits.compare.descent import answers, descend
from curvecircuits.compare.fitted import ONS, Fit, Moved, On, Score
from curvecircuits.compare.halves import Half, as_signs, curve_halves, photograph_halves
from curvecircuits.compare.matched import Side
from curvecircuits.compare.photo_maps import Photographs
from curvecircuits.compare.turning import correlation, standardised
from curvecircuits.compare.varied import Varied
from curvecircuits.errors import InputError
from curvecircuits.families.family import relative_orientation
from curvecircuits.families.tiles import tile_of
from curvecircuits.models.network import Network
from curvecircuits.stimuli import CurveGrid, quick


def fit_constants(
    *,
    network: Network,
    layer: str,
    channels: Sequence[int],
    orientations: Sequence[float],
    centres: Sequence[tuple[float, float]] | None = None,
    signs: Sequence[int] | None = None,
    start: Constants | None = None,
    geometry: Geometry | None = None,
    parts: Parts | None = None,
    on: On = "stimuli",
    grid: CurveGrid | None = None,
    images: Photographs | None = None,
    names: Sequence[str] | None = None,
    reach: float = 2.0,
    steps: int = 20,
    seed: int = 0,
    progress: bool = False,
) -> Fit:
    """Tune the constants of the artificial network to a natural family; never a weight.

    Minimises, by L-BFGS-B over the logarithms of the constants relative to the hand-written ones,
    the mean over units of 1 − r. r is Pearson's correlation of a natural unit's clipped responses
    with those of the artificial unit of its orientation. Half of the radii, or of the photographs,
    is fitted to; the figures of the result are of the other half.

    Parameters
    ----------
    layer, channels, orientations
        The natural family: degrees, direction of the outward normal.
    centres
        Pixels (right, down) by which each looks beside the middle of its receptive field.
    signs
        1 or −1: −1 for units of a linear layer that answer by going down.
    start
        Constants to start from; by default the hand-written ones. One that is 0 stays 0.
    geometry
        Of the artificial network; by default the one of the natural layer's stride, tile and
        centre.
    on
        `stimuli`: curves of `grid`; `images`: all positions of photographs.
    grid
        By default 72 orientations × 10 radii in the layer's own tile.
    images
        Photographs, for `images`: a few hundred at most, as they are held in memory.
    names
        Of the constants to tune; by default all but the counts.
    reach
        The largest factor by which a constant may grow or shrink.
    steps
        Of the optimiser. One on 360 curves takes about 2 s on one core.
    seed
        Of the halves.

    Raises
    ------
    InputError
        For unknown names, a reach that is not above 1, steps below 1, a family that cannot be
        paired or never responds, missing photographs, and as `general_geometry`.

    Examples
    --------
    The natural family is an artificial one with longer curves here:

    >>> from curvecircuits.artificial import artificial_network, inception_geometry
    >>> natural = artificial_network(Constants(curve_length=24.0), orientations=[0, 90, 180, 270])
    >>> found = fit_constants(
    ...     network=natural,
    ...     layer="3b",
    ...     channels=range(4),
    ...     orientations=[0, 90, 180, 270],
    ...     grid=CurveGrid(tuple(range(0, 360, 30)), (200.0, 100.0, 60.0, 30.0), 60.0, 2.0),
    ...     geometry=inception_geometry(),
    ...     names=["curve_length"],
    ...     steps=8,
    ... )
    >>> found.fitted, round(found.constants.curve_length), found.gain().value > 0
    (True, 24, True)

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021: its artificial network was tweaked by hand
    after it had been compared with the natural one.
    """
    start, chosen = start or Constants(), tuple(VARIABLES if names is None else names)
    _check(start, chosen, on=on, images=images, reach=reach, steps=steps)
    natural = Side(network=network, layer=layer, channels=tuple(int(c) for c in channels))
    at = tuple(float(o) for o in orientations)
    if len(at) != len(natural.channels) or not at:
        raise InputError(
            f"{len(natural.channels)} channels and {len(at)} orientations make no family: give "
            "equally many, at least one."
        )
    sides = as_signs(signs, len(at))
    # Measuring the tile takes seconds, so it is only done where it is needed.
    needed = geometry is None or (images is None and grid is None)
    tile = tile_of(network, layer) if needed else ARTICLE_TILE
    varied = Varied(
        start=start,
        orientations=at,
        centres=None if centres is None else tuple((float(x), float(y)) for x, y in centres),
        geometry=geometry or _geometry(network, layer, tile),
        parts=parts or Parts(),
    )
    if images is None:
        grid = grid or quick().scaled(tile / ARTICLE_TILE)
        first, second = curve_halves(
            natural, varied, grid=grid, signs=sides, seed=seed, progress=progress
        )
    else:
        first, second = photograph_halves(natural, varied, images, signs=sides, seed=seed)
    constants, objective = descend(
        varied, first, chosen, reach=reach, steps=steps, progress=progress
    )
    scores = [_score(varied, half, c) for half in (first, second) for c in (start, constants)]
    moved = [
        Moved(name=n, handwritten=float(getattr(start, n)), fitted=float(getattr(constants, n)))
        for n in chosen
        if float(getattr(start, n)) != float(getattr(constants, n))
    ]
    return Fit(
        network=network.name,
        layer=layer,
        channels=natural.channels,
        on=on,
        start=start,
        constants=constants,
        handwritten=scores[2],
        after=scores[3],
        seen=(scores[0], scores[1]),
        moved=tuple(sorted(moved, key=lambda m: -abs(math.log(m.factor)))),
        objective=objective,
        seed=seed,
    )


def _check(
    start: Constants,
    names: tuple[str, ...],
    *,
    on: On,
    images: Photographs | None,
    reach: float,
    steps: int,
) -> None:
    if unknown := [name for name in names if name not in VARIABLES]:
        raise InputError(f"{unknown[0]} is no constant to fit: choose {', '.join(VARIABLES)}.")
    if not any(float(getattr(start, name)) for name in names):
        raise InputError("Name at least one constant that is not 0: a constant of 0 stays 0.")
    if len(set(names)) < len(names):
        raise InputError("Name each constant to fit once.")
    if on not in ONS:
        raise InputError(f"Constants are fitted on {' or '.join(ONS)}, not on {on!r}.")
    if (on == "images") != (images is not None):
        raise InputError("Give photographs for a fit on images, and none for one on stimuli.")
    if not 1 < reach < math.inf:
        raise InputError(f"A constant may change by a factor above 1, not {reach:g}.")
    if steps < 1:
        raise InputError(f"An optimiser takes 1 step or more, not {steps}.")


def _geometry(network: Network, layer: str, tile: float) -> Geometry:
    """Where the natural units look, on images of the size that their network was trained on."""
    axis = network.geometry(layer, size=network.input_size).x
    return general_geometry(stride=round(axis.stride), tile=tile, centre=axis.centre)


def _score(varied: Varied, half: Half, constants: Constants) -> Score:
    natural = half.natural.double().numpy()
    found = answers(varied, half, constants)
    across = standardised(natural) @ standardised(found).T
    apart = np.abs(relative_orientation(varied.orientations, varied.orientations)) >= APART
    own = correlation(natural, found)
    # A unit that never responds, or has no other so far away, says nothing.
    counted = apart & np.isfinite(own)[:, None]
    total, count = np.where(counted, across, 0).sum(1), counted.sum(1)
    shuffled = np.divide(total, count, out=np.full(len(own), np.nan), where=count > 0)
    return Score(own=own, shuffled=shuffled)
