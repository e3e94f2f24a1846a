"""Objects that boto3 has put with each algorithm, in one piece and in parts, from real servers."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Callable, Iterator

import pytest

import s3pipes
from s3pipes import ChecksumMismatch
from s3pipes.testing import SimulatedS3
from s3pipes.testing.server import S3Server
from tests.clients import CHUNKS, client_of
from tests.noise import noise

SIZE = 200_000
PART = 5 << 20


def _table(polynomial: int) -> list[int]:
    table = []
    for byte in range(256):
        word = byte
        for _ in range(8):
            word = (word >> 1) ^ (polynomial if word & 1 else 0)
        table.append(word)
    return table


def _crc(polynomial: int, size: int) -> Callable[[bytes], bytes]:
    table, ones = _table(polynomial), (1 << (8 * size)) - 1

    def crc(body: bytes) -> bytes:
        word = ones
        for byte in body:
            word = (word >> 8) ^ table[(word ^ byte) & 255]
        return (word ^ ones).to_bytes(size, "big")

    return crc


SUMS: dict[str, Callable[[bytes], bytes]] = {
    "CRC64NVME": _crc(0x9A6C9329AC4BC9B5, 8),
    "CRC32C": _crc(0x82F63B78, 4),
    "CRC32": lambda body: zlib.crc32(body).to_bytes(4, "big"),
    "SHA1": lambda body: hashlib.sha1(body, usedforsecurity=False).digest(),
    "SHA256": lambda body: hashlib.sha256(body).digest(),
}


@pytest.fixture(scope="session")
def simulated() -> Iterator[SimulatedS3]:
    with SimulatedS3(profile="none") as server:
        yield server


@pytest.fixture(params=["moto", "seaweed", "simulated"])
def store(request: pytest.FixtureRequest) -> S3Server:
    server: S3Server = request.getfixturevalue(request.param)
    return server


def keeps(store: S3Server) -> bool:
    """Whether it tells what it was given: those that are no S3 may not."""
    return isinstance(store, SimulatedS3)


@pytest.mark.parametrize("algorithm", SUMS)
def test_each_algorithm(store: S3Server, algorithm: str) -> None:
    body, bucket = noise(SIZE), store.bucket("sums")
    value = base64.b64encode(SUMS[algorithm](body)).decode()
    store.boto.put_object(Bucket=bucket, Key="k", Body=body, **{f"Checksum{algorithm}": value})
    url = next(iter(client_of(store).list(f"s3://{bucket}/k")))
    head = store.boto.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    told = head.get(f"Checksum{algorithm}") == value
    assert told or not keeps(store)
    for given in (url, str(url)):
        before = s3pipes.stats()
        assert client_of(store).get(given) == body
        span = s3pipes.stats() - before
        assert span.retries == 0
        assert span.bytes_verified + span.bytes_unverified == SIZE
        if told:
            assert span.bytes_verified == SIZE
    # In several chunks only what can be joined.
    before = s3pipes.stats()
    assert client_of(store, CHUNKS).get(url) == body
    span = s3pipes.stats() - before
    assert span.retries == 0
    assert span.bytes_verified + span.bytes_unverified == SIZE
    if told:
        assert span.bytes_verified == (SIZE if algorithm.startswith("CRC") else 0)


def put_in_parts(store: S3Server, bucket: str, body: bytes, extent: str) -> s3pipes.S3Url:
    """As `k`, with the CRC32 of each; returns what is listed."""
    boto, place = store.boto, {"Bucket": bucket, "Key": "k"}
    upload = {
        "UploadId": boto.create_multipart_upload(
            **place, ChecksumAlgorithm="CRC32", ChecksumType=extent
        )["UploadId"]
    }
    parts = []
    for number, begin in enumerate(range(0, len(body), PART), 1):
        piece = body[begin : begin + PART]
        put = boto.upload_part(
            **place, **upload, PartNumber=number, Body=piece, ChecksumAlgorithm="CRC32"
        )
        value = base64.b64encode(zlib.crc32(piece).to_bytes(4, "big")).decode()
        parts.append({"PartNumber": number, "ETag": put["ETag"], "ChecksumCRC32": value})
    boto.complete_multipart_upload(
        **place, **upload, MultipartUpload={"Parts": parts}, ChecksumType=extent
    )
    return next(iter(client_of(store).list(f"s3://{bucket}/k")))


@pytest.mark.parametrize("extent", ["FULL_OBJECT", "COMPOSITE"])
def test_in_parts(store: S3Server, extent: str) -> None:
    body = noise(2 * PART + 1000)
    url = put_in_parts(store, store.bucket("parts"), body, extent)
    for read in (None, s3pipes.ReadConfig(whole_objects=True)):
        before = s3pipes.stats()
        assert client_of(store, read).get(url) == body
        span = s3pipes.stats() - before
        assert span.retries == 0
        assert span.bytes_verified + span.bytes_unverified == len(body)
        # In one chunk, nothing can be told apart by parts.
        told = extent == "FULL_OBJECT" or read is None
        if keeps(store):
            assert span.bytes_verified == (len(body) if told else 0)


@pytest.mark.parametrize("extent", ["FULL_OBJECT", "COMPOSITE"])
def test_a_flipped_bit_of_an_object_in_parts(simulated: SimulatedS3, extent: str) -> None:
    bucket = simulated.bucket("flips")
    url = put_in_parts(simulated, bucket, noise(3 * PART + 1000), extent)
    simulated.fault("flip", key="k", times=1)
    before = s3pipes.stats()
    assert client_of(simulated).get(url) == noise(3 * PART + 1000)
    span = s3pipes.stats() - before
    assert span.retries_by.checksum == 1
    assert span.bytes_verified == 3 * PART + 1000
    simulated.fault("flip", key="k")
    with client_of(simulated, CHUNKS).open(url) as stream, pytest.raises(ChecksumMismatch):
        b"".join(stream.chunks())
    simulated.clear_faults()
