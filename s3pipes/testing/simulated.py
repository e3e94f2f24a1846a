"""SimulatedS3: an S3 whose answers take the time that S3's take, as a process of its own."""

from __future__ import annotations

import json
import math
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from s3pipes.testing.injected import FaultyServer
from s3pipes.testing.simulated_bytes import computed_bytes

_PROGRAM = Path(__file__).with_name("s3pipes-sim")
_END_WITHIN_S = 5.0


@dataclass(frozen=True, kw_only=True)
class SimulatedStats:
    """What the simulator has seen since it started. Subtract two to get a span.

    Attributes:
        connections_now, connections_ever, connections_most: open now, ever, and most at once.
        requests_now, requests_ever, requests_most: likewise, from read to the answer's last byte.
        body_bytes: of answers, handed to the kernel.
        slow_downs: requests answered with 503 SlowDown.
        broken: answers that the client did not stay for.
        user_s, system_s: processor time of the simulator.
    """

    connections_now: int
    connections_ever: int
    connections_most: int
    requests_now: int
    requests_ever: int
    requests_most: int
    body_bytes: int
    slow_downs: int
    broken: int
    user_s: float
    system_s: float


class SimulatedS3(FaultyServer):
    """The simulated S3 on a free port of this machine, while the context lasts.

    It answers as S3 does, checks signatures, and takes S3's time: first byte, bandwidth, limits.
    Objects are described with `add` and computed when asked for, so a terabyte costs no memory;
    what is put is kept in memory. It ends with the context, and at the latest with this process.
    docs/simulator.md says what is simulated, from which sources, and what is not.

    Args:
        profile: "none" (as fast as it goes), "s3-standard", "s3-express" or "far" (150 ms away).
        seed: makes chance repeat itself: latencies and bandwidths follow from it and from the
            number of the connection and of the request on it.
        addresses: it listens at 127.0.0.1 and so many addresses behind it, all at one port.
        tls: speaks TLS with a certificate of its own; `ca_file` is then what clients must trust.
        anonymous: signatures are not looked at, and not needed.
        port: to listen at; 0: a free one.
        settings: override the profile's: seconds, bytes or rates per second, as their names end.
            `settings()` has the names.

    Attributes:
        endpoint_url: of the first address.
        endpoint_urls: of each address.
        ca_file: the authority of its certificate; None without TLS.

    Raises:
        ValueError: no such profile, setting or value.
    """

    access_key = "simulated-access-key"
    secret_key = "simulated-secret-key"
    ca_file: Path | None = None

    def __init__(
        self,
        profile: str = "s3-standard",
        *,
        seed: int = 0,
        addresses: int = 1,
        tls: bool = False,
        anonymous: bool = False,
        port: int = 0,
        **settings: float,
    ) -> None:
        self._words = ["--profile", profile, "--seed", str(seed), "--addresses", str(addresses)]
        self._words += ["--port", str(port), "--host", "localhost"]
        self._words += ["--anonymous"] if anonymous else []
        for name, value in settings.items():
            self._words += ["--set", f"{name}={value}"]
        self._addresses = addresses
        self._tls = tls
        self._lock = threading.Lock()
        self._program: subprocess.Popen[str] | None = None
        self._left_over = ExitStack()

    def __enter__(self) -> SimulatedS3:
        try:
            self._start(self._certificate() if self._tls else [])
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._program is not None:
            # Not by closing its stdin: a forked child may hold that open.
            self._program.terminate()
            try:
                self._program.wait(_END_WITHIN_S)
            except subprocess.TimeoutExpired:
                self._program.kill()
                self._program.wait()
            for pipe in (self._program.stdin, self._program.stdout, self._program.stderr):
                if pipe is not None:
                    with suppress(OSError):
                        pipe.close()
            self._program = None
        self._left_over.close()

    @property
    def pid(self) -> int:
        """The simulator's process, while it runs."""
        assert self._program is not None, "it runs only inside its context"
        return self._program.pid

    def add(
        self,
        bucket: str,
        pattern: str,
        count: int,
        size_bytes: int,
        *,
        sigma: float = 0.0,
        checksum: str | None = "CRC64NVME",
    ) -> None:
        """Describes `count` objects; their bucket is made where there is none.

        Args:
            pattern: their keys, with one counter of a fixed width that begins at 0: "a/{:06}.bin".
            size_bytes: of each; with `sigma` the median of lognormal sizes, which follow from the
                seed.
            sigma: the standard deviation of the sizes' natural logarithm.
            checksum: which one is told of whole objects to who asks for it; also "CRC32",
                "CRC32C", "SHA1" and "SHA256"; None: none.
        """
        self.describe(f"{bucket}/{pattern}:{count}:{size_bytes}~{sigma}@{checksum or 'none'}")

    def describe(self, objects: str) -> None:
        """The same as `add` in words: "BUCKET/PATTERN:COUNT:SIZE[~SIGMA][@CHECKSUM]".

        SIZE also as 110KiB, CHECKSUM also as none.
        """
        self._ask(f"objects {objects}")

    def put(self, bucket: str, key: str, content: bytes) -> None:
        """Stores an object, whose bucket must exist (`bucket()` makes one), through its own API."""
        self.boto.put_object(Bucket=bucket, Key=key, Body=content)

    def expected(self, bucket: str, key: str, begin: int, end: int, version: int = 0) -> bytes:
        """Bytes [begin, end) of an object that `add` described, computed here.

        `version`: how often it was overwritten before.
        """
        return computed_bytes(bucket, key, begin, end, version=1 + version)

    def session(self, life_s: float | None = None) -> dict[str, str]:
        """Keys of a session that ends, by the simulator's clock, in `token_life_s` or `life_s`.

        In the form that botocore's RefreshableCredentials take: access_key, secret_key, token and
        expiry_time. The token names the second of its end ("simulated-session-1796083200"); from
        then on it is refused as 400 ExpiredToken.
        """
        now = self.settings()
        life_s = now["token_life_s"] if life_s is None else life_s
        end_s = math.ceil(time.time() + now["clock_offset_s"] + life_s)
        return {
            "access_key": self.access_key,
            "secret_key": self.secret_key,
            "token": f"simulated-session-{end_s}",
            "expiry_time": datetime.fromtimestamp(end_s, timezone.utc).isoformat(),
        }

    def change(self, **settings: float) -> None:
        """Changes settings while it runs: `change(link_bytes_per_s=125e6)`.

        A connection's bandwidth holds from its next answer on, all others at once.
        """
        for name, value in settings.items():
            self._ask(f"set {name}={value}")

    def settings(self) -> dict[str, float]:
        """All settings as they are now, by name."""
        return {name: float(value) for name, value in self._ask("settings").items()}

    def wait(self) -> None:
        """Waits until the simulator ends, which it does not by itself."""
        assert self._program is not None, "it runs only inside its context"
        self._program.wait()

    def stats(self) -> SimulatedStats:
        """What it has seen so far."""
        return SimulatedStats(**self._ask("stats"))

    def config(self, **changes: Any) -> Any:
        """A ClientConfig for this server; `changes` are further fields of it."""
        trusted = {} if self.ca_file is None else {"verify": str(self.ca_file)}
        return super().config(**(trusted | changes))

    def client(self, **changes: Any) -> Any:
        """A new boto3 client for this server; `changes` go to boto3's constructor."""
        trusted = {} if self.ca_file is None else {"verify": str(self.ca_file)}
        return super().client(**(trusted | changes))

    def _certificate(self) -> Sequence[str]:
        from s3pipes.testing.certificates import certify

        folder = Path(self._left_over.enter_context(tempfile.TemporaryDirectory()))
        addresses = [f"127.0.0.{number}" for number in range(2, self._addresses + 1)]
        _, self.ca_file = certify(folder, also=["*.localhost", *addresses])
        return ["--certificate", str(folder / "server.pem"), "--key", str(folder / "server.key")]

    def _start(self, more: Sequence[str]) -> None:
        if not _PROGRAM.exists():
            raise RuntimeError(f"{_PROGRAM} is missing: it is built with the native module")
        self._program = subprocess.Popen(
            [str(_PROGRAM), *self._words, *more],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="surrogateescape",  # a key that was asked for may hold anything
            start_new_session=True,  # Ctrl-C is for this process, which then ends it
        )
        assert self._program.stdout is not None
        line = self._program.stdout.readline()
        if not line:
            assert self._program.stderr is not None
            raise ValueError(self._program.stderr.read().strip().removeprefix("s3pipes-sim: "))
        where = json.loads(line)
        scheme = "https" if self._tls else "http"
        self.endpoint_urls = [f"{scheme}://{a}:{where['port']}" for a in where["addresses"]]
        self.endpoint_url = self.endpoint_urls[0]

    def _ask(self, line: str) -> dict[str, Any]:
        with self._lock:
            program = self._program
            assert program is not None, "it runs only inside its context"
            assert program.stdin is not None
            assert program.stdout is not None
            program.stdin.write(line + "\n")
            program.stdin.flush()
            answer = program.stdout.readline()
        if not answer:
            raise RuntimeError("the simulator has ended")
        found: dict[str, Any] = json.loads(answer)
        if "error" in found:
            raise ValueError(found["error"])
        return found
