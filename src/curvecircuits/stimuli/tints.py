"""Colours of a batch of images, and their mixing by coverage."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Tints:
    """Colours (N or 1, c) of the background, the stroke and the fill of N images."""

    paper: Tensor
    ink: Tensor
    inside: Tensor

    @property
    def channels(self) -> int:
        """Return 1 for greys, 3 for colours."""
        return self.paper.shape[1]

    def part(self, part: slice, device: torch.device) -> "Tints":
        """Return the colours of some of the images, on the device."""
        return Tints(
            *(
                (tint[part] if len(tint) > 1 else tint).to(device)
                for tint in (self.paper, self.ink, self.inside)
            )
        )

    def lay(self, out: Tensor, within: Tensor | None) -> None:
        """Set the background, and the fill in the blocks inside it.

        `out` is (n, c, R, high, S, long) and `within` (n, S, R).
        """
        if within is None and self.paper.numel() == 1:
            out.fill_(float(self.paper))
            return
        paper, inside = (tint[:, :, None, None, None, None] for tint in (self.paper, self.inside))
        if within is not None:
            mask = within.transpose(1, 2)[:, None, :, None, :, None]
            paper = torch.where(mask, inside, paper)
        out.copy_(paper)

    def mix(self, image: Tensor, line: Tensor | None, fill: Tensor | None) -> Iterator[Tensor]:
        """Yield, for each channel, the values of blocks whose images are `image` (M,).

        The coverages (M, P) are of line and fill; the rest is paper.
        """
        for channel in range(self.channels):
            paper = value = _pick(self.paper, channel, image)
            for share, tint in ((line, self.ink), (fill, self.inside)):
                if share is not None:
                    value = (share * (_pick(tint, channel, image) - paper)).add_(value)
            yield torch.as_tensor(value, dtype=torch.float32)


def _pick(tint: Tensor, channel: int, image: Tensor) -> Tensor | float:
    if len(tint) == 1:
        return float(tint[0, channel])
    return tint[:, channel][image, None]
