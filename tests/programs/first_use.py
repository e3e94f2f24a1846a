"""A fork while another thread uses s3pipes for the first time."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

from tests.noise import noise
from tests.programs.forking import in_child
from tests.programs.ground import client_at, leave

SIZE = 100_000


class _SlowImport(MetaPathFinder):
    """Holds one module's import up until somebody is about to fork."""

    def __init__(self, module: str) -> None:
        self.module = module
        self.begun = threading.Event()
        self.forking = threading.Event()

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        if fullname == self.module and not self.begun.is_set():
            self.begun.set()
            assert self.forking.wait(30)
        return None


def fork_during_import(endpoint_url: str, module: str) -> None:
    assert module not in sys.modules
    client = client_at(endpoint_url)
    slow = _SlowImport(module)
    sys.meta_path.insert(0, slow)
    # Hooks registered last run first: before whatever s3pipes does about the fork.
    os.register_at_fork(before=slow.forking.set)
    got: list[bytes] = []
    thread = threading.Thread(target=lambda: got.append(bytes(client.get("s3://bucket/k"))))
    thread.start()
    assert slow.begun.wait(30)

    def child() -> None:
        assert bytes(client.get("s3://bucket/k")) == noise(SIZE)

    assert in_child(child) == 0
    thread.join()
    assert got == [noise(SIZE)]
    leave()
