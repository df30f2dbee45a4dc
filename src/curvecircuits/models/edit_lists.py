"""The edits of several models as one JSON object: a list for each, by its name."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from curvecircuits.errors import InputError
from curvecircuits.models.edit_json import edits_from_json, edits_to_json
from curvecircuits.models.edits import Edit
from curvecircuits.models.network import Network

_SHAPE = '{"without 379": [{"kind": "ZeroUnits", "fields": {"units": ["3b:379"]}}]}'


def edit_lists_to_json(models: Mapping[str, Sequence[Edit]]) -> str:
    """Write the edits of several models as JSON, each list as `edits_to_json` writes it.

    Raises
    ------
    InputError
        As `edits_to_json`.

    Examples
    --------
    >>> from curvecircuits.models.edits import ZeroUnits
    >>> text = edit_lists_to_json({"without 379": [ZeroUnits(units=[("3b", 379)])]})
    >>> text
    '{"without 379": [{"kind": "ZeroUnits", "fields": {"units": ["3b:379"]}}]}'
    >>> edit_lists_from_json(text)
    {'without 379': (ZeroUnits(units=(Unit(layer='3b', channel=379),)),)}
    """
    lists = {name: json.loads(edits_to_json(edits))["edits"] for name, edits in models.items()}
    return json.dumps(lists, allow_nan=False, ensure_ascii=False)


def edit_lists_from_json(
    text: str, *, networks: Mapping[str, Network] | None = None
) -> dict[str, tuple[Edit, ...]]:
    """Read the edits of several models: of each a list, or all that `edits_to_json` wrote.

    Parameters
    ----------
    networks
        By `model_hash`: those that units are replaced by.

    Raises
    ------
    InputError
        For text that is no such JSON, a name that is there twice, and a network that is needed and
        not given.
    """
    try:
        data = json.loads(text, object_pairs_hook=_distinct)
    except InputError:
        raise
    except ValueError as error:
        raise InputError(f"These edits are no JSON: {error}.") from None
    if not isinstance(data, dict) or "schema" in data:
        raise InputError(f"The edits of several models are a list for each by its name: {_SHAPE}.")
    found: dict[str, tuple[Edit, ...]] = {}
    for name, each in data.items():
        listed = {"schema": "curvecircuits.edits/1", "edits": each}
        again = json.dumps(listed if isinstance(each, list) else each)
        try:
            found[name] = edits_from_json(again, networks=networks)
        except InputError as error:
            raise InputError(f"The edits of {name!r} cannot be read: {error}") from error
    return found


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names are all different: of two, one would be lost without a word."""
    names = [name for name, _ in pairs]
    for k, name in enumerate(names):
        if name in names[:k]:
            raise InputError(f"These edits have {name!r} twice: name each once.")
    return dict(pairs)
