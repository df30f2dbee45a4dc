"""Networks that the user's own code makes: `package.module:factory`, `path/file.py:factory`."""

import difflib
import hashlib
import importlib
import importlib.util
import sys
import traceback
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import nn

from curvecircuits.catalog.given import fill
from curvecircuits.catalog.names import unknown
from curvecircuits.errors import CurveCircuitsError, InputError
from curvecircuits.models.layer import Provenance
from curvecircuits.models.network import Network
from curvecircuits.models.wrap import wrap

_VALID = "a torch.nn.Module, a curvecircuits Network or a pair (module, preprocess)"


@dataclass(frozen=True, kw_only=True)
class Factory:
    """Code of the user's that makes a network."""

    place: str
    """A Python file, or the dotted name of a module."""
    attribute: str
    """A function or class that takes no arguments, or a network itself."""

    @property
    def is_file(self) -> bool:
        """Whether the place is a file."""
        return self.place.endswith(".py")

    def __str__(self) -> str:
        return f"{self.place}:{self.attribute}"


def parse_factory(name: str) -> Factory | None:
    """Read `package.module:factory` or `path/file.py:factory`; None for any other text.

    >>> parse_factory("nets/small.py:make")
    Factory(place='nets/small.py', attribute='make')
    >>> parse_factory("googlenet") is None
    True

    Raises
    ------
    InputError
        For a Python file without a factory.

    """
    if name.endswith(".py"):
        raise InputError(f"{name} is a file: say what in it makes the network, as {name}:factory.")
    place, _, attribute = name.rpartition(":")
    if not attribute.isidentifier():
        return None
    dotted = all(part.isidentifier() for part in place.split("."))
    return Factory(place=place, attribute=attribute) if dotted or place.endswith(".py") else None


def user_network(factory: Factory, *, weights: str | Path | None = None) -> Network:
    """Run the user's code and put what it returns under study.

    The code runs as it would for `python path/file.py`: with its own folder (of a module: the
    current one) first in the search path. It may do anything; run only what you trust.

    Parameters
    ----------
    factory
        Where the code is. It returns a module, a pair of a module and its preprocessing, or a
        `Network` made by `curvecircuits.wrap`, which can also say the size of the images.
    weights
        A file to load into the module.

    Raises
    ------
    InputError
        If there is no such code, or it fails, or returns something else; the message names what
        went wrong and the line.
    WeightsError
        If the weights do not fit the module.

    """
    folder = Path(factory.place).resolve().parent if factory.is_file else Path.cwd()
    with _importable(folder), _explained(factory):
        made = _made(_imported(factory), factory)
        preprocess = None
        if isinstance(made, tuple) and len(made) == 2 and callable(made[1]):
            made, preprocess = made
        if not isinstance(made, nn.Module | Network):
            raise InputError(f"{factory} returned {type(made).__name__}; return {_VALID}.")
        source = Provenance(source=str(factory))
        if weights is not None:
            if isinstance(made, Network):
                raise InputError(
                    f"{factory} returns a Network, which has its weights; return a "
                    "torch.nn.Module to load a weight file into it."
                )
            source = fill(made, weights)
            source = replace(source, source=f"{source.source} in {factory}")
        if isinstance(made, Network):
            if made.provenance.source == "a module in memory":
                made.provenance = source
            return made
        return wrap(made, preprocess=preprocess, name=factory.attribute, provenance=source)


def _imported(factory: Factory) -> ModuleType:
    if not factory.is_file:
        if importlib.util.find_spec(factory.place.partition(".")[0]) is None:
            raise unknown(str(factory))
        return importlib.import_module(factory.place)
    path = Path(factory.place).resolve()
    if not path.is_file():
        raise InputError(f"{factory.place} does not exist; a Python file is valid.")
    # A name of its own: the file may be called like a module that is imported already.
    digest = hashlib.sha256(str(path).encode("utf-8", "surrogatepass")).hexdigest()
    name = f"_curvecircuits_{digest[:16]}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise InputError(f"{factory.place} cannot be imported; a Python file is valid.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where dataclasses and pickles of the file look it up
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _made(module: ModuleType, factory: Factory) -> Any:
    if not hasattr(module, factory.attribute):
        public = [name for name in vars(module) if not name.startswith("_")]
        near = difflib.get_close_matches(factory.attribute, public, n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else f"name what returns {_VALID}."
        raise InputError(f"{factory.place} has no {factory.attribute}: {hint}")
    found = getattr(module, factory.attribute)
    if isinstance(found, nn.Module | Network):
        return found
    if not callable(found):
        raise InputError(
            f"{factory} is {type(found).__name__}, not a function; name what returns {_VALID}."
        )
    return found()


@contextmanager
def _importable(folder: Path) -> Generator[None]:
    entry = str(folder)
    sys.path.insert(0, entry)
    try:
        yield
    finally:
        with suppress(ValueError):
            sys.path.remove(entry)


@contextmanager
def _explained(factory: Factory) -> Generator[None]:
    """Turn whatever the user's code raises into one sentence."""
    try:
        yield
    except CurveCircuitsError:
        raise
    except (Exception, SystemExit) as error:
        lines = str(error).strip().splitlines()
        reason = f" ({lines[0][:200].rstrip('.')})" if lines else ""
        raise InputError(
            f"{factory} failed{_line(error, factory)} with {type(error).__name__}{reason}; it "
            f"must return {_VALID}."
        ) from error


def _line(error: BaseException, factory: Factory) -> str:
    """Where in the user's file the error was raised, if it was there."""
    if not factory.is_file:
        return ""
    path = str(Path(factory.place).resolve())
    if isinstance(error, SyntaxError) and error.filename == path:
        return f" at line {error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == path]
    return f" at line {lines[-1]}" if lines else ""
