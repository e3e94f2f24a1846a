"""The pipes that a pipe draws from."""

from __future__ import annotations

from s3pipes.pipes.base import Pipe, get_worker_info
from s3pipes.pipes.graph import is_sharding, pipes_of


def is_foreign(source: object) -> bool:
    """Whether nothing that a pipe draws from is of s3pipes."""
    return not any(isinstance(pipe, Pipe) for pipe in pipes_of(source))


def is_the_one_to_tell(pipe: object) -> bool:
    """Whether what a pipe sees is news: of workers that all see the same, only the first tells."""
    worker = get_worker_info()
    if worker is None or worker.id == 0:
        return True
    return any(is_sharding(one) for one in pipes_of(pipe))
