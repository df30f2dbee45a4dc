"""The figures of feature visualizations: both families' pictures, and units decomposed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from curvecircuits.compare.matched import Matched
from curvecircuits.compare.picture_check import check_pictures, dial_for
from curvecircuits.errors import InputError
from curvecircuits.families import CurveFamily
from curvecircuits.families.chain import chain
from curvecircuits.families.family import Family
from curvecircuits.models.network import Network
from curvecircuits.report.document import Missing
from curvecircuits.report.figures import Figure
from curvecircuits.report.figures.decomposed import decomposed_figure
from curvecircuits.report.figures.picture_words import PicturedSide
from curvecircuits.report.figures.pictures import pictures_figure
from curvecircuits.report.parts import spread, turn
from curvecircuits.visualize import Decomposition, Robustness, decompose, family_pictures
from curvecircuits.visualize.decomposition.grid import default_side

DECOMPOSED, PICTURES, OWN_PICTURES = "decomposed", "pictures", "own-pictures"
"""Names of the figures; the last is of a network beside which no artificial family can stand."""

_MOST, _FEWEST, _GRAIN = 128, 16, 8
"""Steps of an ascent, and what they are a multiple of."""
_FAMILY, _GRIDS = 16e6, 16e6
"""Pixels times steps that a family's pictures, and all grids together, may take: on one core of a
CPU about a second for every million."""
_UNITS, _LAYERS, _ENOUGH = 3, 4, 40
"""Units and layers that are decomposed, and the steps below which fewer units are."""


def picture_figures(
    network: Network,
    family: CurveFamily,
    matched: Matched | None,
    *,
    seed: int = 0,
    cache: Path | None = None,
    progress: bool = False,
) -> list[tuple[str, Figure]]:
    """Climb the pictures and make both figures by their names; none without a family.

    Steps, layers and units are fewer where pictures are large, as they are in deep networks: the
    choice depends on the network alone. What cannot be climbed or decomposed has no figure.

    Parameters
    ----------
    matched
        From `match_family`, for the artificial pictures; None shows the natural ones only.
    seed
        Of the pictures, and of permuted weights.
    cache
        A folder of finished pictures.

    Examples
    --------
    >>> made = picture_figures(network, family, None)  # doctest: +SKIP
    >>> [name for name, _ in made]  # doctest: +SKIP
    ['decomposed', 'own-pictures']
    """
    if family.layer is None or not family.units:
        return []
    pixels = len(family.units) * _side(network, family.layer) ** 2
    how = _How(steps=_steps(_FAMILY / pixels), seed=seed, cache=cache, progress=progress)
    dial = _dial(network, family)
    signs = {u.channel: u.sign for u in family.units}
    artificial = None
    try:
        natural = _side_of(network, family, family.layer, list(signs), signs, dial, how)
        if matched is not None:
            written = matched.artificial
            signs = dict.fromkeys(written.channels, 1)
            artificial = _side_of(
                written.network, family, written.layer, written.channels, signs, dial, how
            )
    except InputError:
        return []
    made: list[tuple[str, Figure]] = []
    shown = _decomposed(network, family, natural, how)
    if shown is not None:
        made.append((DECOMPOSED, shown))
    name = OWN_PICTURES if artificial is None else PICTURES
    return [*made, (name, pictures_figure(natural, artificial))]


def missing_pictures(family: CurveFamily, *, shown: bool) -> tuple[Missing, ...]:
    """The command that adds the figures, where they are left out.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> from curvecircuits.families import find_curves
    >>> family = find_curves(artificial_network(), layer="3b", permutations=1)
    >>> [part.command for part in missing_pictures(family, shown=False)]
    ['curvecircuits report --model M --circuit --pictures']
    >>> missing_pictures(family, shown=True)
    ()
    """
    if shown or not family.units:
        return ()
    return (
        Missing(
            title="Feature visualization of the units",
            command="curvecircuits report --model M --circuit --pictures",
        ),
    )


@dataclass(frozen=True, kw_only=True)
class _How:
    """How pictures are climbed and where they are kept."""

    steps: int
    seed: int
    cache: Path | None
    progress: bool


def _side_of(
    network: Network,
    family: CurveFamily,
    layer: str,
    channels: Sequence[int],
    signs: Mapping[int, int],
    dial: Network | None,
    how: _How,
) -> PicturedSide:
    """Pictures of channels that have the family's orientations, and what judges see in them."""
    shown = family_pictures(
        network,
        Family(
            name="curve",
            layer=layer,
            channels=tuple(channels),
            orientations=tuple(u.orientation for u in family.units),
            period=360,
        ),
        signs=[signs[c] for c in channels],
        steps=how.steps,
        seed=how.seed,
        cache=how.cache,
        progress=how.progress,
    )
    check = check_pictures(
        network,
        layer,
        shown.family.channels,
        shown.family.orientations,
        dial,
        [p.rgb() for p in shown.pictures],
        signs=[signs[c] for c in shown.family.channels],
        seed=how.seed,
    )
    return PicturedSide(shown=shown, check=check)


