"""boto3 asks the simulated S3 and moto the same things: the answers are the same, field by field.

Where they are not, the difference is listed with its reason; a difference that is listed and does
not happen fails too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from s3pipes.testing import MotoServer, SimulatedS3
from tests.sim.cases import CASES
from tests.sim.told import Told, differences

# Fields in which moto is not S3, wherever they are.
MOTO_NEVER = {
    "ServerSideEncryption": "S3 encrypts everything since 2023 and says so",
    "ChecksumType": "is younger than moto's checksums",
    "ChecksumAlgorithm": "moto lists only algorithms that the upload named in a header of its own",
    "ContinuationToken": "S3 repeats what it was asked",
    "AccessPointAlias": "S3 always says whether the bucket's name is one",
    "Marker": "S3 repeats what it was asked",
}
# And single ones: by case, the number of the call, perhaps the field; and why moto is wrong.
UNVERIFIED = "moto verifies no such claim"
OLD_CHECKSUMS = "moto keeps neither CRC32C nor CRC64NVME"
UNPAGED = "moto puts all common prefixes of version 1 into each page"
NOT_REPEATED = "S3 repeats what it was asked"
WHOLE = "moto answers with the whole object where one part is asked for"
MOTO_WRONG: dict[str, dict[str, str]] = {
    "ranges": {"5 get_object/ChecksumCRC32": "the checksum of the whole is for no range"},
    "lists": {
        "17 list_objects_v2/Contents[5]/Key": "encoding-type=url makes a space a plus",
        "19 list_objects_v2": "moto breaks",
        "53 list_objects/Prefix": NOT_REPEATED,
        "54 list_objects/Prefix": NOT_REPEATED,
        "54 list_objects/CommonPrefixes[1]/Prefix": "moto does not encode common prefixes",
        "55 list_objects/Prefix": NOT_REPEATED,
        "56 list_objects": UNPAGED,
        "57 list_objects": UNPAGED,
        "58 list_objects": UNPAGED,
        "59 list_objects": UNPAGED,
    },
    "checksums": {
        "3 put_object/ChecksumCRC32C": OLD_CHECKSUMS,
        "4 put_object/ChecksumCRC64NVME": OLD_CHECKSUMS,
        "11 head_object/ChecksumCRC32C": OLD_CHECKSUMS,
        "12 get_object/ChecksumCRC32C": OLD_CHECKSUMS,
        "13 head_object/ChecksumCRC64NVME": OLD_CHECKSUMS,
        "14 get_object/ChecksumCRC64NVME": OLD_CHECKSUMS,
        "15 put_object": UNVERIFIED,
        "16 put_object": UNVERIFIED,
        "17 put_object": UNVERIFIED,
        "18 head_object": UNVERIFIED,
    },
    "copies": {"6 copy_object": "moto overlooks that condition"},
    "deletions": {"4 delete_objects/Deleted": "moto is not quiet"},
    "uploads": {
        "6 complete_multipart_upload/Error": "moto looks at sizes before it looks at the order",
        "9 complete_multipart_upload/ChecksumCRC64NVME": OLD_CHECKSUMS,
        "9 complete_multipart_upload/VersionId": "the bucket has no versions",
        "10 head_object/ChecksumCRC64NVME": OLD_CHECKSUMS,
        "11 head_object": WHOLE,
        "14 upload_part": "moto breaks",
    },
}


@pytest.fixture(scope="module")
def simulated() -> Iterator[SimulatedS3]:
    with SimulatedS3("none") as server:
        yield server


@pytest.fixture(scope="module")
def moto_server() -> Iterator[MotoServer]:
    with MotoServer() as server:
        yield server


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_the_simulator_tells_what_moto_tells(
    case: Callable[[Told], None], simulated: SimulatedS3, moto_server: MotoServer
) -> None:
    name = f"case-{case.__name__}"
    told = []
    for server in (simulated, moto_server):
        server.boto.create_bucket(Bucket=name)
        one = Told(server.boto, name)
        case(one)
        told.append(one.answers)
    found = {
        path: pair
        for path, pair in differences(told[0], told[1]).items()
        if path.split("/")[-1] not in MOTO_NEVER
    }
    known = MOTO_WRONG.get(case.__name__, {})

    def covers(place: str, path: str) -> bool:
        return path == place or path.startswith(place + "/")

    unknown = {p: pair for p, pair in found.items() if not any(covers(k, p) for k in known)}
    assert unknown == {}
    assert {k for k in known if not any(covers(k, p) for p in found)} == set(), "not different"
