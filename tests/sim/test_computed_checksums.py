"""Checksums that the simulator tells of objects that nobody put."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import time
import zlib
from collections.abc import Callable

import pytest

from s3pipes.testing import SimulatedS3
from tests.sim.wire import Got, Wire, on_wire

MIB = 1 << 20


def crc64nvme(content: bytes) -> bytes:
    """Bit by bit, as its definition says."""
    value = (1 << 64) - 1
    for byte in content:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x9A6C9329AC4BC9B5 if value & 1 else 0)
    return (value ^ ((1 << 64) - 1)).to_bytes(8, "big")


def crc32(content: bytes) -> bytes:
    return zlib.crc32(content).to_bytes(4, "big")


def asked(server: SimulatedS3, key: str, method: str = "GET", **headers: str) -> Got:
    found: list[Got] = []

    async def ask(wire: Wire) -> None:
        found.append(
            await wire.get(f"/bucket/{key}", method, x_amz_checksum_mode="ENABLED", **headers)
        )

    on_wire(server.endpoint_url, ask)
    return found[0]


def test_the_reference_is_the_published_one() -> None:
    assert crc64nvme(b"123456789").hex() == "ae8b14860a799888"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("CRC64NVME", crc64nvme),
        ("CRC32", crc32),
        ("SHA1", lambda content: hashlib.sha1(content).digest()),
        ("SHA256", lambda content: hashlib.sha256(content).digest()),
    ],
)
def test_the_whole_object_is_summed(
    plain: SimulatedS3, name: str, reference: Callable[[bytes], bytes], method: str
) -> None:
    plain.add("bucket", "summed/{:02}", 10, 12_345, checksum=name)
    for _ in range(2):  # once computed, once kept
        got = asked(plain, "summed/07", method)
        expected = reference(plain.expected("bucket", "summed/07", 0, 12_345))
        told = base64.b64decode(got.headers[f"x-amz-checksum-{name.lower()}"])
        assert told == expected
        assert got.headers["x-amz-checksum-type"] == "FULL_OBJECT"


def test_by_itself_it_is_crc64nvme(plain: SimulatedS3) -> None:
    assert "x-amz-checksum-crc64nvme" in asked(plain, "small/0000").headers


def test_none_is_told_where_none_is_kept_asked_or_whole(plain: SimulatedS3) -> None:
    plain.add("bucket", "bare/{:02}", 10, 12_345, checksum=None)
    found = [asked(plain, "bare/03"), asked(plain, "small/0000", Range="bytes=0-99")]

    async def ask(wire: Wire) -> None:
        found.append(await wire.get("/bucket/small/0000"))

    on_wire(plain.endpoint_url, ask)
    for got in found:
        assert not [name for name in got.headers if name.startswith("x-amz-checksum")]


def test_another_version_has_another_sum(plain: SimulatedS3) -> None:
    plain.add("bucket", "summed/{:02}", 10, 12_345, checksum="CRC32")
    before = asked(plain, "summed/07")
    plain.overwrite("bucket", "summed/07")
    after = asked(plain, "summed/07")
    assert before.headers["etag"] != after.headers["etag"]
    told = base64.b64decode(after.headers["x-amz-checksum-crc32"])
    assert told == crc32(plain.expected("bucket", "summed/07", 0, 12_345, version=1))


def test_a_flip_shows_against_the_sum(plain: SimulatedS3) -> None:
    plain.add("bucket", "summed/{:02}", 10, 12_345, checksum="CRC32")
    plain.fault("flip", times=1)
    wrong, right = asked(plain, "summed/07"), asked(plain, "summed/07")
    told = [base64.b64decode(got.headers["x-amz-checksum-crc32"]) for got in (wrong, right)]
    assert told[0] == told[1] == crc32(right.body) != crc32(wrong.body)


def test_a_large_object_is_summed_while_others_are_served(plain: SimulatedS3) -> None:
    size = 600 * MIB + 12_345
    plain.add("bucket", "huge/{:02}", 10, size, checksum="CRC32")
    plain.add("bucket", "hashed/{:02}", 10, 4096 * MIB, checksum="SHA256")
    value = 0
    for begin in range(0, size, 16 * MIB):
        piece = plain.expected("bucket", "huge/03", begin, min(size, begin + 16 * MIB))
        value = zlib.crc32(piece, value)
    for _ in range(2):
        told = asked(plain, "huge/03", "HEAD").headers["x-amz-checksum-crc32"]
        assert base64.b64decode(told) == value.to_bytes(4, "big")

    async def ask() -> None:
        async with Wire(plain.endpoint_url) as slow, Wire(plain.endpoint_url) as quick:
            slow.ask("/bucket/hashed/03", "HEAD", x_amz_checksum_mode="ENABLED")
            answer = asyncio.ensure_future(slow.answer("HEAD"))
            begun = time.perf_counter()
            for number in range(10):
                await quick.get(f"/bucket/small/{number:04}")
            assert not answer.done()
            assert time.perf_counter() - begun < 1.0
            assert "x-amz-checksum-sha256" in (await answer).headers

    asyncio.run(ask())
