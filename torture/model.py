"""The reference: what a read may give, and what it may raise, after all that has happened."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from torture.steps import Befall

# Requests for one piece at most, as the program's client is set.
ATTEMPTS = 10
# So often an answer that contradicts its request is asked for.
ATTEMPTS_AFTER_LIES = 4

# What persists is raised by its true name.
_NAMES: dict[str, set[str]] = {
    "reset": {"RetriesExhausted"},
    "fin": {"RetriesExhausted"},
    "stall": {"TransferTimeout", "RetriesExhausted"},
    "hang": {"TransferTimeout", "RetriesExhausted"},
    "trickle": {"TransferTimeout", "RetriesExhausted"},
    "status": {"RetriesExhausted"},
    "overwrite": {"ObjectChanged"},
    "wrong_length": {"BadResponse", "RetriesExhausted"},
    "wrong_range": {"BadResponse"},
    "no_range": {"BadResponse"},
    "wrong_total": {"BadResponse", "ObjectChanged"},
    "wrong_etag": {"BadResponse", "ObjectChanged"},
    "big_head": {"BadResponse"},
    "no_marks": {"BadResponse"},
    "error_200": {"BadResponse", "RetriesExhausted"},
    "html": {"BadResponse"},
    "list_broken_xml": {"BadResponse"},
}
_LIES = {kind for kind, names in _NAMES.items() if "BadResponse" in names}
_OF_VERSIONS = {kind for kind, names in _NAMES.items() if "ObjectChanged" in names}
# Without flips, which a range of an object does not show: they have rows of their own.
KINDS = tuple(_NAMES)


class Contradiction(AssertionError):
    """The client did what the reference rules out."""


@dataclass
class Model:
    """What has happened so far.

    Attributes:
        versions: of each object, the one that it has now; 1 is the first.
        listed: of each object, the one that the last listing told of.
    """

    versions: list[int]
    listed: list[int] = field(default_factory=list)
    _active: list[Befall] = field(default_factory=list)

    def befall(self, fault: Befall) -> None:
        """Another fault is on its way."""
        self._active.append(fault)

    def calm(self) -> None:
        """None is any more."""
        self._active.clear()

    def may_raise(
        self, number: int, *, pinned: int | None, before: int, methods: Collection[str]
    ) -> set[str]:
        """Names of the errors that a read may end with; "" among them where it may succeed.

        Args:
            number: of the object; `pinned` is the version that was asked for, None: whichever.
            before: the version that the object had when the read began.
            methods: of the requests that the read may send.
        """
        here = [fault for fault in self._active if fault.method in methods]
        lies = [fault for fault in here if fault.kind in _LIES]
        allowed = {""}
        # All of them may fall on the same piece, and any of them be the one that is told.
        if _as_many(here, ATTEMPTS) or _as_many(lies, ATTEMPTS_AFTER_LIES):
            allowed |= set().union(*(_NAMES[fault.kind] for fault in here))
        # The first answer says what an unlisted object is; if that one lied, the others contradict
        # it as if the object had been overwritten, and its bytes may be given already.
        if pinned is None and any(fault.kind in _OF_VERSIONS for fault in here):
            allowed.add("ObjectChanged")
        after = self.versions[number]
        if after > before or (pinned is not None and after > pinned):
            allowed.add("ObjectChanged")
        if pinned is not None and before > pinned:
            allowed.discard("")  # what was asked for is not there any more
        return allowed

    def possible(self, number: int, *, pinned: int | None, before: int) -> range:
        """The versions that a read may give, as a whole."""
        if pinned is not None:
            return range(pinned, pinned + 1)
        return range(before, self.versions[number] + 1)


def _as_many(faults: Iterable[Befall], attempts: int) -> bool:
    times = [fault.times for fault in faults]
    return None in times or sum(filter(None, times)) >= attempts
