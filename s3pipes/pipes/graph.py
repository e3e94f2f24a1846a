"""What a pipe is made of, and what that does to the order and the shares of its elements."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

from s3pipes.config import ReadConfig
from s3pipes.pipes.base import IterDataPipe, MapDataPipe

_AnyPipe: TypeAlias = "IterDataPipe[Any] | MapDataPipe[Any]"
# A pipe that joins others keeps them in a collection; a longer one holds data.
_MOST_JOINED = 256


def pipes_of(end: object) -> list[_AnyPipe]:
    """A pipe and all those that it draws on; none where it is no pipe.

    torch's `traverse_dps` pickles for this all that the pipes hold, and cannot be called where it
    is running already, which is where we are asked.
    """
    found: dict[int, _AnyPipe] = {}
    left = [end]
    while left:
        pipe = left.pop()
        if not isinstance(pipe, (IterDataPipe, MapDataPipe)) or id(pipe) in found:
            continue
        found[id(pipe)] = pipe
        for value in vars(pipe).values():
            if not isinstance(value, (list, tuple, set, dict)):
                left.append(value)
            elif len(value) <= _MOST_JOINED:
                left.extend(value)
                left.extend(value.values() if isinstance(value, dict) else ())
    return list(found.values())


def is_sharding(pipe: _AnyPipe) -> bool:
    """Whether a DataLoader tells the pipe which share of the elements is this reader's."""
    return callable(getattr(type(pipe), "apply_sharding", None))


def is_sharded(pipe: _AnyPipe) -> bool:
    """Whether somebody has told it that there is more than one reader."""
    return is_sharding(pipe) and getattr(pipe, "num_of_instances", 2) > 1


def shuffles(pipe: _AnyPipe) -> bool:
    """Whether the pipe's order is another in every epoch."""
    return callable(getattr(type(pipe), "set_seed", None)) and getattr(pipe, "_enabled", True)


def why_not_repeatable(pipes: Iterable[_AnyPipe]) -> str:
    """What lets a second pass over the pipes come in another order; "" where nothing does."""
    for pipe in pipes:
        read = getattr(pipe, "read", None) if "read" in vars(pipe) else None
        if isinstance(read, ReadConfig) and not read.in_order:
            return "ReadConfig(in_order=False)"
        if shuffles(pipe):
            return f"{type(pipe).__name__.removesuffix('IterDataPipe')} (.shuffle())"
    return ""
