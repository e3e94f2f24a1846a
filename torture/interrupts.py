"""Ctrl-C in the middle of every kind of wait."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

from s3pipes.testing import SimulatedS3
from s3pipes.testing.children import Children
from torture.nursery import nursery
from torture.programs import waits
from torture.row import Measure, Result, Row, Scale
from torture.store import MIB, SEED, Family, store


@dataclass(frozen=True)
class _Wait:
    """What the program does, and what keeps it waiting."""

    name: str
    does: str
    befalls: Callable[[SimulatedS3], object]
    tls: bool = False


_OBJECTS = Family("objects", 64, 8 * MIB)


def _failing(server: SimulatedS3, method: str) -> None:
    server.fault("status", status=503, code="SlowDown", method=method)


_WAITS = (
    _Wait("list", "list", lambda s: s.fault("hang", method="LIST")),
    _Wait("get", "get", lambda s: s.fault("hang")),
    _Wait("stream", "stream", lambda s: s.fault("stall", at_byte=1000)),
    _Wait("DataLoader with workers", "workers", lambda s: s.fault("stall", at_byte=1000)),
    _Wait("get in a TLS handshake", "get", lambda s: s.refuse(how="black_hole"), tls=True),
    _Wait("list in a TLS handshake", "list", lambda s: s.refuse(how="black_hole"), tls=True),
    _Wait("get in retries", "get", lambda s: _failing(s, "GET")),
    _Wait("list in retries", "list", lambda s: _failing(s, "LIST")),
    _Wait("DataLoader in retries over TLS", "workers", lambda s: _failing(s, "GET"), tls=True),
)


class Interrupts(Row):
    """SIGINT to the process and its workers, as a terminal sends it."""

    name = "interrupts"
    title = (
        "Ctrl-C in list, get, stream, DataLoader with workers, during TLS handshakes and retries"
    )
    target = "≤ 200 ms"
    minutes = 1

    def run(self, scale: Scale) -> Result:
        """Each wait in a process of its own, interrupted at some moment several times."""
        chance = random.Random(SEED)
        worst: dict[str, float] = {}
        with nursery() as children:
            for wait in _WAITS:
                with store("none", _OBJECTS, tls=wait.tls) as server:
                    wait.befalls(server)
                    worst[wait.name] = _slowest(server, children, wait, scale.of(5, 1), chance)
        return Result(
            measures=(
                Measure(
                    name="slowest",
                    value=max(worst.values()) * 1e3,
                    unit=" ms",
                    at_most=200,
                    loose=3,
                ),
                Measure(name="kinds of waits", value=len(worst)),
            ),
            notes=tuple(f"{name}: {s * 1e3:.0f} ms" for name, s in worst.items()),
        )


def _slowest(
    server: SimulatedS3, children: Children, wait: _Wait, turns: int, chance: random.Random
) -> float:
    ca_file = str(server.ca_file or "")
    child = children.start(
        waits.wait, wait.does, server.endpoint_url, ca_file, _OBJECTS.prefix, turns
    )
    taken: list[float] = []
    for turn in range(1, turns + 1):
        before = _met(server)
        child.wait_for_line("waits", nth=turn)
        while _met(server) == before:  # until what keeps it waiting has begun to
            time.sleep(0.01)
        time.sleep(chance.random() / 4)
        sent = time.monotonic()
        os.killpg(child.pid, signal.SIGINT)
        taken.append(float(child.wait_for_line("ended", nth=turn).split()[1]) - sent)
    ended = child.end()
    assert ended.code == 0, ended.err
    return max(taken)


def _met(server: SimulatedS3) -> int:
    """Requests, and connections that it does not answer."""
    return server.stats().requests_ever + len(server.fault_log())
