"""Make peers import beside this torch without what they do not need for the work measured."""

import importlib
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

import torch


class _Empty(ModuleType):
    """A package in which every name is an empty class, for annotations and base classes."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__path__ = []
        self.__spec__ = ModuleSpec(name, None, is_package=True)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


def stand_ins(*names: str) -> None:
    """Put empty modules in the place of packages, unless they were imported already.

    Parameters
    ----------
    names
        Modules by their full names, each package before what is in it.
    """
    for name in names:
        if name in sys.modules:
            continue
        sys.modules[name] = _Empty(name)
        package, _, own = name.rpartition(".")
        if package:
            setattr(sys.modules[package], own, sys.modules[name])


def import_torchvision() -> None:
    """Import torchvision, whose compiled operators are for another build of torch.

    They are left out; the peers need none of them.
    """
    register = torch.library.register_fake

    def unless_missing(op: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(op, str) and op.startswith("torchvision::"):
            return lambda function: function
        return register(op, *args, **kwargs)

    torch.library.register_fake = unless_missing
    try:
        importlib.import_module("torchvision")
    finally:
        torch.library.register_fake = register
