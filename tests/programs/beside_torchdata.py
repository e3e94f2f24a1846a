"""s3pipes and torchdata imported in either order; the program's argument says which.

Nothing is imported before its turn, so imports stand in the functions.
"""

from __future__ import annotations

import sys
import warnings
from typing import Any

NAMES = (
    "list_files_by_s3",
    "load_files_by_s3",
    "readlines",
    "load_from_tar",
    "webdataset",
    "cycle",
)
OF_OLD = "torchdata.datapipes.iter.load.s3io"


def show(*names: str) -> None:
    """Prints whose the methods of these names are."""
    from torch.utils.data.datapipes.iter import IterableWrapper

    for name in names:
        made = getattr(IterableWrapper([]), name)()
        print(type(made).__module__.partition(".")[0])  # noqa: T201 - what a test reads


def show_by_source(*names: str) -> None:
    """Prints whose they are over a source of torch's, and over one of ours, however far behind."""
    from torch.utils.data.datapipes.iter import IterableWrapper

    local: Any = IterableWrapper([])
    left, _ = IterableWrapper([]).load_files_by_s3().map(str).fork(2)
    for name in names:
        whose = [type(getattr(pipe, name)()).__module__ for pipe in (local, left.shuffle())]
        print(f"{name}:", *(module.partition(".")[0] for module in whose))  # noqa: T201


def register(module: str, *names: str) -> None:
    """As torchdata's `functional_datapipe` did on import: torch refuses a name given twice."""
    from torch.utils.data import IterDataPipe

    class Theirs(IterDataPipe[Any]):
        def __init__(self, source: Any = None) -> None:
            pass

    Theirs.__module__ = module
    for name in names:
        IterDataPipe.register_datapipe_as_function(name, Theirs)


def ours() -> None:
    import s3pipes  # noqa: F401 - what it registers


def todays() -> None:
    import torchdata.nodes
    import torchdata.stateful_dataloader  # noqa: F401 - imported to see that it can be


def todays_first() -> None:
    import torchdata  # noqa: F401 - imported to see that it can be

    ours()
    todays()
    show(*NAMES)


def todays_later() -> None:
    ours()
    todays()
    show(*NAMES)


def old_first() -> None:
    register(OF_OLD, *NAMES)
    ours()
    show_by_source(*NAMES)


def old_later() -> None:
    ours()
    register(OF_OLD, *NAMES)
    show_by_source(*NAMES)


def beyond_old() -> None:
    register(OF_OLD, *NAMES)
    ours()
    from torch.utils.data.datapipes.iter import IterableWrapper

    local: Any = IterableWrapper([])
    made = [local.webdataset(), local.webdataset(keys="dotted"), local.readlines(batch_size=2)]
    for pipe in made:
        print(type(pipe).__module__.partition(".")[0])  # noqa: T201 - what a test reads


def somebody_elses() -> None:
    """Prints how many warnings name them, and whether these name our pipe."""
    register("their.package", "readlines")
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        ours()
    told = [str(one.message) for one in seen if "their.package" in str(one.message)]
    print(len(told), "LineReader" in told[0])  # noqa: T201 - what a test reads
    show("readlines", "load_from_tar")


if __name__ == "__main__":
    globals()[sys.argv[1]]()
