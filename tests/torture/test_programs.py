"""Random programs of faults and reads, against a reference; a failure shrinks to a small script."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from torture.model import KINDS, Contradiction, Model
from torture.play import SIZES, play
from torture.steps import (
    Befall,
    Calm,
    Change,
    Get,
    List,
    Load,
    Open,
    Ranges,
    ReadMore,
    Seek,
    Step,
    as_script,
)

# More of them: TORTURE_PROGRAMS=2000 pytest tests/torture/test_programs.py
_PROGRAMS = int(os.environ.get("TORTURE_PROGRAMS", "40"))

NUMBERS = st.integers(0, len(SIZES) - 1)
LISTED = st.booleans()
PLACES = st.one_of(st.integers(0, 300_000), st.sampled_from([0, 999, 1000, 65_536, 299_999]))
HOW = {
    "status": st.sampled_from(
        [
            {"status": 500, "code": "InternalError"},
            {"status": 503, "code": "SlowDown"},
            {"status": 408, "code": "RequestTimeout"},
            {"status": 429, "code": "TooManyRequests"},
            {"status": 502, "code": "BadGateway"},
            {"status": 504, "code": "GatewayTimeout"},
        ]
    ),
    "reset": st.sampled_from([{}, {"at_byte": 0}, {"at_byte": 999}]),
    "fin": st.sampled_from([{}, {"at_byte": 0}, {"at_byte": 999}]),
    "wrong_length": st.sampled_from([{"by": -1}, {"by": 1}]),
}
OF_OBJECTS = [kind for kind in KINDS if not kind.startswith("list_")]
OF_PAGES = ["reset", "fin", "stall", "hang", "status", "error_200", "html", "list_broken_xml"]


def faults(kinds: list[str], method: str) -> st.SearchStrategy[Step]:
    def one(kind: str) -> st.SearchStrategy[Step]:
        # Those that last and take a time-out each time would take the test's time.
        slow = kind in ("stall", "hang", "trickle")
        times = st.integers(1, 2) if slow else st.one_of(st.integers(1, 3), st.none())
        if kind == "overwrite":
            times = st.integers(1, 3)
        how = HOW.get(kind, st.just({}))
        return st.builds(Befall, st.just(kind), times, st.just(method), how)

    return st.sampled_from(kinds).flatmap(one)


RANGES = st.lists(st.tuples(PLACES, PLACES), min_size=1, max_size=4).map(
    lambda found: tuple((min(pair), max(pair)) for pair in found)
)
STEPS: st.SearchStrategy[Step] = st.one_of(
    faults(OF_OBJECTS, "GET"),
    faults(OF_PAGES, "LIST"),
    st.just(Calm()),
    st.builds(Change, NUMBERS),
    st.just(List()),
    st.builds(Get, NUMBERS, LISTED),
    st.builds(Ranges, NUMBERS, RANGES, LISTED),
    st.builds(
        Load, st.lists(NUMBERS, min_size=1, max_size=5, unique=True).map(tuple), LISTED, LISTED
    ),
    st.builds(Open, NUMBERS, LISTED),
    st.builds(Seek, PLACES),
    st.builds(ReadMore, st.one_of(PLACES, st.just(1))),
)


@settings(
    max_examples=_PROGRAMS,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(st.lists(STEPS, min_size=2, max_size=12))
def test_random_programs_of_faults_and_reads(program: list[Step]) -> None:
    play(program)


def test_a_contradiction_is_told_as_a_script_that_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the reference is wrong on purpose: it takes a fault for none."""
    program: list[Step] = [
        List(),
        Befall("status", None, "GET", {"status": 503, "code": "SlowDown"}),
        Get(0),
    ]
    play(program)
    monkeypatch.setattr(Model, "befall", lambda self, fault: None)
    with pytest.raises(Contradiction) as caught:
        play(program)
    script = str(caught.value).partition("\n\n")[2]
    assert script == as_script(program)
    with pytest.raises(Contradiction, match="RetriesExhausted where no error was to come"):
        exec(script, {})
    monkeypatch.undo()
    exec(script, {})
