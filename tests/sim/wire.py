"""One connection to a simulator, and the time that each answer takes; signs nothing."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Got:
    """An answer: `headers` by lower-case name, times from before the request is sent."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    first_byte_s: float
    whole_s: float


class Wire:
    """Where `ended`, the server has closed the connection."""

    def __init__(self, url: str, trusted: ssl.SSLContext | None = None) -> None:
        self._address = urlsplit(url)
        self._trusted = trusted

    async def __aenter__(self) -> Wire:
        self._in, self._out = await asyncio.open_connection(
            self._address.hostname, self._address.port, ssl=self._trusted, limit=1 << 20
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        self._out.close()
        with suppress(OSError):
            await self._out.wait_closed()

    async def get(self, target: str, method: str = "GET", **headers: str) -> Got:
        self.ask(target, method, b"", **headers)
        return await self.answer(method)

    def ask(self, target: str, method: str = "GET", body: bytes = b"", **headers: str) -> None:
        """Sends a request; `headers` with _ for -."""
        lines = [f"{method} {target} HTTP/1.1", f"Host: {self._address.netloc}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def send(self, raw: bytes) -> None:
        self._asked = time.perf_counter()
        self._out.write(raw)

    async def answer(self, method: str = "GET") -> Got:
        head = (await self._in.readuntil(b"\r\n\r\n")).decode()
        first_byte_s = time.perf_counter() - self._asked
        status, *lines = head.split("\r\n")
        pairs = [line.split(": ", 1) for line in lines if line]
        headers = {name.lower(): value for name, value in pairs}
        size = 0 if method == "HEAD" else int(headers.get("content-length", "0"))
        body = await self._in.readexactly(size)
        whole_s = time.perf_counter() - self._asked
        return Got(int(status.split()[1]), headers, body, first_byte_s, whole_s)

    async def ended(self, within_s: float = 10.0) -> bool:
        """Waits for the end of the connection; False where something else came."""
        return await asyncio.wait_for(self._in.read(1), within_s) == b""


def first_bytes(url: str, targets: list[str], *, connections: int) -> list[float]:
    """Seconds to the first byte of each target, over so many connections, sorted."""

    async def one(mine: list[str]) -> list[float]:
        async with Wire(url) as wire:
            return [(await wire.get(target)).first_byte_s for target in mine]

    async def every() -> list[list[float]]:
        return await asyncio.gather(*(one(targets[i::connections]) for i in range(connections)))

    return sorted(chain.from_iterable(asyncio.run(every())))


def on_wire(url: str, use: Callable[[Wire], Awaitable[None]]) -> None:
    """Runs a coroutine function with a connection."""

    async def used() -> None:
        async with Wire(url) as wire:
            await use(wire)

    asyncio.run(used())
