"""A promise whose test is not there, does not run or fails is found by a session of all tests."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
TESTS = """
import pytest

def test_good():
    pass

@pytest.mark.parametrize("n", [1, 2])
def test_half(n):
    assert n == 1 or not FAILS

@pytest.mark.skipif(SKIPS, reason="planted")
def test_skipped():
    pass

@pytest.mark.parametrize("n", EMPTY)
def test_of_nothing(n):
    pass

if ABSENT:
    del test_good
"""
CONFTEST = """
import outcomes

def pytest_configure(config):
    config.pluginmanager.register(outcomes.Outcomes())
"""
NAMES = ("test_good", "test_half", "test_skipped", "test_of_nothing")
PAGE = " ".join(f"`tests/test_planted.py::{name}`" for name in NAMES)
TITLE = "promises of docs/semantics.md without proof"
BROKEN = {
    "absent": ("ABSENT = True", "tests/test_planted.py::test_good: not collected"),
    "skipped": ("SKIPS = True", "tests/test_planted.py::test_skipped: skipped"),
    "fails": ("FAILS = True", "tests/test_planted.py::test_half[2]: failed"),
    "of nothing": ("EMPTY = []", "tests/test_planted.py::test_of_nothing[NOTSET]: skipped"),
}


def session(folder: Path, page: str, settings: str, *arguments: str) -> tuple[int, str]:
    """A session of its own over a planted project: its exit code and what it said."""
    defaults = "SKIPS, FAILS, ABSENT, EMPTY = False, False, False, [1]"
    files = {
        "docs/semantics.md": page,
        "tests/test_planted.py": f"{defaults}\n{settings}\n{TESTS}",
        "tests/conftest.py": CONFTEST,
        "pytest.ini": "[pytest]\ntestpaths = tests\n",
    }
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(content)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--import-mode=importlib", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_promises_that_are_kept_say_nothing(tmp_path: Path) -> None:
    code, said = session(tmp_path, PAGE, "")
    assert code == 0, said
    assert TITLE not in said


@pytest.mark.parametrize(("settings", "complaint"), BROKEN.values(), ids=BROKEN)
def test_a_promise_without_proof_fails_the_session(
    tmp_path: Path, settings: str, complaint: str
) -> None:
    code, said = session(tmp_path, PAGE, settings)
    assert code == 1, said
    assert TITLE in said
    assert complaint in said.partition(TITLE)[2].splitlines()


@pytest.mark.parametrize("selection", [["-k", "good"], ["tests/test_planted.py::test_good"]])
def test_a_selection_is_not_judged(tmp_path: Path, selection: list[str]) -> None:
    code, said = session(tmp_path, PAGE, "SKIPS = True", *selection)
    assert code == 0, said
    assert TITLE not in said
