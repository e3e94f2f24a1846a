"""The first use of botocore, which is imported only then: it takes a quarter of a second.

A child that was forked while another thread imports would wait for ever for the lock of a module:
the thread that holds it is not there. So a fork waits until the import is over, and all that
botocore's look-ups import lazily is imported with it.
"""

from __future__ import annotations

import contextlib
import os
import threading

# Entered again by its own thread, whose signal handlers may fork.
_importing = threading.RLock()
_imported = False


def import_botocore() -> None:
    """Imports botocore, if nobody has yet, while no other thread forks."""
    global _imported
    if _imported:
        return
    with _importing:
        # Names of hosts are encoded by the one, also where a credential source is asked; the other
        # reads the times that instance metadata tells.
        import encodings.idna  # noqa: F401

        import botocore.config
        import botocore.exceptions
        import botocore.loaders
        import botocore.session  # noqa: F401

        _imported = True


def _before_fork() -> None:
    _importing.acquire()


def _after_fork() -> None:
    # Not ours where Ctrl-C ended the wait for it.
    with contextlib.suppress(RuntimeError):
        _importing.release()


def _begin_child() -> None:
    global _importing
    _after_fork()
    _importing = threading.RLock()


os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_begin_child)
