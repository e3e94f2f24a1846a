"""Records that are cut or too long, buffers too small, ranges that make no sense."""

from __future__ import annotations

import pytest

from s3pipes import BadRecord, ConfigError, IterableWrapper, ObjectChanged, ReadConfig, S3Client
from s3pipes.testing import ScriptedServer
from tests.clients import CHUNKS, client_of
from tests.noise import KiB
from tests.tars import archive


@pytest.mark.parametrize("cut_at", [100, 512, 700, 512 + 1024 + 100])
def test_a_tar_cut_short(scripted: ScriptedServer, cut_at: int) -> None:
    url = scripted.put(
        "a.tar", archive([("member0", bytes(1000)), ("member1", bytes(1000))])[:cut_at]
    )
    pipe = IterableWrapper([url]).load_files_by_s3(client=client_of(scripted)).load_from_tar()
    got = []
    with pytest.raises(BadRecord) as caught:
        for path, stream in pipe:
            got.append((path, stream.read()))
    assert caught.value.url == "s3://bucket/a.tar"
    assert isinstance(caught.value, ValueError)
    names = [path.rpartition("/")[2] for path, _ in got]
    assert names == (["member0"] if cut_at > 1536 else [])
    assert all(body == bytes(1000) for _, body in got)


def test_a_line_that_is_too_long(scripted: ScriptedServer) -> None:
    body = b"short\n" * 3 + b"x" * 5000 + b"\nafter\n"
    url = scripted.put("k", body)
    loaded = IterableWrapper([url]).load_files_by_s3(client=client_of(scripted))
    got: list[bytes] = []
    with pytest.raises(BadRecord) as caught:
        got += loaded.readlines(return_path=False, max_line_bytes=4096)
    assert got == [b"short"] * 3
    assert caught.value.url == url
    assert "max_line_bytes" in str(caught.value)
    assert list(loaded.readlines(return_path=False))[3] == b"x" * 5000


def test_a_line_longer_than_chunk_window_and_budgeted_chunks(scripted: ScriptedServer) -> None:
    body = b"a" * 700_000 + b"\nb\n"
    url = scripted.put("k", body)
    read = ReadConfig(chunk_bytes=64 * KiB, window_bytes=0)
    loaded = IterableWrapper([url]).load_files_by_s3(client=client_of(scripted), read=read)
    assert list(loaded.readlines(return_path=False)) == [b"a" * 700_000, b"b"]
    with client_of(scripted).open(url, read=read) as stream:
        assert [len(line) for line in stream] == [700_001, 2]


# Buffers and ranges of the caller


def test_a_buffer_that_is_too_small(scripted: ScriptedServer) -> None:
    url = scripted.put("k", bytes(200 * KiB))
    for of in (url, str(url)):
        for read in (CHUNKS, ReadConfig()):
            client = S3Client(scripted.config(), read)
            with pytest.raises(ConfigError) as caught:
                client.get_into(of, bytearray(200 * KiB - 1))
            assert str(200 * KiB) in str(caught.value)
            assert str(200 * KiB - 1) in str(caught.value)


def test_ranges_that_make_no_sense(scripted: ScriptedServer) -> None:
    url = scripted.put("k", b"content")
    client = client_of(scripted)
    for bad in ((-1, 2), (3, 2)):
        with pytest.raises(ConfigError):
            client.get_ranges(url, [bad])
    for of in (url, str(url)):
        with pytest.raises(ObjectChanged):
            client.get_ranges(of, [(0, 8)])
