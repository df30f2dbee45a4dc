"""Joint tuning on photographs: strong crops are turned, and the whole family is read."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray
from tqdm import tqdm

from curvecircuits.compare.matched import Matched, Side
from curvecircuits.compare.natural_records import NaturalTuning
from curvecircuits.compare.photo_maps import Photographs
from curvecircuits.compare.picked_crops import Choosers, PickedCrops, pick_crops
from curvecircuits.compare.turned_crops import Crop, Window, turned_crop
from curvecircuits.errors import InputError
from curvecircuits.families.family import Family
from curvecircuits.families.records import CurveFamily
from curvecircuits.families.tiles import layer_tiles
from curvecircuits.images import Framing, ImageSet
from curvecircuits.models.address import Unit
from curvecircuits.models.network import Network
from curvecircuits.tuning import blank_response, images_at_once, read_out, station
from curvecircuits.tuning.measure import is_linear
from curvecircuits.tuning.receptive import receptive_centres

_FEWEST = 8
"""Turns, so that a peak has something between to go by."""


def natural_tuning(
    network: Network,
    family: CurveFamily | Family | Matched,
    images: Photographs | ImageSet,
    *,
    crops: int = 8,
    turns: int = 36,
    most: int | None = 500,
    signs: Sequence[int] | None = None,
    centres: Sequence[tuple[float, float]] | None = None,
    framing: Framing | None = None,
    seed: int = 0,
    batch: int = 16,
    progress: bool = False,
) -> NaturalTuning:
    """Turn the photographs that each unit answers most, and read how the whole family responds.

    Of each natural unit the strongest crops are picked, at most one an image. A crop is a disc
    around the point that the unit is measured to look at, large enough to hold the effective
    receptive field at every turn (its side over √2 is the radius; a soft edge follows). It is laid
    on grey with that point at the exact centre of the receptive field of the unit that is read,
    turned by k · 360° / turns, clockwise on screen, with one bicubic resampling, and all units of
    the family are read at that one position. Contrast is left as it is. The same is done with
    crops picked at random.

    The unit that chose a crop is bound to answer it at turn 0: selection and measurement are of
    the same image there. Figures of the result are of the other units unless its own are asked
    for.

    Parameters
    ----------
    network
        The natural network.
    family
        What `find_curves` returned, a `Family` of curves, or what `match_family` returned; of the
        last, artificial units are read too, on canvases of their own with the same crops.
    images
        Paths, an `ImageSet`, a tensor (n, 3, h, w) or batches, RGB in [0, 1].
    crops
        A unit.
    turns
        In equal steps round the circle: at least 8; 36 for curve detectors.
    most
        Images to choose from, evenly spread over those given; None for all. Of batches and
        iterators, the first so many.
    signs
        Of the natural units, 1 or −1: −1 for those of a linear layer that answer by going down.
        By default those of a `CurveFamily`, and 1 otherwise.
    centres
        Where the natural units look, in pixels right and down from the centre of their receptive
        field; by default those of the `Matched`, or `receptive_centres`.
    framing
        For files: how to cut out the square; by default as the network was trained.
    seed
        Of the random crops, the intervals, and the measured receptive field.
    batch
        Images at a time, where they are not given in batches.

    Raises
    ------
    InputError
        For families without units or not of curves, units that are not there, fewer than 8 turns,
        counts below 1, signs and centres that are not one a unit, images that are not sound or
        cannot be read, layers that no image moves, and images in which no unit answers.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> from curvecircuits.stimuli import curves
    >>> network = artificial_network(orientations=[0, 90, 180, 270])
    >>> side = Side(network=network, layer="3b", channels=(0, 1, 2, 3))
    >>> pairs = Matched(natural=side, artificial=side, orientations=(0, 90, 180, 270))
    >>> drawn = curves(orientation=[0, 90, 180, 270], radius=[30] * 4, size=128, width=2)
    >>> found = natural_tuning(
    ...     network, pairs, drawn.expand(-1, 3, -1, -1), crops=1, turns=12, centres=[(0, 0)] * 4
    ... )
    >>> found.natural["strongest"].shape, found.error().value < 15
    ((4, 1, 12, 4), True)

    References
    ----------
    Cammarata et al., "Curve Detectors", Distill 2020, section on joint tuning curves.
    """
    if turns < _FEWEST:
        raise InputError(f"A circle is gone round in at least {_FEWEST} turns, not {turns}.")
    side, orientations, own_signs = _units(network, family)
    given = tuple(signs) if signs is not None else own_signs
    if len(given) != len(orientations) or set(given) - {1, -1}:
        raise InputError(f"Signs are 1 or −1, one for each of the {len(orientations)} units.")
    if centres is None and isinstance(family, Matched):
        centres = family.centres
    if centres is None:
        measured = receptive_centres(network, side.layer, side.channels, seed=seed)
        centres = [(float(x), float(y)) for x, y in measured]
    if len(centres) != len(orientations) or not np.isfinite(centres).all():
        raise InputError(
            f"Centres are finite pairs, one for each of the {len(orientations)} units."
        )
    field, tile = layer_tiles(network, [side.layer], seed)[side.layer]
    if not field > 0:
        raise InputError(f"No image moves {side.layer} of {network.name}: choose a layer that is.")
    window = Window(field=field)
    looks = tuple((float(x), float(y)) for x, y in centres)
    picked = pick_crops(
        Choosers(side=side, signs=given, centres=looks),
        images,
        window=window,
        count=crops,
        most=most,
        framing=framing,
        seed=seed,
        batch=batch,
        progress=progress,
    )
    if not any(picked.strongest):
        raise InputError(
            f"None of the {len(orientations)} units answers in any of {picked.images} images: give "
            "more, or others."
        )
    angles = tuple(360 * k / turns for k in range(turns))

    def read(which: Side, which_signs: tuple[int, ...]) -> dict[str, ndarray]:
        reader = _Turning(which, which_signs, tile=tile, window=window, turns=angles)
        return reader.answers(picked, count=crops, progress=progress)

    artificial = family.artificial if isinstance(family, Matched) else None
    return NaturalTuning(
        layer=side.layer,
        channels=side.channels,
        orientations=orientations,
        centres=looks,
        turns=angles,
        field=field,
        crops=picked,
        natural=read(side, given),
        artificial={} if artificial is None else read(artificial, (1,) * len(orientations)),
        seed=seed,
    )


def _units(
    network: Network, family: CurveFamily | Family | Matched
) -> tuple[Side, tuple[float, ...], tuple[int, ...]]:
    """The natural units, their orientations and their signs."""
    if isinstance(family, Matched):
        if family.natural.network is not network:
            raise InputError(
                f"The units were matched to those of another network than {network.name}: give "
                "the network that they were matched to."
            )
        side, orientations, signs = family.natural, family.orientations, None
    elif isinstance(family, CurveFamily):
        side = Side(
            network=network,
            layer=family.layer or "",
            channels=tuple(unit.channel for unit in family.units),
        )
        orientations = tuple(unit.orientation for unit in family.units)
        signs = tuple(unit.sign for unit in family.units)
    else:
        if family.period != 360:
            raise InputError(
                f"Units of the family {family.name} are the same after half a circle: give a "
                "family of curves."
            )
        side = Side(network=network, layer=family.layer, channels=family.channels)
        orientations, signs = family.orientations, None
    if not side.channels:
        raise InputError(f"The family has no units: give one that was found in {network.name}.")
    if not np.isfinite(orientations).all():
        raise InputError("Joint tuning needs the orientation of every unit, in degrees.")
    for channel in side.channels:
        network.check(Unit(side.layer, channel))
    return side, tuple(float(o) for o in orientations), signs or (1,) * len(orientations)


class _Turning:
    """Units of one side, read at one position while crops are turned there."""

    def __init__(
        self,
        side: Side,
        signs: tuple[int, ...],
        *,
        tile: float,
        window: Window,
        turns: tuple[float, ...],
    ) -> None:
        self._side, self._signs = side, np.asarray(signs)
        self._network, self._window = side.network, window
        self._turns = torch.tensor(turns)
        layer = self._network.layer(side.layer).pre_activation
        self._place = station(self._network, layer, tile=tile)
        self._blank = 0.0
        if is_linear(self._network, layer):
            blank = blank_response(self._network, self._place, paper=0.5)
            self._blank = blank.numpy()[list(side.channels)]

    def answers(self, picked: PickedCrops, *, count: int, progress: bool) -> dict[str, ndarray]:
        kinds = {"strongest": picked.strongest, "random": picked.random}
        total = sum(len(own) for chosen in kinds.values() for own in chosen)
        found: dict[str, ndarray] = {}
        name = f"{self._network.name} turned"
        with tqdm(total=total, desc=name, unit="crop", disable=not progress) as bar:
            for kind, chosen in kinds.items():
                shape = (len(chosen), count, len(self._turns), len(self._signs))
                found[kind] = np.full(shape, np.nan, dtype=np.float32)
                for i, own in enumerate(chosen):
                    for k, crop in enumerate(own):
                        found[kind][i, k] = self._answer(crop)
                        bar.update()
        return found

    def _answer(self, crop: Crop) -> Float[ndarray, "turns units"]:
        place = self._place
        shown = turned_crop(
            crop, self._turns, size=place.size, centre=place.centre, window=self._window
        )
        values = read_out(
            self._network, place, shown.split(images_at_once(place, self._network.device))
        ).numpy()
        return np.maximum(self._signs * (values[:, list(self._side.channels)] - self._blank), 0)
