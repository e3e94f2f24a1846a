"""What a random program is made of: faults, changes and reads. Each prints as it is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias


@dataclass(frozen=True)
class Befall:
    """From here on so many requests of a method meet with a fault; all, where `times` is None."""

    kind: str
    times: int | None = 1
    method: str = "GET"
    how: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Calm:
    """No request meets with anything from here on."""


@dataclass(frozen=True)
class Change:
    """An object becomes its next version."""

    number: int


@dataclass(frozen=True)
class List:
    """A listing; later steps with `listed` read by what it said."""


@dataclass(frozen=True)
class Get:
    """A whole object."""

    number: int
    listed: bool = False


@dataclass(frozen=True)
class Ranges:
    """Several ranges of an object."""

    number: int
    ranges: tuple[tuple[int, int], ...]
    listed: bool = False


@dataclass(frozen=True)
class Load:
    """Objects as a loader gives them."""

    numbers: tuple[int, ...]
    in_order: bool = True
    listed: bool = False


@dataclass(frozen=True)
class Open:
    """A stream, which later steps read; one that was open is closed."""

    number: int
    listed: bool = False


@dataclass(frozen=True)
class Seek:
    """Another place in the open stream."""

    offset: int


@dataclass(frozen=True)
class ReadMore:
    """Bytes of the open stream from where it is."""

    size: int


Step: TypeAlias = Befall | Calm | Change | List | Get | Ranges | Load | Open | Seek | ReadMore


def as_script(steps: tuple[Step, ...] | list[Step]) -> str:
    """A program of its own that does the same: what a failure is reported as."""
    lines = "".join(f"        {step!r},\n" for step in steps)
    return f"""\
from torture.play import play
from torture.steps import *

play(
    [
{lines}    ]
)
"""
