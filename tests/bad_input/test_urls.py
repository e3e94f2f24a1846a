"""URLs that are none, and sources that hold none."""

from __future__ import annotations

import pytest

from s3pipes import IterableWrapper, ReadConfig
from s3pipes.testing import ScriptedServer
from tests.clients import client_of
from tests.doors import Ask, all_doors, doors


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("", "The filename cannot be an empty string."),
        ("s3://", "The filename cannot be an empty string."),
        ("http://bucket/key", "The filename must start with the S3 scheme."),
        ("bucket/key", "The filename must start with the S3 scheme."),
        ("S3://bucket/key", "The filename must start with the S3 scheme."),
        ("s3:///key", "The filename does not contain a bucket name."),
    ],
)
@all_doors
def test_urls_that_are_none(scripted: ScriptedServer, ask: Ask, url: str, text: str) -> None:
    with pytest.raises(ValueError, match=text.replace(".", r"\.")):
        ask(client_of(scripted), url)
    assert scripted.requests == []


@doors
def test_a_bucket_is_no_object(scripted: ScriptedServer, ask: Ask) -> None:
    for url in ("s3://bucket", "s3://bucket/"):
        with pytest.raises(ValueError, match="names a bucket but no object"):
            ask(client_of(scripted), url)
    assert scripted.requests == []


def test_an_empty_source_gives_nothing(scripted: ScriptedServer) -> None:
    client = client_of(scripted)
    for read in (ReadConfig(), ReadConfig(in_order=False), ReadConfig(whole_objects=True)):
        assert list(IterableWrapper([]).list_files_by_s3(client=client)) == []
        assert list(IterableWrapper([]).load_files_by_s3(client=client, read=read)) == []
    scripted.bucket("bucket")
    listed = IterableWrapper(["s3://bucket/"]).list_files_by_s3(client=client)
    with pytest.warns(RuntimeWarning, match="nothing is under 's3://bucket/'"):
        assert list(listed.load_files_by_s3(client=client)) == []


def test_a_wrong_url_loses_no_other(scripted: ScriptedServer) -> None:
    urls = [scripted.put(f"k{i}", b"%d" % i) for i in range(5)]
    bad: list[str] = [*urls[:3], "ftp://no", *urls[3:]]
    for in_order in (True, False):
        pipe = IterableWrapper(bad).load_files_by_s3(
            client=client_of(scripted), read=ReadConfig(in_order=in_order)
        )
        got = []
        with pytest.raises(ValueError, match="scheme"):
            for _, stream in pipe:
                got.append(stream.read())
        assert sorted(got) == [b"0", b"1", b"2"]
