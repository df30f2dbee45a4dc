"""The measured claims: each bar runs, compares what it measures with a bound, and says so.

A bar is a function of one argument, `quick`, registered with `@bar`; `python -m bars` runs them
one at a time. Those that need the reference folder beside the checkout are skipped without it.
"""

import importlib
import pkgutil
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from curvecircuits.errors import UnavailableError

SHARED = Path(__file__).resolve().parents[2] / "shared"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a bar measured; `ok` is None where the figure is for information only."""

    value: str
    bound: str
    ok: bool | None
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One claim and the function that measures it."""

    number: str
    title: str
    name: str
    needs_shared: bool
    measure: Callable[[bool], Outcome]

    def run(self, *, quick: bool = False) -> "Row":
        """Measure; an exception is a failure, something that is not installed is not."""
        started = perf_counter()
        if self.needs_shared and not SHARED.is_dir():
            outcome = Outcome(value=f"skipped (no {SHARED})", bound="", ok=None)
        else:
            try:
                outcome = self.measure(quick)
            except UnavailableError as error:
                outcome = Outcome(value="skipped", bound="", ok=None, detail=str(error))
            except Exception as error:
                value = (
                    f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
                )
                outcome = Outcome(value=value, bound="", ok=False, detail=traceback.format_exc())
        return Row(bar=self, outcome=outcome, seconds=perf_counter() - started)


@dataclass(frozen=True, kw_only=True)
class Row:
    """A bar and what came of it."""

    bar: Bar
    outcome: Outcome
    seconds: float

    @property
    def state(self) -> str:
        """One word for the table's last column."""
        if self.outcome.value.startswith("skipped"):
            return "skipped"
        return {True: "ok", False: "FAILED", None: "info"}[self.outcome.ok]

    def as_dict(self) -> dict[str, Any]:
        """The row as JSON has it."""
        return {
            "number": self.bar.number,
            "name": self.bar.name,
            "title": self.bar.title,
            "value": self.outcome.value,
            "bound": self.outcome.bound,
            "state": self.state,
            "detail": self.outcome.detail,
            "seconds": round(self.seconds, 1),
        }


_REGISTRY: dict[str, Bar] = {}


def bar(
    *, number: str, title: str, name: str | None = None, needs_shared: bool = False
) -> Callable[[Callable[[bool], Outcome]], Callable[[bool], Outcome]]:
    """Register a function as the measurement of a bar."""

    def register(measure: Callable[[bool], Outcome]) -> Callable[[bool], Outcome]:
        key = name or measure.__name__
        _REGISTRY[key] = Bar(
            number=number, title=title, name=key, needs_shared=needs_shared, measure=measure
        )
        return measure

    return register


def _plain(number: str, module: Any, function: str, title: str) -> None:
    """Register a function without arguments that returns its figures as a dict."""

    def measure(quick: bool) -> Outcome:
        del quick
        found: dict[str, Any] = getattr(module, function)()
        return Outcome(
            value=str(found["value"]),
            bound=str(found["bar"]),
            ok=found["ok"],
            detail=str(found.get("detail", "")),
        )

    bar(number=number, title=title, name=f"stimuli_{function}")(measure)


def discover() -> list[Bar]:
    """Every bar of the modules in this folder, by number."""
    for found in pkgutil.iter_modules(__path__):
        if found.name == "__main__":
            continue
        module = importlib.import_module(f"{__name__}.{found.name}")
        if found.name == "stimuli":
            _plain("1.4a", module, "accuracy", "Stimuli against an independent rasteriser")
            _plain("1.4b", module, "speed", "Stimuli, times faster than Pillow at 16×")
    return sorted(_REGISTRY.values(), key=lambda b: (b.number, b.name))