def _dial(network: Network, family: CurveFamily) -> Network | None:
    try:
        return dial_for(network, family)
    except InputError:
        return None


def _decomposed(
    network: Network, family: CurveFamily, natural: PicturedSide, how: _How
) -> Figure | None:
    """Up to three units decomposed; None where no unit can be."""
    assert family.layer is not None
    earlier = chain(network, family.layer)[:-1]
    layers = spread(earlier, _LAYERS)
    # What a unit says by going down, its weights do not raise.
    raised = {u.channel for u in family.units if u.sign > 0}
    places = [k for k, c in enumerate(natural.shown.family.channels) if c in raised]
    if not layers or not places:
        return None
    strengths = [float(value) for value in natural.check.activations]
    chosen = _around(natural.shown.family.orientations, strengths, places)
    pixels = sum(_pixels(network, family.layer, layer) for layer in layers)
    most = int(_GRIDS / (pixels * _ENOUGH))
    chosen = chosen[: max(1, most)]
    found: list[Decomposition] = []
    try:
        for k in chosen:
            found.append(
                decompose(
                    network,
                    natural.shown.family.units[k],
                    layers=layers,
                    steps=_steps(_GRIDS / (pixels * len(chosen))),
                    seed=how.seed,
                    cache=how.cache,
                    progress=how.progress,
                )
            )
    except InputError:
        return None
    return decomposed_figure(
        found,
        [natural.shown.pictures[k] for k in chosen],
        [natural.shown.family.orientations[k] for k in chosen],
        skipped=[layer for layer in earlier if layer not in layers],
        caption=f"The larger a network’s pictures, the fewer the steps, at most {_MOST}, and the "
        "fewer the units.",
    )


def _around(
    orientations: Sequence[float], strengths: Sequence[float], places: Sequence[int]
) -> list[int]:
    """The unit that its own picture drives most, and those nearest to a third of a turn from it."""
    first = max(places, key=lambda k: strengths[k])
    chosen = [first]
    for part in (120, 240):
        wanted = orientations[first] + part
        chosen.append(min(places, key=lambda k: abs(turn(wanted, orientations[k]))))
    return list(dict.fromkeys(chosen))[:_UNITS]


def _side(network: Network, layer: str) -> int:
    """Of a picture of a unit, about, in pixels."""
    field = network.geometry(layer).receptive_field
    return field + 2 * ceil(Robustness.of(field).jitter)


def _pixels(network: Network, layer: str, earlier: str) -> int:
    """Of all pictures of a grid, about."""
    own, source = network.geometry(layer), network.geometry(earlier)
    positions = (own.receptive_field - source.receptive_field) // source.stride + 1
    return (default_side(max(1, positions)) * _side(network, earlier)) ** 2


def _steps(allowed: float) -> int:
    return max(_FEWEST, min(_MOST, _GRAIN * int(allowed / _GRAIN)))
