"""Keys that change all the time leave nothing behind."""

from __future__ import annotations

import gc
import types
from collections.abc import Iterator

import pytest

from s3pipes import S3Client
from s3pipes.aws import credentials, endpoint
from s3pipes.aws.credentials import CredentialSource
from s3pipes.aws.endpoint import resolve
from s3pipes.config import ClientConfig
from s3pipes.testing import ScriptedServer

TURNS = 100
ENDPOINT = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def empty_caches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "_chains", {})
    monkeypatch.setattr(endpoint, "_targets", {})
    monkeypatch.setattr(endpoint, "_resolvers", {})


def texts_in(*roots: object) -> Iterator[str]:
    """Every text that can be reached from `roots`, but for what code refers to."""
    seen: set[int] = set()
    waiting = list(roots)
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, (types.ModuleType, types.FunctionType, type)):
            continue
        seen.add(id(one))
        if isinstance(one, (str, bytes)):
            yield str(one)
        waiting += gc.get_referents(one)


def kept() -> str:
    caches = credentials._chains, endpoint._targets, endpoint._resolvers
    return "\n".join(texts_in(*caches))


def clients_of_botocore() -> int:
    gc.collect()
    kinds = map(type, gc.get_objects())
    return sum((kind.__module__, kind.__name__) == ("botocore.client", "S3") for kind in kinds)


def test_keys_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    before = clients_of_botocore()
    config = ClientConfig(endpoint_url=ENDPOINT, region="us-east-1")
    for turn in range(TURNS):
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", f"key-{turn:03}")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", f"canary-{turn:03}")
        found = CredentialSource(config).snapshot()
        assert found is not None
        assert found.secret_key == f"canary-{turn:03}"
        assert resolve(config, "bucket").host == "127.0.0.1"
    assert clients_of_botocore() <= before + 1
    assert f"canary-{TURNS - 1:03}" in kept()  # so it would be seen
    assert not [turn for turn in range(TURNS - 1) if f"canary-{turn:03}" in kept()]


def test_keys_of_the_configuration(scripted: ScriptedServer) -> None:
    before = clients_of_botocore()
    url = scripted.put("k", b"content")
    for turn in range(TURNS):
        config = scripted.config(
            access_key_id=f"key-{turn:03}",
            secret_access_key=f"canary-{turn:03}",
            session_token=f"canary-token-{turn:03}",
        )
        assert bytes(S3Client(config).get(url)) == b"content"
        assert scripted.requests[-1].access_key == f"key-{turn:03}"
    assert clients_of_botocore() <= before + 1
    assert "canary" not in kept()


def test_a_proxys_password_is_no_key_of_a_cache() -> None:
    for turn in range(3):
        proxies = {"http": f"http://user:canary-{turn}@proxy:1"}
        config = ClientConfig(endpoint_url=ENDPOINT, proxies=proxies)
        assert resolve(config, "bucket").proxy_authorization
    keys = "\n".join(texts_in(list(endpoint._targets), list(endpoint._resolvers)))
    assert "canary" not in keys
    assert len({target.proxy_authorization for target in endpoint._targets.values()}) == 3


def test_the_caches_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "_MOST_TARGETS", 5)
    monkeypatch.setattr(endpoint, "_MOST_RESOLVERS", 2)
    monkeypatch.setattr(credentials, "_MOST_CHAINS", 3)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    for turn in range(10):
        monkeypatch.setenv("AWS_UNKNOWN_SETTING", str(turn % 5))
        config = ClientConfig(endpoint_url=ENDPOINT)
        for bucket in ("one", "two"):
            assert resolve(config, bucket).base_path == f"/{bucket}"
        assert CredentialSource(config).snapshot() is not None
    assert len(endpoint._targets) == 5
    assert len(endpoint._resolvers) == 2
    assert len(credentials._chains) == 3
