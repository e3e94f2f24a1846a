"""What others bring: run by `make test-integrations`, in a .venv that has them."""

from __future__ import annotations

import socket
from importlib.util import find_spec

import pytest

from tests.readers.conftest import (
    client,
    fields,
    loopback,
    nothing_said_yet,
    store,
    urls,
    workers_end_here,
)

__all__ = ["client", "fields", "loopback", "nothing_said_yet", "store", "urls", "workers_end_here"]

# The other .venv has none of them, and `make test-integrations` fails where nothing is collected.
collect_ignore_glob = ["test_*.py"] if find_spec("accelerate") is None else []


@pytest.fixture
def two_ranks(children, loopback):
    """Runs a program in two ranks, as torchrun would; what each has printed."""

    def run(program, *arguments):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = str(free.getsockname()[1])
        started = [
            children.start(
                program,
                *arguments,
                RANK=str(rank),
                LOCAL_RANK=str(rank),
                WORLD_SIZE="2",
                LOCAL_WORLD_SIZE="2",
                MASTER_ADDR="127.0.0.1",
                MASTER_PORT=port,
                OMP_NUM_THREADS="1",
                ACCELERATE_USE_CPU="true",
                **loopback,
            )
            for rank in range(2)
        ]
        ends = [child.end(within_s=110) for child in started]
        assert [ended.code for ended in ends] == [0, 0], ends
        return [ended.out.splitlines() for ended in ends]  # on stderr others say much

    return run
