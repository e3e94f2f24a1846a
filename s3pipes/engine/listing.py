"""The pages of a listing."""

from __future__ import annotations

from s3pipes.engine._native import Lister, ListPlace
from s3pipes.engine.lasting import Lasting, begun
from s3pipes.engine.log import listen
from s3pipes.engine.session import Session

Page = list[tuple[str, int, str, int]]


class Listing(Lasting[Lister]):
    """The objects under a prefix, page by page, further pages on their way while one is used.

    Args:
        prefix: a raw string, which keys begin with.
        page_size: keys per request; 0: the store's own.
    """

    __slots__ = ("_page_size", "_prefix")

    def __init__(self, session: Session, bucket: str, prefix: str, page_size: int) -> None:
        super().__init__(session, bucket)
        self._prefix = prefix
        self._page_size = page_size
        self.native = begun(lambda: self._from(None))

    def next_page(self) -> Page | None:
        """Key, size, ETag and time of change of each object; None after the last page."""
        # Known without asking anybody: in a fork's child too.
        return None if self.native.place is None else self.ask(Lister.next_page)

    def opened(self) -> Lister:
        """A new lister, whose next page is the same."""
        return self._from(self.native.place)

    def _from(self, place: ListPlace | None) -> Lister:
        listen()
        stores = self.session.here()
        self.store = stores.of(self.bucket)
        return Lister(
            engine=stores.engine,
            store=self.store,
            prefix=self._prefix,
            page_size=self._page_size,
            retry=stores.retry,
            place=place,
        )
