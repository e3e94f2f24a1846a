"""`S3Url`: a string that names an object and carries what the listing knew about it."""

from __future__ import annotations

from s3pipes.advice.url import not_a_str, not_an_s3_url

_SCHEME = "s3://"


def split(url: str) -> tuple[str, str]:
    """Bucket and key of `s3://bucket/key`; the key may be empty.

    A key is raw: nothing is decoded or normalised, and `//`, `..`, `?`, `#`, `%` belong to it.

    Raises:
        ValueError: the URL is empty, not S3's, or names no bucket (torchdata's texts, then what
            to write), or holds credentials or a port.
        TypeError: it is no str.
    """
    if not isinstance(url, str):
        raise TypeError(f"An S3 URL must be a str, not {type(url).__name__}. {not_a_str(url)}.")
    if url in ("", _SCHEME):
        raise ValueError("The filename cannot be an empty string.")
    if not url.startswith(_SCHEME):
        raise ValueError(f"The filename must start with the S3 scheme. {not_an_s3_url(str(url))}.")
    bucket, _, key = url[len(_SCHEME) :].partition("/")
    if not bucket:
        raise ValueError(
            f"The filename does not contain a bucket name. Got {url!r}: write 's3://bucket/key'."
        )
    if "@" in bucket or (":" in bucket and not bucket.startswith("arn:")):
        # Not quoted: this is where a secret would stand.
        raise ValueError(
            "Before its key an S3 URL has a bucket's name alone, no credentials and no server:"
            " write 's3://bucket/key', ClientConfig(access_key_id=..., secret_access_key=...) for"
            " credentials and ClientConfig(endpoint_url='http://host:port') for a server."
        )
    return bucket, key


def split_object(url: str) -> tuple[str, str]:
    """As `split`, for a URL that must name an object.

    Raises:
        ValueError: as `split`, or the key is empty.
    """
    bucket, key = split(url)
    if not key:
        raise ValueError(
            f"The URL {url!r} names a bucket but no object in it; .list_files_by_s3() before"
            " .load_files_by_s3(), or S3Client.list(), gives all that are in it."
        )
    return bucket, key


class S3Url(str):
    """An `s3://bucket/key` string with what is known of the object.

    It equals, hashes, sorts and prints as the plain string, and pickles and copies with its
    attributes. Making one checks nothing, since a listing makes millions; `bucket` and `key` do.

    Attributes:
        size: bytes, or None where unknown.
        etag: as the server wrote it, quotes included, or None.
        last_modified: seconds since 1970 UTC, or None.
    """

    __slots__ = ("etag", "last_modified", "size")

    size: int | None
    etag: str | None
    last_modified: int | None

    def __new__(  # noqa: D102 - the class describes its arguments
        cls,
        url: str,
        size: int | None = None,
        etag: str | None = None,
        last_modified: int | None = None,
    ) -> S3Url:
        self = str.__new__(cls, url)
        self.size = size
        self.etag = etag
        self.last_modified = last_modified
        return self

    @classmethod
    def of(
        cls,
        bucket: str,
        key: str,
        size: int | None = None,
        etag: str | None = None,
        last_modified: int | None = None,
    ) -> S3Url:
        """The URL of `key` in `bucket`; both are taken as they are."""
        return cls(f"s3://{bucket}/{key}", size, etag, last_modified)

    @property
    def bucket(self) -> str:
        """Everything between the scheme and the next slash."""
        return split(self)[0]

    @property
    def key(self) -> str:
        """The raw key: everything after the bucket's slash."""
        return split(self)[1]

    def __reduce__(self) -> tuple[type[S3Url], tuple[str, int | None, str | None, int | None]]:
        return type(self), (str(self), self.size, self.etag, self.last_modified)
