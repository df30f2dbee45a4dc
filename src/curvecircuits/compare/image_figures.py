"""How versions of a network answer single images, beside the network itself."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from numpy import ndarray
from torch import Tensor

_FEW = 4
"""Images for which the largest maps of a network like InceptionV1 stay in a CPU's cache."""


def at_once(images: Tensor) -> int:
    """How many images of a batch to run at a time where maps are large: few on a CPU."""
    return _FEW if images.device.type == "cpu" else len(images)


def log_probabilities(scores: Float[Tensor, "n classes *single"]) -> Float[Tensor, "n classes"]:
    """Logarithms of the softmax of class scores, in double precision on the CPU."""
    return scores.flatten(1).double().log_softmax(1).cpu()


def image_figures(
    scores: Sequence[Float[Tensor, "n classes"]], labels: Int[Tensor, " n"]
) -> dict[str, ndarray]:
    """Loss, rank of the true class, and KL divergence, of every version and image.

    Parameters
    ----------
    scores
        Log-probabilities of every version, those of the intact network first.
    labels
        The true class of each image; −1 where it is not known.

    Returns
    -------
    figures
        Arrays (version, image): `loss` is −log p(class) and `rank` the number of classes before
        it, both without meaning where the class is not known; `kl` is Σ p log(p / q), in nats,
        with p of the intact network and q of the version.

    Examples
    --------
    >>> intact = torch.tensor([[0.5, 0.25, 0.25]]).log()
    >>> other = torch.tensor([[0.25, 0.5, 0.25]]).log()
    >>> found = image_figures([intact, other], torch.tensor([0]))
    >>> found["rank"][:, 0].tolist(), found["kl"][:, 0].astype(float).round(3).tolist()
    ([0, 1], [0.0, 0.173])
    """
    figures = [_figures(each, scores[0], labels) for each in scores]
    return {n: torch.stack([f[n] for f in figures]).numpy() for n in ("loss", "rank", "kl")}


def _figures(scores: Tensor, intact: Tensor, labels: Tensor) -> dict[str, Tensor]:
    own = scores.gather(1, labels.clamp(min=0)[:, None])
    before = torch.arange(scores.shape[1]) < labels[:, None]
    rank = (scores > own).sum(1) + ((scores == own) & before).sum(1)
    return {
        "loss": -own[:, 0].float(),
        "rank": rank.to(torch.int32),
        "kl": (intact.exp() * (intact - scores)).sum(1).clamp(min=0).float(),
    }
