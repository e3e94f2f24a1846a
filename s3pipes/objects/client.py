"""`S3Client`: list, look at and read objects. The door for code that does not use datapipes."""

from __future__ import annotations

import ctypes
import dataclasses
from collections.abc import Callable, Iterator, Sequence
from http import HTTPStatus
from typing import Any, TypeAlias, TypeVar

from s3pipes.config import ClientConfig, ReadConfig, check_together
from s3pipes.engine import _native
from s3pipes.engine.stores import Stores
from s3pipes.errors import ConfigError, ObjectChanged, RequestRefused, WrongRegion
from s3pipes.objects.stream import S3Stream
from s3pipes.url import S3Url, split, split_object

_T = TypeVar("_T")
# Inside the class `list` is a method.
_Views: TypeAlias = list[memoryview]
_Streams: TypeAlias = list[_native.ObjectStream]
_Pieces: TypeAlias = list[_native.Piece]
_Merged: TypeAlias = list[tuple[int, int, list[int]]]
_Page: TypeAlias = list[tuple[str, int, str, int]]
_DEFAULT_READ = ReadConfig()
_A_GLANCE = ReadConfig(chunk_bytes=64 << 10, window_bytes=0)
# One GET for a whole object, however large: no chunk ends before it.
_UNCUT = (1 << 64) - 1


