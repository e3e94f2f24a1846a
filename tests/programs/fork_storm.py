"""Forks at any moment while threads load."""

from __future__ import annotations

import pickle
import random
import threading
from collections.abc import Iterator
from typing import Any

import s3pipes
from s3pipes import IterableWrapper, S3Client, S3Url
from tests.noise import noise
from tests.programs.forking import in_child
from tests.programs.ground import CHUNKS, client_at, say


class Parent:
    """Three threads that load, and what the parent keeps open beside them."""

    def __init__(self, endpoint_url: str, ca_file: str) -> None:
        self.bodies = [noise(150_000, i) for i in range(40)]
        self.client: S3Client | None = client_at(endpoint_url, ca_file)
        self.urls: list[S3Url] = list(self.client.list("s3://bucket/"))
        self.stop = threading.Event()
        self.failures: list[BaseException] = []
        self.loads = 0
        self.threads = [threading.Thread(target=self.load, args=(n,)) for n in range(3)]
        for thread in self.threads:
            thread.start()
        self.kept: list[Any] = [self.client.open(url, read=CHUNKS) for url in self.urls[:5]]
        self.iterator: Iterator[Any] | None = iter(self.pipe_of(range(40)))
        next(self.iterator)

    def pipe_of(self, which: Any) -> Any:
        source = IterableWrapper([self.urls[i] for i in which], deepcopy=False)
        return source.load_files_by_s3(client=self.client, read=CHUNKS)

    def load(self, seed: int) -> None:
        order = random.Random(seed)
        try:
            while not self.stop.is_set():
                some = order.sample(range(40), 10)
                for i, (_, stream) in zip(some, self.pipe_of(some), strict=True):
                    assert stream.read() == self.bodies[i]
                self.loads += 1
        except BaseException as error:  # noqa: BLE001 - told at the end
            self.failures.append(error)

    def child(self) -> None:
        client = self.client
        assert client is not None
        assert self.kept[0].read() == self.bodies[0]
        # Objects of the parent's engine are dropped here.
        self.kept.clear()
        self.iterator = None
        for i in (3, 7):
            assert client.get(self.urls[i]) == self.bodies[i]
        other = pickle.loads(pickle.dumps(client))
        del client
        self.client = None
        assert other.get(str(self.urls[5])) == self.bodies[5]
        stats = s3pipes.stats()
        assert stats.memory_budget_bytes == other.config.memory_bytes
        assert 3 <= stats.requests < 40  # an engine of its own, that counts from nothing


def twenty(endpoint_url: str, ca_file: str = "") -> None:
    parent = Parent(endpoint_url, ca_file)
    outcomes = [in_child(parent.child) for _ in range(20)]
    parent.stop.set()
    for thread in parent.threads:
        thread.join()
    assert outcomes == [0] * 20, outcomes
    assert not parent.failures, parent.failures
    assert parent.kept[0].read() == parent.bodies[0]
    assert parent.iterator is not None
    assert sum(1 for _ in parent.iterator) == 39
    assert parent.loads > 0
    say("ok")
