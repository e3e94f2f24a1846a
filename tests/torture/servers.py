"""Stores over TLS that fail now and then, or at one thing always."""

from __future__ import annotations

import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from s3pipes.testing import ScriptedServer
from s3pipes.testing.answers import Answer, Request, Script, fault
from s3pipes.testing.certificates import certify


@contextmanager
def over_tls(folder: Path) -> Iterator[tuple[ScriptedServer, str]]:
    """A scripted server that speaks TLS, and the file of its authority."""
    context, ca_file = certify(folder)
    with ScriptedServer(tls=context) as server:
        yield server, str(ca_file)


def failing_now_and_then(server: ScriptedServer, *, share: float = 0.2, seed: int = 1) -> Script:
    """So many answers are a 500, or end early by a reset or a FIN; which ones the seed says."""
    chance = random.Random(seed)
    lock = threading.Lock()

    def script(request: Request) -> Answer | None:
        with lock:
            fails, how = chance.random() < share, chance.randrange(4)
        if not fails:
            return None
        if how == 0:
            return fault(500, "InternalError")
        truth = server.truth(request)
        if how == 1:
            return replace(truth, cut_at=-1)
        return replace(
            truth, cut_at=len(truth.body) * 2 // 3, cut_with="rst" if how == 2 else "fin"
        )

    return script


@contextmanager
def mute() -> Iterator[str]:
    """An https:// endpoint that takes connections and never says a word: no handshake ends."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        yield f"https://127.0.0.1:{listening.getsockname()[1]}"
