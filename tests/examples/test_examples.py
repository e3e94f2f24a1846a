"""Each program of examples/ runs as its page says, and reads what is there."""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import struct
import subprocess
import sys
import wave
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from PIL import Image

from s3pipes.testing.server import S3Server
from tests.tars import archive

EXAMPLES = Path(__file__).parent.parent.parent / "examples"

Put = Callable[[str, bytes], None]
Run = Callable[..., list[str]]


@pytest.fixture
def bucket(moto: S3Server) -> str:
    return moto.bucket("examples")


@pytest.fixture
def put(moto: S3Server, bucket: str) -> Put:
    def put(key: str, content: bytes) -> None:
        moto.boto.put_object(Bucket=bucket, Key=key, Body=content)

    return put


@pytest.fixture
def run(moto: S3Server, bucket: str) -> Run:
    """The lines that an example prints, sorted: workers end in any order."""

    def run(name: str, key: str, *more: str) -> list[str]:
        environment = os.environ | {
            "AWS_ENDPOINT_URL_S3": moto.endpoint_url,
            "AWS_ACCESS_KEY_ID": moto.access_key,
            "AWS_SECRET_ACCESS_KEY": moto.secret_key,
        }
        done = subprocess.run(
            [sys.executable, str(EXAMPLES / name), f"s3://{bucket}/{key}", *more],
            check=False,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        return sorted(done.stdout.splitlines())

    return run


def jpeg(shade: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), (shade, 0, 0)).save(out, "JPEG")
    return out.getvalue()


def lines(first: int, count: int) -> bytes:
    return b"".join(json.dumps({"id": i}).encode() + b"\n" for i in range(first, first + count))


def test_jpegs(put, run):
    for i in range(6):
        put(f"images/{i}.jpg", jpeg(i))
    put("images/readme.txt", b"no image")
    assert run("jpegs.py", "images/") == ["3 64 64 3", "3 64 64 3"]  # of each worker one batch


def test_image_tars(put, run):
    for i in range(2):
        files = [
            (f"{k}.{ending}", content)
            for k in range(3)
            for ending, content in (("jpg", jpeg(k)), ("cls", b"%d" % k))
        ]
        put(f"shards/{i}.tar", archive(files))
    assert run("image_tars.py", "shards/") == ["3 64 64 3 [0, 1, 2]"] * 2


def test_jsonl(put, run):
    put("text/a.jsonl", lines(0, 300))
    put("text/b.jsonl", lines(1000, 10))
    found = run("jsonl.py", "text/")
    assert sorted(int(line.split()[0]) for line in found) == [10, 44, 256]
    assert "256 {'id': 0}" in found


def test_jsonl_gz(put, run):
    put("text/a.jsonl.gz", gzip.compress(lines(0, 300)))
    assert run("jsonl_gz.py", "text/") == ["256 {'id': 0}", "44 {'id': 256}"]


def test_parquet_columns(put, run):
    table = pyarrow.table({"a": range(1000), "b": ["text"] * 1000, "c": [0.5] * 1000})
    out = io.BytesIO()
    pyarrow.parquet.write_table(table, out)
    put("tables/0.parquet", out.getvalue())
    assert run("parquet_columns.py", "tables/", "a", "c") == ["1000 a c"]


def test_npz(put, run):
    for i in range(2):
        out = io.BytesIO()
        np.savez(out, x=np.full((3, 4), i, np.float32), y=np.int64(i))
        put(f"arrays/{i}.npz", out.getvalue())
    assert run("npz.py", "arrays/") == ["{'x': (1, 3, 4), 'y': (1,)}"] * 2


def test_zips(put, run, bucket):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a.txt", "a" * 1000)
        made.writestr("b.bin", bytes(500))
    put("zips/0.zip", out.getvalue())
    assert run("zips.py", "zips/", ".txt") == [f"s3://{bucket}/zips/0.zip a.txt 1000"]


def test_audio(put, run):
    for i, seconds in enumerate((0.5, 2)):
        out = io.BytesIO()
        with wave.open(out, "wb") as sound:
            sound.setnchannels(2)
            sound.setsampwidth(2)
            sound.setframerate(8000)
            sound.writeframes(bytes(int(8000 * seconds) * 4))
        put(f"sounds/{i}.wav", out.getvalue())
    assert run("audio.py", "sounds/") == ["1 8000", "1 8000"]


def test_safetensors_slices(put, run, bucket):
    header = {
        "w": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
        "b": {"dtype": "I64", "shape": [4], "data_offsets": [24, 56]},
    }
    text = json.dumps(header).encode()
    put("model.safetensors", struct.pack("<Q", len(text)) + text + bytes(56))
    found = run("safetensors_slices.py", "model.safetensors", "b", "w")
    assert found == ["b torch.int64 4", "w torch.float32 2 3"]


def test_map_style(put, run):
    put("records", bytes(256 * 100))
    assert run("map_style.py", "records") == ["36 256", "64 256"]


def test_asyncio_gather(put, run):
    for i in range(50):
        put(f"many/{i}", bytes(i))
    assert run("asyncio_gather.py", "many/") == [f"50 {sum(range(50))}"]


def test_the_page_lists_every_example():
    listed = re.findall(r"\]\((\w+\.py)\)", (EXAMPLES / "README.md").read_text())
    assert sorted(listed) == sorted(path.name for path in EXAMPLES.glob("*.py"))
