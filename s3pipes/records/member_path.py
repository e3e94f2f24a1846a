"""The path of a file in an archive, as `load_from_tar` yields it."""

from __future__ import annotations

import os


class MemberPath(str):
    """torchdata's path, `normpath(join(path of the archive, name))`, and what it was made of.

    It equals, hashes, sorts and prints as the plain string. What decodes a member and keeps its
    path thereby keeps which sample of which archive it belongs to.

    Attributes:
        archive: URL of the archive, whole.
        name: as the archive has it.
        place: among the archive's files, from 0.
    """

    __slots__ = ("archive", "name", "place")

    archive: str
    name: str
    place: int

    def __new__(cls, archive: str, name: str, place: int) -> MemberPath:  # noqa: D102 - the class does
        # normpath(join(archive, name)): join alone would cost as much as all the rest.
        alone = name.startswith("/") or not archive
        self = str.__new__(cls, os.path.normpath(name if alone else f"{archive}/{name}"))
        self.archive = archive
        self.name = name
        self.place = place
        return self

    def __reduce__(self) -> tuple[type[MemberPath], tuple[str, str, int]]:
        return type(self), (self.archive, self.name, self.place)
