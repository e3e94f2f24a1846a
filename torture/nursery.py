"""Where programs of the rows are started: made once, however many rows want one."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from s3pipes.testing.children import Children

_open: list[Children] = []


@contextmanager
def nursery() -> Iterator[Children]:
    """That of who called this before and is still in it; else a new one, which takes seconds."""
    if _open:
        yield _open[-1]
        return
    with tempfile.TemporaryDirectory() as folder, Children(Path(folder)) as children:
        _open.append(children)
        try:
            yield children
        finally:
            _open.remove(children)
