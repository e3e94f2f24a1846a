"""What is promised of processes and signals, while the store fails and the way is TLS."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from torch.utils.data import DataLoader

import s3pipes
from s3pipes import ClientConfig, IterableWrapper, ReadConfig, RetryConfig, S3Client
from tests.noise import KiB, noise
from tests.programs import fork_storm, forks, workers
from tests.programs.ground import CHUNKS, leave, say
from tests.quiet import quiet, seconds_until

PATIENT = RetryConfig(base_delay_s=0.01, max_delay_s=0.1)


def failures_are_meant() -> None:
    """In this program's process: nobody wants to be told of them."""
    logging.getLogger("s3pipes").setLevel(logging.ERROR)


def client_at(endpoint_url: str, ca_file: str = "", **config: Any) -> S3Client:
    failures_are_meant()
    given: dict[str, Any] = {"retry": PATIENT, "progress_timeout_s": 600, "region": "us-east-1"}
    given |= {"access_key_id": "scripted-access-key", "secret_access_key": "secret"}
    verify = ca_file or None
    return S3Client(
        ClientConfig(endpoint_url=endpoint_url, verify=verify, proxies={}, **(given | config))
    )


# Forks


def forked_in_a_stream(endpoint_url: str, ca_file: str) -> None:
    failures_are_meant()
    forks.in_a_stream(endpoint_url, ca_file)


def forked_while_threads_load(endpoint_url: str, ca_file: str) -> None:
    failures_are_meant()
    fork_storm.twenty(endpoint_url, ca_file)


def every_sample_once_in_workers(endpoint_url: str, ca_file: str, method: str) -> None:
    failures_are_meant()
    workers.every_sample_once(endpoint_url, method, [2], ca_file)


# Ctrl-C

SILENT = "s3://bucket/silent"
_MANY = [SILENT] * 9


def _number_of_bytes(item: tuple[str, Any]) -> int:
    return len(item[1].read())


def _in_workers(client: S3Client) -> list[Any]:
    pipe: Any = IterableWrapper(_MANY).sharding_filter().load_files_by_s3(client=client)
    return list(DataLoader(pipe.map(_number_of_bytes), batch_size=None, num_workers=2))


WAITS: dict[str, Callable[[S3Client], object]] = {
    "get": lambda client: client.get(SILENT),
    "list": lambda client: list(client.list(SILENT)),
    "stream": lambda client: client.open(SILENT).read(),
    "loader": lambda client: list(IterableWrapper(_MANY).load_files_by_s3(client=client)),
    "workers": _in_workers,
}


def _tell_of_waiting(name: str, figure: str, before: int) -> None:
    seconds_until(lambda: getattr(s3pipes.stats(), figure) > before)
    say("waits", name)


def _interrupted(client: S3Client, grows: str = "requests") -> None:
    """Each wait once; the test interrupts the whole group, as a terminal does.

    It waits when that figure of `stats()` has grown.
    """
    for name, wait in WAITS.items():
        before = getattr(s3pipes.stats(), grows)
        teller = threading.Thread(target=_tell_of_waiting, args=(name, grows, before))
        try:
            teller.start()
            wait(client)
            say("returned")
        except KeyboardInterrupt:
            say("ended", time.monotonic())
        teller.join()
        say("quiet after", seconds_until(quiet))
    leave()


def interrupted_in_silence(endpoint_url: str, ca_file: str) -> None:
    _interrupted(client_at(endpoint_url, ca_file))


def interrupted_in_pauses(endpoint_url: str, ca_file: str) -> None:
    """Where each second attempt comes after minutes."""
    slow = RetryConfig(base_delay_s=60, max_delay_s=3600, time_limit_s=86_400)
    _interrupted(client_at(endpoint_url, ca_file, retry=slow), "throttled")


def interrupted_in_handshakes(endpoint_url: str, ca_file: str) -> None:
    _interrupted(client_at(endpoint_url, ca_file, connect_timeout_s=600))


# SIGSTOP

SIZE = 300_000


def stopped_and_continued(endpoint_url: str, ca_file: str, rounds: int) -> None:
    """Loads the same forty objects until it is told to end, with limits that a stop exceeds."""
    limits = RetryConfig(max_attempts=3, base_delay_s=0.001, max_delay_s=0.01, time_limit_s=1.0)
    client = client_at(
        endpoint_url, ca_file, retry=limits, progress_timeout_s=0.5, connect_timeout_s=0.5
    )
    bodies = [noise(SIZE, number) for number in range(40)]
    urls = [f"s3://bucket/k{number:02}" for number in range(40)]
    pipe = IterableWrapper(urls).load_files_by_s3(client=client, read=CHUNKS)
    for number in range(rounds):
        for body, (_, stream) in zip(bodies, pipe, strict=True):
            assert stream.read() == body
        say("round", number)
    leave()


# What is left


def _held() -> dict[str, int]:
    now = s3pipes.stats()
    return {
        "requests": now.requests_running,
        "streams": now.streams_open,
        "used bytes": now.memory_used_bytes,
        "outside bytes": now.memory_outside_bytes,
        "buffers": now.buffers_held,
    }


def _entries(folder: str) -> int:
    return sum(1 for _ in Path(folder).iterdir())


def nothing_is_left(endpoint_url: str, ca_file: str, rounds: int, within_s: float) -> None:
    """Loaders that are left in their midst, again and again."""
    client = client_at(endpoint_url, ca_file, max_requests=16)
    urls = [f"s3://bucket/k{number:02}" for number in range(40)]
    seen: list[tuple[int, int]] = []
    for number in range(rounds):
        read = ReadConfig(chunk_bytes=64 * KiB, in_order=number % 2 == 0)
        iterator = iter(IterableWrapper(urls).load_files_by_s3(client=client, read=read))
        kept = [next(iterator)[1] for _ in range(5)]
        assert len(kept[0].read()) == SIZE
        kept[1].read(70_000)
        view = kept[2].view()
        lost = client.open(urls[7], read=CHUNKS)
        lost.read(1)
        listing = client.list("s3://bucket/", page_size=10)
        next(listing)
        del iterator, kept, lost, listing
        assert s3pipes.stats().buffers_held > 0
        del view
        began = time.monotonic()
        seconds_until(lambda: not any(_held().values()))
        took = time.monotonic() - began
        assert took <= within_s, (took, _held())
        seen.append((_entries("/proc/self/fd"), _entries("/proc/self/task")))
    say("descriptors and threads", seen)
    # Connections are kept for the next; they are no more than requests may run.
    warm = seen[rounds // 2]
    most = max(descriptors for descriptors, _ in seen[rounds // 2 :])
    assert most <= warm[0] + 16, seen
    assert {threads for _, threads in seen[rounds // 2 :]} == {warm[1]}, seen
    leave()
