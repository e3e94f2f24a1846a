"""Credentials that live for a second or two, for many times their life: no error."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from torch.utils.data import DataLoader

import s3pipes.aws.credentials
from s3pipes import ClientConfig, IterableWrapper, ReadConfig, S3Client, stats
from s3pipes.testing import ScriptedServer
from s3pipes.testing.answers import Answer, Request, fault
from tests.clients import CHUNKS
from tests.noise import KiB, noise
from tests.torture.servers import over_tls

LIFE_S = 1.0
LASTS_S = 6.0

# A program that makes up credentials whose token says when they were made, in milliseconds. Their
# end is told in whole seconds: the next one, for botocore refuses what has ended when it comes.
_PROGRAM = """#!/bin/sh
now=$(date +%s%3N)
end=$(date -u -d "@$(( (now + LIFE_MS + 999) / 1000 ))" +%Y-%m-%dT%H:%M:%SZ)
echo "{\\"Version\\": 1, \\"AccessKeyId\\": \\"key\\", \\"SecretAccessKey\\": \\"secret\\","
echo " \\"SessionToken\\": \\"$now\\"EXPIRATION}"
"""


class ShortLived:
    """A store that takes a token for so long after it was made, and where they are made.

    Attributes:
        late, late_gets: requests whose token was too old; of those, the GETs.
        tokens: all that came.
    """

    def __init__(self, server: ScriptedServer, life_s: float) -> None:
        self.late = self.late_gets = 0
        self.tokens: set[str] = set()
        self._life_s = life_s
        server.script = self._answer

    def _answer(self, request: Request) -> Answer | None:
        token = request.headers["x-amz-security-token"]
        self.tokens.add(token)
        if time.time() - int(token) / 1000 <= self._life_s:
            return None
        self.late += 1
        self.late_gets += request.method == "GET"
        return fault(400, "ExpiredToken", "The provided token has expired.")


def source_of_credentials(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *, says_when: bool
) -> None:
    program, config = folder / "make-credentials", folder / "config"
    text = _PROGRAM.replace("LIFE_MS", str(int(LIFE_S * 1000)))
    expiration = ', \\"Expiration\\": \\"$end\\"' if says_when else ""
    program.write_text(text.replace("EXPIRATION", expiration))
    program.chmod(0o755)
    config.write_text(f"[default]\ncredential_process = {program}\nregion = us-east-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setattr(s3pipes.aws.credentials, "_chains", {})


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[ScriptedServer, str]]:
    with over_tls(tmp_path) as given:
        yield given


def _body(item: tuple[str, Any]) -> tuple[str, bytes]:
    return str(item[0]), bytes(item[1].read())


def in_this_process(pipe: Any) -> Any:
    return pipe


def in_workers(pipe: Any) -> Any:
    return DataLoader(pipe, batch_size=None, num_workers=2)


@pytest.mark.parametrize("says_when", [True, False], ids=["told when", "not told when"])
@pytest.mark.parametrize("reader", [in_this_process, in_workers])
def test_no_error_while_they_expire(
    secure: tuple[ScriptedServer, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    reader: Callable[[Any], Any],
    says_when: bool,
) -> None:
    server, ca_file = secure
    bodies = {
        str(server.put(f"k{number:02}", noise(150 * KiB, number))): noise(150 * KiB, number)
        for number in range(20)
    }
    store = ShortLived(server, LIFE_S)
    source_of_credentials(tmp_path, monkeypatch, says_when=says_when)
    client = S3Client(
        ClientConfig(endpoint_url=server.endpoint_url, verify=ca_file, proxies={}), ReadConfig()
    )
    urls = list(client.list("s3://bucket/"))
    before = stats()
    ends_at = time.monotonic() + LASTS_S
    passes = 0
    while time.monotonic() < ends_at:
        pipe: Any = IterableWrapper(urls).sharding_filter()
        pipe = pipe.load_files_by_s3(client=client, read=CHUNKS).map(_body)
        assert dict(reader(pipe)) == bodies
        passes += 1
    span = stats() - before
    print(passes, len(store.tokens), store.late, span.retries_by)  # noqa: T201 - for -rP
    assert len(store.tokens) >= LASTS_S / LIFE_S / 2
    if reader is in_this_process:
        # A HEAD for a checksum is not repeated when its stream was closed meanwhile; nor is the
        # second request of two, which stands for the same attempt.
        doubled = span.hedges - span.hedges_won
        assert store.late_gets - doubled <= span.retries_by.expired_credentials <= store.late


def test_while_credentials_are_made_no_answer_is_late(
    secure: tuple[ScriptedServer, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, ca_file = secure
    url = server.put("k", b"bytes")
    first: list[str] = []

    def refuses_the_first(request: Request) -> Answer | None:
        token = request.headers["x-amz-security-token"]
        first[:] = first or [token]
        return fault(400, "ExpiredToken") if token == first[0] else None

    server.script = refuses_the_first
    source_of_credentials(tmp_path, monkeypatch, says_when=False)
    program, made = tmp_path / "make-credentials", tmp_path / "made"
    text = program.read_text()
    slowly = (
        f"if [ -e {made} ]; then sleep 2.5; fi; touch {made}\n"  # longer than patience with a HEAD
    )
    program.write_text(text.replace("now=", slowly + "now=", 1))
    config = ClientConfig(endpoint_url=server.endpoint_url, verify=ca_file, proxies={})
    client = S3Client(config)
    before = stats()
    assert client.head(url).size == 5
    span = stats() - before
    assert span.retries_by.timeout == 0
    assert span.retries_by.expired_credentials > 0
