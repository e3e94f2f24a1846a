"""SeaweedFS on tmpfs, filled through boto3: a real S3 server, which checks every signature."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.endpoint import BUCKET, Endpoint, tmpfs
from benchmarks.measure import ROOT
from benchmarks.server import Server
from benchmarks.works import Work, write_data
from s3pipes.testing.seaweedfs import SeaweedServer


class SeaweedBench(Server):
    """SeaweedFS, to which `start(keys)` uploads them."""

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(tempfile.mkdtemp(prefix="s3pipes-bench-", dir=tmpfs()))
        self._open.callback(shutil.rmtree, self.home, ignore_errors=True)
        self.bucket = self.home / "upload" / BUCKET
        self.bucket.mkdir(parents=True)

    def fill(self, works: Sequence[Work]) -> dict[str, int]:
        return write_data(works, self.bucket)

    def start(self, keys: Sequence[str]) -> Endpoint:
        # The peers' environment lies on top of .venv, which has the program `weed`.
        os.environ["PATH"] += f"{os.pathsep}{ROOT / '.venv' / 'bin'}"
        directory = self.home / "seaweedfs"
        directory.mkdir()
        server = self._open.enter_context(SeaweedServer(directory))
        boto = server.boto
        boto.create_bucket(Bucket=BUCKET)
        targets = {}
        for key in keys:
            boto.upload_file(str(self.bucket / key), BUCKET, key)
            wanted = {"Bucket": BUCKET, "Key": key}
            url = urlsplit(boto.generate_presigned_url("get_object", wanted, ExpiresIn=86400))
            targets[key] = f"{url.path}?{url.query}"
        shutil.rmtree(self.bucket)
        return Endpoint(
            name="SeaweedFS, one process, files on tmpfs, plain HTTP over loopback",
            url=server.endpoint_url,
            access_key=server.access_key,
            secret_key=server.secret_key,
            targets=targets,
        )
