"""Our families of inception5h's units beside those that were published of it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from types import MappingProxyType

from curvecircuits.errors import InputError
from curvecircuits.families.published import PublishedFamilies
from curvecircuits.families.taxonomy import LINES, Taxonomy, UnitLabel
from curvecircuits.store import Record

Counterparts = Mapping[str, Mapping[str, tuple[str, ...]]]

COUNTERPARTS: Counterparts = MappingProxyType(
    {
        "conv2d0": {
            "Gabor Filters": ("Gabor",),
            "Color Contrast": ("colour contrast",),
        },
        "conv2d1": {
            "Color": ("colour contrast",),
            "Multicolor": ("colour contrast",),
            "Color Contrast": ("colour contrast",),
            "Low Frequency": ("low frequency",),
            "Complex Gabor": ("complex Gabor",),
            "Gabor Like": ("Gabor", "complex Gabor"),
        },
        "conv2d2": {
            "Tiny Curves": ("tiny curve",),
            "Early Brightness Gradient": ("brightness gradient",),
            "Color Contrast": ("colour contrast",),
            "Gabor Textures": ("texture",),
            "Hatch Textures": ("texture",),
            "Textures": ("texture",),
            "Line": LINES,
            "Corners": ("angle",),
            "Shifted Line": LINES,
            "Color/Multicolor": ("colour contrast",),
            "Color Center-Surround": ("centre–surround",),
        },
        "mixed3a": {
            "Brightness Gradient": ("brightness gradient",),
            "Color Contrast": ("colour contrast",),
            "Color Center-Surround": ("centre–surround",),
            "Texture": ("texture",),
            "Angles": ("angle",),
            "Complex Center-Surround": ("centre–surround",),
            "Curves": ("early curve",),
            "Line Misc.": LINES,
            "Thick Lines": LINES,
            "Lines": LINES,
        },
        "mixed3b": {
            "Texture": ("texture",),
            "Color Center-Surround": ("centre–surround",),
            "Complex Center-Surround": ("centre–surround",),
            "Lines": LINES,
            "Brightness Gradients": ("brightness gradient",),
            "Boundary": ("edge",),
            "Curves": ("curve",),
            "Double Boundary": ("edge",),
            "Bar / Line-Like": LINES,
            "Color Contrast/Gradient": ("colour contrast",),
            "Boundary Misc": ("edge",),
        },
    }
)
"""What each published family is called here, by layer. One that is missing has no counterpart:
what it sees, such as fur or eyes, is more than any family here says."""


@dataclass(frozen=True, kw_only=True)
class ComparedFamily(Record):
    """A published family, and what its units are called here."""

    layer: str
    """As in the taxonomy."""
    family: str
    """As published."""
    units: int
    counterparts: tuple[str, ...]
    """The families that count as the same; none where there is no counterpart."""
    labels: Mapping[str, int]
    """Units by the family they have here, the most frequent first."""

    @property
    def agreeing(self) -> int:
        """How many of its units have a counterpart's name."""
        return sum(self.labels.get(name, 0) for name in self.counterparts)


@dataclass(frozen=True, kw_only=True)
class LayerAgreement(Record):
    """How far the two agree on the units of a layer, or of all."""

    layer: str | None
    """None for all layers together."""
    units: int
    """In published families that have a counterpart."""
    without: int
    """In published families that have none, which are left out."""
    share: float | None
    """Of `units`, those that agree; None where there is no unit."""
    low: float | None
    """Lower end of the 95 % interval of the share (Wilson), over units."""
    high: float | None
    chance: float | None
    """Mean share when the compared units of each layer exchange labels."""


@dataclass(frozen=True, kw_only=True)
class PublishedComparison(Record):
    """A taxonomy of inception5h beside the published families."""

    families: tuple[ComparedFamily, ...]
    """In the order of the layers and of publication."""
    layers: tuple[LayerAgreement, ...]
    total: LayerAgreement


