"""What a worker sends arrives, or is an error in the main process: nothing is lost on the way."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from torch.utils.data import DataLoader, Dataset

from s3pipes import S3Client
from s3pipes.testing import ScriptedServer
from s3pipes.testing.children import Children
from tests.ends import good
from tests.noise import noise
from tests.programs import leaving


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_an_s3stream_that_leaves_a_worker_and_whatever_else_of_ours(
    scripted: ScriptedServer, children: Children, method: str
) -> None:
    for i in range(leaving.STREAMS):
        scripted.put(f"k{i:02}", noise(leaving.size_of(i), i))
    ended = children.run(leaving.everything, scripted.endpoint_url, method, within_s=110)
    request_id, last = good(ended)
    assert request_id.startswith("REQUEST")
    assert last == "ok"


def released(client: S3Client) -> memoryview:
    view = client.get("s3://bucket/k")
    view.release()
    return view


class Made(Dataset[Any]):
    def __init__(self, client: S3Client, make: Callable[[S3Client], Any]) -> None:
        self.client = client
        self.make = make

    def __len__(self) -> int:
        return 1

    def __getitem__(self, index: int) -> Any:
        return self.make(self.client)


def listed(client: S3Client) -> Any:
    return client.list("s3://bucket")


def chunks(client: S3Client) -> Any:
    return client.open("s3://bucket/k").chunks()


def text(client: S3Client) -> Any:
    return io.TextIOWrapper(client.open("s3://bucket/k"))


def numbers(client: S3Client) -> Any:
    return client.get("s3://bucket/k").cast("I")


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (released, "released memoryview object; send bytes"),
        (numbers, r"send its tobytes\(\)"),
        (listed, r"'generator' object: send what S3Client\.list yields, as a list"),
        (chunks, r"'generator' object: send what S3Stream\.chunks yields, as a list"),
        (text, "'TextIOWrapper' object: read it in the worker"),
    ],
)
def test_what_cannot_leave_a_worker_raises_in_the_main_process(
    scripted: ScriptedServer, make: Callable[[S3Client], Any], says: str
) -> None:
    scripted.put("k", bytes(16))
    loader: DataLoader[Any] = DataLoader(
        Made(S3Client(scripted.config()), make), num_workers=1, collate_fn=list, timeout=60
    )
    batches = iter(loader)
    with pytest.raises(TypeError, match=f"cannot pickle .*{says}"):
        next(batches)
    batches._shutdown_workers()  # type: ignore[attr-defined]


def content(client: S3Client) -> Any:
    return client.get("s3://bucket/k")


@pytest.mark.parametrize("workers", [0, 1])
def test_views_in_torchs_own_batches_are_no_lists_of_numbers(
    scripted: ScriptedServer, workers: int
) -> None:
    scripted.put("k", bytes(range(16)))
    made = Made(S3Client(scripted.config()), content)
    loader: DataLoader[Any] = DataLoader(made, num_workers=workers)
    assert list(loader) == [[bytes(range(16))]]
