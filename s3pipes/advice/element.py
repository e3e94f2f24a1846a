"""Answers to elements that are not what a pipe takes."""

from __future__ import annotations

from s3pipes.advice.url import shown


def unpaired(element: object, taker: str) -> TypeError:
    """The error for an element that is no `(path, stream)`.

    Args:
        taker: the method that wants pairs, such as "readlines".
    """
    wanted = f".{taker}() takes (path, stream) pairs"
    if isinstance(element, str):
        if element.startswith("s3://"):
            return TypeError(
                f"{wanted}, not the URL {shown(element)} alone: write"
                f" .load_files_by_s3() before .{taker}()"
            )
        return TypeError(f"{wanted}, not the str {shown(element)}")
    if hasattr(element, "read"):
        return TypeError(f"{wanted}, not a stream alone: keep its path, as (path, stream)")
    size = f" of {len(element)}" if isinstance(element, (tuple, list)) else ""
    return TypeError(f"{wanted}, not a {type(element).__name__}{size}")
