"""The rows of the tables: every client reads a work in a process of its own.

A client is a function that takes a `Job` and returns a reader: a function from object keys to
what it read of them. It uses the client as its documentation says, with default settings.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast


@dataclass(frozen=True)
class Job:
    """What to read. The endpoint, credentials and CA file are in the environment."""

    bucket: str
    keys: list[str]  # to be read; none where they are to be listed
    object_bytes: int
    epochs: int = 1
    prefix: str = ""  # of all keys, with its "/"
    listed: int = 0  # keys to be found under it, where they are what is read
    first: int = 0  # stop after so many of them
    records: str = ""  # what the objects hold: "lines", "samples"

    @property
    def quarter(self) -> list[str]:
        """What is read before the clock starts."""
        return self.keys[: max(1, len(self.keys) // 4)]

    @property
    def endpoint(self) -> str:
        return os.environ["AWS_ENDPOINT_URL_S3"]

    @property
    def region(self) -> str:
        return os.environ["AWS_REGION"]


@dataclass(frozen=True)
class Count:
    """What a reader saw go by; `records` where it was asked for lines or samples."""

    bytes: int
    objects: int
    records: int = 0


Reader = Callable[[Sequence[str]], Count]


@dataclass(frozen=True)
class Client:
    """A row: `function` of `module` in this folder makes its reader for works, by name."""

    name: str
    module: str
    function: str
    works: str = ""  # for a near server, with spaces between
    far_works: str = ""  # for a store with S3's latencies
    peer: bool = True
    tuned: bool = False  # called otherwise than its users mostly do, to be faster
    epochs: bool = False  # fast enough to read a short work several times
    bytes_alone: bool = False  # reads the objects and makes no records of them
    part: int = 1  # so slow that of far works it reads only one of so many small objects

    def reader(self, job: Job) -> Reader:
        module = importlib.import_module(f"benchmarks.clients.{self.module}")
        return cast("Reader", getattr(module, self.function)(job))

    def takes_part(self, work: str, far: bool) -> bool:
        return work in (self.far_works if far else self.works).split()


def _s3pipes(name: str, function: str, works: str) -> Client:
    return Client(f"s3pipes {name}", "with_s3pipes", function, works, peer=False, epochs=True)


def _training(name: str, function: str, far_works: str, bytes_alone: bool = False) -> Client:
    return Client(
        f"s3pipes{name}",
        "training",
        function,
        far_works=far_works,
        peer=False,
        epochs=True,
        bytes_alone=bytes_alone,
    )


def _start(name: str, function: str) -> Client:
    return Client(f"s3pipes{name}", "start", function, far_works="one", peer=False)


CLIENTS = {
    client.name: client
    for client in (
        _training("", "listed", "small large text tar"),
        _training(", plain strings", "plain", "small large"),
        _training(", in_order=False", "any_order", "small"),
        _training(", bytes alone", "bytes_alone", "text tar", bytes_alone=True),
        _training(", num_workers=4", "workers", "small large text tar"),
        _training(", num_workers=4, handed over", "workers_hand_over", "small large text tar"),
        _start(" S3Client.get()", "get"),
        _start(" S3Client.get_into()", "get_into"),
        _start(" S3Client.open(), chunks()", "chunks"),
        _start(" S3Client.get(), which makes the client", "get_unready"),
        _training(" list_files_by_s3()", "lister", "list first"),
        _s3pipes("chunks()", "chunks", "large small tls memory"),
        _s3pipes("readinto()", "readinto", "large tls"),
        _s3pipes("get_into()", "get_into", "large tls"),
        _s3pipes("read()", "read", "small"),
        _s3pipes("readlines(batch_size=512)", "line_batches", "lines"),
        _s3pipes("readlines()", "lines", "lines"),
        Client("boto3, 1 thread", "with_boto3", "one_thread", "large small tls"),
        Client("boto3, 16 threads", "with_boto3", "sixteen_threads", "large small tls"),
        Client("boto3, 64 threads", "with_boto3", "sixty_four_threads", "", "small large"),
        Client("boto3, transfer manager, 64 requests", "with_boto3", "transfers", "", "large one"),
        Client("boto3, paginator", "with_boto3", "lister", "", "list first"),
        Client("boto3, blocks of 1 MiB", "with_boto3", "in_blocks", "large tls", tuned=True),
        Client("boto3 read() and splitlines()", "with_boto3", "lines", "lines"),
        Client("s3fs", "with_s3fs", "read", "large small tls"),
        Client(
            "s3torchconnector",
            "with_s3torchconnector",
            "iterable",
            "large small",
            "small large one",
            part=10,
        ),
        Client(
            "s3torchconnector, 16 threads",
            "with_s3torchconnector",
            "sixteen_threads",
            "large small",
        ),
        Client(
            "s3torchconnector, 64 threads",
            "with_s3torchconnector",
            "sixty_four_threads",
            "",
            "small large",
        ),
        Client("obstore, async", "with_obstore", "read", "large small tls"),
        Client("obstore, list()", "with_obstore", "lister", "", "list first"),
        Client("obstore, 256 at once", "with_obstore", "read_256", "", "small large one"),
        Client(
            "obstore, 64 ranges of 2 MiB by hand",
            "with_obstore",
            "ranges",
            "",
            "large one",
            tuned=True,
        ),
        Client("aioboto3", "with_aioboto3", "read", "large small tls"),
    )
}
