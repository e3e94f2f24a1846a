"""NumPy archives: each is one object, read whole; its arrays become tensors."""

import io
import sys
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader

from s3pipes import IterableWrapper, S3Stream


def arrays(sample: tuple[str, S3Stream]) -> dict[str, torch.Tensor]:
    _, stream = sample
    with np.load(io.BytesIO(stream.read()), allow_pickle=False) as archive:
        return {name: torch.from_numpy(archive[name]) for name in archive.files}


def samples(prefix: str, workers: int = 2) -> DataLoader[Any]:
    urls = IterableWrapper([prefix]).list_files_by_s3(masks="*.npz").shuffle().sharding_filter()
    return DataLoader(urls.load_files_by_s3().map(arrays), batch_size=16, num_workers=workers)


if __name__ == "__main__":
    for batch in samples(sys.argv[1]):
        print({name: tuple(value.shape) for name, value in batch.items()})
