"""Where each unit of a layer looks: stride, receptive field and centre pixel.

Along one axis, unit k of a layer sees the pixels [first + k·stride, last + k·stride]. An operation
with kernel extent K = dilation·(kernel − 1) + 1, stride s and p pixels of padding before the axis
maps (first, last, stride) to

    first' = first − p·stride,   last' = last + (K − 1 − p)·stride,   stride' = s·stride,

and a join of branches takes the smallest interval that holds all of theirs. Only the padding
depends on the size of the input, so geometry is asked for at a size.

The unit's *centre* is kept apart from the interval, as padding of different branches may differ:
centre' = centre + ((K − 1)/2 − p)·stride.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True)
class Axis:
    """The geometry of one axis; pixels are indices of the network's input."""

    stride: int
    first: int
    last: int
    centre: float

    def window(self, *, kernel: int, stride: int, before: int, dilation: int = 1) -> "Axis":
        """The axis after a sliding window, `before` pixels of padding at its beginning."""
        extent = dilation * (kernel - 1)
        return Axis(
            stride=self.stride * stride,
            first=self.first - before * self.stride,
            last=self.last + (extent - before) * self.stride,
            centre=self.centre + (extent / 2 - before) * self.stride,
        )

    def join(self, other: "Axis") -> "Axis":
        """The axis of a sum or concatenation of two branches on the same grid."""
        wider = self if self.size >= other.size else other
        return replace(wider, first=min(self.first, other.first), last=max(self.last, other.last))

    @property
    def size(self) -> int:
        """Pixels in the receptive field."""
        return self.last - self.first + 1


@dataclass(frozen=True, kw_only=True)
class Geometry:
    """The geometry of a layer at one input size.

    >>> pixel = Axis(stride=1, first=0, last=0, centre=0.0)
    >>> axis = pixel.window(kernel=7, stride=2, before=3)
    >>> layer = Geometry(y=axis, x=axis)
    >>> layer.stride, layer.receptive_field, layer.centre(10)
    (2, 7, 20.0)
    """

    y: Axis
    x: Axis
    context: bool = False
    """Whether a gate fed by the whole image (squeeze and excitation) also acts on the unit."""

    @property
    def stride(self) -> int:
        """Pixels between neighbouring units (horizontally)."""
        return self.x.stride

    @property
    def receptive_field(self) -> int:
        """Width of the receptive field in pixels, before the image's border cuts it."""
        return self.x.size

    def centre(self, k: int) -> float:
        """Pixel index at the centre of unit k's receptive field (horizontally)."""
        return self.x.centre + k * self.x.stride

    def join(self, other: "Geometry") -> "Geometry":
        """The geometry of a sum or concatenation."""
        return Geometry(
            y=self.y.join(other.y),
            x=self.x.join(other.x),
            context=self.context or other.context,
        )
