"""Faults of a body on its way, as they are on the wire, and that the log tells of each."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from urllib.parse import urlsplit

import pytest

from s3pipes.testing import InjectedFault, SimulatedS3
from tests.sim.wire import Wire, on_wire

SIZE = 300_000


def connected(url: str) -> socket.socket:
    address = urlsplit(url)
    return socket.create_connection((address.hostname or "", address.port or 0), timeout=10)


class Raw:
    """A blocking connection that tells how it ended."""

    def __init__(self, url: str, target: str) -> None:
        self.socket = connected(url)
        self.socket.sendall(f"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        self.got = b""

    def read(self) -> str:
        """All that comes: "reset", "fin", or "silent" after half a second of nothing."""
        self.socket.settimeout(0.5)
        try:
            while piece := self.socket.recv(1 << 20):
                self.got += piece
        except ConnectionResetError:
            return "reset"
        except TimeoutError:
            return "silent"
        return "fin"

    @property
    def head(self) -> str:
        return self.got.partition(b"\r\n\r\n")[0].decode()

    @property
    def body(self) -> bytes:
        return self.got.partition(b"\r\n\r\n")[2]

    def close(self) -> None:
        self.socket.close()


def id_in(head: str) -> str:
    [found] = [line for line in head.split("\r\n") if line.startswith("x-amz-request-id: ")]
    return found.partition(": ")[2]


def the_fault(server: SimulatedS3) -> InjectedFault:
    [found] = server.fault_log()
    return found


@pytest.mark.parametrize(("kind", "ends"), [("reset", "reset"), ("fin", "fin")])
@pytest.mark.parametrize("at_byte", [0, 1, 100_001, SIZE - 1])
def test_reset_and_fin_come_at_their_byte(
    plain: SimulatedS3, kind: str, ends: str, at_byte: int
) -> None:
    plain.fault(kind, at_byte=at_byte)
    raw = Raw(plain.endpoint_url, "/bucket/medium/0003")
    assert raw.read() == ends
    raw.close()
    assert "Content-Length: 300000" in raw.head
    assert raw.body == plain.expected("bucket", "medium/0003", 0, at_byte)
    fault = the_fault(plain)
    assert (fault.kind, fault.request_id) == (kind, id_in(raw.head))
    assert (fault.method, fault.key, fault.at_byte) == ("GET", "medium/0003", at_byte)
    assert (fault.begin, fault.end) == (None, None)
    assert time.monotonic() - 10 < fault.at_s <= time.monotonic()
    assert plain.stats().broken == 0  # the client stayed


def test_reset_without_a_place_comes_anywhere(plain: SimulatedS3) -> None:
    plain.fault("reset", times=20)
    sizes = []
    for number in range(21):
        raw = Raw(plain.endpoint_url, f"/bucket/medium/{number:04}")
        ended = raw.read()
        assert ended == ("reset" if number < 20 else "silent")
        assert raw.body == plain.expected("bucket", f"medium/{number:04}", 0, len(raw.body))
        sizes.append(len(raw.body))
        raw.close()
    assert sizes == [*(fault.at_byte for fault in plain.fault_log()), SIZE]
    assert len(set(sizes)) == 21
    assert min(sizes) < SIZE / 4
    assert max(sizes[:-1]) > SIZE * 3 / 4


def test_stall_sends_nothing_more(plain: SimulatedS3) -> None:
    plain.fault("stall", at_byte=5000)
    raw = Raw(plain.endpoint_url, "/bucket/small/0000")
    assert raw.read() == "silent"
    assert len(raw.body) == 5000
    assert the_fault(plain).request_id == id_in(raw.head)
    raw.close()
    all_gone(plain)


def all_gone(server: SimulatedS3) -> None:
    """That the simulator sees within 10 s that its clients have left."""
    deadline = time.monotonic() + 10
    while (now := server.stats()).connections_now > 0:
        assert time.monotonic() < deadline, now
        time.sleep(0.01)
    assert now.requests_now == 0


def test_stall_for_a_while_goes_on(plain: SimulatedS3) -> None:
    plain.fault("stall", at_byte=5000, for_s=0.4, times=1)

    async def ask(wire: Wire) -> None:
        got = await wire.get("/bucket/small/0000")
        assert got.body == plain.expected("bucket", "small/0000", 0, 10_000)
        assert got.whole_s - got.first_byte_s >= 0.35
        assert (await wire.get("/bucket/small/0001")).whole_s < 0.35

    on_wire(plain.endpoint_url, ask)


@pytest.mark.parametrize("tls", [False, True])
def test_trickle_gives_two_bytes_a_second(tls: bool) -> None:
    with SimulatedS3("none", anonymous=True, tls=tls) as server:
        server.add("bucket", "{:02}", 10, 10_000)
        server.fault("trickle", at_byte=9000)
        context = ssl.create_default_context(cafile=server.ca_file) if tls else None

        async def ask() -> None:
            address = urlsplit(server.endpoint_url)
            source, sink = await asyncio.open_connection(
                address.hostname, address.port, ssl=context
            )
            sink.write(b"GET /bucket/03 HTTP/1.1\r\nHost: localhost\r\n\r\n")
            await source.readuntil(b"\r\n\r\n")
            assert await source.readexactly(9000) == server.expected("bucket", "03", 0, 9000)
            begun = time.monotonic()
            assert await source.readexactly(4) == server.expected("bucket", "03", 9000, 9004)
            assert 1.0 <= time.monotonic() - begun < 3.0
            sink.transport.abort()  # TLS would wait for an answer

        asyncio.run(ask())
        all_gone(server)


@pytest.mark.parametrize("limit", [0, 10_000_000])
def test_slow_is_a_share_of_the_usual_bandwidth(plain: SimulatedS3, limit: int) -> None:
    plain.change(connection_bytes_per_s=limit)
    factor = 0.002 if limit == 0 else 0.02  # of 100 MB/s where there is no limit
    plain.fault("slow", factor=factor, times=1)

    async def ask(wire: Wire) -> None:
        got = await wire.get("/bucket/medium/0000")
        assert got.body == plain.expected("bucket", "medium/0000", 0, SIZE)
        assert 1.2 < got.whole_s < 2.5
        assert (await wire.get("/bucket/medium/0001")).whole_s < 0.5

    on_wire(plain.endpoint_url, ask)
    assert the_fault(plain).kind == "slow"


def flipped(right: bytes, wrong: bytes) -> list[int]:
    assert len(right) == len(wrong)
    return [
        8 * offset + bit
        for offset, (a, b) in enumerate(zip(right, wrong, strict=True))
        if a != b
        for bit in range(8)
        if (a ^ b) >> bit & 1
    ]


@pytest.mark.parametrize("bits", [1, 7])
def test_flip_changes_as_many_bits(plain: SimulatedS3, bits: int) -> None:
    plain.fault("flip", bits=bits, times=20)
    places = set()

    async def ask(wire: Wire) -> None:
        for number in range(21):
            key = f"medium/{number:04}"
            got = await wire.get(f"/bucket/{key}", Range="bytes=50000-249999")
            wrong = flipped(plain.expected("bucket", key, 50_000, 250_000), got.body)
            assert len(wrong) == (bits if number < 20 else 0)
            if wrong:
                fault = plain.fault_log()[-1]
                assert fault.request_id == got.headers["x-amz-request-id"]
                assert (fault.begin, fault.end, fault.at_byte) == (50_000, 250_000, wrong[0] // 8)
                places.add(wrong[0])

    on_wire(plain.endpoint_url, ask)
    assert len(places) == 20


@pytest.mark.parametrize("at_byte", [0, 65_535, 65_536, 7_000_000, (8 << 20) - 1])
def test_flip_at_a_byte_leaves_all_others(plain: SimulatedS3, at_byte: int) -> None:
    plain.fault("flip", at_byte=at_byte)

    async def ask(wire: Wire) -> None:
        got = await wire.get("/bucket/large/0000")
        right = plain.expected("bucket", "large/0000", 0, 8 << 20)
        assert got.body[:at_byte] == right[:at_byte]
        assert got.body[at_byte + 1 :] == right[at_byte + 1 :]
        assert (got.body[at_byte] ^ right[at_byte]).bit_count() == 1

    on_wire(plain.endpoint_url, ask)


@pytest.mark.parametrize("kind", ["reset", "flip", "stall"])
def test_an_answer_that_ends_before_the_byte_is_spared(plain: SimulatedS3, kind: str) -> None:
    plain.fault(kind, at_byte=10_000)

    async def ask(wire: Wire) -> None:
        got = await wire.get("/bucket/small/0000")
        assert got.body == plain.expected("bucket", "small/0000", 0, 10_000)

    on_wire(plain.endpoint_url, ask)
    assert plain.fault_log() == []


@pytest.mark.parametrize("ask", ["HEAD", "PUT"])
def test_reset_without_a_body_comes_in_the_head(plain: SimulatedS3, ask: str) -> None:
    plain.fault("reset", method=ask)
    with connected(plain.endpoint_url) as raw:
        raw.sendall(
            f"{ask} /bucket/small/0000 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".encode()
        )
        got = b""
        with pytest.raises(ConnectionResetError):
            while piece := raw.recv(1 << 16):
                got += piece
    assert got.startswith(b"HTTP/1.1 200")
    assert b"\r\n\r\n" not in got
    assert the_fault(plain).method == ask
