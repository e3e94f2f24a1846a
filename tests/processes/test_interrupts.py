"""Ctrl-C ends every wait."""

from __future__ import annotations

import time
from functools import partial

from s3pipes.testing import ScriptedServer
from s3pipes.testing.children import Children
from tests.allowance import at_most
from tests.ends import good
from tests.programs import interrupts
from tests.silence import serve_half_and_silent

CTRL_C_S = 0.2


def came_after(server: ScriptedServer, at: float) -> bool:
    return bool(server.requests) and server.requests[-1].at > at


def test_ctrl_c_ends_every_wait_within_200_ms(scripted: ScriptedServer, children: Children) -> None:
    serve_half_and_silent(scripted)
    child = children.start(interrupts.every_wait, scripted.endpoint_url)
    latencies: dict[str, float] = {}
    at = 0.0
    for name in [*interrupts.OF_A_STREAM, *interrupts.OF_A_CLIENT]:
        child.wait_for_line(f"waits {name}\n")
        if name in interrupts.OF_A_CLIENT:
            # Its request is here: it waits, or is about to.
            scripted.wait_for(partial(came_after, scripted, at))
        sent = time.monotonic()
        child.interrupt()
        at = float(child.wait_for_line("ended", nth=len(latencies) + 1).split()[1])
        latencies[name] = at - sent
    good(child.end())
    print({n: f"{s * 1000:.0f} ms" for n, s in latencies.items()})  # noqa: T201 - for -rP
    worst = max(latencies.values())
    assert worst <= at_most(CTRL_C_S), latencies