class S3Client:
    """Reads a store. Cheap to make; nothing is looked up or connected before the first use.

    It pickles by its configuration and works in every process: the engine behind it is made where
    it is used. Safe to share between threads.

    Args:
        config: see `ClientConfig`.
        read: how objects are read where a method is not told otherwise; see `ReadConfig`.

    Raises:
        ConfigError: the settings contradict one another.
    """

    def __init__(self, config: ClientConfig | None = None, read: ReadConfig | None = None) -> None:
        self.config = ClientConfig() if config is None else config
        self.read = _DEFAULT_READ if read is None else read
        check_together(self.config, self.read)
        self._stores: Stores | None = None

    def list(self, prefix: str, *, page_size: int = 0) -> Iterator[S3Url]:
        """Yields the objects under `prefix`, with sizes and ETags, in the store's order.

        A prefix is a raw string: `s3://bucket/img_` finds `img_1.jpg` and `img_2/x.jpg`. The next
        page is on its way while one is used.

        Args:
            page_size: keys per request; 0: the store's own, 1000 on S3.

        Raises:
            ValueError: the URL is none of S3's.
            S3PipesError: the bucket cannot be listed.
        """
        bucket, raw_prefix = split(prefix)
        make = S3Url.of
        lister, page = self._following(bucket, lambda: self._page(bucket, raw_prefix, page_size))
        while page is not None:
            for key, size, etag, last_modified in page:
                yield make(bucket, key, size, etag, last_modified)
            try:
                page = lister.next_page()
            except _native.Orphaned:
                # In a fork's child: the same page, through this process's engine.
                token = lister.token
                if token is None:
                    return
                lister, page = self._page(bucket, raw_prefix, page_size, token)

    def head(self, url: str) -> S3Url:
        """The URL with the object's size, ETag and time of change, as one HEAD tells them."""
        bucket, key = split_object(url)
        stores = self._here()
        try:
            size, etag, last_modified = self._following(
                bucket,
                lambda: _native.head(
                    engine=stores.engine, store=stores.of(bucket), key=key, retry=stores.retry
                ),
            )
        except RequestRefused as error:
            if error.status != HTTPStatus.BAD_REQUEST:
                raise
            # To a HEAD S3 may not say why (credentials expired, another region): a GET tells.
            with self.open(str(url), read=_A_GLANCE) as stream:
                size, etag, last_modified = stream.size, stream.etag, stream.last_modified
        return S3Url(url, size, etag, last_modified)

    def open(self, url: str, *, read: ReadConfig | None = None) -> S3Stream:
        """A stream over the object, once it can be read.

        Raises:
            ValueError: the URL names no object.
            S3PipesError: the object cannot be read.
        """
        config = self.read if read is None else read
        stream = S3Stream(self, url, self.open_native(url, config), config)
        stream.wait_ready()
        return stream

    def get(self, url: str) -> memoryview:
        """The whole object as a read-only memoryview, fetched in parallel chunks."""
        bucket, key = split_object(url)
        size, etag = _known(url)

        def ask() -> _native.Piece:
            reader = self.reader(self.read)
            # In one piece from the start: nothing is copied together.
            stream = reader.open_contiguous(self._here().of(bucket), key, 0, None, size, etag)
            reader.start()
            try:
                return stream.whole()
            finally:
                stream.close()
                del stream  # a kept error keeps this frame, but no memory of the object

        return memoryview(self._following(bucket, ask)).toreadonly()

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
        bucket, key = split_object(url)
        target = _writable(buffer)
        reader = self.reader(self.read)
        size, etag = _known(url)
        stores = self._here()
        return self._following(
            bucket, lambda: reader.read_into(stores.of(bucket), key, size, etag, target)
        )

    def get_ranges(self, url: str, ranges: Sequence[tuple[int, int]]) -> _Views:
        """The bytes `[begin, end)` for each of `ranges`, fetched side by side.

        All come from one version of the object. Ranges that lie close together are fetched as one.

        Raises:
            ConfigError: a range is not 0 <= begin <= end.
            ObjectChanged: a range ends beyond the object, or the object changed in between.
        """
        bucket = split_object(url)[0]
        known = url if isinstance(url, S3Url) and url.size is not None else self.head(url)
        _check_ranges(known, ranges)

        def ask() -> _Views:
            merged, pieces = self._open_ranges(known, ranges)
            try:
                # By number: a kept error keeps these frames, but no memory of the object.
                return _cut(ranges, merged, [pieces[i].whole() for i in range(len(pieces))])
            finally:
                while pieces:
                    pieces.pop().close()

        return self._following(bucket, ask)

    async def get_async(self, url: str) -> memoryview:
        """As `get`, for asyncio."""
        bucket, key = split_object(url)
        size, etag = _known(url)

        def start(store: _native.ObjectStore) -> _Streams:
            reader = self.reader(self.read)
            stream = reader.open_contiguous(store, key, 0, None, size, etag)
            reader.start()
            return [stream]

        (piece,) = await self._settled(bucket, start)
        return memoryview(piece).toreadonly()

    async def get_ranges_async(self, url: str, ranges: Sequence[tuple[int, int]]) -> _Views:
        """As `get_ranges`, for asyncio."""
        import asyncio

        bucket = split_object(url)[0]
        known = url
        if not isinstance(url, S3Url) or url.size is None:
            known = await asyncio.to_thread(self.head, url)
        _check_ranges(known, ranges)
        merged: _Merged = []

        def start(_: _native.ObjectStore) -> _Streams:
            merged[:], pieces = self._open_ranges(known, ranges)
            return pieces

        return _cut(ranges, merged, await self._settled(bucket, start))

    def reader(self, config: ReadConfig) -> _native.Reader:
        """A native reader in this process: one window over the objects opened in it."""
        check_together(self.config, config)
        stores = self._here()
        chunk_bytes, window_bytes = config.chunk_bytes, config.window_bytes
        if config.whole_objects:
            chunk_bytes = _UNCUT
            if window_bytes is None:
                # Their memory is not the budget's, so nothing else would bound it.
                window_bytes = self.config.memory_bytes // 2
        return _native.Reader.make(
            engine=stores.engine,
            chunk_bytes=chunk_bytes,
            window_bytes=window_bytes,
            lookahead=config.lookahead,
            retry=stores.retry,
        )

    def open_in(
        self, reader: _native.Reader, url: str, config: ReadConfig, tag: int = 0
    ) -> _native.ObjectStream:
        """Opens `url` in `reader`, which does not start before it is told to."""
        bucket, key = split_object(url)
        size, etag = _known(url)
        store = self._here().of(bucket)
        if config.whole_objects:
            # One request needs one piece of memory, which is then the user's, not the budget's.
            return reader.open_contiguous(store, key, 0, None, size, etag, tag)
        return reader.open(store, key, size, etag, tag)

    def open_native(self, url: str, config: ReadConfig) -> _native.ObjectStream:
        """Opens `url` by itself and starts."""
        reader = self.reader(config)
        native = self.open_in(reader, url, config)
        reader.start()
        return native

    def follow(self, url: str, error: WrongRegion) -> None:
        """Goes to the region that the store named for the bucket of `url`."""
        self._here().follow(split(url)[0], error)

    def _here(self) -> Stores:
        stores = self._stores
        if stores is None or stores.generation != _native.process_generation():
            # A fork's child need not be told again where the buckets are.
            stores = self._stores = Stores(self.config, stores.regions if stores else {})
        return stores

    def _following(self, bucket: str, ask: Callable[[], _T]) -> _T:
        try:
            return ask()
        except WrongRegion as error:
            self._here().follow(bucket, error)
            return ask()

    def _page(
        self, bucket: str, prefix: str, page_size: int, token: str = ""
    ) -> tuple[_native.Lister, _Page | None]:
        stores = self._here()
        lister = _native.Lister(
            engine=stores.engine,
            store=stores.of(bucket),
            prefix=prefix,
            page_size=page_size,
            retry=stores.retry,
            token=token,
        )
        return lister, lister.next_page()

    def _open_ranges(self, url: str, ranges: Sequence[tuple[int, int]]) -> tuple[_Merged, _Streams]:
        bucket, key = split_object(url)
        size, etag = _known(url)
        reader = self.reader(self.read)
        merged = _native.merge_ranges(list(ranges), self.read.largest_chunk_bytes)
        store = self._here().of(bucket)
        pieces = [
            reader.open_contiguous(store, key, begin, end, size, etag) for begin, end, _ in merged
        ]
        reader.start()
        return merged, pieces

    async def _settled(
        self, bucket: str, start: Callable[[_native.ObjectStore], _Streams]
    ) -> _Pieces:
        """All bytes of the streams that `start` opens, which it does anew in another region."""
        import asyncio

        from s3pipes.engine.waiting import settled

        followed = False
        while True:
            stores = self._here()
            if not stores.at_hand(bucket):
                await asyncio.to_thread(stores.of, bucket)
            streams = start(stores.of(bucket))
            try:
                return [(await settled(stream, stores)).whole() for stream in streams]
            except WrongRegion as error:
                if followed:
                    raise
                followed = True
                stores.follow(bucket, error)
            finally:
                for stream in streams:
                    stream.close()

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


