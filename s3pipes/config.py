"""Settings: frozen, checked when made, passed whole.

Every default serves tiny and huge objects alike; a setting is for the user who has measured.
Sizes are in bytes, times in seconds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from s3pipes import setting
from s3pipes.errors import ConfigError, S3PipesError

KiB = 1 << 10
MiB = 1 << 20
GiB = 1 << 30
TiB = 1 << 40

ADDRESSING_STYLES = ("auto", "path", "virtual")
ON_ERROR = ("raise", "skip")


@dataclass(frozen=True, kw_only=True)
class RetryConfig:
    """How long to keep trying when the network or the store fails for a while.

    Attributes:
        max_attempts: requests sent for one chunk before giving up, the first included; default 10.
            1 turns retries off. Too small: a short outage ends a run of days. Too large: only
            `time_limit_s` ends the wait.
        base_delay_s: the longest pause before the second attempt; the bound doubles with every
            further attempt and the pause is drawn at random below it; default 0.05. Too small:
            workers storm a store that is already failing. Too large: every hiccup costs.
        max_delay_s: what the bound stops growing at; default 20. Too small: storms again. Too
            large: a store that is back is noticed late.
        time_limit_s: seconds, from the first attempt for a chunk, after which no further one
            starts; default 180. The chunks of an object are asked for side by side, each with its
            own time; bytes that come add what they take at 64 KiB/s, so that a bad line is no
            failure. Too small: a restart of the store ends the run. Too large: a wrong endpoint is
            reported late.
    """

    max_attempts: int = 10
    base_delay_s: float = 0.05
    max_delay_s: float = 20.0
    time_limit_s: float = 180.0

    def __post_init__(self) -> None:
        setting.whole(self, "max_attempts", 1, 1000)
        setting.seconds(self, "base_delay_s", 0.0, 60.0)
        setting.seconds(self, "max_delay_s", 0.0, 3600.0)
        setting.seconds(self, "time_limit_s", 0.0, 7 * 86400.0)
        if self.max_delay_s < self.base_delay_s:
            raise ConfigError(
                f"RetryConfig.max_delay_s is {self.max_delay_s}, which is less than base_delay_s,"
                f" {self.base_delay_s}"
            )


@dataclass(frozen=True, kw_only=True)
class ClientConfig:
    """Where the store is, who we are, and what one process may use.

    What is None is found as botocore finds it: environment, then the profile's settings.
    Secrets never appear in the repr. They do travel in a pickle, as DataLoader workers need them.

    Attributes:
        region: such as "eu-west-1". None: AWS_REGION, AWS_DEFAULT_REGION, the profile, us-east-1.
        endpoint_url: `http(s)://host[:port][/path]` of an S3-compatible store. None:
            AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, the profile, Amazon's own.
        profile: name in the AWS config files. None: AWS_PROFILE, then "default".
        addressing_style: "path" (`host/bucket/key`), "virtual" (`bucket.host/key`), or "auto", the
            default: path for custom endpoints and for bucket names with dots under TLS, virtual
            otherwise, unless the profile says other.
        anonymous: send unsigned requests, for public buckets; default False.
        requester_pays: agree to pay for what is read from a requester-pays bucket; default False.
        verify: None or True, the default: check the server's certificate against AWS_CA_BUNDLE,
            the profile's `ca_bundle`, SSL_CERT_FILE, or the system's CAs, whichever is set first.
            A path: against that CA file. False: check nothing; anyone in between can read and
            change the data.
        verify_checksums: hold what is read against the checksum that the store keeps of it, where
            it keeps one; default True. False: saves the processor about 40 us per MiB, and large
            objects one HEAD each; a flipped bit is then delivered.
        use_tls: False speaks plain HTTP where no endpoint URL with its own scheme is given;
            default True.
        proxies: scheme to proxy URL, such as `{"https": "http://proxy:3128"}`; `{}` for none.
            None: HTTP_PROXY, HTTPS_PROXY and NO_PROXY, in lower or upper case.
        resolve: host name to addresses, such as `{"minio.local": ["10.0.0.5", "10.0.0.6"]}`, in
            place of a look-up; in virtual style the name begins with the bucket. A certificate must
            still show the name. None: all are looked up; a proxy does that itself.
        access_key_id, secret_access_key, session_token: explicit keys, which are never refreshed.
            None: botocore's whole chain.
        connect_timeout_s: seconds for name look-up, TCP and TLS of one connection; default 5.
            Too small: a busy store looks dead. Too large: a dead address is noticed late.
        progress_timeout_s: seconds without a byte after which a request is given up and retried;
            default 10. Too small: a slow first byte costs a second request. Too large: a stuck
            connection holds up the batch that waits for it.
        memory_bytes: hard limit of what the engine of one process holds; default 512 MiB. It must
            hold at least one chunk. Too small: fewer chunks in flight, less throughput. Too large:
            every worker may take as much.
        max_requests: requests in flight per process; default 256. Each reader that waits for a
            chunk may add one. Too small: small objects wait for one another's latency. Too large:
            the store answers SlowDown.
        event_loops: native threads that do the network I/O; None, the default: chosen by the
            number of processors. Too small: TLS is bound by one core. Too large: they take cores
            from the training loop.
        retry: see `RetryConfig`.
    """

    region: str | None = None
    endpoint_url: str | None = None
    profile: str | None = None
    addressing_style: str = "auto"
    anonymous: bool = False
    requester_pays: bool = False
    verify: bool | str | None = None
    verify_checksums: bool = True
    use_tls: bool = True
    # A proxy URL may hold a password.
    proxies: Mapping[str, str] | None = field(default=None, repr=False, hash=False)
    resolve: Mapping[str, Sequence[str]] | None = field(default=None, hash=False)
    access_key_id: str | None = field(default=None, repr=False)
    secret_access_key: str | None = field(default=None, repr=False)
    session_token: str | None = field(default=None, repr=False)
    connect_timeout_s: float = 5.0
    progress_timeout_s: float = 10.0
    memory_bytes: int = 512 * MiB
    max_requests: int = 256
    event_loops: int | None = None
    retry: RetryConfig = field(default_factory=RetryConfig)

    def __post_init__(self) -> None:
        for name in ("anonymous", "requester_pays", "verify_checksums", "use_tls"):
            setting.flag(self, name)
        for name in ("profile", "access_key_id", "secret_access_key", "session_token"):
            setting.text_or_none(self, name)
        if self.region is not None and not re.fullmatch(r"[A-Za-z0-9-]{1,63}", str(self.region)):
            raise setting.wrong(self, "region", "a name of letters, digits and hyphens, or None")
        if self.addressing_style not in ADDRESSING_STYLES:
            raise setting.wrong(self, "addressing_style", "one of " + ", ".join(ADDRESSING_STYLES))
        if self.endpoint_url is not None:
            setting.endpoint_url(self.endpoint_url, "ClientConfig.endpoint_url")
        self._check_verify()
        self._check_proxies()
        self._check_resolve()
        self._check_credentials()
        setting.seconds(self, "connect_timeout_s", 0.01, 3600.0)
        setting.seconds(self, "progress_timeout_s", 0.01, 86400.0)
        setting.whole(self, "memory_bytes", 1 * MiB, 16 * TiB)
        setting.whole(self, "max_requests", 1, 65536)
        if self.event_loops is not None:
            setting.whole(self, "event_loops", 1, 256)
        if not isinstance(self.retry, RetryConfig):
            raise setting.wrong(self, "retry", "a RetryConfig")

    def _check_verify(self) -> None:
        verify: object = self.verify
        if verify is None or isinstance(verify, bool):
            return
        if not isinstance(verify, str) or not Path(verify).is_file():
            raise setting.wrong(
                self, "verify", "True, False, None or the path of a CA file that exists"
            )

    def _check_proxies(self) -> None:
        proxies: object = self.proxies
        if proxies is None:
            return
        if not isinstance(proxies, Mapping) or not all(
            isinstance(part, str) for pair in proxies.items() for part in pair
        ):
            raise ConfigError("ClientConfig.proxies must map a scheme to a proxy URL, or be None")
        object.__setattr__(self, "proxies", dict(proxies))

    def _check_resolve(self) -> None:
        if self.resolve is None:
            return
        try:
            known = {name.lower(): setting.addresses(ips) for name, ips in self.resolve.items()}
        except (AttributeError, ValueError):
            known = {"": ()}
        if "" in known:
            raise setting.wrong(self, "resolve", "None or map host names to lists of IP addresses")
        object.__setattr__(self, "resolve", known)

    def _check_credentials(self) -> None:
        if (self.access_key_id is None) != (self.secret_access_key is None):
            raise ConfigError(
                "ClientConfig.access_key_id and secret_access_key belong together: one is missing"
            )
        if self.session_token is not None and self.access_key_id is None:
            raise ConfigError("ClientConfig.session_token needs access_key_id beside it")
        if self.anonymous and self.access_key_id is not None:
            raise ConfigError("ClientConfig.anonymous and access_key_id exclude one another")


@dataclass(frozen=True, kw_only=True)
class ReadConfig:
    """How objects are read.

    Attributes:
        chunk_bytes: what one ranged GET asks for, at least 64 KiB. An object up to this size comes
            with a single GET. None, the default: 1 to 8 MiB, the largest that could carry twice
            what the way to the store has brought lately, and 2 MiB from a store that is near: that
            stays in the processor's cache. Too small: latency and price of requests dominate. Too
            large: fewer fit into the memory, and the first byte waits for a whole chunk.
        window_bytes: bytes allowed ahead of one reader, rounded up to whole chunks; 0: a chunk is
            asked for only when the reader needs it. None, the default: half the memory budget,
            and from a near store two chunks, growing while that brings more bytes per second. Too
            small: the reader waits for each chunk's latency, and for every late answer. Too large:
            one reader takes the budget from the others.
        whole_objects: one GET per object instead of ranged GETs side by side; default False. For
            stores that serve ranges badly. A stream is yielded once its object is here as a whole,
            in memory that is the user's, not the budget's.
        in_order: True, the default: objects come as they were listed. False: whichever is ready
            first, so that one slow object holds up nothing.
        lookahead: objects opened ahead of the consumer at most; 0: none. None, the default:
            automatic, from their sizes and the memory budget. Too small: small objects wait for
            one another's latency. Too large: URLs are taken from the source long before their use.
        on_error: what a loader does where an object cannot be read. "raise", the default: it
            raises, which ends its iteration. "skip": it leaves out objects that are gone, changed,
            forbidden, damaged, or that the store itself fails to give, logs a warning, and counts
            them in `stats().skipped`; what says something of the next objects too is raised all the
            same: a wrong setting, credentials, a missing bucket, a network that is down. A function
            `(url, error)` decides by itself, of network failures too: True skips, False raises, and
            what it raises is raised; workers that are spawned need one that pickles. An object that
            fails while it is read keeps what was delivered of it and loses the rest: its lines and
            whole samples before the failure came, in `.readlines()`, `.load_from_tar()` and
            `.webdataset()`. A stream that fails in your own code raises there: with
            `whole_objects=True`, or where objects fit into a chunk, it cannot.
        max_skipped_share: the share of the objects tried, 0 to 1, above which skipping ends with
            `TooManySkipped`; default 0.01. Each worker counts its own, each pass anew, and the
            first three are always let go. Too small: a few bad objects end a run of days. Too
            large: a run goes on without its data.
    """

    chunk_bytes: int | None = None
    window_bytes: int | None = None
    whole_objects: bool = False
    in_order: bool = True
    lookahead: int | None = None
    on_error: str | Callable[[str, S3PipesError], bool] = "raise"
    max_skipped_share: float = 0.01

    def __post_init__(self) -> None:
        if self.chunk_bytes is not None:
            setting.whole(self, "chunk_bytes", 64 * KiB, 5 * GiB)
        if self.window_bytes is not None:
            setting.whole(self, "window_bytes", 0, 16 * TiB)
        if self.lookahead is not None:
            setting.whole(self, "lookahead", 0, 1_000_000)
        setting.flag(self, "whole_objects")
        setting.flag(self, "in_order")
        if not callable(self.on_error) and self.on_error not in ON_ERROR:
            raise setting.wrong(self, "on_error", "'raise', 'skip' or a function of (url, error)")
        setting.share(self, "max_skipped_share")

    @property
    def largest_chunk_bytes(self) -> int:
        """What one ranged GET asks for at most."""
        return 8 * MiB if self.chunk_bytes is None else self.chunk_bytes


def check_together(client: ClientConfig, read: ReadConfig) -> None:
    """What neither knows alone: the budget must hold a chunk.

    Raises:
        ConfigError: it does not; both numbers are named.
    """
    if client.memory_bytes < read.largest_chunk_bytes:
        raise ConfigError(
            f"ClientConfig.memory_bytes is {client.memory_bytes}, which cannot hold one chunk of"
            f" ReadConfig.chunk_bytes, {read.largest_chunk_bytes}: raise the one or lower the other"
        )
