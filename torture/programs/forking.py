"""A fork in the middle of a load: both sides go on with the same iterator."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Any

from s3pipes import IterableWrapper
from torture.programs.ground import client_at, leave, say
from torture.tally import Tally, compare


def twice(endpoint_url: str, ca_file: str, prefix: str, turns: int) -> None:
    """Loads all that lies under the prefix, and forks at another object each turn."""
    client = client_at(endpoint_url, ca_file)
    urls = list(client.list(prefix))
    for turn in range(turns):
        source = iter(IterableWrapper(urls, deepcopy=False).load_files_by_s3(client=client))
        tally = Tally()
        _read(source, tally, (turn + 1) * len(urls) // (turns + 1))
        sys.stdout.flush()
        pid = os.fork()
        _read(source, tally, len(urls))
        if pid == 0:
            say("child", tally.right, len(tally.wrong), tally.failed, *tally.errors[:1])
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        say("parent", tally.right, len(tally.wrong), tally.failed, *tally.errors[:1])
        say("code", code)
    leave()


def _read(source: Iterator[tuple[str, Any]], tally: Tally, until: int) -> None:
    try:
        while tally.right + len(tally.wrong) + tally.failed < until:
            url, stream = next(source)
            compare(str(url), stream, tally)
    except StopIteration:
        pass
    except Exception as error:  # noqa: BLE001 - whatever it is, it is counted
        tally.fail(error)
