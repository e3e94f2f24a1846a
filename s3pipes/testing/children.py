"""Programs in processes of their own that start at once: forked where s3pipes is imported already.

Importing torch takes seconds, too long for a test that needs a process of its own. A child is
forked before any engine, thread or lock exists, imports the module of its program, and ends as any
interpreter does.
"""

from __future__ import annotations

import faulthandler
import gc
import importlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Ended:
    """A child that has ended: its exit code (negative: the signal), stdout and stderr."""

    code: int
    out: str
    err: str


class Child:
    """A running program.

    Attributes:
        pid: its process id.
    """

    def __init__(self, children: Children, pid: int, folder: Path) -> None:
        self.pid = pid
        self._children = children
        self._folder = folder

    def interrupt(self) -> None:
        """Sends SIGINT, as Ctrl-C does."""
        os.kill(self.pid, signal.SIGINT)

    def wait_for_line(self, text: str, *, nth: int = 1, within_s: float = 30.0) -> str:
        """Waits until the program has printed `nth` lines that begin with `text`; the last one."""
        deadline = time.monotonic() + within_s
        while True:
            printed = (self._folder / "out").read_text()
            lines = [line for line in printed.splitlines(keepends=True) if line.startswith(text)]
            if len(lines) >= nth and lines[nth - 1].endswith("\n"):
                return lines[nth - 1]
            errors = (self._folder / "err").read_text()
            assert time.monotonic() < deadline, f"no line {text!r} but {printed!r}\n{errors}"
            assert self.pid not in self._children.codes, f"it ended: {printed!r}\n{errors}"
            self._children.wait(0.01)

    def end(self, *, within_s: float = 60.0) -> Ended:
        """Waits for its end; a program that does not end is killed, and fails the test."""
        deadline = time.monotonic() + within_s
        while self.pid not in self._children.codes:
            if time.monotonic() > deadline:
                os.kill(self.pid, signal.SIGABRT)  # says where its threads are
                self._children.wait(2.0)
                with suppress(ProcessLookupError):
                    os.killpg(self.pid, signal.SIGKILL)
                out = (self._folder / "out").read_text() + (self._folder / "err").read_text()
                raise AssertionError(f"it did not end within {within_s:g} s:\n{out}")
            self._children.wait(0.05)
        code = self._children.codes[self.pid]
        return Ended(code, (self._folder / "out").read_text(), (self._folder / "err").read_text())


class Children:
    """Starts programs, while the context lasts.

    Args:
        folder: for the programs and what they print.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0
        self.codes: dict[int, int] = {}

    def __enter__(self) -> Children:
        self._nursery = subprocess.Popen(
            [sys.executable, "-m", "s3pipes.testing.children"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,  # a line in a buffer would not wake select
        )
        return self

    def __exit__(self, *_: object) -> None:
        assert self._nursery.stdin is not None
        assert self._nursery.stdout is not None
        self._nursery.stdin.close()  # it ends what still runs, and then itself
        self._nursery.wait(30)
        self._nursery.stdout.close()

    def start(
        self, program: Callable[..., object], *arguments: object, **environment: str
    ) -> Child:
        """Starts a function of a module, by its name, with arguments that JSON can say."""
        assert self._nursery.stdin is not None
        self._count += 1
        folder = self._folder / f"child{self._count}"
        folder.mkdir()
        for name in ("out", "err"):
            (folder / name).touch()
        order = {
            "folder": str(folder),
            "path": sys.path,
            "module": program.__module__,
            "function": program.__name__,
            "arguments": arguments,
            "environment": {**os.environ, **environment},
        }
        self._nursery.stdin.write(json.dumps(order).encode() + b"\n")
        started = f"started {folder}"
        while True:
            line = self._read()
            if line.startswith(started):
                return Child(self, int(line.split()[-1]), folder)

    def run(
        self,
        program: Callable[..., object],
        *arguments: object,
        within_s: float = 60.0,
        **environment: str,
    ) -> Ended:
        """Runs a program to its end."""
        return self.start(program, *arguments, **environment).end(within_s=within_s)

    def wait(self, seconds: float) -> None:
        """Waits for something to be heard of any child."""
        assert self._nursery.stdout is not None
        if select.select([self._nursery.stdout], [], [], seconds)[0]:
            self._read()

    def _read(self) -> str:
        assert self._nursery.stdout is not None
        line = self._nursery.stdout.readline().decode()
        assert line, "the nursery has ended"
        if line.startswith("ended"):
            _, pid, code = line.split()
            self.codes[int(pid)] = int(code)
        return line


def _fork(order: dict[str, Any]) -> int:
    """In the nursery: the child's pid. In the child: 0, after the program, for a normal end."""
    pid = os.fork()
    if pid != 0:
        return pid
    os.setsid()  # whatever it starts can be ended with it
    folder = Path(order["folder"])
    for descriptor, name in ((1, "out"), (2, "err")):
        file = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(file, descriptor)
        os.close(file)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(order["environment"])
    sys.path[:] = order["path"]
    program = getattr(importlib.import_module(order["module"]), order["function"])
    program(*order["arguments"])
    return 0


def _serve() -> None:
    import s3pipes  # noqa: F401 - what takes so long

    faulthandler.enable()
    gc.collect()
    gc.freeze()  # or every child's collector would touch, and copy, all of torch
    say = sys.stdout
    orders = open(0, "rb", buffering=0, closefd=False)  # noqa: SIM115
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C at the test run is the tests' matter
    running: set[int] = set()
    started: list[int] = []  # each the first of its group; others of it may outlive it
    while True:
        ready, _, _ = select.select([0, wake_read], [], [])
        if wake_read in ready:
            os.read(wake_read, 4096)
            for pid in list(running):
                ended, status = os.waitpid(pid, os.WNOHANG)
                if ended:
                    running.discard(pid)
                    say.write(f"ended {pid} {os.waitstatus_to_exitcode(status)}\n")
                    say.flush()
        if 0 in ready:
            line = orders.readline()
            if not line:
                for pid in started:
                    with suppress(ProcessLookupError):
                        os.killpg(pid, signal.SIGKILL)
                return
            order = json.loads(line)
            pid = _fork(order)
            if pid == 0:
                return
            running.add(pid)
            started.append(pid)
            say.write(f"started {order['folder']} {pid}\n")
            say.flush()


if __name__ == "__main__":
    _serve()
