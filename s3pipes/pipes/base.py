"""The one place where torch's datapipes come in: if torch drops them, only this file changes."""

from __future__ import annotations

from typing import TypeVar

from torch.utils.data import IterDataPipe, MapDataPipe, functional_datapipe, get_worker_info
from torch.utils.data.datapipes.iter import IterableWrapper, ShardingFilter

__all__ = [
    "IterDataPipe",
    "IterableWrapper",
    "MapDataPipe",
    "Pipe",
    "ShardingFilter",
    "functional_datapipe",
    "get_worker_info",
]

T_co = TypeVar("T_co", covariant=True)


class Pipe(IterDataPipe[T_co]):
    """What our pipes have in common."""

    # torch looks for this for every element; not to find it costs it two microseconds each time.
    _is_child_datapipe = False
