"""The page of figures that a process shares with all that it starts.

A fork's child has it from its parent. A child that `multiprocessing` spawned, or the server that
forks for it, finds it among the open files of its parents. Nobody has to configure anything, and
programs that a training run starts otherwise count for themselves.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from s3pipes.engine import _native

_NAME = "s3pipes-stats-1"
_MOST_PARENTS = 8


def _share() -> int:
    """The descriptor of the page, which stays open for children to find; -1: there is none."""
    try:
        descriptor = _of_a_parent() if _spawned() else -1
        if descriptor < 0:
            descriptor = os.memfd_create(_NAME)
            os.ftruncate(descriptor, _native.stats_page_bytes())
    except (AttributeError, OSError):
        return -1  # a system without; each process counts for itself
    if _native.share_stats(descriptor):
        return descriptor
    os.close(descriptor)
    return -1


def _spawned() -> bool:
    return any(word.startswith("from multiprocessing.") for word in sys.orig_argv)


def _of_a_parent() -> int:
    parent = os.getppid()
    for _ in range(_MOST_PARENTS):
        if parent <= 1:
            break
        try:
            for file in Path(f"/proc/{parent}/fd").iterdir():
                if _is_page(file):
                    return os.open(file, os.O_RDWR | os.O_CLOEXEC)
            parent = int(Path(f"/proc/{parent}/stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            break  # it has ended, or is another user's
    return -1


def _is_page(file: Path) -> bool:
    try:
        return f"memfd:{_NAME} " in str(file.readlink())
    except OSError:
        return False  # closed meanwhile


page = _share()
