"""Every address: closed to strangers, read without a write, and as cheap with many rows as with few."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection

from tests.guards.world import ROLES, Route, World, build, grow, routes

pytestmark = pytest.mark.django_db

# Who is nobody here may open these; everything else asks them to sign in or says that there is nothing.
PUBLIC = {
    "health-alive",
    "health-ready",
    "health-metrics",
    "account_login",
    "account_logout",
    "account_inactive",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "theme-choose",
    "set_language",
    "help",
    "help-section",
    "complain",
}
# These belong to whoever holds the secret in their address, sign somebody out, or describe the API.
OPEN = re.compile(r"^(i|p)/<|^data/log(in|out)/$|^api/v1/schema/$")
# Never ends: it is tried by the tests of the live stream.
ENDLESS = {"live"}
# Written by the framework for the visitor, not by a page.
OWN_TABLES = ("django_session", "casedesk_cache")
WRITES = re.compile(r"^\s*(INSERT|UPDATE|DELETE|TRUNCATE|MERGE|CALL|WITH\b.*\b(INSERT|UPDATE|DELETE)\b)", re.IGNORECASE)
ADDRESSES = [route for route in routes() if route.name not in ENDLESS]
# Says 503 when a part of the system is away, which is so in a test.
MAY_BE_UNWELL = {"health-ready"}
# There only in development, or with something that no fixture has.
ELSEWHERE = {"dev/mail/", "dev/mail/<str:name>/", "api/", "api/v1/", "data/<url>"}
PAGE_QUERIES, FRAGMENT_QUERIES = 16, 8
# The whole case page and, beside it, a form with the kinds, the people and the teams to choose from.
BESIDE = {"action-add": 2, "action-change": 2}


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
    with statements() as seen:
        answer = getattr(client, method)(path, headers=headers)
        if answer.streaming:
            list(answer)
    wrote = [sql[:120] for sql in seen if WRITES.match(sql)]
    return Answer(answer.status_code, answer.headers.get("Location", ""), len(seen), wrote)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Without a page of traceback for each answer that a test reports in a line."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def test_strangers_are_sent_away() -> None:
    world, let_in, wrote = build(), [], []
    for route in ADDRESSES:
        if route.name in PUBLIC or OPEN.match(route.pattern):
            continue
        path = route.paths(world)[0]
        for method in ("get", "post"):
            answer = ask(world, route, path, None, method)
            is_sent_to_sign_in = answer.status == 302 and "/login" in answer.location
            if not is_sent_to_sign_in and answer.status not in {401, 403, 404, 405}:
                let_in.append((method, path, answer.status))
            if answer.wrote:
                wrote.append((method, path, answer.wrote))
    assert (let_in, wrote) == ([], [])


def test_every_exemption_is_an_address() -> None:
    assert {name for name in PUBLIC if name not in {route.name for route in routes()}} == set()


@pytest.mark.parametrize("role", [*ROLES, None])
def test_looking_changes_nothing_and_breaks_nothing(role: str | None) -> None:
    world, wrote, broken = build(), [], []
    world.client(role)
    for route in ADDRESSES:
        for path in route.paths(world):
            answer = ask(world, route, path, role)
            if answer.status == 405:
                break
            if answer.wrote:
                wrote.append((path, answer.wrote))
            if answer.status >= 500 and route.name not in MAY_BE_UNWELL:
                broken.append((path, answer.status))
    assert (wrote, broken) == ([], [])


def test_no_address_is_dead() -> None:
    """Somebody can open every address that can be looked at, or the other tests prove nothing about it."""
    world, dead = build(), []
    for route in ADDRESSES:
        asked = [(path, role) for path in route.paths(world) for role in ("manager", "admin", None)]
        answers = (ask(world, route, path, role).status for path, role in asked)
        if route.pattern not in ELSEWHERE and not any(status in {200, 302, 405} for status in answers):
            dead.append(route.pattern)
    assert dead == []


def _queries(world: World) -> dict[tuple[str, str], int]:
    found = {}
    for route in ADDRESSES:
        for role in ("manager", "admin"):
            for path in [] if route.pattern.startswith("data/") else route.paths(world)[:2]:
                answer = ask(world, route, path, role)
                if answer.status == 200:
                    found[route.name or route.pattern, role] = answer.queries
                    break
    return found


def _budget(name: str) -> int:
    return FRAGMENT_QUERIES if name.startswith("api/") else PAGE_QUERIES + BESIDE.get(name, 0)


def test_many_rows_cost_no_more_queries_than_few() -> None:
    world = build(2)
    few = _queries(world)
    grow(world, range(2, 20))
    many = _queries(world)
    dearer = {key: (few[key], many[key]) for key in few.keys() & many if many[key] > few[key]}
    over = {key: n for key, n in many.items() if n > _budget(key[0])}
    assert (dearer, over) == ({}, {})
