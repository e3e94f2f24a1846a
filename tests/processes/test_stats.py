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
from s3pipes.testing import ScriptedServer
from s3pipes.testing.answers import fault
from s3pipes.testing.children import Children
from tests.ends import good
from tests.noise import noise
from tests.programs import counted


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


def test_they_print_as_a_short_table() -> None:
    printed = str(Stats(requests=12_345, retries=6, bytes_received=1_234_567_890, wait_s=2.25))
    lines = printed.splitlines()
    assert len(lines) <= 8
    assert max(map(len, lines)) <= 100
    assert "12,345, 6 of them repeated" in printed
    assert "1.2 GB" in printed
    assert str(s3pipes.stats())
