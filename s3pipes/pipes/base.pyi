"""What type checkers see of base.py: torch's pipes, with our methods and with types for its own.

At run time `IterDataPipe` and `IterableWrapper` are torch's, and the methods are put on them by
register.py. tests/typing holds this page against both.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal, TypeVar, overload

from torch.utils.data import DataChunk, MapDataPipe, functional_datapipe, get_worker_info
from torch.utils.data import IterDataPipe as _IterDataPipe

from s3pipes.config import ReadConfig
from s3pipes.objects.client import S3Client
from s3pipes.objects.stream import S3Stream
from s3pipes.records.tar import TarMember
from s3pipes.url import S3Url

__all__ = [
    "IterDataPipe",
    "IterableWrapper",
    "MapDataPipe",
    "Pipe",
    "ShardingFilter",
    "functional_datapipe",
    "get_worker_info",
]

_T = TypeVar("_T")
T_co = TypeVar("T_co", covariant=True)  # noqa: PYI001 - pipes take it from here
_Other = TypeVar("_Other")

class IterDataPipe(_IterDataPipe[T_co]):
    def __iter__(self) -> Iterator[T_co]: ...

    # Ours
    def list_files_by_s3(
        self: IterDataPipe[str],
        length: int = -1,
        request_timeout_ms: int = -1,
        region: str = "",
        masks: str | list[str] = "",
        *,
        client: S3Client | None = None,
    ) -> IterDataPipe[S3Url]:
        """Yields the URL of every object under every prefix: see `S3FileLister`."""
    def load_files_by_s3(
        self: IterDataPipe[str],
        request_timeout_ms: int = -1,
        region: str = "",
        buffer_size: int | None = None,
        multi_part_download: bool | None = None,
        *,
        client: S3Client | None = None,
        read: ReadConfig | None = None,
    ) -> IterDataPipe[tuple[str, S3Stream]]:
        """Yields `(url, stream)` for every URL, the next on their way: see `S3FileLoader`."""
    def readlines(
        self: IterDataPipe[tuple[Any, Any]],
        *,
        skip_lines: int = 0,
        strip_newline: bool = True,
        decode: bool = False,
        encoding: str = "utf-8",
        errors: str = "ignore",
        return_path: bool = True,
        batch_size: int | None = None,
        drop_last: bool = False,
        max_line_bytes: int = 67108864,
        length: int = -1,
    ) -> IterDataPipe[Any]:
        """Yields every line of every `(path, stream)`: see `LineReader`."""
    def load_from_tar(
        self: IterDataPipe[tuple[Any, Any]], mode: str = "r:*", length: int = -1
    ) -> IterDataPipe[tuple[str, TarMember]]:
        """Yields `(path, member)` for every file in every archive: see `TarArchiveLoader`."""
    def webdataset(
        self: IterDataPipe[tuple[Any, Any]],
        mode: str = "r:*",
        length: int = -1,
        *,
        keys: str = "bare",
    ) -> IterDataPipe[dict[str, Any]]:
        """Yields one dict per sample of the archives in the source: see `WebDataset`."""
    def cycle(self, count: int | None = None) -> IterDataPipe[T_co]:
        """Yields all of the source `count` times, or without end: see `Cycler`."""
    def set_length(self, length: int) -> IterDataPipe[T_co]:
        """Yields what the source yields; `len()` says `length`: see `LengthSetter`."""
    def even_sharding_filter(self, drop_last: bool = False) -> IterDataPipe[T_co]:
        """Yields this reader's share, equally many for each: see `EvenShardingFilter`."""
    def fullsync(self, timeout: int = 1800) -> IterDataPipe[T_co]:
        """Ends on all ranks as soon as one has no more: see `FullSync`."""

    # Torch's
    def batch(
        self,
        batch_size: int,
        drop_last: bool = False,
        wrapper_class: type[DataChunk[Any]] = ...,
    ) -> IterDataPipe[DataChunk[T_co]]: ...
    def collate(
        self,
        conversion: Callable[..., Any] | dict[Any, Any] | None = ...,
        collate_fn: Callable[..., Any] | None = None,
    ) -> IterDataPipe[Any]: ...
    def concat(self, *datapipes: _IterDataPipe[Any]) -> IterDataPipe[Any]: ...
    def demux(  # type: ignore[override]
        self,
        num_instances: int,
        classifier_fn: Callable[[T_co], int | None],
        drop_none: bool = False,
        buffer_size: int = 1000,
    ) -> list[IterDataPipe[T_co]]: ...
    def filter(
        self, filter_fn: Callable[..., Any], input_col: Any = None
    ) -> IterDataPipe[T_co]: ...
    def fork(  # type: ignore[override]
        self,
        num_instances: int,
        buffer_size: int = 1000,
        copy: Literal["shallow", "deep"] | None = None,
    ) -> list[IterDataPipe[T_co]]: ...
    def groupby(
        self,
        group_key_fn: Callable[[T_co], Any],
        *,
        keep_key: bool = False,
        buffer_size: int = 10000,
        group_size: int | None = None,
        guaranteed_group_size: int | None = None,
        drop_remaining: bool = False,
    ) -> IterDataPipe[Any]: ...
    @overload  # type: ignore[override]
    def map(self, fn: Callable[[T_co], _Other]) -> IterDataPipe[_Other]: ...
    @overload
    def map(
        self, fn: Callable[..., Any], input_col: Any, output_col: Any = None
    ) -> IterDataPipe[Any]: ...
    def mux(self, *datapipes: _IterDataPipe[Any]) -> IterDataPipe[Any]: ...
    def sharding_filter(self, sharding_group_filter: Any = None) -> IterDataPipe[T_co]: ...
    def shuffle(
        self, *, buffer_size: int = 10000, unbatch_level: int = 0
    ) -> IterDataPipe[T_co]: ...
    def unbatch(self, unbatch_level: int = 1) -> IterDataPipe[Any]: ...
    def zip(self, *datapipes: _IterDataPipe[Any]) -> IterDataPipe[tuple[Any, ...]]: ...

class IterableWrapper(IterDataPipe[_T]):
    def __init__(self, iterable: Iterable[_T], deepcopy: bool = True) -> None: ...
    def __iter__(self) -> Iterator[_T]: ...
    def __len__(self) -> int: ...

class Pipe(IterDataPipe[T_co]): ...

class ShardingFilter(IterDataPipe[T_co]):
    source_datapipe: IterDataPipe[T_co]
    num_of_instances: int
    instance_id: int
    def __init__(
        self, source_datapipe: IterDataPipe[T_co], sharding_group_filter: Any = None
    ) -> None: ...
