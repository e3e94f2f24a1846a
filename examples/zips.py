"""Some members of zip archives: the directory and those members are fetched, and nothing else."""

import sys
import zipfile
from collections.abc import Iterator

from s3pipes import S3Client


def members(prefix: str, ending: str) -> Iterator[tuple[str, str, bytes]]:
    client = S3Client()
    for url in client.list(prefix):
        if url.endswith(".zip"):
            with client.open(url) as stream, zipfile.ZipFile(stream) as archive:
                for name in archive.namelist():
                    if name.endswith(ending):
                        yield url, name, archive.read(name)


if __name__ == "__main__":
    for url, name, content in members(sys.argv[1], sys.argv[2]):
        print(url, name, len(content))
