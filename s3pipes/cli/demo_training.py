"""What the demo does with the data: decode, train a small model, take the time of each step."""

from __future__ import annotations

import io
import time
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

import torch
from torch import Tensor, nn

T_co = TypeVar("T_co", covariant=True)

IMAGE_EXTENSIONS = ("jpg", "jpeg", "png", "webp")
LABEL_EXTENSIONS = ("cls", "txt")
MAX_CLASSES = 1000  # labels of the user's own data are folded into so many


class Decoded(NamedTuple):
    """One sample, or with stacked tensors one batch."""

    images: Tensor  # float, ([batch,] 3, side, side), 0 to 1
    labels: Tensor  # long, ([batch])
    size: int  # bytes as stored
    shards: frozenset[str]  # the URLs it came from


@dataclass
class Pace:
    """How fast one pass over data went."""

    name: str
    seconds: float = 0.0
    waited_s: float = 0.0  # of `seconds`, the loop waited for data
    samples: int = 0
    size: int = 0  # bytes
    shards: set[str] = field(default_factory=set)
    loss: float | None = None
    accuracy: float | None = None  # 0 to 1

    def taken(self, batches: Iterable[T_co]) -> Iterator[T_co]:
        """Hands the batches on and takes the time: all of it, and what `next` took."""
        begin = time.perf_counter()
        source = iter(batches)
        try:
            while True:
                asked = time.perf_counter()
                try:
                    batch = next(source)
                except StopIteration:
                    return
                finally:
                    self.waited_s += time.perf_counter() - asked
                yield batch
        finally:
            self.seconds = time.perf_counter() - begin


@dataclass(frozen=True)
class Decoder:
    """Makes tensors of the samples that `.webdataset()` yields.

    Attributes:
        side: images are scaled to side x side pixels.
        image: the image's extension in the sample.
        label: the label's.
    """

    side: int
    image: str
    label: str

    @classmethod
    def fitting(cls, sample: dict[str, Any], side: int) -> Decoder | None:
        """A decoder for samples like this one; None where it holds no image with a label."""
        image = next((name for name in IMAGE_EXTENSIONS if name in sample), None)
        label = next((name for name in LABEL_EXTENSIONS if name in sample), None)
        return cls(side, image, label) if image and label else None

    def __call__(self, sample: dict[str, Any]) -> Decoded:
        """Decodes one sample."""
        from PIL import Image

        picture = Image.open(io.BytesIO(sample[self.image])).convert("RGB")
        if picture.size != (self.side, self.side):
            picture = picture.resize((self.side, self.side))
        pixels = torch.frombuffer(bytearray(picture.tobytes()), dtype=torch.uint8)
        image = pixels.view(self.side, self.side, 3).permute(2, 0, 1).float().div_(255)
        size = len(sample[self.image]) + len(sample[self.label])
        return Decoded(
            image,
            torch.tensor(class_of(sample[self.label])),
            size,
            frozenset([sample["__url__"]]),
        )


def class_of(label: bytes) -> int:
    """The class a label stands for: its digits, or a checksum of any other text."""
    text = label.strip()
    return (int(text) if text.isdigit() else zlib.crc32(text)) % MAX_CLASSES


def collate(samples: list[Decoded]) -> Decoded:
    """One batch of decoded samples."""
    images, labels, sizes, shards = zip(*samples, strict=True)
    return Decoded(torch.stack(images), torch.stack(labels), sum(sizes), frozenset().union(*shards))


class Trainer:
    """A small convolutional network and its optimiser."""

    def __init__(self, classes: int, steps: int | None) -> None:
        """A fresh model; `steps` is how many there will be, None where that is unknown."""
        torch.manual_seed(0)
        self._model = nn.Sequential(
            *_convolution(3, 16), *_convolution(16, 32), *_convolution(32, 64),
            nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(64, classes),
        )  # fmt: skip
        self._optimiser = torch.optim.Adam(self._model.parameters(), lr=4e-3)
        self._schedule = (
            torch.optim.lr_scheduler.OneCycleLR(self._optimiser, max_lr=8e-3, total_steps=steps)
            if steps
            else None
        )
        self._steps_left = steps or 0

    def step(self, batch: Decoded) -> tuple[float, int]:
        """Trains on one batch; returns its mean loss and how many samples the model had right."""
        outputs = self._model(batch.images)
        loss = nn.functional.cross_entropy(outputs, batch.labels)
        self._optimiser.zero_grad()
        torch.autograd.backward(loss)
        self._optimiser.step()
        if self._schedule and self._steps_left > 0:
            self._schedule.step()
            self._steps_left -= 1
        return float(loss.detach()), int((outputs.argmax(1) == batch.labels).sum())


def _convolution(inputs: int, outputs: int) -> tuple[nn.Module, ...]:
    return (
        nn.Conv2d(inputs, outputs, 3, stride=2, padding=1),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )
