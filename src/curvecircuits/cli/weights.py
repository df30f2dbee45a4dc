"""The command that reads circuits from weights: `weights`."""

from io import BytesIO
from pathlib import Path
from typing import Any

from curvecircuits.cli.options import Json, Seed, Source, opened
from curvecircuits.cli.tables import print_json, print_table
from curvecircuits.errors import InputError

_LINEAR = (
    "The weights are a linear approximation of the path, with rectifiers as the identity: the "
    "correlation says how far the network's own pre-activations follow it, the control how far "
    "they follow the same weights on other channels."
)


def weights(
    layer: str,
    target: str,
    /,
    *,
    source: Source,
    out: Path,
    units: str = "all",
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Write the expanded weights of units of a layer on an earlier one, and how true they are.

    The file has `values` (unit, channel, row, column), the `units`, and where each cell looks. Of
    each unit, the correlation of what the weights predict with its real pre-activation is printed,
    on curves through the centre of its receptive field.

    For example:

        curvecircuits weights 3a 3b --units 358,336 --model googlenet --out weights.npz

        curvecircuits weights conv2d0 3b --model nets/small.py:make --out far.npz --json

    Parameters
    ----------
    layer
        The earlier layer, whose channels the weights are on.
    target
        The later layer, whose units they belong to.
    out
        The file to write, in NumPy's `.npz` form.
    units
        Channels of the later layer, such as 358,336; by default all.

    """
    network = opened(source)
    import numpy as np

    from curvecircuits.families.tiles import scan_images
    from curvecircuits.store import write_atomic
    from curvecircuits.weights import agreement, expanded_weights

    channels = _channels(units, network.layer(target).channels)
    found = expanded_weights(network, layer, units=[(target, c) for c in channels])
    images, at = scan_images(network, target, seed=seed)
    agreed = agreement(network, found, images, at=at, seed=seed)
    buffer = BytesIO()
    np.savez(
        buffer,
        values=found.values.cpu().contiguous().numpy(),
        units=np.array(channels),
        target=np.array(network.layer(target).name),
        source=np.array(network.layer(layer).name),
        origin=np.array(found.origin),
        stride=np.array(found.stride),
        pitch=np.array(found.pitch),
        offset=np.array(found.offset),
        correlation=agreed.correlation,
        control=agreed.control,
        model=np.array(network.name),
        weights=np.array(str(network.provenance)),
        model_hash=np.array(network.model_hash),
    )
    path = write_atomic(out, buffer.getvalue())
    title = network.layer(target).title
    scores = zip(channels, _plain(agreed.correlation), _plain(agreed.control), strict=True)
    rows: list[dict[str, Any]] = [
        {"unit": f"{title}:{c}", "correlation": r, "control": k} for c, r, k in scores
    ]
    if json:
        head = {"model": network.name, "weights": str(network.provenance)}
        about = {"source": found.source, "shape": list(found.values.shape), "pitch": found.pitch}
        print_json({**head, **about, "file": str(path), "seed": seed, "units": rows})
        return
    print_table(
        ["unit", "correlation", "control"],
        [[row["unit"], row["correlation"], row["control"]] for row in rows],
    )
    print(f"\n{_LINEAR}")
    print(f"\n{' × '.join(map(str, found.values.shape))} weights on {found.source}: {path}")


def _channels(text: str, count: int) -> list[int]:
    """The channels that `all` or a list such as `358,336` stands for."""
    if text == "all":
        return list(range(count))
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() for part in parts):
        raise InputError(f"{text!r} names no units: write all, or channels such as 358,336.")
    return [int(part) for part in parts]


def _plain(values: Any) -> list[float | None]:
    """Numbers as JSON has them: nothing where there is no number."""
    return [float(v) if v == v else None for v in values]
