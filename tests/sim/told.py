"""What a server tells boto3, in a form in which two servers can be compared."""

from __future__ import annotations

import datetime
from typing import Any

from botocore.exceptions import ClientError

# Differ from call to call and say nothing: only that they are there is compared.
CHANGING = {
    "UploadId",
    "NextUploadIdMarker",
    "NextContinuationToken",
    "ContinuationToken",
    "Owner",
    "Initiator",
    "CreationDate",
    "Initiated",
    "LastModified",
    "Location",
}
# Whose headers are compared; those of XML say nothing of S3.
OF_OBJECTS = {"get_object", "head_object"}
HEADERS = (
    "accept-ranges",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-length",
    "content-range",
    "content-type",
    "etag",
    "expires",
    "location",
)


class Told:
    """A client whose answers are noted down, errors too.

    Attributes:
        answers: by "number operation", what was told.
    """

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self.bucket = bucket
        self.answers: dict[str, Any] = {}

    def __call__(self, operation: str, /, **arguments: Any) -> dict[str, Any]:
        """The answer, or what came with the error."""
        arguments = {"Bucket": self.bucket} | arguments
        if operation == "list_buckets":
            del arguments["Bucket"]
        try:
            answer: dict[str, Any] = getattr(self._client, operation)(**arguments)
        except ClientError as error:
            answer = error.response
        told = {name: plain(name, value) for name, value in answer.items()}
        metadata = told.pop("ResponseMetadata")
        told["status"] = metadata["HTTPStatusCode"]
        headers = metadata["HTTPHeaders"]
        if operation in OF_OBJECTS and "Error" not in told:
            told |= {f"{name}:": headers[name] for name in HEADERS if name in headers}
        if "Error" in told:  # moto leaves out its details
            told["Error"] = told["Error"]["Code"]
        self.answers[f"{len(self.answers)} {operation}"] = told
        return answer


def plain(name: str, value: Any) -> Any:
    """A value of an answer without what differs from server to server."""
    if name in CHANGING or isinstance(value, datetime.datetime):
        return type(value).__name__
    if isinstance(value, dict):
        return {inner: plain(inner, part) for inner, part in value.items()}
    if isinstance(value, list):
        return [plain(name, part) for part in value]
    return value.read() if hasattr(value, "read") else value


def differences(ours: Any, theirs: Any, path: str = "") -> dict[str, tuple[Any, Any]]:
    """By path, whatever is not the same."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        found: dict[str, tuple[Any, Any]] = {}
        for name in {**ours, **theirs}:
            inner = f"{path}/{name}" if path else str(name)
            found |= differences(ours.get(name), theirs.get(name), inner)
        return found
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        found = {}
        for number, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            found |= differences(one, other, f"{path}[{number}]")
        return found
    return {} if ours == theirs else {path: (ours, theirs)}
