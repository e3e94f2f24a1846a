"""What a store of a profile could bring, by the model of docs/performance.md."""

from __future__ import annotations

import math
from collections.abc import Mapping
from statistics import NormalDist, fmean

POINTS = 1000


def settings_of(profile: str) -> dict[str, float]:
    from s3pipes.testing import SimulatedS3

    with SimulatedS3(profile) as s3:
        return s3.settings()


def first_byte_s(settings: Mapping[str, float]) -> float:
    """Of a request, on average."""
    drawn = _drawn(settings["first_byte_median_s"], settings["first_byte_sigma"])
    least = settings["first_byte_floor_s"]
    return settings["first_byte_added_s"] + fmean(max(least, seconds) for seconds in drawn)


def seconds_per_byte(settings: Mapping[str, float]) -> float:
    """Of a connection, on average; 0: at once."""
    median = settings["connection_bytes_per_s"]
    if median == 0:
        return 0.0
    least = settings["connection_least_bytes_per_s"]
    most = settings["connection_most_bytes_per_s"] or math.inf
    drawn = _drawn(median, settings["connection_sigma"])
    return fmean(1 / min(max(rate, least), most) for rate in drawn)


def bytes_per_s(
    settings: Mapping[str, float], chunk_bytes: int, window_bytes: int, requests: int
) -> float:
    """Of requests of one size, as many as the window and `requests` allow; a link aside."""
    service_s = first_byte_s(settings) + chunk_bytes * seconds_per_byte(settings)
    at_once = min(window_bytes / chunk_bytes, requests)
    return at_once * chunk_bytes / service_s if service_s else math.inf


def requests_for(settings: Mapping[str, float], chunk_bytes: int, link_bytes_per_s: float) -> int:
    """As many as fill a link: N = B · (L + S/b) / S."""
    service_s = first_byte_s(settings) + chunk_bytes * seconds_per_byte(settings)
    return math.ceil(link_bytes_per_s * service_s / chunk_bytes)


def _drawn(median: float, sigma: float) -> list[float]:
    """Evenly spread quantiles of a lognormal distribution."""
    if median == 0:
        return [0.0]
    normal = NormalDist()
    return [
        median * math.exp(sigma * normal.inv_cdf((point + 0.5) / POINTS)) for point in range(POINTS)
    ]
