"""Weights out of a file into a module, and the record of where they came from."""

from pathlib import Path

from torch import nn

from curvecircuits.catalog.artefacts import Artefact, verify
from curvecircuits.models.convert import Rename, load_into, same_names
from curvecircuits.models.layer import Provenance
from curvecircuits.models.readers import read_weights


def fill(
    module: nn.Module,
    path: str | Path,
    *,
    rename: Rename = same_names,
    artefact: Artefact | None = None,
) -> Provenance:
    """Copy a weight file into a module, in place.

    Parameters
    ----------
    module
        Of the architecture the file was trained for.
    path
        A file of any readable format; a hash that is not known is no hindrance.
    rename
        From the file's tensor names to the module's.
    artefact
        What the file should be, to tell whether it is that.

    Returns
    -------
    Provenance
        The file's name and SHA-256, and whether that is a published one.

    Raises
    ------
    WeightsError
        If the file cannot be read, or its tensors are not those of the module.

    """
    file = read_weights(path, member=artefact.member if artefact else None)
    # Weights are floating; whole numbers are counters of the training.
    tensors = {name: t for name, t in file.tensors.items() if t.is_floating_point()}
    load_into(module, tensors, rename=rename, origin=str(path))
    return Provenance(
        source=Path(path).name,
        sha256=file.sha256,
        verified=artefact is not None and verify(artefact, path, sha256=file.sha256),
    )
