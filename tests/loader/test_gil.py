"""The GIL is kept where nothing has to be waited for."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator

import pytest

import s3pipes
from s3pipes import IterableWrapper, ReadConfig, S3Client
from s3pipes.testing import ScriptedServer
from tests.noise import MiB, noise
from tests.quiet import seconds_until

COUNT = 100


@pytest.fixture
def given_away() -> Iterator[list[int]]:
    """How often another thread, which always wants the GIL, has been given it; `[times]`.

    The interpreter itself takes it from nobody meanwhile.
    """
    times, over = [0], threading.Event()

    def want() -> None:
        while not over.is_set():
            times[0] += 1
            time.sleep(0)  # gives it back at once

    interval = sys.getswitchinterval()
    thread = threading.Thread(target=want)
    thread.start()
    sys.setswitchinterval(3600)
    yield times
    over.set()
    sys.setswitchinterval(interval)
    thread.join()


@pytest.mark.parametrize("way", ["read", "readinto", "chunks"])
def test_ready_objects_are_read_without_giving_it_away(
    scripted: ScriptedServer, given_away: list[int], way: str
) -> None:
    size = MiB  # takes long enough to copy that the other thread would surely get its turn
    urls = [scripted.put(f"k{i:03}", noise(size, i)) for i in range(COUNT)]
    read = ReadConfig(window_bytes=2 * COUNT * size, lookahead=COUNT + 1)
    pipe = IterableWrapper(urls, deepcopy=False)
    loaded = iter(pipe.load_files_by_s3(client=S3Client(scripted.config()), read=read))
    _, first = next(loaded)  # opens all the others
    seconds_until(lambda: len({one.path for one in scripted.requests}) == COUNT and not running())
    target = bytearray(size)
    before = given_away[0]
    total = 0
    for _, stream in loaded:
        if way == "read":
            total += len(stream.read())
        elif way == "readinto":
            total += stream.readinto(target)
        else:
            total += sum(len(view) for view in stream.chunks())
    assert given_away[0] == before
    assert total == (COUNT - 1) * size
    first.close()


def running() -> int:
    return s3pipes.stats().requests_running
