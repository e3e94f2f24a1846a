"""Work within a small budget, which is watched all the time.

The budget belongs to the process, so each of these has one of its own.
"""

from __future__ import annotations

import ctypes
import gc
import logging
import resource
import threading
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import s3pipes
from s3pipes import ClientConfig, IterableWrapper, ReadConfig, RetryConfig, S3Client, S3Stream
from s3pipes.engine import OpenObject
from tests.allowance import at_most_bytes
from tests.noise import KiB, MiB, noise
from tests.programs.ground import leave
from tests.quiet import seconds_until


def client_with(
    endpoint_url: str,
    memory_bytes: int,
    chunk_bytes: int = 64 * KiB,
    verify_checksums: bool = True,
    **read: Any,
) -> S3Client:
    config = ClientConfig(
        endpoint_url=endpoint_url,
        proxies={},
        region="us-east-1",
        memory_bytes=memory_bytes,
        verify_checksums=verify_checksums,
        access_key_id="scripted-access-key",
        secret_access_key="secret",
        retry=RetryConfig(max_attempts=2, base_delay_s=0.001),
    )
    return S3Client(config, ReadConfig(chunk_bytes=chunk_bytes, **read))


class Watch:
    """Looks at the budget all the time while the context lasts."""

    def __init__(self, budget_bytes: int) -> None:
        self._budget_bytes = budget_bytes
        self._most_bytes = 0
        self._looks = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def _look(self) -> None:
        while not self._over.wait(0.0005):
            now = s3pipes.stats()
            self._most_bytes = max(self._most_bytes, now.memory_used_bytes + now.memory_free_bytes)
            self._looks += 1

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        assert self._looks > 0
        assert 0 < self._most_bytes <= self._budget_bytes, (self._most_bytes, self._budget_bytes)


def all_is_given_back() -> bool:
    now = s3pipes.stats()
    memory = now.memory_used_bytes, now.memory_outside_bytes
    return (*memory, now.streams_open, now.requests_running) == (0, 0, 0, 0)


def leave_with_nothing() -> None:
    gc.collect()
    seconds_until(all_is_given_back, within_s=5)
    leave()


def rss_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def a_thousand_unread_streams(endpoint_url: str, in_order: bool) -> None:
    content = noise(300_000)
    client = client_with(endpoint_url, 16 * MiB, in_order=in_order)
    urls = IterableWrapper(["s3://bucket/"]).list_files_by_s3(client=client)
    pipe = urls.load_files_by_s3(client=client).shuffle(buffer_size=1000)
    seen = set()
    with Watch(16 * MiB):
        for url, stream in pipe:
            i = int(url[-4:])
            assert stream.read() == content[i * 100 : i * 100 + 140_000 + i], i
            seen.add(i)
        del stream
    assert seen == set(range(1000))
    leave_with_nothing()


def two_loaders(endpoint_url: str) -> None:
    first = client_with(endpoint_url, 1 * MiB)
    second = client_with(endpoint_url, 1 * MiB, in_order=False)
    urls = {kind: [f"s3://bucket/{kind}{i:02}" for i in range(60)] for kind in "ab"}
    with Watch(1 * MiB):
        a = IterableWrapper(urls["a"]).load_files_by_s3(client=first)
        b = IterableWrapper(urls["b"]).load_files_by_s3(client=second)
        got = set()
        for (_, one), (url, other) in zip(a, b, strict=True):
            i = int(url[-2:])
            j = int(one.url[-2:])
            assert one.read(200_000) == noise(400_000, j)[:200_000]
            assert other.read() == noise(70_000, 100 + i)
            assert one.read() == noise(400_000, j)[200_000:]
            got.add(i)
        assert len(got) == 60
        del one, other
    leave_with_nothing()


def parts_and_backwards(endpoint_url: str) -> None:
    client = client_with(endpoint_url, 1 * MiB)
    with Watch(1 * MiB):
        streams = [client.open(f"s3://bucket/k{i:02}") for i in range(50)]
        for i, stream in enumerate(streams):
            assert stream.read(10) == noise(300_000, i)[:10]
        for i, stream in reversed(list(enumerate(streams))):
            assert stream.read(150_000) == noise(300_000, i)[10:150_010]
        for i, stream in enumerate(streams):
            assert stream.read() == noise(300_000, i)[150_010:]
            assert stream.view() == noise(300_000, i)
        del stream, streams
    leave_with_nothing()


def more_threads_than_chunks(endpoint_url: str) -> None:
    # Two chunks for eight readers.
    client = client_with(endpoint_url, 1 * MiB, chunk_bytes=512 * KiB)
    failures: list[BaseException] = []

    def read(i: int) -> None:
        try:
            for _ in range(2):
                body = noise(3_000_000, i)
                assert client.open(f"s3://bucket/k{i}").read() == body
                got = bytearray(3_000_000)
                stream, at = client.open(f"s3://bucket/k{i}"), 0
                while count := stream.readinto(memoryview(got)[at : at + 77_777]):
                    at += count
                assert got == body
                assert b"".join(client.open(f"s3://bucket/k{i}").chunks()) == body
        except BaseException as error:  # noqa: BLE001 - told at the end
            failures.append(error)

    threads = [threading.Thread(target=read, args=(i,)) for i in range(8)]
    with Watch(1 * MiB):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not failures, failures
    leave_with_nothing()


