"""Answers to listings that give nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

# More are only counted.
_MOST_SHOWN = 3


@dataclass
class Passed:
    """What a listing passed over, and what it gave.

    Attributes:
        masks: of which a URL had to match one.
        empty: prefixes under which there is nothing.
        markers: keys that end in `/`.
        unmatched: URLs that match no mask; `an_unmatched` is the first of them.
        given: whether any URL was given.
    """

    masks: Sequence[str]
    empty: list[str] = field(default_factory=list)
    markers: int = 0
    unmatched: int = 0
    an_unmatched: str = ""
    given: bool = False

    def answer(self) -> str:
        """The one sentence or two about an epoch that lacks what was asked for; "" if none does."""
        told = []
        if not self.given and (self.unmatched or self.markers):
            told.append(self._of_what_was_left_out())
        if self.empty:
            told.append(self._of_nothing())
        if not told:
            return ""
        end = "" if self.given else ": this epoch has no objects"
        return f"list_files_by_s3(): {'; '.join(told)}{end}"

    def _of_what_was_left_out(self) -> str:
        if not self.unmatched:
            found = _found(self.markers, "key")
            return f"{found}, but all end in `/`: folder markers, no objects"
        masks = ", ".join(map(repr, self.masks[:_MOST_SHOWN]))
        text = (
            f"{_found(self.unmatched, 'object')}, but none matches masks={masks}, such as"
            f" {self.an_unmatched!r}"
        )
        if self.markers:
            text += f", beside {self.markers} folder markers"
        return f"{text} (a mask is held against the whole URL, with its case: {self._better()!r})"

    def _better(self) -> str:
        first = self.masks[0]
        if not first.startswith(("*", "s3://")):
            return "*" + first
        name = self.an_unmatched.rpartition("/")[2]
        return "*" + name[name.rfind(".") :] if "." in name else "*"

    def _of_nothing(self) -> str:
        shown = ", ".join(map(repr, self.empty[:_MOST_SHOWN]))
        more = len(self.empty) - _MOST_SHOWN
        text = f"nothing is under {shown}" + (f" and {more} more prefixes" if more > 0 else "")
        first = self.empty[0]
        starred = next((prefix for prefix in self.empty if "*" in prefix), None)
        if starred is not None:
            base = starred[: starred.index("*")].rpartition("/")[0] + "/"
            return (
                f"{text} (a `*` in a prefix stands for itself: write"
                f" IterableWrapper([{base!r}]).list_files_by_s3(masks={starred!r}))"
            )
        if "//" in first.removeprefix("s3://"):
            return f"{text} (a double slash is part of the key: write one)"
        return f"{text} (a prefix is what keys begin with, letter for letter, with its case)"


def _found(count: int, what: str) -> str:
    return f"1 {what} was found" if count == 1 else f"{count} {what}s were found"
