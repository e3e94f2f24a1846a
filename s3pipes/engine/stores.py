"""What a client is made of in this process: the engine, one native store per bucket, credentials.

Nothing here crosses a fork or a pickle; `Session` makes it anew where it is needed.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
import warnings
from collections.abc import Mapping
from typing import NamedTuple

from s3pipes.aws.credentials import CredentialSource, Snapshot
from s3pipes.aws.endpoint import resolve
from s3pipes.config import ClientConfig
from s3pipes.engine import _native
from s3pipes.engine.log import deliver, logger
from s3pipes.engine.neighbours import neighbours
from s3pipes.errors import WrongRegion, refused

# Credentials that expire are looked at this often; the source knows when to renew them.
_LOOK_AGAIN_S = 30.0


class _Store(NamedTuple):
    native: _native.ObjectStore
    region: str  # that its requests are signed for


class Stores:
    """The native side of one client in one process. Safe to share between threads.

    Attributes:
        regions: of the buckets that were not where they were looked for.
    """

    def __init__(self, config: ClientConfig, regions: Mapping[str, str]) -> None:
        self.generation = _native.process_generation()
        self._config = config
        self._lock = threading.Lock()
        self._by_bucket: dict[str, _Store] = {}
        self.regions = dict(regions)
        self._trusts: dict[tuple[bool, str], _native.TlsTrust] = {}
        self._source = CredentialSource(config)
        self._snapshot: Snapshot | None = None
        self._look_again_at = 0.0
        self._renew = _renewal(self._source)
        self._cell = _native.CredentialCell(self._renew)
        self.engine = _native.Engine.of_this_process(
            memory_bytes=config.memory_bytes,
            max_requests=config.max_requests,
            event_loops=config.event_loops or _default_event_loops(),
            neighbours=neighbours(),
        )
        _stop_at_exit()
        retry = config.retry
        self.retry = _native.RetryRules(
            max_attempts=retry.max_attempts,
            base_delay_s=retry.base_delay_s,
            max_delay_s=retry.max_delay_s,
            time_limit_s=retry.time_limit_s,
        )

    def of(self, bucket: str) -> _native.ObjectStore:
        """The store of `bucket`, with credentials that are good for now.

        Raises:
            ConfigError: the settings make no target, or no credentials were found.
        """
        if time.monotonic() >= self._look_again_at:
            self._bring_credentials()
        store = self._by_bucket.get(bucket)
        return (store if store is not None else self._make(bucket)).native

    def at_hand(self, bucket: str) -> bool:
        """Whether `of(bucket)` answers at once, without asking anybody."""
        return bucket in self._by_bucket and time.monotonic() < self._look_again_at

    def credentials_wanted(self) -> bool:
        """Whether requests wait for newer credentials."""
        return self._cell.wanted()

    def renew_credentials(self) -> None:
        """Brings newer credentials. Who waits in the engine does so by itself.

        Raises:
            CredentialsMissing: their source has none.
        """
        if self._cell.wanted():
            self._renew(self._cell)

    def follow(self, bucket: str, asked: _native.ObjectStore | None, error: WrongRegion) -> bool:
        """Whether to ask again where the store `asked` said that the bucket is.

        It is followed once for each bucket, which the user is told; False: that leads nowhere new.

        Raises:
            RequestRefused: the store gave no reason, and named the region that it was asked in:
                something else is wrong.
            ConfigError: no request can be addressed to the region that the store named.
        """
        with self._lock:
            present = self._by_bucket.get(bucket)
            if present is None or present.native is not asked:
                return True  # another stream or thread leads the way
            if error.region == present.region and not error.code:
                raise refused(error)
            if error.region in ("", present.region) or bucket in self.regions:
                return False
            # First of all: a region that cannot be addressed is not kept.
            resolve(self._config, bucket, error.region)
            self.regions[bucket] = error.region
            del self._by_bucket[bucket]
        text = (
            f"The bucket {bucket!r} is in {error.region}, not where it was looked for; following."
            f" Set ClientConfig(region={error.region!r}), region={error.region!r} on the pipe, or"
            " AWS_REGION to save the detour."
        )
        warnings.warn(text, RuntimeWarning, stacklevel=2)
        if logger.hasHandlers():  # without any it would be printed a second time
            logger.warning(text)
        return True

    def _bring_credentials(self) -> None:
        with self._lock:
            snapshot = self._source.snapshot()
            if snapshot is None:
                self._cell.set_anonymous()
            elif snapshot != self._snapshot:
                self._cell.set(snapshot.access_key, snapshot.secret_key, snapshot.session_token)
            self._snapshot = snapshot
            expires = snapshot is not None and snapshot.expires_at is not None
            self._look_again_at = time.monotonic() + _LOOK_AGAIN_S if expires else float("inf")

    def _make(self, bucket: str) -> _Store:
        with self._lock:
            store = self._by_bucket.get(bucket)
            if store is None:
                target = resolve(self._config, bucket, self.regions.get(bucket))
                native = _native.S3Store.make(
                    engine=self.engine,
                    target=target,
                    credentials=self._cell,
                    trust=self._trust(target.verify, target.ca_file) if target.tls else None,
                )
                store = self._by_bucket[bucket] = _Store(native, target.region)
            return store

    def _trust(self, verify: bool, ca_file: str) -> _native.TlsTrust:
        key = (verify, ca_file)
        if key not in self._trusts:
            self._trusts[key] = _native.TlsTrust.make(verify, ca_file)
        return self._trusts[key]


def _renewal(source: CredentialSource) -> _native.Refresh:
    """Brings new credentials when the store said that the present ones have expired.

    Holds no reference to the stores, which hold the cell: there would be no end to them.
    """
    last: list[Snapshot | None] = [None]

    def renew(cell: _native.CredentialCell) -> None:
        last[0] = snapshot = source.refresh(force=True, stale=last[0])
        if snapshot is None:
            cell.set_anonymous()
        else:
            cell.set(snapshot.access_key, snapshot.secret_key, snapshot.session_token)

    return renew


def _default_event_loops() -> int:
    """One loop takes several GB/s without TLS; more only where there are cores to spare."""
    return max(1, min(4, len(os.sched_getaffinity(0)) // 8))


_stopping: list[int] = []


def _stop() -> None:
    _native.shut_down()
    deliver()


def _stop_at_exit() -> None:
    # OpenSSL and the C++ library tidy up when the process ends; no loop may run by then.
    if _stopping != [os.getpid()]:
        _stopping[:] = [os.getpid()]
        atexit.register(_stop)
