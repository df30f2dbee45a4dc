"""What the units of each layer see: how many are in each family, and how many in none."""

from dataclasses import dataclass
from typing import Literal

from curvecircuits.errors import InputError
from curvecircuits.families.taxonomy import Taxonomy
from curvecircuits.report.parts import Words
from curvecircuits.report.prose import count, percent
from curvecircuits.store import Record


@dataclass(frozen=True, kw_only=True)
class FamilyCount(Record):
    """One family of a layer."""

    family: str
    units: int
    share: float
    """Of the units of the layer."""


@dataclass(frozen=True, kw_only=True)
class LayerFamilies(Record):
    """The families of one layer, in the order of the taxonomy."""

    layer: str
    units: int
    families: tuple[FamilyCount, ...]
    permuted: tuple[FamilyCount, ...]
    """Of the same layer in a weight-permuted copy; empty when none was labelled."""


@dataclass(frozen=True, kw_only=True)
class FamilyCounts(Record):
    """The share of each family in every layer."""

    kind: Literal["family-counts"] = "family-counts"
    words: Words
    layers: tuple[LayerFamilies, ...]


def family_counts(
    taxonomy: Taxonomy, permuted: Taxonomy | None = None, *, caption: str = ""
) -> FamilyCounts:
    """Make the figure from the families of a network's units, with its sentences.

    Parameters
    ----------
    taxonomy
        From `discover_families`.
    permuted
        The same of a copy with permuted weights.
    caption
        What to add about the measurement.

    Raises
    ------
    InputError
        When the copy lacks a layer of the network.

    References
    ----------
    Olah et al., "An Overview of Early Vision in InceptionV1", Distill 2020.
    """
    missing = [x for x in taxonomy.layers if permuted is not None and x not in permuted.layers]
    if missing:
        raise InputError(
            f"The permuted copy has no families for {', '.join(missing)}: label the same layers."
        )
    layers = tuple(
        LayerFamilies(
            layer=layer,
            units=len(taxonomy.of(layer)),
            families=_counted(taxonomy, layer),
            permuted=() if permuted is None else _counted(permuted, layer),
        )
        for layer in taxonomy.layers
    )
    units = sum(each.units for each in layers)
    named = [_named(each.families) for each in layers]
    takeaway = (
        f"Of {count(units, 'unit')} in {count(len(layers), 'layer')} of {taxonomy.model}, "
        f"{percent(taxonomy.named())} have a family; from layer to layer it is "
        f"{percent(min(named, default=0.0))} to {percent(max(named, default=0.0))}"
    )
    control = ""
    if permuted is not None:
        takeaway += f", and {percent(permuted.named(taxonomy.layers))} in a weight-permuted copy"
        control = (
            " The thin bar beneath each layer is the same rule in a copy with permuted weights."
        )
    return FamilyCounts(
        words=Words(
            title="What the units see",
            takeaway=takeaway + ".",
            caption=(
                "Each bar is a layer, divided by the families of its units; grey is other, the "
                f"units that no family accounts for.{control} A unit's family is the one "
                "whose own parameter explains most of its responses to drawn probes. " + caption
            ).strip(),
        ),
        layers=layers,
    )


def _counted(taxonomy: Taxonomy, layer: str) -> tuple[FamilyCount, ...]:
    units = len(taxonomy.of(layer))
    return tuple(
        FamilyCount(family=name, units=n, share=n / units)
        for name, n in taxonomy.counts(layer).items()
    )


def _named(families: tuple[FamilyCount, ...]) -> float:
    return sum(each.share for each in families if each.family != "other")
