"""What leaves a DataLoader's worker, where Python's own way to pickle it would lose it.

A worker's batches are pickled in a thread, which prints what it cannot pickle and forgets it: the
main process then waits in vain. Errors come out of it as a class and a text. The cures are
multiprocessing's alone; `pickle.dumps` stays what it is.
"""

from __future__ import annotations

import threading
from io import TextIOWrapper
from multiprocessing.reduction import ForkingPickler
from types import GeneratorType
from typing import Any, NoReturn

from torch._utils import ExceptionWrapper
from torch.utils.data._utils.collate import default_collate_fn_map

from s3pipes.retold import Told, keep, last_told

_Reduced = tuple[Any, ...]


def _view(view: memoryview) -> _Reduced:
    """Arrives as bytes: where it pins a batch, torch takes a memoryview for a list of numbers."""
    try:
        if view.format == "B":
            return bytes, (view.tobytes(),)
    except ValueError as error:
        return _refusal(view, f"{error}; send bytes(view), made before that")
    return _refusal(view, "its items are no bytes; send its tobytes()")


def _generator(generator: GeneratorType[Any, Any, Any]) -> _Reduced:
    return _refusal(generator, f"send what {generator.__qualname__} yields, as a list")


def _text(file: TextIOWrapper) -> _Reduced:
    return _refusal(file, "read it in the worker and send its text, or send the stream below it")


def _views(views: list[memoryview], **_: object) -> list[bytes]:
    return [view.tobytes() for view in views]


def _refusal(what: object, why: str) -> _Reduced:
    reason = f"cannot pickle {type(what).__name__!r} object: {why}"
    if threading.current_thread() is threading.main_thread():
        raise TypeError(reason)
    return _refuse, (reason,)


def _refuse(reason: str) -> NoReturn:
    """Where it is unpickled: in the main process."""
    raise TypeError(reason)


def _error(wrapper: ExceptionWrapper) -> _Reduced:
    told = last_told(wrapper.exc_type.__qualname__, wrapper.exc_msg)
    return _arrived, (told,), wrapper.__dict__


def _arrived(told: Told | None) -> ExceptionWrapper:
    if told is not None:
        keep(told)
    return ExceptionWrapper.__new__(ExceptionWrapper)


ForkingPickler.register(memoryview, _view)
ForkingPickler.register(GeneratorType, _generator)
ForkingPickler.register(TextIOWrapper, _text)
ForkingPickler.register(ExceptionWrapper, _error)
# As torch does with bytes; a memoryview would be taken for a list of numbers.
default_collate_fn_map.setdefault(memoryview, _views)
