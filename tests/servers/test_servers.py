"""The test servers are what they say."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from s3pipes.testing import SeaweedServer
from s3pipes.testing.seaweedfs import remove_sockets
from s3pipes.testing.server import S3Server


def test_stores_and_returns(s3: S3Server) -> None:
    bucket = s3.bucket("plain")
    s3.boto.put_object(Bucket=bucket, Key="a b/ü+%", Body=b"content")
    assert s3.boto.get_object(Bucket=bucket, Key="a b/ü+%")["Body"].read() == b"content"
    assert [o["Key"] for o in s3.boto.list_objects_v2(Bucket=bucket)["Contents"]] == ["a b/ü+%"]


def test_every_bucket_is_new_and_empty(s3: S3Server) -> None:
    first, second = s3.bucket("same"), s3.bucket("same")
    assert first != second
    s3.boto.put_object(Bucket=first, Key="k", Body=b"")
    assert s3.boto.list_objects_v2(Bucket=second)["KeyCount"] == 0


def test_seaweed_checks_signatures(seaweed: S3Server) -> None:
    bucket = seaweed.bucket("locked")
    with pytest.raises(ClientError) as caught:
        seaweed.client(aws_secret_access_key="wrong").list_objects_v2(Bucket=bucket)
    assert caught.value.response["Error"]["Code"] == "SignatureDoesNotMatch"
    with pytest.raises(ClientError) as caught:
        seaweed.client(aws_access_key_id="nobody").list_objects_v2(Bucket=bucket)
    assert caught.value.response["Error"]["Code"] == "InvalidAccessKeyId"


def test_config_reaches_the_server(s3: S3Server) -> None:
    config = s3.config(max_requests=7)
    assert config.endpoint_url == s3.endpoint_url
    assert config.max_requests == 7
    assert s3.secret_key not in repr(config)


def test_seaweed_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere, directory = tmp_path / "elsewhere", tmp_path / "own"
    elsewhere.mkdir()
    directory.mkdir()
    monkeypatch.setenv("TMPDIR", str(elsewhere))
    before = set(Path("/tmp").glob("seaweedfs-*"))
    with SeaweedServer(directory) as server:
        ports = server.ports
        assert server.log.stat().st_size > 0
    assert list(elsewhere.iterdir()) == []
    left = {path.name for path in set(Path("/tmp").glob("seaweedfs-*")) - before}
    assert not [name for name in left if any(f"-{port}." in name for port in ports)]


def test_seaweed_dies_with_a_killed_parent(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.programs.seaweed", str(tmp_path)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        server, *ports = map(int, parent.stdout.readline().split())
        assert _is_running(server)
        parent.kill()
    deadline = time.monotonic() + 10
    while _is_running(server):
        assert time.monotonic() < deadline, "the server outlived its parent"
    remove_sockets(ports)


def _is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in "ZX"


def test_seaweed_that_cannot_start_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "weed"
    broken.write_text("#!/bin/sh\necho no such luck\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr("s3pipes.testing.seaweedfs._binary", lambda: str(broken))
    with pytest.raises(RuntimeError, match="no such luck"):
        SeaweedServer(tmp_path).__enter__()
