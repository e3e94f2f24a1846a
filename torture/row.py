"""A row of the table: what is promised, how it is put to the test, and what was measured."""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar, TypeVar

T = TypeVar("T")


class Scale(enum.Enum):
    """How much of a row is run: all of it, or what fits into `make test`."""

    FULL = "full"
    SHORT = "short"

    def of(self, full: T, short: T) -> T:
        """The one of both that belongs to this scale."""
        return full if self is Scale.FULL else short


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One figure and its bound.

    Attributes:
        name: what was measured, with the unit behind the figure in `unit`.
        at_most, at_least: the target; a figure without either is only told.
        loose: the factor by which a short run on a busy machine may miss a target of time. 1, the
            default: not at all, as it must be wherever the figure is of right and wrong.
    """

    name: str
    value: float
    unit: str = ""
    at_most: float | None = None
    at_least: float | None = None
    loose: float = 1.0

    def met(self, *, loosely: bool = False) -> bool:
        """Whether the figure is within its target."""
        by = self.loose if loosely else 1.0
        below = self.at_most is None or self.value <= self.at_most * by
        return below and (self.at_least is None or self.value >= self.at_least / by)

    def __str__(self) -> str:
        value = f"{self.value:,.0f}" if self.value == round(self.value) else f"{self.value:,.3g}"
        if abs(self.value) >= 100:
            value = f"{self.value:,.0f}"
        return f"{self.name} {value}{self.unit}"


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a row came to.

    Attributes:
        measures: the figures, the first of them those that the target is about.
        notes: what a reader needs to judge them, and whatever went wrong.
    """

    measures: tuple[Measure, ...]
    notes: tuple[str, ...] = field(default=())

    @property
    def met(self) -> bool:
        """Whether every figure is within its target."""
        return all(measure.met() for measure in self.measures)

    def missed(self, *, loosely: bool = False) -> list[str]:
        """The figures that are not, with their targets."""
        return [
            f"{measure} (target: {_bound(measure)})"
            for measure in self.measures
            if not measure.met(loosely=loosely)
        ]


class Row(ABC):
    """Something to be promised, and the way to find out.

    Attributes:
        name: by which `--rows` chooses it.
        title: what is done to the store.
        target: what must come of it.
        minutes: what it takes at full scale on two cores.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    target: ClassVar[str]
    minutes: ClassVar[float]

    @abstractmethod
    def run(self, scale: Scale) -> Result:
        """Does it and measures."""


def _bound(measure: Measure) -> str:
    if measure.at_most is not None:
        return f"at most {measure.at_most:g}{measure.unit}"
    return f"at least {measure.at_least:g}{measure.unit}"
