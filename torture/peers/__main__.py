"""`python -m torture.peers NAME`, a job as JSON on stdin: a line for each object, as it comes."""

from __future__ import annotations

import json
import os
import sys

from torture.peers import CLIENTS, Job
from torture.store import is_right, true_bytes


def main() -> None:
    """Says right, wrong or the error's kind of each object; ends without a word to anybody."""
    job = Job(**json.loads(sys.stdin.readline()))
    read = CLIENTS[sys.argv[1]].reader()
    say("ready")
    sys.stdin.readline()
    for key, found in read(job):
        if isinstance(found, Exception):
            said = str(found).splitlines()
            say("error", f"{type(found).__name__}: {said[0][:150] if said else ''}")
        else:
            right = len(found) == true_bytes(key) and is_right(key, 0, found)
            say("right" if right else "wrong")
    say("done")
    os._exit(0)  # threads of those that are gone may still wait


def say(*words: str) -> None:
    """One line for the script."""
    print(*words, flush=True)


main()
