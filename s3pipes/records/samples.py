"""Samples that lie in archives as WebDataset puts them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from s3pipes.records.bad_record import BadRecord

# URL of the archive, or None where it is not known; place in it; name; content.
File = tuple[str | None, int, str, Any]


def samples(files: Iterable[File | None], *, dotted: bool = False) -> Iterator[dict[str, Any]]:
    """Yields one dict per sample: files in a row whose names are the same up to the first dot.

    A file whose name has nothing before or behind the dot is passed over.

    Args:
        files: None among them says that the archive breaks off there: the sample that was begun
            may not be whole, and is dropped.
        dotted: keys begin with the dot and keep their case, as torchdata's.

    Raises:
        BadRecord: one sample has the same extension twice.
    """
    sample: dict[str, Any] = {}
    key = archive = None
    last = -1
    for file in files:
        if file is None:
            sample, key = {}, None
            continue
        url, index, name, content = file
        begin = name.rfind("/") + 1
        dot = name.find(".", begin)
        if dot <= begin or dot + 1 == len(name):
            continue
        # The index tells two readings of the same archive apart.
        if name[:dot] != key or url != archive or index <= last:
            if sample:
                yield sample
            key, archive = name[:dot], url
            sample = {"__key__": key}
            if archive is not None:
                sample["__url__"] = archive
        last = index
        extension = name[dot:] if dotted else name[dot + 1 :].lower()
        if extension in sample:
            raise BadRecord(
                f"sample {key!r} has the extension {extension!r} twice",
                url=url,
                hint="Name the files of different samples differently",
            )
        sample[extension] = content
    if sample:
        yield sample
