"""Responses of natural and artificial units to shapes that neither was fitted to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor

from curvecircuits.circuits.intervals import Interval
from curvecircuits.compare.agreement import Agreement, agreement, mean_over_units
from curvecircuits.compare.held_out_shapes import HeldOutShape, held_out_shapes
from curvecircuits.compare.matched import Matched, Side
from curvecircuits.compare.readings import Reading, check_lines, read_side
from curvecircuits.compare.turning import check_circle, correlation
from curvecircuits.errors import InputError
from curvecircuits.families.tiles import tile_of
from curvecircuits.tuning import Station

ORIENTATIONS = tuple(10.0 * k for k in range(36))
"""In which each shape is shown, unless others are given."""


@dataclass(frozen=True, kw_only=True)
class ShapeResponses:
    """Responses of matched units to every shape in every orientation.

    `natural` and `artificial` are pre-activations; of layers that are never clipped, what the shape
    adds to its ground. `agreement` correlates the clipped ones over the whole set.
    """

    matched: Matched
    shapes: tuple[HeldOutShape, ...]
    orientations: tuple[float, ...]
    tile: float
    """Pixels of the natural network's images."""
    natural: Float[ndarray, "units shapes orientations"]
    artificial: Float[ndarray, "units shapes orientations"]
    agreement: Agreement
    unclipped: Float[ndarray, " units"]
    """Correlation over the whole set of the pre-activations."""
    each: Float[ndarray, "units shapes"]
    """Correlation over the orientations of one shape, of the clipped responses; NaN where the
    natural unit never responds to it."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of the shapes that were shown."""
        return tuple(dict.fromkeys(shape.kind for shape in self.shapes))

    def over(self, kinds: Sequence[str], *, seed: int = 0) -> Interval:
        """Mean over units of the correlation over all shapes of some kinds, clipped responses.

        Raises
        ------
        InputError
            When no shape of a kind was shown.
        """
        for kind in kinds:
            if kind not in self.kinds:
                raise InputError(
                    f"No shape of the kind {kind!r} was shown: choose {', '.join(self.kinds)}."
                )
        at = [k for k, shape in enumerate(self.shapes) if shape.kind in kinds]
        heard, answered = np.maximum(self.natural[:, at], 0), np.maximum(self.artificial[:, at], 0)
        return mean_over_units(correlation(heard, answered), seed=seed)


def shape_responses(
    matched: Matched,
    *,
    shapes: Sequence[HeldOutShape] | None = None,
    lines: Side | None = None,
    orientations: Sequence[float] = ORIENTATIONS,
    tile: float | None = None,
    scale: float = 1.0,
    seed: int = 0,
    progress: bool = False,
) -> ShapeResponses:
    """Correlate the responses of natural and artificial units to shapes that are not plain curves.

    Shapes are centred where the unit looks. The clipped responses of each natural unit to all
    shapes in all orientations are one list of numbers, correlated with the list of what
    `Agreement` names; gains of units do not matter, gains between shapes do.

    Parameters
    ----------
    shapes
        By default all `held_out_shapes()`.
    lines
        Units of an artificial network that detects lines instead, as many.
    orientations
        Degrees, round the circle in equal steps.
    tile
        Side in pixels of the square that shapes are drawn in; by default the natural layer's own.
    scale
        Pixels of the artificial network's images for one of the natural network's.
    seed
        For textures and noise.

    Raises
    ------
    InputError
        For no shapes, orientations that do not go round the circle, lines that are not as many as
        the units, channels that are not there, and tiles that do not fit.

    Examples
    --------
    A network against itself:

    >>> from curvecircuits.artificial import artificial_network
    >>> side = Side(network=artificial_network(), layer="3b", channels=(0, 6, 12))
    >>> both = Matched(natural=side, artificial=side, orientations=(0.0, 90.0, 180.0))
    >>> found = shape_responses(both, shapes=held_out_shapes(kinds=["angle"]), tile=60.0)
    >>> found.agreement.mean().value, found.agreement.mean("shuffled").value < 0.3
    (1.0, True)

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021, on the artificial artificial neural network.
    """
    chosen = tuple(held_out_shapes() if shapes is None else shapes)
    if not chosen:
        raise InputError("Give at least one shape to show.")
    at = tuple(float(o) for o in orientations)
    check_circle(at)
    check_lines(matched, lines)
    own = tile_of(matched.natural.network, matched.natural.layer) if tile is None else tile

    def read(side: Side, side_tile: float) -> Reading:
        device = side.network.device

        def draw(place: Station) -> Iterator[tuple[Tensor, Tensor]]:
            for shape in chosen:
                yield shape.images(
                    at,
                    tile=side_tile,
                    size=place.size,
                    centre=place.centre,
                    seed=seed,
                    device=device,
                )

        return read_side(side, draw, tile=side_tile, progress=progress)

    shape = (len(matched.orientations), len(chosen), len(at))
    seen = read(matched.natural, own)
    natural = seen.values.reshape(shape)
    artificial = read(matched.artificial, own * scale).values.reshape(shape)
    heard, answered = np.maximum(natural, 0), np.maximum(artificial, 0)
    return ShapeResponses(
        matched=matched,
        shapes=chosen,
        orientations=at,
        tile=own,
        natural=natural,
        artificial=artificial,
        agreement=agreement(
            heard,
            answered,
            orientations=matched.orientations,
            beside=np.maximum(seen.beside, 0).reshape(-1, *shape),
            lines=None
            if lines is None
            else np.maximum(read(lines, own * scale).values, 0).reshape(shape),
        ),
        unclipped=correlation(natural, artificial),
        each=np.stack(
            [correlation(heard[:, k], answered[:, k]) for k in range(len(chosen))], axis=1
        ),
    )
