"""A sheet of what units see, unedited and with the inputs of one group of units alone."""

import math
from collections.abc import Sequence

from PIL import Image

from curvecircuits.circuits.intervals import Interval
from curvecircuits.errors import InputError
from curvecircuits.visualize.edited.pictures import EditedPictures
from curvecircuits.visualize.edited.records import GroupShares
from curvecircuits.visualize.features.picture import Picture
from curvecircuits.visualize.sheets import Sheet

_CELL = 96


def edited_sheet(
    found: EditedPictures, *, groups: Sequence[str] | None = None, random: bool = True
) -> Image.Image:
    """Draw units side by side in order of orientation: unedited, then one row for each group.

    Under each picture is the share of the unit's activation that it reaches in the unedited
    network, and under a group's row another with as many random inputs. Headings have means over
    units with their 95 % intervals.

    Parameters
    ----------
    groups
        Which groups are drawn, from the top; by default all.
    random
        Draw the rows of random inputs too.

    Raises
    ------
    InputError
        For a group that there is not.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> from curvecircuits.models.address import Unit
    >>> from curvecircuits.visualize.edited.pictures import edited_pictures
    >>> early = {"curves": [Unit("3a", channel) for channel in range(24)]}
    >>> found = edited_pictures(artificial_network(), ["3b:6"], early, layer="3a", steps=2)
    >>> edited_sheet(found).mode
    'RGB'

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021.
    """
    shares = found.shares
    there = [g.group for g in shares.groups]
    names = there if groups is None else list(groups)
    for name in names:
        if name not in there:
            raise InputError(f"There is no group {name!r} here: there are {', '.join(there)}.")
    degrees = [math.inf if o is None else o for o in shares.orientations]
    order = sorted(range(len(degrees)), key=degrees.__getitem__)
    sheet = Sheet(columns=max(len(order), 7), cell=_CELL)
    sheet.title(
        f"{shares.model}: what units see with some of their inputs from {shares.layer} alone",
        "Under each picture: activation of the unedited unit on it, as a share of that on the "
        "unit's own picture",
    )
    sheet.heading("Unedited")
    sheet.row(_drawn(found.unedited, order))
    sheet.labels([_name(shares.units[i], shares.orientations[i]) for i in order])
    sheet.labels([f"{shares.activations[i]:,.4g}" for i in order], pale=True)
    for name in names:
        group = shares.of(name)
        reached = group.reconstructed
        sheet.heading(_heading(group, shares.layer))
        sheet.row(_drawn(found.edited[name], order))
        sheet.labels([_percent(reached.group[i]) for i in order])
        if random:
            sheet.heading(f"As many random ones: {_mean(reached.control_mean())}")
            sheet.row(_drawn(found.random[name], order))
            sheet.labels([_percent(reached.control[i]) for i in order])
    return sheet.image()


def _drawn(pictures: Sequence[Picture], order: Sequence[int]) -> list[Image.Image]:
    """Pictures as they are; what is not opaque before mid-grey, as it was measured."""
    return [pictures[i].pillow(behind=0.5) for i in order]


def _name(unit: str, orientation: float | None) -> str:
    return unit if orientation is None else f"{unit}, {orientation:g}°"


def _heading(group: GroupShares, layer: str) -> str:
    count = len(group.channels)
    units = "1 unit" if count == 1 else f"{count} units"
    return (
        f"{group.group.capitalize()} only, {units} of {layer}: {_mean(group.reconstructed.mean())}"
    )


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"


def _mean(found: Interval) -> str:
    if math.isnan(found.value):
        return "no unit is active"
    bounds = "" if math.isnan(found.low) else f" ({found.low:.0%} to {found.high:.0%})"
    return f"{found.value:.0%}{bounds}"
