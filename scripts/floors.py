#!/usr/bin/env python3
"""Checks the import order of the house: a floor uses only those below it, nothing goes in a circle.

First it proves on planted violations that it would see them, then it checks the tree.
"""

from __future__ import annotations

import ast
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

# Python, lowest floor first. A name stands for the module and all below it.
PYTHON_FLOORS = (
    ("s3pipes.advice",),
    ("s3pipes.retold", "s3pipes.base_error", "s3pipes.errors", "s3pipes.setting"),
    ("s3pipes.config", "s3pipes.url"),
    ("s3pipes.aws", "s3pipes.compat"),
    ("s3pipes.engine",),
    ("s3pipes.objects", "s3pipes.records"),
    ("s3pipes.order",),
    ("s3pipes.pipes",),
    ("s3pipes.testing", "s3pipes.cli"),
    ("s3pipes.__main__", "s3pipes"),
)
# The native module, and the folder that is its only door.
NATIVE_MODULE = "s3pipes.engine._native"
NATIVE_DOOR = "s3pipes.engine"
# Who needs torch to be imported; all others are complete without it.
TORCH_USERS = ("s3pipes.pipes", "s3pipes.cli", "s3pipes.testing", "s3pipes.__main__")

# Programs that it starts are a user's, and come in as users do.
DOOR_USERS = {"s3pipes.testing.children"}

# C++: what each folder of native/ may include of the others.
CORE_FLOORS = ("words", "s3", "policy", "memory", "http", "store", "cache", "engine")
NATIVE_MAY = {
    **{
        f"core/{floor}": {f"core/{lower}" for lower in CORE_FLOORS[: index + 1]}
        for index, floor in enumerate(CORE_FLOORS)
    },
    "core/records": {"core/words", "core/records"},
    "python": {f"core/{floor}" for floor in (*CORE_FLOORS, "records")} | {"python"},
    "sim": {"core/words", "core/s3", "core/policy", "sim"},
    "tests": {f"core/{floor}" for floor in (*CORE_FLOORS, "records")} | {"sim", "tests"},
}
# Folder, what it may not include, why.
NATIVE_MAY_NOT = (
    ("core", r"Python\.h|nanobind/.*", "only native/python sees Python"),
    ("tests", r"Python\.h|nanobind/.*", "only native/python sees Python"),
    ("sim", r"Python\.h|nanobind/.*", "only native/python sees Python"),
    ("core/words", r"boost/.*|openssl/.*", "words stand on the standard library alone"),
    (
        "core/s3",
        r"boost/(asio|beast)/.*|sys/.*|unistd\.h|fstream|thread|mutex|condition_variable",
        "the protocol is pure: no I/O, no threads",
    ),
    (
        "core/policy",
        (
            r"boost/(asio|beast)/.*|openssl/.*|sys/.*|unistd\.h|fstream|thread|mutex"
            r"|condition_variable|random"
        ),
        "decisions are pure: no I/O, no threads, no chance",
    ),
    (
        "sim/physics",
        (
            r"boost/(asio|beast)/.*|openssl/.*|sys/.*|unistd\.h|fstream|thread|mutex"
            r"|condition_variable|random|chrono"
        ),
        "physics is pure: on a given clock, with draws of its own",
    ),
    ("core/records", r"boost/(asio|beast)/.*|sys/.*|unistd\.h|fstream", "records do no I/O"),
    ("core/engine", r"core/store/s3_store\.hpp", "the engine knows the seam, never S3Store"),
)


@dataclass(frozen=True)
class Use:
    """One import or include: who, where, what."""

    path: Path
    line: int
    user: str
    used: str


def python_uses(root: Path) -> Iterator[Use]:
    """Every import of an s3pipes module by another, wherever it stands, also for types alone."""
    files = sorted((root / "s3pipes").rglob("*.py*"))
    modules = {module_name(root, path): path for path in files if path.suffix in (".py", ".pyi")}
    for user, path in modules.items():
        tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
        for node in ast.walk(tree):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                module = node.module or ""
                # `from package import module` uses the module.
                names = [
                    full if (full := f"{module}.{alias.name}") in modules else module
                    for alias in node.names
                ]
            for used in dict.fromkeys(names):
                if used.split(".")[0] == "s3pipes" and used != user:
                    yield Use(path, getattr(node, "lineno", 0), user, used)


