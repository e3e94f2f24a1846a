"""What lies in the bucket, and how it is read."""

from __future__ import annotations

from s3pipes import ReadConfig
from tests.noise import noise

CHUNK = 64 << 10
SMALL_CHUNKS = ReadConfig(chunk_bytes=CHUNK)
SIZES = {"empty": 0, "one": 1, "small": 1000, "chunk": CHUNK, "chunks": 5 * CHUNK + 17}
CONTENTS = {key: noise(size, size) for key, size in SIZES.items()}
