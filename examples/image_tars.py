"""Tar shards of images and labels: shards in random order, samples shuffled among a thousand."""

import io
import sys
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader

from s3pipes import IterableWrapper


def decode(sample: dict[str, Any]) -> tuple[torch.Tensor, int]:
    image = Image.open(io.BytesIO(sample["jpg"])).convert("RGB").resize((64, 64))
    return torch.from_numpy(np.array(image)), int(sample["cls"])


def samples(prefix: str, workers: int = 2) -> DataLoader[Any]:
    shards = IterableWrapper([prefix]).list_files_by_s3(masks="*.tar").shuffle().sharding_filter()
    pipe = shards.load_files_by_s3().webdataset().shuffle(buffer_size=1000).map(decode)
    return DataLoader(pipe, batch_size=32, num_workers=workers)


if __name__ == "__main__":
    for image, label in samples(sys.argv[1]):
        print(*image.shape, sorted(label.tolist()))
