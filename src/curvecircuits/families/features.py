"""Numbers on each unit's responses to the probes: which part of them a kind of shape accounts for.

Two kinds of numbers are kept apart. *Shares* are of the variance of the pre-activation over the
images of one probe that one parameter accounts for, over all the values of the others (η², the
main effect in an analysis of variance): they say how reliably a unit follows the parameter. A unit
of a weight-permuted network follows its mean brightness, its hue and its noise, and little else.
*Drives* are the largest clipped response to a probe over that to another: they say what the unit
is for.
"""

from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from curvecircuits.families.probes import ProbeResponses

_TINY = 1e-9


@dataclass(frozen=True, kw_only=True)
class Features:
    """One number a unit each."""

    sign: Float[ndarray, " units"]
    """−1 where the negative of a unit of a linear layer is described."""
    colour: Float[ndarray, " units"]
    """σ_c / (σ_c + σ_l), standard deviations over the colour and the luminance probes."""
    line: Float[ndarray, " units"]
    """Share of the orientation of lines, over width, offset and polarity."""
    grating: Float[ndarray, " units"]
    """Share of the orientation of gratings, over wavelength and phase."""
    curve_even: Float[ndarray, " units"]
    """Share of the orientation of curves that is the same for opposite ones, over radius and
    polarity."""
    curve_odd: Float[ndarray, " units"]
    """Share of the orientation of curves that opposite ones have with the other sign."""
    edge: Float[ndarray, " units"]
    """Share of the orientation of hue edges that is the same for opposite ones, over hue."""
    angle_odd: Float[ndarray, " units"]
    """As `curve_odd`, of angles, over opening."""
    angle_even: Float[ndarray, " units"]
    ramp_odd: Float[ndarray, " units"]
    """As `curve_odd`, of gradients of brightness, over their extent."""
    polarity: Float[ndarray, " units"]
    """Correlation of the responses to dark and to light curves over orientation and radius."""
    size: Float[ndarray, " units"]
    """Share of the radius of spots of colour, over hue and surround."""
    radius: Float[ndarray, " units"]
    """Share of the radius of curves, over orientation and polarity."""
    wavelength: Float[ndarray, " units"]
    """Share of the wavelength of gratings, over orientation and phase."""
    phase: Float[ndarray, " units"]
    """Share of the phase of gratings, over orientation and wavelength."""
    best_wavelength: Float[ndarray, " units"]
    """The wavelength of largest response, averaged over phase at the best orientation, pixels."""
    texture: Float[ndarray, " units"]
    """Mean over the textures of the best scale (or of noise), in standard deviations over the
    shapes from their mean."""
    texture_drive: Float[ndarray, " units"]
    """Mean response to the best kind of texture over the largest to a shape."""
    curve_drive: Float[ndarray, " units"]
    """Largest response to a curve over that to a line."""
    angle_drive: Float[ndarray, " units"]
    """Largest response to an angle over that to a curve or a line."""
    spot_drive: Float[ndarray, " units"]
    """Largest response to a spot over that to any other shape, edge, grating or field."""
    spot_surround: Float[ndarray, " units"]
    """How far the response to the largest spot is below that to the best, as a share of it."""
    ramp_drive: Float[ndarray, " units"]
    """Largest response to a gradient of brightness over that to a line, edge or grating."""
    active: Float[ndarray, " units"]
    """Share of all images that excite the unit."""

    def table(self) -> dict[str, Float[ndarray, " units"]]:
        """The features by name."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


def _flat(values: ndarray) -> ndarray:
    return values.reshape(len(values), -1)


def _share(values: ndarray, *axes: int) -> ndarray:
    """Variance of the main effect of some axes over the whole variance."""
    rest = tuple(i for i in range(1, values.ndim) if i not in axes)
    effect = _flat(values.mean(axis=rest) if rest else values)
    return effect.var(1) / np.maximum(_flat(values).var(1), _TINY)


def _parts(values: ndarray, axis: int) -> tuple[ndarray, ndarray]:
    """Shares of the even and odd parts of the main effect of an orientation over 360°."""
    rest = tuple(i for i in range(1, values.ndim) if i != axis)
    effect = values.mean(axis=rest) if rest else values
    effect = effect - effect.mean(1, keepdims=True)
    opposite = np.roll(effect, effect.shape[1] // 2, axis=1)
    whole = np.maximum(_flat(values).var(1), _TINY)
    even, odd = (effect + opposite) / 2, (effect - opposite) / 2
    return (even**2).mean(1) / whole, (odd**2).mean(1) / whole


def _correlation(a: ndarray, b: ndarray) -> ndarray:
    a, b = (_flat(x) - _flat(x).mean(1, keepdims=True) for x in (a, b))
    return (a * b).sum(1) / np.maximum(np.sqrt((a**2).sum(1) * (b**2).sum(1)), _TINY)


def signed(responses: ProbeResponses) -> tuple[dict[str, ndarray], ndarray]:
    """Values in the direction in which each unit responds most, and that sign.

    On a linear layer zero has no meaning: there the values are what a probe adds to a grey canvas,
    and the sign is that of the stronger extreme.
    """
    values = responses.values
    units = len(responses.blank)
    sign = np.ones(units)
    if not responses.linear:
        return values, sign
    grey = responses.blank[:, 1]
    every = np.concatenate([_flat(v) for v in values.values()], 1) - grey[:, None]
    sign = np.where(every.max(1) >= -every.min(1), 1.0, -1.0)
    shaped = {
        name: (sign * (v - grey.reshape(-1, *[1] * (v.ndim - 1))).T).T for name, v in values.items()
    }
    return shaped, sign


def features(responses: ProbeResponses, wavelengths: tuple[float, ...]) -> Features:
    """Describe every unit of a layer.

    Parameters
    ----------
    wavelengths
        Those of the grating probe, in pixels.
    """
    v, sign = signed(responses)
    a = {name: np.maximum(x, 0) for name, x in v.items()}
    top = {name: _flat(x).max(1) for name, x in a.items()}

    def largest(*names: str) -> ndarray:
        return np.max([top[n] for n in names], axis=0)

    def over(x: ndarray, y: ndarray) -> ndarray:
        """Quotient x / y, at most 100, 0 where neither is."""
        return np.where(x > _TINY, np.minimum(x / np.maximum(y, _TINY), 100.0), 0.0)

    deviation = {n: _flat(x) for n, x in v.items()}
    luminance = np.concatenate(
        [deviation[n] for n in ("line", "edge", "grating", "spot", "ramp")], 1
    ).std(1)
    colour = np.concatenate([deviation[n] for n in ("hue_spot", "hue_edge", "field")], 1).std(1)
    even, odd = _parts(v["curve"], 1)
    angle_even, angle_odd = _parts(v["angle"], 1)
    shapes = np.concatenate(
        [deviation[n] for n in ("line", "curve", "angle", "edge", "spot", "segment", "ramp")], 1
    )
    spread = np.maximum(shapes.std(1), _TINY)
    texture = np.maximum(v["texture"].mean(2).max(1), v["noise"].mean(1))
    textured = np.maximum(a["texture"].mean(2).max(1), a["noise"].mean(1))
    by_wavelength = a["grating"].mean(3).max(1)
    spots = np.stack([a["hue_spot"].max((1, 3))[:, r] for r in range(3)], 1)
    spots = np.concatenate([spots, a["spot"].max(2)[:, 1:]], 1).reshape(-1, 2, 3).max(1)
    return Features(
        sign=sign,
        colour=colour / np.maximum(colour + luminance, _TINY),
        line=_share(v["line"], 1),
        grating=_share(v["grating"], 1),
        curve_even=even,
        curve_odd=odd,
        edge=_parts(v["hue_edge"], 2)[0],
        angle_odd=angle_odd,
        angle_even=angle_even,
        ramp_odd=_parts(v["ramp"], 1)[1],
        polarity=_correlation(v["curve"][..., 0], v["curve"][..., 1]),
        size=_share(v["hue_spot"], 2),
        radius=_share(v["curve"], 2),
        wavelength=_share(v["grating"], 2),
        phase=_share(v["grating"], 3),
        best_wavelength=np.asarray(wavelengths)[by_wavelength.argmax(1)],
        texture=(texture - shapes.mean(1)) / spread,
        texture_drive=over(
            textured, largest("line", "curve", "angle", "edge", "spot", "segment", "ramp")
        ),
        curve_drive=over(top["curve"], top["line"]),
        angle_drive=over(top["angle"], largest("curve", "line")),
        spot_drive=over(
            largest("spot", "hue_spot"),
            largest("line", "edge", "grating", "ramp", "field", "curve", "hue_edge"),
        ),
        spot_surround=1 - over(spots[:, -1], spots.max(1)),
        ramp_drive=over(top["ramp"], largest("line", "edge", "grating")),
        active=np.concatenate([_flat(x) > 0 for x in a.values()], 1).mean(1),
    )
