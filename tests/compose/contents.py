"""Shards of lines and of members, and functions that travel to workers."""

from __future__ import annotations

from s3pipes import S3Url

SHARDS = 7
LINES = 40
MEMBERS = 6


def lines_of(shard):
    return [f"{shard}:{line} {'x' * (37 * line % 211)}".encode() for line in range(LINES)]


def members_of(shard):
    return {
        f"{shard:02}/{i}.{kind}": f"{shard}/{i}/{kind}".encode() * (i + 1)
        for i in range(MEMBERS)
        for kind in ("txt", "cls")
    }


ALL_LINES = sorted(line for shard in range(SHARDS) for line in lines_of(shard))
ALL_MEMBERS = {name: body for shard in range(SHARDS) for name, body in members_of(shard).items()}
ALL_KEYS = sorted(f"{shard:02}/{i}" for shard in range(SHARDS) for i in range(MEMBERS))


def content(pair):
    url, stream = pair
    with stream:
        return url, stream.read()


def name_and_content(pair):
    path, member = pair
    return "/".join(path.split("/")[-2:]), member.read()


def is_even(pair):
    return int(S3Url(pair[0]).key.rpartition("/")[2].partition(".")[0]) % 2 == 0


def parity(pair):
    return int(is_even(pair))


def checked_sample(sample):
    key, number = sample["__key__"], int(sample["__key__"].rpartition("/")[2])
    shard = int(key.partition("/")[0])
    assert set(sample) == {"__key__", "__url__", "txt", "cls"}
    assert sample["txt"] == f"{shard}/{number}/txt".encode() * (number + 1)
    assert sample["cls"] == f"{shard}/{number}/cls".encode() * (number + 1)
    return key


def flat(batches):
    return [sample for batch in batches for sample in batch]
