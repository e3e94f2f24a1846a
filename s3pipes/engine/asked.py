"""What is asked of one bucket's store and answered at once."""

from __future__ import annotations

from s3pipes.config import ReadConfig
from s3pipes.engine import _native
from s3pipes.engine.lasting import Lasting
from s3pipes.engine.log import listen
from s3pipes.engine.opened import Meta, known
from s3pipes.engine.session import Session
from s3pipes.url import split_object


class _Question(Lasting[_native.ObjectStore]):
    """`ask(f)` returns `f(store)`."""

    __slots__ = ()

    def __init__(self, session: Session, bucket: str) -> None:
        super().__init__(session, bucket)
        self.native = self.opened()

    def opened(self) -> _native.ObjectStore:
        """The store as it is now."""
        store = self.store = self.session.here().of(self.bucket)
        return store


def head(session: Session, url: str) -> Meta:
    """What a HEAD tells of an object."""
    bucket, key = split_object(url)

    def asked(store: _native.ObjectStore) -> Meta:
        listen()
        here = session.here()  # in a fork's child another one than a moment ago
        return _native.head(engine=here.engine, store=store, key=key, retry=here.retry)

    return _Question(session, bucket).ask(asked)


def read_into(session: Session, url: str, read: ReadConfig, buffer: object) -> int:
    """Downloads an object into `buffer`, which is not touched afterwards; returns its size."""
    bucket, key = split_object(url)
    meta = known(url)
    size, etag = (None, "") if meta is None else meta[:2]

    def asked(store: _native.ObjectStore) -> int:
        return session.reader(read).read_into(store, key, size, etag, buffer)  # type: ignore[arg-type]

    return _Question(session, bucket).ask(asked)
