"""`python -m benchmarks.clients NAME`, a job as JSON on stdin: runs one row, prints JSON.

CPU seconds are those of this whole process and its workers, all their threads, between the two
looks at the clock. Before them lie the imports and one untimed pass over a quarter of the objects,
so that what is measured is an epoch, not a start. With "warm": false that pass is left out, for
peak memory and for starts. With "stay": true the process ends only when it is told to.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import sys
import time
from pathlib import Path

from benchmarks.clients import CLIENTS, Count, Job


def run(name: str, job: Job, warm: bool) -> dict[str, float]:
    read = CLIENTS[name].reader(job)
    if warm:
        check(read(job.quarter), len(job.quarter), job.object_bytes)
    before = cpu_s()
    start = time.perf_counter()
    counts = [read(job.keys) for _ in range(job.epochs)]
    wall_s = time.perf_counter() - start
    after = cpu_s()
    for count in counts:
        check(count, job.first or job.listed or len(job.keys), job.object_bytes)
    return {
        "wall_s": wall_s,
        "user_s": after[0] - before[0],
        "sys_s": after[1] - before[1],
        "bytes": sum(count.bytes for count in counts),
        "objects": sum(count.objects for count in counts),
        "records": sum(count.records for count in counts),
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }


def cpu_s() -> tuple[float, float]:
    """Seconds of user and of system time, of this process and of the workers that it has now."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    user_s, system_s = usage.ru_utime, usage.ru_stime
    tick_s = 1 / os.sysconf("SC_CLK_TCK")
    for worker in multiprocessing.active_children():
        fields = Path(f"/proc/{worker.pid}/stat").read_text().rpartition(")")[2].split()
        user_s += int(fields[11]) * tick_s
        system_s += int(fields[12]) * tick_s
    return user_s, system_s


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
    order = json.loads(sys.stdin.readline())
    name = sys.argv[1]
    if name == "bare import":
        print(json.dumps(bare_import()))
    else:
        print(json.dumps(run(name, Job(**order["job"]), order["warm"])))
    # The figures are taken: how a client ends with the interpreter is not measured (obstore's
    # threads abort there now and then).
    sys.stdout.flush()
    if order.get("stay"):
        sys.stdin.readline()
    for worker in multiprocessing.active_children():
        worker.terminate()
    os._exit(0)


if __name__ == "__main__":
    main()
