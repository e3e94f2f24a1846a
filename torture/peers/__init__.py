"""Other clients of S3, each as its documentation reads whole objects, with default settings.

A client is a function that takes the endpoint and the keys and yields, as they come, each key with
its bytes or with the error that came in their place.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

Found: TypeAlias = tuple[str, "bytes | memoryview | Exception"]
Reader: TypeAlias = Callable[["Job"], Iterator[Found]]


@dataclass(frozen=True)
class Job:
    """What to read. Credentials are in the environment, and the endpoint there too."""

    endpoint: str
    region: str
    bucket: str
    keys: Sequence[str]


@dataclass(frozen=True)
class Client:
    """A column of the table: `objects` of a module in this folder.

    Attributes:
        how: what is called, for the reader of the table.
        package: whose version is told.
    """

    name: str
    module: str
    how: str
    package: str

    def reader(self) -> Reader:
        """Imports it."""
        module = importlib.import_module(f"torture.peers.{self.module}")
        return cast("Reader", module.objects)


CLIENTS = {
    client.name: client
    for client in (
        Client("s3pipes", "with_s3pipes", "load_files_by_s3(), plain URLs", "s3pipes"),
        Client(
            "boto3",
            "with_boto3",
            "get_object()['Body'].read(), 64 MiB: download_fileobj(); 16 threads",
            "boto3",
        ),
        Client("s3fs", "with_s3fs", "cat(on_error='return')", "s3fs"),
        Client(
            "s3torchconnector",
            "with_s3torchconnector",
            "S3MapDataset, reader.read(); 16 threads",
            "s3torchconnector",
        ),
        Client("obstore", "with_obstore", "get_async(), bytes_async(); 16 at once", "obstore"),
    )
}
