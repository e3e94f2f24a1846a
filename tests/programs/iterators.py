"""A loader's iterator that is used on both sides of a fork."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import pytest

from s3pipes import IterableWrapper, ReadConfig, S3Client, S3Stream, S3Url
from tests.noise import KiB, noise
from tests.programs.forking import in_child
from tests.programs.ground import client_at, leave

COUNT = 30
SIZE = 150_000


def goes_on(endpoint_url: str, in_order: bool, listed: bool, whole_objects: bool) -> None:
    """Whatever was taken before the fork, each side gets the rest, once and whole."""
    client = client_at(endpoint_url)
    read = ReadConfig(chunk_bytes=64 * KiB, in_order=in_order, whole_objects=whole_objects)
    for taken in (0, 1, 7, COUNT - 2, COUNT):
        _goes_on_after(client, read, listed, taken)
    leave()


def _goes_on_after(client: S3Client, read: ReadConfig, listed: bool, taken: int) -> None:
    urls: list[str] = list(client.list("s3://bucket/"))
    if not listed:
        urls = [str(url) for url in urls]
    iterator = iter(IterableWrapper(urls).load_files_by_s3(client=client, read=read))
    head = _numbers(iterator, taken)

    def child() -> None:
        _check(head + _numbers(iterator), read.in_order)

    assert in_child(child) == 0, taken
    # A child of another moment, whose own child goes on too.
    if taken == 7:
        head += _numbers(iterator, 3)

        def grandchildren() -> None:
            more = head + _numbers(iterator, 2)
            assert in_child(lambda: _check(more + _numbers(iterator), read.in_order)) == 0
            _check(more + _numbers(iterator), read.in_order)

        assert in_child(grandchildren) == 0
    _check(head + _numbers(iterator), read.in_order)


def _numbers(iterator: Iterator[tuple[str, S3Stream]], most: int = COUNT) -> list[int]:
    """Of the objects that come next, every byte of which is right."""
    found: list[int] = []
    while len(found) < most:
        item = next(iterator, None)
        if item is None:
            break
        url, stream = item
        number = int(S3Url(url).key)
        assert stream.read() == noise(SIZE, number), url
        stream.close()
        found.append(number)
    return found


def _check(numbers: list[int], in_order: bool) -> None:
    expected = list(range(COUNT))
    assert (numbers if in_order else sorted(numbers)) == expected, numbers


def errors_in_their_turn(endpoint_url: str) -> None:
    """What was wrong before the fork is wrong behind it, where its turn comes."""
    client = client_at(endpoint_url)
    urls = [f"s3://bucket/{name}" for name in ("00", "01", "absent", "02")]
    iterator = iter(IterableWrapper(urls).load_files_by_s3(client=client))
    assert next(iterator)[1].read() == noise(SIZE, 0)

    def rest() -> None:
        assert next(iterator)[1].read() == noise(SIZE, 1)
        with pytest.raises(FileNotFoundError, match="absent"):
            next(iterator)

    assert in_child(rest) == 0
    rest()
    leave()


def region_found_by_the_child(endpoint_url: str) -> None:
    """Nobody had answered when the fork came: the child is led to the region by itself."""
    client = client_at(endpoint_url)
    urls = [f"s3://bucket/{number:02}" for number in range(5)]
    for in_order in (True, False):
        read = ReadConfig(in_order=in_order)
        iterator = iter(IterableWrapper(urls).load_files_by_s3(client=client, read=read))

        def child(iterator: Iterator[tuple[str, S3Stream]] = iterator) -> None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)
                assert sorted(_numbers(iterator)) == list(range(5))

        assert in_child(child) == 0
    leave()
