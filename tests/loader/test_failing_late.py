"""Objects that fail after they have been handed out: what is whole stays, the rest is left out."""

from __future__ import annotations

from typing import Any

import pytest

from s3pipes import (
    IterableWrapper,
    ReadConfig,
    RetriesExhausted,
    S3FileLoader,
    TooManySkipped,
    stats,
)
from s3pipes.testing import ScriptedServer
from s3pipes.testing.answers import Answer, Request, fault
from tests.clients import client_of
from tests.loader.contents import CHUNK
from tests.noise import KiB, noise
from tests.tars import archive

LATE = ReadConfig(on_error="skip", chunk_bytes=CHUNK, window_bytes=0)


def fails_behind_the_first_chunk(key: str) -> Any:
    def script(request: Request) -> Answer | None:
        late = request.range is not None and request.range[0] >= CHUNK
        return fault(500, "InternalError") if late and request.path.endswith(key) else None

    return script


def lines_of(name: str) -> list[bytes]:
    return [f"{name} {number:06}".encode() for number in range(20_000)]


@pytest.mark.parametrize("in_order", [True, False])
@pytest.mark.parametrize("batch_size", [None, 300])
def test_lines_before_a_failure_come_and_none_is_cut(
    scripted: ScriptedServer, in_order: bool, batch_size: int | None
) -> None:
    names = ["a", "b", "c"]
    urls = [scripted.put(name, b"\n".join(lines_of(name)) + b"\n") for name in names]
    scripted.script = fails_behind_the_first_chunk("b")
    read = ReadConfig(on_error="skip", chunk_bytes=CHUNK, window_bytes=0, in_order=in_order)
    pipe = IterableWrapper(urls).load_files_by_s3(client=client_of(scripted), read=read)
    before = stats().skipped
    got = list(pipe.readlines(return_path=False, batch_size=batch_size))
    if batch_size is not None:
        assert all(len(batch) == batch_size for batch in got[:-1])
        got = [line for batch in got for line in batch]
    assert sorted(line for line in got if line[:1] != b"b") == lines_of("a") + lines_of("c")
    begun = [line for line in got if line[:1] == b"b"]
    assert begun == lines_of("b")[: CHUNK // 9]
    assert stats().skipped == before + 1
    assert [one.url for one in pipe.skipped] == [urls[1]]


def tar_of(name: str) -> bytes:
    """Ten samples of two files each, in eight chunks."""
    return archive(
        (f"{name}{number}.{extension}", noise(25 * KiB, number))
        for number in range(10)
        for extension in ("jpg", "cls")
    )


@pytest.mark.parametrize(
    ("keys", "by_members"), [("bare", False), ("bare", True), ("dotted", True)]
)
@pytest.mark.parametrize("last", [True, False])
def test_only_whole_samples_come_of_an_archive_that_fails(
    scripted: ScriptedServer, keys: str, by_members: bool, last: bool
) -> None:
    names = ["a", "c", "b"] if last else ["a", "b", "c"]
    urls = [scripted.put(name, tar_of(name)) for name in names]
    scripted.script = fails_behind_the_first_chunk("b")
    pipe: Any = IterableWrapper(urls).load_files_by_s3(client=client_of(scripted), read=LATE)
    if by_members:
        pipe = pipe.load_from_tar()
    samples = list(pipe.webdataset(keys=keys))
    jpg, label = (".jpg", ".cls") if keys == "dotted" else ("jpg", "cls")
    came = [sample["__key__"].rpartition("/")[2] for sample in samples]
    # Of the one that fails 64 KiB came: two files, and the head of the third.
    assert sorted(came) == sorted([f"a{n}" for n in range(10)] + [f"c{n}" for n in range(10)])
    for sample in samples:
        assert {jpg, label} <= sample.keys()


def test_members_before_a_failure_come(scripted: ScriptedServer) -> None:
    urls = [scripted.put(name, tar_of(name)) for name in ("a", "b")]
    scripted.script = fails_behind_the_first_chunk("b")
    pipe = IterableWrapper(urls).load_files_by_s3(client=client_of(scripted), read=LATE)
    members = [(member.name, member.read()) for _, member in pipe.load_from_tar()]
    assert [name for name, _ in members][20:] == ["b0.jpg", "b0.cls"]
    assert all(len(content) == 25 * KiB for _, content in members)


def test_what_fails_in_the_users_own_code_raises_there_but_not_when_it_is_whole(
    scripted: ScriptedServer,
) -> None:
    urls = [scripted.put(f"k{number}", noise(4 * CHUNK, number)) for number in range(3)]
    scripted.script = fails_behind_the_first_chunk("k1")
    client = client_of(scripted)
    with pytest.raises(RetriesExhausted):
        for _, stream in S3FileLoader(urls, client=client, read=LATE):
            stream.read()
    scripted.script = lambda request: Answer(status=500) if request.path.endswith("k1") else None
    whole = ReadConfig(on_error="skip", whole_objects=True)
    got = [stream.read() for _, stream in S3FileLoader(urls, client=client, read=whole)]
    assert got == [noise(4 * CHUNK, 0), noise(4 * CHUNK, 2)]


def test_late_failures_count_for_the_share(scripted: ScriptedServer) -> None:
    urls = [scripted.put(f"{number}b", b"line\n" * 20_000) for number in range(9)]
    scripted.script = fails_behind_the_first_chunk("b")
    pipe = IterableWrapper(urls).load_files_by_s3(client=client_of(scripted), read=LATE)
    got = []
    with pytest.raises(TooManySkipped):
        for path, _ in pipe.readlines():
            got.append(path)
    assert set(got) == set(urls[:4])
