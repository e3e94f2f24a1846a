"""The state of a loader over a pipe whose next pass would come in another order."""

from __future__ import annotations

import weakref
from typing import Any

from s3pipes.errors import ConfigError
from s3pipes.pipes.graph import pipes_of, why_not_repeatable


def guard_state(loader: Any) -> None:
    """Lets `state_dict()` of a stateful loader say where it could not be restored.

    torchdata's StatefulDataLoader counts batches and, to restore, takes so many from a new pass.
    It asks the pipe nothing, and only the loader itself can refuse.
    """
    if hasattr(loader, "state_dict") and "state_dict" not in vars(loader):
        loader.state_dict = _GuardedState(loader)


def refuse_state(reason: str, what: str) -> ConfigError:
    """The error for a state that would be saved or restored."""
    return ConfigError(
        f"This position cannot be {what}: with {reason} the next pass comes in another order,"
        " so that some samples would come twice and others never",
        hint="Save the number of the epoch and begin the next one anew, or read in order, without"
        " .shuffle() and ReadConfig(in_order=False)",
    )


class _GuardedState:
    """Stands in for `state_dict` of one loader, without keeping it alive."""

    def __init__(self, loader: Any) -> None:
        self._loader = weakref.ref(loader)

    def __call__(self) -> Any:
        loader = self._loader()
        assert loader is not None, "called through the loader"
        reason = why_not_repeatable(pipes_of(loader.dataset))
        if reason and _is_underway(loader):
            raise refuse_state(reason, "saved")
        return type(loader).state_dict(loader)


def _is_underway(loader: Any) -> bool:
    """Whether something of the epoch must be found again.

    At its end nothing must, but with workers torchdata goes through all of it nevertheless.
    """
    epoch = getattr(loader, "_iterator", None)
    if epoch is None or (getattr(epoch, "_finished", False) and not loader.num_workers):
        return False
    return getattr(epoch, "_num_yielded", 1) > 0
