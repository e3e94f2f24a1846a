"""The objects under prefixes."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from types import NoneType

from s3pipes.advice.argument import check, check_source
from s3pipes.advice.listing import Passed
from s3pipes.compat.environment import client_config_from_environment
from s3pipes.objects.client import S3Client
from s3pipes.order.list_ahead import list_ahead
from s3pipes.pipes.from_store import FromStore
from s3pipes.pipes.handler import S3Handler
from s3pipes.pipes.register import functional
from s3pipes.pipes.upstream import is_the_one_to_tell
from s3pipes.url import S3Url


@functional("list_files_by_s3", of_any_source=True)
class S3FileLister(FromStore[S3Url]):
    """Yields an `S3Url` for every object under every prefix (`.list_files_by_s3()`).

    Call form and order are torchdata's; keys that end in "/" (folder markers) are left out, an
    empty prefix yields nothing, with a warning at the end. A prefix is a raw string. The URLs know
    size and ETag, so that the loader need not ask again.

    Args:
        source_datapipe: yields prefixes, `s3://bucket` or `s3://bucket/some/prefix`.
        length: what `len()` is to say; -1 where unknown.
        request_timeout_ms: milliseconds without a byte after which a request is given up and
            retried; -1: 10 seconds.
        region: "": from the environment or the profile.
        masks: one or several `fnmatch` patterns of which the whole URL must match one; "": all.
        client: replaces what `request_timeout_ms`, `region` and torchdata's variables say.

    Raises:
        TypeError: an argument stands in another's place.
        ValueError: a URL is none of S3's (when iterated).
        S3PipesError: a prefix cannot be listed (when iterated).
    """

    def __init__(
        self,
        source_datapipe: Iterable[str],
        length: int = -1,
        request_timeout_ms: int = -1,
        region: str = "",
        masks: str | list[str] = "",
        *,
        client: S3Client | None = None,
    ) -> None:
        name = "list_files_by_s3"
        check_source(name, source_datapipe, "prefixes")
        check(name, "length", length, int, "a number of URLs")
        check(
            name, "request_timeout_ms", request_timeout_ms, (int, float), "a number of milliseconds"
        )
        check(name, "region", region, (str, NoneType), "a region's name")
        check(name, "masks", masks, (str, list, tuple), "one pattern or a list of patterns")
        check(name, "client", client, (S3Client, NoneType), "an S3Client")
        super().__init__()
        self.source_datapipe = source_datapipe
        self.length = length
        self.masks = masks
        self.client = client or S3Client(client_config_from_environment(region, request_timeout_ms))
        self._handler = S3Handler(self.client)

    def __iter__(self) -> Iterator[S3Url]:
        self._begin()
        masks = [self.masks] if isinstance(self.masks, str) else self.masks
        masks = [mask for mask in masks if mask]
        passed = Passed(masks)
        for url in list_ahead(self.client.session, self.source_datapipe, passed.empty.append):
            if url.endswith("/"):
                passed.markers += 1
            elif not masks or any(fnmatch(url, mask) for mask in masks):
                passed.given = True
                yield url
            else:
                passed.an_unmatched = passed.an_unmatched or str(url)
                passed.unmatched += 1
        answer = passed.answer()
        if answer and is_the_one_to_tell(self):
            warnings.warn(answer, RuntimeWarning, stacklevel=2)

    @property
    def handler(self) -> S3Handler:
        """torchdata's, for programs that call it by itself; `client` does more."""
        return self._handler

    def __len__(self) -> int:
        if self.length == -1:
            raise TypeError(f"{type(self).__name__} instance doesn't have valid length")
        return self.length
