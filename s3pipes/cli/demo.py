"""`s3pipes demo`: trains a small model from S3 and shows where the time went."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import islice
from typing import TYPE_CHECKING, Any

from s3pipes.url import split

if TYPE_CHECKING:
    from s3pipes.cli.demo_training import Pace
    from s3pipes.objects.client import S3Client

_NEEDED = {"PIL": "pillow", "tqdm": "tqdm"}
_TAR_ENDINGS = (".tar", ".tar.gz", ".tgz")
_LOOKED_AT = 1000  # objects of the user's own prefix that say what lies there

IMAGE_SHARDS, SAMPLES_PER_SHARD = 20, 240
TEXT_SHARDS, TEXT_SHARD_BYTES = 8, 2 << 20


def add_to(verbs: Any) -> None:
    """Adds the verb to the command's parser."""
    parser: argparse.ArgumentParser = verbs.add_parser(
        "demo",
        help="train a small model from a simulated S3, or from your own",
        description=(
            "Starts a simulated S3 with generated images and text, trains a small model"
            " from it, and ends with a table of where the time went. With --url it does so from"
            " your own bucket: tar shards of images (.jpg, .jpeg, .png, .webp) with labels (.cls,"
            " .txt) are trained on, anything else is streamed."
        ),
    )
    parser.add_argument("--url", type=_prefix, metavar="s3://BUCKET/PREFIX", help="your own data")
    parser.add_argument("--epochs", type=_positive, default=2, help="default: 2")
    parser.add_argument("--workers", type=_count, default=2, help="of the DataLoader; default: 2")
    parser.add_argument(
        "--seconds",
        type=_positive,
        default=60,
        help="with --url: stop each epoch after so many; default: 60",
    )
    parser.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    """Runs the demo and returns the exit status."""
    missing = [package for name, package in _NEEDED.items() if find_spec(name) is None]
    if missing:
        print(
            f"s3pipes demo needs {' and '.join(missing)}: pip install {' '.join(missing)}",
            file=sys.stderr,
        )
        return 1

    import torch

    # The workers decode while this process trains: together they use every core once.
    torch.set_num_threads(max(1, (os.cpu_count() or 1) - chosen.workers))
    return _own(chosen) if chosen.url else _simulated(chosen)


def _simulated(chosen: argparse.Namespace) -> int:
    from tqdm import tqdm

    from s3pipes.cli import demo_data
    from s3pipes.cli.demo_passes import read_lines, train
    from s3pipes.cli.demo_training import Decoder
    from s3pipes.objects.client import S3Client
    from s3pipes.testing.simulated import SimulatedS3

    with _reported() as paces, SimulatedS3("s3-standard") as server:
        bucket = server.bucket("demo")
        print(f"A simulated S3 with S3's latency and bandwidth runs at {server.endpoint_url}.")
        objects = [
            ("images/", demo_data.image_shards(IMAGE_SHARDS, SAMPLES_PER_SHARD)),
            ("text/", demo_data.text_shards(TEXT_SHARDS, TEXT_SHARD_BYTES)),
        ]
        with tqdm(desc="putting shards", total=IMAGE_SHARDS + TEXT_SHARDS, unit="obj") as bar:
            for prefix, shards in objects:
                for name, content in shards:
                    server.boto.put_object(Bucket=bucket, Key=prefix + name, Body=content)
                    bar.update()
        client = S3Client(server.config())
        epochs = train(
            client,
            f"s3://{bucket}/images/",
            Decoder(demo_data.IMAGE_SIDE, "jpg", "cls"),
            classes=demo_data.CLASSES,
            epochs=chosen.epochs,
            workers=chosen.workers,
            samples=IMAGE_SHARDS * SAMPLES_PER_SHARD,
        )
        _gather(epochs, paces)
        paces.append(read_lines(client, f"s3://{bucket}/text/", workers=chosen.workers))
    print(
        "The simulator takes S3's time (first byte 27 ms in the median, 25 to 93 MiB/s per\n"
        "connection). For that of your store: s3pipes demo --url s3://bucket/prefix/"
    )
    return 0


