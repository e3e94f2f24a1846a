"""s3pipes: its loader."""

from __future__ import annotations

from collections.abc import Iterator

from s3pipes import IterableWrapper
from torture.peers import Found, Job


def objects(job: Job) -> Iterator[Found]:
    """In order; behind an error of the loader another loader goes on, as for nobody else."""
    left = {f"s3://{job.bucket}/{key}": key for key in job.keys}
    while left:
        try:
            for url, stream in IterableWrapper(list(left)).load_files_by_s3():
                key = left.pop(str(url))
                try:
                    yield key, stream.read()
                except Exception as error:  # noqa: BLE001 - whatever it is, it is counted
                    yield key, error
        except Exception as error:  # noqa: BLE001
            named = getattr(error, "url", None)
            yield left.pop(named if named in left else next(iter(left))), error
