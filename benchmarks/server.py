"""A server of the benchmark, while its context lasts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import ExitStack

from benchmarks.endpoint import Endpoint
from benchmarks.works import Work


class Server(ABC):
    """`with … as server:` `fill(works)`, then `start(keys)` serves them."""

    def __init__(self) -> None:
        self._open = ExitStack()  # what ends with the context

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    @abstractmethod
    def fill(self, works: Sequence[Work]) -> dict[str, int]:
        """Makes each data set; returns the number of records of every object that has some."""

    @abstractmethod
    def start(self, keys: Sequence[str]) -> Endpoint:
        """Returns when the keys can be read."""
