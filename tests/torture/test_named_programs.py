"""Programs that random search has found a failure with, each by its name."""

from __future__ import annotations

from torture.play import play
from torture.steps import Befall, Get, List, Step

LIES_AFTER_A_RESET: list[Step] = [
    Befall("reset", times=1),
    Befall("wrong_range", times=3),
    List(),
    Get(0, listed=True),
]


def test_a_lie_after_other_failures_is_not_final() -> None:
    play(LIES_AFTER_A_RESET)
