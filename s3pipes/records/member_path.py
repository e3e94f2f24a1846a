"""The path of a file in an archive, as `load_from_tar` yields it."""

from __future__ import annotations

import os


class Reading:
    """One reading of an archive.

    Attributes:
        broke_off: the rest of the archive is left out, behind the members that came.
    """

    __slots__ = ("broke_off",)

    def __init__(self) -> None:
        self.broke_off = False


class MemberPath(str):
    """torchdata's path, `normpath(join(path of the archive, name))`, and what it was made of.

    It equals, hashes, sorts and prints as the plain string. What decodes a member and keeps its
    path thereby keeps which sample of which archive it belongs to.

    Attributes:
        archive: URL of the archive, whole.
        name: as the archive has it.
        place: among the archive's files, from 0.
        reading: of the archive that it comes from; None where that is over.
    """

    __slots__ = ("archive", "name", "place", "reading")

    archive: str
    name: str
    place: int
    reading: Reading | None

    def __new__(  # noqa: D102 - the class does
        cls, archive: str, name: str, place: int, reading: Reading | None = None
    ) -> MemberPath:
        # normpath(join(archive, name)): join alone would cost as much as all the rest.
        alone = name.startswith("/") or not archive
        self = str.__new__(cls, os.path.normpath(name if alone else f"{archive}/{name}"))
        self.archive = archive
        self.name = name
        self.place = place
        self.reading = reading
        return self

    def __reduce__(self) -> tuple[type[MemberPath], tuple[str, str, int]]:
        return type(self), (self.archive, self.name, self.place)
