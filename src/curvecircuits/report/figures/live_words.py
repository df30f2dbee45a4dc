"""What the figure that runs the artificial network says, measured on generated curves."""

import torch

from curvecircuits.artificial import artificial_network
from curvecircuits.artificial.network import artificial_weights, network_of
from curvecircuits.models.network import Network
from curvecircuits.report.parts import Words
from curvecircuits.stimuli import curves

SIDE = 125
"""Of the pad, in pixels: a unit of 3b looks exactly at its middle."""
STROKE = 2.0
"""Width in pixels of what is drawn, as that of the stimuli in the tile of 3b."""
RADIUS = 60.0
"""Of the curve shown at first, in pixels."""
CUT = ("mixed3a", "mixed3b")
"""The layers whose negative weights can be taken away."""


def live_words(side: int, read: float) -> Words:
    """What the curve units say of curves of their own orientations, with and without inhibition.

    Parameters
    ----------
    side
        Of the pad, in pixels.
    read
        Where units are read, across and down, in continuous pixels.

    Examples
    --------
    >>> live_words(125, 62.5).takeaway[:42]
    'Of 24 curves, one for each curve unit’s or'
    """
    written = artificial_weights()
    cut = {name: (written[name][0].clamp(min=0), written[name][1]) for name in CUT}
    own, opposite, right, count = _answers(artificial_network(), side, read)
    bare, echo, _, _ = _answers(network_of(written | cut), side, read)
    return Words(
        title="Draw for the hand-written network",
        takeaway=(
            f"Of {count} curves, one for each curve unit’s orientation, {right} drive their own "
            f"unit most, and the unit opposite {_echo(opposite, own)}; without the negative "
            f"weights into early curves and curves it {_echo(echo, bare)}."
        ),
        caption=(
            "The artificial network runs in this page, on what the pad shows: black ink on white, "
            f"{side} × {side} pixels, strokes {STROKE:g} px wide; an image is cut to a square. "
            "Around the pad the network sees middle grey, so that the border of the paper is an "
            "edge to it. Every map shows one family over the pad: colour is the orientation of the "
            "strongest unit, strength its response, in full at the largest response to curves, "
            "lines and angles. Dials and numbers are of the units that look at the ring on the "
            "pad, curves by their outward normal (0° is “)”, 90° is “U”), lines by their normal. A "
            "click on a map moves the ring; generated curves pass through the middle. Weights are "
            "computed anew from the constants whenever one is moved. The sentence above is "
            "measured on whole circles of radius "
            f"{RADIUS:g} px through the middle. Colour contrast and texture are parts that are "
            "switched off at first, with constants of 0. In the browser’s console, await "
            "curvecircuits.live(pixels) gives every layer’s responses to 3 × side × side numbers "
            "from 0 to 1."
        ),
    )


def _echo(opposite: float, own: float) -> str:
    return f"answers {opposite / own:.0%} as strongly" if opposite > 0 else "is silent"


def _answers(network: Network, side: int, read: float) -> tuple[float, float, int, int]:
    """Mean response to curves of the own and the opposite orientation; how often it is first.

    The last number is how many units there are.
    """
    layer = network.layer("3b").name
    axis = network.geometry(layer, size=side).x
    at = round((read - 0.5 - axis.centre) / axis.stride)
    count = network.layer(layer).channels
    drawn = curves(
        orientation=[360 * k / count for k in range(count)],
        radius=RADIUS,
        size=side,
        width=STROKE,
        centre=(read, read),
    ).expand(-1, 3, -1, -1)
    with torch.inference_mode():
        found = network.activations(drawn, layers=[layer])[layer][:, :, at, at]
    own = found.diagonal()
    right = int((found.argmax(1) == torch.arange(count)).sum())
    return float(own.mean()), float(found.roll(count // 2, 1).diagonal().mean()), right, count
