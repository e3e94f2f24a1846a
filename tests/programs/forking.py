"""Children of a program, and how they ended."""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable

_HUNG_S = 30.0


def begin_child(work: Callable[[], object]) -> int:
    """Forks and does `work` in the child, which ends with 0 if all went well; its pid."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            work()
            code = 0
        except BaseException:  # noqa: BLE001 - whatever it is, the test must see it
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    return pid


def end_of(pid: int) -> int | str:
    """Waits for a child's end: its exit code, or "hung"."""
    deadline = time.monotonic() + _HUNG_S
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return "hung"
        time.sleep(0.005)


def in_child(work: Callable[[], object]) -> int | str:
    """Does `work` in a forked child; how that ended."""
    return end_of(begin_child(work))
