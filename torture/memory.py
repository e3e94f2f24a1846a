"""What a core dump of a process would hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path


def places_in_a_core(pid: int, text: str) -> int:
    """How often a text lies in the memory of a process that a core dump would show."""
    wanted = text.encode()
    found = 0
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for begin, end in _dumped(pid):
            try:
                memory.seek(begin)
                found += memory.read(end - begin).count(wanted)
            except (OSError, ValueError, OverflowError):
                continue  # such as [vvar]
    return found


def _dumped(pid: int) -> Iterator[tuple[int, int]]:
    """Private writable mappings, but for those that asked not to be dumped."""
    begin = end = 0
    writable = False
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        first, *rest = line.split()
        if "-" in first and not first.endswith(":"):
            begin, end = (int(part, 16) for part in first.split("-"))
            writable = rest[0].startswith("rw") and rest[0].endswith("p")
        elif first == "VmFlags:" and writable and "dd" not in rest:
            yield begin, end
