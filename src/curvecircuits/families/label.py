"""The rules by which a unit gets its family, on its features and tuning curves."""

from dataclasses import dataclass

import numpy as np
from numpy import ndarray

from curvecircuits.families.colour import contrasts
from curvecircuits.families.criteria import coherence
from curvecircuits.families.features import Features, signed
from curvecircuits.families.gabors import GaborFit
from curvecircuits.families.line_tuning import judge_lines
from curvecircuits.families.probes import ProbeResponses
from curvecircuits.families.taxonomy import LINES, UnitLabel, axis_of
from curvecircuits.tuning import TuningStatistics, tuning_statistics

_STRAIGHT, _TINY_BELOW = 0, 0.5


@dataclass(frozen=True, kw_only=True)
class LabelRules:
    """Bounds of the families; shares and drives are those of `Features`.

    The same values serve every network and layer. They were set on the spread of weight-permuted
    copies of GoogLeNet: most lie above what 99 in 100 of their units reach.
    """

    gabor: float = 0.45
    """Least share of a first-layer filter that a Gabor function explains."""
    chroma: float = 0.5
    """Energy out of the grey axis that makes a first-layer filter one of colour contrast."""
    colour: float = 0.64
    """Least colour share of a unit of colour contrast, or of a coloured centre–surround."""
    contrast: float = 0.5
    """Least share of one hue and one direction, for the direction of a colour contrast."""
    texture: float = 3.0
    """Standard deviations of shapes that a unit's mean response to texture is above theirs."""
    texture_drive: float = 1.0
    """Least mean response to texture, over the largest to any single shape."""
    line: float = 0.45
    """Least share of the orientation of lines."""
    curve_even: float = 0.5
    """Least share of the orientation of curves that is the same for opposite ones."""
    edge: float = 0.36
    """Least share of the orientation of coloured edges."""
    grating: float = 0.36
    """Least share of the orientation of gratings."""
    strength: float = 0.25
    """Least peak of a curve's radial tuning, as a share of the layer's 95th percentile."""
    coherence: float = 0.8
    """Least agreement of a curve's orientation across radii, as of `Criteria`."""
    curve_drive: float = 1.1
    """Least response to a curve over that to any line."""
    curve: float = 0.6
    """Least share of the orientation of curves altogether."""
    echo: float = 0.75
    """Largest echo of a curve of the layers before the curve layer."""
    own_echo: float = 0.3
    """Largest echo of a curve of the curve layer and later."""
    at90: float = 0.5
    """Largest response of a curve at ±90°."""
    bend: float = 1.05
    """Least response to the best radius over that to the straightest curve."""
    angle: float = 0.5
    """Least odd share of the orientation of angles."""
    angle_drive: float = 1.15
    """Least response to an angle over that to any curve or line."""
    size: float = 0.5
    """Least share of the radius of coloured spots."""
    surround: float = 0.3
    """Least fall of the response from the best spot to the largest."""
    ramp: float = 0.5
    """Least odd share of the direction of a gradient of brightness."""
    ramp_drive: float = 1.1
    """Least response to a gradient over that to any line, edge or grating."""
    wavelength: float = 0.75
    """Least share of the wavelength of gratings, for low frequency."""
    early: float = 0.3
    """Largest tile of a complex Gabor, over that of the curve layer."""
    waves: float = 4.0
    """A complex Gabor sees fewer waves of its best wavelength than this."""
    phase: float = 0.2
    """Largest share of the phase of gratings, for a complex Gabor."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Where a layer stands: its field, and its tile against that of the curve layer."""

    field: float
    tile: float
    curve_tile: float

    @property
    def curve_name(self) -> str:
        """What a curve detector of this layer is called."""
        ratio = self.tile / self.curve_tile
        return "tiny curve" if ratio < _TINY_BELOW else "early curve" if ratio < 1 else "curve"


def _bend(curves: ndarray) -> ndarray:
    """Response to the best radius over that to the straightest curve; 100 where that is none."""
    by_radius = curves.mean(3).max(1)
    return by_radius.max(1) / np.maximum(by_radius[:, _STRAIGHT], by_radius.max(1) / 100 + 1e-12)


def _filter_label(fit: GaborFit | None, rules: LabelRules, side: float) -> tuple[str, float] | None:
    if fit is None or fit.share < rules.gabor:
        return None
    if fit.chroma >= rules.chroma:
        return "colour contrast", fit.share
    # A filter that holds less than a third of a wave is a blob or a slope.
    return ("Gabor" if fit.wavelength < 3 * side else "low frequency"), fit.share


@dataclass(frozen=True)
class _Curve:
    """What says whether a unit is tuned to curves."""

    statistics: TuningStatistics
    bend: float
    strength: float
    coherence: float

    def meets(self, rules: LabelRules, x: dict[str, float], *, own: bool) -> bool:
        s = self.statistics
        return (
            x["curve_odd"] + x["curve_even"] >= rules.curve
            and s.peak > 0
            and s.echo <= (rules.own_echo if own else rules.echo)
            and s.at90 <= rules.at90
            and self.bend >= rules.bend
            and self.strength >= rules.strength
            and self.coherence >= rules.coherence
            and x["curve_drive"] >= rules.curve_drive
        )


