"""One sound per object (WAV, 16 bit): cut or padded to one second, as batches of tensors."""

import io
import sys
import wave

import numpy as np
import torch
from torch.utils.data import DataLoader

from s3pipes import IterableWrapper, S3Stream


def one_second(sample: tuple[str, S3Stream]) -> torch.Tensor:
    _, stream = sample
    with wave.open(io.BytesIO(stream.read())) as sound:
        rate, channels = sound.getframerate(), sound.getnchannels()
        frames = np.frombuffer(sound.readframes(rate), dtype="<i2").reshape(-1, channels)
    samples = torch.zeros(rate)
    samples[: len(frames)] = torch.from_numpy(frames.mean(axis=1, dtype=np.float32) / 32768)
    return samples


def sounds(prefix: str, workers: int = 2) -> DataLoader[torch.Tensor]:
    urls = IterableWrapper([prefix]).list_files_by_s3(masks="*.wav").shuffle().sharding_filter()
    return DataLoader(urls.load_files_by_s3().map(one_second), batch_size=16, num_workers=workers)


if __name__ == "__main__":
    for batch in sounds(sys.argv[1]):
        print(*batch.shape)
