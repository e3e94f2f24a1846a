"""The lines of text objects."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from typing import Any

from s3pipes.advice.argument import check_source
from s3pipes.pipes.base import Pipe
from s3pipes.pipes.register import functional
from s3pipes.records.lines import LineRules, lists_of_lines


@functional("readlines")
class LineReader(Pipe[Any]):
    r"""Yields every line of every `(path, stream)` of the source, in order (`.readlines()`).

    Call form and result are torchdata's. A line ends with `\n` and nothing else; what follows the
    last `\n` is a line too, if there is any. Each stream is closed at its end.

    Args:
        source_datapipe: yields `(path, stream)`; a stream of text gives its lines as str.
        skip_lines: lines dropped at the start of each object.
        strip_newline: remove all `\r` and `\n` from both ends of a line, as torchdata did.
        decode: yield str rather than bytes.
        encoding, errors: as for `bytes.decode`.
        return_path: yield `(path, line)` rather than `line`.
        batch_size: yield lists of so many elements instead, which run on across objects; the last
            one may be shorter. Several times faster than single lines.
        drop_last: with batch_size, leave the short list at the end out.
        max_line_bytes: the longest line accepted; a longer one is an error rather than memory.
        length: what `len()` is to say; -1 where unknown.

    Raises:
        S3PipesError: an object cannot be read to its end, and its loader does not leave out the
            rest; where it does, the line that was begun is left out too.
        BadRecord: a line is longer than max_line_bytes. All lines before it have been yielded
            where there is no batch_size.
        ValueError, LookupError: an argument is out of range, or the encoding is not known.
    """

    def __init__(
        self,
        source_datapipe: Iterable[Any],
        *,
        skip_lines: int = 0,
        strip_newline: bool = True,
        decode: bool = False,
        encoding: str = "utf-8",
        errors: str = "ignore",
        return_path: bool = True,
        batch_size: int | None = None,
        drop_last: bool = False,
        max_line_bytes: int = 64 << 20,
        length: int = -1,
    ) -> None:
        check_source("readlines", source_datapipe, "(path, stream)")
        if skip_lines < 0:
            raise ValueError("'skip_lines' is required to be a positive integer.")
        if batch_size is not None and batch_size < 1:
            raise ValueError(f"batch_size must be at least 1 or None, not {batch_size}")
        if max_line_bytes < 1:
            raise ValueError(f"max_line_bytes must be at least 1, not {max_line_bytes}")
        codecs.lookup(encoding)
        codecs.lookup_error(errors)
        self.source_datapipe = source_datapipe
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.length = length
        self._rules = LineRules(
            batch_size=batch_size,
            drop_last=drop_last,
            strip=strip_newline,
            max_line_bytes=max_line_bytes,
            skip_lines=skip_lines,
            encoding=encoding if decode else None,
            errors=errors,
            with_path=return_path,
        )

    def __iter__(self) -> Iterator[Any]:
        lists = lists_of_lines(self.source_datapipe, self._rules)
        if self.batch_size is not None:
            yield from lists
        else:
            for lines in lists:
                yield from lines

    def __len__(self) -> int:
        if self.length == -1:
            raise TypeError(f"{type(self).__name__} instance doesn't have valid length")
        return self.length
