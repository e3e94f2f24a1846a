"""Feeds PyTorch training from Amazon S3 and S3-compatible stores.

Importing this registers the datapipes: `list_files_by_s3`, `load_files_by_s3`, `readlines`,
`load_from_tar`, `webdataset`, `cycle`, `set_length`, `even_sharding_filter` and `fullsync` become
methods of every `IterDataPipe`.
"""

from s3pipes.config import ClientConfig, ReadConfig, RetryConfig
from s3pipes.engine.stats import stats
from s3pipes.errors import (
    AccessDenied,
    BadCertificate,
    BadResponse,
    BucketNotFound,
    ChecksumMismatch,
    ConfigError,
    CredentialsMissing,
    ObjectChanged,
    ObjectNotFound,
    RequestRefused,
    RetriesExhausted,
    S3PipesError,
    TooManySkipped,
    TransferCancelled,
    TransferTimeout,
    WrongRegion,
)
from s3pipes.objects.client import S3Client
from s3pipes.objects.stream import S3Stream
from s3pipes.pipes import workers as _workers  # noqa: F401 - what may leave a worker
from s3pipes.pipes.base import IterableWrapper, IterDataPipe
from s3pipes.pipes.cycler import Cycler
from s3pipes.pipes.fullsync import FullSync
from s3pipes.pipes.length import LengthSetter
from s3pipes.pipes.lines import LineReader
from s3pipes.pipes.lister import S3FileLister
from s3pipes.pipes.loader import S3FileLoader
from s3pipes.pipes.sharding import EvenShardingFilter
from s3pipes.pipes.tar import TarArchiveLoader
from s3pipes.pipes.webdataset import WebDataset
from s3pipes.records.bad_record import BadRecord
from s3pipes.records.tar import TarMember
from s3pipes.url import S3Url

__all__ = [
    "AccessDenied",
    "BadCertificate",
    "BadRecord",
    "BadResponse",
    "BucketNotFound",
    "ChecksumMismatch",
    "ClientConfig",
    "ConfigError",
    "CredentialsMissing",
    "Cycler",
    "EvenShardingFilter",
    "FullSync",
    "IterDataPipe",
    "IterableWrapper",
    "LengthSetter",
    "LineReader",
    "ObjectChanged",
    "ObjectNotFound",
    "ReadConfig",
    "RequestRefused",
    "RetriesExhausted",
    "RetryConfig",
    "S3Client",
    "S3FileLister",
    "S3FileLoader",
    "S3PipesError",
    "S3Stream",
    "S3Url",
    "TarArchiveLoader",
    "TarMember",
    "TooManySkipped",
    "TransferCancelled",
    "TransferTimeout",
    "WebDataset",
    "WrongRegion",
    "stats",
]

__version__ = "0.1.0"
