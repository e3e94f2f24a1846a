"""Answers that go wrong at first, and URLs without knowledge."""

from __future__ import annotations

from dataclasses import replace

from s3pipes.testing import ScriptedServer
from s3pipes.testing.answers import Answer, Request, Script


def plain(url: str) -> str:
    """The URL without what a listing knew."""
    return str(url)


def first_answer(server: ScriptedServer, **changes: object) -> Script:
    """The first answer for each object goes wrong, the next ones are true."""

    def script(request: Request) -> Answer | None:
        if request.attempt > 1 or request.method != "GET":
            return None
        return replace(server.truth(request), **changes)  # type: ignore[arg-type]

    return script
