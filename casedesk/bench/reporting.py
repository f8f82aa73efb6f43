"""Reports under load: two years of five brands' complaints, filled straight in SQL, and cells made of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from django.db import connection, connections, transaction

from cases.models import Brand, Category, Cause, Channel, Kind, Membership, Policy, Seer, Team, User
from cases.vocabulary import ChannelKind, Goal, Proof, Role, Start, Unit

BRANDS, PEOPLE, TEAMS, CHANNELS, CATEGORIES, CAUSES, KINDS = 5, 40, 6, 5, 12, 10, 8
DAYS, CHUNK, PROCESSES = 730, 25_000, 4
# Each size has brands and people of its own, and keys above everything that the application makes meanwhile.
BRAND, BASE, ROOM = 940, 100_000_000, 5_000_000
TABLES = (
    "complainant", "raw", "post", "triage", "case", "casepost", "casefigures", "casemovement", "decision", "action",
    "promise", "deadline",
)  # fmt: skip
SQL = Path(__file__).with_suffix(".sql")


def set_up(cases: int) -> Seer:
    """So many cases of five brands, filled once for each size; the manager of all five."""
    first = BRAND
    while (made := Brand.objects.filter(pk=first).first()) is not None:
        if made.name == _name(cases):
            return _manager(first)
        first += BRANDS
    _make_brands(first, cases)
    _fill(first, cases)
    return _manager(first)


def _name(cases: int) -> str:
    return f"Reported {cases}"


def _manager(first: int) -> Seer:
    return Seer(person_id=first * 100, roles=dict.fromkeys(range(first, first + BRANDS), Role.MANAGER))


@transaction.atomic
def _make_brands(first: int, cases: int) -> None:
    people = User.objects.bulk_create(
        [
            User(id=first * 100 + n, username=f"r{first}-{n}", email=f"r{first}-{n}@example.org", name=f"Reader {n}")
            for n in range(PEOPLE)
        ]
    )
    for brand_id in range(first, first + BRANDS):
        brand = Brand.objects.create(
            id=brand_id,
            name=_name(cases),
            slug=f"reported-{brand_id}",
            prefix=f"R{chr(65 + (brand_id - BRAND) // 26)}{chr(65 + (brand_id - BRAND) % 26)}",
        )
        _make_catalogue(brand, people)


def _make_catalogue(brand: Brand, people: list[User]) -> None:
    first = brand.pk * 100
    public = [ChannelKind.WEBHOOK] * 3 + [ChannelKind.WEB_FORM, ChannelKind.MAILBOX]
    Channel.objects.bulk_create(
        [
            Channel(id=first + n, brand=brand, name=f"Channel {n}", slug=f"channel-{n}", kind=kind, platform="social")
            for n, kind in enumerate(public)
        ]
    )
    teams = Team.objects.bulk_create(
        [Team(id=first + n, brand=brand, name=f"Team {n}", lead=people[n]) for n in range(TEAMS)]
    )
    Membership.objects.bulk_create(
        [
            Membership(person=each, brand=brand, role=Role.AGENT if n else Role.MANAGER, team=teams[n % TEAMS])
            for n, each in enumerate(people)
        ]
    )
    for model, code, count in ((Category, "category", CATEGORIES), (Cause, "cause", CAUSES)):
        for n in range(count):
            model.objects.create(id=first + n, brand=brand, code=f"{code}-{n}", label={"en": f"{code} {n}"})
    for n in range(KINDS):
        Kind.objects.create(
            id=first + n, brand=brand, code=f"deed-{n}", label={"en": f"Deed {n}"}, proof=Proof.REFERENCE
        )
    for goal, amount, unit in ((Goal.FIRST_REPLY, 8, Unit.HOUR), (Goal.FINAL_ANSWER, 8, Unit.DAY)):
        Policy.objects.create(
            brand=brand, name={"en": str(goal.label)}, goal=goal, start=Start.RECEIVED, amount=amount, unit=unit
        )


# ---------------------------------------------------------------- the cases


def _fill(first: int, cases: int) -> None:
    """The cases and all that belongs to them; triggers rest meanwhile, what they would write is written here."""
    for table in TABLES:
        _owner(f"ALTER TABLE cases_{table} DISABLE TRIGGER USER")
    _in_parallel(list(_chunks(first, cases)))
    for table in TABLES:
        _owner(f"ALTER TABLE cases_{table} ENABLE TRIGGER USER")
    for table in TABLES:
        _owner(f"VACUUM ANALYZE cases_{table}")
    _owner(
        "INSERT INTO cases_stale (population, brand_id, day) SELECT p, b, d::date FROM"
        " unnest(ARRAY['cases', 'movements', 'actions', 'promises', 'deadlines', 'posts']) p,"
        " generate_series(%(low)s, %(high)s) b, generate_series(now() - interval '731 days', now()"
        " + interval '9 days', '1 day') d",
        low=first,
        high=first + BRANDS - 1,
    )


def _chunks(first: int, cases: int) -> Iterator[dict[str, Any]]:
    place = (first - BRAND) // BRANDS
    for low in range(0, cases, CHUNK):
        yield {
            "base": BASE + place * ROOM,
            "brand": first,
            "person": first * 100,
            "count": cases,
            "since": datetime.now(UTC) - timedelta(days=DAYS),
            "every": timedelta(days=DAYS) / cases,
            "low": low,
            "high": min(low + CHUNK, cases),
        }


def _in_parallel(chunks: list[dict[str, Any]]) -> None:
    # Connections are not shared with children.
    for each in ("default", "owner"):
        connections[each].close()
    if connection.settings_dict["OPTIONS"].get("pool"):
        connection.close_pool()  # type: ignore[attr-defined]
    with get_context("fork").Pool(PROCESSES) as pool:
        pool.map(_fill_chunk, chunks, chunksize=1)


def _fill_chunk(values: dict[str, Any]) -> None:
    with transaction.atomic(using="owner"):
        for statement in SQL.read_text().split(";\n"):
            if statement.strip():
                _owner(statement, **values)


def _owner(statement: str, **values: Any) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(statement, values or None)
