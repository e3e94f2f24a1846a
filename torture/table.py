"""What a run prints."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from torture.row import Result, Row


@dataclass(frozen=True)
class Ran:
    """A row that was run: its result, or the error that ended it."""

    row: Row
    took_s: float
    result: Result | None = None
    failed: str = ""

    @property
    def met(self) -> bool:
        """Whether its target was met."""
        return self.result is not None and self.result.met

    @property
    def measured(self) -> str:
        """Its figures, in words."""
        if self.result is None:
            return f"ended by {self.failed}"
        return "; ".join(map(str, self.result.measures))


def as_markdown(lines: Sequence[Sequence[str]]) -> str:
    """A table for the documentation; the first line is its head."""
    head, *body = [f"| {' | '.join(line)} |" for line in lines]
    return "\n".join([head, f"|{'---|' * len(lines[0])}", *body])


def of_rows(ran: Sequence[Ran]) -> str:
    """Target beside figure."""
    lines = [["what is done", "target", "measured", ""]]
    for one in ran:
        verdict = "met" if one.met else "**missed**"
        lines.append([one.row.title, one.row.target, one.measured, verdict])
    return as_markdown(lines)


def in_words(one: Ran) -> str:
    """A row for who reads along."""
    text = [f"{'met   ' if one.met else 'MISSED'} {one.row.title}  ({one.took_s:.0f} s)"]
    text += [f"       target:   {one.row.target}", f"       measured: {one.measured}"]
    if one.result is not None:
        text += [f"       missed:   {missed}" for missed in one.result.missed()]
        text += [f"         {note}" for note in one.result.notes]
    return "\n".join(text)


def machine() -> str:
    """Where and when."""
    named = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    processor = named[0] if named else platform.machine()
    day = datetime.now(timezone.utc).date().isoformat()
    return f"{day}, {os.cpu_count()} × {processor}, load {os.getloadavg()[0]:.1f} at the end"
