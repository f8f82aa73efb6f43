"""The tree keeps its shape: layers, names, sizes, and what Django would let us do but we do not."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.guards.sources import ROOT, named, python_files, tree

LONGEST_FILE, LONGEST_FUNCTION = 400, 60
LISTS = ("cases/management/demo/",)
SHAPELESS = {"utils", "helpers", "common", "misc", "signals", "managers", "constants"}
OVERRIDES = {"save", "delete", "save_base"}
FORCES = {"force", "bypass", "skip_gate", "ignore_gate", "no_checks"}
Function = ast.FunctionDef | ast.AsyncFunctionDef


def _nodes(kind: type | tuple[type, ...], *packages: str) -> Iterator[tuple[Path, ast.AST]]:
    for path in python_files(*packages):
        for node in ast.walk(tree(path)):
            if isinstance(node, kind):
                yield path, node


def test_imports_point_downwards_only() -> None:
    found = subprocess.run(
        [sys.executable, "-c", "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout


def test_a_file_is_short() -> None:
    lengths = {named(path): len(path.read_text().splitlines()) for path in python_files()}
    assert {name: n for name, n in lengths.items() if n > LONGEST_FILE and not name.startswith(LISTS)} == {}


def test_a_function_fits_on_a_screen() -> None:
    lengths = {
        f"{named(path)}:{node.name}": node.end_lineno - node.lineno + 1
        for path, node in _nodes((ast.FunctionDef, ast.AsyncFunctionDef))
        if isinstance(node, Function) and node.end_lineno
    }
    assert {name: n for name, n in lengths.items() if n > LONGEST_FUNCTION} == {}


def test_no_module_is_a_drawer() -> None:
    assert [named(path) for path in python_files() if path.stem in SHAPELESS] == []


def test_every_module_says_what_it_is() -> None:
    assert [named(path) for path in python_files() if tree(path).body and not ast.get_docstring(tree(path))] == []


def test_nothing_hangs_off_a_signal() -> None:
    imported = [
        (named(path), name)
        for path, node in _nodes((ast.Import, ast.ImportFrom))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in [getattr(node, "module", None) or "", *(alias.name for alias in node.names)]
    ]
    assert [one for one in imported if "signals" in one[1] or one[1] in {"receiver", "django.dispatch"}] == []


def test_no_model_overrides_how_it_is_written() -> None:
    overridden = [
        f"{klass.name}.{node.name}"
        for _, klass in _nodes(ast.ClassDef, "cases/models")
        if isinstance(klass, ast.ClassDef)
        for node in klass.body
        if isinstance(node, ast.FunctionDef) and node.name in OVERRIDES
    ]
    assert overridden == []


def test_nothing_can_be_forced() -> None:
    taken = [
        (f"{named(path)}:{node.lineno}", argument.arg)
        for path, node in _nodes((ast.FunctionDef, ast.AsyncFunctionDef))
        if isinstance(node, Function)
        for argument in [*node.args.args, *node.args.kwonlyargs]
    ]
    assert [one for one in taken if one[1] in FORCES] == []


def test_a_refusal_is_said_in_the_readers_language() -> None:
    bare = [
        f"{named(path)}:{node.lineno}"
        for path, node in _nodes(ast.Call)
        if isinstance(node, ast.Call) and _is_bare_refusal(node)
    ]
    assert bare == [], "wrap the sentence in gettext()"


def _is_bare_refusal(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return name == "Invalid" and bool(call.args) and isinstance(call.args[0], ast.Constant | ast.JoinedStr)


@pytest.mark.django_db
def test_no_migration_is_pending() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
