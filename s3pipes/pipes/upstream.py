"""The pipes that a pipe draws from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch.utils.data import get_worker_info

from s3pipes.pipes.base import IterDataPipe, Pipe


def upstream(pipe: object) -> Iterator[IterDataPipe[Any]]:
    """Yields the pipe itself, and every pipe that it, or one of these, keeps as an attribute."""
    seen: set[int] = set()
    waiting = [pipe]
    while waiting:
        one = waiting.pop()
        if isinstance(one, (list, tuple)):
            waiting.extend(part for part in one if isinstance(part, IterDataPipe))
        elif isinstance(one, IterDataPipe) and id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting.extend(vars(one).values())


def is_foreign(source: object) -> bool:
    """Whether nothing that a pipe draws from is of s3pipes."""
    return not any(isinstance(pipe, Pipe) for pipe in upstream(source))


def is_the_one_to_tell(pipe: object) -> bool:
    """Whether what a pipe sees is news: of workers that all see the same, only the first tells."""
    worker = get_worker_info()
    if worker is None or worker.id == 0:
        return True
    return any(hasattr(one, "apply_sharding") for one in upstream(pipe))
