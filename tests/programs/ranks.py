"""One of several ranks, which have unequal numbers of lines."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
import torch.distributed
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader

from s3pipes import ClientConfig, FullSync, IterableWrapper, IterDataPipe, S3Client
from tests.programs.ground import say
from tests.readers.contents import as_numbers


@contextmanager
def one_of(ranks: int, rank: int, rendezvous: str) -> Iterator[None]:
    """While it lasts, this process is a rank."""
    warnings.simplefilter("error", RuntimeWarning)
    torch.distributed.init_process_group(
        "gloo", init_method="file://" + rendezvous, rank=rank, world_size=ranks
    )
    yield
    torch.distributed.destroy_process_group()


def urls_of(fields: dict[str, Any]) -> tuple[IterDataPipe[Any], S3Client]:
    client = S3Client(ClientConfig(**fields))
    return IterableWrapper(["s3://lines/"]).list_files_by_s3(client=client), client


def lines_in_batches(fields: dict[str, Any], workers: int) -> DataLoader[Any]:
    """Batches of 10 lines: more in rank 0, which has the longest object."""
    urls, client = urls_of(fields)
    pipe = as_numbers(urls.sharding_filter(), client)
    return DataLoader(pipe, batch_size=10, num_workers=workers, collate_fn=list)


def epochs_in_step(rank: int, rendezvous: str, fields: dict[str, Any]) -> None:
    """Two epochs each of a synchronized pipe, of loaders, and of a loader left early."""
    with one_of(2, rank, rendezvous):
        urls, client = urls_of(fields)
        pipe = as_numbers(urls.sharding_filter(), client).batch(10).fullsync()
        loaders: list[Any] = [
            DataLoader(pipe, batch_size=None, collate_fn=list),
            FullSync(lines_in_batches(fields, 0)),
            FullSync(lines_in_batches(fields, 2)),
        ]
        seen = []
        for loader in loaders:
            for _ in range(2):
                batches = [list(batch) for batch in loader]
                seen.append([number for batch in batches for number in batch])
                say(json.dumps([len(batches), seen[-1]]))
        for _, __ in zip(range(3), loaders[1], strict=False):
            pass  # all ranks leave it here
        say(json.dumps([sum(1 for _ in loaders[1]), seen[-1]]))


def trained(rank: int, rendezvous: str, fields: dict[str, Any], how: str) -> None:
    """One epoch of training; the steps that it took."""
    with one_of(2, rank, rendezvous):
        model = DistributedDataParallel(torch.nn.Linear(1, 1))
        optimizer = torch.optim.SGD(model.parameters(), lr=1e-9)
        loader: Any = lines_in_batches(fields, 0)
        steps = 0

        def train(batches: Any) -> None:
            nonlocal steps
            for batch in batches:
                optimizer.zero_grad()
                model(torch.tensor(batch, dtype=torch.float32)[:, None]).sum().backward()
                optimizer.step()
                steps += 1

        if how == "fullsync":
            train(FullSync(loader))
        else:
            with model.join():
                train(loader)
        say(steps)
        torch.distributed.barrier()


def _fails(rank: int) -> Iterator[int]:
    yield from range(3)
    if rank == 1:
        raise KeyError("the broken sample")
    yield from range(3)


def one_fails(rank: int, rendezvous: str) -> None:
    """Rank 1 fails at its fourth element."""
    with one_of(2, rank, rendezvous):
        seen: list[int] = []
        try:
            seen.extend(FullSync(_fails(rank)))
        except Exception as error:  # noqa: BLE001 - told to the test
            say(json.dumps([seen, type(error).__name__, str(error)]))


def one_leaves(rank: int, rendezvous: str) -> None:
    """Rank 1 leaves its first epoch after three elements, rank 0 does not."""
    with one_of(2, rank, rendezvous):
        pipe = IterableWrapper(range(9)).fullsync()
        try:
            for _ in range(2):
                for element in pipe:
                    if rank == 1 and element == 2:
                        break
        except RuntimeError as error:
            say(str(error).splitlines()[0])
        torch.distributed.barrier()


def one_is_silent(rank: int, rendezvous: str) -> None:
    """Rank 1 does not come for its second element while rank 0 waits."""
    with one_of(2, rank, rendezvous):
        epoch = iter(IterableWrapper(range(9)).fullsync(timeout=1))
        next(epoch)
        if rank == 0:
            try:
                list(epoch)
            except RuntimeError as error:
                say(str(error).splitlines()[0])
        torch.distributed.barrier()
