"""An end to reads that would have none."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from s3pipes import S3Client
from s3pipes.testing import SimulatedS3
from torture.tally import Tally, read_all

LIMIT_S = 60.0


@contextmanager
def rescued(server: SimulatedS3, limit_s: float = LIMIT_S) -> Iterator[None]:
    """After so many seconds the store is well again, and every connection begins anew.

    So that a row ends, and its time says that it has missed its target.
    """

    def heal() -> None:
        server.clear_faults()
        server.reset_connections()

    timer = threading.Timer(limit_s, heal)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


def read_under_faults(
    server: SimulatedS3, client: S3Client, urls: Sequence[str], **how: Any
) -> Tally:
    """As `read_all`, which then ends in any case; takes the faults back."""
    with rescued(server):
        tally = read_all(client, urls, **how)
    server.clear_faults()
    return tally
