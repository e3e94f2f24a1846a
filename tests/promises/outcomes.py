"""Holds docs/semantics.md against the session: each test that it names must have run and passed."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

_NAMED = re.compile(r"`(tests/[\w/]+\.py::\w+)`")


def named_in(page: Path) -> list[str]:
    """The tests that a page names, as `tests/file.py::test`."""
    return _NAMED.findall(page.read_text())


class Outcomes:
    """A plugin that writes down what became of each test, and judges at the end.

    It judges only a session that was to run everything and came to its end: with a selection, the
    rest of the tests has nothing to say.
    """

    def __init__(self) -> None:
        self._selected = False
        self._of: dict[str, dict[str, str]] = defaultdict(dict)
        self._unproven: list[str] = []

    def pytest_deselected(self) -> None:
        self._selected = True

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            self._of[item.nodeid.partition("[")[0]][item.nodeid] = "did not run"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        # Of set-up, call and tear-down, what went wrong last counts.
        if report.when == "call" or report.outcome != "passed":
            self._of[report.nodeid.partition("[")[0]][report.nodeid] = report.outcome

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if not self._is_whole(session):
            return
        page = session.config.rootpath / "docs/semantics.md"
        self._unproven = list(self._judge(named_in(page)))
        if self._unproven and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._unproven:
            terminalreporter.section("promises of docs/semantics.md without proof", red=True)
            for line in self._unproven:
                terminalreporter.line(line)

    def _is_whole(self, session: pytest.Session) -> bool:
        config = session.config
        everything = config.args_source == pytest.Config.ArgsSource.TESTPATHS
        stopped = session.shouldstop or session.shouldfail or config.option.collectonly
        return everything and not self._selected and not stopped

    def _judge(self, names: list[str]) -> Iterator[str]:
        for name in names:
            if name not in self._of:
                yield f"{name}: not collected"
            for test, outcome in self._of.get(name, {}).items():
                if outcome != "passed":
                    yield f"{test}: {outcome}"
