"""How well artificial units predict natural ones on photographs, and where they fail."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from math import ceil
from typing import Literal

import numpy as np
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from curvecircuits.compare.disagreement import Disagreement
from curvecircuits.compare.photo_figures import Estimate as Measured
from curvecircuits.compare.photo_figures import Figure
from curvecircuits.compare.photographs import PhotographAgreement
from curvecircuits.errors import InputError
from curvecircuits.report.parts import Words
from curvecircuits.report.prose import count
from curvecircuits.report.values import Estimate, OrientedUnit, estimate, written
from curvecircuits.store import Record

_COLUMNS = 8
_LIMIT = 160_000
"""Characters of a sprite as a data URI."""

_ROWS = {
    "artificial": ("artificial unit", "measured"),
    "lines": ("artificial line detector", "control"),
    "others": ("natural unit of another orientation", "control"),
    "shuffled": ("artificial units of other orientations", "control"),
    "beside": ("the natural unit itself, one cell beside", "reference"),
}
"""What predicts the natural unit, in the order shown."""
_PANELS: dict[Figure, tuple[str, float]] = {
    "auroc": ("AUROC", 0.5),
    "precision": ("Precision at the top", 0.0),
    "clipped": ("Correlation, clipped", 0.0),
}


@dataclass(frozen=True, kw_only=True)
class PhotoEstimate(Record):
    """A mean over units with both of its 95 % intervals."""

    units: Estimate
    """When units are resampled."""
    images: Estimate
    """When photographs are."""


@dataclass(frozen=True, kw_only=True)
class PhotoPanel(Record):
    """One measure of agreement."""

    name: str
    title: str
    chance: float
    """What a prediction without any knowledge has."""
    estimates: tuple[PhotoEstimate, ...]
    """One a predictor."""
    lead: PhotoEstimate | None
    """The artificial units' less the line detectors', unit by unit."""


@dataclass(frozen=True, kw_only=True)
class Predictor(Record):
    """What predicts the natural units."""

    name: str
    title: str
    role: Literal["measured", "control", "reference"]
    """A control has to be worse; the reference is what a perfect unit in the next cell has."""


@dataclass(frozen=True, kw_only=True)
class PhotoCrop(Record):
    """One place where one of two paired units is at its strongest and the other is not."""

    unit: str
    """Address of the natural unit."""
    miss: Literal["false positive", "false negative"]
    natural: float
    """Percentile among the unit's own positions, 0 to 100."""
    artificial: float
    cell: int
    """Place of the crop in the sprite, row by row."""


@dataclass(frozen=True, kw_only=True)
class PhotoAgreement(Record):
    """Agreement on photographs."""

    kind: Literal["photo-agreement"] = "photo-agreement"
    words: Words
    predictors: tuple[Predictor, ...]
    panels: tuple[PhotoPanel, ...]
    units: tuple[OrientedUnit, ...]
    """Natural units whose disagreements are shown."""
    crops: tuple[PhotoCrop, ...]
    columns: int
    """Crops in a row of the sprite."""
    side: int
    """Of a crop, in pixels."""
    sprite: str | None
    """Data URI of a picture; None without crops."""