def streams_that_failed(endpoint_url: str) -> None:
    logging.getLogger("s3pipes").setLevel(logging.ERROR)  # of retries, which are meant
    # Of a whole that is held against its checksum no part is given.
    client = client_with(endpoint_url, 1 * MiB, verify_checksums=False)
    bad = [f"s3://bucket/bad{i:02}" for i in range(40)]
    streams = [S3Stream(url, OpenObject(client.session, url, client.read)) for url in bad]
    with Watch(1 * MiB):
        for stream in streams:
            stream.wait_ready()
        assert client.open("s3://bucket/good").read() == noise(500_000, 99)
        for i, stream in enumerate(streams):
            assert stream.read(1000) == noise(64 * KiB, i)[:1000], i
            try:
                stream.read(1)
            except s3pipes.RetriesExhausted:
                continue
            raise AssertionError("bytes after a failure")
    del stream, streams
    leave_with_nothing()


def what_the_user_holds(endpoint_url: str) -> None:
    body = noise(20_000_000)
    client = client_with(endpoint_url, 2 * MiB, chunk_bytes=256 * KiB)
    with Watch(2 * MiB):
        views = list(client.open("s3://bucket/k").chunks())
        assert b"".join(views) == body
        held = s3pipes.stats().memory_outside_bytes
        assert 20_000_000 <= held <= 23_000_000, held
        again = client.get("s3://bucket/k")
        tensor = client.open("s3://bucket/k").tensor()
        assert again == body
        assert bytes(tensor.numpy()) == body
        assert s3pipes.stats().memory_outside_bytes >= 60_000_000
        del views
        assert s3pipes.stats().memory_outside_bytes < 45_000_000
        del again, tensor
    leave_with_nothing()


def objects_larger_than_the_budget(endpoint_url: str) -> None:
    body = noise(9_000_000)
    ranges = [(0, 3_000_000), (4_000_000, 4_000_010), (8_999_999, 9_000_000)]
    for whole in (False, True):
        client = client_with(endpoint_url, 1 * MiB, whole_objects=whole)
        with nullcontext() if whole else Watch(1 * MiB):
            for url in ("s3://bucket/k", next(client.list("s3://bucket/k"))):
                assert client.get(url) == body
                assert client.open(url).read() == body
                got = bytearray(9_000_000)
                assert client.get_into(url, got) == 9_000_000
                assert got == body
                assert client.get_ranges(url, ranges) == [body[a:b] for a, b in ranges]
                pipe = IterableWrapper([url] * 3).load_files_by_s3(client=client)
                assert [stream.read() == body for _, stream in pipe] == [True] * 3
    leave_with_nothing()


def eight_epochs(endpoint_url: str) -> None:
    # A window that grows by measurement may fill the budget in a later epoch only.
    client = client_with(endpoint_url, 16 * MiB, chunk_bytes=1 * MiB, window_bytes=16 * MiB)
    listed = IterableWrapper(["s3://bucket/"]).list_files_by_s3(client=client)
    pipe = listed.load_files_by_s3(client=client)
    before = rss_bytes()
    with Watch(16 * MiB):
        peaks, rests = [], []
        for _ in range(8):
            peaks.append(_peak_of_an_epoch(pipe) - before)
            # What the heap has only kept says nothing: how much was in flight at once is chance.
            ctypes.CDLL(None).malloc_trim(0)
            rests.append(rss_bytes() - before)
    assert max(peaks) <= at_most_bytes(16 * MiB + 64 * MiB), peaks
    assert max(rests[5:]) - max(rests[:5]) <= at_most_bytes(4 * MiB), (peaks, rests)
    assert len(list(Path("/proc/self/fd").iterdir())) < 300
    leave_with_nothing()


def _peak_of_an_epoch(pipe: Any) -> int:
    peak = total = 0
    for _, stream in pipe:
        for view in stream.chunks():
            total += len(view)
            peak = max(peak, rss_bytes())
    assert total == 8 * 24 * MiB + 200 * 20_000
    return peak


def watched_at_every_door(endpoint_url: str) -> None:
    """The budget of 4 MiB is told as it is, and never passed, whichever door is used."""
    budget_bytes = 4 * MiB
    client = client_with(endpoint_url, budget_bytes, chunk_bytes=256 * KiB)
    most_bytes = 0
    stop = threading.Event()

    def watch() -> None:
        nonlocal most_bytes
        while not stop.wait(0.001):
            now = s3pipes.stats()
            most_bytes = max(most_bytes, now.memory_used_bytes)
            assert now.memory_budget_bytes in (0, budget_bytes), now

    watcher = threading.Thread(target=watch)
    watcher.start()
    urls = list(client.list("s3://bucket/"))
    unread = list(IterableWrapper(urls).load_files_by_s3(client=client))
    for _, stream in unread[::-1]:
        assert len(stream.read(300_000)) == 300_000
    for _, stream in unread:
        assert sum(map(len, stream.chunks())) == 1 * MiB - 300_000
    for _, stream in IterableWrapper(urls).load_files_by_s3(client=client):
        assert len(stream.view()) == 1 * MiB
    stop.set()
    watcher.join()
    del unread, stream, urls
    now = s3pipes.stats()
    assert 0 < most_bytes <= budget_bytes, (most_bytes, now)
    assert now.memory_used_bytes == 0 <= now.memory_free_bytes <= budget_bytes, now
    leave()
