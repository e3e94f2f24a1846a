"""A pipe again and again."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Sized
from types import NoneType
from typing import Any, cast

from s3pipes.advice.argument import check, check_source
from s3pipes.pipes.base import Pipe
from s3pipes.pipes.register import functional


@functional("cycle")
class Cycler(Pipe[Any]):
    """Yields all of the source, `count` times, each time anew (`.cycle()`).

    torchdata's, but for one thing: a source that gives nothing ends it, where theirs hung.

    Args:
        source_datapipe: any pipe; `.shuffle()` before this shuffles anew each time.
        count: how often; None: without end.

    Raises:
        ValueError: the count is negative.
    """

    def __init__(self, source_datapipe: Iterable[Any], count: int | None = None) -> None:
        check_source("cycle", source_datapipe, "anything")
        check("cycle", "count", count, (int, NoneType), "a number of times or None")
        if count is not None and count < 0:
            raise ValueError(f"Expected non-negative count, got {count}")
        self.source_datapipe = source_datapipe
        self.count = count

    def __iter__(self) -> Iterator[Any]:
        done = 0
        while self.count is None or done < self.count:
            nothing = True
            for element in self.source_datapipe:
                nothing = False
                yield element
            if nothing:
                if self.count is None:
                    warnings.warn(
                        "cycle() ends, because its source gave nothing: an empty source, or fewer"
                        " elements than DataLoader workers behind .sharding_filter()",
                        RuntimeWarning,
                        stacklevel=2,
                    )
                return
            done += 1

    def __len__(self) -> int:
        if self.count is None:
            raise TypeError(
                f"This {type(self).__name__} instance cycles forever, and therefore doesn't have"
                " valid length"
            )
        return self.count * len(cast(Sized, self.source_datapipe))
