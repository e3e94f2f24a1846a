"""The objects behind URLs, as streams."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Sized
from types import NoneType
from typing import cast

from s3pipes.advice.argument import check, check_source
from s3pipes.advice.key import of_a_marker
from s3pipes.compat.environment import client_config_from_environment, read_config_from_environment
from s3pipes.config import ReadConfig
from s3pipes.objects.client import S3Client
from s3pipes.objects.stream import S3Stream
from s3pipes.order.read_ahead import read_ahead
from s3pipes.order.skipping import Skipped, Skipping
from s3pipes.pipes.from_store import FromStore
from s3pipes.pipes.handler import S3Handler
from s3pipes.pipes.register import functional


@functional("load_files_by_s3", of_any_source=True)
class S3FileLoader(FromStore[tuple[str, S3Stream]]):
    """Yields `(url, S3Stream)` for every URL, the next on their way (`.load_files_by_s3()`).

    Call form and order are torchdata's; the streams read while they download.

    Args:
        source_datapipe: yields URLs of objects; `S3Url`s, as the lister yields them, need no
            further question to the store, plain strings work too.
        request_timeout_ms: milliseconds without a byte after which a request is given up and
            retried; -1: 10 seconds.
        region: "": from the environment or the profile.
        buffer_size: bytes allowed ahead of the consumer; None: automatic.
        multi_part_download: False: one GET per object; None or True: ranged GETs side by side.
        client: replaces what `request_timeout_ms`, `region` and torchdata's variables say.
        read: replaces `buffer_size` and `multi_part_download`; `ReadConfig(in_order=False)` yields
            whatever is ready first, `ReadConfig(on_error="skip")` leaves out what cannot be read.

    Attributes:
        skipped: the last hundred `(url, error)` that the present pass, or the last one, left out in
            this process; `stats().skipped` counts those of all workers.

    Raises:
        TypeError: an argument stands in another's place.
        ValueError: a URL names no object (when iterated, in its turn).
        S3PipesError: an object cannot be read (when iterated, or from the stream).
        TooManySkipped: more than `ReadConfig(max_skipped_share=...)` of them cannot.
    """

    def __init__(
        self,
        source_datapipe: Iterable[str],
        request_timeout_ms: int = -1,
        region: str = "",
        buffer_size: int | None = None,
        multi_part_download: bool | None = None,
        *,
        client: S3Client | None = None,
        read: ReadConfig | None = None,
    ) -> None:
        name = "load_files_by_s3"
        check_source(name, source_datapipe, "URLs")
        check(
            name, "request_timeout_ms", request_timeout_ms, (int, float), "a number of milliseconds"
        )
        check(name, "region", region, (str, NoneType), "a region's name")
        check(name, "buffer_size", buffer_size, (int, NoneType), "a number of bytes")
        check(name, "multi_part_download", multi_part_download, (int, NoneType), "True or False")
        check(name, "client", client, (S3Client, NoneType), "an S3Client")
        check(name, "read", read, (ReadConfig, NoneType), "a ReadConfig")
        super().__init__()
        self.source_datapipe = source_datapipe
        self.client = client or S3Client(client_config_from_environment(region, request_timeout_ms))
        self._handler = S3Handler(self.client)
        if (
            read is None
            and client is not None
            and buffer_size is None
            and multi_part_download is None
        ):
            read = client.read
        self.read = read or read_config_from_environment(buffer_size, multi_part_download)
        self._skipping = Skipping(self.read)

    def __iter__(self) -> Iterator[tuple[str, S3Stream]]:
        self._begin()
        told = False
        skipping = self._skipping = Skipping(self.read)
        for stream in read_ahead(self.client.session, self.source_datapipe, self.read, skipping):
            url = stream.url
            if url.endswith("/") and not told and not stream.size:
                told = True
                warnings.warn(of_a_marker(str(url)), RuntimeWarning, stacklevel=2)
            yield url, stream

    @property
    def skipped(self) -> list[Skipped]:
        """The last hundred that the present pass, or the last one, left out in this process."""
        return list(self._skipping.last)

    @property
    def handler(self) -> S3Handler:
        """torchdata's, for programs that call it by itself; `client` does more."""
        return self._handler

    def __len__(self) -> int:
        return len(cast(Sized, self.source_datapipe))
