"""What others do with files, they do with streams."""

from __future__ import annotations

import csv
import gzip
import io
import json
import pickle
import shutil
import tarfile
import zipfile

import pyarrow
import pyarrow.parquet
import pytest
import torch
from PIL import Image
from torch.utils.data.datapipes.utils.decoder import basichandlers, imagehandler

from s3pipes import IterableWrapper
from tests.noise import noise
from tests.stream.contents import CHUNK, CONTENTS
from tests.tars import archive


def test_text_wrapper_and_csv(store):
    rows = [[str(i), f"zwölf, {i}", '"'] for i in range(20_000)]
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    stream = store(text.getvalue().encode())
    assert stream.size > 4 * CHUNK
    with io.TextIOWrapper(stream, encoding="utf-8", newline="") as wrapped:
        assert list(csv.reader(wrapped)) == rows
        wrapped.seek(0)
        assert wrapped.read() == text.getvalue()
    assert stream.closed


def test_pil(store):
    image = Image.effect_noise((400, 400), 50)
    out = io.BytesIO()
    image.save(out, "PNG")
    stream = store(out.getvalue())
    assert stream.size > CHUNK
    with Image.open(stream) as opened:
        assert opened.size == (400, 400)
        assert opened.tobytes() == image.tobytes()


@pytest.mark.parametrize("mode", ["r", "r:*", "r|*", "r|gz", "r:gz"])
def test_tarfile(store, mode):
    files = {f"{i}.bin": noise(i * 7001, i) for i in range(30)}
    content = archive(files.items())
    if "gz" in mode:
        content = gzip.compress(content)
    got = {}
    with tarfile.open(fileobj=store(content), mode=mode) as tar:
        for entry in tar:
            file = tar.extractfile(entry)
            assert file is not None
            got[entry.name] = file.read()
    assert got == files


def test_zip_and_gzip(store):
    files = {f"{i}": noise(50_000, i) for i in range(10)}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    with zipfile.ZipFile(store(out.getvalue(), "zip")) as archive:
        assert {name: archive.read(name) for name in reversed(archive.namelist())} == files
    body = noise(300_000, 3)
    with gzip.open(store(gzip.compress(body), "gz")) as unzipped:
        assert unzipped.read() == body


def test_pyarrow(store):
    table = pyarrow.table({"i": range(50_000), "s": [f"text {i}" for i in range(50_000)]})
    out = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(table, out, row_group_size=10_000)
    body = out.getvalue().to_pybytes()
    assert len(body) > 4 * CHUNK
    assert pyarrow.parquet.read_table(store(body)).equals(table)
    file = pyarrow.parquet.ParquetFile(store(body))
    assert file.num_row_groups == 5
    assert file.read_row_group(3, ["i"]).column("i").to_pylist() == list(range(30_000, 40_000))
    wrapped = pyarrow.PythonFile(store(body), mode="r")
    assert wrapped.size() == len(body)
    wrapped.seek(100)
    assert wrapped.read(10) == body[100:110]
    assert wrapped.read_buffer().to_pybytes() == body[110:]


def test_torch_load_and_others(store):
    tensors = {"weight": torch.arange(60_000), "bias": torch.zeros(3)}
    out = io.BytesIO()
    torch.save(tensors, out)
    loaded = torch.load(store(out.getvalue(), "pt"), weights_only=True)
    assert all(torch.equal(loaded[name], tensor) for name, tensor in tensors.items())
    assert json.load(store(b'{"a": [1, 2]}', "json")) == {"a": [1, 2]}
    assert pickle.load(store(pickle.dumps(list(range(40_000))), "pkl")) == list(range(40_000))
    copied = io.BytesIO()
    shutil.copyfileobj(store(CONTENTS["chunks"], "copy"), copied)
    assert copied.getvalue() == CONTENTS["chunks"]


@pytest.mark.parametrize("chunk", [None, 1000])
def test_read_from_stream_of_torch(client, urls, chunk):
    source = IterableWrapper(list(urls.values())).load_files_by_s3(client=client)
    got = dict.fromkeys(urls.values(), b"")
    for url, part in source.read_from_stream(chunk=chunk):
        assert chunk is None or len(part) <= chunk
        got[url] += part
    assert got == {urls[key]: CONTENTS[key] for key in urls}


@pytest.mark.filterwarnings("ignore:.*routed_decode:FutureWarning")
def test_routed_decode_of_torch(s3, client):
    bucket = s3.bucket("decode")
    out = io.BytesIO()
    Image.new("RGB", (40, 30), (255, 0, 0)).save(out, "PNG")
    stored = {
        "a.txt": "zwölf".encode(),
        "b.json": b'{"x": 1}',
        "c.cls": b"7",
        "d.png": out.getvalue(),
    }
    for key, body in stored.items():
        s3.boto.put_object(Bucket=bucket, Key=key, Body=body)
    pipe = IterableWrapper([f"s3://{bucket}"]).list_files_by_s3(client=client)
    decoded = {
        url.key: value
        for url, value in pipe.load_files_by_s3(client=client).routed_decode(
            basichandlers, imagehandler("pil")
        )
    }
    assert decoded["a.txt"] == "zwölf"
    assert decoded["b.json"] == {"x": 1}
    assert decoded["c.cls"] == 7
    assert decoded["d.png"].size == (40, 30)
    assert decoded["d.png"].getpixel((3, 3)) == (255, 0, 0)