def _known(url: str) -> tuple[int | None, str]:
    if isinstance(url, S3Url) and url.size is not None:
        return url.size, url.etag or ""
    return None, ""


def _check_ranges(url: str, ranges: Sequence[tuple[int, int]]) -> None:
    """Nobody gets fewer bytes than asked for."""
    size, _ = _known(url)
    for begin, end in ranges:
        if not 0 <= begin <= end:
            raise ConfigError(f"a range must be 0 <= begin <= end, not ({begin}, {end})", url=url)
        if size is not None and end > size:
            raise ObjectChanged(
                f"the object has {size} bytes",
                url=url,
                range=(begin, end),
                hint="It shrank since it was listed, or the range is wrong",
            )


def _writable(buffer: Any) -> Any:
    """A CPU tensor has no buffer protocol; its memory is taken by address."""
    if not hasattr(buffer, "data_ptr"):
        return buffer
    if buffer.device.type != "cpu" or not buffer.is_contiguous():
        raise ConfigError(
            "get_into needs a contiguous tensor in CPU memory (pinned or not),"
            f" not one on {buffer.device} with strides {tuple(buffer.stride())}"
        )
    nbytes = buffer.numel() * buffer.element_size()
    memory = (ctypes.c_char * nbytes).from_address(buffer.data_ptr())
    return memoryview(memory)


def _cut(
    ranges: Sequence[tuple[int, int]],
    merged: Sequence[tuple[int, int, list[int]]],
    pieces: Sequence[_native.Piece],
) -> list[memoryview]:
    """The part of each range in the piece that holds it."""
    parts = [memoryview(b"")] * len(ranges)
    for (first, _, members), piece in zip(merged, pieces, strict=True):
        view = memoryview(piece).toreadonly()
        for i in members:
            begin, end = ranges[i]
            parts[i] = view[begin - first : end - first]
    return parts
