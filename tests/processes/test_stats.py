"""`stats()` adds up the processes that a program has started, without being told of them."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

import s3pipes
from s3pipes.engine import Stats
from s3pipes.engine.stats import Retries
from s3pipes.engine.times import Times
from s3pipes.testing import ScriptedServer
from s3pipes.testing.answers import Answer, Request, fault
from s3pipes.testing.children import Children
from tests.clients import client_of
from tests.ends import good
from tests.noise import noise
from tests.programs import counted
from tests.quiet import seconds_until, seconds_until_quiet


@pytest.fixture
def filled(scripted: ScriptedServer) -> ScriptedServer:
    for number in range(20):
        scripted.put(f"k{number:02}", noise(1000, number))
    return scripted


@pytest.mark.parametrize(("method", "epochs"), [("fork", 4), ("spawn", 1), ("forkserver", 1)])
def test_the_workers_of_a_dataloader_are_counted(
    filled: ScriptedServer, children: Children, method: str, epochs: int
) -> None:
    ended = children.run(counted.epochs, filled.endpoint_url, method, epochs, within_s=110)
    assert good(ended)[-1] == f"{method} ok"


@pytest.mark.parametrize(
    "program", [counted.killed, counted.grandchildren, counted.another_program]
)
def test_figures_of_a_tree(
    filled: ScriptedServer, children: Children, program: Callable[..., None]
) -> None:
    assert good(children.run(program, filled.endpoint_url)) == ["ok"]


def test_a_fork_within_a_wait_changes_no_figure(filled: ScriptedServer, children: Children) -> None:
    filled.put("late", b"content")
    forked = threading.Event()
    filled.script = lambda request: (
        replace(filled.truth(request), after=forked) if "late" in request.path else None
    )
    child = children.start(counted.forks_in_waits, filled.endpoint_url)
    child.wait_for_line("waiting")
    filled.wait_for_requests(1)
    os.kill(child.pid, signal.SIGUSR1)
    child.wait_for_line("forked")
    forked.set()
    assert good(child.end())[-1] == "ok"


def test_many_workers_say_once_what_they_meet(filled: ScriptedServer, children: Children) -> None:
    filled.script = lambda request: (
        fault(500, "InternalError") if request.attempt % 2 == 1 else None
    )
    ended = children.run(counted.told_once, filled.endpoint_url)
    assert ended.code == 0, ended
    assert ended.err.count("InternalError") == 1, ended.err


def test_two_subtract_to_a_span() -> None:
    earlier = Stats(requests=5, bytes_received=100, wait_s=1.0, streams_open=3)
    later = Stats(requests=9, retries=1, bytes_received=250, wait_s=1.5, streams_open=2)
    assert later - earlier == Stats(
        requests=4, retries=1, bytes_received=150, wait_s=0.5, streams_open=2
    )
    with pytest.raises(TypeError):
        later - 1  # type: ignore[operator]


def test_what_is_counted_by_cause_and_by_time_subtracts_too() -> None:
    earlier = Stats(retries_by=Retries(server=2), first_byte=Times((1, 0, 2)), hedges=1)
    later = Stats(retries_by=Retries(server=3, lie=4), first_byte=Times((1, 5, 3)), hedges=4)
    span = later - earlier
    assert span.retries_by == Retries(server=1, lie=4)
    assert span.first_byte == Times((0, 5, 1))
    assert span.hedges == 3
    assert Times((1,)) - Times() == Times((1,))


def test_first_bytes_that_are_late_are_seen_in_the_quantiles(filled: ScriptedServer) -> None:
    """Of 20 answers two are held back for 400 ms, the others for 50."""

    def held_back(request: Request) -> None:
        filled.never.wait(0.4 if request.path.endswith(("k03", "k17")) else 0.05)

    filled.script = held_back
    client = client_of(filled)
    before = s3pipes.stats()
    for number in range(20):
        client.open(f"s3://bucket/k{number:02}").read()
    span = s3pipes.stats() - before
    assert span.first_byte.count == span.transfer.count == 20
    assert 0.045 <= span.first_byte.p50_s <= 0.1
    assert 0.3 <= span.first_byte.p99_s <= 0.8
    assert span.transfer.p50_s < span.first_byte.p50_s
    assert span.first_byte.p90_s <= span.first_byte.p99_s <= span.first_byte.p999_s
    assert "first byte" in str(span)


def test_figures_are_taken_while_streams_are_collected(
    filled: ScriptedServer, children: Children
) -> None:
    ended = children.run(counted.collects_streams_meanwhile, filled.endpoint_url, within_s=60)
    assert good(ended) == ["ok"]


@pytest.mark.parametrize(
    ("answer", "expected", "throttled"),
    [
        (fault(500, "InternalError"), Retries(server=1), 0),
        (fault(503, "SlowDown"), Retries(throttled=1), 1),
        (fault(429, "TooManyRequests"), Retries(throttled=1), 1),
    ],
)
def test_retries_are_counted_by_cause(
    filled: ScriptedServer, answer: Answer, expected: Retries, throttled: int
) -> None:
    filled.script = lambda request: answer if request.attempt == 1 else None
    before = s3pipes.stats()
    client = client_of(filled, verify_checksums=False)  # which would be another request
    assert len(client.open("s3://bucket/k00").read()) == 1000
    span = s3pipes.stats() - before
    assert (span.requests, span.retries) == (2, 1)
    assert span.retries_by == expected
    assert span.throttled == throttled
    assert f"repeated for    {expected}" in str(span)


def test_buffers_are_counted_while_they_are_held(filled: ScriptedServer) -> None:
    with client_of(filled).open("s3://bucket/k00") as stream:
        kept = stream.view()
        held = s3pipes.stats()
        assert held.buffers_held >= 1
        assert held.memory_used_bytes + held.memory_outside_bytes >= 1000
        del kept
    seconds_until_quiet()
    seconds_until(lambda: s3pipes.stats().buffers_held == 0)


def test_they_print_as_a_short_table() -> None:
    printed = str(Stats(requests=12_345, retries=6, bytes_received=1_234_567_890, wait_s=2.25))
    lines = printed.splitlines()
    assert len(lines) <= 8
    assert max(map(len, lines)) <= 100
    assert "12,345, 6 of them repeated" in printed
    assert "1.2 GB" in printed
    assert str(s3pipes.stats())
