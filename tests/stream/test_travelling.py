"""A stream that is pickled goes on where it was; what that costs, and what it keeps."""

from __future__ import annotations

import copy
import os
import pickle

import pytest
import torch

from s3pipes import ObjectChanged, ReadConfig, S3Client
from tests.noise import noise
from tests.programs.forking import in_child
from tests.stream.contents import CHUNK

READ = ReadConfig(chunk_bytes=CHUNK)


@pytest.fixture
def client(scripted):
    return S3Client(scripted.config(), READ)


def sent(stream):
    return pickle.loads(pickle.dumps(stream))


def test_a_small_object_that_is_here_travels_with_its_content(scripted, client):
    body = noise(CHUNK, 1)
    scripted.put("k", body)
    stream = client.open("s3://bucket/k")
    stream.read(10)
    asked = len(scripted.requests)
    scripted.delete("k")
    again = sent(sent(stream))
    assert again.read(5) == body[10:15]
    assert again.view() == body
    assert b"".join(again.chunks()) == body[15:]
    assert (again.size, again.etag, again.last_modified) == (
        stream.size,
        stream.etag,
        stream.last_modified,
    )
    assert len(scripted.requests) == asked
    with pytest.raises((TypeError, BufferError)):
        again.readinto(b"read-only")
    with pytest.raises(TypeError):
        again.readinto("text")
    with pytest.raises(TypeError):
        again.readinto(memoryview(bytearray(8))[::2])


def test_view_and_tensor_of_one_that_arrived_share_memory(scripted, client):
    scripted.put("k", bytes(100))
    again = sent(client.open("s3://bucket/k"))
    view, tensor = again.view(), again.tensor()
    tensor[3] = 7
    assert view[3] == again.view()[3] == 7
    assert again.read(4) == b"\0\0\0\7"
    assert view.readonly
    assert tensor.dtype == torch.uint8


def test_a_large_object_is_opened_again_once_it_is_read(scripted, client):
    body = noise(20 * CHUNK, 2)
    url = scripted.put("k", body)
    with client.open(url) as stream:
        begin = 5 * CHUNK + 1
        stream.seek(begin)
        again = sent(stream)
    asked = len(scripted.requests)
    assert str(url) in repr(again)
    assert again.seek(again.tell() + 1) == begin + 1
    assert (again.size, again.etag, again.url.size) == (len(body), url.etag, len(body))
    assert len(scripted.requests) == asked
    assert again.read() == body[begin + 1 :]
    new = scripted.requests[asked:]
    assert min(request.range[0] for request in new) == begin + 1
    assert {request.headers.get("if-match") for request in new} == {url.etag}
    again.close()


def test_it_reads_the_version_that_was_read_before(scripted, client):
    scripted.put("k", noise(3 * CHUNK, 3))
    with client.open("s3://bucket/k") as stream:
        again = sent(stream)
    scripted.put("k", noise(3 * CHUNK, 4))
    with again, pytest.raises(ObjectChanged):
        again.read()


def test_an_object_of_more_than_8_mib_travels_without_its_content(scripted, client):
    body = bytes(8 << 20)
    scripted.put("fits", body)
    scripted.put("larger", body + b"x")
    read = ReadConfig(whole_objects=True)
    fits, larger = (client.open(f"s3://bucket/{key}", read=read) for key in ("fits", "larger"))
    assert fits.read() == body
    assert larger.read() == body + b"x"
    assert len(pickle.dumps(fits)) > len(body) > len(pickle.dumps(larger))
    larger.seek(len(body))
    again = sent(larger)
    assert again.read() == b"x"
    for stream in (fits, larger, again):
        stream.close()


@pytest.mark.parametrize("read_first", [True, False])
def test_a_closed_stream_arrives_closed(scripted, client, read_first):
    scripted.put("k", b"content")
    stream = client.open("s3://bucket/k")
    if read_first:
        stream.read()
    stream.close()
    again = sent(stream)
    assert again.closed
    assert again.size == 7
    assert "closed" in repr(again)
    with pytest.raises(ValueError, match="closed stream: s3://bucket/k"):
        again.read()


def test_all_that_arrive_look_for_credentials_together(scripted, client):
    """As one client would: to find them may take a second."""
    scripted.put("k", noise(3 * CHUNK, 5))
    with client.open("s3://bucket/k") as stream:
        one, other = sent(stream), sent(stream)
    assert one._open.session is other._open.session
    assert one._open.session is not client.session


def test_a_copy_is_a_stream_of_its_own(scripted, client):
    body = noise(3 * CHUNK, 6)
    scripted.put("k", body)
    with client.open("s3://bucket/k") as stream:
        stream.read(10)
        with copy.copy(stream) as one, copy.deepcopy(stream) as other:
            assert one.read(5) == other.read(5) == body[10:15]
            assert stream.tell() == 10


def test_a_forks_child_sends_what_it_has_from_its_parent(scripted, client):
    body = noise(1000, 7)
    scripted.put("k", body)
    stream = client.open("s3://bucket/k")
    stream.read(10)
    reading, writing = os.pipe()

    def child():
        os.write(writing, pickle.dumps(stream))

    assert in_child(child) == 0
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe, pickle.load(pipe) as again:
        assert again.read() == body[10:]
    stream.close()
