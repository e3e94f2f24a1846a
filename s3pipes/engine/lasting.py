"""What is kept between calls, and goes on after a fork and in another region."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Generic, TypeVar

from s3pipes.engine import _native
from s3pipes.engine.session import Session
from s3pipes.errors import WrongRegion

_Native = TypeVar("_Native")
_Argument = TypeVar("_Argument")
_Result = TypeVar("_Result")

_ENDED = (_native.Orphaned, WrongRegion)


def begun(begin: Callable[[], _Result]) -> _Result:
    """`begin()`, anew where a fork came between its steps: a signal's handler may do that."""
    while True:
        try:
            return begin()
        except _native.Orphaned:
            pass


class Lasting(ABC, Generic[_Native]):
    """Something native that is opened anew where a fork or a wrong region ended it.

    The one place that knows what follows from `Orphaned` and from `WrongRegion`.

    Attributes:
        native: as it is now, in this process.
        bucket, store: what it asks; the store that it was opened with.
    """

    __slots__ = ("bucket", "native", "session", "store")

    native: _Native
    store: _native.ObjectStore | None

    def __init__(self, session: Session, bucket: str) -> None:
        self.session = session
        self.bucket = bucket
        self.store = None

    def ask(self, method: Callable[[_Native], _Result]) -> _Result:
        """`method(native)`, in whatever process and region that has to be.

        Raises:
            S3PipesError: what the method raises; WrongRegion where following it leads nowhere new.
        """
        while True:
            try:
                return method(self.native)
            except _ENDED as error:
                if not self._goes_on(error):
                    raise
            # Not within the except: botocore keeps what it raised meanwhile, and with it all that
            # the present error knows of.
            self.native = begun(self.opened)

    def ask_with(self, method: Callable[[_Native, _Argument], _Result], by: _Argument) -> _Result:
        """`method(native, by)`, as `ask`; twice, since every byte that is read comes this way."""
        while True:
            try:
                return method(self.native, by)
            except _ENDED as error:
                if not self._goes_on(error):
                    raise
            self.native = begun(self.opened)

    def _goes_on(self, error: Exception) -> bool:
        # Orphaned, in a fork's child: what is opened from here on is of this process.
        return not isinstance(error, WrongRegion) or self.session.follow(
            self.bucket, self.store, error
        )

    @abstractmethod
    def opened(self) -> _Native:
        """A new native part, in this process, that goes on where the present one is."""
