"""Listing: which objects, in which order, with which facts."""

from __future__ import annotations

import pickle
import warnings
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends

from s3pipes import (
    BucketNotFound,
    ConfigError,
    IterableWrapper,
    S3Client,
    S3FileLister,
    S3FileLoader,
    S3Url,
)

CONTENTS = {
    "a/b.csv": b"b",
    "a/b.csv.gz": b"bz",
    "a/c.txt": b"",
    "a/d/e.csv": b"deep",
    "img": b"no prefix of the others",
    "img_1.jpg": b"1",
    "img_2/x.jpg": b"x" * 1000,
    "z.csv": b"z",
}


@pytest.fixture(scope="module")
def bucket(s3):
    name = s3.bucket("lister")
    for key, body in CONTENTS.items():
        s3.boto.put_object(Bucket=name, Key=key, Body=body)
    return name


@pytest.fixture
def client(s3):
    return S3Client(s3.config())


@pytest.fixture
def names(bucket, client):
    """Lists prefixes that are given without scheme and bucket, and gives keys back."""

    def keys(*prefixes, **options):
        source = IterableWrapper([f"s3://{bucket}/{prefix}" for prefix in prefixes])
        with warnings.catch_warnings():
            # Of what is not there: tests/mistakes/test_empty_epochs.py.
            warnings.filterwarnings("ignore", "list_files_by_s3", RuntimeWarning)
            return [url.key for url in source.list_files_by_s3(client=client, **options)]

    return keys


def test_everything_in_the_stores_order(bucket, client, names):
    assert names("") == sorted(CONTENTS)
    bare = S3FileLister([f"s3://{bucket}"], client=client)
    assert [str(url) for url in bare] == [f"s3://{bucket}/{key}" for key in sorted(CONTENTS)]


def test_urls_know_what_the_store_knows(s3, bucket, client):
    for url in client.list(f"s3://{bucket}"):
        head = s3.boto.head_object(Bucket=bucket, Key=url.key)
        assert isinstance(url, S3Url)
        assert url.bucket == bucket
        assert url.size == head["ContentLength"] == len(CONTENTS[url.key])
        assert url.etag == head["ETag"]
        assert url.last_modified is not None
        assert abs(url.last_modified - head["LastModified"].timestamp()) <= 1
        copy = pickle.loads(pickle.dumps(url))
        assert (copy, copy.size, copy.etag, copy.last_modified) == (
            url,
            url.size,
            url.etag,
            url.last_modified,
        )


@pytest.mark.parametrize(
    "prefix", ["a", "a/", "a/b", "a/b.csv", "a/d/e.csv", "img", "img_", "img_2/", "z", "zz", "A"]
)
def test_a_prefix_is_a_raw_string(names, prefix):
    assert names(prefix) == [key for key in sorted(CONTENTS) if key.startswith(prefix)]


def test_double_slashes_belong_to_keys(moto):
    keys = ["a/b/1", "a//b", "a//b/1", "a//b2", "a///", "//", "/a"]
    bucket = moto.bucket("slashes")
    for key in keys:
        moto.boto.put_object(Bucket=bucket, Key=key, Body=b"")
    client = S3Client(moto.config())
    for prefix in ("a//b", "a/", "a//", "/", "//"):
        found = [url.key for url in client.list(f"s3://{bucket}/{prefix}")]
        assert found == sorted(key for key in keys if key.startswith(prefix))


@settings(max_examples=30)
@given(
    keys=st.sets(st.text("ab/-%+ é", min_size=1, max_size=6), max_size=8),
    prefix=st.text("ab/-%+ é", max_size=3),
    page_size=st.integers(1, 4),
)
def test_any_prefix_and_page_size_find_what_begins_with_it(moto, keys, prefix, page_size):
    bucket = moto.bucket("prefixes")
    for key in keys:
        moto.boto.put_object(Bucket=bucket, Key=key, Body=b"")
    listed = S3Client(moto.config()).list(f"s3://{bucket}/{prefix}", page_size=page_size)
    expected = sorted((k for k in keys if k.startswith(prefix)), key=str.encode)
    assert [url.key for url in listed] == expected


@pytest.mark.parametrize("page_size", [1, 2, 3, 7, 8, 9])
def test_pages_of_any_size(bucket, client, page_size):
    listed = client.list(f"s3://{bucket}", page_size=page_size)
    assert [url.key for url in listed] == sorted(CONTENTS)


def test_more_than_one_page_of_a_thousand(thousands):
    client, bucket, keys = thousands
    assert [url.key for url in client.list(f"s3://{bucket}/x")] == keys


def test_masks_match_the_whole_url(bucket, names):
    csv = ["a/b.csv", "a/d/e.csv", "z.csv"]
    assert names("", masks="*.csv") == csv
    assert names("", masks=["*.csv", "*/img_?.jpg"]) == sorted([*csv, "img_1.jpg"])
    assert names("", masks=f"s3://{bucket}/z*") == ["z.csv"]
    assert names("", masks="z*") == []
    assert names("", masks=[]) == names("", masks="") == names("", masks=[""]) == sorted(CONTENTS)
    assert names("", masks=["no", "nothing"]) == []


def test_folder_markers_are_left_out(s3, client):
    bucket = s3.bucket("markers")
    for key in ("d/", "d/e/", "d/e/f", "d/g"):
        s3.boto.put_object(Bucket=bucket, Key=key, Body=b"")
    source = IterableWrapper([f"s3://{bucket}/d/", f"s3://{bucket}"])
    assert [url.key for url in source.list_files_by_s3(client=client)] == ["d/e/f", "d/g"] * 2