def module_name(root: Path, path: Path) -> str:
    """The dotted name of a Python file below root."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def python_floor(module: str) -> int | None:
    """The floor of a module; None where nobody gave it one."""
    for number, names in enumerate(PYTHON_FLOORS):
        for name in names:
            if module == name or (name != "s3pipes" and within(module, name)):
                return number
    return None


def within(module: str, package: str) -> bool:
    """Whether a module is the package or lies below it."""
    return module == package or module.startswith(package + ".")


def check_python(root: Path) -> Iterator[str]:
    """The violations of the Python floors."""
    uses = list(python_uses(root))
    for use in uses:
        user, used = python_floor(use.user), python_floor(use.used)
        if used is None or user is None:
            missing = use.used if used is None else use.user
            yield f"{use.path}:{use.line}: {missing} stands on no floor; give it one in {__file__}"
        elif use.used == "s3pipes":
            if use.user in DOOR_USERS:
                continue
            yield f"{use.path}:{use.line}: {use.user} imports the public door; import the module"
        elif used > user:
            yield f"{use.path}:{use.line}: {use.user} imports {use.used}, which stands above it"
        elif use.used == NATIVE_MODULE and not within(use.user, NATIVE_DOOR):
            yield f"{use.path}:{use.line}: {use.user} imports {use.used}; its door is {NATIVE_DOOR}"
    yield from circles(uses)
    yield from check_torch(root)


def check_torch(root: Path) -> Iterator[str]:
    """Imports of torch that run with their module, where torch is for functions and types alone."""
    for path in sorted((root / "s3pipes").rglob("*.py")):
        if any(within(module_name(root, path), user) for user in TORCH_USERS):
            continue
        for node in ast.parse(path.read_text(encoding="utf-8"), str(path)).body:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            if any(within(name, "torch") for name in names):
                yield f"{path}:{node.lineno}: imports torch, which only {TORCH_USERS} may need"


def native_uses(root: Path) -> Iterator[Use]:
    """Every #include of the native files."""
    native = root / "native"
    for path in sorted(native.rglob("*.[ch]pp")):
        user = path.relative_to(native).as_posix()
        for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if found := re.match(r'\s*#\s*include\s*["<]([^">]+)[">]', text):
                yield Use(path, number, user, found[1])


def native_folder(name: str) -> str:
    """`core/s3/uri.hpp` belongs to `core/s3`, `tests/fuzz/x.cpp` to `tests`."""
    parts = name.split("/")
    return "/".join(parts[:2]) if parts[0] == "core" else parts[0]


def check_native(root: Path) -> Iterator[str]:
    """The violations of the C++ floors."""
    native = root / "native"
    own: list[Use] = []
    for use in native_uses(root):
        where = f"{use.path}:{use.line}"
        folder = native_folder(use.user)
        for below, forbidden, why in NATIVE_MAY_NOT:
            if use.user.startswith(below + "/") and re.fullmatch(forbidden, use.used):
                yield f"{where}: {use.user} includes {use.used}: {why}"
        if not (native / use.used).is_file():
            if re.match(r"(core|python|sim|tests)/", use.used):
                yield f"{where}: there is no native/{use.used}"
            continue
        own.append(use)
        if folder not in NATIVE_MAY:
            yield f"{where}: native/{folder} stands on no floor; give it one in {__file__}"
        elif native_folder(use.used) not in NATIVE_MAY[folder]:
            yield f"{where}: {folder} may not include {use.used}"
    yield from circles(own)


def circles(uses: Iterable[Use]) -> Iterator[str]:
    """One line for each circle found on a walk through the uses."""
    graph: dict[str, list[str]] = {}
    for use in uses:
        graph.setdefault(use.user, []).append(use.used)
    done: set[str] = set()

    def walk(name: str, trail: list[str]) -> Iterator[str]:
        if name in trail:
            yield "a circle: " + " -> ".join([*trail[trail.index(name) :], name])
        elif name not in done:
            for used in graph.get(name, ()):
                yield from walk(used, [*trail, name])
            done.add(name)

    for name in sorted(graph):
        yield from walk(name, [])


