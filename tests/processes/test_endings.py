"""The interpreter ends cleanly, and an engine is made only where it is used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import s3pipes
from s3pipes.testing import ScriptedServer
from s3pipes.testing.certificates import certify
from s3pipes.testing.children import Children
from tests.ends import good
from tests.noise import noise
from tests.programs import endings
from tests.silence import serve_half_and_silent

ENDINGS = (
    endings.all_lies_about,
    endings.daemon_threads_wait,
    endings.exit_within_a_loop,
    endings.an_error_ends_it,
)


@pytest.mark.parametrize("tls", [False, True])
def test_the_interpreter_ends_cleanly_while_loading(
    children: Children, tmp_path: Path, tls: bool
) -> None:
    context, ca_file = certify(tmp_path) if tls else (None, None)
    with ScriptedServer(tls=context) as server:
        serve_half_and_silent(server)
        for i in range(30):
            server.put(f"k{i:02}", noise(300_000, i))
        started = {
            program: children.start(program, server.endpoint_url, str(ca_file or ""))
            for program in ENDINGS
        }
        for program, child in started.items():
            ended = child.end(within_s=100)
            assert ended.code == (program is endings.an_error_ends_it), (program, ended)
            # A daemon thread tells that its wait was ended.
            cancelled = program is endings.daemon_threads_wait and "TransferCancelled" in ended.err
            assert ended.err == "" or cancelled, (program, ended.err)


def test_an_engine_is_made_in_the_process_that_uses_it(children: Children) -> None:
    assert good(children.run(endings.without_an_engine, "http://127.0.0.1:1")) == ["ok"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", s3pipes.__version__)
