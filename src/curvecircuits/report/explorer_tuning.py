"""Responses of all units of a layer over orientation, as the page keeps them."""

import base64
from collections.abc import Sequence
from typing import Literal

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from curvecircuits.claims import Evidence
from curvecircuits.families.tiles import scan_grid, thinned
from curvecircuits.models.network import Network
from curvecircuits.report.explorer_record import Tuned
from curvecircuits.tuning import CurveTuning, LineTuning, line_grid, tune, tune_lines


def tuned_of(evidence: Evidence, layer: str, signs: Sequence[int]) -> tuple[Tuned, ...]:
    """Curves and lines; on the layer after the curves, which is large, on fewer shapes.

    Parameters
    ----------
    signs
        −1 for each unit whose negative is meant; empty where none is.
    """
    if layer in evidence.layers:
        return _curves(evidence.tuning(layer), signs), _lines(evidence.line_tuning(layer), signs)
    tile = evidence.tile(layer)
    few = thinned(scan_grid(tile))
    some = line_grid(tile, orientations=18, offsets=3)
    return (
        _curves(tune(evidence.network, [layer], grid=few)[layer], ()),
        _lines(tune_lines(evidence.network, [layer], grid=some)[layer], ()),
    )


def written_tuning(network: Network, layer: str, *, tile: float) -> tuple[Tuned, ...]:
    """Curves and lines on a layer of a hand-written network."""
    return (
        _curves(tune(network, [layer], grid=scan_grid(tile))[layer], ()),
        _lines(tune_lines(network, [layer], grid=line_grid(tile))[layer], ()),
    )


def _curves(tuning: CurveTuning, signs: Sequence[int]) -> Tuned:
    return _packed("curve", tuning.grid.tile, tuning.radial(), tuning.radial(sign=-1), signs)


def _lines(tuning: LineTuning, signs: Sequence[int]) -> Tuned:
    return _packed("line", tuning.grid.tile, tuning.curve(), tuning.curve(sign=-1), signs)


def _packed(
    shape: Literal["curve", "line"],
    tile: float,
    above: Float[ndarray, "units n"],
    below: Float[ndarray, "units n"],
    signs: Sequence[int],
) -> Tuned:
    """One byte a response; units whose negative is meant by what they do going down."""
    values = above.astype(np.float64)
    down = np.flatnonzero(np.asarray(signs, int) < 0) if len(signs) else np.zeros(0, int)
    values[down] = below[down]
    peaks = values.max(1)
    steps = np.rint(255 * values / np.maximum(peaks, 1e-30)[:, None]).astype(np.uint8)
    return Tuned(
        shape=shape,
        tile=float(tile),
        steps=int(values.shape[1]),
        peaks=tuple(float(p) for p in peaks),
        data=base64.b64encode(steps.tobytes()).decode("ascii"),
    )