def test_overlapping_prefixes_give_duplicates(names):
    img = [key for key in sorted(CONTENTS) if key.startswith("img")]
    assert names("img", "zz", "img_", "img") == [*img, *img[1:], *img]


def test_nothing_matches(s3, client, names):
    assert names("nothing/here") == []
    assert list(client.list(f"s3://{s3.bucket('empty')}")) == []
    assert list(IterableWrapper([]).list_files_by_s3(client=client)) == []


def test_errors_come_in_their_turn(bucket, client):
    source = IterableWrapper([f"s3://{bucket}/img_", "file:///etc/passwd", f"s3://{bucket}/z"])
    seen: list[S3Url] = []
    with pytest.raises(ValueError, match=r"^The filename must start with the S3 scheme\. "):
        seen.extend(source.list_files_by_s3(client=client))
    assert [url.key for url in seen] == ["img_1.jpg", "img_2/x.jpg"]


def test_a_missing_bucket_is_named(s3, client):
    with pytest.raises(BucketNotFound) as caught:
        list(client.list("s3://no-such-bucket-here/some/prefix"))
    assert isinstance(caught.value, ValueError)
    assert caught.value.url == "s3://no-such-bucket-here/some/prefix"
    assert caught.value.status == 404
    assert "no-such-bucket-here" in str(caught.value)


def test_length_is_what_the_user_says(client):
    assert len(S3FileLister([], length=7, client=client)) == 7
    assert len(S3FileLister([], length=0, client=client)) == 0
    with pytest.raises(TypeError, match="instance doesn't have valid length"):
        len(S3FileLister([], client=client))


def test_works_as_before_after_a_pickle(bucket, client):
    pipe = IterableWrapper([f"s3://{bucket}/a"]).list_files_by_s3(masks="*.csv", client=client)
    next(iter(pipe))
    copy = pickle.loads(pickle.dumps(pipe))
    assert [url.key for url in copy] == ["a/b.csv", "a/d/e.csv"]
    assert [url.key for url in pipe] == ["a/b.csv", "a/d/e.csv"]


@pytest.fixture(scope="module")
def thousands(moto):
    """1201 objects, then 1100 folder markers and one object behind them."""
    bucket = moto.bucket("thousands")
    keys = [f"x{i:04}" for i in range(1201)]
    # Past HTTP: only reading them is the matter.
    shelf = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
    for key in [*keys, *(f"y{i:04}/" for i in range(1100)), "y9/z"]:
        shelf.put_object(bucket, key, b"")
    return S3Client(moto.config()), bucket, keys


# What torchdata did wrong; the numbers are those of docs/migrating.md.


def test_torchdata_defect_3_an_abandoned_listing_left_its_place_behind(thousands):
    client, bucket, keys = thousands
    pipe = IterableWrapper([f"s3://{bucket}/x"]).list_files_by_s3(client=client)
    assert next(iter(pipe)).key == keys[0]
    list(islice(pipe, 1100))  # into the second page
    assert [url.key for url in pipe] == keys
    one, other = client.list(f"s3://{bucket}/x"), client.list(f"s3://{bucket}/x")
    assert all(a == b for a, b in zip(one, other, strict=True))


def test_torchdata_defect_10_a_page_of_folder_markers_was_a_recursion(thousands):
    client, bucket, _ = thousands
    pipe = IterableWrapper([f"s3://{bucket}/y"]).list_files_by_s3(client=client)
    assert [url.key for url in pipe] == ["y9/z"]
    assert len(list(client.list(f"s3://{bucket}/y", page_size=100))) == 1101


def test_torchdata_defect_11_no_anonymous_access_and_no_profile(
    seaweed, moto, tmp_path, monkeypatch
):
    config = tmp_path / "config"
    config.write_text(
        f"[profile good]\naws_access_key_id = {seaweed.access_key}\n"
        f"aws_secret_access_key = {seaweed.secret_key}\nregion = {seaweed.region}\n"
        "[profile bad]\naws_access_key_id = nobody\naws_secret_access_key = nothing\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    bucket = seaweed.bucket("profile")
    seaweed.boto.put_object(Bucket=bucket, Key="k", Body=b"")

    def keys(server, bucket, **changes):
        own = {"access_key_id": None, "secret_access_key": None}
        client = S3Client(server.config(**own, **changes))
        return [url.key for url in client.list(f"s3://{bucket}")]

    assert keys(seaweed, bucket, profile="good") == ["k"]
    with pytest.raises(PermissionError, match="InvalidAccessKeyId"):
        keys(seaweed, bucket, profile="bad")
    # SeaweedFS wants a signature, moto does not; nothing signs where no keys are.
    with pytest.raises(PermissionError):
        keys(seaweed, bucket, anonymous=True)
    public = moto.bucket("public")
    moto.boto.put_object(Bucket=public, Key="p", Body=b"")
    assert keys(moto, public, anonymous=True) == ["p"]
    with pytest.raises(ConfigError, match="No credentials found"):
        keys(moto, public)
    payer = S3Client(moto.config(requester_pays=True))
    pipe = S3FileLoader(payer.list(f"s3://{public}"), client=payer)
    assert [stream.read() for _, stream in pipe] == [b""]
