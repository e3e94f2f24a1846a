"""The store of the rows: a simulated S3 with families of objects, and their true bytes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from s3pipes import S3Client, S3Url
from s3pipes.testing import SimulatedS3
from s3pipes.testing.simulated_bytes import computed_bytes

BUCKET = "torture"
KIB = 1 << 10
MIB = 1 << 20
SEED = 8


@dataclass(frozen=True)
class Family:
    """Objects of one size, which their keys tell, under one prefix."""

    label: str
    count: int
    object_bytes: int

    @property
    def name(self) -> str:
        """Their prefix, without its `/`."""
        return f"{self.label}-{self.object_bytes}"

    @property
    def pattern(self) -> str:
        """Their keys."""
        return f"{self.name}/{{:07}}"

    @property
    def prefix(self) -> str:
        """The URL that lists them."""
        return f"s3://{BUCKET}/{self.name}/"

    def key(self, number: int) -> str:
        """One of their keys."""
        return self.pattern.format(number)

    def plain(self) -> list[str]:
        """URLs as a user writes them, without a listing."""
        return [f"s3://{BUCKET}/{self.key(number)}" for number in range(self.count)]


def store(profile: str, *families: Family, seed: int = SEED, **settings: Any) -> SimulatedS3:
    """A simulated S3 that has the families as soon as its context begins.

    A prefix may be read as often as one likes, as data sets that are read so fast spread over many
    prefixes; `reads_per_s` says otherwise.
    """
    return _Described(families, profile, seed=seed, **({"reads_per_s": 0} | settings))


class _Described(SimulatedS3):
    def __init__(self, families: Iterable[Family], profile: str, **settings: Any) -> None:
        super().__init__(profile, **settings)
        self._families = tuple(families)

    def __enter__(self) -> SimulatedS3:
        super().__enter__()
        for family in self._families:
            self.add(BUCKET, family.pattern, family.count, family.object_bytes)
        return self


def listed(client: S3Client, *families: Family) -> list[S3Url]:
    """What a listing says of them."""
    return [url for family in families for url in client.list(family.prefix)]


def true_bytes(key: str) -> int:
    """The size of an object, from its key."""
    return int(key.partition("/")[0].rpartition("-")[2])


def is_right(key: str, begin: int, found: Any, *, version: int = 1) -> bool:
    """Whether these are the bytes from `begin` on; a copy is compared faster than a view."""
    return bytes(found) == computed_bytes(BUCKET, key, begin, begin + len(found), version=version)
