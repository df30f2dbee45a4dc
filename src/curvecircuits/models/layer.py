"""What is known of a layer, and of where a network's weights came from."""

from dataclasses import dataclass

from curvecircuits.models.geometry import Geometry


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where a network's weights came from; carried into every result."""

    source: str
    """A file, a package, or a description such as `written by formula`."""
    sha256: str | None = None
    """Of the file as it lies on disk; None when there is no file."""
    verified: bool = False
    """Whether the file's hash is a published one."""

    def __str__(self) -> str:
        if self.sha256 is None:
            return self.source
        state = "verified" if self.verified else "unverified"
        return f"{self.source} ({state}, SHA-256 {self.sha256})"


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One named tensor of a network, at the network's own input size."""

    name: str
    kind: str
    """The operation that makes it: `conv`, `relu`, `concat`, …"""
    channels: int
    height: int
    width: int
    geometry: Geometry | None
    """None where the layer has no map, or an operation before it is not known."""
    pre_activation: str
    """The layer whose values are these before clipping; itself where nothing is clipped."""
    alias: str | None = None
    feeds: tuple[str, ...] = ()
    """The layers that read it."""

    @property
    def title(self) -> str:
        """The alias where there is one, else the name."""
        return self.alias or self.name

    @property
    def rectified(self) -> bool:
        """Whether the layer's values are clipped or squashed."""
        return self.pre_activation != self.name

    @property
    def spatial(self) -> bool:
        """Whether the layer is a map with known geometry, so that its units can be tuned."""
        return self.geometry is not None
