"""Getting whole objects, into memory of ours and of the caller's."""

from __future__ import annotations

import array

import pytest
import torch

from s3pipes import ConfigError, ObjectChanged, ReadConfig, S3Client
from tests.client.contents import CHUNK, CONTENTS, SIZES, SMALL_CHUNKS


@pytest.mark.parametrize(
    "read",
    [SMALL_CHUNKS, ReadConfig(), ReadConfig(whole_objects=True)],
    ids=["chunks", "default", "whole"],
)
def test_get(s3, urls, read):
    client = S3Client(s3.config(), read)
    for key, url in urls.items():
        view = client.get(url)
        assert bytes(view) == CONTENTS[key]
        assert view.readonly
        assert view.contiguous


def test_results_outlive_client_and_stream(client, urls):
    views = [client.get(url) for url in urls.values()]
    del client
    assert [bytes(view) for view in views] == [CONTENTS[key] for key in urls]


def of_bytes(size):
    return bytearray(size)


def part_of_a_view(size):
    return memoryview(bytearray(size + 20))[10 : 10 + size]


def of_other_items(size):
    return array.array("I", [0] * (-(-size // 4)))


BUFFERS = [of_bytes, part_of_a_view, of_other_items]


@pytest.mark.parametrize("make", BUFFERS)
def test_get_into_buffers(client, urls, make):
    for key, url in urls.items():
        buffer = make(SIZES[key])
        assert client.get_into(url, buffer) == SIZES[key]
        assert memoryview(buffer).tobytes()[: SIZES[key]] == CONTENTS[key]
        if isinstance(buffer, memoryview):
            rest = bytes(buffer.obj)
            assert rest[:10] == rest[10 + SIZES[key] :] == bytes(10)


@pytest.mark.parametrize(
    "dtype", [torch.uint8, torch.int64, torch.float32, torch.bfloat16, torch.bool, torch.complex64]
)
def test_get_into_tensors(client, urls, dtype):
    for key, url in urls.items():
        tensor = torch.zeros(-(-SIZES[key] // dtype.itemsize), dtype=dtype)
        assert client.get_into(url, tensor) == SIZES[key]
        if key != "empty":
            got = tensor.view(torch.uint8).numpy().tobytes()
            assert got[: SIZES[key]] == CONTENTS[key]


def test_get_into_a_pinned_tensor_and_a_part_of_one(client, urls):
    # Without a GPU there is nothing to pin to: the same memory, unpinned.
    whole = torch.zeros(2, CHUNK * 8, dtype=torch.uint8, pin_memory=torch.cuda.is_available())
    assert client.get_into(urls["chunks"], whole[1]) == SIZES["chunks"]
    assert whole[1].numpy().tobytes()[: SIZES["chunks"]] == CONTENTS["chunks"]
    assert not whole[0].any()
    assert not whole[1, SIZES["chunks"] :].any()


def test_get_into_memory_that_cannot_take_it(client, urls):
    url = urls["chunks"]
    with pytest.raises(ConfigError, match="contiguous"):
        client.get_into(url, torch.zeros(CHUNK * 8, 2, dtype=torch.uint8)[:, 0])
    with pytest.raises(ConfigError, match="CPU memory"):
        client.get_into(url, torch.zeros(CHUNK * 8, dtype=torch.uint8, device="meta"))
    with pytest.raises((TypeError, BufferError)):
        client.get_into(url, bytes(CHUNK * 8))
    with pytest.raises(TypeError):
        client.get_into(url, "text")


@pytest.mark.parametrize("too_small", [0, 1, CHUNK - 1, CHUNK, 5 * CHUNK + 16])
@pytest.mark.parametrize("read", [SMALL_CHUNKS, ReadConfig(), ReadConfig(whole_objects=True)])
def test_get_into_too_small_a_buffer_writes_nothing_beyond_it(s3, urls, read, too_small):
    client = S3Client(s3.config(), read)
    memory = bytearray(SIZES["chunks"])
    with pytest.raises(
        ConfigError, match=f"{SIZES['chunks']} bytes, more than.* {too_small}$|\\("
    ) as e:
        client.get_into(urls["chunks"], memoryview(memory)[:too_small])
    assert e.value.url == urls["chunks"]
    assert memory == bytes(SIZES["chunks"])


def test_get_into_nothing_writes_after_a_failure(s3, client, bucket):
    s3.boto.put_object(Bucket=bucket, Key="replaced", Body=CONTENTS["chunks"])
    url = client.head(f"s3://{bucket}/replaced")
    s3.boto.put_object(Bucket=bucket, Key="replaced", Body=CONTENTS["chunks"][::-1])
    memory = bytearray(SIZES["chunks"])
    with pytest.raises(ObjectChanged):
        client.get_into(url, memory)
    memory.append(0)  # BufferError if anybody still held it
    s3.boto.delete_object(Bucket=bucket, Key="replaced")
