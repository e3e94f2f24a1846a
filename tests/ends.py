"""What a program of the tests has to say when it ends."""

from __future__ import annotations

from s3pipes.testing.children import Ended


def good(ended: Ended) -> list[str]:
    """The lines of a program that ended well and had nothing to complain of."""
    assert ended.code == 0, ended
    assert ended.err == "", ended.err
    return ended.out.splitlines()
