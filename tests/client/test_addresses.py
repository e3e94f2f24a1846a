"""A host's addresses, given in place of a look-up."""

from __future__ import annotations

import pickle

import pytest

from s3pipes import ClientConfig, RetryConfig, S3Client
from s3pipes.errors import S3PipesError
from s3pipes.testing.scripted import ScriptedServer


def _config(server: ScriptedServer, *addresses: str, **changes: object) -> ClientConfig:
    url = f"http://store.example:{server.port}"
    return server.config(endpoint_url=url, resolve={"store.example": list(addresses)}, **changes)


def test_a_name_goes_to_the_addresses_given_for_it() -> None:
    with ScriptedServer(host="127.0.0.2") as server:
        server.put("key", b"content")
        config = pickle.loads(pickle.dumps(_config(server, "127.0.0.2")))
        assert bytes(S3Client(config).get("s3://bucket/key")) == b"content"
        assert server.requests[-1].headers["host"] == f"store.example:{server.port}"


def test_one_that_refuses_is_passed_over() -> None:
    with ScriptedServer(host="127.0.0.2") as server:
        server.put("key", b"content")
        config = _config(server, "127.0.0.3", "127.0.0.2", "127.0.0.4")
        for _ in range(3):
            assert bytes(S3Client(config).get("s3://bucket/key")) == b"content"


def test_clients_with_other_addresses_share_no_connection() -> None:
    with ScriptedServer(host="127.0.0.2") as server:
        server.put("key", b"content")
        S3Client(_config(server, "127.0.0.2")).get("s3://bucket/key")
        with pytest.raises(S3PipesError, match=r"store\.example"):
            S3Client(_config(server, "127.0.0.9", retry=RetryConfig(max_attempts=1))).get(
                "s3://bucket/key"
            )
