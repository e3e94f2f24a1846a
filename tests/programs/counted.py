"""What `stats()` says of processes that a program started."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from torch.utils.data import DataLoader

import s3pipes
from s3pipes import IterableWrapper, S3Client
from s3pipes.engine import Stats
from tests.programs.ground import client_at, leave, say

URLS = [f"s3://bucket/k{number:02}" for number in range(20)]


def _read(item: tuple[str, Any]) -> int:
    return len(item[1].read())


def epochs(endpoint_url: str, method: str, count: int) -> None:
    """Epochs with new workers each, in a process that reads nothing itself."""
    client = client_at(endpoint_url)
    pipe = IterableWrapper(URLS).sharding_filter().load_files_by_s3(client=client).map(_read)
    for epoch in range(1, count + 1):
        before = s3pipes.stats()
        loader: DataLoader[Any] = DataLoader(
            pipe, batch_size=None, num_workers=2, multiprocessing_context=method
        )
        assert sum(loader) == 20 * 1000
        span = s3pipes.stats() - before
        assert span.requests == 20, span
        assert span.bytes_received == 20 * 1000, span
        now = s3pipes.stats()
        assert now.requests == 20 * epoch, now
        assert now.requests_running == now.streams_open == now.processes == 0, now
    say(method, "ok")


def _in_child(work: Callable[[], None]) -> int:
    """Its exit code, or minus the signal that ended it."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def killed(endpoint_url: str) -> None:
    """A worker that is killed with a stream open, again and again."""
    client = client_at(endpoint_url)
    client.get(URLS[0])

    def work() -> None:
        assert s3pipes.stats() == Stats()
        stream = client.open(URLS[1])
        mine = s3pipes.stats()
        assert (mine.requests, mine.streams_open, mine.processes) == (1, 1, 1), mine
        assert stream.size == 1000
        os.kill(os.getpid(), signal.SIGKILL)

    for number in range(1, 6):
        assert _in_child(work) == -signal.SIGKILL
        now = s3pipes.stats()
        assert now.requests == 1 + number, now
        assert now.streams_open == 0, now
        assert now.processes == 1, now
    leave()


def grandchildren(endpoint_url: str) -> None:
    """Ranks that have workers: each rank sees its own, the parent all."""
    client = client_at(endpoint_url)

    def worker() -> None:
        client.get(URLS[0])

    def rank() -> None:
        assert s3pipes.stats() == Stats()
        for _ in range(3):
            assert _in_child(worker) == 0
        assert s3pipes.stats().requests == 3
        client.get(URLS[0])
        assert s3pipes.stats().requests == 4

    for number in range(1, 3):
        assert _in_child(rank) == 0
        assert s3pipes.stats().requests == 4 * number
    leave()


def forks_in_waits(endpoint_url: str) -> None:
    """A child that was forked while this process waits ends that wait, and not its figures."""
    client = client_at(endpoint_url)
    children: list[int] = []

    def fork(*_: object) -> None:
        child = os.fork()
        if child == 0:
            return  # in which the wait begins anew
        children.append(child)
        say("forked")

    here = os.getpid()
    signal.signal(signal.SIGUSR1, fork)
    say("waiting")
    client.get("s3://bucket/late")
    if os.getpid() != here:
        os._exit(0)
    os.waitpid(children[0], 0)
    now = s3pipes.stats()
    assert now.requests_running == now.streams_open == 0, now
    assert now.requests == 2, now  # the child asked once for itself
    assert 0 < now.wait_s < 60, now
    leave()


def another_program(endpoint_url: str) -> None:
    """A program that is no worker counts for itself."""
    words = (
        "from s3pipes import S3Client, stats\n"
        "from tests.programs.ground import client_at\n"
        f"client_at({endpoint_url!r}).get({URLS[0]!r})\n"
        "assert stats().requests == 1\n"
    )
    subprocess.run([sys.executable, "-c", words], check=True)
    assert s3pipes.stats() == Stats()
    leave()


def told_once(endpoint_url: str) -> None:
    """Of many workers that meet the same, one says it."""

    def worker() -> None:
        S3Client(client_at(endpoint_url).config).get(URLS[0])

    for _ in range(4):
        assert _in_child(worker) == 0
    leave()


def collects_streams_meanwhile(endpoint_url: str) -> None:
    """Streams that are garbage end wherever Python makes an object: also one of the figures."""
    client = client_at(endpoint_url)
    for url in URLS:
        client.get(url)
    assert s3pipes.stats().stores
    kept: list[Any] = []
    for objects in range(1, 100):
        gc.disable()
        kept += [{} for _ in range(200)]  # no dictionary is left that need not be made
        cycle: list[Any] = [client.open(URLS[0])]
        cycle.append(cycle)
        del cycle
        gc.set_threshold(gc.get_count()[0] + objects)
        gc.enable()
        now = s3pipes.stats()
        assert now.stores
        kept.append(now)
    leave()
