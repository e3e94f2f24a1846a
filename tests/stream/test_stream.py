"""S3Stream against the file that everybody knows: io.BytesIO over the same bytes."""

from __future__ import annotations

import io
import pickle

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from s3pipes import ObjectNotFound, ReadConfig, stats
from tests.noise import noise
from tests.stream.contents import CHUNK, CONTENTS, READS

# Positions and sizes near chunk borders, and anywhere.
near = st.builds(lambda k, d: max(0, k * CHUNK + d), st.integers(0, 6), st.integers(-2, 2))
places = near | st.integers(0, 6 * CHUNK)
counts = st.sampled_from([-1, None, 0, 1, 2, 100]) | places
numbers = counts.filter(lambda n: n is not None)


def operation(name, *arguments):
    return st.tuples(st.just(name), *arguments)


operations = st.one_of(
    operation("read", counts),
    operation("read1", numbers),
    operation("readinto", places),
    operation("readinto1", places),
    operation("readline", counts),
    operation("next"),
    operation("seek", places, st.just(io.SEEK_SET)),
    operation("seek", st.integers(-3 * CHUNK, 3 * CHUNK), st.just(io.SEEK_CUR)),
    operation("seek", st.integers(-3 * CHUNK, 10), st.just(io.SEEK_END)),
    operation("chunk"),
    operation("view"),
    operation("tensor"),
    operation("size"),
    operation("travel"),
)


def apply(step, stream, file, content):
    """One operation on both, with the same result."""
    name, *arguments = step
    if name in {"read", "readline"}:
        assert getattr(stream, name)(*arguments) == getattr(file, name)(*arguments)
    elif name == "read1":
        (count,) = arguments
        got = stream.read1(count)
        assert len(got) <= count or count < 0
        assert got == file.read(len(got))
        # Nothing means the end, unless nothing was asked for.
        assert got or count == 0 or file.read(1) == b""
    elif name in {"readinto", "readinto1"}:
        mine, theirs = bytearray(arguments[0]), bytearray(arguments[0])
        assert getattr(stream, name)(mine) == file.readinto(theirs)
        assert mine == theirs
    elif name == "next":
        assert next(stream, None) == next(file, None)
    elif name == "seek":
        offset, whence = arguments
        base = {io.SEEK_SET: 0, io.SEEK_CUR: file.tell(), io.SEEK_END: len(content)}[whence]
        if base + offset >= 0:
            assert stream.seek(offset, whence) == file.seek(offset, whence)
        else:
            with pytest.raises(ValueError, match="before the start"):
                stream.seek(offset, whence)
    elif name == "chunk":
        view = next(stream.chunks(), None)
        assert (view is None) == (file.tell() >= len(content))
        if view is not None:
            assert len(view) > 0
            assert bytes(view) == file.read(len(view))
    elif name == "view":
        assert bytes(stream.view()) == content
    elif name == "tensor":
        tensor = stream.tensor()
        assert (tensor.dtype, tuple(tensor.shape)) == (torch.uint8, (len(content),))
        assert tensor.numpy().tobytes() == content
    else:
        assert stream.size == len(content)
    assert stream.tell() == file.tell()


@settings(max_examples=150)
@given(
    key=st.sampled_from(sorted(CONTENTS)),
    read=st.sampled_from(READS),
    known=st.booleans(),
    steps=st.lists(operations, max_size=15),
)
def test_any_sequence_gives_what_a_file_gives(client, urls, key, read, known, steps):
    content = CONTENTS[key]
    url = urls[key] if known else str(urls[key])
    file = io.BytesIO(content)
    stream = client.open(url, read=read)
    try:
        for step in steps:
            if step[0] == "travel":  # as it does from a DataLoader's worker
                stream, left = pickle.loads(pickle.dumps(stream)), stream
                left.close()
                assert stream.tell() == file.tell()
            else:
                apply(step, stream, file, content)
        assert stream.read() == file.read()
    finally:
        stream.close()


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("key", list(CONTENTS))
def test_lines(client, urls, key, read):
    with client.open(urls[key], read=read) as stream:
        assert list(stream) == list(io.BytesIO(CONTENTS[key]))
    with client.open(urls[key], read=read) as stream:
        assert stream.readlines() == io.BytesIO(CONTENTS[key]).readlines()


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("key", list(CONTENTS))
def test_chunks(client, urls, key, read):
    with client.open(urls[key], read=read) as stream:
        views = list(stream.chunks())
        assert b"".join(views) == CONTENTS[key]
        assert all(view.readonly and view.contiguous and len(view) for view in views)
        assert list(stream.chunks()) == []
        assert stream.tell() == len(CONTENTS[key])
    # Kept views outlive the stream.
    assert b"".join(views) == CONTENTS[key]


