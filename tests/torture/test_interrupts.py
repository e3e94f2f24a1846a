"""Ctrl-C ends every wait, also in handshakes, in pauses before retries, and with workers."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from s3pipes.testing.answers import fault
from s3pipes.testing.children import Children
from tests.allowance import at_most
from tests.ends import good
from tests.programs import under_faults
from tests.silence import silence
from tests.torture.servers import mute, over_tls

CTRL_C_S = 0.2


@contextmanager
def silent(folder: Path) -> Iterator[tuple[str, str]]:
    with over_tls(folder) as (server, ca_file):
        server.put("silent", b"content")
        server.script = lambda request: silence(server, request)
        yield server.endpoint_url, ca_file


@contextmanager
def failing(folder: Path) -> Iterator[tuple[str, str]]:
    with over_tls(folder) as (server, ca_file):
        # The pause is drawn between this and as much again.
        server.script = lambda _: fault(503, "SlowDown", retry_after="60")
        yield server.endpoint_url, ca_file


@contextmanager
def never_shaking_hands(folder: Path) -> Iterator[tuple[str, str]]:
    with mute() as endpoint_url:
        yield endpoint_url, ""


@pytest.mark.parametrize(
    ("server", "program"),
    [
        (silent, under_faults.interrupted_in_silence),
        (failing, under_faults.interrupted_in_pauses),
        (never_shaking_hands, under_faults.interrupted_in_handshakes),
    ],
    ids=["silence", "pauses", "handshakes"],
)
def test_ctrl_c_ends_every_wait_within_200_ms(
    children: Children, tmp_path: Path, server: Any, program: Any
) -> None:
    latencies: dict[str, float] = {}
    with server(tmp_path) as (endpoint_url, ca_file):
        child = children.start(program, endpoint_url, ca_file)
        for name in under_faults.WAITS:
            child.wait_for_line(f"waits {name}\n")
            sent = time.monotonic()
            os.killpg(child.pid, signal.SIGINT)  # as a terminal does: the workers too
            at = float(child.wait_for_line("ended", nth=len(latencies) + 1).split()[1])
            latencies[name] = at - sent
            child.wait_for_line("quiet after", nth=len(latencies))
        good(child.end())
    print({n: f"{s * 1000:.0f} ms" for n, s in latencies.items()})  # noqa: T201 - for -rP
    assert max(latencies.values()) <= at_most(CTRL_C_S), latencies
