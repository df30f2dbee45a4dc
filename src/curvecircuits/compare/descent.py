"""Constants that make artificial units answer as natural ones do: the objective and its descent."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray
from scipy.optimize import minimize
from torch import Tensor
from tqdm import tqdm

from curvecircuits.artificial import Constants
from curvecircuits.artificial.constants import VARIABLES, with_values
from curvecircuits.compare.halves import Half
from curvecircuits.compare.varied import Varied
from curvecircuits.errors import InputError


def descend(
    varied: Varied,
    half: Half,
    names: Sequence[str],
    *,
    reach: float = 2.0,
    steps: int = 20,
    progress: bool = False,
) -> tuple[Constants, tuple[float, ...]]:
    """Minimise the mean over units of 1 − correlation, and say what it was at every evaluation.

    By L-BFGS-B over the logarithms of the factors by which the constants differ from those that
    `varied` starts from; each factor stays within 1 / `reach` and `reach`.

    Raises
    ------
    InputError
        When no natural unit ever responds.

    Examples
    --------
    >>> start, other = (Constants(curve_length=v, curve_threshold=-1.0) for v in (16.0, 20.0))
    >>> varied = Varied(start=start, orientations=(0.0, 90.0))
    >>> images = torch.rand(4, 1, 64, 64, generator=torch.Generator().manual_seed(0))
    >>> wanted = varied.responses(varied.parameters(other), images)
    >>> cells = tuple(range(8))
    >>> half = Half(images=images, natural=wanted.transpose(0, 1), rows=cells, columns=cells)
    >>> found, objective = descend(varied, half, ["curve_length"], steps=8)
    >>> round(found.curve_length, 1), objective[-1] < objective[0]
    (20.0, True)
    """
    start = np.array([float(getattr(varied.start, name)) for name in VARIABLES])
    places = [VARIABLES.index(name) for name in names]
    heard = _standardised(half.natural).flatten(1).any(1)
    if not bool(heard.any()):
        raise InputError("None of the natural units responds: there is nothing to fit to.")
    objective: list[float] = []

    with tqdm(desc="fit", unit="evaluation", disable=not progress) as bar:

        def evaluated(logs: ndarray) -> tuple[float, ndarray]:
            factors = torch.ones(len(VARIABLES))
            tuned = torch.tensor(logs, dtype=torch.float32, requires_grad=True)
            factors = factors.index_put((torch.tensor(places),), tuned.exp())
            values = torch.from_numpy(start).float() * factors
            loss = _differentiated(varied, half, with_values(varied.start, values), heard)
            objective.append(loss)
            bar.update()
            assert tuned.grad is not None
            return loss, tuned.grad.double().numpy()

        bound = math.log(reach)
        found: Any = minimize(
            evaluated,
            np.zeros(len(places)),
            jac=True,
            method="L-BFGS-B",
            bounds=[(-bound, bound)] * len(places),
            options={"maxiter": steps, "maxfun": 2 * steps + 2},
        )
    values = start.copy()
    values[places] *= np.exp(found.x)
    return with_values(varied.start, values.tolist()), tuple(objective)


def answers(
    varied: Varied, half: Half, constants: Constants
) -> Float[ndarray, "units n rows columns"]:
    """How the artificial units answer a half, with some constants."""
    with torch.inference_mode():
        parameters = varied.parameters(constants)
        parts = [half.answers(varied, parameters, images) for _, images in half.chunks()]
    return torch.cat(parts, dim=1).double().numpy()


def _differentiated(varied: Varied, half: Half, constants: Constants, heard: Tensor) -> float:
    """The objective; its derivatives are added to what the constants were made of.

    A correlation is over all images, which do not fit into memory with all that their derivatives
    need: so first all answers, then the derivatives by each, then those by the weights, a few
    images at a time.
    """
    written = varied.parameters(constants)
    own = {name: tensor.detach().requires_grad_() for name, tensor in written.items()}
    with torch.no_grad():
        parts = [half.answers(varied, own, images) for _, images in half.chunks()]
    every = torch.cat(parts, dim=1).requires_grad_()
    together = (_standardised(half.natural) * _standardised(every)).flatten(1).sum(1)
    loss = (1 - together[heard]).mean()
    loss.backward()
    assert every.grad is not None
    for part, images in half.chunks():
        half.answers(varied, own, images).backward(every.grad[:, part])
    varying = [name for name, tensor in written.items() if tensor.requires_grad]
    torch.autograd.backward([written[n] for n in varying], [own[n].grad for n in varying])
    return loss.item()


def _standardised(values: Float[Tensor, "units *rest"]) -> Float[Tensor, "units *rest"]:
    """Each unit's values less their mean, at unit length; zeros if they never change."""
    flat = values.flatten(1)
    centred = flat - flat.mean(1, keepdim=True)
    length = torch.linalg.vector_norm(centred, dim=1, keepdim=True)
    moves = length > 1e-6 * flat.abs().amax(1, keepdim=True)
    return torch.where(moves, centred / torch.where(moves, length, 1.0), 0.0).reshape(values.shape)
