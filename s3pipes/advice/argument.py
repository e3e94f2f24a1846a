"""Answers to arguments that stand in the wrong place."""

from __future__ import annotations

from collections.abc import Iterable

from s3pipes.advice.url import shown

# What stands for what in torchdata's call forms, which begin with numbers.
_BELONGS = {
    "ClientConfig": "client=S3Client(ClientConfig(...))",
    "ReadConfig": "read=ReadConfig(...)",
    "RetryConfig": "client=S3Client(ClientConfig(retry=RetryConfig(...)))",
    "S3Client": "client=...",
}


def check(owner: str, name: str, value: object, kind: type | tuple[type, ...], wanted: str) -> None:
    """Raises where an argument is not of a kind.

    Raises:
        TypeError: it says what the argument takes, and where the value belongs.
    """
    if isinstance(value, kind) and not (isinstance(value, bool) and wanted.startswith("a number")):
        return
    text = f"{owner}: {name} takes {wanted}, not a {type(value).__name__}"
    belongs = _BELONGS.get(type(value).__name__)
    if isinstance(value, str) and wanted.startswith("a number"):
        belongs = "region=... for a region, masks=... for a pattern"
    raise TypeError(f"{text}: write {belongs}" if belongs else text)


def check_source(owner: str, source: object, element: str) -> None:
    """Raises where a pipe's source is no iterable of elements, or is a single str.

    Raises:
        TypeError: it says what to write.
    """
    if isinstance(source, (str, bytes)):
        text = source if isinstance(source, str) else source.decode(errors="replace")
        raise TypeError(
            f"{owner} takes an iterable of {element}, not one str: write [{shown(text)}]"
        )
    if not isinstance(source, Iterable):
        raise TypeError(f"{owner} takes an iterable of {element}, not a {type(source).__name__}")
