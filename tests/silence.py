"""Scripts of servers that fall silent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from s3pipes.testing import ScriptedServer
from s3pipes.testing.answers import Answer, Request, Script
from tests.noise import noise


def silent_where(
    server: ScriptedServer, when: Callable[[Request], bool], *, at: int | None = None
) -> Script:
    """Such requests get nothing before the server ends, or `at` bytes of the body."""

    def script(request: Request) -> Answer | None:
        if not when(request):
            return None
        if at is None:
            return Answer(after=server.never)
        return replace(server.truth(request), pause_at=at, until=server.never)

    return script


def serve_half_and_silent(server: ScriptedServer) -> None:
    """Nothing comes of `silent`, and half a megabyte of `half`; all else is answered."""
    server.put("half", bytes(1_000_000))
    server.put("silent", noise(1_000_000))

    def script(request: Request) -> Answer | None:
        if "silent" in request.target:
            return Answer(after=server.never)
        if "half" not in request.path:
            return None
        if (request.range or (0, 0))[0] != 0:
            return Answer(after=server.never)
        answer = server.truth(request)
        if len(answer.body) <= 500_000:
            return answer
        return replace(answer, pause_at=500_000, until=server.never)

    server.script = script
