"""How annotations are checked under pytest: where a float is asked for, an int will do.

jaxtyping binds the arguments of every function anew at every call, to remember what the names of
axes stand for. Most functions are given no array and have no axes: their annotations are left to
beartype alone, which checks the same in a hundredth of the time.
"""

import dataclasses
import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar, get_args

import jaxtyping
from beartype import BeartypeConf, beartype

checked = beartype(conf=BeartypeConf(is_pep484_tower=True))

_by_jaxtyping: Callable[..., Any] = jaxtyping.jaxtyped


def check_sparingly() -> None:
    """Let jaxtyping's import hook wrap only what is annotated with axes."""
    jaxtyping.jaxtyped = _jaxtyped


def _jaxtyped(*, typechecker: Callable[..., Any]) -> Callable[[Any], Any]:
    return functools.partial(_wrapped, typechecker=typechecker)


def _wrapped(given: Any, *, typechecker: Callable[..., Any]) -> Any:
    if isinstance(given, (classmethod, staticmethod)):
        return type(given)(_wrapped(given.__func__, typechecker=typechecker))
    if isinstance(given, property):
        each = (given.fget, given.fset, given.fdel)
        return property(*(f and _wrapped(f, typechecker=typechecker) for f in each))
    if inspect.isclass(given):
        own = vars(given).get("__init__")
        if not (dataclasses.is_dataclass(given) and inspect.isfunction(own)):
            return given
        if not hasattr(own, "__wrapped__"):
            given.__init__ = _wrapped(own, typechecker=typechecker)
        return given
    if any(_has_axes(each) for each in given.__annotations__.values()):
        return _by_jaxtyping(given, typechecker=typechecker)
    return _by_beartype(given, typechecker(given))


def _has_axes(annotation: Any) -> bool:
    """Whether an array's annotation is in it; of names that are looked up later it may be."""
    if isinstance(annotation, str):
        return True
    if isinstance(annotation, TypeVar):
        return any(map(_has_axes, (annotation.__bound__, *annotation.__constraints__)))
    if isinstance(annotation, (list, tuple)):
        return any(map(_has_axes, annotation))
    if inspect.isclass(annotation) and issubclass(annotation, jaxtyping.AbstractArray):
        return True
    return any(map(_has_axes, get_args(annotation)))


def _by_beartype(plain: Callable[..., Any], strict: Callable[..., Any]) -> Callable[..., Any]:
    if plain is strict:
        return plain

    @functools.wraps(plain)
    def either(*args: Any, **kwargs: Any) -> Any:
        return (plain if jaxtyping.config.jaxtyping_disable else strict)(*args, **kwargs)

    return either
