"""Loading in torch's workers: each sample once, and nobody waits for one that was left."""

from __future__ import annotations

import pytest

from s3pipes.testing import ScriptedServer
from s3pipes.testing.children import Children
from tests.allowance import at_most
from tests.ends import good
from tests.noise import noise
from tests.programs.workers import every_sample_once, left_in_the_middle


@pytest.mark.parametrize(
    ("method", "workers"), [("fork", "0,1,4"), ("spawn", "1,4"), ("forkserver", "1,4")]
)
def test_every_sample_exactly_once(
    scripted: ScriptedServer, children: Children, method: str, workers: str
) -> None:
    for i in range(90):
        scripted.put(f"k{i:02}", noise(1000 + i * 2500, i))
    counts = [int(count) for count in workers.split(",")]
    ended = children.run(every_sample_once, scripted.endpoint_url, method, counts, within_s=110)
    lines = [line for line in good(ended) if line.endswith("ok")]
    assert lines == [f"{method} {n} ok" for n in counts]


def test_workers_that_are_left_in_the_middle_of_an_epoch(
    scripted: ScriptedServer, children: Children
) -> None:
    for i in range(200):
        scripted.put(f"k{i:03}", noise(100_000, i))
    *lines, last = good(children.run(left_in_the_middle, scripted.endpoint_url))
    assert last == "ok"
    assert len(lines) == 3
    # torch itself waits up to 5 s for a worker that does not end.
    assert all(float(line.split()[1]) < at_most(4) for line in lines), lines
