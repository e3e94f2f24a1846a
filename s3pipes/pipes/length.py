"""A pipe with a length that the user knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from s3pipes.advice.argument import check, check_source
from s3pipes.pipes.base import Pipe
from s3pipes.pipes.register import functional


@functional("set_length")
class LengthSetter(Pipe[Any]):
    """Yields what the source yields; `len()` says `length` (`.set_length()`).

    Args:
        source_datapipe: any pipe.
        length: what `len()` is to say; it bounds nothing.

    Raises:
        ValueError: the length is negative.
    """

    def __init__(self, source_datapipe: Iterable[Any], length: int) -> None:
        check_source("set_length", source_datapipe, "anything")
        check("set_length", "length", length, int, "a number of elements")
        if length < 0:
            raise ValueError(f"length must be at least 0, not {length}")
        self.source_datapipe = source_datapipe
        self.length = length

    def __iter__(self) -> Iterator[Any]:
        yield from self.source_datapipe

    def __len__(self) -> int:
        return self.length
