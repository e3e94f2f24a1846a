"""A fork may come at any moment, and both sides go on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from s3pipes.testing import ScriptedServer
from s3pipes.testing.answers import Answer, Request, fault
from s3pipes.testing.certificates import certify
from s3pipes.testing.children import Children
from tests.allowance import at_most
from tests.ends import good
from tests.noise import noise
from tests.programs import fork_storm, forks, live_child
from tests.silence import serve_half_and_silent

GONE_S = 1.0


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[ScriptedServer, str]]:
    """A scripted server that speaks TLS, and the file of its authority."""
    context, ca_file = certify(tmp_path)
    with ScriptedServer(tls=context) as server:
        yield server, str(ca_file)


def test_a_fork_in_the_middle_of_a_stream(scripted: ScriptedServer, children: Children) -> None:
    """Parent and child both read on from the byte where the parent was; so does every stream."""
    body = noise(1_500_000, 3)
    scripted.put("k", body)
    scripted.put("small", noise(5000, 4))
    assert good(children.run(forks.in_a_stream, scripted.endpoint_url)) == ["ok"]


def test_a_fork_in_the_middle_of_a_listing(scripted: ScriptedServer, children: Children) -> None:
    """Parent and child both list on, from wherever in a page the parent was."""
    for i in range(25):
        scripted.put(f"k{i:02}", b"")
    assert good(children.run(forks.in_a_listing, scripted.endpoint_url)) == ["ok"]


def test_a_child_knows_where_the_parent_was_led(
    scripted: ScriptedServer, children: Children
) -> None:
    scripted.put("k", noise(500_000, 1))
    for i in range(25):
        scripted.put(f"list/{i:02}", b"")
    scripted.script = lambda request: (
        None
        if request.region == "eu-central-1"
        else fault(301, "PermanentRedirect", x_amz_bucket_region="eu-central-1")
    )
    assert good(children.run(forks.after_being_led, scripted.endpoint_url)) == ["ok"]


def test_a_child_reads_the_version_that_the_parent_read(
    scripted: ScriptedServer, children: Children
) -> None:
    scripted.put("k", noise(500_000, 1))

    def script(request: Request) -> Answer | None:
        if request.path == "/bucket/change":
            scripted.put("k", noise(500_000, 2))
            return Answer()
        return None

    scripted.script = script
    assert good(children.run(forks.before_a_change, scripted.endpoint_url)) == ["ok"]


def test_forks_while_threads_load(scripted: ScriptedServer, children: Children) -> None:
    """Twenty forks at any moment: no child hangs, crashes or reads a wrong byte, nor the parent."""
    for i in range(40):
        scripted.put(f"k{i:02}", noise(150_000, i))
    assert good(children.run(fork_storm.twenty, scripted.endpoint_url, within_s=100)) == ["ok"]


def test_a_child_of_a_child_that_ends_as_interpreters_do(
    scripted: ScriptedServer, children: Children
) -> None:
    """sys.exit in a child runs what was registered for the end, with the child's own engine."""
    scripted.put("k", noise(300_000, 1))
    lines = good(children.run(forks.of_a_fork, scripted.endpoint_url))
    assert lines == ["leaf", "depth 1", "depth 0"]


def test_a_fork_over_tls_in_the_middle_of_a_stream(
    secure: tuple[ScriptedServer, str], children: Children
) -> None:
    """Neither side says a word on the other's connections, nor ends them."""
    server, ca_file = secure
    server.put("k", noise(1_500_000, 3))
    server.put("small", noise(5000, 4))
    assert good(children.run(forks.in_a_stream, server.endpoint_url, ca_file)) == ["ok"]


def test_forks_while_threads_load_over_tls(
    secure: tuple[ScriptedServer, str], children: Children
) -> None:
    server, ca_file = secure
    for i in range(40):
        server.put(f"k{i:02}", noise(150_000, i))
    ended = children.run(fork_storm.twenty, server.endpoint_url, ca_file, within_s=100)
    assert good(ended) == ["ok"]


@pytest.mark.parametrize("tls", [False, True])
def test_a_close_is_seen_by_the_server_although_a_child_lives(
    scripted: ScriptedServer, secure: tuple[ScriptedServer, str], children: Children, tls: bool
) -> None:
    server, ca_file = secure if tls else (scripted, "")
    serve_half_and_silent(server)
    program = children.start(live_child.beside_a_close, server.endpoint_url, ca_file)
    program.wait_for_line("closed")
    assert server.connections == 1
    server.wait_for(lambda: server.open_connections == 0, within_s=at_most(GONE_S))
    program.interrupt()
    assert good(program.end()) == ["closed", "ok"]
