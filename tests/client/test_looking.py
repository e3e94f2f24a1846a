"""Looking: head, open and list agree, and name what is missing."""

from __future__ import annotations

import pytest

from s3pipes import BucketNotFound, ObjectNotFound
from tests.client.contents import SIZES


def test_head_tells_what_boto3_is_told(s3, client, urls, bucket):
    for key, url in urls.items():
        known = client.head(url)
        told = s3.boto.head_object(Bucket=bucket, Key=key)
        assert known == url
        assert (known.bucket, known.key) == (bucket, key)
        assert known.size == told["ContentLength"] == SIZES[key]
        assert known.etag == told["ETag"]
        assert known.last_modified == int(told["LastModified"].timestamp())


def test_open_list_and_head_agree(client, bucket):
    for url in client.list(f"s3://{bucket}"):
        with client.open(str(url)) as stream:
            known = client.head(url)
            assert stream.size == known.size == url.size
            assert known.etag == url.etag
            if stream.size:  # of an empty object nothing can be got that would tell the rest
                assert stream.etag == known.etag
                assert stream.last_modified == known.last_modified


@pytest.mark.parametrize("ask", ["head", "open", "get", "get_into", "get_ranges"])
def test_what_is_missing_is_named(client, bucket, ask):
    more = {"get_into": (bytearray(1),), "get_ranges": ([(0, 1)],)}.get(ask, ())
    with pytest.raises(ObjectNotFound) as caught:
        getattr(client, ask)(f"s3://{bucket}/no/such", *more)
    assert caught.value.url == f"s3://{bucket}/no/such"
    with pytest.raises((BucketNotFound, ObjectNotFound), match="s3://no-such-bucket-here/k"):
        getattr(client, ask)("s3://no-such-bucket-here/k", *more)
    with pytest.raises(ValueError, match="must start with the S3 scheme"):
        getattr(client, ask)("http://bucket/k", *more)
    with pytest.raises(ValueError, match="names a bucket but no object"):
        getattr(client, ask)("s3://bucket", *more)
