"""The artificial family that belongs to a natural one: same orientations, same places."""

from collections.abc import Sequence

from curvecircuits.artificial import (
    Constants,
    Detector,
    Parts,
    artificial_network,
    general_geometry,
    inception_geometry,
)
from curvecircuits.artificial.geometry import ARTICLE_TILE, Geometry
from curvecircuits.compare.matched import Matched, Side
from curvecircuits.errors import InputError
from curvecircuits.families.records import CurveFamily
from curvecircuits.models.inception import Variant
from curvecircuits.models.network import Network
from curvecircuits.tuning.receptive import receptive_centres


def match_family(
    network: Network,
    family: CurveFamily,
    *,
    constants: Constants | None = None,
    parts: Parts | None = None,
    detector: Detector = "curves",
    centred: bool = True,
    centres: Sequence[tuple[float, float]] | None = None,
    seed: int = 0,
) -> Matched:
    """Write an artificial family for a natural one.

    Two things are taken from each natural unit, both measured: its orientation, and (unless
    `centred` is false) where it looks beside the centre of its theoretical receptive field. The
    strides and centres of the two layers are the same, so that responses can be compared cell by
    cell and units exchanged without a shift.

    Parameters
    ----------
    network, family
        The natural network, and what `find_curves` returned for it.
    constants, parts, detector
        As for `artificial_network`.
    centred
        Whether each artificial unit looks where the natural one is measured to look.
    centres
        Where they look, if that was measured before: `Matched.centres`.

    Raises
    ------
    InputError
        If the family has no units, or its layer a stride that cannot be written.

    Examples
    --------
    >>> from curvecircuits.families import find_curves
    >>> network = artificial_network(orientations=[0, 45, 90, 135, 180, 225, 270, 315])
    >>> family = find_curves(network, layer="3b", permutations=1)
    >>> matched = match_family(network, family, centred=False)
    >>> matched.artificial.network.geometry("3b") == network.geometry("3b")
    True
    """
    if family.layer is None or not family.units:
        raise InputError(
            f"{network.name} has no curve family: an artificial one can be matched to a family "
            "that was found only."
        )
    channels = tuple(u.channel for u in family.units)
    orientations = tuple(u.orientation for u in family.units)
    if centres is None and centred:
        measured = receptive_centres(network, family.layer, channels, seed=seed)
        centres = [(float(x), float(y)) for x, y in measured]
    written = artificial_network(
        constants,
        orientations=orientations,
        centres=centres,
        geometry=geometry_for(network, family),
        parts=parts,
        detector=detector,
    )
    return Matched(
        natural=Side(network=network, layer=family.layer, channels=channels),
        artificial=Side(network=written, layer="3b", channels=tuple(range(len(channels)))),
        orientations=orientations,
        centres=None if centres is None else tuple(centres),
    )


def geometry_for(network: Network, family: CurveFamily) -> Geometry:
    """Kernels, strides and padding with which artificial units look where a family's layer does.

    Raises
    ------
    InputError
        If the family's layer has a stride that cannot be written.
    """
    assert family.layer is not None
    natural = network.geometry(family.layer)
    tile = next((scan.tile for scan in family.layers if scan.layer == family.layer), ARTICLE_TILE)
    variants: tuple[Variant, ...] = ("googlenet", "inception_v1")
    for variant in variants:
        own = artificial_network(geometry=inception_geometry(variant)).geometry(
            "3b", size=network.input_size
        )
        same = (own.stride, own.centre(0)) == (natural.stride, natural.centre(0))
        if same and tile == ARTICLE_TILE:
            return inception_geometry(variant)
    return general_geometry(stride=natural.stride, tile=tile, centre=natural.centre(0))
