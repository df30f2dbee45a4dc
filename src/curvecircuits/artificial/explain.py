"""The artificial network in English: what excites and inhibits each layer, with the numbers."""

import math
from dataclasses import dataclass, fields

import torch

from curvecircuits.artificial.constants import Constants, Real
from curvecircuits.artificial.geometry import inception_geometry
from curvecircuits.artificial.layout import HUES, Parts, layout
from curvecircuits.artificial.network import artificial_weights
from curvecircuits.errors import InputError

PUBLISHED_PARAMETERS = 50_000
"""The article says that the natural network's curve detection involves more than so many."""


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """The algorithm in sentences, and how much longer it is as weights."""

    sentences: tuple[str, ...]
    """From the image upwards. Lengths in pixels of InceptionV1's images, and standard deviations
    where a tile is meant; numbers in brackets are sums of weights, those that excite most being
    1."""
    weights: int
    """Elements of all kernels and biases."""
    nonzero: int
    """Those of them that are not zero."""
    constants: int
    """All that there are, whether the parts that use them are switched on or not."""

    @property
    def compression(self) -> float:
        """Weights that are not zero, per constant."""
        return self.nonzero / self.constants


def explain(constants: Constants | None = None, *, parts: Parts | None = None) -> Explanation:
    """Say in English what the artificial network computes with some constants.

    Nothing is said of parts that are switched off, or of constants that are 0. Concentrations are
    given as the angle at which a bump has half its height.

    Raises
    ------
    InputError
        For constants that make weights that are no numbers, such as a length of 0.

    Examples
    --------
    >>> found = explain()
    >>> found.sentences[0][:35], found.constants <= 40
    ('conv2d0 has 24 Gabors of 7 × 7 px: ', True)
    >>> less = explain(Constants(opposing_inhibition=0.0))
    >>> ["echo" in " ".join(e.sentences) for e in (found, less)]
    [True, False]

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021: more than 50,000 parameters "implement a
    simple algorithm that can be read off the weights and described in just a few English
    sentences".
    """
    c, parts = constants or Constants(), parts or Parts()
    tensors = [t for both in artificial_weights(c, parts=parts).values() for t in both]
    if not all(bool(torch.isfinite(t).all()) for t in tensors):
        raise InputError("These constants make no weights: give lengths and counts above 0.")
    return Explanation(
        sentences=(*_gabors(c, parts), *_lines(c), *_early(c, parts), *_curves(c, parts)),
        weights=sum(t.numel() for t in tensors),
        nonzero=sum(int(t.count_nonzero()) for t in tensors),
        constants=len(fields(Constants)),
    )


def _gabors(c: Constants, parts: Parts) -> list[str]:
    units = {group.family: group.units for group in layout(c, parts)["conv2d0"]}
    side = inception_geometry().kernels["conv2d0"]
    said = [
        f"conv2d0 has {units['Gabor']} Gabors of {side} × {side} px: {c.gabor_orientations} "
        f"orientations in {c.phases} phases, with a wavelength of {_n(c.gabor_wavelength)} px "
        f"under a Gaussian of {_n(c.gabor_width)} px; and as many with a wavelength of "
        f"{_n(c.low_wavelength)} px. They see luminance: {_n(c.red_share)} of red, "
        f"{_n(c.blue_share)} of blue, the rest of green.",
        f"conv2d1 adds the phases of each orientation at {_n(c.gabor_wavelength)} px to complex "
        "Gabors, which no longer care about phase, and to units that prefer dark lines or light "
        f"ones; others add those at {_n(c.low_wavelength)} px.",
    ]
    if inhibited := _acts(c.gabor_inhibition, "the other orientations together"):
        said.append(f"Each of these is {inhibited}.")
    if parts.colour:
        colour = f"{units['colour contrast']} filters of conv2d0 see {HUES} hues"
        taken = _acts(c.colour_gain, "them", excites=True)
        rest = f", and complex Gabors are {taken}" if taken else ", and nothing reads them"
        said.append(f"Another {colour} beside their opposites{rest}.")
    if parts.contrast:
        faint = _n(c.contrast_floor)
        lower = f", unless it is below about {faint}" if faint != "0" else ""
        said.append(
            "The outputs of conv2d1 are divided by the contrast in their place, the root mean "
            f"square over all its units{lower}."
        )
    return said


