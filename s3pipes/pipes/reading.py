"""Who reads a pipe, and what would be lost, repeated or restored wrongly by that.

A pipe is told nothing of who reads it. But who does stands on the stack: while a DataLoader begins
(it asks every pipe for its state then), and when the first element is asked for. Once per epoch.
"""

from __future__ import annotations

import os
import sys
import warnings
from types import FrameType
from typing import Any

from s3pipes.errors import ConfigError
from s3pipes.pipes.base import IterDataPipe, get_worker_info
from s3pipes.pipes.graph import is_sharded, is_sharding, pipes_of, shuffles, why_not_repeatable
from s3pipes.pipes.saving import guard_state, refuse_state

# Module, class and method of who reads, and the local variable to look at.
_READERS = (
    ("torch.utils.data.dataloader", "_BaseDataLoaderIter", "__init__", "loader"),
    ("accelerate.data_loader", "DataLoaderDispatcher", "__init__", "self"),
    ("accelerate.data_loader", "DataLoaderDispatcher", "__iter__", "self"),
    ("accelerate.data_loader", "IterableDatasetShard", "__iter__", "self"),
    ("torchdata.nodes.adapters", "IterableWrapper", "reset", "self"),
)
# Whose lines no warning should point at.
_NOT_THE_USERS = ("s3pipes", "torch", "torchdata", "accelerate", "transformers", "lightning")
_WITHOUT_LOADER = (
    "Leave the loader out: prepare(model, optimizer) alone, and move batches with"
    " .to(accelerator.device); with a Trainer override get_train_dataloader(). See"
    " docs/distributed.md"
)
_said: set[str] = set()


def check_loader() -> None:
    """Looks at the DataLoader that begins, where one does.

    Raises:
        ConfigError: accelerate would hand out less than all.
    """
    readers = _readers()
    loader = readers.get("_BaseDataLoaderIter")
    if loader is None:
        return
    pipes = pipes_of(loader.dataset)
    if "DataLoaderDispatcher" in readers:
        _check_dispatched(loader.dataset)
    if loader.num_workers > 1 and not any(map(is_sharding, pipes)):
        _warn_repeated(loader.num_workers, "nothing in this pipe shards it")
    guard_state(loader)


def check_iteration(pipe: IterDataPipe[Any], made_in: int) -> None:
    """Looks at who asks for a pipe's first element.

    Args:
        made_in: the process that made the pipe.

    Raises:
        ConfigError: accelerate's shards would overlap; a position is restored that cannot be.
    """
    readers = _readers()
    worker = get_worker_info()
    workers = 1 if worker is None else worker.num_workers
    if "IterableDatasetShard" in readers:
        _check_shard(readers["IterableDatasetShard"], workers)
    if "DataLoaderDispatcher" in readers and worker is None:
        _check_dispatched(readers["DataLoaderDispatcher"].dataset)
    if "IterableWrapper" in readers:
        node = readers["IterableWrapper"]
        reason = why_not_repeatable(pipes_of(node.iterable))
        if reason and getattr(node, "_num_yielded", 0) > 0:
            raise refuse_state(reason, "restored")
    if (
        worker is not None
        and workers > 1
        and worker.id == 0
        and not isinstance(worker.dataset, IterDataPipe)
        and made_in != os.getpid()
        and not any(map(is_sharded, pipes_of(pipe)))
    ):
        name = type(worker.dataset).__name__
        _warn_repeated(workers, f"{name} is no datapipe, so that the DataLoader does not shard it")


def _readers() -> dict[str, Any]:
    """Those on the stack that a pipe should know of, by the name of their class."""
    watched: dict[int, tuple[str, str]] = {}
    for module, owner, method, variable in _READERS:
        reader = getattr(sys.modules.get(module), owner, None)
        code = getattr(getattr(reader, method, None), "__code__", None)
        watched[id(code)] = (owner, variable)
    found: dict[str, Any] = {}
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - nobody else tells
    while frame is not None:
        if id(frame.f_code) in watched:
            owner, variable = watched[id(frame.f_code)]
            found.setdefault(owner, frame.f_locals.get(variable))
        frame = frame.f_back
    return {owner: value for owner, value in found.items() if value is not None}


def _ranks() -> int:
    """The number of ranks that torch shards for."""
    distributed = sys.modules.get("torch.distributed")
    if distributed is None or not distributed.is_available() or not distributed.is_initialized():
        return 1
    return int(distributed.get_world_size())


def _check_dispatched(dataset: object) -> None:
    """Accelerate reads in rank 0 alone, and torch gives rank 0 its share alone."""
    ranks = _ranks()
    if ranks > 1 and any(map(is_sharding, pipes_of(dataset))):
        raise ConfigError(
            f"Sharded twice: sharding_filter() gives each of {ranks} ranks its share, and"
            " accelerate's prepare() reads in rank 0 alone and splits rank 0's share once more,"
            f" so that {ranks - 1} of {ranks} samples would be lost",
            hint=_WITHOUT_LOADER,
        )


def _check_shard(shard: Any, workers: int) -> None:
    """Accelerate lets every rank read everything and keep what stands at its places."""
    shuffled = any(map(shuffles, pipes_of(shard.dataset)))
    if shard.num_processes > 1 and (shuffled or workers > 1):
        why = "each rank shuffles in its own way" if shuffled else f"each of {workers} workers does"
        raise ConfigError(
            "accelerate's prepare(), with dispatch_batches=False, lets each of"
            f" {shard.num_processes} ranks read everything and keep a part; since {why}, samples"
            " would come several times or not at all",
            hint=_WITHOUT_LOADER,
        )


def _warn_repeated(workers: int, why: str) -> None:
    if "repeated" in _said:
        return
    _said.add("repeated")
    depth, frame = 2, sys._getframe(1)  # noqa: SLF001
    while frame.f_back is not None and _module(frame) in _NOT_THE_USERS:
        depth, frame = depth + 1, frame.f_back
    warnings.warn(
        f"Each of the {workers} DataLoader workers reads everything, so that every sample arrives"
        f" {workers} times: {why}. Write .sharding_filter() before .load_files_by_s3(), in a pipe"
        " that you give to the DataLoader itself",
        RuntimeWarning,
        stacklevel=depth,
    )


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).split(".")[0]
