"""`ReadConfig(on_error=...)`: what a loader leaves out, what it says of it, and when it stops."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Iterator
from typing import Any

import pytest
from torch.utils.data import DataLoader

from s3pipes import (
    IterableWrapper,
    ObjectNotFound,
    ReadConfig,
    RetriesExhausted,
    S3Client,
    S3FileLoader,
    S3PipesError,
    TooManySkipped,
    stats,
)
from s3pipes.testing import ScriptedServer, SimulatedS3
from s3pipes.testing.answers import fault
from s3pipes.testing.server import S3Server
from tests.clients import client_of
from tests.noise import noise

SKIP = ReadConfig(on_error="skip")


@pytest.fixture(scope="module")
def simulated() -> Iterator[SimulatedS3]:
    with SimulatedS3("none") as server:
        server.add("simulated", "k/{:04}", 200, 10_000)
        yield server


def missing(bucket: str, count: int) -> list[str]:
    return [f"s3://{bucket}/absent/{number}" for number in range(count)]


def some_missing() -> list[str]:
    """Of 200 objects, two that are not there."""
    urls = [f"s3://simulated/k/{number:04}" for number in range(200)]
    urls[30] = "s3://simulated/k/gone"
    urls[171] = "s3://simulated/k/lost"
    return urls


def _key_and_bytes(item: tuple[str, Any]) -> tuple[str, bytes]:
    return item[0].rpartition("/")[2], item[1].read()


@pytest.mark.filterwarnings("ignore:This DataLoader will create:UserWarning")
@pytest.mark.parametrize("in_order", [True, False])
@pytest.mark.parametrize("workers", [0, 4])
def test_what_is_missing_is_left_out_and_counted(
    simulated: SimulatedS3, in_order: bool, workers: int
) -> None:
    urls = some_missing()
    read = ReadConfig(on_error="skip", in_order=in_order)
    pipe: Any = IterableWrapper(urls).sharding_filter()
    pipe = pipe.load_files_by_s3(client=client_of(simulated), read=read).map(_key_and_bytes)
    before = stats()
    got = dict(DataLoader(pipe, batch_size=None, num_workers=workers))
    there = [url.rpartition("/")[2] for url in urls if url[-1].isdigit()]
    assert sorted(got) == there
    if in_order and not workers:
        assert list(got) == there
    for key, content in got.items():
        assert content == simulated.expected("simulated", f"k/{key}", 0, 10_000)
    span = stats() - before
    assert span.skipped == 2
    assert "skipped         2 objects" in str(span)


def test_a_listed_object_that_was_deleted_is_left_out(
    moto: S3Server, caplog: pytest.LogCaptureFixture
) -> None:
    bucket = moto.bucket("skipping")
    for number in range(5):
        moto.boto.put_object(Bucket=bucket, Key=f"{number}", Body=noise(1000, number))
    client = S3Client(moto.config(), SKIP)
    urls = list(client.list(f"s3://{bucket}"))
    moto.boto.delete_object(Bucket=bucket, Key="1")
    moto.boto.put_object(Bucket=bucket, Key="3", Body=b"another")
    loader = S3FileLoader(urls, client=client)
    assert [stream.read() for _, stream in loader] == [noise(1000, n) for n in (0, 2, 4)]
    (gone, changed) = loader.skipped
    assert (gone.url, type(gone.error).__name__) == (urls[1], "ObjectNotFound")
    assert (changed.url, type(changed.error).__name__) == (urls[3], "ObjectChanged")
    told = [
        record.getMessage()
        for record in caplog.records
        if record.levelno == logging.WARNING and "left out" in record.getMessage()
    ]
    assert len(told) == 2
    assert "number 1" in told[0]
    assert f"{bucket}/1" in told[0]
    # A pass counts anew.
    assert len(list(loader)) == 3
    assert len(loader.skipped) == 2


def test_it_stops_above_the_share_and_names_the_last(simulated: SimulatedS3) -> None:
    there = [f"s3://simulated/k/{number:04}" for number in range(100)]
    loader = S3FileLoader(there + missing("simulated", 9), client=client_of(simulated), read=SKIP)
    got = []
    with pytest.raises(TooManySkipped) as caught:
        for url, _ in loader:
            got.append(url)
    # Three, and one per cent of 105.
    assert got == there
    error = caught.value
    assert "5 of 105 objects failed" in str(error)
    assert "s3://simulated/absent/4: " in str(error)
    assert "absent/1" not in str(error)
    assert "max_skipped_share" in error.hint
    assert error.url == "s3://simulated/absent/4"
    assert isinstance(error.__cause__, ObjectNotFound)
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again)) == (TooManySkipped, str(error))


@pytest.mark.parametrize("workers", [1, 2])
def test_a_worker_stops_too(simulated: SimulatedS3, workers: int) -> None:
    pipe: Any = IterableWrapper(missing("simulated", 20)).sharding_filter()
    pipe = pipe.load_files_by_s3(client=client_of(simulated), read=SKIP).map(_key_and_bytes)
    with pytest.raises(TooManySkipped) as caught:
        list(DataLoader(pipe, batch_size=None, num_workers=workers))
    assert "4 of 4 objects failed" in caught.value.reason


def test_three_are_always_let_go(simulated: SimulatedS3) -> None:
    read = ReadConfig(on_error="skip", max_skipped_share=0)
    client = client_of(simulated)
    assert not list(S3FileLoader(missing("simulated", 3), client=client, read=read))
    with pytest.raises(TooManySkipped):
        list(S3FileLoader(missing("simulated", 4), client=client, read=read))


def test_not_every_one_of_many_is_named(
    simulated: SimulatedS3, caplog: pytest.LogCaptureFixture
) -> None:
    read = ReadConfig(on_error="skip", max_skipped_share=1)
    urls = missing("simulated", 130)
    before = stats()
    loader = S3FileLoader(urls, client=client_of(simulated), read=read)
    assert not list(loader)
    assert (stats() - before).skipped == 130
    assert [one.url for one in loader.skipped] == urls[30:]
    told = [record.getMessage() for record in caplog.records if "left out" in record.getMessage()]
    named = [*range(1, 21), 32, 64, 128]
    assert [int(text.split("number ")[1].split(":")[0]) for text in told] == named
    assert "every power of two" in told[19]


# A function of the user's.


def test_a_function_is_asked_and_decides(scripted: ScriptedServer) -> None:
    urls = [scripted.put(f"k{number}", noise(100, number)) for number in range(4)]
    scripted.script = lambda request: (
        fault(500, "InternalError") if request.path.endswith(("k1", "k2")) else None
    )
    asked: list[tuple[str, S3PipesError]] = []

    def decide(url: str, error: S3PipesError) -> bool:
        asked.append((url, error))
        return url.endswith("k1")

    loader = S3FileLoader(urls, client=client_of(scripted), read=ReadConfig(on_error=decide))
    got = []
    with pytest.raises(RetriesExhausted) as caught:
        for url, _ in loader:
            got.append(url)
    assert got == urls[:1]
    assert [url for url, _ in asked] == urls[1:3]
    assert caught.value is asked[1][1]


def test_what_a_function_raises_is_raised(scripted: ScriptedServer) -> None:
    def decide(url: str, error: S3PipesError) -> bool:
        raise LookupError(url) from error

    scripted.put("there", b"")
    read = ReadConfig(on_error=decide)
    with pytest.raises(LookupError, match="absent"):
        list(S3FileLoader(["s3://bucket/absent"], client=client_of(scripted), read=read))


def test_a_function_is_held_to_the_share_too(scripted: ScriptedServer) -> None:
    scripted.put("there", b"")
    read = ReadConfig(on_error=lambda *_: True)
    with pytest.raises(TooManySkipped):
        list(S3FileLoader(missing("bucket", 9), client=client_of(scripted), read=read))


def _skip_all(url: str, error: S3PipesError) -> bool:
    return bool(url and error)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_function_travels_to_workers(simulated: SimulatedS3, method: str) -> None:
    read = ReadConfig(on_error=_skip_all)
    assert pickle.loads(pickle.dumps(read)) == read
    pipe: Any = IterableWrapper(some_missing()[25:35]).sharding_filter()
    pipe = pipe.load_files_by_s3(client=client_of(simulated), read=read).map(_key_and_bytes)
    loader = DataLoader(pipe, batch_size=None, num_workers=2, multiprocessing_context=method)
    assert len(list(loader)) == 9
