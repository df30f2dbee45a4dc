"""Put a module of anybody's under study."""

from collections.abc import Mapping

from torch import nn

from curvecircuits.errors import InputError
from curvecircuits.models.layer import Provenance
from curvecircuits.models.network import Network, Preprocess


def wrap(
    module: nn.Module,
    *,
    preprocess: Preprocess | None = None,
    name: str | None = None,
    input_size: int = 224,
    provenance: Provenance | None = None,
    aliases: Mapping[str, str] | None = None,
    logits: str | None = None,
) -> Network:
    """Put any PyTorch module under study.

    Parameters
    ----------
    module
        A network whose forward pass takes one image tensor and can be traced by `torch.fx`.
        It is copied; yours stays as it is.
    preprocess
        From RGB in [0, 1] to what the module takes (for example a normalisation).
    name, input_size, provenance, aliases, logits
        As in `Network`.

    Raises
    ------
    InputError
        When the module cannot be traced or does not run at `input_size`.

    Examples
    --------
    >>> from torch import nn
    >>> net = wrap(nn.Sequential(nn.Conv2d(3, 8, 5), nn.ReLU()), input_size=32)
    >>> list(net.layers), net.layer("1").pre_activation
    (['0', '1'], '0')
    >>> net.geometry("1").receptive_field
    5
    """
    if not isinstance(module, nn.Module):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InputError(f"A {type(module).__name__} is not a torch.nn.Module.")
    return Network(
        module,
        name=name or type(module).__name__,
        preprocess=preprocess,
        input_size=input_size,
        provenance=provenance,
        aliases=aliases,
        logits=logits,
    )
