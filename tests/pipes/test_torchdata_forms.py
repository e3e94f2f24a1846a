"""Forms in which public programs use torchdata 0.9, each as they write it."""

from __future__ import annotations

import io
import pickle
import warnings
from itertools import islice

import pytest

from s3pipes import IterableWrapper, IterDataPipe, ObjectNotFound, S3FileLister, S3FileLoader
from s3pipes.testing import ScriptedServer
from tests.clients import client_of
from tests.tars import archive


@pytest.fixture
def urls(scripted: ScriptedServer) -> IterDataPipe[str]:
    made = [str(scripted.put(f"k{i}", b"%d\nx" % i)) for i in range(3)]
    return IterableWrapper(made)


def test_for_url_fd_fd_read(scripted, urls):
    files = S3FileLoader(urls, client=client_of(scripted))
    assert [fd.read() for url, fd in files] == [b"0\nx", b"1\nx", b"2\nx"]


def test_fd_file_obj_read(scripted, urls):
    files = urls.load_files_by_s3(client=client_of(scripted))
    assert [fd.file_obj.read()[:1] for _, fd in files] == [b"0", b"1", b"2"]
    tar = IterableWrapper([("a.tar", io.BytesIO(archive([("m", b"member")])))]).load_from_tar()
    assert [fd.file_obj.read() for _, fd in tar] == [b"member"]


def test_a_loader_of_their_own_that_calls_handler_s3_read(scripted, urls):
    class Forgiving(S3FileLoader):
        def __iter__(self):
            for url in self.source_datapipe:
                try:
                    yield url, io.BytesIO(self.handler.s3_read(url))
                except ValueError:
                    pass

    source = IterableWrapper([*urls, "s3://bucket/absent"])
    pipe = Forgiving(source, client=client_of(scripted))
    assert [fd.read() for _, fd in pipe] == [b"0\nx", b"1\nx", b"2\nx"]
    copy = pickle.loads(pickle.dumps(S3FileLoader([], client=client_of(scripted))))
    assert copy.handler.s3_read("s3://bucket/k1") == b"1\nx"
    with pytest.raises(ObjectNotFound):
        pipe.handler.s3_read("s3://bucket/absent")


def test_a_lister_of_their_own_that_calls_handler_list_files_until_nothing_comes(scripted, urls):
    scripted.put("d/", b"")

    class Own(S3FileLister):
        def __iter__(self):
            for prefix in self.source_datapipe:
                while found := self.handler.list_files(prefix):
                    yield from found
                self.handler.clear_marker()

    pipe = Own(["s3://bucket/", "s3://bucket/k1"], client=client_of(scripted))
    expected = [*list(urls), "s3://bucket/k1"]
    assert list(pipe) == expected
    assert list(pipe) == expected


def test_cycle(scripted, urls):
    assert list(IterableWrapper(range(3)).cycle(2)) == [0, 1, 2, 0, 1, 2]
    assert len(IterableWrapper(range(3)).cycle(2)) == 6
    assert list(IterableWrapper(range(3)).cycle(0)) == []
    endless = IterableWrapper(range(3)).sharding_filter().cycle()
    assert list(islice(endless, 8)) == [0, 1, 2, 0, 1, 2, 0, 1]
    with pytest.raises(TypeError, match="cycles forever"):
        len(endless)
    with pytest.raises(ValueError, match="Expected non-negative count, got -1"):
        IterableWrapper([]).cycle(-1)
    pipe = urls.cycle(count=2).load_files_by_s3(client=client_of(scripted))
    assert [fd.read()[:1] for _, fd in pipe] == [b"0", b"1", b"2"] * 2


def test_cycle_without_end_over_nothing_ends_with_a_word():
    with pytest.warns(RuntimeWarning, match=r"cycle\(\) ends, because its source gave nothing"):
        assert list(IterableWrapper([]).cycle()) == []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert list(IterableWrapper([]).cycle(3)) == []


def test_set_length():
    pipe = IterableWrapper(range(5)).filter(bool).set_length(3)
    assert (list(pipe), len(pipe)) == ([1, 2, 3, 4], 3)
    with pytest.raises(ValueError, match="length must be at least 0, not -1"):
        pipe.set_length(-1)


def test_readlines_length(scripted, urls):
    lines = urls.load_files_by_s3(client=client_of(scripted)).readlines(return_path=False, length=6)
    assert (list(lines), len(lines)) == ([b"0", b"x", b"1", b"x", b"2", b"x"], 6)
    with pytest.raises(TypeError, match="doesn't have valid length"):
        len(IterableWrapper([]).readlines())
