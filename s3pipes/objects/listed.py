"""What lies under a prefix."""

from __future__ import annotations

from collections.abc import Iterator

from s3pipes.engine import Listing, Session
from s3pipes.url import S3Url, split


def listed(session: Session, prefix: str, page_size: int = 0) -> Iterator[S3Url]:
    """The objects under `prefix`; their first page is asked for at once, before any is taken.

    Raises:
        ValueError: the URL is none of S3's.
        S3PipesError: the bucket cannot be listed (when iterated).
    """
    bucket, raw_prefix = split(prefix)
    return _urls(bucket, Listing(session, bucket, raw_prefix, page_size))


def _urls(bucket: str, pages: Listing) -> Iterator[S3Url]:
    make = S3Url.of
    while (page := pages.next_page()) is not None:
        for key, size, etag, last_modified in page:
            yield make(bucket, key, size, etag, last_modified)
