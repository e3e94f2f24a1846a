"""Named tensors of a safetensors file, each by a range of its own, side by side.

The format: eight bytes with the length of a JSON header, the header, the tensors' bytes.
"""

import json
import struct
import sys

import torch

from s3pipes import S3Client

TYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64}


def tensors(url: str, names: list[str]) -> dict[str, torch.Tensor]:
    client = S3Client()
    with client.open(url) as stream:
        (length,) = struct.unpack("<Q", stream.read(8))
        header = json.loads(stream.read(length))
    entries = [header[name] for name in names]
    base = 8 + length
    ranges = [tuple(base + offset for offset in entry["data_offsets"]) for entry in entries]
    found = {}
    for name, entry, content in zip(names, entries, client.get_ranges(url, ranges), strict=True):
        flat = torch.frombuffer(bytearray(content), dtype=TYPES[entry["dtype"]])
        found[name] = flat.reshape(entry["shape"])
    return found


if __name__ == "__main__":
    for name, tensor in tensors(sys.argv[1], sys.argv[2:]).items():
        print(name, tensor.dtype, *tensor.shape)
