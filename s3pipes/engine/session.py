"""`Session`: what one client is in whatever process it finds itself."""

from __future__ import annotations

import os
import threading
from functools import lru_cache
from typing import Any

from s3pipes.config import ClientConfig, ReadConfig, check_together
from s3pipes.engine import _native
from s3pipes.engine.log import listen
from s3pipes.engine.stores import Stores
from s3pipes.errors import WrongRegion

# One GET for a whole object, however large: no chunk ends before it.
_UNCUT = (1 << 64) - 1

_making = threading.Lock()


class Session:
    """One per client; it alone knows process, regions, credentials and stores.

    Nothing is looked up or connected before the first use. A fork's child gets native parts of its
    own at its first use, and keeps what was learnt of the buckets' regions. Safe to share between
    threads. Whoever keeps something native between calls stands on `Lasting`.
    """

    def __init__(self, config: ClientConfig) -> None:
        self.config = config
        self._stores: Stores | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return session_of, (self.config,)

    def here(self) -> Stores:
        """The stores of this process."""
        stores = self._stores
        if stores is not None and stores.generation == _native.process_generation():
            return stores
        with _making:
            stores = self._stores
            if stores is None or stores.generation != _native.process_generation():
                # A fork's child need not be told again where the buckets are.
                stores = self._stores = Stores(self.config, stores.regions if stores else {})
            return stores

    def reader(self, read: ReadConfig) -> _native.Reader:
        """A native reader in this process: one window over the objects opened in it.

        Raises:
            ConfigError: the client's settings and these contradict one another.
        """
        check_together(self.config, read)
        listen()
        stores = self.here()
        chunk_bytes, window_bytes = read.chunk_bytes, read.window_bytes
        if read.whole_objects:
            chunk_bytes = _UNCUT
            if window_bytes is None:
                # Their memory is not the budget's, so nothing else would bound it.
                window_bytes = self.config.memory_bytes // 2
        return _native.Reader(
            engine=stores.engine,
            chunk_bytes=chunk_bytes,
            window_bytes=window_bytes,
            lookahead=read.lookahead,
            retry=stores.retry,
            in_order=read.in_order,
        )

    def follow(self, bucket: str, asked: _native.ObjectStore | None, error: WrongRegion) -> bool:
        """Whether to ask again, in the region that the store `asked` named; see `Stores.follow`."""
        return self.here().follow(bucket, asked, error)


@lru_cache(maxsize=16)
def session_of(config: ClientConfig) -> Session:
    """The one for all that comes from other processes by this configuration.

    To find credentials and bring them for each of them anew would take longer than to read it.
    """
    return Session(config)


def _begin_child() -> None:
    global _making
    _making = threading.Lock()


os.register_at_fork(after_in_child=_begin_child)
