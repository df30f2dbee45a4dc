"""What the figure of decomposed units says in text."""

from collections.abc import Sequence

from curvecircuits.report.prose import count, in_words
from curvecircuits.visualize import Decomposition


def takeaway(found: Sequence[Decomposition]) -> str:
    """What was found of neighbouring cells, in one sentence with its numbers."""
    of = [layer.alikeness for each in found for layer in each.layers]
    known = [a for a in of if a.neighbours is not None]
    units = found[0].made.unit if len(found) == 1 else count(len(found), "curve unit")
    if not known:
        return f"What {units} asks of earlier layers is too small to compare its neighbours."
    lead = f"What {units} {'asks' if len(found) == 1 else 'ask'} of earlier layers"
    values = sorted(round(a.neighbours or 0.0, 2) for a in known)
    span = _signed(values[0]) + (f" to {_signed(values[-1])}" if len(values) > 1 else "")
    orders = sum((a.neighbours or 0) > (a.shuffled_most or 0) for a in known)
    copies = sum((a.neighbours or 0) > (a.permuted_most or 0) for a in known)
    grids = count(len(known), "grid")
    beyond = orders == len(known)
    return (
        f"{lead} {'changes' if beyond else 'does not always change'} little by little from place "
        f"to place: neighbouring cells are alike by a mean cosine of {span}; in {in_words(orders)} "
        f"of {grids} that is more than any of 200 random orders gives, in {in_words(copies)} more "
        "than any of eight copies of the network with permuted weights."
    )


def whole_caption(found: Sequence[Decomposition], skipped: Sequence[str], more: str) -> str:
    """How the grids are made and read, with the numbers of the first unit's."""
    made = found[0].made
    likeness = "; ".join(
        f"{layer.layer} {_cosine(layer.alikeness.neighbours)} "
        f"(random order {_cosine(layer.alikeness.shuffled)}, permuted weights "
        f"{_cosine(layer.alikeness.permuted)}, at most "
        f"{_cosine(layer.alikeness.permuted_most)})"
        for layer in found[0].layers
    )
    without = ""
    if skipped:
        names = ", ".join(layer.layer for layer in found[0].layers)
        without = (
            f" Of {len(skipped) + len(found[0].layers)} earlier layers four, evenly spread, are "
            f"shown: {names}."
            if len(found[0].layers) == 4
            else f" Of the earlier layers {names} are shown."
        )
    return (
        "A unit’s expanded weights on an earlier layer, as if nothing in between were clipped, are "
        "summed by area into a grid over all positions that it can see. Each cell shows a grey "
        "image, with opacity, that raises the cell’s weighted sum of the layer’s channels at one "
        f"position ({made.steps} steps, seed {made.seed}). It is as opaque as the cell’s weights "
        "are long, beside the longest of the grid; cells below 2% of that show none. Images are "
        "drawn to the size of a cell: the square on the unit’s own picture is what the cell sees. "
        f"Mean cosine of neighbouring cells of {made.unit}: {likeness}. Pooling alone makes "
        f"neighbours alike, which the permuted copies show.{without} {more}"
    ).strip()


def _cosine(value: float | None) -> str:
    return "unknown" if value is None else _signed(value)


def _signed(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")
