"""Bars on the labels: right where the families are known, none where the weights are shuffled."""

from bars import Outcome, bar
from bars.families import googlenet
from curvecircuits.artificial import Constants, artificial_network
from curvecircuits.families import Taxonomy, UnitLabel, discover_families
from curvecircuits.families.taxonomy import agreement
from curvecircuits.models.permute import weight_permuted

EARLY = ("conv2d0", "conv2d1", "conv2d2", "3a")


def truth(c: Constants) -> dict[str, list[tuple[str, float, int]]]:
    """Family, orientation and period of every unit of the artificial network, by layer."""
    gabors = [180 * k / c.gabor_orientations for k in range(c.gabor_orientations)]
    lines = [180 * k / c.line_orientations for k in range(c.line_orientations)]
    curves = [360 * k / c.curve_orientations for k in range(c.curve_orientations)]
    return {
        "conv2d0": [("Gabor", o, 180) for o in gabors for _ in range(4)],
        "conv2d1": [("complex Gabor", o, 180) for o in gabors],
        "conv2d2": [("line", o, 180) for o in lines],
        "3a": [("early curve", o, 360) for o in curves] + [("line", o, 180) for o in lines],
        "3b": [("curve", o, 360) for o in curves],
    }


def errors(labels: Taxonomy, c: Constants) -> tuple[list[UnitLabel], float]:
    """The units with a wrong label, and the largest error of orientation of the others."""
    wrong: list[UnitLabel] = []
    worst = 0.0
    for layer, expected in truth(c).items():
        for label, (family, orientation, period) in zip(labels.of(layer), expected, strict=True):
            if label.family != family:
                wrong.append(label)
            elif label.orientation is not None:
                turn = (label.orientation - orientation + period / 2) % period - period / 2
                worst = max(worst, abs(turn))
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
        detail=", ".join(f"{x.unit} {x.family}" for x in wrong),
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