# A file, a line that breaks a rule in it, and what the report must say.
PLANTED = (
    ("s3pipes/errors.py", "from s3pipes.objects.client import S3Client", "which stands above it"),
    ("s3pipes/url.py", "def f():\n    import s3pipes.pipes.lister", "which stands above it"),
    ("s3pipes/aws/proxy.py", "from s3pipes.engine import session", "which stands above it"),
    ("s3pipes/objects/client.py", "from s3pipes import S3Url", "the public door"),
    ("s3pipes/objects/client.py", "from s3pipes.engine import _native", "its door is"),
    ("s3pipes/records/lines.py", "from s3pipes.engine._native import x", "its door is"),
    ("s3pipes/records/lines.py", "import torch.utils.data", "imports torch"),
    ("s3pipes/novel.py", "import s3pipes.errors", "stands on no floor"),
    ("s3pipes/config.py", "def f():\n    import s3pipes.url", "a circle"),
    (
        "s3pipes/objects/stream.py",
        "if TYPE_CHECKING:\n    from s3pipes.objects.client import S3Client",
        "a circle",
    ),
    ("native/core/policy/a.hpp", '#include "core/engine/b.hpp"', "may not include"),
    ("native/core/records/a.hpp", '#include "core/policy/b.hpp"', "may not include"),
    ("native/core/http/a.hpp", "#include <nanobind/nanobind.h>", "only native/python"),
    ("native/core/engine/a.hpp", "#include <Python.h>", "only native/python"),
    ("native/core/words/a.hpp", "#include <boost/asio.hpp>", "standard library alone"),
    ("native/core/policy/a.hpp", "#include <thread>", "decisions are pure"),
    ("native/sim/physics/a.hpp", "#include <random>", "physics is pure"),
    ("native/core/engine/a.hpp", '#include "core/store/s3_store.hpp"', "never S3Store"),
    ("native/core/http/a.hpp", '#include "core/http/gone.hpp"', "there is no"),
    ("native/core/http/a.hpp", '#include "core/http/b.hpp"', "a circle"),
    ("native/other/a.hpp", '#include "core/words/b.hpp"', "stands on no floor"),
)
# What the planted files refer to; none of it breaks a rule by itself.
SOUND = {
    "s3pipes/config.py": "from s3pipes.errors import ConfigError",
    "s3pipes/url.py": "import s3pipes.config",
    "s3pipes/aws/proxy.py": "import s3pipes.config",
    "s3pipes/engine/__init__.py": "from s3pipes.engine import _native, session",
    "s3pipes/engine/_native.pyi": "x: int",
    "s3pipes/engine/session.py": "from s3pipes.engine import _native",
    "s3pipes/objects/client.py": "from s3pipes.engine import x\nimport s3pipes.objects.stream",
    "s3pipes/objects/stream.py": "if TYPE_CHECKING:\n    from s3pipes.engine import x",
    "s3pipes/records/lines.py": "from s3pipes.engine import x",
    "native/core/engine/b.hpp": '#include "core/store/object_store.hpp"',
    "native/core/store/object_store.hpp": '#include "core/words/b.hpp"',
    "native/core/store/s3_store.hpp": '#include "core/policy/b.hpp"',
    "native/core/policy/b.hpp": "#include <string>",
    "native/core/words/b.hpp": "#include <string>",
    "native/core/http/b.hpp": '#include "core/http/a.hpp"',
    "native/core/http/a.hpp": "#include <boost/asio.hpp>",
    "native/python/a.cpp": "#include <nanobind/nanobind.h>",
}


def self_test() -> None:
    """Plants each violation in a sound tree, which alone must pass, and expects it to be seen."""
    for name, line, expected in (("", "", ""), *PLANTED):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for file, text in {**SOUND, **({name: line} if name else {})}.items():
                (root / file).parent.mkdir(parents=True, exist_ok=True)
                (root / file).write_text(text + "\n", encoding="utf-8")
            report = "\n".join([*check_python(root), *check_native(root)])
            if not name and report:
                sys.exit(f"floors: the sound tree is refused:\n{report}")
            if expected not in report:
                sys.exit(f"floors: '{line}' in {name} was not reported; only:\n{report}")


def main() -> None:
    """Checks itself, then the tree that this file lies in."""
    self_test()
    root = Path(__file__).resolve().parent.parent
    violations = [*check_python(root), *check_native(root)]
    if violations:
        sys.exit("\n".join(violations))
    print(f"floors: in order, and {len(PLANTED)} planted violations were seen")


if __name__ == "__main__":
    main()
