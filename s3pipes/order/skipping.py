"""Objects that fail, and what of them a loader leaves out."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from s3pipes.config import ReadConfig
from s3pipes.engine import skipped
from s3pipes.engine.log import logger
from s3pipes.errors import (
    BadCertificate,
    BucketNotFound,
    ConfigError,
    S3PipesError,
    TooManySkipped,
    TransferCancelled,
)
from s3pipes.records.bad_record import BadRecord

# Let go whatever the share is: of few objects one is many per cent.
ALWAYS = 3
# Named each; beyond that every second power does, or a bad night would fill the disk.
_NAMED = 20
_KEPT = 100
_SHOWN = 3

# What no function is asked about: the next object would fail likewise, or none has failed.
_NEVER = (
    *(ConfigError, BucketNotFound, BadCertificate, TransferCancelled),
    *(TooManySkipped, BadRecord),
)


@dataclass(frozen=True)
class Skipped:
    """An object that was left out, or the rest of one."""

    url: str
    error: S3PipesError


class Skipping:
    """What one pass of one loader leaves out, as its `ReadConfig` says.

    Attributes:
        tried: objects whose turn has come.
        count: of those, the ones left out, wholly or in part.
        last: the last hundred of these.
    """

    def __init__(self, config: ReadConfig) -> None:
        self._on_error = config.on_error
        self._max_share = config.max_skipped_share
        self.tried = 0
        self.count = 0
        self.last: deque[Skipped] = deque(maxlen=_KEPT)

    @property
    def possible(self) -> bool:
        """Whether anything is ever left out."""
        return self._on_error != "raise"

    def leaves_out(self, url: str, error: Exception) -> bool:
        """Whether the object, or the rest of it, is left out; then it is counted and told.

        Raises:
            TooManySkipped: more failed than may.
            Exception: what a function of the user's raises.
        """
        if not isinstance(error, S3PipesError) or not self._wants(url, error):
            return False
        self.count += 1
        skipped()
        # Without the frames it went through, which hold the stream and its memory.
        self.last.append(Skipped(str(url), error.with_traceback(None)))
        if self.count <= _NAMED or self.count & (self.count - 1) == 0:
            logger.warning("left out, number %d: %s%s", self.count, error, self._rarely())
        if self.count - ALWAYS > self._max_share * self.tried:
            raise self._too_many(url) from error
        return True

    def _wants(self, url: str, error: S3PipesError) -> bool:
        if isinstance(error, _NEVER):
            return False
        if isinstance(self._on_error, str):
            return self._on_error == "skip" and error.of_one_object
        return bool(self._on_error(url, error))

    def _rarely(self) -> str:
        return ". From here on only every power of two is named" if self.count == _NAMED else ""

    def _too_many(self, url: str) -> TooManySkipped:
        shown = "; ".join(
            f"{ascii(one.url)[1:-1]}: {one.error.reason}" for one in list(self.last)[-_SHOWN:]
        )
        return TooManySkipped(
            f"{self.count} of {self.tried} objects failed, which is more than"
            f" max_skipped_share={self._max_share:g} lets go; the last: {shown}",
            url=str(url),
            hint="See why they failed; ReadConfig(max_skipped_share=...) lets more go",
        )
