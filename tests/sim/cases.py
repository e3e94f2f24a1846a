"""What is asked of a server in each case; the tests compare what it tells."""

from __future__ import annotations

import base64
import datetime
import zlib

from tests.sim.told import Told

MIB = 1 << 20
LONG_AGO = datetime.datetime(2000, 1, 1, tzinfo=datetime.timezone.utc)
FAR_AWAY = datetime.datetime(2100, 1, 1, tzinfo=datetime.timezone.utc)


def objects(told: Told) -> None:
    body = bytes(range(256)) * 40
    put = told(
        "put_object",
        Key="dir/a b+ä",
        Body=body,
        ContentType="text/plain",
        CacheControl="no-cache",
        ContentDisposition="attachment",
        ContentLanguage="de",
        ContentEncoding="gzip",
        Metadata={"colour": "blue", "Size": "8"},
    )
    told("get_object", Key="dir/a b+ä")
    told("head_object", Key="dir/a b+ä")
    told("get_object", Key="dir/a b+ä", ResponseContentType="a/b", ResponseCacheControl="x")
    told("get_object", Key="missing")
    told("head_object", Key="missing")
    told("get_object", Key="dir/a b+ä", IfMatch=put["ETag"])
    told("get_object", Key="dir/a b+ä", IfMatch='"other"')
    told("get_object", Key="dir/a b+ä", IfNoneMatch=put["ETag"])
    told("get_object", Key="dir/a b+ä", IfNoneMatch='"other"')
    told("get_object", Key="dir/a b+ä", IfModifiedSince=LONG_AGO)
    told("get_object", Key="dir/a b+ä", IfUnmodifiedSince=LONG_AGO)
    told("head_object", Key="dir/a b+ä", IfUnmodifiedSince=FAR_AWAY)
    told("head_object", Key="dir/a b+ä", IfMatch='"other"')
    told("put_object", Key="empty")
    told("get_object", Key="empty")
    told("delete_object", Key="empty")
    told("delete_object", Key="empty")
    told("get_object", Key="empty")


def ranges(told: Told) -> None:
    told("put_object", Key="ten", Body=b"0123456789")
    for wanted in ("0-0", "2-4", "7-", "-3", "-99", "8-99", "10-", "10-20", "-0", "5-2", "a-b"):
        told("get_object", Key="ten", Range=f"bytes={wanted}")
    told("head_object", Key="ten", Range="bytes=2-4")
    told("get_object", Key="ten", PartNumber=1)
    told("put_object", Key="empty", Body=b"")
    told("get_object", Key="empty", Range="bytes=0-")


def lists(told: Told) -> None:
    keys = ["a", "a/1", "a/2", "a/b/3", "b", "b+ c/ä", "b/x&<y>", "c/", "c/d", "dä"]
    for key in keys:
        told("put_object", Key=key, Body=key.encode())
    told("list_objects_v2")
    told("list_objects_v2", Prefix="a/")
    told("list_objects_v2", Delimiter="/")
    told("list_objects_v2", Delimiter="/", Prefix="a/")
    told("list_objects_v2", Prefix="none")
    told("list_objects_v2", StartAfter="a/2")
    told("list_objects_v2", FetchOwner=True, MaxKeys=1)
    told("list_objects_v2", EncodingType="url")
    told("list_objects_v2", MaxKeys=0)
    told("list_objects_v2", ContinuationToken="nonsense")
    for size in (1, 2, 3):
        for delimiter in ("", "/"):
            page = told("list_objects_v2", MaxKeys=size, Delimiter=delimiter)
            while page["IsTruncated"]:
                token = page["NextContinuationToken"]
                page = told(
                    "list_objects_v2", MaxKeys=size, Delimiter=delimiter, ContinuationToken=token
                )
    told("list_objects")
    told("list_objects", Delimiter="/")
    told("list_objects", Marker="a/2")
    page = told("list_objects", Delimiter="/", MaxKeys=2)
    while page["IsTruncated"]:
        page = told("list_objects", Delimiter="/", MaxKeys=2, Marker=page["NextMarker"])


def buckets(told: Told) -> None:
    told("head_bucket")
    told("get_bucket_location")
    told("create_bucket")
    told("head_bucket", Bucket="no-such-bucket")
    told("list_objects_v2", Bucket="no-such-bucket")
    told("get_object", Bucket="no-such-bucket", Key="x")
    told("put_object", Bucket="no-such-bucket", Key="x", Body=b"x")
    told("delete_bucket", Bucket="no-such-bucket")
    told("put_object", Key="x", Body=b"x")
    told("delete_bucket")
    told("delete_object", Key="x")
    told("delete_bucket")
    told("head_bucket")
    told("create_bucket")


