"""The source distribution: whoever unpacks it can build and test it, without the repository."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parent.parent.parent
MAKES = "from scikit_build_core.build import build_sdist; print(build_sdist('{folder}'))"
# What `make test` and `make check` read.
NEEDED = ("benchmarks", "docs", "examples", "native", "s3pipes", "scripts", "tests", "torture")
BUILT = {".so", ".pyc"}


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> set[PurePosixPath]:
    folder = tmp_path_factory.mktemp("sdist")
    command = [sys.executable, "-c", MAKES.format(folder=folder)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    with tarfile.open(folder / done.stdout.split()[-1]) as archive:
        names = (PurePosixPath(name) for name in archive.getnames())
        return {PurePosixPath(*name.parts[1:]) for name in names}


def sources() -> set[PurePosixPath]:
    found = [path for folder in NEEDED for path in (ROOT / folder).rglob("*") if path.is_file()]
    made = (ROOT / "benchmarks/results", ROOT / "s3pipes/testing/s3pipes-sim")
    return {
        PurePosixPath(path.relative_to(ROOT))
        for path in found
        if path.suffix not in BUILT
        and "__pycache__" not in path.parts
        and not any(path.is_relative_to(place) for place in made)
    }


def test_the_sdist_holds_everything_that_builds_and_tests_it(packed: set[PurePosixPath]) -> None:
    assert sources() - packed == set()
    top = {
        "CMakeLists.txt",
        "LICENSE",
        "Makefile",
        "README.md",
        "constraints.txt",
        "pyproject.toml",
    }
    assert {PurePosixPath(name) for name in top} - packed == set()


def test_the_sdist_holds_nothing_that_was_built(packed: set[PurePosixPath]) -> None:
    assert [str(path) for path in packed if path.suffix in BUILT or path.parts[0] == "build"] == []
