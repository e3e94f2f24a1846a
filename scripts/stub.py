#!/usr/bin/env python3
"""Holds the stub s3pipes/engine/_native.pyi against the module: names, bases, arguments, types.

mypy.stubtest cannot see into nanobind's functions; nanobind's own stub generator can, so what it
says of the module is compared. First the comparison proves on broken stubs that it would complain.
"""

from __future__ import annotations

import ast
import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from nanobind.stubgen import StubGen

# Filled by type slots that nanobind's generator does not list; Python before 3.12 hides them too.
SLOTS = {"__buffer__", "__release_buffer__"}
# What the generator writes for a plain nb::object, nb::list and so on; the stub may say more.
VAGUE = {
    "object": r".*",
    "list": r"list\[.*\](\|None)?",
    "tuple": r"tuple\[.*\]",
    "dict": r"dict\[.*\]",
}

Members = dict[str, ast.stmt]


def members(body: list[ast.stmt]) -> Members:
    """The classes and functions of a body by name."""
    return {node.name: node for node in body if isinstance(node, (ast.ClassDef, ast.FunctionDef))}


def differences(written: Members, built: Members, where: str = "") -> Iterator[str]:
    """What the stub says and the module does not hold, or the other way round."""
    for name in sorted(written.keys() | built.keys()):
        full = f"{where}{name}"
        ours, theirs = written.get(name), built.get(name)
        if theirs is None:
            if name not in SLOTS:
                yield f"{full} is in the stub alone"
        elif ours is None:
            yield f"{full} is in the module alone"
        elif isinstance(ours, ast.ClassDef) and isinstance(theirs, ast.ClassDef):
            if list(map(ast.unparse, ours.bases)) != list(map(ast.unparse, theirs.bases)):
                yield f"{full}: the bases differ"
            yield from differences(members(ours.body), members(theirs.body), f"{full}.")
        elif isinstance(ours, ast.FunctionDef) and isinstance(theirs, ast.FunctionDef):
            yield from signature_differences(ours, theirs, full)
        else:
            yield f"{full} is a class in one and a function in the other"


def signature_differences(
    ours: ast.FunctionDef, theirs: ast.FunctionDef, full: str
) -> Iterator[str]:
    """How two signatures differ."""
    if decorators(ours) != decorators(theirs):
        yield f"{full}: {decorators(ours)} in the stub, {decorators(theirs)} in the module"
    if shape(ours) != shape(theirs):
        yield f"{full}: takes {shape(ours)} in the stub, {shape(theirs)} in the module"
        return
    pairs = [("return", ours.returns, theirs.returns)]
    for left, right in zip(all_arguments(ours), all_arguments(theirs), strict=True):
        pairs.append((left.arg, left.annotation, right.annotation))
    for name, mine_type, other_type in pairs:
        mine, other = spelled(mine_type), spelled(other_type)
        if mine != other and not re.fullmatch(VAGUE.get(other, "(?!)"), mine):
            yield f"{full}: {name} is {mine} in the stub, {other} in the module"


def decorators(function: ast.FunctionDef) -> list[str]:
    """`staticmethod` and its like."""
    return [ast.unparse(node) for node in function.decorator_list]


def all_arguments(function: ast.FunctionDef) -> list[ast.arg]:
    """Every named argument."""
    return [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]


def shape(function: ast.FunctionDef) -> str:
    """Names, kinds and defaults of the arguments, without types."""
    bare = ast.parse(ast.unparse(function)).body[0]
    assert isinstance(bare, ast.FunctionDef)
    for argument in all_arguments(bare):
        argument.annotation = None
    return f"({ast.unparse(bare.args)})"


def spelled(annotation: ast.expr | None) -> str:
    """A type without what may differ in spelling alone."""
    if annotation is None:
        return ""
    text = ast.unparse(annotation)
    return re.sub(r"\b(collections\.abc|typing|s3pipes\.engine\._native)\.|\s", "", text)


def self_test(stub: str, built: Members) -> None:
    """Breaks the stub in several ways, each of which must be reported."""
    broken = {
        "a name the module lacks": stub + "\ndef imagined() -> None: ...\n",
        "a name the stub lacks": re.sub(r"\bdef process_generation\b", "def other", stub),
        "an argument's name": re.sub(r"\bmax_attempts:", "most_attempts:", stub),
        "an argument's type": re.sub(r"\bmax_attempts: int", "max_attempts: str", stub),
        "a result's type": re.sub(r"(def process_generation\(\) ->) int", r"\1 str", stub),
        "a base": re.sub(r"\bclass S3Store\(ObjectStore\)", "class S3Store", stub),
        "a static method": re.sub(r"@staticmethod\n *", "", stub),
    }
    for what, text in broken.items():
        if text == stub or not list(differences(members(ast.parse(text).body), built)):
            sys.exit(f"stub: {what}, planted wrong, was not reported")


def main() -> None:
    """Checks itself, then the stub."""
    generator = StubGen(importlib.import_module("s3pipes.engine._native"), recursive=False)
    generator.put(generator.module)
    built = members(ast.parse(generator.get()).body)
    path = Path(__file__).resolve().parent.parent / "s3pipes" / "engine" / "_native.pyi"
    stub = path.read_text(encoding="utf-8")
    found = list(differences(members(ast.parse(stub).body), built))
    if found:
        sys.exit("\n".join(f"{path.name}: {line}" for line in found))
    self_test(stub, built)
    print(f"stub: {path.name} says what the module holds")


if __name__ == "__main__":
    main()