def _family(
    x: dict[str, float], curve: _Curve, line: str | None, stage: Stage, rules: LabelRules
) -> tuple[str, float]:
    """The first family whose conditions a unit meets, and the share that speaks for it."""
    if x["active"] == 0:
        return "other", 0.0
    if x["texture"] >= rules.texture and x["texture_drive"] >= rules.texture_drive:
        return "texture", 1 - 1 / (1 + x["texture_drive"])
    spot = x["spot_surround"] >= rules.surround
    if x["colour"] >= rules.colour:
        centred = spot and x["spot_drive"] >= 1 and x["edge"] < rules.edge
        return ("centre–surround" if centred else "colour contrast"), x["colour"]
    if x["angle_odd"] >= rules.angle and x["angle_drive"] >= rules.angle_drive:
        return "angle", x["angle_odd"]
    if curve.meets(rules, x, own=stage.curve_name == "curve"):
        return stage.curve_name, min(1.0, x["curve_odd"] + x["curve_even"])
    oriented = {n: x[n] / getattr(rules, n) for n in ("line", "curve_even", "grating", "edge")}
    best = max(oriented, key=lambda n: oriented[n])
    if oriented[best] >= 1:
        few = stage.field < rules.waves * x["best_wavelength"] and x["phase"] <= rules.phase
        if few and stage.tile < rules.early * stage.curve_tile:
            return "complex Gabor", x[best]
        if line and max(oriented["line"], oriented["curve_even"]) >= 1:
            return line, x[best]
        return "edge", x[best]
    if spot and x["size"] >= rules.size:
        return "centre–surround", x["size"]
    if x["ramp_odd"] >= rules.ramp and x["ramp_drive"] >= rules.ramp_drive:
        return "brightness gradient", x["ramp_odd"]
    if x["wavelength"] >= rules.wavelength and x["best_wavelength"] >= stage.tile:
        return "low frequency", x["wavelength"]
    return "other", 0.0


def label_units(
    responses: ProbeResponses,
    found: Features,
    *,
    stage: Stage,
    fits: list[GaborFit | None] | None = None,
    perpendicular: ndarray | None = None,
    rules: LabelRules | None = None,
) -> list[UnitLabel]:
    """Label every unit of a layer.

    Parameters
    ----------
    fits
        Gabor fits, where the layer sees the image linearly.
    perpendicular
        Which units are longer across their preferred line than along it.
    """
    rules = rules or LabelRules()
    values, sign = signed(responses)
    clipped = {name: np.maximum(values[name], 0) for name in ("curve", "line", "angle", "ramp")}
    radial = clipped["curve"].mean((2, 3))
    statistics = tuning_statistics(radial)
    bends = _bend(clipped["curve"])
    peaks = radial.max(1)
    strengths = peaks / max(float(np.percentile(peaks, 95)), 0.25 * float(peaks.max()), 1e-12)
    coherences = coherence(clipped["curve"].mean(3))
    line_curves = clipped["line"].mean((2, 3, 4))
    lines = judge_lines(line_curves)
    angle_curves, ramp_curves = clipped["angle"].mean(2), clipped["ramp"].mean(2)
    edges = contrasts(values["hue_edge"].astype(float))
    table = found.table()
    labels: list[UnitLabel] = []
    for i, s in enumerate(statistics):
        fit = fits[i] if fits else None
        given = _filter_label(fit, rules, responses.station.size) if fits else None
        if given is None and fits:
            given = ("other", 0.0)
        curve = _Curve(s, float(bends[i]), float(strengths[i]), float(coherences[i]))
        numbers = {name: float(values[i]) for name, values in table.items()}
        family, score = given or _family(numbers, curve, lines[i].kind, stage, rules)
        if family in ("line", "line with an echo") and perpendicular is not None:
            family = "perpendicular line" if perpendicular[i] else family
        orientation: float | None = None
        wavelength: float | None = None
        hue: float | None = None
        if fit is not None and family == "Gabor":
            orientation, wavelength = fit.orientation, fit.wavelength
        elif "curve" in family:
            orientation = axis_of(radial[i], 360)
        elif family == "colour contrast" and edges[i].share >= rules.contrast:
            orientation, hue = edges[i].direction, edges[i].hue
        elif family == "angle":
            orientation = axis_of(angle_curves[i], 360)
        elif family == "brightness gradient":
            orientation = axis_of(ramp_curves[i], 360)
        elif family in ("complex Gabor", "edge", *LINES):
            orientation = axis_of(line_curves[i], 180)
            if family == "complex Gabor":
                wavelength = float(table["best_wavelength"][i])
        labels.append(
            UnitLabel(
                unit=f"{responses.layer}:{i}",
                layer=responses.layer,
                channel=i,
                family=family,
                score=round(score, 4),
                sign=int(sign[i]),
                orientation=orientation,
                echo=s.echo if "curve" in family else None,
                wavelength=wavelength,
                hue=hue,
            )
        )
    return labels
