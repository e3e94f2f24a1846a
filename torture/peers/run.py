"""One client through one kind of fault, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from s3pipes.testing import SimulatedS3
from torture.peers import Client, Job
from torture.store import BUCKET, MIB, SEED, Family, store

LIMIT_S = 60.0
FAMILIES = (Family("small", 400, 1 * MIB), Family("large", 8, 64 * MIB))
_ROOT = Path(__file__).resolve().parent.parent.parent

Befall = Callable[[SimulatedS3], None]


@dataclass
class Run:
    """What came of the objects.

    Attributes:
        hung: gave neither bytes nor an error before the time limit.
        took_s: to the last object, or to the limit.
        faults: so many there were.
        errors: by their texts.
        died: how the process ended, where that was not as it should.
    """

    right: int = 0
    wrong: int = 0
    hung: int = 0
    took_s: float = 0.0
    faults: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    died: str = ""


def run(client: Client, befall: Befall | None, *, during: Befall | None = None) -> Run:
    """Reads all objects once, from a new server of the same seed.

    Args:
        befall: what happens to the server before the first request.
        during: what happens to it half a second after the first object.
    """
    found = Run()
    keys = [family.key(number) for family in FAMILIES for number in range(family.count)]
    with store("s3-standard", *FAMILIES, seed=SEED) as server:
        if befall is not None:
            befall(server)
        job = Job(server.endpoint_url, server.region, BUCKET, keys)
        with subprocess.Popen(
            [sys.executable, "-m", "torture.peers", client.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=_ROOT,
            env=_environment(server),
        ) as child:
            try:
                _follow(child, job, found, server, during)
            finally:
                child.kill()  # where this run itself is ended; else it is gone
        found.faults = len(server.fault_log())
    found.hung = len(keys) - found.right - found.wrong - found.errors.total()
    return found


def _follow(
    child: subprocess.Popen[str], job: Job, found: Run, server: SimulatedS3, during: Befall | None
) -> None:
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(json.dumps(asdict(job)) + "\n")
    child.stdin.flush()
    done = False
    limit = _after(LIMIT_S + 30, child.kill)  # until it is ready
    began = time.perf_counter()
    later: threading.Timer | None = None
    for line in child.stdout:
        word, _, text = line.rstrip("\n").partition(" ")
        if word == "ready":
            limit.cancel()
            limit = _after(LIMIT_S, child.kill)
            began = time.perf_counter()
            child.stdin.write("go\n")
            child.stdin.flush()
        elif word == "right":
            found.right += 1
        elif word == "wrong":
            found.wrong += 1
        elif word == "error":
            found.errors[text] += 1
        elif word == "done":
            done = True
            found.took_s = time.perf_counter() - began
        if during is not None and later is None and word == "right":
            later = _after(0.5, lambda: during(server))
    limit.cancel()
    if later is not None:
        later.join()
    code = child.wait()
    if not done:
        found.took_s = time.perf_counter() - began
        assert child.stderr is not None
        said = [text for text in child.stderr.read().splitlines() if text.strip()]
        in_time = found.took_s < LIMIT_S - 1
        found.died = f"exit {code}: {said[-1] if said else ''}" if in_time else ""


def _after(seconds: float, work: Callable[[], object]) -> threading.Timer:
    timer = threading.Timer(seconds, work)
    timer.daemon = True  # keeps nobody from ending
    timer.start()
    return timer


def _environment(server: SimulatedS3) -> Mapping[str, str]:
    """All that a client is told; nothing of the user's own AWS settings reaches it."""
    ours = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "S3_")) and not name.lower().endswith("_proxy")
    }
    return ours | {
        "AWS_ACCESS_KEY_ID": server.access_key,
        "AWS_SECRET_ACCESS_KEY": server.secret_key,
        "AWS_REGION": server.region,
        "AWS_DEFAULT_REGION": server.region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_ENDPOINT_URL_S3": server.endpoint_url,
    }
