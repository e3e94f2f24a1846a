"""What torchdata did wrong; the numbers are those of docs/migrating.md."""

from __future__ import annotations

import pickle

import pytest

from s3pipes import (
    IterableWrapper,
    ObjectChanged,
    ObjectNotFound,
    ReadConfig,
    S3Client,
    S3FileLister,
    S3FileLoader,
    S3Url,
)
from tests.loader.contents import CHUNK, SMALL_CHUNKS
from tests.loader.test_requests import requests_of
from tests.noise import noise
from tests.tars import archive


@pytest.fixture
def changing(s3):
    """An object as listed, its client, and how to replace it."""
    bucket = s3.bucket("changing")
    s3.boto.put_object(Bucket=bucket, Key="k", Body=noise(3 * CHUNK))
    client = S3Client(s3.config(), SMALL_CHUNKS)
    (url,) = client.list(f"s3://{bucket}")
    return url, client, lambda body: s3.boto.put_object(Bucket=bucket, Key="k", Body=body)


@pytest.mark.parametrize(
    "now", [noise(3 * CHUNK, 1), noise(CHUNK, 1), noise(9 * CHUNK, 1), b""], ids=len
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
    assert stream.read(CHUNK) == noise(3 * CHUNK)[:CHUNK]
    put(noise(3 * CHUNK, 1))
    with pytest.raises(ObjectChanged):
        stream.read()


def test_torchdata_defect_1_a_deleted_object(s3):
    bucket = s3.bucket("deleted")
    s3.boto.put_object(Bucket=bucket, Key="k", Body=noise(3 * CHUNK))
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
    assert 20 / 8 <= requests_of(load(multi_part=True)) <= 21  # of 1 to 8 MiB, and the HEAD


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
    moto.boto.put_object(Bucket=bucket, Key="k", Body=noise(3 * CHUNK))
    client = S3Client(moto.config(), SMALL_CHUNKS)
    ((url, stream),) = S3FileLoader(client.list(f"s3://{bucket}"), client=client)
    assert stream.readline() + b"".join(stream.chunks()) == noise(3 * CHUNK)
    assert bytes(stream.view()) == noise(3 * CHUNK)
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
    files = {f"{i}": noise(i * 999, i) for i in range(200)}
    bucket = s3.bucket("tar")
    s3.boto.put_object(Bucket=bucket, Key="a.tar", Body=archive(files.items()))
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
