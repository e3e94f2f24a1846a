"""The functional form of a pipe: `source.readlines()` for `LineReader(source)`."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

from s3pipes.pipes.base import IterDataPipe
from s3pipes.pipes.upstream import is_foreign

Pipe = TypeVar("Pipe", bound=type[IterDataPipe[Any]])
_Made = Callable[..., IterDataPipe[Any]]


def functional(name: str, *, of_any_source: bool = False) -> Callable[[Pipe], Pipe]:
    """Class decorator: makes the pipe callable as a method `name` of every IterDataPipe.

    The names are those of torchdata 0.9, which may be imported before or after us, and torch's own
    registry refuses a name twice. So ours is a plain method, which attribute look-up finds before
    the registry: importing both works in either order. What is in the registry is still called
    where nothing of ours is in the source, so that programs that do not use s3pipes stay as they
    are. A name that somebody other than torchdata has registered before us stays theirs, with a
    warning.

    Args:
        of_any_source: ours whatever the source is: what is of S3 is ours.
    """

    def register(pipe: Pipe) -> Pipe:
        taken_by = _owner(name)
        if taken_by is None or taken_by.split(".")[0] in ("torchdata", "s3pipes"):
            setattr(IterDataPipe, name, _method(name, pipe, of_any_source))
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
    return str(getattr(_made_by(registered), "__module__", "somebody else"))


def _made_by(registered: Any) -> Any:
    # torch keeps partial(function, class, flag).
    return (getattr(registered, "args", ()) or (registered,))[0]


def _takes(registered: _Made, *args: Any, **kwargs: Any) -> bool:
    """Whether the registered pipe can be made of these arguments; ours may take more."""
    try:
        inspect.signature(_made_by(registered)).bind(*args, **kwargs)
    except (TypeError, ValueError):
        return False
    return True


def _method(name: str, pipe: _Made, of_any_source: bool) -> _Made:
    def method(self: IterDataPipe[Any], *args: Any, **kwargs: Any) -> IterDataPipe[Any]:
        make = pipe
        registered = None if of_any_source else IterDataPipe.functions.get(name)
        if registered is not None and is_foreign(self):
            make = registered if _takes(registered, self, *args, **kwargs) else pipe
        return make(self, *args, **kwargs)

    # help() and inspect.signature() show the pipe's own page and arguments.
    method.__name__ = name
    method.__qualname__ = f"IterDataPipe.{name}"
    method.__module__ = pipe.__module__
    method.__doc__ = pipe.__doc__
    method.__signature__ = _signature(pipe)  # type: ignore[attr-defined]
    return method


def _signature(pipe: _Made) -> inspect.Signature:
    """The constructor's, with the source as `self`."""
    itself = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    _, *others = inspect.signature(pipe).parameters.values()
    return inspect.Signature([itself, *others], return_annotation=pipe)
