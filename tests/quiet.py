"""Waiting for what must come by itself: a state, and the quiet after work."""

from __future__ import annotations

import time
from collections.abc import Callable

import s3pipes
from tests.allowance import at_most


def seconds_until(holds: Callable[[], bool], *, within_s: float = 10.0) -> float:
    """Waits until it holds; how long that took."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() < began + at_most(within_s), s3pipes.stats()
        time.sleep(0.002)
    return time.monotonic() - began


def quiet() -> bool:
    """Whether nothing runs, is open, or lies in the budget."""
    now = s3pipes.stats()
    return now.requests_running == now.streams_open == now.memory_used_bytes == 0


def seconds_until_quiet() -> float:
    """Waits for the quiet; how long that took."""
    return seconds_until(quiet)


def holds_nothing() -> bool:
    """Whether no memory outside the budget is held either: a moment later, a loop lets it go."""
    return s3pipes.stats().memory_outside_bytes == 0
