"""What a client is: pickled, shared, made without asking anybody."""

from __future__ import annotations

import pickle
import threading

import pytest

from s3pipes import ClientConfig, ConfigError, ReadConfig, S3Client
from tests.client.contents import CONTENTS, SIZES
from tests.clients import TWICE


def test_a_pickled_client_works_alike(client, urls):
    client.get(urls["small"])
    copy = pickle.loads(pickle.dumps(client))
    assert (copy.config, copy.read) == (client.config, client.read)
    assert bytes(copy.get(urls["chunks"])) == CONTENTS["chunks"]


def test_making_a_client_asks_nobody():
    client = S3Client(ClientConfig(endpoint_url="http://127.0.0.1:9", retry=TWICE))
    assert "127.0.0.1:9" in repr(client)
    with pytest.raises(ConfigError, match="No credentials found"):
        client.get("s3://bucket/key")


def test_settings_that_contradict_each_other_are_told_at_once(moto):
    with pytest.raises(ConfigError, match="memory_bytes"):
        S3Client(moto.config(memory_bytes=1 << 20), ReadConfig(chunk_bytes=2 << 20))
    client = S3Client(moto.config(memory_bytes=2 << 20), ReadConfig(chunk_bytes=1 << 20))
    with pytest.raises(ConfigError, match="memory_bytes"):
        client.open("s3://bucket/key", read=ReadConfig(chunk_bytes=3 << 20))


def test_threads_share_a_client(client, urls):
    failed = []

    def use():
        try:
            for key, url in urls.items():
                assert bytes(client.get(url)) == CONTENTS[key]
                assert client.head(url).size == SIZES[key]
        except BaseException as error:  # noqa: BLE001 - told below
            failed.append(error)

    threads = [threading.Thread(target=use) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
