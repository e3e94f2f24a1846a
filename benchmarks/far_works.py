"""The works for a store with S3's latencies, and what its shards hold."""

from __future__ import annotations

import io
import random
import tarfile
import tempfile
from dataclasses import replace
from pathlib import Path

from benchmarks.works import MIB, Work, write_text

IMAGE_BYTES = 110 * 1024
SHARD_BYTES = 16 * MIB


def far_works(quick: bool) -> dict[str, Work]:
    """Every work by name. `quick` shrinks them until a run shows only that everything works."""
    small = 200 if quick else 4000
    large = (2, 16 * MIB) if quick else (8, 128 * MIB)
    shards = 4 if quick else 64
    listed, first = (5000, 20_000) if quick else (100_000, 1_000_000)
    one = large[1]
    tar_bytes = len(image_shard())
    epochs = 1 if quick else 4  # one is over within a second
    large_title = f"{large[0]} × {large[1] // MIB} MiB"
    works = [
        Work("small", f"{small} × 110 KiB", "small", small, IMAGE_BYTES, epochs=epochs),
        Work("large", large_title, "large", *large, epochs=epochs),
        Work("one", f"One object of {one // MIB} MiB, from a cold start", "one", 1, one, cold=True),
        Work(
            "text",
            f"{shards} text shards of 16 MiB",
            "text",
            shards,
            SHARD_BYTES,
            "lines",
            epochs=epochs,
        ),
        Work(
            "tar",
            f"{shards} tar shards of 16 MiB",
            "tar",
            shards,
            tar_bytes,
            "samples",
            epochs=epochs,
        ),
        Work("list", f"{listed:,} keys listed", "list", listed, IMAGE_BYTES, listed="all"),
        Work(
            "first",
            f"{first:,} keys, the first batch of URLs",
            "million",
            first,
            IMAGE_BYTES,
            listed="first",
        ),
    ]
    return {w.name: replace(w, far=True, cold=w.cold or bool(w.listed)) for w in works}


def text_shard() -> tuple[bytes, int]:
    """The bytes of one, and its number of lines."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "text"
        lines = write_text(path, SHARD_BYTES)
        return path.read_bytes(), lines


def images_in_shard() -> int:
    return SHARD_BYTES // (IMAGE_BYTES + 2 * 512)


def image_shard() -> bytes:
    """As many images, which do not compress, as fit: WebDataset's form, without labels."""
    pixels = random.Random("tar").randbytes(SHARD_BYTES)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for number in range(images_in_shard()):
            entry = tarfile.TarInfo(f"{number:06}.jpg")
            entry.size = IMAGE_BYTES
            start = number * IMAGE_BYTES
            tar.addfile(entry, io.BytesIO(pixels[start : start + IMAGE_BYTES]))
    return out.getvalue()
