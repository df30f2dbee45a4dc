"""Feature visualization: pictures that raise what a network's units respond to."""

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from curvecircuits.errors import InputError
from curvecircuits.models.address import Address
from curvecircuits.models.network import Network
from curvecircuits.visualize.features.album import Album
from curvecircuits.visualize.features.ascent import climb, values_of
from curvecircuits.visualize.features.objectives import Objective, objectives_of
from curvecircuits.visualize.features.picture import Made, Picture
from curvecircuits.visualize.features.plans import (
    Look,
    Plan,
    Source,
    by_full_names,
    kept_under,
    plan_for,
    source_of,
)
from curvecircuits.weights.pixels import pixel_weights


def feature_visualization(
    network: Network,
    wanted: Sequence[Objective | Address | str],
    *,
    steps: int = 256,
    each: int = 1,
    look: Look | None = None,
    seed: int = 0,
    batch: int | None = None,
    cache: str | Path | None = None,
    progress: bool = False,
) -> tuple[Picture, ...]:
    """Make pictures by gradient ascent, each towards its own objective.

    A picture is a spectrum of decorrelated colours (`Paint`); at each step it is moved at random
    (`Robustness`), the network is run up to the layer of the objective on the receptive field
    alone, and Adam takes a step along the gradient of the objective. A unit of the first layer is
    shown by its filter instead, with grey for zero, unless grey or opacity are asked for.

    Noise and moves come from the seed, the objective and the picture's number, and every batch is
    filled to the same shape: on one CPU a picture is the same bit for bit, whatever is made beside
    it. (Smooth activations, such as SiLU, can differ in the last digit, as vectorised exponentials
    do with the place of a number in memory.)

    Parameters
    ----------
    network
        Within an `edit`, the edited one.
    wanted
        Units such as 3b:358 and directions, which are read in the middle of the picture, or
        any `Objective`.
    steps
        Of the ascent.
    each
        Pictures of each objective, from different noise.
    look
        What they are made of, and how they are climbed.
    seed
        Of noise and moves.
    batch
        Pictures climbed together; by default as many as the device's cache holds.
    cache
        A folder where finished pictures are kept, and looked for first. Without one, an interrupt
        loses them.
    progress
        Show a bar of the steps.

    Returns
    -------
    tuple of Picture
        In the order asked for, the pictures of one objective together.

    Raises
    ------
    InputError
        For nothing asked, units and layers that the network does not have, numbers of steps,
        pictures and batches below 1, and a cache that cannot be written.

    Examples
    --------
    >>> import torch
    >>> from curvecircuits.artificial import artificial_network
    >>> network = artificial_network()
    >>> (first,) = feature_visualization(network, ["3a:0"], steps=8)
    >>> (again,) = feature_visualization(network, ["3a:0"], steps=8)
    >>> first.image.shape[0], torch.equal(first.image, again.image), first.activation > 0
    (3, True, True)

    References
    ----------
    Olah et al., "Feature Visualization", Distill 2017; the pictures of Cammarata et al., "Curve
    Circuits", Distill 2021.
    """
    found: dict[int, Picture] = {}
    with closing(
        pictures_made(
            network,
            wanted,
            steps=steps,
            each=each,
            look=look,
            seed=seed,
            batch=batch,
            cache=cache,
            progress=progress,
        )
    ) as made:
        found.update(made)
    return tuple(found[i] for i in sorted(found))


def pictures_made(
    network: Network,
    wanted: Sequence[Objective | Address | str],
    *,
    steps: int = 256,
    each: int = 1,
    look: Look | None = None,
    seed: int = 0,
    batch: int | None = None,
    cache: str | Path | None = None,
    progress: bool = False,
) -> Generator[tuple[int, Picture], None, None]:
    """The pictures of `feature_visualization` as each batch is finished, with their places.

    What was finished before an interrupt has been given. Parameters and errors are those of
    `feature_visualization`.
    """
    for what, number in (("steps", steps), ("pictures each", each), ("pictures a batch", batch)):
        if number is not None and number < 1:
            raise InputError(f"Feature visualization takes at least one of {what}, not {number}.")
    objectives = [by_full_names(network, o) for o in objectives_of(wanted)]
    if not objectives:
        raise InputError("Name at least one unit to be visualized, such as 3b:358.")
    plans = [
        plan_for(network, o, number, steps=steps, look=look or Look(), seed=seed, batch=batch)
        for o in objectives
        for number in range(each)
    ]
    album = Album(None if cache is None else Path(cache))
    album.check()
    same = source_of(network)
    keys = [kept_under(plan, same) for plan in plans]
    groups: dict[Any, list[int]] = {}
    for place, (plan, key) in enumerate(zip(plans, keys, strict=True)):
        kept = album.find(key)
        if kept is not None:
            yield place, _named(kept, plan)
        elif plan.filter is not None:
            picture = _filter(network, plan, same)
            album.keep(key, picture)
            yield place, picture
        else:
            groups.setdefault(plan.group, []).append(place)
    chunks = [
        places[i : i + plans[places[0]].batch]
        for places in groups.values()
        for i in range(0, len(places), plans[places[0]].batch)
    ]
    with tqdm(
        total=steps * sum(map(len, chunks)), desc="pictures", unit=" steps", disable=not progress
    ) as bar:
        for places in chunks:
            some = [plans[p] for p in places]
            made = _climbed(network, some, same, after=partial(bar.update, len(some)))
            for place, picture in zip(places, made, strict=True):
                album.keep(keys[place], picture)
            yield from zip(places, made, strict=True)


def _named(kept: Picture, plan: Plan) -> Picture:
    """A kept picture under the name that its objective has now."""
    return replace(kept, made=replace(kept.made, objective=plan.objective.name))


def _climbed(
    network: Network, plans: Sequence[Plan], model: Source, *, after: Any
) -> list[Picture]:
    first = plans[0]
    filled = [*plans, *[plans[-1]] * (first.batch - len(plans))]
    done = climb(
        network,
        [p.objective for p in filled],
        first.canvas,
        first.how,
        seeds=[p.own_seed for p in filled],
        after=after,
    )
    return [
        Picture(
            image=done.images[i].clone(),
            made=_made(plan, model, "optimised", float(done.values[i])),
        )
        for i, plan in enumerate(plans)
    ]


def _filter(network: Network, plan: Plan, model: Source) -> Picture:
    assert plan.filter is not None
    weights = pixel_weights(network, [plan.filter])[0].cpu()
    sign = float(plan.objective.terms[0].values.sum().sign())
    largest = weights.abs().max().clamp(min=torch.finfo(weights.dtype).tiny)
    image = 0.5 + 0.5 * sign * weights / largest
    value = values_of(network, [plan.objective], plan.canvas, image[None])
    return Picture(image=image, made=_made(plan, model, "weights", float(value[0])))


def _made(plan: Plan, model: Source, kind: Any, activation: float) -> Made:
    how, moves = plan.how, plan.how.robustness
    return Made(
        objective=plan.objective.name,
        objective_key=plan.objective.key,
        kind=kind,
        activation=activation,
        field=plan.canvas.field,
        model=model.name,
        model_hash=model.model_hash,
        weights=model.weights,
        number=plan.number,
        seed=plan.seed,
        steps=how.steps if kind == "optimised" else 0,
        rate=how.rate,
        pull=how.pull,
        grey=how.paint.grey,
        alpha=how.paint.alpha,
        jitter=moves.jitter,
        rotation=moves.rotation,
        scale=moves.scale,
        batch=plan.batch,
    )
