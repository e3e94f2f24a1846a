"""Faults of a head: late, slow, or contradicting its body or its request."""

from __future__ import annotations

import asyncio
import time

import pytest

from s3pipes.testing import InjectedFault, SimulatedS3
from tests.sim.test_faults_of_bodies import Raw, all_gone, id_in
from tests.sim.wire import Got, Wire, on_wire

KEY = "medium/0007"
SIZE = 300_000


def answers(server: SimulatedS3, count: int = 1, method: str = "GET", **headers: str) -> list[Got]:
    """So many answers of one connection."""
    found: list[Got] = []

    async def ask(wire: Wire) -> None:
        found.extend([await wire.get(f"/bucket/{KEY}", method, **headers) for _ in range(count)])

    on_wire(server.endpoint_url, ask)
    return found


def check_told(server: SimulatedS3, kind: str, got: Got) -> InjectedFault:
    """That the log has this one, of that answer."""
    [fault] = server.fault_log()
    assert (fault.kind, fault.key) == (kind, KEY)
    assert fault.request_id == got.headers["x-amz-request-id"]
    return fault


def test_hang_says_nothing(plain: SimulatedS3) -> None:
    plain.fault("hang", times=1)
    raw = Raw(plain.endpoint_url, f"/bucket/{KEY}")
    assert raw.read() == "silent"
    assert raw.got == b""
    raw.close()
    [fault] = plain.fault_log()
    # The next request's id is another: this one was used up.
    [got] = answers(plain)
    assert len(fault.request_id) == len(got.headers["x-amz-request-id"])
    assert fault.request_id != got.headers["x-amz-request-id"]
    all_gone(plain)


def test_hang_for_a_while_answers_then(plain: SimulatedS3) -> None:
    plain.fault("hang", for_s=0.4, times=1)
    late, next_one = answers(plain, 2)
    assert 0.4 <= late.first_byte_s < 2
    assert next_one.first_byte_s < 0.4
    assert late.body == plain.expected("bucket", KEY, 0, SIZE)
    check_told(plain, "hang", late)


def test_slow_head_drips(plain: SimulatedS3) -> None:
    plain.fault("slow_head", s=0.8)
    raw = Raw(plain.endpoint_url, f"/bucket/{KEY}")
    begun = time.monotonic()
    raw.socket.settimeout(10)
    pieces = []
    while b"\r\n\r\n" not in raw.got:
        pieces.append(raw.socket.recv(1 << 16))
        raw.got += pieces[-1]
    assert 0.7 < time.monotonic() - begun < 3
    assert len(pieces) > 5
    assert raw.read() == "silent"
    assert raw.body == plain.expected("bucket", KEY, 0, SIZE)
    assert plain.fault_log()[0].request_id == id_in(raw.head)
    raw.close()


def test_wrong_length_that_is_short_cuts_the_body_too(plain: SimulatedS3) -> None:
    plain.fault("wrong_length", by=-3, times=1)
    got, after = answers(plain, 2)
    assert got.headers["content-length"] == str(SIZE - 3)
    assert got.body == plain.expected("bucket", KEY, 0, SIZE - 3)
    assert after.body == plain.expected("bucket", KEY, 0, SIZE)  # the connection goes on
    check_told(plain, "wrong_length", got)


def test_wrong_length_leaves_the_range_as_it_was(plain: SimulatedS3) -> None:
    plain.fault("wrong_length")
    [got] = answers(plain, Range="bytes=1000-1999")
    assert got.headers["content-range"] == f"bytes 1000-1999/{SIZE}"
    assert len(got.body) == 999
    fault = check_told(plain, "wrong_length", got)
    assert (fault.begin, fault.end) == (1000, 2000)


def test_wrong_length_that_is_long_ends_with_the_connection(plain: SimulatedS3) -> None:
    plain.fault("wrong_length", by=10)
    raw = Raw(plain.endpoint_url, f"/bucket/{KEY}")
    assert raw.read() == "fin"
    assert f"Content-Length: {SIZE + 10}" in raw.head
    assert raw.body == plain.expected("bucket", KEY, 0, SIZE)
    raw.close()


def test_wrong_length_of_a_head_request(plain: SimulatedS3) -> None:
    plain.fault("wrong_length", method="HEAD")
    got, after = answers(plain, 2, "HEAD")
    assert got.headers["content-length"] == str(SIZE - 1)
    assert after.headers["content-length"] == str(SIZE - 1)


@pytest.mark.parametrize(
    ("kind", "by", "told"),
    [
        ("wrong_range", None, "bytes 1001-2000/300000"),
        ("wrong_range", -10, "bytes 990-1989/300000"),
        ("wrong_total", None, "bytes 1000-1999/300001"),
        ("wrong_total", -1, "bytes 1000-1999/299999"),
        ("no_range", None, None),
    ],
)
def test_wrong_ranges_are_told(
    plain: SimulatedS3, kind: str, by: int | None, told: str | None
) -> None:
    plain.fault(kind, by=by)
    [got] = answers(plain, Range="bytes=1000-1999")
    assert got.status == 206
    assert got.headers.get("content-range") == told
    assert got.body == plain.expected("bucket", KEY, 1000, 2000)
    check_told(plain, kind, got)


@pytest.mark.parametrize("kind", ["wrong_range", "wrong_total", "no_range"])
def test_an_answer_without_a_range_is_spared(plain: SimulatedS3, kind: str) -> None:
    plain.fault(kind)
    [got] = answers(plain)
    assert got.status == 200
    assert plain.fault_log() == []


def test_wrong_etag_is_another_of_the_same_form(plain: SimulatedS3) -> None:
    plain.fault("wrong_etag", times=1)
    wrong, right = (got.headers["etag"] for got in answers(plain, 2))
    assert wrong != right
    assert len(wrong) == len(right) == 34
    assert wrong[0] == wrong[-1] == '"'


def test_big_head_has_a_mebibyte_of_lines(plain: SimulatedS3) -> None:
    plain.fault("big_head")
    raw = Raw(plain.endpoint_url, f"/bucket/{KEY}")
    assert raw.read() == "silent"
    assert 1 << 20 < len(raw.head) < 1.1 * (1 << 20)
    assert raw.body == plain.expected("bucket", KEY, 0, SIZE)
    assert plain.fault_log()[0].request_id == id_in(raw.head)
    raw.close()


def test_no_marks_leaves_no_sign_of_s3(plain: SimulatedS3) -> None:
    plain.fault("no_marks", times=1)
    got, after = answers(plain, 2)
    assert got.body == plain.expected("bucket", KEY, 0, SIZE)
    assert not {name for name in got.headers if name.startswith("x-amz-")}
    assert not {"etag", "server"} & set(got.headers)
    assert {"etag", "server", "x-amz-request-id"} <= set(after.headers)
    [fault] = plain.fault_log()
    assert fault.request_id != after.headers["x-amz-request-id"]


def test_a_refused_request_is_spared(plain: SimulatedS3) -> None:
    for kind in ("hang", "no_marks", "reset"):
        plain.fault(kind)

    async def ask(wire: Wire) -> None:
        got = await asyncio.wait_for(wire.get("/bucket/not/there"), 5)
        assert got.status == 404
        assert "x-amz-request-id" in got.headers

    on_wire(plain.endpoint_url, ask)
    assert plain.fault_log() == []
