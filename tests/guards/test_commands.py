"""Every command has the same anatomy: keyword-only, actor last, one durable transaction, and a line in a journal."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db.transaction import Atomic

from cases.vocabulary import Actor
from tests.guards.sources import ROOT, command_modules, commands, named, tree

COMMANDS = dict(commands())
EVERY_COMMAND = pytest.mark.parametrize("name", sorted(COMMANDS))

# These change something and leave no line, each for a reason.
WITHOUT_EVENT = {
    "callback.keep_callback": "only keeps the bytes; what comes of them is recorded when they are heard",
    "dialogue.keep_draft": "half a sentence is nobody's business yet",
    "escalation.claim": "how far the sweep has come is kept every few seconds, like a sign of life",
    "escalation.make_calls": "whom a step calls is recorded with the step; the call follows it",
    "escalation.put_off_cue": "only tries again later",
    "escalation.sweep": "what it finds is recorded when it is heard",
    "export.claim": "that it was asked for and what became of it is recorded; which worker is at it is not",
    "export.keep_progress": "how far an export is gets noted every second, like a sign of life",
    "figures.recount": "how many of all cases came out differently is recorded once, when their cells are forgotten",
    "figures.refresh": "cells say nothing that the journals do not; they are made anew every few seconds",
    "notification.read_notifications": "who looked at what is nobody's business either",
    "report_run.drop_runs": "what nobody came back for is gone after a day; that it was counted stays recorded",
    "upkeep.beat": "a sign of life every few seconds would drown the journal",
}
RECORDING = {"record", "record_case", "record_many"}


def _atomic(function: Callable[..., Any]) -> Atomic | None:
    cells = [cell.cell_contents for cell in function.__closure__ or ()]
    return next((cell for cell in cells if isinstance(cell, Atomic)), None)


@EVERY_COMMAND
def test_takes_keywords_only_and_the_actor_last(name: str) -> None:
    signature = inspect.signature(COMMANDS[name], eval_str=True)
    # Fields that a command passes on as they are come as a typed dictionary of keywords.
    parameters = [each for each in signature.parameters.values() if each.kind != inspect.Parameter.VAR_KEYWORD]
    assert all(parameter.kind == inspect.Parameter.KEYWORD_ONLY for parameter in parameters)
    assert parameters[-1].name == "actor"
    assert parameters[-1].annotation is Actor
    assert parameters[-1].default is inspect.Parameter.empty


@EVERY_COMMAND
def test_is_one_durable_transaction(name: str) -> None:
    atomic = _atomic(COMMANDS[name])
    assert atomic is not None, "decorate it with @transaction.atomic(durable=True)"
    assert atomic.durable


@EVERY_COMMAND
def test_says_what_it_does(name: str) -> None:
    assert inspect.getdoc(COMMANDS[name])


def _called(node: ast.AST) -> Iterator[str]:
    """The names of what a piece of code calls or hands on: plain ones, and those of a module."""
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            yield part.id
        elif isinstance(part, ast.Attribute):
            yield part.attr


def _functions(path: Path) -> dict[str, ast.AST]:
    return {node.name: node for node in tree(path).body if isinstance(node, ast.FunctionDef)}


def _moves() -> dict[str, ast.AST]:
    found: dict[str, ast.AST] = {}
    for path in sorted((ROOT / "cases" / "commands" / "moves").glob("*.py")):
        found |= _functions(path)
    return found


def _reached(start: str, known: dict[str, ast.AST]) -> set[str]:
    """Every function that this one calls, and what those call."""
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name not in reached and name in known:
            reached.add(name)
            waiting += _called(known[name])
    return reached


@EVERY_COMMAND
def test_leaves_a_line_in_a_journal(name: str) -> None:
    step, function = name.split(".")
    known = _moves() | _functions(ROOT / "cases" / "commands" / f"{step}.py")
    assert name in WITHOUT_EVENT or _reached(function, known) & RECORDING


def test_no_exemption_outlives_its_command() -> None:
    assert WITHOUT_EVENT.keys() <= COMMANDS.keys()


@pytest.mark.parametrize("path", command_modules(), ids=named)
def test_no_command_calls_another(path: Path) -> None:
    own = {name.split(".")[1] for name in COMMANDS if name.startswith(f"{path.stem}.")}
    steps = {step.stem for step in command_modules()}
    imported = {
        alias.name
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom) and (node.module or "") == "cases.commands"
        for alias in node.names
    }
    called = {
        part.func.id
        for function in _functions(path).values()
        for part in ast.walk(function)
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Name)
    }
    assert not imported & steps
    assert not called & own


@pytest.mark.parametrize("path", sorted((ROOT / "cases" / "commands" / "moves").glob("*.py")), ids=named)
def test_a_move_calls_no_command(path: Path) -> None:
    steps = {f"cases.commands.{step.stem}" for step in command_modules()}
    imported = {node.module for node in ast.walk(tree(path)) if isinstance(node, ast.ImportFrom)}
    assert not imported & steps
