"""Shares of equal size."""

from __future__ import annotations

from collections.abc import Iterator, Sized
from typing import Any

from s3pipes.pipes.base import IterDataPipe, ShardingFilter, T_co
from s3pipes.pipes.register import functional


@functional("even_sharding_filter")
class EvenShardingFilter(ShardingFilter[T_co]):
    """As `sharding_filter()`, but every reader gets equally many (`.even_sharding_filter()`).

    A reader is a worker of a rank. Elements are dealt out in turn; where the last round does not
    go round, it is filled with elements of the first, or left out. So ranks take equally many steps
    if each element is one sample (images, one object each). Where elements are files of many
    samples, use `fullsync`.

    Args:
        source_datapipe: the same for all readers, in the same order.
        drop_last: leave the last, incomplete round out, rather than fill it.
    """

    def __init__(self, source_datapipe: IterDataPipe[T_co], drop_last: bool = False) -> None:
        super().__init__(source_datapipe)
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[T_co]:
        readers, me = self.num_of_instances, self.instance_id
        first: list[Any] = []
        mine: Any = None
        place = -1
        for place, element in enumerate(self.source_datapipe):
            if place < readers and not self.drop_last:
                first.append(element)
            if place % readers == me:
                mine = element
            if place % readers == readers - 1:
                yield mine
        dealt = (place + 1) % readers
        if dealt and not self.drop_last:
            yield mine if me < dealt else first[(me - dealt) % len(first)]

    def __len__(self) -> int:
        if not isinstance(self.source_datapipe, Sized):
            raise TypeError(f"{type(self).__name__} instance doesn't have valid length")
        whole, rest = divmod(len(self.source_datapipe), self.num_of_instances)
        return whole + (rest > 0 and not self.drop_last)
