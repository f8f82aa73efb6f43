"""Asking every address as everybody, and counting what it takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection

from tests.guards.calls import CALLS
from tests.guards.world import Route, World, routes

# Never ends: it is tried by the tests of the live stream.
ENDLESS = {"live"}
# Written by the framework for the visitor, not by a page.
OWN_TABLES = ("django_session", "casedesk_cache")
WRITES = re.compile(r"^\s*(INSERT|UPDATE|DELETE|TRUNCATE|MERGE|CALL|WITH\b.*\b(INSERT|UPDATE|DELETE)\b)", re.IGNORECASE)
# What programs ask at an address that answers nothing without a question.
QUESTIONS = {f"api/v1/{call.path}": call.body for call in CALLS if call.method == "GET" and call.body}
ADDRESSES = [route for route in routes() if route.name not in ENDLESS]


@contextmanager
def statements() -> Iterator[list[str]]:
    """The SQL of this block, without what keeps sessions and throttles."""
    seen: list[str] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if not any(table in sql for table in OWN_TABLES):
            seen.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield seen


def is_api(route: Route) -> bool:
    """Whether programs ask here."""
    return route.pattern.startswith("api/")


@dataclass
class Answer:
    """What came back, the statements it took, and those of them that wrote."""

    status: int
    location: str
    queries: int
    wrote: list[str]


def ask(world: World, route: Route, path: str, role: str | None, method: str = "get") -> Answer:
    """The address, asked by this person in their own way."""
    client, headers = world.client(None if is_api(route) else role), None
    if is_api(route) and role:
        headers = world.token(role)
    question = QUESTIONS.get(route.pattern) if method == "get" else None
    with statements() as seen:
        answer = getattr(client, method)(path, question, headers=headers)
        if answer.streaming:
            list(answer)
    wrote = [sql[:120] for sql in seen if WRITES.match(sql)]
    return Answer(answer.status_code, answer.headers.get("Location", ""), len(seen), wrote)
