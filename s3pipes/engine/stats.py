"""What this process has read so far, and what its engine holds now."""

from __future__ import annotations

from dataclasses import dataclass

from s3pipes.engine import _native


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
class Stats:
    """Figures of one process; all 0 where nothing has been read yet. Subtract two to get a span.

    Attributes:
        requests: requests sent, every attempt counted.
        retries: of those, repeated ones.
        bytes_received: of bodies.
        chunks_evicted: chunks fetched ahead and given up, unread, for a reader that was waiting.
        wait_s: seconds in which readers waited for bytes, added over all threads.
        requests_running: requests in flight now.
        streams_open: open streams now.
        memory_used_bytes, memory_free_bytes: of the budget, in use and kept for reuse.
        memory_outside_bytes: handed to the user and still held there.
        memory_budget_bytes: the hard limit of used and free together.
        event_loops: native threads.
        stores: what is believed of each store that is in use.
    """

    requests: int = 0
    retries: int = 0
    bytes_received: int = 0
    chunks_evicted: int = 0
    wait_s: float = 0.0
    requests_running: int = 0
    streams_open: int = 0
    memory_used_bytes: int = 0
    memory_free_bytes: int = 0
    memory_outside_bytes: int = 0
    memory_budget_bytes: int = 0
    event_loops: int = 0
    stores: tuple[StoreStats, ...] = ()


def stats() -> Stats:
    """The figures of this process as they are now."""
    found = _native.stats()
    if found is None:
        return Stats()
    stores = tuple(StoreStats(**store) for store in found.pop("stores"))
    return Stats(**found, stores=stores)