def _own(chosen: argparse.Namespace) -> int:
    from s3pipes.cli.demo_passes import stream_bytes, train
    from s3pipes.objects.client import S3Client

    client = S3Client()
    found = [url for url in islice(client.list(chosen.url), _LOOKED_AT) if not url.endswith("/")]
    if not found:
        print(f"s3pipes: there is no object under {chosen.url}", file=sys.stderr)
        return 1
    size = sum(url.size or 0 for url in found)
    more = " first" if len(found) >= _LOOKED_AT else ""
    print(f"{chosen.url}: the{more} {len(found)} objects hold {size / 1e6:.1f} MB.")
    archives = [url for url in found if url.endswith(_TAR_ENDINGS)]
    decoder = _decoder_for(client, archives[0]) if archives else None
    if decoder:
        print(f"Tar shards with .{decoder.image} and .{decoder.label}: training on them.")
        epochs = train(
            client,
            chosen.url,
            decoder,
            masks=[f"*{ending}" for ending in _TAR_ENDINGS],
            epochs=chosen.epochs,
            workers=chosen.workers,
            seconds=chosen.seconds,
        )
    else:
        print("No tar shards of images with labels: streaming the objects' bytes.")
        epochs = (
            stream_bytes(
                client, chosen.url, f"epoch {epoch}", workers=chosen.workers, seconds=chosen.seconds
            )
            for epoch in range(1, chosen.epochs + 1)
        )
    with _reported() as paces:
        _gather(epochs, paces)
    return 0


@contextmanager
def _reported() -> Iterator[list[Pace]]:
    """A list of paces; their table is printed at the end, also where Ctrl-C is the end."""
    paces: list[Pace] = []
    try:
        yield paces
    finally:
        if paces:
            _report(paces)


def _gather(epochs: Iterable[Pace], paces: list[Pace]) -> None:
    """One by one, so that those are kept which are over when the rest is interrupted."""
    for pace in epochs:
        paces.append(pace)  # noqa: PERF402


def _decoder_for(client: S3Client, archive: str) -> Any:
    """A decoder for the samples of this archive; None where they are no labelled images."""
    from s3pipes.cli.demo_training import Decoder
    from s3pipes.pipes.base import IterableWrapper
    from s3pipes.pipes.loader import S3FileLoader
    from s3pipes.pipes.webdataset import WebDataset

    samples = WebDataset(S3FileLoader(IterableWrapper([archive]), client=client))
    return next((Decoder.fitting(sample, side=64) for sample in samples), None)


def _report(paces: list[Pace]) -> None:
    heads = ("", "objects/s", "samples/s", "MB/s", "waited", "loss", "accuracy")
    rows = [heads] + [
        (
            pace.name,
            f"{len(pace.shards) / pace.seconds:.1f}",
            f"{pace.samples / pace.seconds:,.0f}",
            f"{pace.size / 1e6 / pace.seconds:.1f}",
            f"{pace.waited_s / pace.seconds:.0%}",
            "" if pace.loss is None else f"{pace.loss:.3f}",
            "" if pace.accuracy is None else f"{pace.accuracy:.1%}",
        )
        for pace in paces
    ]
    widths = [max(len(row[i]) for row in rows) for i in range(len(heads))]
    print()
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        print("  ".join(cells).rstrip())
    print(
        "\nwaited: the share of its time that the loop waited for data. MB: 10^6 bytes of samples."
    )


def _prefix(text: str) -> str:
    try:
        split(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def _positive(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"{number} is less than 1")
    return number


def _count(text: str) -> int:
    if (number := int(text)) < 0:
        raise argparse.ArgumentTypeError(f"{number} is less than 0")
    return number
