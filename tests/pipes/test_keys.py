"""Keys are bytes of UTF-8: whatever can be stored can be listed and loaded under its own name."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from s3pipes import S3Client, S3FileLister, S3FileLoader, S3Url

# Some of them are folder markers alone, or begin with a slash.
pytestmark = pytest.mark.filterwarnings("ignore:list_files_by_s3:RuntimeWarning")

# What somebody's encoder, parser or path library gets wrong, beside any other character.
TRICKY = ["+", "%", "%2F", "%25", " ", "..", ".", "//", "/", "?", "#", "&", "=", "~", "*", ":", ";"]
TRICKY += [
    "\\",
    '"',
    "'",
    "<",
    ">",
    "[",
    "]",
    "{",
    "|",
    "@",
    "$",
    ",",
    "!",
    "(",
    ")",
    "a",
    "é",
    "ü",
]
TRICKY += ["日", "🙂", "\u2028", "\ufffd", "\ufeff", "e\u0301", "\x7f", "\x01", "\x1f", "\t", "\r"]

characters = st.characters(codec="utf-8", exclude_characters="\n\0")
parts = st.sampled_from(TRICKY) | st.text(characters, min_size=1, max_size=3)
short = st.lists(parts, min_size=1, max_size=8).map("".join)
long = st.builds(
    lambda key, size: (key * 1024).encode()[:size].decode(errors="ignore"),
    short,
    st.integers(900, 1024),
)
keys = (short | long).filter(lambda key: 1 <= len(key.encode()) <= 1024)


def body_of(key):
    return hashlib.sha256(key.encode()).digest()


def put(server, bucket, wanted):
    for key in wanted:
        server.boto.put_object(Bucket=bucket, Key=key, Body=body_of(key))


def check(server, bucket, prefix, wanted):
    client = S3Client(server.config())
    url = f"s3://{bucket}/{prefix}"
    assert sorted(u.key for u in client.list(url)) == sorted(wanted)

    listed = list(S3FileLister([url], client=client))
    assert sorted(u.key for u in listed) == sorted(k for k in wanted if not k.endswith("/"))
    for given_url, stream in S3FileLoader(listed, client=client):
        assert stream.read() == body_of(S3Url(given_url).key)

    plain = [f"s3://{bucket}/{key}" for key in wanted]
    got = [(u, stream.read()) for u, stream in S3FileLoader(plain, client=client)]
    assert got == [(u, body_of(key)) for u, key in zip(plain, wanted, strict=True)]
    for key in wanted[:2]:
        assert client.head(f"s3://{bucket}/{key}").size == 32
        assert [u.key for u in client.list(f"s3://{bucket}/{key}", page_size=1)][:1] == [key]


@settings(max_examples=40)
@given(wanted=st.lists(keys, min_size=1, max_size=8, unique=True))
@example(wanted=["/leading", "//", "/", "a//b", "a/../b", "../..", ".", "trailing/", "a+b c%20d"])
@example(wanted=["%", "%%", "%2", "%zz", "?x=y&z", "#f", "s3://b/k", "http://h/p", "C:\\x", "~"])
@example(wanted=["k" * 1024, "ü" * 512, "🙂" * 256, "/" * 1024])
def test_any_key_on_moto(moto, wanted):
    bucket = moto.bucket("keys")
    put(moto, bucket, wanted)
    check(moto, bucket, "", wanted)


@pytest.fixture(scope="module")
def shared(seaweed):
    """SeaweedFS takes its time for a bucket: one for all."""
    return seaweed.bucket("keys")


_turn = iter(range(1_000_000))


# A file system lies below: no empty, `.` or `..` names, and none beyond 255 bytes.
in_names = st.sampled_from([part for part in TRICKY if not set(part) & {"/", "\\"}]) | st.text(
    st.characters(codec="utf-8", exclude_characters="\n\0/\\"), min_size=1, max_size=3
)
names = st.lists(in_names, min_size=1, max_size=8).map("".join)
names |= st.builds(lambda name: (name * 255).encode()[:255].decode(errors="ignore"), names)
paths = st.lists(names.filter(lambda name: name not in {".", ".."}), min_size=1, max_size=3)


@settings(max_examples=25)
@given(wanted=st.lists(paths.map("/".join), min_size=1, max_size=6, unique=True))
@example(wanted=["a+b c%20d", "%", "?x=y&z", "#f", "~*:;", "s", "é", "e\u0301", "🙂", "<&>\"'"])
def test_any_key_on_seaweedfs(seaweed, shared, wanted):
    folders = {key[:i] for key in wanted for i, c in enumerate(key) if c == "/"}
    assume(not folders & set(wanted))  # nor a file beside a folder of its name
    prefix = f"{next(_turn)}/"
    wanted = [prefix + key for key in wanted]
    put(seaweed, shared, wanted)
    check(seaweed, shared, prefix, wanted)
