"""A loader's iterator survives a fork, as a stream does."""

from __future__ import annotations

import pytest

from s3pipes.testing import ScriptedServer
from s3pipes.testing.answers import fault
from s3pipes.testing.children import Children
from tests.ends import good
from tests.noise import noise
from tests.programs import iterators


def fill(server: ScriptedServer) -> None:
    for number in range(iterators.COUNT):
        server.put(f"{number:02}", noise(iterators.SIZE, number))


@pytest.mark.parametrize("whole_objects", [False, True])
@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize("in_order", [True, False])
def test_an_iterator_goes_on_in_a_child(
    scripted: ScriptedServer, children: Children, in_order: bool, listed: bool, whole_objects: bool
) -> None:
    """The same objects, in the same order where there is one, nothing twice and nothing lost."""
    fill(scripted)
    ended = children.run(iterators.goes_on, scripted.endpoint_url, in_order, listed, whole_objects)
    assert good(ended) == ["ok"]


def test_errors_come_in_their_turn_in_a_child(scripted: ScriptedServer, children: Children) -> None:
    fill(scripted)
    assert good(children.run(iterators.errors_in_their_turn, scripted.endpoint_url)) == ["ok"]


def test_a_child_is_led_to_the_region(scripted: ScriptedServer, children: Children) -> None:
    fill(scripted)
    scripted.script = lambda request: (
        None
        if request.region == "eu-central-1"
        else fault(301, "PermanentRedirect", x_amz_bucket_region="eu-central-1")
    )
    assert good(children.run(iterators.region_found_by_the_child, scripted.endpoint_url)) == ["ok"]