def photo_agreement(
    found: PhotographAgreement,
    *,
    misses: Sequence[Disagreement] = (),
    squares: Float[Tensor, "crops 3 side side"] | None = None,
    caption: str = "",
) -> PhotoAgreement:
    """Make the figure from the agreement and its worst places, with its sentences.

    Parameters
    ----------
    found
        From `compare.maps_agreement`.
    misses, squares
        From `compare.disagreements` and `compare.crops`, one square for each.

    Raises
    ------
    InputError
        When squares and disagreements differ in number.
    """
    if len(misses) != (0 if squares is None else len(squares)):
        raise InputError(
            f"{len(misses)} disagreements are shown by as many squares of photographs."
        )
    names = [name for name in _ROWS if name in found.figures]
    side, natural = 0 if squares is None else int(squares.shape[-1]), found.matched.natural
    shown = sorted({m.unit for m in misses}, key=lambda u: found.matched.orientations[u])
    return PhotoAgreement(
        words=Words(
            title="Agreement on photographs",
            takeaway=_takeaway(found),
            caption=(
                f"On {found.images:,} photographs, {found.positions:,} positions in all, of which "
                f"each natural unit's strongest {100 * found.share:g}% are to be predicted. AUROC: "
                "chance that one of them is ranked above another position. Precision: share of as "
                "many positions of the prediction that are among them. Correlation is over all "
                "positions of responses clipped at zero. Thick bars are 95% intervals over units, "
                "thin ones over photographs; hollow marks are controls, which have to be worse. "
                "One cell beside is what a unit that is right but for its place has. " + caption
            ).strip(),
        ),
        predictors=tuple(Predictor(name=n, title=_ROWS[n][0], role=_role(n)) for n in names),
        panels=tuple(
            PhotoPanel(
                name=figure,
                title=title,
                chance=chance,
                estimates=tuple(_both(found.mean(figure, of=name)) for name in names),
                lead=_both(found.lead(figure)) if "lines" in names else None,
            )
            for figure, (title, chance) in _PANELS.items()
        ),
        units=tuple(
            OrientedUnit(
                unit=f"{natural.layer}:{natural.channels[u]}",
                shape="curve",
                orientation=float(found.matched.orientations[u]),
            )
            for u in shown
        ),
        crops=tuple(
            PhotoCrop(
                unit=f"{natural.layer}:{natural.channels[m.unit]}",
                miss=m.miss,
                natural=m.natural,
                artificial=m.artificial,
                cell=i,
            )
            for i, m in enumerate(misses)
        ),
        columns=_COLUMNS,
        side=side,
        sprite=None if squares is None else _sprite(squares),
    )


def _role(name: str) -> Literal["measured", "control", "reference"]:
    role = _ROWS[name][1]
    if role == "measured" or role == "control":
        return role
    return "reference"


def _takeaway(found: PhotographAgreement) -> str:
    own = found.mean("precision")
    text = (
        f"Of the strongest {100 * found.share:g}% of positions, "
        f"{count(len(found.matched.orientations), 'artificial unit')} "
        f"find {written(own.units)} of those of their natural ones"
    )
    if "lines" not in found.figures:
        return (
            f"{text}; one cell beside, the natural units themselves find "
            f"{written(found.mean('precision', of='beside').units)}."
        )
    ahead = (
        "by AUROC, precision and correlation they are ahead of line detectors, by both intervals"
        if found.ahead()
        else "they are not ahead of line detectors by all three measures and both intervals"
    )
    return f"{text}, line detectors {written(found.mean('precision', of='lines').units)}; {ahead}."


def _both(found: Measured) -> PhotoEstimate:
    return PhotoEstimate(units=estimate(found.units), images=estimate(found.images))


def _sprite(squares: Float[Tensor, "crops 3 side side"]) -> str:
    """All crops in one picture, as JPEG of the best quality that is small enough."""
    pixels = np.rint(squares.clamp(0, 1).cpu().numpy() * 255).astype(np.uint8)
    side = pixels.shape[-1]
    sheet = Image.new("RGB", (_COLUMNS * side, ceil(len(pixels) / _COLUMNS) * side), (128,) * 3)
    for i, square in enumerate(pixels):
        place = (i % _COLUMNS * side, i // _COLUMNS * side)
        sheet.paste(Image.fromarray(square.transpose(1, 2, 0)), place)
    uri = ""
    for quality in range(88, 20, -8):
        file = BytesIO()
        sheet.save(file, "jpeg", quality=quality, optimize=True)
        uri = f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode('ascii')}"
        if len(uri) <= _LIMIT:
            break
    return uri
