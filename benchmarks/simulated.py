"""The simulated S3: a store whose answers take the time that S3's take.

Its settings are those of a profile, but for two. No request waits for seconds (`tail_share` is 0),
and a prefix may be read as often as one likes, as data sets that are read so fast spread over many
prefixes. Signatures are not looked at, since the ceiling does not sign; all others do.
"""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.endpoint import BUCKET, Endpoint
from benchmarks.far_works import image_shard, images_in_shard, text_shard
from benchmarks.server import Server
from benchmarks.works import Work
from s3pipes.testing import SimulatedS3

SEED = 6


class SimulatedBench(Server):
    """The simulator with a profile."""

    def __init__(self, profile: str) -> None:
        super().__init__()
        self.profile = profile
        self._s3 = SimulatedS3(profile, seed=SEED, anonymous=True, tail_share=0, reads_per_s=0)

    def fill(self, works: Sequence[Work]) -> dict[str, int]:
        """Describes or puts each data set; returns the number of records of every shard."""
        records: dict[str, int] = {}
        for work in works:
            if not work.records:
                self._s3.add(BUCKET, work.pattern, work.count, work.object_bytes)
                continue
            shard, inside = text_shard() if work.records == "lines" else (image_shard(), 0)
            self._put_all(work.keys, shard)
            records |= dict.fromkeys(work.keys, inside or images_in_shard())
        return records

    def _put_all(self, keys: Sequence[str], content: bytes) -> None:
        """One object under all names, which costs the server the memory of one."""
        boto = self._s3.boto
        boto.create_bucket(Bucket=BUCKET)  # us-east-1 does not mind one that is there
        boto.put_object(Bucket=BUCKET, Key=keys[0], Body=content)
        for key in keys[1:]:
            boto.copy_object(Bucket=BUCKET, Key=key, CopySource={"Bucket": BUCKET, "Key": keys[0]})

    def start(self, keys: Sequence[str]) -> Endpoint:
        settings = {name: value for name, value in self._s3.settings().items() if value != 0}
        shown = ", ".join(f"{name} {value:g}" for name, value in settings.items())
        return Endpoint(
            name=(
                f"the simulated S3 (docs/simulator.md), profile {self.profile}, seed {SEED},"
                f" signatures not checked, plain HTTP over loopback; {shown}; all others 0, so also"
                " reads_per_s: the limit of a prefix is lifted, as data sets spread over many"
            ),
            url=self._s3.endpoint_url,
            access_key=self._s3.access_key,
            secret_key=self._s3.secret_key,
            targets={key: f"/{BUCKET}/{key}" for key in keys},
            requests=self._requests,
        )

    def _requests(self) -> tuple[int, int]:
        stats = self._s3.stats()
        return stats.requests_ever - stats.requests_now, stats.requests_now

    def __enter__(self) -> SimulatedBench:
        self._open.enter_context(self._s3)
        return self
