"""What type checkers, help() and editors see of methods that are put on torch's pipes."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from typing import Any

import pytest
from mypy import api

from s3pipes import IterableWrapper, S3FileLister
from s3pipes.pipes.base import IterDataPipe

ROOT = Path(__file__).parents[2]
OURS = (
    "list_files_by_s3",
    "load_files_by_s3",
    "readlines",
    "load_from_tar",
    "webdataset",
    "cycle",
    "set_length",
    "even_sharding_filter",
    "fullsync",
)
# Each line has one mistake, and says what is to be told.
WRONG = """\
from s3pipes import ClientConfig, IterableWrapper, ReadConfig, S3FileLister
prefixes = IterableWrapper(["s3://bucket/prefix/"])
prefixes.list_files_by_s3(maskz="*.csv")  # Unexpected keyword argument "maskz"
prefixes.list_files_by_s3(client=ClientConfig())  # incompatible type "ClientConfig"
prefixes.load_files_by_s3(ReadConfig())  # incompatible type "ReadConfig"
prefixes.list_files_by_s3().readlines()  # Invalid self argument
prefixes.shuffle().sharding_filter().load_files_by_s3(regoin="")  # Unexpected keyword argument
prefixes.cycle(count="2")  # incompatible type "str"
IterableWrapper([1]).list_files_by_s3()  # Invalid self argument
S3FileLister(["s3://bucket"], maskz="")  # Unexpected keyword argument "maskz"
for url, stream in prefixes.list_files_by_s3():
    stream.read()  # "str" has no attribute "read"
"""


def mypy(monkeypatch: pytest.MonkeyPatch, path: Path) -> str:
    """What mypy --strict says of a user's program, which has no configuration of ours."""
    monkeypatch.chdir(ROOT)  # for its cache: torch takes a minute
    monkeypatch.setenv("MYPYPATH", str(ROOT))
    return api.run(["--strict", "--config-file=", "--explicit-package-bases", str(path)])[0]


@pytest.mark.timeout(600)
def test_a_misspelt_argument_is_seen_by_mypy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "program.py"
    program.write_text(WRONG)
    told = mypy(monkeypatch, program)
    errors = dict(re.findall(r"program\.py:(\d+): error: (.*)", told))
    for number, line in enumerate(WRONG.splitlines(), 1):
        expected = line.partition("  # ")[2]
        assert (str(number) in errors) == bool(expected), told
        assert expected in errors.get(str(number), ""), told


@pytest.mark.timeout(600)
def test_a_right_program_passes_mypy_strict(monkeypatch: pytest.MonkeyPatch) -> None:
    told = mypy(monkeypatch, Path(__file__).with_name("right.py"))
    assert told.startswith("Success"), told


def declared() -> dict[str, inspect.Signature]:
    """The methods that base.pyi gives to IterDataPipe, by names, kinds and defaults."""
    tree = ast.parse((ROOT / "s3pipes/pipes/base.pyi").read_text())
    [pipe] = [n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == "IterDataPipe"]
    methods = {}
    for node in pipe.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("__"):
            node.decorator_list, node.returns = [], None
            args = node.args
            for arg in [*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg]:
                if arg is not None:
                    arg.annotation = None
            names: dict[str, Any] = {"DataChunk": None}
            exec(compile(ast.Module([node], []), "base.pyi", "exec"), names)
            methods[node.name] = inspect.signature(names[node.name])  # of overloads the widest
    return methods


@pytest.mark.parametrize("name", OURS)
def test_what_is_declared_is_what_there_is(name: str) -> None:
    bare = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in inspect.signature(getattr(IterDataPipe, name)).parameters.values()
    ]
    assert list(declared()[name].parameters.values()) == bare


def test_torchs_own_methods_take_what_is_declared() -> None:
    theirs = declared().keys() - set(OURS)
    assert {"map", "filter", "shuffle", "sharding_filter", "batch"} <= theirs
    for name in theirs:
        registered: Any = IterDataPipe.functions[name]
        made = registered.args[0]
        taken = list(inspect.signature(made.__init__).parameters)
        if made.__new__ is not object.__new__ and "args" in taken:
            taken = list(inspect.signature(made.__new__).parameters)
        wanted = [p.name for p in declared()[name].parameters.values()][1:]
        missing = [one for one in wanted if one not in taken]
        assert missing in ([], ["datapipes"]), (name, taken)


@pytest.mark.parametrize("name", OURS)
def test_editors_and_help_see_arguments_and_a_page(name: str) -> None:
    method = getattr(IterableWrapper(["s3://bucket/"]), name)
    assert "args" not in inspect.signature(method).parameters
    assert f"(`.{name}()`)" in (inspect.getdoc(method) or "")
    assert name in dir(IterableWrapper([]))


def test_the_listers_arguments_are_seen() -> None:
    seen = inspect.signature(IterableWrapper(["s3://b"]).list_files_by_s3)
    assert list(seen.parameters) == ["length", "request_timeout_ms", "region", "masks", "client"]
    assert seen.return_annotation is S3FileLister
