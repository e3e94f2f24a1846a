"""Servers that fall silent: the one way to say so in a script."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from s3pipes.testing import ScriptedServer
from s3pipes.testing.answers import Answer, Request, Script
from tests.noise import noise


def silence(server: ScriptedServer, request: Request, *, at: int | None = None) -> Answer:
    """Nothing before the server ends; or the true answer, but no byte of its body from `at` on."""
    answer = server.truth(request)
    if at is None:
        return replace(answer, after=server.never)
    return replace(answer, pause_at=at, until=server.never)


def silent_where(
    server: ScriptedServer, when: Callable[[Request], bool], *, at: int | None = None
) -> Script:
    """Such requests meet silence, all others the truth."""
    return lambda request: silence(server, request, at=at) if when(request) else None


def serve_half_and_silent(server: ScriptedServer) -> None:
    """Nothing comes of `silent`, and half a megabyte of `half`; all else is answered."""
    server.put("half", bytes(1_000_000))
    server.put("silent", noise(1_000_000))

    def script(request: Request) -> Answer | None:
        begin, end = request.range or (0, None)
        if "half" in request.path and begin == 0:
            whole = end is None or end > 500_000
            return silence(server, request, at=500_000) if whole else None
        hushed = "silent" in request.target or "half" in request.path
        return silence(server, request) if hushed else None

    server.script = script
