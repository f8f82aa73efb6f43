"""The tree keeps its shape: layers, names, sizes, and what Django would let us do but we do not."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.guards.sources import ROOT, named, python_files, tree

LONGEST_FILE, LONGEST_FUNCTION = 400, 60
LISTS = {"cases/vocabulary.py": "all the words in one place"}
SHAPELESS = {"utils", "helpers", "common", "misc", "signals", "managers", "constants"}
OVERRIDES = {"save", "delete", "save_base"}
EVERY_FILE = pytest.mark.parametrize("path", python_files(), ids=named)


def test_imports_point_downwards_only() -> None:
    found = subprocess.run(
        [sys.executable, "-c", "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout


@EVERY_FILE
def test_a_file_is_short(path: Path) -> None:
    assert named(path) in LISTS or len(path.read_text().splitlines()) <= LONGEST_FILE


@EVERY_FILE
def test_a_function_fits_on_a_screen(path: Path) -> None:
    long = {
        node.name: node.end_lineno - node.lineno + 1
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > LONGEST_FUNCTION
    }
    assert long == {}


@EVERY_FILE
def test_no_module_is_a_drawer(path: Path) -> None:
    assert path.stem not in SHAPELESS


@EVERY_FILE
def test_every_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(tree(path)) or not tree(path).body


@EVERY_FILE
def test_nothing_hangs_off_a_signal(path: Path) -> None:
    imported = {
        name
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom | ast.Import)
        for name in [getattr(node, "module", None) or "", *(alias.name for alias in node.names)]
    }
    assert not [name for name in imported if "signals" in name or name in {"receiver", "django.dispatch"}]


@pytest.mark.parametrize("path", python_files("cases/models"), ids=named)
def test_no_model_overrides_how_it_is_written(path: Path) -> None:
    overridden = [
        f"{klass.name}.{node.name}"
        for klass in ast.walk(tree(path))
        if isinstance(klass, ast.ClassDef)
        for node in klass.body
        if isinstance(node, ast.FunctionDef) and node.name in OVERRIDES
    ]
    assert overridden == []


@EVERY_FILE
def test_nothing_can_be_forced(path: Path) -> None:
    taken = [
        argument.arg
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for argument in [*node.args.args, *node.args.kwonlyargs]
    ]
    assert not [name for name in taken if name in {"force", "skip_checks", "ignore_gate", "bypass"}]


@pytest.mark.django_db
def test_no_migration_is_pending() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@EVERY_FILE
def test_a_refusal_is_said_in_the_readers_language(path: Path) -> None:
    bare = [
        node.lineno
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute | ast.Name)
        and (node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id) == "Invalid"
        and node.args
        and isinstance(node.args[0], ast.Constant | ast.JoinedStr)
    ]
    assert bare == [], "wrap the sentence in gettext()"
