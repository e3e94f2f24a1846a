"""What the pipes that ask a store have in common: they look at who reads them."""

from __future__ import annotations

import os
from typing import Any

from s3pipes.pipes import reading
from s3pipes.pipes.base import Pipe, T_co


class FromStore(Pipe[T_co]):
    """A pipe that asks a store. Every graph of ours has one, so these look out for all of it."""

    def __init__(self) -> None:
        super().__init__()
        self._made_in = os.getpid()

    def __getstate__(self) -> Any:
        # torch asks every pipe of a graph for it when a DataLoader begins, before any worker does.
        reading.check_loader()
        return super().__getstate__()  # type: ignore[no-untyped-call]

    def _begin(self) -> None:
        """Called once for every iteration, where its first element is asked for."""
        reading.check_iteration(self, self._made_in)
