"""What worked with TorchData 0.9 works here: its own cases, call forms and error texts.

Everything is set as its users set it: by arguments and environment variables, without a client.
"""

from __future__ import annotations

import warnings

import pytest
from torch.utils.data import IterDataPipe
from torch.utils.data.datapipes.iter import IterableWrapper

from s3pipes import S3FileLister, S3FileLoader, S3Stream
from tests.interpreter import fresh
from tests.programs.beside_torchdata import NAMES

_CHARADES = [
    *(f"charades/Charades_v1{end}" for end in (".zip", "_480.zip", "_train.csv", "_test.csv")),
    *(f"charades/Charades_v1_{kind}.tar" for kind in ("rgb", "flow", "fc7", "audio", "caption")),
    *(f"charades/Charades_vu17_{kind}.txt" for kind in ("train", "test", "classes")),
    *(f"charades/more/{i}" for i in range(6)),
]
KEYS = sorted([*_CHARADES, *(f"diagrams/{i:02}.zip" for i in range(58)), "charm"])


@pytest.fixture(scope="module")
def bucket(s3):
    name = s3.bucket("public-datasets")
    for key in KEYS:
        s3.boto.put_object(Bucket=name, Key=key, Body=f"content of {key}".encode())
    return name


@pytest.fixture(autouse=True)
def environment(request, monkeypatch):
    """torchdata wanted an endpoint without a scheme, and S3_USE_HTTPS for the scheme."""
    if "s3" not in request.fixturenames:
        return
    server = request.getfixturevalue("s3")
    monkeypatch.setenv("S3_ENDPOINT_URL", server.endpoint_url.removeprefix("http://"))
    monkeypatch.setenv("S3_USE_HTTPS", "0")
    monkeypatch.setenv("AWS_REGION", server.region)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", server.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", server.secret_key)


# {} is the bucket.
CASES = {
    "bucket": (["s3://{}"], 77),
    "bucket with slash": (["s3://{}/"], 77),
    "folder": (["s3://{}/charades"], 18),
    "folder with slash": (["s3://{}/charades/"], 18),
    "partial prefix": (["s3://{}/charad"], 18),
    "several prefixes": (["s3://{}/charades/Charades_v1", "s3://{}/charades/Charades_vu17"], 12),
    "single file": (["s3://{}/charades/Charades_v1.zip"], 1),
    "several files": (
        [
            "s3://{}/charades/Charades_v1.zip",
            "s3://{}/charades/Charades_v1_480.zip",
            "s3://{}/charm",
            "s3://{}/diagrams/00.zip",
        ],
        4,
    ),
    "files and prefixes": (
        ["s3://{}/charm", "s3://{}/charades/more/", "s3://{}/charades/Charades_vu17"],
        10,
    ),
    "one file twice": (["s3://{}/charm", "s3://{}/charm"], 2),
    "nothing there": (["s3://{}/charades/Charades_v9"], 0),
}


@pytest.mark.parametrize(("urls", "count"), list(CASES.values()), ids=list(CASES))
def test_upstream_listing_cases(s3, bucket, urls, count):
    urls = [url.format(bucket) for url in urls]
    lister = S3FileLister(IterableWrapper(urls), region=s3.region)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "list_files_by_s3", RuntimeWarning)  # nothing there
        found = list(lister)
        assert list(lister) == found
    assert len(found) == count
    keys = [key for url in urls for key in KEYS if f"s3://{bucket}/{key}".startswith(url)]
    assert [str(url) for url in found] == [f"s3://{bucket}/{key}" for key in keys]


def test_upstream_lister_into_loader(s3, bucket):
    prefixes = IterableWrapper([f"s3://{bucket}/charades/Charades_v1"])
    loader = prefixes.list_files_by_s3(region=s3.region).load_files_by_s3(region=s3.region)
    got = [(str(url), stream.read()) for url, stream in loader]
    keys = [key for key in KEYS if key.startswith("charades/Charades_v1")]
    assert len(got) == 9
    assert got == [(f"s3://{bucket}/{key}", f"content of {key}".encode()) for key in keys]


def test_upstream_loader_on_a_plain_list(s3, bucket):
    urls = [f"s3://{bucket}/charm", f"s3://{bucket}/diagrams/01.zip"]
    loader = S3FileLoader(urls, region=s3.region)
    assert len(loader) == 2
    for (url, stream), expected in zip(loader, urls, strict=True):
        assert url == expected
        assert isinstance(stream, S3Stream)
        assert stream.read().decode().startswith("content of ")


