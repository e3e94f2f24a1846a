"""A process that is stopped for longer than any of its limits goes on where it was."""

from __future__ import annotations

import os
import signal
import socket
import struct
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from s3pipes.testing import ScriptedServer
from s3pipes.testing.children import Child, Children
from tests.ends import good
from tests.noise import noise
from tests.programs import under_faults
from tests.torture.servers import failing_now_and_then, over_tls

STOPPED_S = 1.6  # more than the program's limits: 0.5 s without a byte, 1 s in all


def cut_all(server: ScriptedServer) -> None:
    """Resets every connection that is open, as a store does with a client that takes nothing."""
    for connection in list(server._open.values()):
        with suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.shutdown(socket.SHUT_RDWR)


def stop_for_a_while(child: Child, server: ScriptedServer, *, cut: bool) -> None:
    os.kill(child.pid, signal.SIGSTOP)
    try:
        while Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
            time.sleep(0.001)
        if cut:
            cut_all(server)
        threading.Event().wait(STOPPED_S)  # what the test is about
    finally:
        os.kill(child.pid, signal.SIGCONT)


@pytest.mark.parametrize("faults", ["none", "some", "all cut meanwhile"])
def test_it_goes_on_as_if_nothing_had_been(children: Children, tmp_path: Path, faults: str) -> None:
    with over_tls(tmp_path) as (server, ca_file):
        for number in range(40):
            server.put(f"k{number:02}", noise(under_faults.SIZE, number))
        if faults == "some":
            server.script = failing_now_and_then(server, share=0.02)
        child = children.start(under_faults.stopped_and_continued, server.endpoint_url, ca_file, 6)
        for number in range(4):
            child.wait_for_line(f"round {number}\n")
            stop_for_a_while(child, server, cut=faults == "all cut meanwhile")
        lines = good(child.end())
    assert lines[-1] == "ok"