def test_chunks_are_what_one_request_brought(client, urls):
    with client.open(urls["chunks"]) as stream:
        assert [len(view) for view in stream.chunks()] == [CHUNK] * 5 + [17]
    with client.open(urls["chunks"]) as stream:
        stream.read(10)
        assert len(next(stream.chunks())) == CHUNK - 10


def test_views_share_memory_and_stay_valid(client, urls):
    stream = client.open(urls["chunks"])
    view, tensor = stream.view(), stream.tensor()
    with pytest.raises(TypeError):
        view[0] = 1
    assert tensor.data_ptr() == stream.tensor().data_ptr()
    tensor[0] = 255 - tensor[0]
    assert view[0] == stream.view()[0] == 255 - CONTENTS["chunks"][0]
    assert stream.read(1) == bytes(view[:1])
    stream.close()
    del stream
    assert bytes(view[1:]) == tensor.numpy().tobytes()[1:] == CONTENTS["chunks"][1:]


def test_what_is_here_is_not_fetched_again(client, urls):
    stream = client.open(urls["one-chunk"])
    before = stats().requests
    for _ in range(3):
        assert stream.read() == CONTENTS["one-chunk"]
        assert stream.seek(0) == 0
    assert bytes(stream.view()) == CONTENTS["one-chunk"]
    assert stats().requests == before


def test_a_few_bytes_far_away_do_not_cost_the_whole_object(client, store):
    body = noise(4 << 20, 2)
    stream = store(body)
    stream.close()
    with client.open(stream.url, read=ReadConfig(chunk_bytes=1 << 20, window_bytes=0)) as far:
        assert len(far.read(1 << 20)) == 1 << 20  # the chunk that opening asked for
        before = stats().bytes_received
        far.seek(-100, io.SEEK_END)
        assert far.read() == body[-100:]
        far.seek(2 << 20)
        assert far.read(10) == body[2 << 20 :][:10]
        assert stats().bytes_received - before < 1 << 19


def test_it_is_a_readable_seekable_binary_file(client, urls):
    stream = client.open(urls["small"])
    assert issubclass(type(stream), io.BufferedIOBase)
    assert (stream.readable(), stream.seekable(), stream.writable()) == (True, True, False)
    assert not stream.isatty()
    for wrong in (stream.fileno, stream.detach, stream.truncate, lambda: stream.write(b"x")):
        with pytest.raises(io.UnsupportedOperation):
            wrong()
    assert stream.name == str(urls["small"])
    assert stream.url is urls["small"]
    assert str(urls["small"]) in repr(stream)
    stream.read(2)
    assert "at byte 2" in repr(stream)
    with pytest.raises(ValueError, match="whence"):
        stream.seek(0, 3)


def test_a_closed_stream_says_so(client, urls):
    with client.open(urls["chunks"]) as stream:
        assert not stream.closed
        stream.read(1)
    assert stream.closed
    assert "closed" in repr(stream)
    stream.close()
    for use in (
        stream.read,
        stream.read1,
        stream.readline,
        stream.tell,
        stream.view,
        stream.tensor,
        lambda: stream.readinto(bytearray(1)),
        lambda: stream.seek(0),
        lambda: next(stream),
        lambda: next(stream.chunks()),
    ):
        with pytest.raises(ValueError, match="closed"):
            use()
    # What is known stays known.
    assert stream.size == len(CONTENTS["chunks"])
    assert stream.etag == urls["chunks"].etag


def test_buffers_that_do_not_fit_the_purpose(client, urls):
    stream = client.open(urls["small"])
    with pytest.raises((TypeError, BufferError)):
        stream.readinto(b"read-only")
    with pytest.raises(TypeError):
        stream.readinto("text")
    with pytest.raises((TypeError, BufferError)):
        stream.readinto(memoryview(bytearray(8))[::2])
    assert stream.readinto(bytearray()) == 0
    assert stream.read() == CONTENTS["small"]


def test_other_item_sizes_are_counted_in_bytes(client, urls):
    items = memoryview(bytearray(16)).cast("I")
    assert client.open(urls["chunks"]).readinto(items) == 16
    assert items.tobytes() == CONTENTS["chunks"][:16]


def test_a_missing_object_is_an_error_on_opening(client, urls):
    with pytest.raises(ObjectNotFound, match="missing"):
        client.open(urls["small"] + "-missing")
