"""Equivariance over hues: one template for colour contrasts of all hues."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from curvecircuits.circuits.blocks import OrientedBlock
from curvecircuits.circuits.compression import BASES, template_curve
from curvecircuits.circuits.equivariance import shuffled
from curvecircuits.circuits.sharing import SharedFit, check_draws, compared, too_few
from curvecircuits.circuits.templates import Basis
from curvecircuits.circuits.tied import left_out
from curvecircuits.errors import InputError


def hue_fit(
    block: OrientedBlock,
    hues: Float[ndarray, " sources"],
    *,
    harmonics: int = 2,
    bases: Sequence[Basis] = BASES,
    share: float = 0.9,
    draws: int = 20,
    seed: int = 0,
) -> SharedFit:
    """Fit one template for sources of all hues, beside one that varies with the hue.

    For colour contrasts, whose orientation is the direction from one colour to its opposite: the
    contrast of the opposite hue, turned by half a turn, is the same. The shared template knows
    neither hue nor direction. The control shuffles orientations within both families.

    Parameters
    ----------
    hues
        Of each source, degrees on the circle of hues.
    harmonics
        Of the hue, in the template that varies with it.

    Raises
    ------
    InputError
        When hues and sources differ in number, a hue is not finite, sources have no direction
        (period 360), harmonics are fewer than 1, or draws fewer than 20.

    References
    ----------
    Olah et al., "Naturally Occurring Equivariance in Neural Networks", Distill 2020, on colour
    contrasts and lines.
    """
    check_draws(draws)
    if len(hues) != len(block.sources) or not np.isfinite(hues).all():
        raise InputError(f"Each of the {len(block.sources)} sources needs a hue in degrees.")
    if block.sources.period != 360:
        raise InputError(
            "Colour contrasts have a direction, from one colour to the other: a period of 360, "
            f"not {block.sources.period}."
        )
    if harmonics < 1:
        raise InputError(
            f"A template that varies with hue has 1 harmonic or more, not {harmonics}."
        )
    folded, varied = ([replace(b, hues=h) for b in bases] for h in (0, harmonics))
    if len(block.targets) < 2:
        return too_few(str(block), len(block.targets))
    shared = template_curve([[block]], folded)
    separate = template_curve([[block]], varied, hues=hues)
    generator = np.random.default_rng(seed)
    control = [
        left_out([shuffled(block, generator)], basis=shared.bases[shared.best])
        for _ in range(draws)
    ]
    return compared(
        str(block),
        shared,
        separate,
        control,
        share=share,
        scales=(),
        fewest=len(block.targets),
        seed=seed,
    )