def against_published(
    taxonomy: Taxonomy,
    published: PublishedFamilies,
    *,
    counterparts: Counterparts = COUNTERPARTS,
) -> PublishedComparison:
    """Count, for every published family, what its units are called by the taxonomy.

    A unit agrees if its label is a counterpart of its published family. Units of published families
    without a counterpart are left out of the share and counted. Chance is what the share would be
    on average if the labels of the units compared were exchanged within each layer: Σ_u p(u) / n,
    p(u) being the share of the layer's labels that would agree with unit u.

    Parameters
    ----------
    taxonomy
        Of inception5h: on any other network its channels are other units.
    published
        From `published_families`.
    counterparts
        By layer and published family, our names.

    Raises
    ------
    InputError
        When none of the taxonomy's layers has published families, or one has a channel less than
        the published units.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from curvecircuits.families.published import published_families
    >>> published = published_families()
    >>> gabors = published.families["conv2d0"]["Gabor Filters"]
    >>> unit = UnitLabel(
    ...     unit="", layer="conv2d0", channel=0, family="Gabor", score=1.0, sign=1,
    ...     orientation=None, echo=None, wavelength=None
    ... )  # fmt: skip
    >>> labels = [
    ...     replace(unit, channel=c, family="Gabor" if c in gabors else "colour contrast")
    ...     for c in range(64)
    ... ]
    >>> taxonomy = Taxonomy(
    ...     model="inception_v1", model_hash="", layers=("conv2d0",), curve_layer="3b",
    ...     labels=tuple(labels), seed=0
    ... )  # fmt: skip
    >>> found = against_published(taxonomy, published)
    >>> found.total.share, found.total.units, found.total.without
    (1.0, 55, 9)

    References
    ----------
    Olah et al., "An Overview of Early Vision in InceptionV1", Distill 2020, appendix of families.
    """
    names = {layer.removeprefix("mixed"): layer for layer in published.families}
    shared = [x for x in taxonomy.layers if x.removeprefix("mixed") in names]
    if not shared:
        raise InputError(
            f"None of the layers {', '.join(taxonomy.layers)} has published families: they are of "
            f"{', '.join(published.families)}."
        )
    compared: list[ComparedFamily] = []
    for layer in shared:
        name = names[layer.removeprefix("mixed")]
        labels = taxonomy.of(layer)
        for family, channels in published.families[name].items():
            counted = Counter(x.family for x in _chosen(labels, channels, layer))
            compared.append(
                ComparedFamily(
                    layer=layer,
                    family=family,
                    units=len(channels),
                    counterparts=counterparts.get(name, {}).get(family, ()),
                    labels=dict(counted.most_common()),
                )
            )
    by_layer = [[c for c in compared if c.layer == x] for x in shared]
    chances = [_by_chance(families) for families in by_layer]
    return PublishedComparison(
        families=tuple(compared),
        layers=tuple(
            _agreement(families, layer, chance)
            for layer, families, chance in zip(shared, by_layer, chances, strict=True)
        ),
        total=_agreement(compared, None, sum(chances)),
    )


def _chosen(labels: Sequence[UnitLabel], channels: Sequence[int], layer: str) -> list[UnitLabel]:
    by_channel = {x.channel: x for x in labels}
    for c in channels:
        if c not in by_channel:
            raise InputError(f"{layer} has no unit {c}: published families are of inception5h.")
    return [by_channel[c] for c in channels]


def _by_chance(families: Sequence[ComparedFamily]) -> float:
    """Expected number of units of one layer that agree when labels are exchanged."""
    kept = [c for c in families if c.counterparts]
    labels: Counter[str] = Counter()
    for each in kept:
        labels.update(each.labels)
    whole = max(labels.total(), 1)
    return sum(c.units * sum(labels[n] for n in c.counterparts) / whole for c in kept)


def _agreement(
    families: Sequence[ComparedFamily], layer: str | None, by_chance: float
) -> LayerAgreement:
    n = sum(c.units for c in families if c.counterparts)
    share = sum(c.agreeing for c in families) / n if n else None
    low, high = (None, None) if share is None else _wilson(share, n)
    return LayerAgreement(
        layer=layer,
        units=n,
        without=sum(c.units for c in families if not c.counterparts),
        share=share,
        low=low,
        high=high,
        chance=by_chance / n if n else None,
    )


def _wilson(share: float, n: int, *, z: float = 1.96) -> tuple[float, float]:
    """95 % interval of a share of n units."""
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)
