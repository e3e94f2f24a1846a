"""The native engine: the contract of `s3pipes.engine._native`, held against it by `make check`.

Sizes and positions are in bytes, times in seconds. Every call that waits gives the GIL away, looks
for signals about every 50 ms, and raises what `s3pipes.errors.translate` makes of a failure.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, final

from typing_extensions import Buffer

from s3pipes.aws.endpoint import Target

Refresh: TypeAlias = Callable[[CredentialCell], None]

class Orphaned(RuntimeError):
    """The stream or reader was made before a fork; its requests run in the parent."""

class LineTooLong(ValueError): ...
class BadArchive(ValueError): ...

@final
class RetryRules:
    def __init__(
        self,
        *,
        max_attempts: int,
        base_delay_s: float,
        max_delay_s: float,
        time_limit_s: float,
    ) -> None: ...

@final
class Engine:
    """Memory, event loops and scheduler of one process."""

    @staticmethod
    def of_this_process(
        *, memory_bytes: int, max_requests: int, event_loops: int, neighbours: int
    ) -> Engine:
        """The one engine, made at the first call; later calls raise limits, and lower none."""

    def of_present_process(self) -> bool:
        """False in a fork's child for the parent's engine."""

@final
class CredentialCell:
    """Credentials that may change while requests run.

    `refresh` is called with the cell, on a thread that waits, when the store found them expired.
    """

    def __init__(self, refresh: Refresh) -> None: ...
    def set(self, access_key: str, secret_key: str, session_token: str) -> None: ...
    def set_anonymous(self) -> None: ...
    def wanted(self) -> bool:
        """The store refused the present ones as expired, and requests wait for others."""

@final
class TlsTrust:
    @staticmethod
    def make(verify: bool, ca_file: str) -> TlsTrust:
        """`ca_file` "": the system's. Raises ConfigError where the file cannot be read."""

class ObjectStore:
    """One bucket."""

@final
class S3Store(ObjectStore):
    @staticmethod
    def make(
        *, engine: Engine, target: Target, credentials: CredentialCell, trust: TlsTrust | None
    ) -> S3Store:
        """`trust` is needed where the target speaks TLS."""

@final
class View:
    """Bytes in memory that is the user's; a writable buffer."""

    @property
    def last(self) -> bool:
        """Nothing of the object comes after it."""
    def __len__(self) -> int: ...
    def __buffer__(self, flags: int, /) -> memoryview: ...
    def __release_buffer__(self, buffer: memoryview, /) -> None: ...

@final
class Reader:
    """One window over the streams opened in it, in opening order."""

    def __init__(
        self,
        *,
        engine: Engine,
        chunk_bytes: int | None,
        window_bytes: int | None,
        lookahead: int | None,
        retry: RetryRules,
        in_order: bool = True,
    ) -> None: ...
    def open(
        self,
        store: ObjectStore,
        key: str,
        size: int | None,
        etag: str,
        tag: int = 0,
        glance: bool = False,
    ) -> ObjectStream:
        """Nothing is sent before `start`, or before the stream is waited for.

        At a glance little is fetched before reading is seen to go on.
        """

    def open_in_one_piece(
        self,
        store: ObjectStore,
        key: str,
        begin: int,
        end: int | None,
        size: int | None,
        etag: str,
        tag: int = 0,
    ) -> ObjectStream:
        """Bytes `[begin, end)` into one piece of memory outside the budget."""

    def read_into(
        self, store: ObjectStore, key: str, size: int | None, etag: str, buffer: Buffer
    ) -> int:
        """Downloads into `buffer` and returns the size; `buffer` is not touched afterwards."""

    def start(self) -> None: ...
    def room(self, open_ahead: int) -> int:
        """How many more streams should be opened, so many being open ahead of the consumer."""

    def next_ready(self) -> int:
        """The tag of a stream that is ready, each once; waits for the first."""

@final
class ObjectStream:
    """One object, read in order. Dropping it closes it."""

    def wait_ready(self) -> tuple[int, str, int]:
        """As `meta`, once reading can begin."""
    def ready(self) -> bool: ...
    def meta(self) -> tuple[int, str, int]:
        """Size, ETag ("" if none), seconds of last change since 1970 UTC (0 if unknown)."""

    def tell(self) -> int: ...
    def seek(self, position: int) -> None: ...
    def read(self, size: int) -> bytes: ...
    def readinto(self, buffer: Buffer) -> int: ...
    def readline(self, limit: int) -> bytes: ...
    def next_view(self) -> View:
        """The rest of the present chunk; an empty piece at the end."""

    def whole(self) -> View: ...
    def whole_at_hand(self) -> View | None:
        """As `whole`, where all bytes are here in one piece already; waits for nothing."""

    def notify(self, descriptor: int) -> None:
        """Writes to an eventfd, once, when `whole` need not wait."""

    def close(self) -> None: ...

@final
class ListPlace:
    """Where a listing goes on."""

@final
class Lister:
    def __init__(
        self,
        *,
        engine: Engine,
        store: ObjectStore,
        prefix: str,
        page_size: int,
        retry: RetryRules,
        place: ListPlace | None = None,
    ) -> None: ...
    @property
    def place(self) -> ListPlace | None:
        """Of the page that comes next; None after the last one. Readable in a fork's child."""

    def next_page(self) -> list[tuple[str, int, str, int]] | None:
        """Key, size, ETag, last change of each object; None after the last page."""

@final
class LineSplitter:
    """Pieces of objects in, lists of lines out."""

    def __init__(
        self,
        *,
        batch_size: int,
        strip: bool,
        max_line_bytes: int,
        skip_lines: int,
        encoding: str | None,
        errors: str,
        with_path: bool,
    ) -> None: ...
    def start(self, path: object) -> None: ...
    def feed(self, piece: Buffer, text: bool = False) -> None: ...
    def finish(self) -> None: ...
    def take(self) -> list[Any] | None: ...
    def rest(self) -> list[Any]: ...

@final
class TarReader:
    """Pieces of an archive in, members out."""

    def __init__(self) -> None: ...
    def feed(self, piece: Buffer) -> None: ...
    def finish(self) -> None: ...
    def take(self) -> tuple[str, bytes] | None: ...

def head(
    *, engine: Engine, store: ObjectStore, key: str, retry: RetryRules
) -> tuple[int, str, int]: ...
def merge_ranges(
    ranges: Sequence[tuple[int, int]], max_bytes: int
) -> list[tuple[int, int, list[int]]]:
    """Requests `(begin, end, which of the ranges lie in it)`; none for empty ranges."""

def process_generation() -> int:
    """Grows by one in the child of every fork."""

def stats() -> dict[str, Any] | None:
    """See `s3pipes.engine.stats.Stats`; None before an engine exists anywhere."""

def quantile_s(counts: Sequence[int], share: float) -> float:
    """Of a histogram's counts, as `stats` gives them: the time that a share did not exceed."""

def skipped() -> None:
    """One more object that a loader left out."""

def take_events() -> list[tuple[int, float, str]]:
    """Level, time since 1970 and text of what the engine has to say; each is given once."""

def want_events(least: int) -> None:
    """From this level of `logging` on; warnings always."""

def stats_page_bytes() -> int:
    """The size of the file that holds the figures of a tree of processes."""

def share_stats(descriptor: int) -> bool:
    """Counts there from now on, in this process and those that it forks; False: it cannot."""

def shut_down() -> None:
    """Joins the event loops; nothing can be read afterwards."""
