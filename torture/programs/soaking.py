"""Two loaders side by side for minutes, and what this process holds meanwhile."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from s3pipes import ReadConfig
from torture.programs.ground import client_at, leave, say
from torture.store import Family
from torture.tally import Tally, read_all

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def soak(
    endpoint_url: str, ca_file: str, small: list[object], large: list[object], lasts_s: float
) -> None:
    """One loads small objects in no order, the other large ones in theirs; every byte compared."""
    client = client_at(endpoint_url, ca_file)
    ends = time.monotonic() + lasts_s
    tally, lock = Tally(), threading.Lock()

    def load(family: Family, read: ReadConfig) -> None:
        nonlocal tally
        while time.monotonic() < ends:
            one = read_all(client, list(client.list(family.prefix)), read=read)
            one.waits_s.clear()
            with lock:
                tally += one

    loads: list[Callable[[], None]] = [
        lambda: load(Family(*small), ReadConfig(in_order=False)),  # type: ignore[arg-type]
        lambda: load(Family(*large), ReadConfig()),  # type: ignore[arg-type]
    ]
    threads = [threading.Thread(target=one) for one in loads]
    for thread in threads:
        thread.start()
    began = time.monotonic()
    while any(thread.is_alive() for thread in threads):
        at_s = time.monotonic() - began
        say("held", f"{at_s:.1f}", _rss_bytes(), _fds(), _threads())
        time.sleep(max(0.05, lasts_s / 600))
    say("read", tally.right, len(tally.wrong), tally.failed, *tally.errors[:1])
    leave()


def _rss_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_BYTES


def _fds() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def _threads() -> int:
    return sum(1 for _ in Path("/proc/self/task").iterdir())
