"""What has been read so far, here and in the processes that were started, and what is held now."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace

from s3pipes.engine import _native
from s3pipes.engine import tree as _shared  # noqa: F401 - makes the page, before anything forks
from s3pipes.engine.log import deliver
from s3pipes.engine.times import Times


@dataclass(frozen=True, kw_only=True)
class StoreStats:
    """What a process believes of one store that it reads from.

    Attributes:
        url: of the bucket at its endpoint.
        near: it answers as if it were in the same rack: few bytes in flight are enough.
        first_byte_s: seconds that an undisturbed request takes to its first byte, on average.
        connection_bytes_per_s: what one undisturbed connection carries; 0: not known yet.
        bytes_per_s: the most that all connections together brought lately.
        crowding: how much longer requests take at present than undisturbed ones; 1: not at all.
        requests_running: on their way now.
        requests_limit: at once, at most, at present.
        requests_per_s_limit: a second, at most, since the store has refused some; 0: no limit.
        limited_by: what keeps more from being on its way: "reader" (its window is full, or nothing
            is left to ask for), "max_requests", "crowding" (the link, the store or the processor is
            at its limit), "throttling" (the store refuses), or "nothing" (it is growing).
    """

    url: str
    near: bool
    first_byte_s: float
    connection_bytes_per_s: float
    bytes_per_s: float
    crowding: float
    requests_running: int
    requests_limit: int
    requests_per_s_limit: float
    limited_by: str

    def __str__(self) -> str:
        where = "near" if self.near else "far"
        return (
            f"{self.url} ({where}): first byte {self.first_byte_s * 1e3:.1f} ms,"
            f" {self.connection_bytes_per_s / 1e6:.0f} MB/s per connection,"
            f" {self.bytes_per_s / 1e6:.0f} MB/s in all, {self.requests_running} of"
            f" {self.requests_limit} requests running, limited by {self.limited_by}"
        )


@dataclass(frozen=True, kw_only=True)
class Retries:
    """Requests that were repeated, by what had been wrong with the attempt before.

    Attributes:
        connection: it broke, or could not be made.
        timeout: no byte came for too long, or it took too long to connect.
        throttled: the store asked for fewer requests.
        server: the store answered 5xx or 408.
        expired_credentials: they had run out, and were fetched anew.
        wrong_region: the bucket is in another one.
        lie: the answer contradicted its request, or was none of S3's.
        checksum: the bytes were not those that the store has a checksum of.
    """

    connection: int = 0
    timeout: int = 0
    throttled: int = 0
    server: int = 0
    expired_credentials: int = 0
    wrong_region: int = 0
    lie: int = 0
    checksum: int = 0

    def __sub__(self, earlier: Retries) -> Retries:
        if not isinstance(earlier, Retries):
            return NotImplemented
        names = [one.name for one in fields(self)]
        return Retries(**{name: getattr(self, name) - getattr(earlier, name) for name in names})

    def __str__(self) -> str:
        counts = {one.name: getattr(self, one.name) for one in fields(self)}
        return ", ".join(
            f"{name.replace('_', ' ')} {count:,}" for name, count in counts.items() if count
        )


@dataclass(frozen=True, kw_only=True)
class Stats:
    """What this process and those that it started have read; all 0 where nothing has been read yet.

    The workers of a `DataLoader` are added up in the process that iterates it, without being told
    of one another, and what they did stays counted when they end. Two subtract to a span, and one
    prints as a short table.

    Attributes:
        requests: requests sent, every attempt counted.
        retries: of those, repeated ones.
        retries_by: these, by cause.
        throttled: answers of 429 or 503, with which a store asks for fewer requests.
        hedges: second requests sent for what was late; `requests` has them too.
        hedges_won: of those, the ones that were quicker than what they were sent for.
        replaced: connections that were given up for others because they had become too slow.
        skipped: objects that loaders left out, as `ReadConfig(on_error=...)` lets them.
        bytes_received: of bodies.
        bytes_verified: of these, what added up to the checksum that the store holds of it.
        bytes_unverified: what could not be held against any: the store has none, or only a part of
            the object was read.
        chunks_evicted: chunks fetched ahead and given up, unread, for a reader that was waiting.
        wait_s: seconds in which readers waited for bytes, added over all threads and processes.
        first_byte: from the request for a chunk of an object to the head of its answer, with the
            time to connect where that had to be done first.
        transfer: from there to the last byte of the chunk.
        requests_running: requests in flight now.
        streams_open: open streams now.
        processes: that read, and live.
        memory_used_bytes, memory_free_bytes: of the budget, in use and kept for reuse. These, and
            what follows, are of this process alone.
        memory_outside_bytes: handed to the user and still held there.
        buffers_held: how many buffers the memory in use and the memory handed out are.
        memory_budget_bytes: the hard limit of used and free together.
        event_loops: native threads.
        stores: what is believed of each store that is in use.
    """

    requests: int = 0
    retries: int = 0
    retries_by: Retries = Retries()
    throttled: int = 0
    hedges: int = 0
    hedges_won: int = 0
    replaced: int = 0
    skipped: int = 0
    bytes_received: int = 0
    bytes_verified: int = 0
    bytes_unverified: int = 0
    chunks_evicted: int = 0
    wait_s: float = 0.0
    first_byte: Times = field(default_factory=Times)
    transfer: Times = field(default_factory=Times)
    requests_running: int = 0
    streams_open: int = 0
    processes: int = 0
    memory_used_bytes: int = 0
    memory_free_bytes: int = 0
    memory_outside_bytes: int = 0
    buffers_held: int = 0
    memory_budget_bytes: int = 0
    event_loops: int = 0
    stores: tuple[StoreStats, ...] = ()

    def __sub__(self, earlier: Stats) -> Stats:
        """What was done since `earlier`; what is held now stays as it is now."""
        if not isinstance(earlier, Stats):
            return NotImplemented
        return replace(
            self, **{name: getattr(self, name) - getattr(earlier, name) for name in _COUNTED}
        )

    def __str__(self) -> str:
        verified = _size(self.bytes_verified)
        running = f"{self.requests_running} requests, {self.streams_open} streams"
        used, free = _size(self.memory_used_bytes), _size(self.memory_free_bytes)
        budget, outside = _size(self.memory_budget_bytes), _size(self.memory_outside_bytes)
        hedges = f"{self.hedges:,}, {self.hedges_won:,} of them won"
        here = f"{used} used, {free} free of {budget}, {outside} handed out"
        rows = [
            ("requests", f"{self.requests:,}, {self.retries:,} of them repeated"),
            *([("repeated for", str(self.retries_by))] if self.retries_by != Retries() else []),
            *([("throttled", f"{self.throttled:,} answers")] if self.throttled else []),
            *([("second requests", hedges)] if self.hedges else []),
            *([("replaced", f"{self.replaced:,} connections")] if self.replaced else []),
            *([("skipped", f"{self.skipped:,} objects")] if self.skipped else []),
            *([("first byte", f"{self.first_byte}{_QUANTILES}")] if self.first_byte.count else []),
            *([("transfer", f"{self.transfer}{_QUANTILES}")] if self.transfer.count else []),
            ("received", f"{_size(self.bytes_received)}, {verified} verified"),
            ("fetched in vain", f"{self.chunks_evicted:,} chunks"),
            ("waited", f"{self.wait_s:.1f} s"),
            ("now", f"{running}, {self.processes} processes"),
            ("memory here", f"{here}, {self.buffers_held:,} buffers"),
            *(("store", str(store)) for store in self.stores),
        ]
        return "\n".join(f"{name:<16}{value}" for name, value in rows)


# What only grows.
_COUNTED = (
    *("requests", "retries", "retries_by", "throttled", "hedges", "hedges_won", "replaced"),
    *("bytes_verified", "bytes_unverified"),
    *("skipped", "bytes_received", "chunks_evicted", "wait_s", "first_byte", "transfer"),
)
_QUANTILES = " (p50 / p90 / p99 / p99.9)"


def _size(count: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:  # noqa: PLR2004
            return f"{count:.0f} bytes" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def stats() -> Stats:
    """The figures as they are now: of this process, its `DataLoader`s' workers, and theirs."""
    deliver()
    found = _native.stats()
    if found is None:
        return Stats()
    stores = tuple(StoreStats(**store) for store in found.pop("stores", ()))
    return Stats(
        retries_by=Retries(**found.pop("retries_by")),
        first_byte=Times(found.pop("first_byte")),
        transfer=Times(found.pop("transfer")),
        **found,
        stores=stores,
    )
