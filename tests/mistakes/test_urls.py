"""What is written in place of `s3://bucket/key`: each mistake is answered with what to write."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from s3pipes import ConfigError, IterableWrapper
from s3pipes.testing import ScriptedServer
from s3pipes.url import split
from tests.clients import client_of
from tests.doors import Ask, all_doors

SCHEME = "The filename must start with the S3 scheme. Got "
FIXES = {
    "s3a": ("s3a://b/k", "'s3a://b/k': write 's3://b/k'."),
    "s3n": ("s3n://b/k", "'s3n://b/k': write 's3://b/k'."),
    "capital": ("S3://b/k", "'S3://b/k': write 's3://b/k'."),
    "one slash": ("s3:/b/k", "'s3:/b/k': write 's3://b/k' (pathlib and normpath make"),
    "no scheme": ("b/k", "'b/k': write 's3://b/k'."),
    "blank": (" s3://b/k\n", r"' s3://b/k\n': write 's3://b/k', without blanks or quotes"),
    "virtual style": (
        "https://my.b.s3.eu-west-1.amazonaws.com/a%20b/c",
        "write 's3://my.b/a b/c' and ClientConfig(region='eu-west-1').",
    ),
    "old virtual style": (
        "https://b.s3-us-west-2.amazonaws.com/k",
        "write 's3://b/k' and ClientConfig(region='us-west-2').",
    ),
    "global": ("https://b.s3.amazonaws.com/k", "write 's3://b/k'."),
    "path style": ("https://s3.amazonaws.com/b/k", "write 's3://b/k'."),
    "dual stack": (
        "https://b.s3.dualstack.eu-west-1.amazonaws.com/k",
        "write 's3://b/k' and ClientConfig(region='eu-west-1').",
    ),
    "console": (
        "https://s3.console.aws.amazon.com/s3/buckets/b?region=r&prefix=x/y/",
        "write 's3://b/x/y/'.",
    ),
    "other server": (
        "http://minio:9000/b/k",
        "write 's3://b/k' and name the server with ClientConfig(endpoint_url='http://minio:9000').",
    ),
    "bucket's ARN": ("arn:aws:s3:::b/k/l", "write 's3://b/k/l' for this ARN."),
    "other ARN": ("arn:aws:s3:eu-west-1:1:accesspoint/x", "name an access point by its alias."),
    "other store": ("gs://b/k", "write 's3://b/k' and ClientConfig(endpoint_url='https://storage"),
    "another": ("az://b/k", "only S3 and stores that are compatible with it are read here"),
    "file": ("/data/train", "a local file is not read here, only 's3://bucket/key'"),
    "file's URL": ("file:///data", "a local file is not read here, only 's3://bucket/key'"),
    "no URL at all": ("http://[", "write 's3://bucket/key'."),
}


@pytest.mark.parametrize(("url", "fix"), FIXES.values(), ids=FIXES)
def test_a_url_that_is_not_s3s_gets_torchdatas_text_its_value_and_its_fix(
    url: str, fix: str
) -> None:
    with pytest.raises(ValueError) as caught:
        split(url)
    assert str(caught.value).startswith(SCHEME)
    assert fix in str(caught.value)


@all_doors
def test_every_door_answers_a_wrong_scheme(scripted: ScriptedServer, ask: Ask) -> None:
    with pytest.raises(ValueError, match="write 's3://bucket/key'"):
        ask(client_of(scripted), "s3a://bucket/key")
    assert scripted.requests == []


def test_a_str_for_a_list(scripted: ScriptedServer) -> None:
    pipe = IterableWrapper("s3://bucket/prefix")
    for made in (pipe.list_files_by_s3, pipe.load_files_by_s3):
        with pytest.raises(ValueError, match="single character: a str stands where a list of URLs"):
            list(made(client=client_of(scripted)))


@pytest.mark.parametrize(
    "url",
    [
        "https://b.s3.amazonaws.com/k?X-Amz-Signature=SECRET&X-Amz-Security-Token=SECRET",
        "https://user:SECRET@minio:9000/b/k",
        "s3a://AKIA:SECRET@b/k",
        "s3a://AKIA:SEC/RET/SECRET@b/k",
        "s3://AKIA:SECRET@b/k",
        "s3://AKIA:SECRET/SECRET@b/k",
    ],
)
@all_doors
def test_what_signs_a_url_or_stands_before_its_server_is_not_shown(
    scripted: ScriptedServer, ask: Ask, url: str
) -> None:
    with pytest.raises(ValueError) as caught:
        ask(client_of(scripted), url)
    # torch adds a line that shows the pipe's source, as far as it is short.
    assert "SEC" not in str(caught.value).splitlines()[0]


def test_a_server_in_an_s3_url(scripted: ScriptedServer) -> None:
    with pytest.raises(ValueError, match="a bucket's name alone, no credentials and no server"):
        split("s3://minio:9000/bucket/key")


def test_an_arn_for_a_bucket(scripted: ScriptedServer) -> None:
    with pytest.raises(ConfigError, match=r"is an ARN.*\. Write 's3://b/\.\.\.'"):
        client_of(scripted).get("s3://arn:aws:s3:::b/k")


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        (PurePosixPath("s3://b/k"), "PurePosixPath. A path makes one slash of two"),
        (b"s3://b/k", "bytes. Decode it."),
        (("s3://b/k", object()), "tuple. A pair is what load_files_by_s3() yields"),
        (["s3://b/k"], "list. Give one list of URLs, not a list of lists"),
        (None, "NoneType. Write 's3://bucket/key'."),
    ],
)
@all_doors
def test_what_is_no_str(scripted: ScriptedServer, ask: Ask, value: str, answer: str) -> None:
    with pytest.raises(TypeError) as caught:
        ask(client_of(scripted), value)
    assert f"An S3 URL must be a str, not {answer}" in str(caught.value)
