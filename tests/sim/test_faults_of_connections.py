"""Connections that are reset, refused, never answered, or cut in TLS."""

from __future__ import annotations

import os
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from s3pipes.testing import SimulatedS3
from tests.sim.test_faults_of_bodies import Raw, all_gone, connected, id_in
from tests.sim.wire import Wire, on_wire

KEY = "medium/0007"
SIZE = 300_000


def test_reset_connections_resets_all_whatever_they_do(plain: SimulatedS3) -> None:
    plain.fault("hang", key="small/0000")
    plain.fault("stall", key="small/0001", at_byte=100)
    plain.change(first_byte_floor_s=30)
    waiting = Raw(plain.endpoint_url, f"/bucket/{KEY}")
    while plain.stats().requests_now < 1:
        time.sleep(0.001)
    plain.change(first_byte_floor_s=0)
    stalled = Raw(plain.endpoint_url, "/bucket/small/0001")
    hanging = Raw(plain.endpoint_url, "/bucket/small/0000")
    full = Raw(plain.endpoint_url, "/bucket/large/0000")  # nobody reads all of it
    idle = [connected(plain.endpoint_urls[i % 2]) for i in range(50)]
    while plain.stats().connections_now < 54 or plain.stats().requests_now < 4:
        time.sleep(0.001)
    assert plain.reset_connections() == 54
    for raw in (waiting, stalled, hanging, full):
        assert raw.read() == "reset"
        raw.close()
    assert len(stalled.body) == 100
    for one in idle:
        with pytest.raises(ConnectionResetError):
            one.recv(1)
        one.close()

    async def ask(wire: Wire) -> None:
        assert (await wire.get(f"/bucket/{KEY}")).body == plain.expected("bucket", KEY, 0, SIZE)

    on_wire(plain.endpoint_url, ask)
    assert plain.stats().broken == 0


def test_reset_connections_under_tls(secure: SimulatedS3) -> None:
    trusted = ssl.create_default_context(cafile=str(secure.ca_file))
    with ExitStack() as stack:
        ones = [
            stack.enter_context(
                trusted.wrap_socket(connected(secure.endpoint_url), server_hostname="localhost")
            )
            for _ in range(10)
        ]
        for one in ones[:5]:
            one.sendall(b"GET /bucket/large/0000 HTTP/1.1\r\nHost: x\r\n\r\n")
        assert secure.reset_connections() == 10
        for one in ones:
            # OpenSSL takes a reset for an end: look beneath it.
            beneath = stack.enter_context(socket.socket(fileno=os.dup(one.fileno())))
            with pytest.raises(ConnectionResetError):
                while beneath.recv(1 << 20):
                    pass
    all_gone(secure)


def test_refused_at_one_address_and_open_again(plain: SimulatedS3) -> None:
    first, second = plain.endpoint_urls
    with connected(second) as old:
        plain.refuse(second)
        for _ in range(3):
            with pytest.raises(ConnectionRefusedError):
                connected(second)
        connected(first).close()
        old.sendall(b"GET /bucket/small/0000 HTTP/1.1\r\nHost: x\r\n\r\n")
        assert old.recv(12) == b"HTTP/1.1 200"
    plain.refuse()
    for url in (first, second):
        with pytest.raises(ConnectionRefusedError):
            connected(url)
    plain.refuse("127.0.0.2", how=None)
    with pytest.raises(ConnectionRefusedError):
        connected(first)
    plain.refuse(how=None)
    for url in (first, second):
        raw = Raw(url, "/bucket/small/0000")
        assert raw.read() == "silent"
        assert raw.body == plain.expected("bucket", "small/0000", 0, 10_000)
        raw.close()
    assert plain.fault_log() == []  # the kernel refuses, and tells nobody


def test_black_hole_accepts_and_says_nothing(plain: SimulatedS3) -> None:
    first, second = plain.endpoint_urls
    plain.refuse(second, how="black_hole")
    mute = Raw(second, "/bucket/small/0000")
    assert mute.read() == "silent"
    assert mute.got == b""
    well = Raw(first, "/bucket/small/0000")
    assert well.read() == "silent"
    assert len(well.body) == 10_000
    [fault] = plain.fault_log()
    assert (fault.kind, fault.request_id, fault.key) == ("black_hole", "", "127.0.0.2")
    plain.refuse(how=None)
    again = Raw(second, "/bucket/small/0000")
    assert again.read() == "silent"
    assert len(again.body) == 10_000
    assert mute.read() == "silent"  # what fell in stays
    for raw in (mute, well, again):
        raw.close()
    all_gone(plain)


def test_wrong_addresses_and_doors_are_said(plain: SimulatedS3) -> None:
    with pytest.raises(ValueError, match="none of its addresses"):
        plain.refuse("127.0.0.9")
    with pytest.raises(ValueError, match="ajar"):
        plain.refuse(how="ajar")


@pytest.fixture
def secure() -> Iterator[SimulatedS3]:
    with SimulatedS3("none", tls=True, anonymous=True, seed=3) as server:
        server.add("bucket", "large/{:04}", 10, 8 << 20)
        yield server


def test_tls_handshake_is_cut(secure: SimulatedS3) -> None:
    trusted = ssl.create_default_context(cafile=str(secure.ca_file))
    secure.fault("tls_handshake", after=1, times=2)
    outcomes = []
    for _ in range(4):
        with connected(secure.endpoint_url) as plain_socket:
            try:
                trusted.wrap_socket(plain_socket, server_hostname="localhost").close()
                outcomes.append("done")
            except (ConnectionResetError, ssl.SSLEOFError):
                outcomes.append("cut")
    assert outcomes == ["done", "cut", "cut", "done"]
    assert [(fault.kind, fault.request_id) for fault in secure.fault_log()] == [
        ("tls_handshake", "")
    ] * 2


def test_tls_later_is_garbage_in_the_stream(secure: SimulatedS3) -> None:
    trusted = ssl.create_default_context(cafile=str(secure.ca_file))
    secure.fault("tls_later", at_byte=100_000)
    request = b"GET /bucket/large/0000 HTTP/1.1\r\nHost: x\r\n\r\n"
    with trusted.wrap_socket(connected(secure.endpoint_url), server_hostname="localhost") as one:
        one.sendall(request)
        got = b""
        with pytest.raises(ssl.SSLError, match=r"(?i)mac|decrypt"):
            while piece := one.recv(1 << 16):
                got += piece
    head, _, body = got.partition(b"\r\n\r\n")
    assert body == secure.expected("bucket", "large/0000", 0, 100_000)
    [fault] = secure.fault_log()
    assert (fault.request_id, fault.at_byte) == (id_in(head.decode()), 100_000)
    all_gone(secure)


def test_tls_faults_spare_what_speaks_none(plain: SimulatedS3) -> None:
    plain.fault("tls_handshake")
    plain.fault("tls_later")

    async def ask(wire: Wire) -> None:
        assert (await wire.get(f"/bucket/{KEY}")).body == plain.expected("bucket", KEY, 0, SIZE)

    on_wire(plain.endpoint_url, ask)
    assert plain.fault_log() == []
