"""The power to decide under load: fifty people at one budget, and whom to ask among a thousand with 5,000 grants."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from threading import Barrier
from uuid import uuid4

from django.db import connection, connections
from django.db.models import Sum

from cases import errors
from cases.commands import action, intake, tokens
from cases.models import Action, Authorisation, Brand, Case, Channel, Grant, Kind, Membership, Team, User
from cases.rules.arrival import Arrival
from cases.vocabulary import SYSTEM, Actor, ChannelKind, Proof, Role, Window

CROWD, ROUNDS = 50, 5
BUDGET, PRICE = Decimal(300), Decimal(10)
PEOPLE, TEAMS, KINDS = 1000, 50, 10
# Of each thousand: four grants a person, eighteen a team, a hundred for all managers: 5,000.
OWN, OF_TEAM, OF_ROLE = 4, 18, 100
CASES, REPEATS = 50, 200
CROWDED, WIDE = 900, 901


# ---- fifty decisions at once on one budget ----


@contextmanager
def own_connections(count: int) -> Iterator[None]:
    """Room for so many connections of this process at the same time, each a real one of the server."""
    options = connections.settings["default"]["OPTIONS"]
    before = options.get("pool")
    _set_pool(options, before and {**before, "max_size": count, "timeout": 60})
    try:
        yield
    finally:
        _set_pool(options, before)


def _set_pool(options: dict[str, object], pool: object) -> None:
    connection.close()
    if options.get("pool"):
        connection.close_pool()  # type: ignore[attr-defined]
    if pool:
        options["pool"] = pool


def contend() -> tuple[int, float, float]:
    """How many of fifty won, decisions a second over some rounds, and the floor's: as many INSERTs at once.

    Raises RuntimeError when a budget was overdrawn, or not used to its last unit.
    """
    if not Brand.objects.filter(pk=CROWDED).exists():
        _set_up_crowd()
    took, floor = [], []
    with own_connections(CROWD + 2):
        for _ in range(ROUNDS + 1):
            grant, wanted = _round()
            took.append(_at_once([_deciding(each) for each in wanted]))
            floor.append(_at_once([_insert] * CROWD))
            used = Authorisation.objects.filter(grant=grant, released_at=None).aggregate(all=Sum("charged"))["all"]
            if used != BUDGET:
                message = f"{used} of a budget of {BUDGET} was used by {CROWD} people who wanted {PRICE} each."
                raise RuntimeError(message)
    # The first round opens the connections.
    return int(used / PRICE), CROWD * ROUNDS / sum(took[1:]), CROWD * ROUNDS / sum(floor[1:])


def _round() -> tuple[Grant, list[Action]]:
    """A fresh budget for thirty, and fifty actions on fifty cases that want some of it; earlier budgets have ended."""
    Grant.objects.filter(brand_id=CROWDED, ended_at=None).update(ended_at=datetime.now(UTC))
    grant = Grant.objects.create(
        brand_id=CROWDED, role=Role.AGENT, currency="EUR", budget_shared=BUDGET, window=Window.MONTH
    )
    now = datetime.now(UTC)
    return grant, [
        action.add_action(case_id=case.pk, kind_id=CROWDED, amount=PRICE, at=now, actor=SYSTEM)
        for case in Case.objects.filter(brand_id=CROWDED).order_by("pk")[:CROWD]
    ]


def _deciding(wanted: Action) -> Callable[[], None]:
    def decide() -> None:
        try:
            action.start_action(action_id=wanted.pk, at=datetime.now(UTC), actor=Actor.person(CROWDED * 10))
        except errors.BudgetExhausted:
            return

    return decide


def _insert() -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO floor (words) VALUES ('one of fifty')")


def _at_once(calls: Sequence[Callable[[], None]]) -> float:
    """Seconds until all of them are done, begun at the same moment in threads of their own."""
    start = Barrier(len(calls) + 1)

    def run(call: Callable[[], None]) -> None:
        connection.ensure_connection()
        start.wait(timeout=90)
        try:
            call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        running = [pool.submit(run, call) for call in calls]
        start.wait(timeout=90)
        began = time.perf_counter()
        for each in running:
            each.result()
    return time.perf_counter() - began


def _set_up_crowd() -> None:
    brand = Brand.objects.create(id=CROWDED, name="Crowded", slug="crowded", prefix="CRW")
    Kind.objects.create(
        id=CROWDED, brand=brand, code="refund", label={"en": "Refund"}, proof=Proof.AMOUNT, has_amount=True
    )
    person = User.objects.create(id=CROWDED * 10, username="crowd", email="crowd@example.org", name="Crowd")
    Membership.objects.create(person=person, brand=brand, role=Role.AGENT)
    _open_cases(brand, CROWD)


# ---- whom to ask ----


def set_up_line() -> str:
    """A brand of a thousand people and 5,000 grants; the bearer token of an agent who may decide little."""
    if not Brand.objects.filter(pk=WIDE).exists():
        _set_up_line()
    asker = Membership.objects.filter(brand_id=WIDE, role=Role.AGENT).order_by("pk")[0]
    return tokens.make_token(person_id=asker.person_id, label="bench", actor=SYSTEM).secret


def _set_up_line() -> None:
    brand = Brand.objects.create(id=WIDE, name="Wide", slug="wide", prefix="WDE")
    first = WIDE * 10
    people = User.objects.bulk_create(
        [User(id=first + n, username=f"wide{n}", email=f"wide{n}@example.org", name=f"Wide {n}") for n in range(PEOPLE)]
    )
    teams = Team.objects.bulk_create(
        [Team(id=first + n, brand=brand, name=f"Team {n}", lead=people[n]) for n in range(TEAMS)]
    )
    Membership.objects.bulk_create(
        [
            Membership(person=each, brand=brand, role=Role.MANAGER if n < TEAMS else Role.AGENT, team=teams[n % TEAMS])
            for n, each in enumerate(people)
        ]
    )
    Kind.objects.bulk_create(
        [
            Kind(
                id=first + n,
                brand=brand,
                code=f"kind-{n}",
                label={"en": f"Kind {n}"},
                proof=Proof.AMOUNT,
                has_amount=True,
            )
            for n in range(KINDS)
        ]
    )
    _give(brand, people, teams)
    _open_cases(brand, CASES)
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE cases_grant, cases_membership, cases_user, cases_team")


def _give(brand: Brand, people: Sequence[User], teams: Sequence[Team]) -> None:
    first = WIDE * 10
    holders: list[dict[str, object]] = [
        *({"person": person, "number": n * OWN + k, "up": 1} for n, person in enumerate(people) for k in range(OWN)),
        *({"team": team, "number": n * OF_TEAM + k, "up": 2} for n, team in enumerate(teams) for k in range(OF_TEAM)),
        *({"role": Role.MANAGER, "number": n, "up": 8} for n in range(OF_ROLE)),
    ]
    grants = []
    for holder in holders:
        number, up = int(str(holder.pop("number"))), int(str(holder.pop("up")))
        grants.append(
            Grant(
                brand=brand,
                currency="EUR",
                kind_ids=[first + number % KINDS],
                per_action=Decimal(20 + number * 7 % 100) * up,
                per_complainant=Decimal(5000),
                budget_each=Decimal(20000) if number % 2 else None,
                **holder,
            )
        )
    Grant.objects.bulk_create(grants)


def route_times() -> tuple[list[float], list[float]]:
    """Milliseconds of finding whom to ask for many kinds and amounts, and of the floor: one indexed SELECT."""
    cases = list(Case.objects.filter(brand_id=WIDE).values_list("pk", flat=True))
    first, now = WIDE * 10, datetime.now(UTC)
    routed, floor = [], []
    with connection.cursor() as cursor:
        for n in range(REPEATS):
            asked = [cases[n % len(cases)], first + n % KINDS, Decimal(100 + n * 37 % 700), "EUR", now, [first + 500]]
            routed.append(
                _timed(
                    cursor.execute,
                    "SELECT * FROM casedesk_route(%s, %s, %s::numeric, %s, %s::timestamptz, %s::bigint[])",
                    asked,
                )
            )
            found = cursor.fetchone()
            if found is None or found[0] is None:
                message = f"Nobody was found who may decide {asked[2]} EUR."
                raise RuntimeError(message)
            floor.append(_timed(cursor.execute, "SELECT reference, status FROM cases_case WHERE id = %s", asked[:1]))
            cursor.fetchone()
    return routed[10:], floor[10:]


def asking() -> tuple[Callable[[int], str], Callable[[int], dict[str, str]]]:
    """The address and body of the n-th request for approval: more than agents may decide themselves."""
    references = list(Case.objects.filter(brand_id=WIDE).order_by("pk").values_list("reference", flat=True))

    def path(number: int) -> str:
        return f"/api/v1/cases/{references[number % len(references)]}/actions/"

    def body(number: int) -> dict[str, str]:
        amount = str(500 + number * 37 % 300)
        return {"kind": f"kind-{number % KINDS}", "amount": amount, "currency": "EUR", "reason": "They waited long."}

    return path, body


def _timed(call: Callable[..., object], *arguments: object) -> float:
    began = time.perf_counter()
    call(*arguments)
    return (time.perf_counter() - began) * 1000


def _open_cases(brand: Brand, count: int) -> None:
    channel = Channel.objects.create(
        id=brand.pk, brand=brand, name="Complaints", slug="complaints", kind=ChannelKind.WEBHOOK, platform="social",
        is_complaints_only=True,
    )  # fmt: skip
    now = datetime.now(UTC)
    batch = [
        Arrival(external_id=uuid4().hex, text=f"The parcel {n} came late.", author=uuid4().hex[:12], posted_at=now)
        for n in range(count)
    ]
    intake.receive_many(channel_id=channel.pk, batch=batch, at=now, actor=SYSTEM)
