"""Tar archives made for a test."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable
from typing import Any


def archive(
    files: Iterable[tuple[str, bytes]], form: int = tarfile.PAX_FORMAT, **options: Any
) -> bytes:
    """An archive of these names and contents, in this order."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form, **options) as tar:
        for name, content in files:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return out.getvalue()