def _lines(c: Constants) -> list[str]:
    acts = [
        _acts(c.line_inhibition, "those of any orientation", of=" of what the best one adds"),
        _acts(c.line_flanks, "parallel ones on both sides"),
    ]
    tile = f"over {_n(c.line_length)} px along and {_n(c.line_width)} px across"
    shift = _n(c.line_shift)
    beside = f"{shift} px beside the centre" if shift != "0" else "through the centre too"
    tiny = _listed([acts[0], _acts(c.early_opposing, "those of the circle bent the other way")])
    return [
        f"conv2d2 tiles outputs of conv2d1 along straight lines, {tile}, to {c.line_orientations} "
        f"lines, each of orientations {_within(c.line_concentration, axis=True)} its own.",
        f"{c.small_orientations} shifted lines are the same, {beside}.",
        *([f"All these lines are {_listed(acts)}."] if any(acts) else []),
        f"{c.small_orientations} tiny curves are tiled likewise along the tangent of a circle of "
        f"{_n(c.tiny_radius)} px{f', and {tiny}' if tiny else ''}.",
    ]


def _early(c: Constants, parts: Parts) -> list[str]:
    crossing = _acts(
        c.early_crossing,
        f"lines {_within(c.early_crossing_concentration, axis=True)} the direction across it",
    )
    acts = [
        _acts(c.early_opposing, "the lines of a circle bent the other way"),
        crossing,
        _acts(c.small_share, "tiny curves", excites=True),
    ]
    said = [
        f"3a tiles lines along the tangent of a circle of {_n(c.early_radius)} px, over "
        f"{_n(c.early_length)} px along and {_n(c.early_width)} px across, to "
        f"{c.curve_orientations} early curves: each line "
        f"{_within(c.early_concentration, axis=True)} the tangent in its place.",
        *([f"Early curves are {_listed(acts)}."] if any(acts) else []),
        f"3a also has {c.line_orientations} lines, {c.small_orientations} angles of "
        f"{_n(c.angle)}° and {c.small_orientations} line ends, of the same lines along straight "
        "lines and halves of them; lines beyond the end inhibit line ends.",
    ]
    if parts.texture:
        said.append("One texture unit of 3a adds lines of all orientations.")
    return said + _threshold("3a", c.early_threshold)


def _curves(c: Constants, parts: Parts) -> list[str]:
    near = _within(c.opposing_concentration, axis=False)
    echo = ", against the echo" if float(c.opposing_inhibition) > 0 else ""
    against = _acts(
        c.opposing_inhibition, f"early curves {near} the opposite orientation", then=echo
    )
    more = [
        _acts(c.curve_lines, "lines along the circle", excites=True),
        _acts(c.small_share, "angles along it", excites=True),
    ]
    if parts.texture:
        more.append(_acts(c.texture_inhibition, "the texture unit"))
    return [
        f"3b tiles early curves along the tangent of a circle of {_n(c.curve_radius)} px, over "
        f"{_n(c.curve_length)} px along and {_n(c.curve_width)} px across, to its curves: each "
        f"early curve {_within(c.curve_concentration, axis=False)} the circle's normal in its "
        "place.",
        *([f"Curves are {against}."] if against else []),
        *([f"Beside early curves, curves are {_listed(more)}."] if any(more) else []),
        *_threshold("3b", c.curve_threshold),
    ]


def _threshold(layer: str, value: Real) -> list[str]:
    least = float(value)
    if least == 0:
        return []
    return [
        f"Units of {layer} answer only what exceeds {_n(least)}."
        if least > 0
        else f"Units of {layer} add {_n(-least)} to what excites them."
    ]


def _acts(share: Real, by: str, *, excites: bool = False, of: str = "", then: str = "") -> str:
    """What a signed share does; nothing if it is 0."""
    size = float(share)
    if size == 0:
        return ""
    does = "excited" if (size > 0) == excites else "inhibited"
    return f"{does} by {by} ({_n(abs(size))}{of}){then}"


def _listed(acts: list[str]) -> str:
    """Joined by commas and `and`; a verb that is the same as the one before is said once."""
    kept: list[str] = []
    last = ""
    for act in filter(None, acts):
        verb = act.split(" ", 1)[0]
        kept.append(act.removeprefix(f"{verb} ") if verb == last else act)
        last = verb
    return " and ".join([", ".join(kept[:-1]), kept[-1]] if len(kept) > 1 else kept)


def _within(concentration: Real, *, axis: bool) -> str:
    """The angle at which exp(κ (cos Δ − 1)) is a half; of axes, half of it."""
    size = float(concentration)
    if size <= math.log(2) / 2:
        return f"at any angle (κ = {_n(size)}) to"
    angle = math.degrees(math.acos(1 - math.log(2) / size))
    return f"within {angle / 2 if axis else angle:.1f}° of"


def _n(value: Real) -> str:
    return f"{float(value):.4g}"
