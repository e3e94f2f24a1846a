"""Many objects from one event loop: as many at once as the store's way takes."""

import asyncio
import sys

from s3pipes import S3Client


async def sizes(prefix: str) -> list[int]:
    client = S3Client()
    found = await asyncio.gather(*(client.get_async(url) for url in client.list(prefix)))
    return [len(content) for content in found]


if __name__ == "__main__":
    lengths = asyncio.run(sizes(sys.argv[1]))
    print(len(lengths), sum(lengths))
