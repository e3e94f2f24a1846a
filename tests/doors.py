"""Every door by which an object or a listing is reached."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from s3pipes import IterableWrapper, ReadConfig, S3Client

Ask = Callable[[S3Client, str], Any]
DOORS: dict[str, Ask] = {
    "get": lambda client, url: client.get(url),
    "head": lambda client, url: client.head(url),
    "open": lambda client, url: client.open(url).read(),
    "get_into": lambda client, url: client.get_into(url, bytearray(1000)),
    "get_ranges": lambda client, url: client.get_ranges(url, [(0, 2)]),
    "loader": lambda client, url: [
        stream.read() for _, stream in IterableWrapper([url]).load_files_by_s3(client=client)
    ],
    "unordered": lambda client, url: [
        stream.read()
        for _, stream in IterableWrapper([url]).load_files_by_s3(
            client=client, read=ReadConfig(in_order=False)
        )
    ],
    "get_async": lambda client, url: asyncio.run(client.get_async(url)),
    "get_ranges_async": lambda client, url: asyncio.run(client.get_ranges_async(url, [(0, 2)])),
}
LISTS: dict[str, Ask] = {
    "list": lambda client, url: list(client.list(url)),
    "lister": lambda client, url: list(IterableWrapper([url]).list_files_by_s3(client=client)),
}

doors = pytest.mark.parametrize("ask", DOORS.values(), ids=DOORS)
lists = pytest.mark.parametrize("ask", LISTS.values(), ids=LISTS)
all_doors = pytest.mark.parametrize("ask", [*DOORS.values(), *LISTS.values()], ids=[*DOORS, *LISTS])
