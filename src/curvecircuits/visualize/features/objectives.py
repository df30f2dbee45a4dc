"""What a feature visualization asks of a network: weighted sums of values of its layers."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from curvecircuits.errors import InputError
from curvecircuits.models.address import Address, Direction, Unit, parse_address

LEAK = 0.1
"""Share of what a rectifier takes away that a direction still counts, so that it can be climbed."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Term:
    """A weighted sum of channels of one layer, at the middle of the picture or all over it."""

    layer: str
    channels: tuple[int, ...] | None
    """Those that have weights; None for all of the layer."""
    values: Float[Tensor, "c h w"]
    """Their weights, over cells of the layer around the middle of the picture."""
    everywhere: bool = False
    """Mean over all positions rather than the value in the middle."""
    leak: float = 1.0
    """1 reads pre-activations z; else activations h, and this share of what was clipped, z − h."""
    offset: tuple[int, int] = (0, 0)
    """Cells down and right from the middle of the picture to that of the values."""


@dataclass(frozen=True, eq=False)
class Objective:
    """A number that a picture is changed to raise.

    Objectives can be added, multiplied by numbers and turned round:
    `Objective.unit("3b:358") - 0.5 * Objective.unit("3b:379")`.

    Parameters
    ----------
    terms
        What is added up.
    name
        What to call it in files and sheets.

    Examples
    --------
    >>> both = Objective.unit("3b:358") - 0.5 * Objective.channel("3a:84")
    >>> both.name, len(both.terms)
    ('3b:358 - 0.5 channel 3a:84', 2)

    References
    ----------
    Olah et al., "Feature Visualization", Distill 2017, section "Optimization Objectives".
    """

    terms: tuple[Term, ...]
    name: str

    def __post_init__(self) -> None:
        if not self.terms:
            raise InputError("An objective has at least one term.")

    @staticmethod
    def unit(address: Address | str, *, offset: tuple[int, int] = (0, 0)) -> "Objective":
        """The pre-activation of a unit, or a direction's dot product, at one position.

        A unit's objective is its pre-activation z. A direction v is weighed against activations h
        with a tenth of what the rectifier takes away, Σ v_c · (h_c + 0.1 (z_c − h_c)): channels
        that are silent can be climbed, and do not gain without bound by being opposed.

        Parameters
        ----------
        address
            A unit such as 3b:358, or a `Direction`.
        offset
            Cells of the layer, down and right, from the middle of the picture.

        Raises
        ------
        InputError
            For a text that is no unit.
        """
        where = "" if offset == (0, 0) else f" at {offset[0]:+d}{offset[1]:+d}"
        term, name = _term(address)
        return Objective((replace(term, offset=offset),), name + where)

    @staticmethod
    def channel(address: Address | str) -> "Objective":
        """The mean over all positions of what `unit` reads at one."""
        term, name = _term(address)
        return Objective((replace(term, everywhere=True),), f"channel {name}")

    @staticmethod
    def field(layer: str, values: Float[Tensor, "c h w"], *, name: str = "field") -> "Objective":
        """The dot product of a layer with a vector at each of several positions.

        With V the values and h, z the activations and pre-activations around the middle of the
        picture, Σ V_cij · (h_cij + 0.1 (z_cij − h_cij)).

        Parameters
        ----------
        layer
            Whose activations are weighed.
        values
            One number for each of its channels, and for each cell around the middle.

        Raises
        ------
        InputError
            For values of another form, not finite, or all zero.
        """
        kept = values.detach().to("cpu", torch.float32).clone()
        if kept.ndim != 3 or not kept.numel() or not bool(torch.isfinite(kept).all()):
            raise InputError(
                f"A field is finite numbers of the form (channels, rows, columns), not "
                f"{tuple(values.shape)}."
            )
        if not bool(kept.any()):
            raise InputError("A field must have a number that is not zero.")
        term = Term(layer=layer, channels=None, values=kept, leak=LEAK)
        return Objective((term,), f"{layer}@{name}")

    def __add__(self, other: "Objective") -> "Objective":
        joint = f" - {other.name[1:]}" if other.name.startswith("-") else f" + {other.name}"
        return Objective((*self.terms, *other.terms), self.name + joint)

    def __sub__(self, other: "Objective") -> "Objective":
        return self + (-other)

    def __neg__(self) -> "Objective":
        terms = tuple(replace(term, values=-term.values) for term in self.terms)
        return Objective(terms, _turned(self.name))

    def __mul__(self, factor: float) -> "Objective":
        if not isfinite(factor):
            raise InputError(f"An objective is multiplied by a finite number, not by {factor!r}.")
        if factor == 0:
            raise InputError("An objective times zero asks for nothing: leave it out.")
        terms = tuple(replace(term, values=factor * term.values) for term in self.terms)
        return Objective(terms, f"{factor:g} {self._inner}")

    __rmul__ = __mul__

    @property
    def _inner(self) -> str:
        single = not self.name.startswith("-") and not _is_sum(self.name)
        return self.name if single else f"({self.name})"

    @property
    def key(self) -> str:
        """SHA-256 of what is asked, whatever it is called."""
        digest = hashlib.sha256()
        for term in self.terms:
            head = (term.layer, term.channels, term.everywhere, term.leak, term.offset)
            digest.update(repr((head, tuple(term.values.shape))).encode("utf-8", "surrogatepass"))
            digest.update(term.values.numpy().astype("<f4", copy=False).tobytes())
        return digest.hexdigest()


def objectives_of(wanted: Sequence[Any]) -> tuple[Objective, ...]:
    """Objectives as they are; units, directions and texts as what they ask at one position.

    Raises
    ------
    InputError
        For anything else, and for one alone that is not in a sequence.
    """
    if isinstance(wanted, str | Unit | Direction | Objective):
        raise InputError(f"Give a list of what is to be visualized, such as [{str(wanted)!r}].")
    return tuple(x if isinstance(x, Objective) else Objective.unit(x) for x in wanted)


def _term(address: Any) -> tuple[Term, str]:
    what: Any = parse_address(address) if isinstance(address, str) else address
    if isinstance(what, Unit):
        one = torch.ones(1, 1, 1)
        return Term(layer=what.layer, channels=(what.channel,), values=one), str(what)
    if not isinstance(what, Direction):
        raise InputError(
            f"{what!r} cannot be visualized: give a unit, a direction, or an Objective."
        )
    vector = torch.tensor(what.vector, dtype=torch.float32)[:, None, None]
    return Term(layer=what.layer, channels=None, values=vector, leak=LEAK), str(what)


def _turned(name: str) -> str:
    """A name with its sign turned round.

    >>> _turned("a"), _turned("-0.5 (a + b)"), _turned("a - b")
    ('-a', '0.5 (a + b)', '-(a - b)')
    """
    if _is_sum(name):
        return f"-({name})"
    return name[1:] if name.startswith("-") else f"-{name}"


def _is_sum(name: str) -> bool:
    """Whether a name adds something up outside its brackets."""
    depth = 0
    for i, sign in enumerate(name):
        depth += (sign == "(") - (sign == ")")
        if depth == 0 and name[i : i + 3] in (" + ", " - "):
            return True
    return False
