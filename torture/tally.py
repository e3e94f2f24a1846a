"""What came of reading many objects: which were right, and what was raised in place of others."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from s3pipes import IterableWrapper, ReadConfig, S3Client
from s3pipes.url import split_object
from torture.store import is_right, true_bytes


@dataclass
class Tally:
    """Counts of objects.

    Attributes:
        right: came with the bytes that they must have.
        wrong: the URLs of those that came with others, or too few, or too many.
        taken_back: of those in whose place an error came, the ones of which wrong bytes came before
            it: a large object is handed on while it comes, and its checksum is known at its end.
        raised: for each kind of error the number of objects that it came in place of.
        errors: the text of the first few.
        waits_s: how long the reader waited for each object.
        took_s: from the first request for an object to the last byte.
    """

    right: int = 0
    wrong: list[str] = field(default_factory=list)
    taken_back: int = 0
    raised: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)
    waits_s: list[float] = field(default_factory=list)
    took_s: float = 0.0

    @property
    def failed(self) -> int:
        """Objects in whose place an error came."""
        return self.raised.total()

    def fail(self, error: BaseException) -> None:
        """Counts an error."""
        self.raised[type(error).__name__] += 1
        if len(self.errors) < 3:
            # Of one that a worker raised, torch puts its traceback before it.
            self.errors.append(f"{type(error).__name__}: {_last_line(error)}")

    def __iadd__(self, other: Tally) -> Tally:
        self.right += other.right
        self.wrong += other.wrong
        self.taken_back += other.taken_back
        self.raised += other.raised
        self.errors = (self.errors + other.errors)[:3]
        self.waits_s += other.waits_s
        self.took_s += other.took_s
        return self

    def notes(self) -> list[str]:
        """What a reader should see of what went wrong."""
        found = [f"wrong bytes: {', '.join(self.wrong[:3])}"] if self.wrong else []
        if self.taken_back:
            found.append(f"wrong bytes before an error: {self.taken_back} objects")
        if self.raised:
            kinds = ", ".join(f"{count} {name}" for name, count in self.raised.most_common())
            found += [f"raised: {kinds}", *self.errors]
        return found


def read_all(
    client: S3Client,
    urls: Sequence[str],
    *,
    read: ReadConfig | None = None,
    versions: int = 1,
    arrivals: list[tuple[float, int]] | None = None,
) -> Tally:
    """Reads objects as a loader gives them and compares every byte.

    An error of the loader counts for one object, and what comes behind it is read by another: so
    that each object is counted once. An object may be any one of its first `versions`, as a whole.
    `arrivals` gets the moment and the bytes of each piece.
    """
    tally = Tally()
    left = {str(url): url for url in urls}
    began = time.perf_counter()
    while left:
        pipe = IterableWrapper(list(left.values()), deepcopy=False)
        asked = time.perf_counter()
        try:
            for url, stream in pipe.load_files_by_s3(client=client, read=read):
                tally.waits_s.append(time.perf_counter() - asked)
                del left[str(url)]
                compare(str(url), stream, tally, versions=versions, arrivals=arrivals)
                asked = time.perf_counter()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is counted
            tally.fail(error)
            named = getattr(error, "url", None)
            left.pop(named if named in left else next(iter(left)))
        else:
            tally.wrong += left  # what is left was given neither as bytes nor as an error
            break
    tally.took_s = time.perf_counter() - began
    return tally


def _last_line(error: BaseException) -> str:
    return next(reversed(str(error).strip().splitlines()), "")


def compare(
    url: str,
    stream: Any,
    tally: Tally,
    *,
    versions: int = 1,
    arrivals: list[tuple[float, int]] | None = None,
) -> None:
    """Reads a stream to its end and counts what it gave."""
    key = split_object(url)[1]
    possible = list(range(1, versions + 1))
    at = 0
    try:
        for view in stream.chunks():
            possible = [v for v in possible if is_right(key, at, view, version=v)]
            at += len(view)
            if arrivals is not None:
                arrivals.append((time.perf_counter(), len(view)))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is counted
        tally.fail(error)
        tally.taken_back += not possible
        return
    finally:
        stream.close()
    if possible and at == true_bytes(key):
        tally.right += 1
    else:
        tally.wrong.append(url)