BAD_URLS = [
    ("", "The filename cannot be an empty string."),
    ("s3://", "The filename cannot be an empty string."),
    ("ai2-public-datasets", "The filename must start with the S3 scheme."),
    ("S3://bucket/k", "The filename must start with the S3 scheme."),
    ("s3:/bucket/k", "The filename must start with the S3 scheme."),
    ("s3:///bin-images", "The filename does not contain a bucket name."),
]


@pytest.mark.parametrize("pipe", [S3FileLister, S3FileLoader])
@pytest.mark.parametrize(("url", "text"), BAD_URLS)
def test_upstream_value_errors(pipe, url, text):
    made = pipe(IterableWrapper([url]), region="us-east-1")
    with pytest.raises(ValueError) as caught:
        next(iter(made))
    # Ours adds what to write, torch a line that names the pipe.
    assert str(caught.value).startswith(text)


def test_upstream_loader_on_a_missing_key(s3, bucket):
    with pytest.raises(ValueError, match=f"s3://{bucket}/no/such/key"):
        next(iter(S3FileLoader([f"s3://{bucket}/no/such/key"])))


def test_arguments_by_position(s3, bucket):
    urls = IterableWrapper([f"s3://{bucket}/char"])
    lister = S3FileLister(urls, 19, 5000, s3.region, "*char*")
    assert len(lister) == 19
    assert lister.client.config.progress_timeout_s == 5.0
    assert lister.client.config.region == s3.region
    loader = S3FileLoader(lister, 5000, s3.region, 1 << 20, False)
    assert len(loader) == 19
    assert loader.client.config.progress_timeout_s == 5.0
    assert loader.read.window_bytes == 1 << 20
    assert loader.read.whole_objects
    assert len(list(loader)) == 19
    same = urls.list_files_by_s3(19, 5000, s3.region, "*char*").load_files_by_s3(5000, s3.region)
    assert [str(url) for url, _ in same] == [str(url) for url, _ in loader]


def test_arguments_by_name(s3, bucket):
    lister = S3FileLister(
        source_datapipe=IterableWrapper([f"s3://{bucket}"]),
        length=-1,
        request_timeout_ms=-1,
        region="",
        masks=["*/0*.zip"],
    )
    loader = S3FileLoader(
        source_datapipe=lister,
        request_timeout_ms=-1,
        region="",
        buffer_size=256,
        multi_part_download=None,
    )
    assert loader.source_datapipe is lister
    assert (lister.length, lister.masks) == (-1, ["*/0*.zip"])
    got = [stream.read() for _, stream in loader]
    assert got == [f"content of diagrams/{i:02}.zip".encode() for i in range(10)]
    with pytest.raises(TypeError, match="doesn't have valid length"):
        len(loader)


def test_the_variables_of_torchdata(s3, bucket, monkeypatch):
    monkeypatch.setenv("S3_ENDPOINT_URL", s3.endpoint_url)
    monkeypatch.setenv("S3_BUFFER_SIZE", "0")
    monkeypatch.setenv("S3_MULTI_PART_DOWNLOAD", "OFF")
    loader = S3FileLoader([f"s3://{bucket}/charm"])
    assert (loader.read.window_bytes, loader.read.whole_objects) == (0, True)
    assert [stream.read() for _, stream in loader] == [b"content of charm"]


def test_both_are_iter_data_pipes():
    assert issubclass(S3FileLister, IterDataPipe)
    assert issubclass(S3FileLoader, IterDataPipe)
    assert isinstance(IterableWrapper([]).list_files_by_s3(), S3FileLister)
    assert isinstance(IterableWrapper([]).load_files_by_s3(), S3FileLoader)


# Beside torchdata, whichever comes first. Each needs an interpreter of its own.


def run(program: str) -> list[str]:
    return fresh("tests.programs.beside_torchdata", program).split()


@pytest.mark.parametrize("order", ["todays_first", "todays_later"])
def test_torchdata_of_today_may_be_imported_before_or_after(order):
    assert run(order) == ["s3pipes"] * len(NAMES)


@pytest.mark.parametrize("order", ["old_first", "old_later"])
def test_torchdata_0_9_may_be_imported_before_or_after(order):
    """What is of S3 is ours; what has nothing of ours in it stays torchdata's."""
    of_s3 = [f"{name}: s3pipes s3pipes" for name in NAMES[:2]]
    others = [f"{name}: torchdata s3pipes" for name in NAMES[2:]]
    assert fresh("tests.programs.beside_torchdata", order).splitlines() == [*of_s3, *others]


def test_what_torchdata_0_9_does_not_take_is_ours():
    assert run("beyond_old") == ["torchdata", "s3pipes", "s3pipes"]


def test_a_name_of_somebody_else_stays_theirs_with_a_warning():
    assert run("somebody_elses") == ["1", "True", "their", "s3pipes"]
