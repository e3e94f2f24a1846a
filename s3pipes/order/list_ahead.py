"""Prefixes side by side: the next ones' first pages are on their way while one is listed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator

from s3pipes.engine import Session
from s3pipes.objects.listed import listed
from s3pipes.url import S3Url

# A page of each is asked for and held.
_MOST_AHEAD = 8


def list_ahead(
    session: Session, prefixes: Iterable[str], on_nothing: Callable[[str], None]
) -> Iterator[S3Url]:
    """The objects under every prefix, prefix after prefix.

    The second prefix is taken when the first is used up; from there on twice as many ahead each
    time. A prefix that is wrong, and an error of `prefixes` itself, are raised in their turn.

    Args:
        on_nothing: told each prefix under which there is nothing, in its turn.

    Raises:
        ValueError: a URL is none of S3's.
        S3PipesError: a prefix cannot be listed.
    """
    source = iter(prefixes)
    ahead: deque[tuple[str, Iterator[S3Url]] | Exception] = deque()
    wanted, ended = 1, False
    while True:
        while not ended and len(ahead) < wanted:
            try:
                prefix = next(source)
                ahead.append((prefix, listed(session, prefix)))
            except StopIteration:
                ended = True
            except Exception as error:  # noqa: BLE001 - told in its turn, not before
                ended = True
                ahead.append(error)
        if not ahead:
            return
        wanted = min(2 * wanted, _MOST_AHEAD)
        present = ahead.popleft()
        if isinstance(present, Exception):
            raise present
        prefix, urls = present
        first = next(urls, None)
        if first is None:
            on_nothing(prefix)
        else:
            yield first
            yield from urls
