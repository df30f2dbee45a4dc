"""Sheets of feature visualizations: chosen units, or a family in order of orientation."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from curvecircuits.errors import InputError
from curvecircuits.families.family import Family
from curvecircuits.models.network import Network
from curvecircuits.visualize.features.climbed import pictures_made
from curvecircuits.visualize.features.objectives import Objective
from curvecircuits.visualize.features.picture import Picture
from curvecircuits.visualize.features.plans import Look
from curvecircuits.visualize.sheets import Sheet

_COLUMNS, _CELL = 8, 120


@dataclass(frozen=True, kw_only=True, eq=False)
class FamilyPictures:
    """A feature visualization of every unit of a family, in order of orientation."""

    family: Family
    model: str
    pictures: tuple[Picture, ...]
    """One a unit of `family`, which is sorted."""

    def sheet(self, *, columns: int = _COLUMNS) -> Image.Image:
        """The pictures with their units and orientations.

        Raises
        ------
        InputError
            For fewer columns than one.
        """
        family = self.family
        labels = [
            f"{unit}" if np.isnan(angle) else f"{unit}, {angle:.0f}°"
            for unit, angle in zip(family.units, family.orientations, strict=True)
        ]
        return picture_sheet(
            self.pictures,
            title=f"{self.model}: {family.name} of {family.layer}",
            labels=labels,
            columns=columns,
        )


def family_pictures(
    network: Network,
    family: Family,
    *,
    signs: Sequence[int] | None = None,
    steps: int = 256,
    look: Look | None = None,
    seed: int = 0,
    batch: int | None = None,
    cache: str | Path | None = None,
    progress: bool = False,
    made: Callable[[Picture], None] | None = None,
) -> FamilyPictures:
    """Visualize every unit of a family, natural or artificial.

    Parameters
    ----------
    network, family
        The network, and some of its units.
    signs
        1 or −1 for each unit, in the family's order; −1 where a unit of a layer that is never
        clipped says something by going down.
    made
        Called with each picture when it is finished.

    Other parameters and errors are those of `feature_visualization`.

    Raises
    ------
    InputError
        For a family without units, and signs that are not as many.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> curves = Family(
    ...     name="curve", layer="3b", channels=(6, 0), orientations=(90.0, 0.0), period=360
    ... )
    >>> found = family_pictures(artificial_network(), curves, steps=2)
    >>> found.family.channels, len(found.pictures)
    ((0, 6), 2)

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021, whose families are shown so; "Curve
    Detectors", Distill 2020.
    """
    if not len(family):
        raise InputError(f"The family {family.name} of {family.layer} has no units to show.")
    signs = [1] * len(family) if signs is None else signs
    if len(signs) != len(family):
        raise InputError(f"{len(family)} units have as many signs, not {len(signs)}.")
    by_unit = dict(zip(family.channels, signs, strict=True))
    ordered = family.sorted()
    asked = [Objective.unit(u) for u in ordered.units]
    asked = [-o if by_unit[u.channel] < 0 else o for o, u in zip(asked, ordered.units, strict=True)]
    found: dict[int, Picture] = {}
    for place, picture in pictures_made(
        network,
        asked,
        steps=steps,
        look=look,
        seed=seed,
        batch=batch,
        cache=cache,
        progress=progress,
    ):
        found[place] = picture
        if made is not None:
            made(picture)
    return FamilyPictures(
        family=ordered,
        model=network.name,
        pictures=tuple(found[i] for i in range(len(ordered))),
    )


def picture_sheet(
    pictures: Sequence[Picture],
    *,
    title: str,
    below: str | None = None,
    labels: Sequence[str] | None = None,
    columns: int = _COLUMNS,
    cell: int = _CELL,
) -> Image.Image:
    """Draw pictures side by side with a text under each.

    All are of one scale where they come from one layer: a unit that sees less is drawn smaller, on
    grey.

    Parameters
    ----------
    title, below
        Above the pictures; by default `below` says how they were made.
    labels
        One a picture; by default what each was made for.
    columns, cell
        Pictures in a row, and pixels of the side of one.

    Raises
    ------
    InputError
        For no pictures, labels that are not as many, and fewer columns than one.
    """
    if not pictures or columns < 1:
        raise InputError("A sheet has at least one picture and one column.")
    labels = [p.made.objective for p in pictures] if labels is None else labels
    if len(labels) != len(pictures):
        raise InputError(f"{len(pictures)} pictures have as many labels, not {len(labels)}.")
    sheet = Sheet(columns=min(columns, len(pictures)), cell=cell)
    sheet.title(title, _how(pictures) if below is None else below)
    sides: dict[str, int] = {}
    for picture in pictures:
        layer = _layer(picture)
        sides[layer] = max(sides.get(layer, 0), *picture.image.shape[1:])
    for start in range(0, len(pictures), columns):
        some = pictures[start : start + columns]
        sheet.row([framed(p, sides[_layer(p)]) for p in some])
        sheet.labels([label.strip() for label in labels[start : start + columns]])
    return sheet.image()


def framed(picture: Picture, side: int) -> Image.Image:
    """A picture in the middle of a grey square of so many pixels."""
    height, width = picture.image.shape[1:]
    frame = Image.new("RGB", (side, side), (128, 128, 128))
    frame.paste(picture.pillow(behind=0.5), ((side - width) // 2, (side - height) // 2))
    return frame


def _layer(picture: Picture) -> str:
    return picture.made.objective.rpartition(":")[0]


def _how(pictures: Sequence[Picture]) -> str:
    made = pictures[0].made
    if all(p.made.kind == "weights" for p in pictures):
        return "their filters; grey is zero"
    return f"feature visualization, {made.steps} steps, seed {made.seed}"
