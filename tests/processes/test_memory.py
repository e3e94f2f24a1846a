"""The memory budget is hard, and nobody waits for ever because of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

import s3pipes
from s3pipes import ClientConfig, ConfigError, IterableWrapper, ReadConfig, S3Client
from s3pipes.testing import ScriptedServer
from s3pipes.testing.answers import Answer, Request
from s3pipes.testing.children import Children
from tests.ends import good
from tests.noise import KiB, MiB, noise
from tests.programs import budget


def run(
    children: Children, program: Callable[..., object], server: ScriptedServer, *arguments: object
) -> None:
    assert good(children.run(program, server.endpoint_url, *arguments)) == ["ok"]


@pytest.mark.parametrize("in_order", [True, False])
def test_a_thousand_opened_and_unread_streams(
    scripted: ScriptedServer, children: Children, in_order: bool
) -> None:
    content = noise(300_000)
    for i in range(1000):
        scripted.put(f"k{i:04}", content[i * 100 : i * 100 + 140_000 + i])
    run(children, budget.a_thousand_unread_streams, scripted, in_order)


def test_two_loaders_in_one_process(scripted: ScriptedServer, children: Children) -> None:
    for i in range(60):
        scripted.put(f"a{i:02}", noise(400_000, i))
        scripted.put(f"b{i:02}", noise(70_000, 100 + i))
    run(children, budget.two_loaders, scripted)


def test_streams_read_in_part_and_finished_backwards(
    scripted: ScriptedServer, children: Children
) -> None:
    for i in range(50):
        scripted.put(f"k{i:02}", noise(300_000, i))
    run(children, budget.parts_and_backwards, scripted)


def test_more_threads_than_chunks_fit(scripted: ScriptedServer, children: Children) -> None:
    for i in range(8):
        scripted.put(f"k{i}", noise(3_000_000, i))
    run(children, budget.more_threads_than_chunks, scripted)


def test_streams_that_failed_hold_up_nobody(scripted: ScriptedServer, children: Children) -> None:
    """What came before a failure stays readable, but gives way to who waits for memory."""
    for i in range(40):
        scripted.put(f"bad{i:02}", noise(64 * KiB, i))
    scripted.put("good", noise(500_000, 99))

    def script(request: Request) -> Answer | None:
        if "/bad" not in request.path:
            return None
        begin = request.range[0] if request.range else 0
        return replace(scripted.truth(request), cut_at=1000 if begin == 0 else -1)

    scripted.script = script
    run(children, budget.streams_that_failed, scripted)


def test_what_the_user_holds_is_not_the_budget_s(
    scripted: ScriptedServer, children: Children
) -> None:
    scripted.put("k", noise(20_000_000))
    run(children, budget.what_the_user_holds, scripted)


def test_objects_larger_than_the_budget(scripted: ScriptedServer, children: Children) -> None:
    scripted.put("k", noise(9_000_000))
    run(children, budget.objects_larger_than_the_budget, scripted)


def test_memory_grows_by_the_budget_and_then_no_more(
    scripted: ScriptedServer, children: Children
) -> None:
    body = noise(24 * MiB)
    for i in range(8):
        scripted.put(f"big{i}", body)
    for i in range(200):
        scripted.put(f"small{i:03}", body[i : i + 20_000])
    run(children, budget.eight_epochs, scripted)


@pytest.mark.parametrize("door", ["client", "loader", "open"])
def test_a_budget_smaller_than_a_chunk_is_refused(door: str) -> None:
    small = ClientConfig(memory_bytes=4 * MiB)
    with pytest.raises(ConfigError) as caught:
        if door == "client":
            S3Client(small)
        elif door == "loader":
            client = S3Client(small, ReadConfig(chunk_bytes=4 * MiB))
            pipe = IterableWrapper(["s3://b/k"]).load_files_by_s3(client=client, read=ReadConfig())
            list(pipe)
        else:
            client = S3Client(small, ReadConfig(chunk_bytes=4 * MiB))
            client.open("s3://b/k", read=ReadConfig())
    assert str(4 * MiB) in str(caught.value)
    assert str(8 * MiB) in str(caught.value)
    assert isinstance(caught.value, ValueError)


def test_a_budget_is_raised_by_who_asks_for_more(scripted: ScriptedServer) -> None:
    url = scripted.put("k", b"content")
    had = s3pipes.stats().memory_budget_bytes
    S3Client(scripted.config(memory_bytes=had + MiB if had else 512 * MiB)).get(url)
    now = s3pipes.stats().memory_budget_bytes
    assert now > had
    S3Client(scripted.config(memory_bytes=64 * MiB)).get(url)
    assert s3pipes.stats().memory_budget_bytes == now
