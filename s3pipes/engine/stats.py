"""What this process has read so far, and what its engine holds now."""

from __future__ import annotations

from dataclasses import dataclass

from s3pipes.engine import _native


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


def stats() -> Stats:
    """The figures of this process as they are now."""
    found = _native.stats()
    return Stats() if found is None else Stats(**found)
