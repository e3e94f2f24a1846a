"""A fork in the middle of a wait: the call goes on in the child, from where it began."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from dataclasses import replace

import pytest

from s3pipes.testing import ScriptedServer
from s3pipes.testing.answers import Answer, Request
from s3pipes.testing.children import Children
from tests.ends import good
from tests.noise import noise
from tests.programs import fork_in_wait


@pytest.mark.parametrize("door", list(fork_in_wait.DOORS))
def test_a_fork_in_the_middle_of_a_wait(
    scripted: ScriptedServer, children: Children, door: str
) -> None:
    """The parent's request for the last byte waits until the child has asked for it too."""
    scripted.put("held", noise(fork_in_wait.SIZE, 5))
    twice = threading.Event()
    asked: Counter[str] = Counter()

    def script(request: Request) -> Answer | None:
        end = request.range[1] if request.range else None
        if request.method == "GET" and end is not None and end < fork_in_wait.SIZE:
            return None
        asked[request.method] += 1
        if asked[request.method] > 1:
            twice.set()
            return None
        return replace(scripted.truth(request), after=twice)

    scripted.script = script
    child = children.start(fork_in_wait.go, scripted.endpoint_url, door)
    scripted.wait_for(lambda: bool(asked), within_s=60)
    os.kill(child.pid, signal.SIGALRM)
    assert good(child.end()) == ["ok"]
    assert twice.is_set()


@pytest.mark.parametrize("door", list(fork_in_wait.DOORS))
def test_a_fork_between_two_steps(scripted: ScriptedServer, children: Children, door: str) -> None:
    scripted.put("held", noise(fork_in_wait.SIZE, 5))
    ended = children.run(fork_in_wait.go_between, scripted.endpoint_url, door)
    assert good(ended) == ["ok"]
