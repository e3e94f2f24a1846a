"""The functional form of a pipe: `source.readlines()` for `LineReader(source)`."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, TypeVar

from s3pipes.pipes.base import IterDataPipe

Pipe = TypeVar("Pipe", bound=type[IterDataPipe[Any]])


def functional(name: str) -> Callable[[Pipe], Pipe]:
    """Class decorator: makes the pipe callable as a method `name` of every IterDataPipe.

    The names are those of torchdata 0.9, which may be imported before or after us, and torch's own
    registry refuses a name twice. So ours is a plain method, which attribute look-up finds before
    the registry: importing both works in either order, and the pipe is ours. A name that somebody
    other than torchdata has registered stays theirs, with a warning.
    """

    def register(pipe: Pipe) -> Pipe:
        taken_by = _owner(name)
        if taken_by is None or taken_by.split(".")[0] in ("torchdata", "s3pipes"):
            setattr(IterDataPipe, name, _method(name, pipe))
        else:
            warnings.warn(
                f"the datapipe method .{name}() belongs to {taken_by} and stays its own;"
                f" write {pipe.__module__}.{pipe.__qualname__}(source, ...) instead",
                RuntimeWarning,
                stacklevel=2,
            )
        return pipe

    return register


def _owner(name: str) -> str | None:
    """The module whose pipe has this name already, or None."""
    method = vars(IterDataPipe).get(name)
    if method is not None:
        return str(method.__module__)
    registered = IterDataPipe.functions.get(name)
    if registered is None:
        return None
    # torch keeps partial(function, class, flag).
    made = getattr(registered, "args", ()) or (registered,)
    return str(getattr(made[0], "__module__", "somebody else"))


def _method(name: str, pipe: Callable[..., IterDataPipe[Any]]) -> Callable[..., IterDataPipe[Any]]:
    def method(self: IterDataPipe[Any], *args: Any, **kwargs: Any) -> IterDataPipe[Any]:
        return pipe(self, *args, **kwargs)

    # help() shows the pipe's own page.
    method.__name__ = name
    method.__qualname__ = f"IterDataPipe.{name}"
    method.__module__ = pipe.__module__
    method.__doc__ = pipe.__doc__
    return method
