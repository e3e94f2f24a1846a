"""What takes the views that the client gives, and what has to be given bytes."""

from __future__ import annotations

import hashlib
import io
import json
import pickle
import struct
import zlib

import numpy as np
import pyarrow
import pytest
import torch

from tests.clients import client_of

BODY = json.dumps({"weights": list(range(20))}).encode()
BODY += b" " * (-len(BODY) % 8)


@pytest.fixture
def view(scripted):
    scripted.put("k", BODY)
    return client_of(scripted).get("s3://bucket/k")


def wrote(file, view):
    file.write(view)
    return file.getvalue()


def put_into(into, view):
    into[:] = view
    return into


def from_torch(view):
    return torch.frombuffer(view, dtype=torch.uint8).numpy().tobytes()


TAKE_A_VIEW = {
    "bytes": bytes,
    "bytearray": bytearray,
    "str": lambda view: str(view, "utf-8").encode(),
    "join": lambda view: b"".join([view]),
    "write": lambda view: wrote(io.BytesIO(), view),
    "numpy": lambda view: np.frombuffer(view, np.uint8).tobytes(),
    "torch": from_torch,
    "pyarrow": lambda view: pyarrow.py_buffer(view).to_pybytes(),
    "struct": lambda view: struct.unpack(f"{len(view)}s", view)[0],
    "a slice": lambda view: put_into(bytearray(len(view)), view),
    "zlib": lambda view: zlib.decompress(zlib.compress(view)),
    "slices": lambda view: bytes(view[:7]) + bytes(view[7:]),
    "cast": lambda view: view.cast("Q").tobytes(),
}


@pytest.mark.filterwarnings("ignore:The given buffer is not writable:UserWarning")
@pytest.mark.parametrize("take", TAKE_A_VIEW.values(), ids=TAKE_A_VIEW)
def test_what_takes_a_view_as_it_is(view, take):
    assert take(view) == BODY


def test_a_view_is_like_the_bytes(view):
    assert view == BODY
    assert hash(view) == hash(BODY)
    assert (len(view), view.nbytes, view[3]) == (len(BODY), len(BODY), BODY[3])
    assert hashlib.sha256(view).digest() == hashlib.sha256(BODY).digest()
    view.release()


def test_what_insists_on_bytes_says_so_and_takes_them(view):
    """As the docstring of `S3Client.get` says."""
    with pytest.raises(TypeError, match="must be str, bytes or bytearray, not memoryview"):
        json.loads(view)
    assert json.loads(bytes(view)) == json.loads(BODY)
    with pytest.raises(TypeError, match=r"cannot pickle '?memoryview'? object"):
        pickle.dumps(view)
    assert pickle.loads(pickle.dumps(bytes(view))) == BODY
