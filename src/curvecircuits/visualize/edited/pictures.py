"""What units would see with some of their inputs alone: pictures made in an edited network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import Any

from jaxtyping import Float
from torch import Tensor

from curvecircuits.errors import InputError
from curvecircuits.families.family import Family
from curvecircuits.models.address import Unit
from curvecircuits.models.edit import edit
from curvecircuits.models.edits import KeepInputs
from curvecircuits.models.network import Network
from curvecircuits.visualize.edited.groups import Groups, channels_of, drawn_beside
from curvecircuits.visualize.edited.records import EditedShares, GroupShares, PairedShares
from curvecircuits.visualize.edited.values import Seen, seen_by, value_on
from curvecircuits.visualize.features.climbed import feature_visualization
from curvecircuits.visualize.features.picture import Picture
from curvecircuits.visualize.features.plans import Look


@dataclass(frozen=True, kw_only=True, eq=False)
class EditedPictures:
    """Pictures of units, unedited and with some of their inputs alone, and what they reach."""

    shares: EditedShares
    unedited: tuple[Picture, ...]
    """One a unit, in the order of `shares.units`, as all the others are."""
    edited: Mapping[str, tuple[Picture, ...]]
    """By the name of the group whose inputs are kept."""
    random: Mapping[str, tuple[Picture, ...]]
    """With as many random inputs instead, by the name of the group."""


def edited_pictures(
    network: Network,
    units: Family | Sequence[Unit | str],
    groups: Groups,
    *,
    layer: str,
    steps: int = 256,
    look: Look | None = None,
    seed: int = 0,
    images: Float[Tensor, "n 3 h w"] | None = None,
    cache: str | Path | None = None,
    progress: bool = False,
) -> EditedPictures:
    """Feature visualizations of units that receive the inputs of one group of channels alone.

    For each group of an earlier layer, the network is edited with `KeepInputs`, and the units are
    visualized in it from the noise that their unedited pictures begin with. Beside each group, as
    many random channels of the layer, none of the group, are kept instead, drawn anew for every
    unit (all others, where there are fewer). Biases, rectifiers and bottlenecks between are those
    of the network; other paths to the units are left alone. A group's `reconstructed` share is
    max(0, z(x)) / z(x⁰), of the unedited unit on the picture x made under the edit and on its own
    x⁰; `kept` is max(0, z_edited(x⁰)) / z(x⁰).

    Parameters
    ----------
    units
        Of one later layer. A family is taken in the order of its orientations.
    groups
        Units or families of `layer` by name; of a taxonomy, its `shape_groups`. A group of no units
        leaves biases alone, and shows what the noise is worth that pictures begin with.
    layer
        The earlier layer whose channels are kept.
    steps, look, cache
        Of the pictures, as for `feature_visualization`.
    seed
        Of pictures, random channels, and intervals.
    images
        Photographs, RGB in [0, 1], on which the units are read with the same inputs.
    progress
        Show a bar of the steps for each set of pictures.

    Raises
    ------
    InputError
        For no units or groups, units of several layers or given twice, groups of another layer,
        units that do not depend on it, and as `feature_visualization`.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> early = {"curves": [Unit("3a", channel) for channel in range(24)]}
    >>> found = edited_pictures(artificial_network(), ["3b:6"], early, layer="3a", steps=32)
    >>> found.edited["curves"][0].image.shape == found.unedited[0].image.shape
    True
    >>> found.shares.of("curves").kept.difference().value > 0
    True

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021, whose circuit editing keeps early curves
    alone; Olah et al., "Feature Visualization", Distill 2017.
    """
    targets, orientations = _targets(network, units)
    source = network.layer(layer)
    kept = channels_of(network, groups, layer)
    work = _Work(
        network=network,
        source=source.name,
        how={"steps": steps, "look": look, "seed": seed, "cache": cache, "progress": progress},
    )
    unedited = feature_visualization(network, targets, **work.how)
    parts = None if images is None else seen_by(network, targets, images)
    before = tuple(map(_Before, targets, unedited, parts or [None] * len(targets)))
    actual = _on_own(network, before)
    on_images = _on_images(network, before)
    edited: dict[str, tuple[Picture, ...]] = {}
    random: dict[str, tuple[Picture, ...]] = {}
    found: list[GroupShares] = []
    for place, (name, channels) in enumerate(kept.items()):
        drawn = [
            drawn_beside(channels, source.channels, seed=(seed, place, u))
            for u in range(len(targets))
        ]
        group = work.under(before, channels)
        # One unit at a time: every further edit of a branch runs all those before it again.
        control = _joined([work.under([b], c, batch=1) for b, c in zip(before, drawn, strict=True)])
        edited[name], random[name] = group.pictures, control.pictures
        found.append(
            GroupShares(
                group=name,
                channels=channels,
                drawn=tuple(drawn),
                reconstructed=_paired(group.intact, control.intact, actual, seed),
                kept=_paired(group.own, control.own, actual, seed),
                photographs=None
                if images is None
                else _paired(group.images, control.images, on_images, seed),
            )
        )
    shares = EditedShares(
        model=network.name,
        model_hash=network.model_hash,
        weights=str(network.provenance),
        layer=source.title,
        units=tuple(str(Unit(network.layer(u.layer).title, u.channel)) for u in targets),
        orientations=orientations,
        activations=tuple(actual),
        groups=tuple(found),
        images=0 if images is None else len(images),
        steps=steps,
        seed=seed,
    )
    return EditedPictures(shares=shares, unedited=unedited, edited=edited, random=random)


@dataclass(frozen=True, eq=False)
class _Before:
    """A unit with its picture of the unedited network, and its photographs."""

    unit: Unit
    picture: Picture
    seen: Seen | None


@dataclass(frozen=True, kw_only=True)
class _Made:
    """Pictures of units under an edit, and activations, one a unit."""

    pictures: tuple[Picture, ...]
    intact: list[float]
    """Of the unedited unit, on these pictures."""
    own: list[float]
    """Of the edited unit, on the unedited picture."""
    images: list[float]
    """Of the edited unit, on photographs."""


@dataclass(frozen=True, kw_only=True)
class _Work:
    network: Network
    source: str
    how: dict[str, Any]

    def under(
        self, before: Sequence[_Before], channels: Sequence[int], *, batch: int | None = None
    ) -> _Made:
        """Pictures of units that keep some inputs alone."""
        network, units = self.network, [b.unit for b in before]
        with edit(network, KeepInputs(targets=units, source=self.source, channels=channels)):
            pictures = feature_visualization(network, units, batch=batch, **self.how)
            own, images = _on_own(network, before), _on_images(network, before)
        after = [_Before(u, p, None) for u, p in zip(units, pictures, strict=True)]
        return _Made(pictures=pictures, intact=_on_own(network, after), own=own, images=images)


def _on_own(network: Network, before: Sequence[_Before]) -> list[float]:
    return [value_on(network, b.unit, b.picture) for b in before]


def _on_images(network: Network, before: Sequence[_Before]) -> list[float]:
    return [b.seen.total(network) for b in before if b.seen is not None]


def _joined(some: Sequence[_Made]) -> _Made:
    return _Made(
        pictures=tuple(p for m in some for p in m.pictures),
        intact=[v for m in some for v in m.intact],
        own=[v for m in some for v in m.own],
        images=[v for m in some for v in m.images],
    )


def _paired(
    group: Sequence[float], control: Sequence[float], whole: Sequence[float], seed: int
) -> PairedShares:
    def shares(values: Sequence[float]) -> tuple[float | None, ...]:
        return tuple(max(0.0, v) / w if w > 0 else None for v, w in zip(values, whole, strict=True))

    return PairedShares(group=shares(group), control=shares(control), seed=seed)


def _targets(
    network: Network, units: Family | Sequence[Unit | str]
) -> tuple[list[Unit], tuple[float | None, ...]]:
    """Units with their layer's full name, and their orientations."""
    if isinstance(units, Family):
        family = units.sorted()
        named, degrees = family.units, [None if isnan(o) else o for o in family.orientations]
    else:
        named = [Unit.parse(u) if isinstance(u, str) else u for u in units]
        degrees = [None] * len(named)
    found = [Unit(network.layer(u.layer).name, u.channel) for u in named]
    for unit in found:
        network.check(unit)
    if len({u.layer for u in found}) != 1 or len(set(found)) < len(found):
        raise InputError(
            "Pictures under an edit are of units of one layer, each given once: "
            f"{', '.join(map(str, named)) or 'none'} cannot be used."
        )
    return found, tuple(degrees)
