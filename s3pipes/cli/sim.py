"""`s3pipes sim`: a simulated S3 in the foreground, to size a cluster before it is rented."""

from __future__ import annotations

import argparse
import signal
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from s3pipes.testing.simulated import SimulatedS3

PROFILES = ("none", "s3-standard", "s3-express", "far")
_OBJECTS = ("simulated/small/{:06}.bin:100000:110KiB", "simulated/large/{:04}.bin:1000:128MiB")
_MIB = 1 << 20


def add_to(verbs: Any) -> None:
    """Adds the verb to the command's parser."""
    parser: argparse.ArgumentParser = verbs.add_parser(
        "sim",
        help="run a simulated S3 with S3's latency and bandwidth",
        description=(
            "Runs an S3 on this machine whose answers take the time that S3's take, until Ctrl-C."
            " Objects are computed: any number of any size costs no memory."
        ),
    )
    parser.add_argument("--profile", choices=PROFILES, default="s3-standard")
    parser.add_argument("--seed", type=int, default=0, help="makes chance repeat itself")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        type=_assignment,
        metavar="NAME=NUMBER",
        help="override a setting of the profile, such as link_bytes_per_s=125e6",
    )
    parser.add_argument(
        "--objects",
        action="append",
        metavar="BUCKET/PATTERN:COUNT:SIZE[~SIGMA][@CHECKSUM]",
        help=f"such as {_OBJECTS[0]}; SIGMA: sizes are lognormal around SIZE;"
        " CHECKSUM: CRC64NVME (as S3's), another of S3's, or none",
    )
    parser.add_argument("--addresses", type=int, default=1, help="127.0.0.1 and those behind it")
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    parser.add_argument("--tls", action="store_true", help="with a certificate of its own")
    parser.add_argument("--anonymous", action="store_true", help="look at no signature")
    parser.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    """Runs the simulator until Ctrl-C or SIGTERM and returns the exit status."""
    from s3pipes.testing.simulated import SimulatedS3

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with SimulatedS3(
            chosen.profile,
            seed=chosen.seed,
            addresses=chosen.addresses,
            tls=chosen.tls,
            anonymous=chosen.anonymous,
            port=chosen.port,
            **dict(chosen.set),
        ) as server:
            for described in chosen.objects or _OBJECTS:
                server.describe(described)
            try:
                _introduce(server, chosen)
                server.wait()
            except KeyboardInterrupt:
                _summarise(server)
                return 0
    except ValueError as error:
        print(f"s3pipes sim: {error}", file=sys.stderr)
        return 2
    print("s3pipes sim: the simulator ended by itself", file=sys.stderr)
    return 1


def _introduce(server: SimulatedS3, chosen: argparse.Namespace) -> None:
    print(f"A simulated S3 ({chosen.profile}, seed {chosen.seed}) runs at:")
    for url in server.endpoint_urls:
        print(f"  {url}")
    print("\nTo point a client at it:")
    settings = {
        "AWS_ENDPOINT_URL_S3": server.endpoint_url,
        "AWS_ACCESS_KEY_ID": server.access_key,
        "AWS_SECRET_ACCESS_KEY": server.secret_key,
        "AWS_REGION": server.region,
    }
    if server.ca_file:
        settings["AWS_CA_BUNDLE"] = str(server.ca_file)
    for name, value in settings.items():
        print(f"  export {name}={value}")
    print("\nObjects:")
    for described in chosen.objects or _OBJECTS:
        name, count, size = described.rsplit(":", 2)
        print(f"  s3://{name}, {count} of {size}")
    print(f"\n{_physics(server.settings())}\nCtrl-C ends it.", flush=True)


def _physics(now: dict[str, float]) -> str:
    """What the settings say, in words."""
    lines = []
    added_s = now["first_byte_added_s"]
    if now["first_byte_median_s"] or added_s:
        lines.append(
            f"First byte: {now['first_byte_median_s'] * 1e3:g} ms in the median, lognormal"
            f" (sigma {now['first_byte_sigma']:g}), at least {now['first_byte_floor_s'] * 1e3:g} ms"
            + (f", and {added_s * 1e3:g} ms more." if added_s else ".")
        )
    if now["tail_share"]:
        share, least, most = now["tail_share"], now["tail_least_s"], now["tail_most_s"]
        lines.append(f"Of the requests {share:.2%} wait {least:g} to {most:g} s.")
    if now["connection_bytes_per_s"]:
        rates = [now[f"connection_{name}bytes_per_s"] / _MIB for name in ("", "least_", "most_")]
        lines.append("Per connection: {:.0f} MiB/s in the median, {:.0f} to {:.0f}.".format(*rates))
    if now["link_bytes_per_s"]:
        lines.append(f"All together: {now['link_bytes_per_s'] / 1e6:g} MB/s.")
    if now["list_page_s"]:
        lines.append(f"A page of a listing: {now['list_page_s'] * 1e3:g} ms.")
    if now["reads_per_s"] or now["writes_per_s"]:
        reads, writes = (
            f"{now[name]:g}" if now[name] else "any" for name in ("reads_per_s", "writes_per_s")
        )
        lines.append(f"Per prefix and second: {reads} reads, {writes} writes; more gets 503.")
    return "\n".join(lines) or "No physics: it answers as fast as it can."


def _summarise(server: SimulatedS3) -> None:
    seen = server.stats()
    print(
        f"\n{seen.requests_ever:,} requests ({seen.requests_most:,} at most at once) on"
        f" {seen.connections_ever:,} connections ({seen.connections_most:,} at most),"
        f" {seen.body_bytes / 1e6:,.1f} MB, {seen.slow_downs:,} times 503 SlowDown;"
        f" {seen.user_s + seen.system_s:.1f} s of processor time."
    )


def _assignment(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        return name, float(value)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=NUMBER") from None
