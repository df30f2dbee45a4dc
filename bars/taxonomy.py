"""Bars on the labels: right where the families are known, none where the weights are shuffled."""

from dataclasses import dataclass

from bars import Outcome, bar
from bars.families import googlenet
from curvecircuits.artificial import Constants, Parts, artificial_network, layout
from curvecircuits.families import Taxonomy, UnitLabel, discover_families
from curvecircuits.families.taxonomy import PERIODS, agreement
from curvecircuits.models.inception import inception_aliases
from curvecircuits.models.permute import weight_permuted

EARLY = ("conv2d0", "conv2d1", "conv2d2", "3a")


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What may be said of a unit whose family is known."""

    family: str
    """What it was written as."""
    names: tuple[str, ...]
    """The names of the taxonomy that describe it."""
    orientations: tuple[float, ...]
    """In degrees; any of them is right."""


# Most families are called what they are. The others: Gabor-like units are between Gabors and
# complex Gabors. What is called low frequency there sums oriented Gabors. On a field three cells
# wide an arc and an angle that open the same way are alike.
_NAMES: dict[str, tuple[str, ...]] = {
    "coarse Gabor": ("Gabor",),
    "Gabor-like": ("Gabor", "complex Gabor"),
    "low frequency": ("low frequency", "complex Gabor"),
    "line": ("line", "line with an echo"),
    "shifted line": ("line", "line with an echo", "cliff"),
    "tiny curve": ("tiny curve", "angle"),
    "angle": ("angle", "early curve"),
    "line end": ("angle",),
}
_ARMS = (-45.0, 45.0)
"""A line end is half a line: one arm of right angles that point 45° to either side of it."""


def truth(c: Constants) -> dict[str, list[Expected]]:
    """What may be said of every unit of the artificial network, by layer."""
    aliases = {name: alias for alias, name in inception_aliases().items()}
    return {
        aliases.get(name, name): [
            Expected(
                family=group.family,
                names=_NAMES.get(group.family, (group.family,)),
                orientations=tuple(
                    angle + turn for turn in (_ARMS if group.family == "line end" else (0.0,))
                ),
            )
            for group in groups
            for angle in group.degrees()
        ]
        for name, groups in layout(c, Parts()).items()
    }


def errors(labels: Taxonomy, c: Constants) -> tuple[list[tuple[UnitLabel, str]], float]:
    """The units with a wrong label, what they are, and the largest error of the others, degrees."""
    wrong: list[tuple[UnitLabel, str]] = []
    worst = 0.0
    for layer, units in truth(c).items():
        for label, expected in zip(labels.of(layer), units, strict=True):
            if label.family not in expected.names:
                wrong.append((label, expected.family))
            elif label.orientation is not None:
                period = PERIODS[label.family]
                turns = [
                    (label.orientation - o + period / 2) % period - period / 2
                    for o in expected.orientations
                ]
                worst = max(worst, min(abs(turn) for turn in turns))
    return wrong, worst


@bar(number="2.4", title="Labels of the artificial network, whose families are known")
def labels_artificial(quick: bool) -> Outcome:
    del quick
    constants = Constants()
    found = discover_families(artificial_network(constants), curve_layer="3b")
    wrong, worst = errors(found, constants)
    right = 1 - len(wrong) / len(found.labels)
    return Outcome(
        value=f"{right:.1%} of {len(found.labels)}, off by ≤ {worst:.1f}°",
        bound="≥ 95 %, ≤ 7.5°",
        ok=right >= 0.95 and worst <= 7.5,
        detail=", ".join(f"{x.unit} {x.family} for {family}" for x, family in wrong),
    )


@bar(number="2.4", title="Units named in GoogLeNet, conv2d0 to 3a", needs_shared=True)
def labels_googlenet(quick: bool) -> Outcome:
    del quick
    found = discover_families(googlenet(), curve_layer="3b", layers=EARLY)
    share = found.named()
    return Outcome(
        value=f"{share:.1%}",
        bound="≥ 70 %",
        ok=share >= 0.7,
        detail="; ".join(f"{layer}: {found.counts(layer)}" for layer in found.layers),
    )


@bar(number="2.4", title="Units named in weight-permuted GoogLeNet, worst copy", needs_shared=True)
def labels_permuted(quick: bool) -> Outcome:
    shares: list[float] = []
    for seed in (201,) if quick else (201, 202, 203):
        network = weight_permuted(googlenet(), seed=seed)
        layers = (*EARLY, "3b")
        shares.append(discover_families(network, curve_layer="3b", layers=layers).named())
    return Outcome(
        value=", ".join(f"{s:.1%}" for s in shares), bound="≤ 20 %", ok=max(shares) <= 0.2
    )


@bar(number="2.4", title="Labels of GoogLeNet by two seeds that agree", needs_shared=True)
def labels_seeds(quick: bool) -> Outcome:
    layers = ("conv2d2", "3a") if quick else (*EARLY, "3b")
    first, second = (
        discover_families(googlenet(), curve_layer="3b", layers=layers, seed=seed)
        for seed in (0, 7)
    )
    share = agreement(first.labels, second.labels)
    return Outcome(value=f"{share:.1%}", bound="≥ 95 %", ok=share >= 0.95)
