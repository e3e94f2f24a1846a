"""A SeaweedFS whose parent waits to be killed. Prints its pid and ports."""

from __future__ import annotations

import sys
import threading

from s3pipes.testing import SeaweedServer

if __name__ == "__main__":
    with SeaweedServer(sys.argv[1]) as server:
        print(server.pid, *server.ports, flush=True)  # noqa: T201 - what a test reads
        threading.Event().wait()
