"""Calls side by side, for clients that wait within theirs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from torture.peers import Found

_AT_ONCE = 16


def side_by_side(read: Callable[[str], bytes], keys: Sequence[str]) -> Iterator[Found]:
    """Each key with what `read` gave or raised, as they come."""

    def one(key: str) -> bytes | Exception:
        try:
            return read(key)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is counted
            return error

    pool = ThreadPoolExecutor(_AT_ONCE)
    jobs = {pool.submit(one, key): key for key in keys}
    for job in as_completed(jobs):
        yield jobs.pop(job), job.result()
    pool.shutdown()
