"""Loaders that are left, shared, pickled and begun again."""

from __future__ import annotations

import gc
import pickle
import threading

import pytest

from s3pipes import IterableWrapper, ReadConfig, S3Client, S3FileLoader, stats
from tests.loader.contents import CHUNK, SMALL_CHUNKS


@pytest.mark.parametrize("in_order", [True, False])
def test_an_abandoned_loader_leaves_nothing_open(client, contents, in_order):
    gc.collect()  # what failed tests may have left
    before = stats().streams_open
    read = ReadConfig(chunk_bytes=CHUNK, in_order=in_order)
    loader = S3FileLoader(list(contents) * 5, client=client, read=read)
    stream = next(iter(loader))[1]
    stream.close()
    assert stats().streams_open == before
    got = [stream.read() for _, stream in loader]
    assert sorted(got) == sorted(list(contents.values()) * 5)
    del got
    assert stats().streams_open == before


def test_two_loaders_side_by_side(client, contents):
    one = S3FileLoader(list(contents), client=client, read=SMALL_CHUNKS)
    other = S3FileLoader(list(contents), client=client, read=ReadConfig(whole_objects=True))
    for (url, a), (same, b) in zip(one, other, strict=True):
        assert url == same
        assert a.read() == b.read() == contents[url]


def test_loads_from_many_threads_at_once(client, contents):
    failed = []

    def load():
        got = [(u, s.read()) for u, s in S3FileLoader(list(contents), client=client)]
        if got != list(contents.items()):
            failed.append(got)

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed


def test_works_as_before_after_a_pickle(client, contents):
    pipe = IterableWrapper(list(contents)).load_files_by_s3(client=client, read=SMALL_CHUNKS)
    next(iter(pipe))
    copy = pickle.loads(pickle.dumps(pipe))
    assert copy.read == SMALL_CHUNKS
    assert [s.read() for _, s in copy] == [s.read() for _, s in pipe] == list(contents.values())


def test_the_clients_own_reading_is_the_default(moto):
    client = S3Client(moto.config(), SMALL_CHUNKS)
    assert S3FileLoader([], client=client).read == SMALL_CHUNKS
    assert S3FileLoader([], client=client, read=ReadConfig()).read == ReadConfig()
    assert S3FileLoader([], client=client, buffer_size=CHUNK).read.window_bytes == CHUNK
