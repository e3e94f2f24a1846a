"""The lines of texts, cut natively and given in lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from s3pipes.advice.element import unpaired
from s3pipes.engine import LineSplitter, LineTooLong
from s3pipes.errors import S3PipesError
from s3pipes.records.bad_record import BadRecord
from s3pipes.records.pieces import left_out, pieces

# Lines made at once where the user takes them one by one.
_LINES_AHEAD = 256


@dataclass(frozen=True, kw_only=True)
class LineRules:
    r"""How streams become lines; a line ends with `\n`, or with its stream.

    Attributes:
        batch_size: lines per list; None: as they come.
        drop_last: with batch_size, leave the short list at the end out.
        strip: remove all `\r` and `\n` from both ends of a line.
        max_line_bytes: the longest line accepted.
        skip_lines: lines dropped at the start of each stream.
        encoding: that lines are decoded from; None: they stay bytes.
        errors: as for `bytes.decode`.
        with_path: give `(path, line)`.
    """

    batch_size: int | None
    drop_last: bool
    strip: bool
    max_line_bytes: int
    skip_lines: int
    encoding: str | None
    errors: str
    with_path: bool


def lists_of_lines(source: Iterable[tuple[Any, Any]], rules: LineRules) -> Iterator[list[Any]]:
    """Yields lists of the lines of every `(path, stream)`; they run on across streams.

    Raises:
        TypeError: an element of the source is no pair.
        S3PipesError: a stream fails, and its loader does not leave it out.
        BadRecord: a line is too long. All lines before it have been given where there is no
            batch_size.
    """
    batched = rules.batch_size is not None
    splitter = LineSplitter(
        batch_size=rules.batch_size or _LINES_AHEAD,
        strip=rules.strip,
        max_line_bytes=rules.max_line_bytes,
        skip_lines=rules.skip_lines,
        encoding=rules.encoding,
        errors=rules.errors,
        with_path=rules.with_path,
    )
    for element in source:
        try:
            path, stream = element
        except (TypeError, ValueError):
            raise unpaired(element, "readlines") from None
        yield from _lists_of(path, stream, splitter, batched=batched)
    lines = splitter.rest()
    if lines and not (rules.drop_last and batched):
        yield lines


def _lists_of(
    path: Any, stream: Any, splitter: LineSplitter, *, batched: bool
) -> Iterator[list[Any]]:
    splitter.start(path)
    with closing(pieces(stream)) as fed:
        try:
            for piece in fed:
                if isinstance(piece, str):
                    splitter.feed(piece.encode("utf-8", "surrogatepass"), text=True)
                else:
                    splitter.feed(piece)
                del piece  # its memory is wanted for the next
                while (lines := splitter.take()) is not None:
                    yield lines
                if not batched:
                    yield splitter.rest()
            splitter.finish()
            while (lines := splitter.take()) is not None:
                yield lines
        except LineTooLong as error:
            if not batched:
                yield splitter.rest()
            raise BadRecord(
                str(error), url=str(path), hint="Raise max_line_bytes of readlines()"
            ) from None
        except S3PipesError as error:
            if not left_out(stream, error):
                raise
            # The line that was begun is dropped: nobody knows its end.
