"""Processes that come in the middle of a load over TLS from a store that fails: all go on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from s3pipes.testing import ScriptedServer
from s3pipes.testing.children import Children
from tests.ends import good
from tests.noise import noise
from tests.programs import under_faults
from tests.torture.servers import failing_now_and_then, over_tls


@pytest.fixture
def failing(tmp_path: Path) -> Iterator[tuple[ScriptedServer, str]]:
    with over_tls(tmp_path) as (server, ca_file):
        server.script = failing_now_and_then(server)
        yield server, ca_file
        assert any(request.attempt > 1 for request in server.requests)


def test_in_a_stream(children: Children, failing: tuple[ScriptedServer, str]) -> None:
    server, ca_file = failing
    server.put("k", noise(1_500_000, 3))
    server.put("small", noise(5000, 4))
    ended = children.run(under_faults.forked_in_a_stream, server.endpoint_url, ca_file)
    assert good(ended) == ["ok"]


def test_while_threads_load(children: Children, failing: tuple[ScriptedServer, str]) -> None:
    server, ca_file = failing
    for number in range(40):
        server.put(f"k{number:02}", noise(150_000, number))
    program = under_faults.forked_while_threads_load
    assert good(children.run(program, server.endpoint_url, ca_file, within_s=100)) == ["ok"]


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_in_workers(children: Children, failing: tuple[ScriptedServer, str], method: str) -> None:
    server, ca_file = failing
    for number in range(90):
        server.put(f"k{number:02}", noise(1000 + number * 2500, number))
    program = under_faults.every_sample_once_in_workers
    ended = children.run(program, server.endpoint_url, ca_file, method, within_s=110)
    # Of the failures, which are meant, processes that were not forked tell by themselves.
    assert (ended.code, ended.out.splitlines()) == (0, [f"{method} 2 ok"]), ended
