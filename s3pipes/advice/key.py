"""Answers to keys that look like prefixes."""

from __future__ import annotations

_LISTS = "this looks like a prefix: .list_files_by_s3"


def as_a_prefix(url: str) -> str:
    """What to write where this URL of an object is none, but could be a prefix; "" if it is not.

    A key may hold anything, so this is said only when the store has no such object.
    """
    if "*" in url:
        begin = url[: url.index("*")].rpartition("/")[0] + "/"
        return (
            f"A `*` in a key stands for itself, and {_LISTS}(masks={url!r}) over {begin!r} gives"
            " the objects that match"
        )
    if url.endswith("/"):
        return (
            f"The key ends in `/`, and {_LISTS}() before .load_files_by_s3() gives the objects"
            " under it, as S3Client.list() does without pipes"
        )
    return ""


def of_a_marker(url: str) -> str:
    """Of an object that is empty and whose key ends in `/`."""
    return (
        f"{url!r} is a folder marker, an object of 0 bytes, and {_LISTS}() before"
        " .load_files_by_s3() gives the objects under it"
    )
