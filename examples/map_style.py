"""A map-style dataset over one object of fixed-size records: a batch is one call for its ranges."""

import sys

import torch
from torch.utils.data import DataLoader, Dataset

from s3pipes import S3Client

RECORD_BYTES = 256


class Records(Dataset[torch.Tensor]):
    def __init__(self, url: str) -> None:
        self.client = S3Client()
        self.url = self.client.head(url)  # knows the size, and the version from now on
        assert self.url.size is not None
        self.count = self.url.size // RECORD_BYTES

    def __len__(self) -> int:
        return self.count

    def __getitems__(self, indices: list[int]) -> list[torch.Tensor]:
        ranges = [(i * RECORD_BYTES, (i + 1) * RECORD_BYTES) for i in indices]
        found = self.client.get_ranges(self.url, ranges)
        return [torch.frombuffer(bytearray(content), dtype=torch.uint8) for content in found]

    def __getitem__(self, index: int) -> torch.Tensor:
        return self.__getitems__([index])[0]


if __name__ == "__main__":
    for batch in DataLoader(Records(sys.argv[1]), batch_size=64, shuffle=True, num_workers=2):
        print(*batch.shape)
