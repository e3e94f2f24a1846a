"""Each row of the table in its short form: right and wrong strictly, times loosely."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from torture.nursery import nursery
from torture.row import Measure, Result, Row, Scale
from torture.rows import all_rows

ROWS = {row.name: row for row in all_rows()}


@pytest.fixture(scope="module", autouse=True)
def one_nursery() -> Iterator[None]:
    with nursery():
        yield


# torch complains of four workers on two processors.
@pytest.mark.filterwarnings("ignore:This DataLoader will create:UserWarning")
@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_a_row_in_short(row: Row) -> None:
    result = row.run(Scale.SHORT)
    print(*result.measures, *result.notes, sep="\n")  # noqa: T201 - for -rP
    assert result.missed(loosely=True) == [], result.notes


def test_a_missed_target_is_seen() -> None:
    """What a figure may miss loosely it may not miss by more, and what is strict not at all."""
    slow = Measure(name="time", value=2.5, at_most=1, loose=2)
    wrong = Measure(name="wrong objects", value=1, at_most=0)
    few = Measure(name="rate", value=0.5, at_least=0.9, loose=1.5)
    near = Measure(name="rate", value=0.7, at_least=0.9, loose=1.5)
    result = Result(measures=(slow, wrong, few, near))
    assert not result.met
    assert len(result.missed()) == 4
    assert [text.split(" (")[0] for text in result.missed(loosely=True)] == [
        "time 2.5",
        "wrong objects 1",
        "rate 0.5",
    ]
