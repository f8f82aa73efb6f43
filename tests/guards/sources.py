"""Every source file and every template, read once."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"
PACKAGES = ("cases", "casedesk")


def python_files(*packages: str) -> list[Path]:
    """Our modules, without the generated migrations."""
    found = [path for package in packages or PACKAGES for path in (ROOT / package).rglob("*.py")]
    return sorted(path for path in found if "migrations" not in path.parts and "__pycache__" not in path.parts)


def template_files() -> list[Path]:
    """Our templates, pages and mails."""
    return sorted(path for path in TEMPLATES.rglob("*") if path.suffix in {".html", ".txt"})


@cache
def tree(path: Path) -> ast.Module:
    """The parsed module."""
    return ast.parse(path.read_text(), str(path))


def named(path: Path) -> str:
    """The path as people say it."""
    return str(path.relative_to(ROOT))


def module(path: Path) -> ModuleType:
    """The module of a file, imported."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return importlib.import_module(".".join(parts[:-1] if parts[-1] == "__init__" else parts))


def command_modules() -> list[Path]:
    """The files of commands, without the moves they share."""
    return sorted(path for path in (ROOT / "cases" / "commands").glob("*.py") if path.stem != "__init__")


def commands() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every public function that a file of commands defines, as step.name."""
    for path in command_modules():
        here = module(path)
        for name, function in vars(here).items():
            if inspect.isfunction(function) and function.__module__ == here.__name__ and not name.startswith("_"):
                yield f"{path.stem}.{name}", function
