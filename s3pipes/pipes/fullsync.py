"""Ranks that end together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist

from s3pipes.errors import ConfigError
from s3pipes.pipes.base import IterDataPipe, Pipe, get_worker_info
from s3pipes.pipes.register import functional

# The smallest that any rank says counts.
_FAILED, _ENDED, _MORE = 0, 1, 2


@functional("fullsync")
class FullSync(Pipe[Any]):
    """Ends on all ranks as soon as one has no more (`.fullsync()`).

    Otherwise ranks with more batches wait in a collective for one that has ended, until its
    time-out. Call form is torchdata's. The ranks agree on every element while the one before it is
    used, so put it where elements are batches, and outside the workers of a DataLoader:

        for batch in FullSync(DataLoader(pipe, batch_size=64, num_workers=4)):

    What a rank has beyond the shortest one is left out in that epoch.

    Args:
        datapipe: a pipe, or any iterable, such as a DataLoader. Every rank iterates its own, and
            all begin and leave their epochs together.
        timeout: seconds to wait for the others.

    Raises:
        ConfigError: in a DataLoader worker, or without a process group (when iterated).
        RuntimeError: another rank has failed, has left its epoch, or does not answer.
    """

    def __init__(self, datapipe: Iterable[Any], timeout: int = 1800) -> None:
        super().__init__()
        if not dist.is_available():
            raise RuntimeError("fullsync() needs torch.distributed, which this torch lacks")
        self.datapipe = datapipe
        self.timeout = timeout
        self._epoch = 0
        self._group: Any = None

    def __iter__(self) -> Iterator[Any]:
        if get_worker_info() is not None:
            raise ConfigError(
                "fullsync() cannot run in a worker of a DataLoader, which is no rank",
                hint="Put it around the loader: for batch in FullSync(DataLoader(...))",
            )
        if not dist.is_initialized():
            raise ConfigError(
                "fullsync() needs a process group",
                hint="Call torch.distributed.init_process_group() first, and start with torchrun",
            )
        if dist.get_world_size() == 1:
            yield from self.datapipe
            return
        if self._group is None:
            # Of its own: the model's collectives go on beside it, on a GPU in another back end.
            wait = timedelta(seconds=self.timeout)
            self._group = dist.new_group(backend="gloo", timeout=wait)
        self._epoch += 1
        source = iter(self.datapipe)
        ahead = _pull(source)
        answer = self._ask(ahead)
        while self._hear(answer, ahead):
            present, ahead = ahead.element, _pull(source)
            answer = self._ask(ahead)
            yield present

    def _ask(self, ahead: _Pulled) -> tuple[Any, torch.Tensor]:
        """Tells the other ranks what is here; their answers come while the caller goes on."""
        words = torch.tensor([ahead.word, self._epoch, -self._epoch], dtype=torch.int64)
        with _others(self.timeout):
            work = dist.all_reduce(words, dist.ReduceOp.MIN, group=self._group, async_op=True)
        return work, words

    def _hear(self, answer: tuple[Any, torch.Tensor], ahead: _Pulled) -> bool:
        """Whether all have another element."""
        work, words = answer
        with _others(self.timeout):
            work.wait()
        if ahead.error is not None:
            raise ahead.error
        word, least, most = words.tolist()
        if least != -most:
            raise RuntimeError(
                f"fullsync: ranks are in different epochs ({least} and {-most}): one has left its"
                " loop early. Leave it on all ranks in the same step"
            )
        if word == _FAILED:
            raise RuntimeError("fullsync: another rank has failed; its own error says why")
        return bool(word == _MORE)

    def __getstate__(self) -> Any:
        # A group belongs to its process.
        state = {**self.__dict__, "_group": None}
        hook = IterDataPipe.getstate_hook
        return state if hook is None else hook(state)


@dataclass(frozen=True)
class _Pulled:
    """What a source gave: an element, an error or its end."""

    word: int
    element: Any = None
    error: Exception | None = None


def _pull(source: Iterator[Any]) -> _Pulled:
    try:
        return _Pulled(_MORE, next(source))
    except StopIteration:
        return _Pulled(_ENDED)
    except Exception as error:  # noqa: BLE001 - told once the others know
        return _Pulled(_FAILED, error=error)


@contextmanager
def _others(timeout: int) -> Iterator[None]:
    """While in it, an error of gloo's becomes a sentence."""
    try:
        yield
    except RuntimeError as error:
        raise RuntimeError(
            f"fullsync: rank {dist.get_rank()} waited for the others in vain (at most {timeout} s):"
            " one has ended, has left its loop, or is slower than that"
        ) from error
