"""Loading: every byte of every object, in order or as ready, and errors in their turn."""

from __future__ import annotations

import gc
import io
import pickle
import random
import tarfile
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s3pipes import (
    ConfigError,
    IterableWrapper,
    ObjectChanged,
    ObjectNotFound,
    ReadConfig,
    S3Client,
    S3FileLister,
    S3FileLoader,
    S3Url,
    stats,
)

CHUNK = 64 << 10
SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK - 1, 2 * CHUNK, 2 * CHUNK + 1, 700_001]
SMALL_CHUNKS = ReadConfig(chunk_bytes=CHUNK)

READS = {
    "default": ReadConfig(),
    "small chunks": SMALL_CHUNKS,
    "window 0": ReadConfig(chunk_bytes=CHUNK, window_bytes=0),
    "window of half a chunk": ReadConfig(chunk_bytes=CHUNK, window_bytes=CHUNK // 2),
    "double buffering": ReadConfig(chunk_bytes=CHUNK, window_bytes=2 * CHUNK),
    "lookahead 0": ReadConfig(chunk_bytes=CHUNK, lookahead=0),
    "lookahead 1, window 0": ReadConfig(chunk_bytes=CHUNK, lookahead=1, window_bytes=0),
    "whole objects": ReadConfig(whole_objects=True),
    "whole objects, window 0": ReadConfig(whole_objects=True, window_bytes=0),
}


def data(size, seed=0):
    return random.Random(seed * 1_000_003 + size).randbytes(size)


@pytest.fixture(scope="module")
def contents(s3):
    """URLs and what lies there, in the order of the listing."""
    bucket = s3.bucket("loader")
    for i, size in enumerate(SIZES):
        s3.boto.put_object(Bucket=bucket, Key=f"{i:02}", Body=data(size, i))
    return {f"s3://{bucket}/{i:02}": data(size, i) for i, size in enumerate(SIZES)}


@pytest.fixture
def client(s3):
    return S3Client(s3.config())


def listed(client, contents):
    return list(client.list(next(iter(contents)).rpartition("/")[0]))


def cases():
    for name, read in READS.items():
        for in_order in (True, False):
            label = f"{name}, {'in order' if in_order else 'as ready'}"
            fields = {f: getattr(read, f) for f in ReadConfig.__dataclass_fields__}
            yield pytest.param(ReadConfig(**(fields | {"in_order": in_order})), id=label)


@pytest.mark.parametrize("known", [True, False], ids=["S3Urls", "strings"])
@pytest.mark.parametrize("read", list(cases()))
def test_every_byte_of_every_object(client, contents, read, known):
    urls = listed(client, contents) if known else list(contents)
    got = [(url, s.read()) for url, s in S3FileLoader(urls, client=client, read=read)]
    assert dict(got) == contents
    if read.in_order:
        assert got == list(contents.items())


@pytest.mark.parametrize("known", [True, False], ids=["S3Urls", "strings"])
@pytest.mark.parametrize("read", list(cases()))
def test_streams_may_be_kept_unread_and_read_backwards(client, contents, read, known):
    urls = (listed(client, contents) if known else list(contents)) * 3
    streams = list(S3FileLoader(urls, client=client, read=read))
    assert sorted(url for url, _ in streams) == sorted(urls)
    for url, stream in reversed(streams):
        assert stream.read() == contents[url]


@settings(max_examples=20)
@given(
    sizes=st.lists(
        st.builds(
            lambda chunks, off: max(0, chunks * CHUNK + off), st.integers(0, 3), st.integers(-2, 2)
        ),
        max_size=4,
    ),
    window=st.none() | st.integers(0, 3 * CHUNK),
    lookahead=st.none() | st.integers(0, 3),
    in_order=st.booleans(),
    whole=st.booleans(),
    known=st.booleans(),
)
def test_any_sizes_around_chunk_borders(moto, sizes, window, lookahead, in_order, whole, known):
    bucket = moto.bucket("borders")
    expected = {f"s3://{bucket}/{i}": data(size, i) for i, size in enumerate(sizes)}
    for url, body in expected.items():
        moto.boto.put_object(Bucket=bucket, Key=S3Url(url).key, Body=body)
    read = ReadConfig(
        chunk_bytes=CHUNK,
        window_bytes=window,
        lookahead=lookahead,
        in_order=in_order,
        whole_objects=whole,
    )
    client = S3Client(moto.config(), read)
    source = client.list(f"s3://{bucket}") if known else list(expected)
    got = [(url, stream.read()) for url, stream in S3FileLoader(source, client=client)]
    assert (got if in_order else sorted(got)) == sorted(expected.items())


def test_urls_come_back_as_they_were_given(client, contents):
    urls: list[S3Url] = listed(client, contents)
    for given_url, (url, stream) in zip(urls, S3FileLoader(urls, client=client), strict=True):
        assert url is given_url
        assert stream.url is given_url
        assert (stream.size, stream.etag) == (given_url.size, given_url.etag)
        assert stream.last_modified == given_url.last_modified
        assert stream.name == str(given_url)


def test_strings_learn_what_the_listing_knows(client, contents):
    known = {str(url): url for url in listed(client, contents)}
    for url, stream in S3FileLoader(list(contents), client=client, read=SMALL_CHUNKS):
        assert type(url) is str
        assert stream.size == known[url].size
        if stream.size:  # of an empty object nothing can be got that would tell the rest
            assert stream.etag == known[url].etag
            assert abs(stream.last_modified - known[url].last_modified) <= 1


def test_any_iterable_is_a_source(client, contents):
    for make in (list, tuple, iter, IterableWrapper, lambda urls: (url for url in urls)):
        loader = S3FileLoader(make(list(contents)), client=client)
        assert [s.read() for _, s in loader] == list(contents.values())


def test_length_is_the_sources(client):
    assert len(IterableWrapper(["s3://b/1", "s3://b/2"]).load_files_by_s3(client=client)) == 2
    lister = S3FileLister([], length=5, client=client)
    assert len(S3FileLoader(lister, client=client)) == 5
    with pytest.raises(TypeError, match="doesn't have valid length"):
        len(S3FileLoader(S3FileLister([], client=client), client=client))


# Requests: none more than needed.


def requests_of(act):
    before = stats().requests
    act()
    return stats().requests - before


def test_one_request_per_small_object_and_none_for_an_empty_one(moto):
    bucket = moto.bucket("requests")
    for i in range(10):
        moto.boto.put_object(Bucket=bucket, Key=f"{i}", Body=bytes(1000 * i))
    client = S3Client(moto.config())
    urls = list(client.list(f"s3://{bucket}"))

    def load(urls):
        return lambda: [stream.read() for _, stream in S3FileLoader(urls, client=client)]

    assert requests_of(load(urls)) == 9
    assert requests_of(load([str(url) for url in urls])) == 10


def test_window_0_asks_for_a_chunk_when_it_is_needed(moto):
    bucket = moto.bucket("window")
    moto.boto.put_object(Bucket=bucket, Key="k", Body=bytes(5 * CHUNK))
    client = S3Client(moto.config())
    read = ReadConfig(chunk_bytes=CHUNK, window_bytes=0)
    (url,) = client.list(f"s3://{bucket}")
    before = stats().requests
    ((_, stream),) = S3FileLoader([url], client=client, read=read)
    for chunk in range(1, 6):
        assert len(stream.read(CHUNK)) == CHUNK
        assert stats().requests - before == chunk
    assert stream.read(1) == b""
    assert stats().requests - before == 5


def test_whole_objects_are_one_request_each(moto):
    bucket = moto.bucket("whole")
    moto.boto.put_object(Bucket=bucket, Key="k", Body=bytes(5 * CHUNK))
    client = S3Client(moto.config())
    url = f"s3://{bucket}/k"

    def load(**fields):
        read = ReadConfig(chunk_bytes=CHUNK, **fields)
        return lambda: [s.read() for _, s in S3FileLoader([url], client=client, read=read)]

    assert requests_of(load(whole_objects=True)) == 1
    assert requests_of(load(whole_objects=False)) == 5


def test_whole_objects_do_not_run_away_from_the_consumer(moto):
    bucket = moto.bucket("runaway")
    for i in range(16):
        moto.boto.put_object(Bucket=bucket, Key=f"{i:02}", Body=bytes(1 << 20))
    read = ReadConfig(whole_objects=True, window_bytes=2 << 20)
    client = S3Client(moto.config(), read)
    urls = list(client.list(f"s3://{bucket}"))
    # The window is two objects; beside them are the one in hand and the one begun last.
    loader = iter(S3FileLoader(urls, client=client))
    before = stats().bytes_received
    for taken in range(1, 17):
        _, stream = next(loader)
        assert len(stream.read()) == 1 << 20
        stream.close()
        assert stats().bytes_received - before <= (taken + 3) << 20


@pytest.mark.parametrize("lookahead", [0, 1, 3])
def test_lookahead_bounds_how_far_the_source_is_pulled(client, contents, lookahead):
    taken = []

    def source():
        for url in contents:
            taken.append(url)
            yield url

    read = ReadConfig(lookahead=lookahead)
    for yielded, (_, stream) in enumerate(S3FileLoader(source(), client=client, read=read), 1):
        assert len(taken) <= yielded + max(lookahead, 1) - 1
        stream.close()
    assert len(taken) == len(contents)


def test_urls_are_pulled_ahead_by_default(client, contents):
    taken = []

    def source():
        for url in contents:
            taken.append(url)
            yield url

    next(iter(S3FileLoader(source(), client=client)))
    assert len(taken) > 1


# Errors: in their turn, and what was opened before comes first.


@pytest.mark.parametrize("in_order", [True, False])
@pytest.mark.parametrize(
    ("bad", "text"),
    [
        ("", "The filename cannot be an empty string."),
        ("s3://", "The filename cannot be an empty string."),
        ("https://b/k", "The filename must start with the S3 scheme."),
        ("s3:///k", "The filename does not contain a bucket name."),
        ("s3://bucket", "names a bucket but no object"),
        ("s3://bucket/", "names a bucket but no object"),
    ],
)
def test_a_bad_url_is_told_in_its_turn(client, contents, bad, text, in_order):
    urls = list(contents)
    read = ReadConfig(in_order=in_order)
    seen = {}
    with pytest.raises(ValueError) as caught:
        for url, stream in S3FileLoader([*urls[:4], bad, *urls[4:]], client=client, read=read):
            seen[url] = stream.read()
    assert text in str(caught.value)
    assert seen == {url: contents[url] for url in urls[:4]}


@pytest.mark.parametrize("in_order", [True, False])
def test_an_error_of_the_source_is_told_in_its_turn(client, contents, in_order):
    def source():
        yield from contents
        raise KeyError("the source's own")

    seen = {}
    with pytest.raises(KeyError, match="the source's own"):
        for url, stream in S3FileLoader(
            source(), client=client, read=ReadConfig(in_order=in_order)
        ):
            seen[url] = stream.read()
    assert seen == contents


def test_a_missing_object_is_told_in_its_turn(client, contents):
    urls = list(contents)
    missing = urls[0] + "-missing"
    seen = []
    with pytest.raises(ObjectNotFound) as caught:
        for url, stream in S3FileLoader([*urls[:3], missing, *urls[3:]], client=client):
            seen.append((url, stream.read()))
    assert seen == [(url, contents[url]) for url in urls[:3]]
    assert isinstance(caught.value, FileNotFoundError)
    assert isinstance(caught.value, ValueError)
    assert caught.value.url == caught.value.filename == missing
    assert caught.value.status == 404


def test_a_missing_object_does_not_hold_up_what_is_ready(client, contents):
    missing = next(iter(contents)) + "-missing"
    read = ReadConfig(in_order=False)
    with pytest.raises(ObjectNotFound):
        for url, stream in S3FileLoader([*contents, missing], client=client, read=read):
            assert stream.read() == contents[url]


def test_what_is_not_a_string_is_told(client):
    with pytest.raises(TypeError, match="must be a str, not int"):
        list(S3FileLoader([1], client=client))  # type: ignore[list-item]


def test_settings_that_contradict_each_other_are_told(moto):
    client = S3Client(moto.config(memory_bytes=8 << 20))
    loader = S3FileLoader(["s3://b/k"], client=client, read=ReadConfig(chunk_bytes=9 << 20))
    with pytest.raises(ConfigError, match=r"memory_bytes is 8388608.*chunk_bytes, 9437184"):
        next(iter(loader))


# Abandoning and coming back.


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


# What torchdata did wrong; the numbers are those of docs/migrating.md.


@pytest.fixture
def changing(s3):
    """An object as listed, its client, and how to replace it."""
    bucket = s3.bucket("changing")
    s3.boto.put_object(Bucket=bucket, Key="k", Body=data(3 * CHUNK))
    client = S3Client(s3.config(), SMALL_CHUNKS)
    (url,) = client.list(f"s3://{bucket}")
    return url, client, lambda body: s3.boto.put_object(Bucket=bucket, Key="k", Body=body)


@pytest.mark.parametrize(
    "now", [data(3 * CHUNK, 1), data(CHUNK, 1), data(9 * CHUNK, 1), b""], ids=len
)
def test_torchdata_defect_1_a_failed_get_gave_zeros(changing, now):
    url, client, put = changing
    put(now)
    with pytest.raises(ObjectChanged) as caught:
        [stream.read() for _, stream in S3FileLoader([url], client=client)]
    assert caught.value.url == url
    ((_, fresh),) = S3FileLoader([str(url)], client=client)
    assert fresh.read() == now


def test_torchdata_defect_1_also_while_it_is_read(changing):
    url, client, put = changing
    read = ReadConfig(chunk_bytes=CHUNK, window_bytes=0)
    ((_, stream),) = S3FileLoader([str(url)], client=client, read=read)
    assert stream.read(CHUNK) == data(3 * CHUNK)[:CHUNK]
    put(data(3 * CHUNK, 1))
    with pytest.raises(ObjectChanged):
        stream.read()


def test_torchdata_defect_1_a_deleted_object(s3):
    bucket = s3.bucket("deleted")
    s3.boto.put_object(Bucket=bucket, Key="k", Body=data(3 * CHUNK))
    client = S3Client(s3.config())
    urls = list(client.list(f"s3://{bucket}"))
    s3.boto.delete_object(Bucket=bucket, Key="k")
    with pytest.raises(ObjectNotFound):
        list(S3FileLoader(urls, client=client))


def test_torchdata_defect_2_false_and_0_were_ignored(monkeypatch):
    assert S3FileLoader([], multi_part_download=False).read.whole_objects
    assert S3FileLoader([], buffer_size=0).read.window_bytes == 0
    monkeypatch.setenv("S3_MULTI_PART_DOWNLOAD", "OFF")
    monkeypatch.setenv("S3_BUFFER_SIZE", "1000000")
    assert S3FileLoader([]).read == ReadConfig(whole_objects=True, window_bytes=1_000_000)
    assert not S3FileLoader([], multi_part_download=True).read.whole_objects
    assert S3FileLoader([], buffer_size=0).read.window_bytes == 0


def test_torchdata_defect_2_false_is_one_request(moto):
    bucket = moto.bucket("part")
    moto.boto.put_object(Bucket=bucket, Key="k", Body=bytes(20 << 20))
    urls = [f"s3://{bucket}/k"]
    client = S3Client(moto.config())

    def load(multi_part):
        pipe = S3FileLoader(urls, multi_part_download=multi_part, client=client)
        return lambda: [stream.read() for _, stream in pipe]

    assert requests_of(load(multi_part=False)) == 1
    assert requests_of(load(multi_part=True)) == 3


def test_torchdata_defect_4_all_pickled_loaders_had_the_last_region():
    one, other = S3FileLoader([], region="eu-west-1"), S3FileLister([], region="us-west-2")
    one_too, other_too = pickle.loads(pickle.dumps((one, other)))
    assert one_too.client.config.region == "eu-west-1"
    assert other_too.client.config.region == "us-west-2"


@pytest.mark.parametrize("size", [2 << 30, 1 << 40])
def test_torchdata_defect_5_a_buffer_of_2_gib_did_not_unpickle(size):
    loader = pickle.loads(pickle.dumps(S3FileLoader([], buffer_size=size)))
    assert loader.read.window_bytes == size


def test_torchdata_defect_6_the_gil_was_held(moto):
    # moto answers from a thread of this very process: with the GIL held nothing would ever come.
    bucket = moto.bucket("gil")
    moto.boto.put_object(Bucket=bucket, Key="k", Body=data(3 * CHUNK))
    client = S3Client(moto.config(), SMALL_CHUNKS)
    ((url, stream),) = S3FileLoader(client.list(f"s3://{bucket}"), client=client)
    assert stream.readline() + b"".join(stream.chunks()) == data(3 * CHUNK)
    assert bytes(stream.view()) == data(3 * CHUNK)
    assert client.head(url).size == 3 * CHUNK


def test_torchdata_defect_7_every_object_was_copied_twice(client, contents):
    for url, stream in S3FileLoader(list(contents), client=client, read=SMALL_CHUNKS):
        tensor = stream.tensor()
        assert tensor.numpy().tobytes() == contents[url]
        assert stream.tensor().data_ptr() == tensor.data_ptr()
        if contents[url]:
            tensor[-1] = 255 - tensor[-1]
            assert stream.view()[-1] == 255 - contents[url][-1]


def test_torchdata_defect_8_a_local_file_of_the_same_name_was_truncated(
    client, contents, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    urls = [S3Url(url) for url in contents]
    for url in urls:
        (tmp_path / url.key).write_text("the user's own")
    assert [s.read() for _, s in S3FileLoader(urls, client=client)] == list(contents.values())
    assert sorted(path.name for path in tmp_path.iterdir()) == [url.key for url in urls]
    assert {(tmp_path / url.key).read_text() for url in urls} == {"the user's own"}


@pytest.mark.parametrize("mode", ["r|", "r:", "r|*"])
def test_torchdata_defect_9_a_tar_without_seeking_never_ended(s3, mode):
    files = {f"{i}": data(i * 999) for i in range(200)}
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, body in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(body)
            tar.addfile(entry, io.BytesIO(body))
    bucket = s3.bucket("tar")
    s3.boto.put_object(Bucket=bucket, Key="a.tar", Body=out.getvalue())
    pipe = IterableWrapper([f"s3://{bucket}/a.tar"])
    loader = pipe.load_files_by_s3(client=S3Client(s3.config()), read=SMALL_CHUNKS)
    got = {}
    for path, member in loader.load_from_tar(mode=mode):
        assert member.readable()
        assert member.seekable()
        first = member.read(7)
        got[path.rpartition("/")[2]] = first + member.read()
        member.close()
    assert got == files
