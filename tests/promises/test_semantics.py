"""What docs/semantics.md promises and no other test proves; and that its tests exist."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from s3pipes import (
    ClientConfig,
    ObjectChanged,
    ReadConfig,
    RetriesExhausted,
    RetryConfig,
    S3Client,
    S3FileLoader,
    S3Url,
    stats,
)
from s3pipes.testing import ScriptedServer
from s3pipes.testing.answers import Answer, Request
from s3pipes.testing.children import Children
from s3pipes.testing.server import S3Server
from tests.ends import good
from tests.noise import KiB, noise
from tests.programs import budget
from tests.tars import archive

ROOT = Path(__file__).parent.parent.parent
DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FAST = RetryConfig(max_attempts=2, base_delay_s=0.001, max_delay_s=0.01)


# The pages themselves.


@cache
def defined_in(file: str) -> set[str]:
    nodes = ast.walk(ast.parse((ROOT / file).read_text()))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in nodes if isinstance(node, functions)}


def native_tests() -> str:
    return "".join(path.read_text() for path in (ROOT / "native/tests").glob("*.cpp"))


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.name)
def test_every_test_that_a_page_names_exists(page):
    named = re.findall(r"`(tests/\w+\.py)::(\w+)`", page.read_text())
    assert [f"{file}::{test}" for file, test in named if test not in defined_in(file)] == []


def test_every_promise_names_a_test():
    text = (ROOT / "docs/semantics.md").read_text().split("## What is not promised")[0]
    native = native_tests()
    promises = [part for part in text.split("\n\n") if part.startswith("**")]
    assert len(promises) > 30
    for promise in promises:
        if "not verified yet" not in promise:
            assert "`tests/test_" in promise, promise
        for names in re.findall(r"native: ((?:`\w+`[,.\s]*)+)", promise):
            for name in re.findall(r"\w+", names):
                assert f"TEST_CASE({name})" in native


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    text = page.read_text()
    for target in re.findall(r"\]\((?!https?:)([^)]*)\)", text):
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        if anchor:
            titles = re.findall(r"^#+ (.*)$", there.read_text(), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w\- ]", "", t.lower()).replace(" ", "-") for t in titles}


def shard_of(*names: str) -> bytes:
    return archive((name, bytes(700)) for name in names)


EXAMPLES = re.findall(r"```python\n(.*?)```", DOCS[0].read_text(), re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=["lines", "webdataset", "client"])
def test_the_examples_of_the_readme_run(moto, monkeypatch, capsys, example):
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", moto.endpoint_url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", moto.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", moto.secret_key)
    bucket = moto.bucket("readme")
    for i in range(3):
        lines = b"".join(b"line %d\n" % k for k in range(600))
        moto.boto.put_object(Bucket=bucket, Key=f"text/{i}", Body=lines)
        shard = shard_of(f"{i}.jpg", f"{i}.cls")
        moto.boto.put_object(Bucket=bucket, Key=f"images/{i}.tar", Body=shard)
    seen: dict[str, object] = {}
    exec(example.replace("s3://bucket/", f"s3://{bucket}/"), seen)
    if "batch" in seen:
        # One of the two workers has two of the three shards, and each ends with a short batch.
        counts = [int(line.split()[0]) for line in capsys.readouterr().out.splitlines()]
        assert sorted(counts) == [88, 176, 512, 512, 512]
    elif "sample" in seen:
        assert seen["image"] == bytes(700)
    else:
        assert len(seen["view"]) == len(shard_of("0.jpg", "0.cls"))  # type: ignore[arg-type]
        assert len(seen["header"]) == 512  # type: ignore[arg-type]


# Promises.


def test_a_stream_that_fails_while_it_is_read_does_not_end_the_loader(
    scripted: ScriptedServer,
) -> None:
    urls = [scripted.put(f"k{i}", noise(200 * KiB, i)) for i in range(4)]

    def script(request: Request) -> Answer | None:
        if request.path.endswith("k1") and request.range and request.range[0] > 0:
            return Answer(status=500)
        return None

    scripted.script = script
    client = S3Client(scripted.config(retry=FAST))
    got: list[object] = []
    for _, stream in S3FileLoader(urls, client=client, read=ReadConfig(chunk_bytes=64 * KiB)):
        try:
            got.append(stream.read())
        except RetriesExhausted as error:
            got.append(error.status)
    assert got == [noise(200 * KiB, 0), 500, noise(200 * KiB, 2), noise(200 * KiB, 3)]


def test_an_error_of_the_loader_ends_its_iteration(scripted: ScriptedServer) -> None:
    urls = [scripted.put("a", b"a"), S3Url("s3://bucket/absent"), scripted.put("c", b"c")]
    loader = iter(S3FileLoader(urls, client=S3Client(scripted.config(retry=FAST))))
    assert next(loader)[1].read() == b"a"
    with pytest.raises(FileNotFoundError):
        next(loader)
    assert next(loader, None) is None


def test_a_small_object_leaves_the_budget_when_its_stream_is_yielded(s3: S3Server) -> None:
    bucket = s3.bucket("outside")
    for i in range(8):
        s3.boto.put_object(Bucket=bucket, Key=f"{i}", Body=noise(600 * KiB, i))
    client = S3Client(s3.config())
    before = stats()
    kept = list(S3FileLoader(client.list(f"s3://{bucket}"), client=client))
    now = stats()
    assert now.memory_outside_bytes - before.memory_outside_bytes >= 8 * 600 * KiB
    assert now.memory_used_bytes == before.memory_used_bytes
    assert [stream.read() for _, stream in kept] == [noise(600 * KiB, i) for i in range(8)]
    del kept
    assert stats().memory_outside_bytes == before.memory_outside_bytes


def test_str_of_a_listed_url_reads_what_is_there_now(s3: S3Server) -> None:
    bucket = s3.bucket("now")
    s3.boto.put_object(Bucket=bucket, Key="k", Body=b"before")
    client = S3Client(s3.config())
    (url,) = client.list(f"s3://{bucket}")
    s3.boto.put_object(Bucket=bucket, Key="k", Body=b"and after")
    with pytest.raises(ObjectChanged):
        client.get(url)
    assert bytes(client.get(str(url))) == b"and after"


def test_a_listed_empty_object_is_not_asked_for(scripted: ScriptedServer) -> None:
    """So a change of it goes unnoticed, which docs/semantics.md says."""
    url = scripted.put("k", b"")
    scripted.put("k", b"no longer empty")
    client = S3Client(scripted.config())
    assert bytes(client.get(url)) == b""
    assert scripted.requests == []
    assert bytes(client.get(str(url))) == b"no longer empty"


def test_encoded_content_comes_as_it_is_stored(scripted: ScriptedServer) -> None:
    url = scripted.put("k", b"\x1f\x8b not unpacked")
    scripted.script = lambda request: replace(
        scripted.truth(request),
        headers={**scripted.truth(request).headers, "Content-Encoding": "gzip"},
    )
    assert bytes(S3Client(scripted.config()).get(url)) == b"\x1f\x8b not unpacked"


@pytest.mark.parametrize("bucket", ["data--use1-az4--x-s3", "arn:aws:s3:us-west-2:1:accesspoint"])
def test_what_is_not_supported_is_named(bucket: str) -> None:
    client = S3Client(ClientConfig(anonymous=True))
    with pytest.raises(ValueError, match="not supported"):
        client.get(f"s3://{bucket}/k")


def test_the_engine_never_holds_more_than_its_budget(
    scripted: ScriptedServer, children: Children
) -> None:
    """In a process of its own, since budgets only grow."""
    for i in range(24):
        scripted.put(f"k{i:02}", noise(1024 * KiB, i))
    assert good(children.run(budget.watched_at_every_door, scripted.endpoint_url)) == ["ok"]
