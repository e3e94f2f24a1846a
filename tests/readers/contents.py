"""Lines of objects, and functions that travel to workers."""

from __future__ import annotations

from typing import Any

from torch.utils.data import IterableDataset

OBJECTS = 24
LINES = 480


def lines_by_object():
    """Key 0 has 43 lines, all others 19."""
    numbers = iter(range(LINES))
    return {
        f"{i:02}.txt": [str(next(numbers)) for _ in range(43 if i == 0 else 19)]
        for i in range(OBJECTS)
    }


def number(line):
    return int(line)


def as_numbers(urls, client, **how):
    """The lines as numbers; the last pipe is one of torch's."""
    loaded = urls.load_files_by_s3(client=client, **how)
    return loaded.readlines(return_path=False, decode=True).map(number)


class Wrapped(IterableDataset[Any]):
    """What hides a pipe from torch."""

    def __init__(self, pipe):
        self.pipe = pipe

    def __iter__(self):
        yield from self.pipe


class MadeInside(IterableDataset[Any]):
    """What makes a pipe of its own in each worker."""

    def __init__(self, make):
        self.make = make

    def __iter__(self):
        yield from self.make()
