"""`python -m benchmarks.clients NAME`, a job as JSON on stdin: runs one row, prints JSON.

CPU seconds are those of this whole process, all its threads, between the two looks at the clock.
Before them lie the imports and one untimed pass over a quarter of the objects, so that what is
measured is an epoch, not a start. With "warm": false that pass is left out, for peak memory.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time

from benchmarks.clients import CLIENTS, Count, Job


def run(name: str, job: Job, warm: bool) -> dict[str, float]:
    read = CLIENTS[name].reader(job)
    if warm:
        quarter = job.keys[: max(1, len(job.keys) // 4)]
        check(read(quarter), len(quarter), job.object_bytes)
    before = resource.getrusage(resource.RUSAGE_SELF)
    start = time.perf_counter()
    counts = [read(job.keys) for _ in range(job.epochs)]
    wall_s = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_SELF)
    for count in counts:
        check(count, len(job.keys), job.object_bytes)
    return {
        "wall_s": wall_s,
        "user_s": after.ru_utime - before.ru_utime,
        "sys_s": after.ru_stime - before.ru_stime,
        "bytes": sum(count.bytes for count in counts),
        "objects": sum(count.objects for count in counts),
        "lines": sum(count.lines for count in counts),
        "peak_bytes": after.ru_maxrss * 1024,
    }


def check(count: Count, objects: int, object_bytes: int) -> None:
    """A run that read other bytes than those of its objects measures nothing."""
    if (count.objects, count.bytes) != (objects, objects * object_bytes):
        raise ValueError(
            f"read {count.objects} objects, {count.bytes} bytes,"
            f" instead of {objects} objects, {objects * object_bytes} bytes"
        )


def bare_import() -> dict[str, int]:
    """The memory of a process that only imports what the first work needs, and the budget."""
    import torch  # noqa: F401

    import s3pipes

    peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"peak_bytes": peak_bytes, "budget_bytes": s3pipes.ClientConfig().memory_bytes}


def main() -> None:
    order = json.load(sys.stdin)
    name = sys.argv[1]
    if name == "bare import":
        print(json.dumps(bare_import()))
    else:
        print(json.dumps(run(name, Job(**order["job"]), order["warm"])))
    # The figures are taken: how a client ends with the interpreter is not measured (obstore's
    # threads abort there now and then).
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
