"""`S3Client`: list, look at and read objects. The door for code that does not use datapipes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from types import NoneType
from typing import Any, TypeAlias

from s3pipes.advice.argument import check
from s3pipes.config import ClientConfig, ReadConfig, check_together
from s3pipes.engine import OpenObject, Session, head, known, read_into
from s3pipes.errors import RequestRefused
from s3pipes.objects import asynchronous
from s3pipes.objects.buffer import writable
from s3pipes.objects.listed import listed
from s3pipes.objects.ranges import Ranges
from s3pipes.objects.stream import S3Stream
from s3pipes.url import S3Url, split_object

# Inside the class `list` is a method.
_Views: TypeAlias = list[memoryview]
_DEFAULT_READ = ReadConfig()
_A_GLANCE = ReadConfig(chunk_bytes=64 << 10, window_bytes=0)
# To a HEAD S3 may not say why it refuses: credentials expired, another region.
_UNEXPLAINED = (HTTPStatus.BAD_REQUEST, HTTPStatus.MOVED_PERMANENTLY)


class S3Client:
    """Reads a store. Cheap to make; nothing is looked up or connected before the first use.

    It pickles by its configuration and works in every process: the engine behind it is made where
    it is used. Safe to share between threads.

    Args:
        config: see `ClientConfig`.
        read: how objects are read where a method is not told otherwise; see `ReadConfig`.

    Attributes:
        session: what streams and whatever else keeps objects open stand on.

    Raises:
        ConfigError: the settings contradict one another.
        TypeError: an argument is neither.
    """

    def __init__(self, config: ClientConfig | None = None, read: ReadConfig | None = None) -> None:
        check("S3Client", "config", config, (ClientConfig, NoneType), "a ClientConfig")
        check("S3Client", "read", read, (ReadConfig, NoneType), "a ReadConfig")
        self.config = ClientConfig() if config is None else config
        self.read = _DEFAULT_READ if read is None else read
        check_together(self.config, self.read)
        self.session = Session(self.config)

    def list(self, prefix: str, *, page_size: int = 0) -> Iterator[S3Url]:
        """Yields the objects under `prefix`, with sizes and ETags, in the store's order.

        A prefix is a raw string: `s3://bucket/img_` finds `img_1.jpg` and `img_2/x.jpg`. The next
        page is on its way while one is used; where you are faster than the store, many are.

        Args:
            page_size: keys per request; 0: the store's own, 1000 on S3.

        Raises:
            ValueError: the URL is none of S3's.
            S3PipesError: the bucket cannot be listed.
        """
        yield from listed(self.session, prefix, page_size)

    def head(self, url: str) -> S3Url:
        """The URL with the object's size, ETag and time of change, as one HEAD tells them."""
        try:
            size, etag, last_modified = head(self.session, url)
        except RequestRefused as error:
            if error.status not in _UNEXPLAINED:
                raise
            # A GET tells.
            with self.open(str(url), read=_A_GLANCE) as stream:
                size, etag, last_modified = stream.size, stream.etag, stream.last_modified
        return S3Url(url, size, etag, last_modified)

    def open(self, url: str, *, read: ReadConfig | None = None) -> S3Stream:
        """A stream over the object, once it can be read.

        Raises:
            ValueError: the URL names no object.
            S3PipesError: the object cannot be read.
        """
        stream = S3Stream(url, OpenObject(self.session, url, self.read if read is None else read))
        stream.wait_ready()
        return stream

    def get(self, url: str) -> memoryview:
        """The whole object as a read-only memoryview, fetched in parallel chunks.

        It lies where the bytes were received, and what knows the buffer protocol takes it without a
        copy: NumPy, torch.frombuffer, pyarrow, hashlib, zlib, `str(view, "utf-8")`, files' `write`.
        Whatever insists on bytes takes `bytes(view)`, one copy: json.loads, pickle.dumps,
        safetensors.torch.load, methods such as `split`. From a DataLoader's worker it arrives as
        bytes; without a `collate_fn`, and with `batch_size=None`, torch takes it for a list of
        numbers: return `bytes(view)` there, or a tensor.
        """
        # In one piece from the start: nothing is copied together.
        opened = OpenObject(self.session, url, self.read, one_piece=True)
        return memoryview(opened.whole()).toreadonly()

    def get_into(self, url: str, buffer: Any) -> int:
        """Downloads the whole object straight into the caller's memory; returns its size in bytes.

        Args:
            buffer: anything writable and contiguous: a bytearray, a memoryview, a NumPy array, or
                a CPU tensor (pinned or not) of any dtype. It may be larger than the object.

        Raises:
            ConfigError: the object is larger than the buffer.
            S3PipesError: the object cannot be read. The buffer's content is then undefined, and
                nothing writes to it any more.
        """
        return read_into(self.session, url, self.read, writable(buffer))

    def get_ranges(self, url: str, ranges: Sequence[tuple[int, int]]) -> _Views:
        """The bytes `[begin, end)` for each of `ranges`, fetched side by side.

        All come from one version of the object. Ranges that lie close together are fetched as one.

        Raises:
            ConfigError: a range is not 0 <= begin <= end.
            ObjectChanged: a range ends beyond the object, or the object changed in between.
        """
        split_object(url)
        sized = url if known(url) is not None else self.head(url)
        on_their_way = Ranges(self.session, sized, ranges, self.read)
        try:
            return on_their_way.cut([opened.whole() for opened in on_their_way.opened])
        finally:
            on_their_way.close()

    async def get_async(self, url: str) -> memoryview:
        """As `get`, for asyncio."""
        return await asynchronous.get(self.session, url, self.read)

    async def get_ranges_async(self, url: str, ranges: Sequence[tuple[int, int]]) -> _Views:
        """As `get_ranges`, for asyncio."""
        return await asynchronous.get_ranges(self.session, url, ranges, self.read, self.head)

    def __reduce__(self) -> tuple[type[S3Client], tuple[ClientConfig, ReadConfig]]:
        return type(self), (self.config, self.read)

    def __repr__(self) -> str:
        changed = [_changed(part) for part in (self.config, self.read)]
        return f"S3Client({', '.join(part for part in changed if part)})"


def _changed(config: ClientConfig | ReadConfig) -> str:
    """A configuration by what is not its default; torch prints clients whenever a pipe fails."""
    shown = [
        f"{f.name}={getattr(config, f.name)!r}"
        for f in dataclasses.fields(config)
        if f.repr and getattr(config, f.name) != getattr(type(config)(), f.name)
    ]
    return f"{type(config).__name__}({', '.join(shown)})" if shown else ""
