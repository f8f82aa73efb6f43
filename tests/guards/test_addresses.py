"""Every address: closed to strangers, read without a write, and open to somebody."""

from __future__ import annotations

import re

import pytest

from tests.guards.asking import ADDRESSES, ask
from tests.guards.world import ROLES, Route, World, build, routes

pytestmark = pytest.mark.django_db

# Who is nobody here may open these; everything else asks them to sign in or says that there is nothing.
PUBLIC = {
    "health-alive",
    "health-ready",
    "health-metrics",
    "health-rules",
    "health-figures",
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
OPEN = re.compile(r"^(i|p|approve)/<|^data/log(in|out)/$|^api/v1/schema/$")
# It is there, somewhere else, or for other methods.
OPENS = {200, 302, 405}
# Says 503 when a part of the system is away, which is so in a test.
MAY_BE_UNWELL = {"health-ready", "health-rules", "health-figures"}
# There only in development, or with something that no fixture has.
ELSEWHERE = {"dev/mail/", "dev/mail/<str:name>/", "api/", "api/v1/", "data/<url>"}


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


# The data browser turns them away at one door, as it does strangers: each of them knocks for a part of its pages.
TURNED_AWAY = ("agent", "manager", "auditor", "outsider")


def _asked(role: str | None) -> list[Route]:
    browser = [route for route in ADDRESSES if route.pattern.startswith("data/")]
    part = browser[TURNED_AWAY.index(role) :: len(TURNED_AWAY)] if role in TURNED_AWAY else browser
    return [route for route in ADDRESSES if not route.pattern.startswith("data/")] + part


def _look(world: World, role: str | None) -> tuple[set[str], list[object], list[object]]:
    """The addresses that open for this role, what looking at any of them wrote, and what broke."""
    opened, wrote, broken = set(), [], []
    world.client(role)
    for route in _asked(role):
        for path in route.paths(world):
            answer = ask(world, route, path, role)
            if answer.status in OPENS:
                opened.add(route.pattern)
            if answer.status == 405:
                break
            if answer.wrote:
                wrote.append((path, answer.wrote))
            if answer.status >= 500 and route.name not in MAY_BE_UNWELL:
                broken.append((path, answer.status))
    return opened, wrote, broken


@pytest.mark.parametrize("role", [*(role for role in ROLES if role not in {"manager", "admin"}), None])
def test_looking_changes_nothing_and_breaks_nothing(role: str | None) -> None:
    _, *found = _look(build(), role)
    assert found == [[], []]


def test_nor_does_it_for_managers_and_admins_and_no_address_is_dead() -> None:
    """Somebody can open every address that can be looked at, or the other tests prove nothing about it."""
    world, opened = build(), set()
    for role in ("manager", "admin"):
        opens, *found = _look(world, role)
        assert found == [[], []], role
        opened |= opens
    dead = [
        route.pattern
        for route in ADDRESSES
        if route.pattern not in opened | ELSEWHERE
        and not any(ask(world, route, path, None).status in OPENS for path in route.paths(world))
    ]
    assert dead == []