def checksums(told: Told) -> None:
    body = b"123456789"
    told("put_object", Key="crc32", Body=body, ChecksumAlgorithm="CRC32")
    told("put_object", Key="sha1", Body=body, ChecksumAlgorithm="SHA1")
    told("put_object", Key="sha256", Body=body, ChecksumAlgorithm="SHA256")
    told("put_object", Key="crc32c", Body=body, ChecksumCRC32C="4waSgw==")
    told("put_object", Key="crc64", Body=body, ChecksumCRC64NVME="rosUhgp5mIg=")
    for key in ("crc32", "sha1", "sha256", "crc32c", "crc64"):
        told("head_object", Key=key, ChecksumMode="ENABLED")
        told("get_object", Key=key, ChecksumMode="ENABLED")
    told("put_object", Key="bad", Body=body, ChecksumCRC32="AAAAAA==")
    told("put_object", Key="bad", Body=body, ContentMD5=base64.b64encode(bytes(16)).decode())
    told("put_object", Key="bad", Body=body, ContentMD5="nonsense")
    told("head_object", Key="bad")


def writes(told: Told) -> None:
    put = told("put_object", Key="k", Body=b"1", IfNoneMatch="*")
    told("put_object", Key="k", Body=b"2", IfNoneMatch="*")
    told("put_object", Key="k", Body=b"2", IfMatch='"other"')
    told("put_object", Key="none", Body=b"2", IfMatch='"other"')
    told("put_object", Key="k", Body=b"3", IfMatch=put["ETag"])
    told("get_object", Key="k")


def copies(told: Told) -> None:
    source = {"Bucket": told.bucket, "Key": "a b/ä"}
    body = b"0123456789"
    put = told("put_object", Key="a b/ä", Body=body, Metadata={"a": "1"}, ContentType="x/y")
    told("copy_object", Key="copy", CopySource=source)
    told("head_object", Key="copy")
    told("copy_object", Key="new", CopySource=source, MetadataDirective="REPLACE", Metadata={})
    told("head_object", Key="new")
    told("copy_object", Key="a b/ä", CopySource=source)
    told("copy_object", Key="c", CopySource=source, CopySourceIfMatch='"other"')
    told("copy_object", Key="c", CopySource=source, CopySourceIfNoneMatch=put["ETag"])
    told("copy_object", Key="c", CopySource=source, CopySourceIfMatch=put["ETag"])
    told("copy_object", Key="c", CopySource={"Bucket": told.bucket, "Key": "missing"})
    told("copy_object", Key="c", CopySource={"Bucket": "no-such-bucket", "Key": "k"})


def deletions(told: Told) -> None:
    for key in ("a", "b/ä&", "c"):
        told("put_object", Key=key, Body=b"x")
    told("delete_objects", Delete={"Objects": [{"Key": "a"}, {"Key": "b/ä&"}, {"Key": "never"}]})
    told("delete_objects", Delete={"Objects": [{"Key": "c"}], "Quiet": True})
    told("delete_objects", Delete={"Objects": []})
    told("list_objects_v2")


def uploads(told: Told) -> None:
    first, last = b"a" * (5 * MIB), b"z" * 1000
    begun = told("create_multipart_upload", Key="big", Metadata={"a": "b"}, ContentType="x/y")
    which = {"Key": "big", "UploadId": begun["UploadId"]}
    told("list_multipart_uploads")
    one = told("upload_part", PartNumber=1, Body=first, **which)
    two = told("upload_part", PartNumber=3, Body=last, **which)
    told("list_parts", **which)
    told("list_parts", MaxParts=1, **which)
    sums = [
        base64.b64encode(zlib.crc32(part).to_bytes(4, "big")).decode() for part in (first, last)
    ]
    parts = [
        {"PartNumber": 1, "ETag": one["ETag"], "ChecksumCRC32": sums[0]},
        {"PartNumber": 3, "ETag": two["ETag"], "ChecksumCRC32": sums[1]},
    ]
    told("complete_multipart_upload", MultipartUpload={"Parts": parts[::-1]}, **which)
    wrong = [parts[0], parts[1] | {"ETag": one["ETag"]}]
    told("complete_multipart_upload", MultipartUpload={"Parts": wrong}, **which)
    told("complete_multipart_upload", MultipartUpload={"Parts": []}, **which)
    told("complete_multipart_upload", MultipartUpload={"Parts": parts}, **which)
    told("head_object", Key="big", ChecksumMode="ENABLED")
    told("head_object", Key="big", PartNumber=1)
    told("get_object", Key="big", Range=f"bytes={5 * MIB - 5}-{5 * MIB + 4}")
    told(
        "get_object_attributes", Key="big", ObjectAttributes=["ETag", "ObjectSize", "StorageClass"]
    )
    told("upload_part", PartNumber=1, Body=b"late", **which)

    begun = told("create_multipart_upload", Key="small")
    which = {"Key": "small", "UploadId": begun["UploadId"]}
    parts = []
    for number in (1, 2):
        part = told("upload_part", PartNumber=number, Body=b"x", **which)
        parts.append(
            {"PartNumber": number, "ETag": part["ETag"], "ChecksumCRC32": part["ChecksumCRC32"]}
        )
    told("complete_multipart_upload", MultipartUpload={"Parts": parts}, **which)
    source = {"Bucket": told.bucket, "Key": "big"}
    told("upload_part_copy", PartNumber=1, CopySource=source, CopySourceRange="bytes=5-9", **which)
    told("list_parts", **which)
    told("abort_multipart_upload", **which)
    told("abort_multipart_upload", **which)
    told("list_multipart_uploads")
    told("head_object", Key="small")


CASES = (objects, ranges, lists, buckets, checksums, writes, copies, deletions, uploads)
