"""The stimuli that every unit is labelled by, and the responses to them, in one streamed pass."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor
from tqdm import tqdm

from curvecircuits.models.network import Network
from curvecircuits.stimuli import angles, colour_pair, curves, lines
from curvecircuits.stimuli.fields import discs, gratings, ramps, wave_textures
from curvecircuits.stimuli.luminance import encoded
from curvecircuits.tuning import Station, images_at_once, read_out, station, stroke
from curvecircuits.tuning.measure import is_linear

CURVE_ORIENTATIONS = tuple(7.5 * k for k in range(48))
EDGE_ORIENTATIONS = CURVE_ORIENTATIONS[::2]
LINE_ORIENTATIONS = tuple(7.5 * k for k in range(24))
GRATING_ORIENTATIONS = tuple(15.0 * k for k in range(12))
PHASES = (0.0, 90.0, 180.0, 270.0)
HUES = tuple(30.0 * k for k in range(12))
OPENINGS = (60.0, 90.0, 120.0)


@dataclass(frozen=True)
class _View:
    """Where a probe is drawn: canvas, the point looked at, tile and stroke."""

    size: int
    centre: tuple[float, float]
    tile: float
    width: float
    device: torch.device
    seed: int


_Draw = Callable[[_View], Tensor]


@dataclass(frozen=True)
class _Probe:
    """A named set of images, its axes slowest first."""

    name: str
    shape: tuple[int, ...]
    draw: _Draw


@dataclass(frozen=True, kw_only=True)
class ProbeResponses:
    """Pre-activations of every unit of a layer for every probe, at one read-out position.

    `values[name]` is (units, *axes of the probe); the axes are those of `battery`.
    """

    layer: str
    tile: float
    station: Station
    values: dict[str, Float[ndarray, "units *axes"]]
    blank: Float[ndarray, "units 3"]
    """For black, grey and white canvases."""
    linear: bool
    """Whether nothing clips the layer."""


def _grid(*axes: Sequence[float]) -> list[Tensor]:
    return [a.flatten() for a in torch.meshgrid(*map(torch.tensor, axes), indexing="ij")]


def _tinted(mask: Tensor, inside: Tensor, outside: Tensor) -> Tensor:
    """Two colours (N, 3) by the share of the first."""
    return mask * inside[:, :, None, None] + (1 - mask) * outside[:, :, None, None]


def _hues(degrees: Tensor) -> tuple[Tensor, Tensor]:
    pairs = torch.stack([encoded(colour_pair(hue=float(h))) for h in degrees])
    return pairs[:, 0], pairs[:, 1]


def _curves(v: _View) -> Tensor:
    o, r, p = _grid(CURVE_ORIENTATIONS, _radii(v.tile), (0.0, 1.0))
    return curves(
        orientation=o,
        radius=r,
        size=v.size,
        width=v.width,
        tile=v.tile,
        centre=v.centre,
        ink=p[:, None].expand(-1, 3),
        paper=(1 - p)[:, None].expand(-1, 3),
    )


def _radii(tile: float) -> tuple[float, ...]:
    """Log-spaced, from a quarter of the tile to four times it."""
    return tuple(float(tile * 4 * 16 ** (-k / 5)) for k in range(6))


def _lines(v: _View) -> Tensor:
    wide = max(2 * v.width, v.tile / 8)
    o, f, w, p = _grid(LINE_ORIENTATIONS, _offsets(v), (v.width, wide), (0.0, 1.0))
    return lines(
        orientation=o,
        offset=f,
        width=w,
        size=v.size,
        tile=v.tile,
        centre=v.centre,
        ink=p[:, None].expand(-1, 3),
        paper=(1 - p)[:, None].expand(-1, 3),
    )


def _offsets(v: _View) -> tuple[float, ...]:
    step = max(1.0, v.tile / 12)
    return (-step, 0.0, step)


def _edges(v: _View) -> Tensor:
    o, f = _grid(EDGE_ORIENTATIONS, _offsets(v))
    far = 4.0 * v.size
    return lines(orientation=o, offset=f + far / 2, width=far, size=v.size, centre=v.centre)


def _segments(v: _View) -> Tensor:
    o, n, t = _grid(LINE_ORIENTATIONS[::2], (-1 / 3, -1 / 6, 0, 1 / 6, 1 / 3), (0.0, 1.0))
    length = torch.tensor(max(4.0, v.tile / 5))
    return lines(
        orientation=o,
        offset=n * v.tile * (1 - t),
        along=n * v.tile * t,
        width=v.width,
        length=length,
        size=v.size,
        centre=v.centre,
    )


def _gratings(v: _View) -> Tensor:
    o, w, p = _grid(GRATING_ORIENTATIONS, wavelengths(v.tile), PHASES)
    return gratings(orientation=o, wavelength=w, phase=p, size=v.size, centre=v.centre)


def wavelengths(tile: float) -> tuple[float, ...]:
    """Wavelengths of the gratings in pixels: five, log-spaced from the tile down to 3."""
    longest, shortest = max(tile, 8.0), 3.0
    return tuple(float(longest * (shortest / longest) ** (k / 4)) for k in range(5))


def _angles(v: _View) -> Tensor:
    o, a = _grid(EDGE_ORIENTATIONS, OPENINGS)
    return angles(
        orientation=o, opening=a, size=v.size, width=v.width, tile=v.tile, centre=v.centre
    )


def _spots(v: _View) -> Tensor:
    r, p = _grid(_spot_radii(v.tile), (0.0, 1.0))
    mask = discs(radius=r, size=v.size, centre=v.centre)
    ink = p[:, None].expand(-1, 3)
    return _tinted(mask, ink, 1 - ink)


def _spot_radii(tile: float) -> tuple[float, ...]:
    return tuple(float(max(1.0, tile * share)) for share in (0.08, 0.15, 0.25, 0.4))


def _hue_spots(v: _View) -> Tensor:
    h, r, other = _grid(HUES, _spot_radii(v.tile)[1:], (0.0, 1.0))
    inside, opposite = _hues(h)
    outside = torch.where(other[:, None] > 0, opposite, torch.full_like(opposite, 0.7354))
    return _tinted(discs(radius=r, size=v.size, centre=v.centre), inside, outside)


def _hue_edges(v: _View) -> Tensor:
    h, o = _grid(HUES[:6], EDGE_ORIENTATIONS)
    far = 4.0 * v.size
    mask = lines(
        orientation=o, offset=far / 2, width=far, size=v.size, centre=v.centre, ink=1.0, paper=0.0
    )
    return _tinted(mask, *_hues(h))


def _fields(v: _View) -> Tensor:
    first, _ = _hues(torch.tensor(HUES))
    return first[:, :, None, None].expand(-1, -1, v.size, v.size)


def _ramps(v: _View) -> Tensor:
    o, e = _grid(EDGE_ORIENTATIONS, (0.5, 1.0))
    return ramps(orientation=o, extent=e * v.tile, size=v.size, centre=v.centre)


def _textures(v: _View) -> Tensor:
    return torch.cat(
        [
            wave_textures(count=_TEXTURES, period=max(2.0, p), size=v.size, seed=v.seed + i)
            for i, p in enumerate(_periods(v.tile))
        ]
    )


_TEXTURES = 8


def _periods(tile: float) -> tuple[float, ...]:
    return tuple(float(max(3.0, tile * share)) for share in (1 / 16, 1 / 8, 1 / 4))


def _hatches(v: _View) -> Tensor:
    return torch.cat(
        [
            wave_textures(count=2, period=p, size=v.size, seed=v.seed + i, around=o, spread=12.0)
            for p in _periods(v.tile)[:2]
            for i, o in enumerate(GRATING_ORIENTATIONS)
        ]
    )


def _noise(v: _View) -> Tensor:
    generator = torch.Generator().manual_seed(v.seed)
    return torch.rand(_TEXTURES, 3, v.size, v.size, generator=generator)


def battery() -> tuple[_Probe, ...]:
    """The probes, with the axes of their responses.

    curve: orientation, radius, polarity (dark, light) · line: orientation, offset, width,
    polarity · edge: orientation, offset · segment: orientation, displacement, along (across,
    along) · grating: orientation, wavelength, phase · angle: orientation, opening · spot: radius,
    polarity · hue_spot: hue, radius, surround (grey, opposite) · hue_edge: hue, orientation ·
    field: hue · ramp: orientation, extent · texture: period, sample · hatch: period, orientation,
    sample · noise: sample.
    """
    c, e = len(CURVE_ORIENTATIONS), len(EDGE_ORIENTATIONS)
    li, g = len(LINE_ORIENTATIONS), len(GRATING_ORIENTATIONS)
    return (
        _Probe("curve", (c, 6, 2), _curves),
        _Probe("line", (li, 3, 2, 2), _lines),
        _Probe("edge", (e, 3), _edges),
        _Probe("segment", (li // 2, 5, 2), _segments),
        _Probe("grating", (g, 5, len(PHASES)), _gratings),
        _Probe("angle", (e, len(OPENINGS)), _angles),
        _Probe("spot", (4, 2), _spots),
        _Probe("hue_spot", (len(HUES), 3, 2), _hue_spots),
        _Probe("hue_edge", (6, e), _hue_edges),
        _Probe("field", (len(HUES),), _fields),
        _Probe("ramp", (e, 2), _ramps),
        _Probe("texture", (3, _TEXTURES), _textures),
        _Probe("hatch", (2, g, 2), _hatches),
        _Probe("noise", (_TEXTURES,), _noise),
    )


def probe(
    network: Network,
    layer: str,
    *,
    tile: float,
    seed: int = 0,
    progress: bool = False,
) -> ProbeResponses:
    """Read every unit of a layer under the whole battery.

    Parameters
    ----------
    layer
        Read before it is clipped.
    tile
        Side in pixels of the square that shapes are drawn in; see `tile_of`.
    seed
        Of the textures and the noise.

    Raises
    ------
    InputError
        For unknown layers, layers without geometry, and tiles that do not fit.
    """
    source = network.layer(layer).pre_activation
    place = station(network, source, tile=tile)
    view = _View(place.size, place.centre, tile, stroke(tile), network.device, seed)

    def read(images: Tensor) -> Tensor:
        return read_out(network, place, images.split(images_at_once(place, network.device)))

    values: dict[str, ndarray] = {}
    with (
        torch.inference_mode(),
        tqdm(battery(), desc=f"{layer} probes", unit="probe", disable=not progress) as probes,
    ):
        levels = torch.tensor([0.0, 0.5, 1.0])[:, None, None, None]
        blank = read(levels.expand(-1, 3, place.size, place.size)).T.contiguous().numpy()
        for each in probes:
            found = read(each.draw(view)).T.contiguous()
            values[each.name] = found.reshape(-1, *each.shape).numpy()
    return ProbeResponses(
        layer=layer,
        tile=tile,
        station=place,
        values=values,
        blank=blank,
        linear=is_linear(network, source),
    )
