"""One JPEG per object: decoded by the workers, as batches of tensors."""

import io
import sys

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader

from s3pipes import IterableWrapper, S3Stream


def decode(sample: tuple[str, S3Stream]) -> torch.Tensor:
    _, stream = sample
    image = Image.open(io.BytesIO(stream.read())).convert("RGB").resize((64, 64))
    return torch.from_numpy(np.array(image))


def images(prefix: str, workers: int = 2) -> DataLoader[torch.Tensor]:
    urls = IterableWrapper([prefix]).list_files_by_s3(masks=["*.jpg", "*.jpeg"])
    samples = urls.shuffle(buffer_size=100_000).sharding_filter().load_files_by_s3().map(decode)
    return DataLoader(samples, batch_size=32, num_workers=workers)


if __name__ == "__main__":
    for batch in images(sys.argv[1]):
        print(*batch.shape)
