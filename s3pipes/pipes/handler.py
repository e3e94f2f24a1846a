"""What `torchdata._torchdata.S3Handler` was to programs that called it by itself."""

from __future__ import annotations

from s3pipes.objects.client import S3Client


class S3Handler:
    """torchdata's `pipe.handler`, over the pipe's client. `S3Client` does all of this better.

    Args:
        client: that lists and reads.
    """

    def __init__(self, client: S3Client) -> None:
        self.client = client
        self._listed: set[str] = set()

    def list_files(self, url: str) -> list[str]:
        """All URLs under a prefix but folder markers, then nothing until `clear_marker`.

        torchdata gave a thousand at a time, and callers go on until nothing comes.
        """
        if url in self._listed:
            return []
        self._listed.add(url)
        return [found for found in self.client.list(url) if not found.endswith("/")]

    def clear_marker(self) -> None:
        """The next listing begins anew."""
        self._listed.clear()

    def s3_read(self, url: str) -> bytes:
        """The whole object."""
        return bytes(self.client.get(url))
