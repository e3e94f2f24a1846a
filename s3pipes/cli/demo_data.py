"""The data set of the demo: coloured shapes to tell apart, in tar shards, and shards of text."""

from __future__ import annotations

import io
import random
import tarfile
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

SHAPES = ("disc", "square", "triangle", "ring", "cross")
TINTS = ("warm", "cold")
CLASSES = len(SHAPES) * len(TINTS)
IMAGE_SIDE = 48  # pixels

_WORDS = ("epoch", "shard", "batch", "bucket", "window", "gradient", "tensor", "worker", "sample")


def image_shards(shards: int, samples: int) -> Iterator[tuple[str, bytes]]:
    """Yields `(name, tar archive)`: each with `samples` JPEG images `.jpg` and their labels `.cls`.

    The same images come at every call. Labels are the digits of 0 to CLASSES - 1.
    """
    for shard in range(shards):
        rng = random.Random(shard)
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            for sample in range(samples):
                label = rng.randrange(CLASSES)
                picture = io.BytesIO()
                draw_image(label, rng).save(picture, "JPEG", quality=88)
                key = f"{shard:04d}-{sample:05d}"
                for name, content in (
                    (f"{key}.jpg", picture.getvalue()),
                    (f"{key}.cls", str(label).encode()),
                ):
                    entry = tarfile.TarInfo(name)
                    entry.size = len(content)
                    archive.addfile(entry, io.BytesIO(content))
        yield f"images-{shard:04d}.tar", packed.getvalue()


def text_shards(shards: int, size: int) -> Iterator[tuple[str, bytes]]:
    """Yields `(name, text)`: each of about `size` bytes in lines of 60 to 400 bytes."""
    for shard in range(shards):
        rng = random.Random(1000 + shard)
        lines: list[str] = []
        left = size
        while left > 0:
            line = " ".join(rng.choices(_WORDS, k=rng.randrange(10, 56)))
            lines.append(line)
            left -= len(line) + 1
        yield f"text-{shard:04d}.txt", ("\n".join(lines) + "\n").encode()


def draw_image(label: int, rng: random.Random) -> Image.Image:
    """A picture of the class `label`: a shape of some size, place and shade on a noisy ground."""
    from PIL import Image, ImageDraw

    shape, tint = SHAPES[label % len(SHAPES)], TINTS[label // len(SHAPES)]
    ground = rng.randrange(40, 120)
    grain = Image.frombytes("L", (IMAGE_SIDE, IMAGE_SIDE), rng.randbytes(IMAGE_SIDE**2))
    image = Image.blend(grain, Image.new("L", grain.size, ground), 0.75).convert("RGB")
    strong, weak = rng.randrange(150, 256), rng.randrange(0, 80)
    green = rng.randrange(100)
    colour = (strong, green, weak) if tint == "warm" else (weak, green, strong)
    radius = rng.randrange(IMAGE_SIDE // 6, IMAGE_SIDE // 3)
    x, y = (rng.randrange(radius, IMAGE_SIDE - radius) for _ in range(2))
    box = (x - radius, y - radius, x + radius, y + radius)
    pen = ImageDraw.Draw(image)
    if shape == "disc":
        pen.ellipse(box, fill=colour)
    elif shape == "square":
        pen.rectangle(box, fill=colour)
    elif shape == "triangle":
        pen.polygon([(x, box[1]), (box[0], box[3]), (box[2], box[3])], fill=colour)
    elif shape == "ring":
        pen.ellipse(box, outline=colour, width=max(2, radius // 3))
    else:
        width = max(3, radius // 2)
        pen.line([(box[0], y), (box[2], y)], fill=colour, width=width)
        pen.line([(x, box[1]), (x, box[3])], fill=colour, width=width)
    return image
