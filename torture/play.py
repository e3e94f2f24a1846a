"""Plays a program of faults and reads against the simulated S3 and holds it against the model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from s3pipes import IterableWrapper, ReadConfig, RetryConfig, S3Client, S3PipesError, S3Url
from s3pipes.testing import SimulatedS3
from torture import steps
from torture.model import ATTEMPTS, Contradiction, Model
from torture.steps import Step, as_script
from torture.store import BUCKET, KIB, Family, is_right, store

# Objects of one request, of several, and of none.
FAMILIES = (Family("tiny", 2, 1000), Family("pieces", 2, 300_000), Family("empty", 1, 0))
SIZES = tuple(family.object_bytes for family in FAMILIES for _ in range(family.count))
KEYS = tuple(family.key(i) for family in FAMILIES for i in range(family.count))

_QUICKLY = RetryConfig(max_attempts=ATTEMPTS, base_delay_s=0.001, max_delay_s=0.01)
_CHUNKS = ReadConfig(chunk_bytes=64 * KIB)
_LOOKS = ("GET", "HEAD")  # a range of a plain string is looked up before it is read


def play(program: Sequence[Step], *, seed: int = 0) -> None:
    """Plays it from its start, with a server of its own.

    Raises:
        Contradiction: the first step at which the client did what it may not, and the program as
            a script.
    """
    with store("none", *FAMILIES, seed=seed) as server:
        player = _Player(server)
        try:
            for number, step in enumerate(program):
                try:
                    player.do(step)
                except Contradiction as found:
                    text = as_script(list(program[: number + 1]))
                    raise Contradiction(f"at {step}: {found}\n\n{text}") from None
        finally:
            player.close()


class _Player:
    def __init__(self, server: SimulatedS3) -> None:
        self._server = server
        self._client = S3Client(server.config(retry=_QUICKLY, progress_timeout_s=0.5), read=_CHUNKS)
        self._model = Model([1] * len(KEYS))
        self._urls: list[S3Url] = []
        self._seen = 0  # entries of the log
        self._stream: Any = None
        self._open: tuple[int, int | None, int] = (0, None, 1)  # number, pinned, before
        self._at = 0

    def close(self) -> None:
        if self._stream is not None:
            self._stream.close()
        self._stream = None

    def do(self, step: Step) -> None:
        if isinstance(step, steps.Befall):
            self._model.befall(step)
            self._server.fault(step.kind, times=step.times, method=step.method, **step.how)
        elif isinstance(step, steps.Calm):
            self._model.calm()
            self._server.clear_faults()
        elif isinstance(step, steps.Change):
            if SIZES[step.number]:  # an empty one has no other bytes
                self._server.overwrite(BUCKET, KEYS[step.number])
                self._model.versions[step.number] += 1
        elif isinstance(step, steps.List):
            self._list()
        elif isinstance(step, steps.Get):
            self._read(step.number, step.listed, 0, lambda url: [(0, self._client.get(url))])
        elif isinstance(step, steps.Ranges):
            self._ranges(step)
        elif isinstance(step, steps.Load):
            self._load(step)
        else:
            self._of_a_stream(step)

    def _list(self) -> None:
        urls, raised = _tried(lambda: list(self._client.list(f"s3://{BUCKET}/")))
        allowed = self._model.may_raise(
            0, pinned=None, before=self._model.versions[0], methods=("LIST",)
        )
        _hold(raised, allowed)
        if urls is None:
            return
        found = {url.key: url for url in urls}
        if sorted(found) != sorted(KEYS) or len(urls) != len(KEYS):
            raise Contradiction(f"listed {sorted(found)}")
        if [found[key].size for key in KEYS] != list(SIZES):
            raise Contradiction(f"listed sizes {[found[key].size for key in KEYS]}")
        self._urls = [found[key] for key in KEYS]
        self._model.listed = list(self._model.versions)

    def _read(
        self,
        number: int,
        listed: bool,
        least: int,
        read: Callable[[str], list[tuple[int, Any]]],
    ) -> None:
        """`read` gives places and bytes; `least` is what they must come to, 0: the object."""
        url, pinned = self._asked(number, listed)
        before = self._model.versions[number]
        pieces, raised = _tried(lambda: read(url))
        self._catch_up()
        _hold(raised, self._model.may_raise(number, pinned=pinned, before=before, methods=_LOOKS))
        if pieces is not None:
            self._compare(
                number, pieces, self._model.possible(number, pinned=pinned, before=before)
            )
            if sum(len(piece) for _, piece in pieces) != (least or SIZES[number]):
                raise Contradiction(f"{[len(piece) for _, piece in pieces]} bytes")

    def _ranges(self, step: steps.Ranges) -> None:
        ranges = [(b, e) for b, e in step.ranges if b < e <= SIZES[step.number]]
        if ranges:
            self._read(
                step.number,
                step.listed,
                sum(end - begin for begin, end in ranges),
                lambda url: list(
                    zip([b for b, _ in ranges], self._client.get_ranges(url, ranges), strict=True)
                ),
            )

    def _load(self, step: steps.Load) -> None:
        asked = {number: self._asked(number, step.listed) for number in step.numbers}
        before = list(self._model.versions)
        read = ReadConfig(chunk_bytes=64 * KIB, in_order=step.in_order)
        urls = [url for url, _ in asked.values()]
        came: dict[str, Any] = {}

        def load() -> None:
            pipe = IterableWrapper(urls).load_files_by_s3(client=self._client, read=read)
            for url, stream in pipe:
                came[str(url)] = stream.read()

        _, raised = _tried(load)
        self._catch_up()
        allowed = set[str]()
        must_fail = False
        for number, (url, pinned) in asked.items():
            of_one = self._model.may_raise(
                number, pinned=pinned, before=before[number], methods=_LOOKS
            )
            must_fail |= "" not in of_one
            allowed |= of_one
            if str(url) in came:
                possible = self._model.possible(number, pinned=pinned, before=before[number])
                body = came[str(url)]
                self._compare(number, [(0, body)], possible)
                if len(body) != SIZES[number]:
                    raise Contradiction(f"{len(body)} bytes of {url}")
        _hold(raised, allowed - ({""} if must_fail else set()))
        if not raised and len(came) != len(asked):
            raise Contradiction(f"only {sorted(came)} came")
        order = [str(url) for url in urls]
        if step.in_order and list(came) != order[: len(came)]:
            raise Contradiction(f"in this order: {list(came)}")

    def _of_a_stream(self, step: Step) -> None:
        if isinstance(step, steps.Open):
            self.close()
            url, pinned = self._asked(step.number, step.listed)
            before = self._model.versions[step.number]
            self._stream, raised = _tried(lambda: self._client.open(url))
            self._open, self._at = (step.number, pinned, before), 0
        elif self._stream is None:
            return
        else:
            raised = self._go_on(step)
        self._catch_up()
        number, pinned, before = self._open
        allowed = self._model.may_raise(number, pinned=pinned, before=before, methods=_LOOKS)
        # What is here already is given, whatever has become of the object.
        _hold(raised, allowed | {""})
        if raised:
            self.close()

    def _go_on(self, step: Step) -> str:
        number, pinned, before = self._open
        if isinstance(step, steps.Seek):
            self._at = min(step.offset, SIZES[number])
            return _tried(lambda: self._stream.seek(self._at))[1]
        assert isinstance(step, steps.ReadMore)
        body, raised = _tried(lambda: self._stream.read(step.size))
        if body is None:
            return raised
        self._catch_up()
        if len(body) != min(step.size, SIZES[number] - self._at):
            raise Contradiction(f"read {len(body)} bytes at {self._at}")
        possible = self._model.possible(number, pinned=pinned, before=before)
        only = self._compare(number, [(self._at, body)], possible)
        if body and len(body) > 16:  # so much tells the versions apart
            self._open = (number, only, before)
        self._at += len(body)
        return ""

    def _asked(self, number: int, listed: bool) -> tuple[str, int | None]:
        if listed and self._urls:
            # There is nothing to be asked of an object that was listed as empty.
            return self._urls[number], self._model.listed[number]
        return f"s3://{BUCKET}/{KEYS[number]}", None

    def _catch_up(self) -> None:
        """Learns from the log which objects were overwritten meanwhile."""
        log = self._server.fault_log(self._seen)
        for entry in log:
            if entry.kind == "overwrite" and entry.key in KEYS:
                self._model.versions[KEYS.index(entry.key)] += 1
        self._seen += len(log)

    def _compare(self, number: int, pieces: list[tuple[int, Any]], possible: range) -> int:
        """Whether all pieces are of one possible version; which one."""
        for version in possible:
            if all(is_right(KEYS[number], at, piece, version=version) for at, piece in pieces):
                return version
        raise Contradiction(f"other bytes than those of any of the versions {list(possible)}")


def _tried(work: Callable[[], Any]) -> tuple[Any, str]:
    """What it gave, and the name of the error that it raised, or ""."""
    try:
        return work(), ""
    except S3PipesError as error:
        return None, type(error).__name__


def _hold(raised: str, allowed: set[str]) -> None:
    if raised not in allowed:
        may = ", ".join(sorted(allowed - {""})) or "no error"
        raise Contradiction(f"{raised or 'no error'} where {may} was to come")
