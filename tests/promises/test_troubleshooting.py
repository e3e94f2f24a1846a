"""docs/troubleshooting.md: every message that it explains is one that a user would see."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from tests.promises.provoked import PROVOKED

PAGE = Path(__file__).parent.parent.parent / "docs/troubleshooting.md"


def entries() -> dict[str, str]:
    """By title, the message: the first block of code under it; `…` stands for anything."""
    found = re.findall(r"^### (.*)\n\n((?:    .*\n)+)", PAGE.read_text(), re.MULTILINE)
    return {title: " ".join(line.strip() for line in block.splitlines()) for title, block in found}


@pytest.mark.parametrize("title", PROVOKED)
def test_the_message_is_the_one_on_the_page(title, request):
    provoke = PROVOKED[title]
    given = {name: request.getfixturevalue(name) for name in inspect.signature(provoke).parameters}
    said = " ".join(provoke(**given).split())
    assert title in entries(), f"no entry for: {said}"
    pattern = ".*".join(map(re.escape, entries()[title].split("…")))
    assert re.fullmatch(pattern, said), said


def test_every_entry_of_the_page_is_provoked():
    titles = re.findall(r"^### (.*)$", PAGE.read_text(), re.MULTILINE)
    assert sorted(titles) == sorted(PROVOKED)
