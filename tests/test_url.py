"""S3Url and the splitting of URLs."""

from __future__ import annotations

import copy
import pickle
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3pipes.url import S3Url, split, split_object

buckets = st.from_regex(r"[a-z0-9][a-z0-9.-]{1,40}[a-z0-9]", fullmatch=True)
keys = st.text(min_size=1).filter(lambda key: len(key.encode("utf-8", "surrogatepass")) <= 1024)
odd_keys = st.sampled_from(
    ["a//b", "/a", "//", "a/../b", "..", "?x=1", "#frag", "a%2Fb", "a+b", " ", "s3://x/y", "a\nb"]
)


@given(buckets, keys | odd_keys)
def test_the_key_is_raw(bucket: str, key: str) -> None:
    url = S3Url.of(bucket, key)
    assert url == f"s3://{bucket}/{key}"
    assert (url.bucket, url.key) == (bucket, key)
    assert split(url) == (bucket, key)
    assert split_object(str(url)) == (bucket, key)


@given(
    buckets,
    keys.filter(lambda key: key.isprintable()),
    st.none() | st.integers(0, 5 << 40),
    st.none() | st.text(),
    st.none() | st.integers(),
)
def test_pickles_and_copies_with_what_it_knows(
    bucket: str, key: str, size: int | None, etag: str | None, last_modified: int | None
) -> None:
    url = S3Url.of(bucket, key, size, etag, last_modified)
    copies = [pickle.loads(pickle.dumps(url, protocol)) for protocol in range(6)]
    for again in [*copies, copy.copy(url), copy.deepcopy(url)]:
        assert type(again) is S3Url
        assert again == url
        assert (again.size, again.etag, again.last_modified) == (size, etag, last_modified)


def test_is_a_plain_string_to_everyone_else() -> None:
    url = S3Url.of("b", "k", 3, '"e"', 7)
    known: dict[str, int] = {url: 1}
    assert known["s3://b/k"] == 1
    assert sorted([S3Url("s3://b/z"), "s3://b/a"]) == ["s3://b/a", "s3://b/z"]
    assert f"{url}" == "s3://b/k"
    assert repr(url) == "'s3://b/k'"
    assert type(str(url)) is str


def test_knows_nothing_unless_told() -> None:
    url = S3Url("s3://b/k")
    assert (url.size, url.etag, url.last_modified) == (None, None, None)


def test_takes_no_other_attributes() -> None:
    with pytest.raises(AttributeError):
        S3Url("s3://b/k").sise = 3  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("", "The filename cannot be an empty string."),
        ("s3://", "The filename cannot be an empty string."),
        ("bucket", "The filename must start with the S3 scheme."),
        ("s3:/bucket/key", "The filename must start with the S3 scheme."),
        ("S3://bucket/key", "The filename must start with the S3 scheme."),
        ("https://bucket/key", "The filename must start with the S3 scheme."),
        ("s3:///key", "The filename does not contain a bucket name."),
        ("s3:///", "The filename does not contain a bucket name."),
    ],
)
def test_bad_urls_begin_with_torchdatas_texts(url: str, text: str) -> None:
    for function in (split, split_object, lambda url: S3Url(url).bucket):
        with pytest.raises(ValueError) as caught:
            function(url)
        assert str(caught.value).startswith(text)


@pytest.mark.parametrize("url", ["s3://bucket", "s3://bucket/"])
def test_a_bucket_alone_can_be_listed_but_not_loaded(url: str) -> None:
    assert split(url) == ("bucket", "")
    with pytest.raises(ValueError, match="names a bucket but no object"):
        split_object(url)


def test_only_strings_are_urls() -> None:
    with pytest.raises(TypeError, match="PurePosixPath"):
        split(PurePosixPath("s3://b/k"))  # type: ignore[arg-type]
