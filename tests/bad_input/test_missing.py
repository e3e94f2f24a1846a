"""What is not there, what may not be seen, and what holds nothing."""

from __future__ import annotations

import asyncio
import pickle

import pytest

from s3pipes import (
    AccessDenied,
    BucketNotFound,
    ClientConfig,
    IterableWrapper,
    ObjectNotFound,
    ReadConfig,
    S3Client,
)
from s3pipes.testing import ScriptedServer
from s3pipes.testing.server import S3Server
from tests.clients import FAST, client_of
from tests.doors import Ask, all_doors, doors


@all_doors
def test_a_missing_bucket(moto: S3Server, ask: Ask) -> None:
    with pytest.raises((BucketNotFound, ObjectNotFound)) as caught:
        ask(client_of(moto), "s3://no-such-bucket-anywhere/key")
    error = caught.value
    assert error.url is not None
    assert error.url.startswith("s3://no-such-bucket-anywhere/")
    assert error.attempts == 1
    assert error.hint
    assert isinstance(error, ValueError)


@doors
def test_a_missing_object(s3: S3Server, ask: Ask) -> None:
    bucket = s3.bucket("missing")
    with pytest.raises(ObjectNotFound) as caught:
        ask(client_of(s3), f"s3://{bucket}/no/such key")
    error = caught.value
    assert isinstance(error, FileNotFoundError)
    assert error.filename == error.url == f"s3://{bucket}/no/such key"
    assert error.status == 404
    assert error.attempts == 1
    copy = pickle.loads(pickle.dumps(error))
    assert str(copy) == str(error)
    assert type(copy) is ObjectNotFound


def test_a_missing_prefix_lists_nothing(s3: S3Server) -> None:
    bucket = s3.bucket("empty")
    assert list(client_of(s3).list(f"s3://{bucket}/no/such/prefix")) == []


def test_a_missing_object_among_others_comes_in_its_turn(scripted: ScriptedServer) -> None:
    urls = [str(scripted.put(f"k{i}", b"%d" % i)) for i in range(4)]
    urls.insert(2, "s3://bucket/absent")
    got = []
    with pytest.raises(ObjectNotFound):
        for _, stream in IterableWrapper(urls).load_files_by_s3(client=client_of(scripted)):
            got.append(stream.read())
    assert got == [b"0", b"1"]


@all_doors
def test_no_permission(seaweed: S3Server, ask: Ask) -> None:
    bucket = seaweed.bucket("locked")
    seaweed.boto.put_object(Bucket=bucket, Key="k", Body=b"content")
    url = f"s3://{bucket}/k"
    for field, wrong in (("access_key_id", "nobody"), ("secret_access_key", "wrong")):
        with pytest.raises(AccessDenied) as caught:
            ask(S3Client(seaweed.config(**{field: wrong}, retry=FAST)), url)
        assert isinstance(caught.value, PermissionError)
        assert caught.value.status == 403
        assert caught.value.attempts == 1
        assert caught.value.hint
    unsigned = ClientConfig(endpoint_url=seaweed.endpoint_url, anonymous=True, proxies={})
    with pytest.raises(AccessDenied):
        ask(S3Client(unsigned), url)


def test_an_empty_object(s3: S3Server) -> None:
    bucket = s3.bucket("nothing")
    s3.boto.put_object(Bucket=bucket, Key="k", Body=b"")
    client = client_of(s3)
    listed = next(client.list(f"s3://{bucket}/"))
    assert listed.size == 0
    for url in (listed, str(listed)):
        assert bytes(client.get(url)) == b""
        assert client.get_into(url, bytearray(b"xyz")) == 0
        assert client.get_into(url, bytearray()) == 0
        assert client.get_ranges(url, [(0, 0)]) == [b""]
        assert bytes(asyncio.run(client.get_async(url))) == b""
        with client.open(url) as stream:
            assert stream.size == 0
            assert stream.read() == b""
            assert list(stream.chunks()) == []
            assert stream.readline() == b""
            assert stream.tensor().shape == (0,)
        for read in (ReadConfig(in_order=False), ReadConfig(whole_objects=True)):
            pipe = IterableWrapper([url] * 3).load_files_by_s3(client=client, read=read)
            assert [stream.read() for _, stream in pipe] == [b""] * 3
