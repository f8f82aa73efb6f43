"""A replay under load: one draft beside twenty live rules, over ninety days of many cases, on two processes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from django.db import connection, connections, transaction

from cases.commands import replay
from cases.models import (
    Brand,
    Category,
    Channel,
    Kind,
    Membership,
    Policy,
    Replay,
    Rule,
    RuleVersion,
    Team,
    User,
)
from cases.vocabulary import SYSTEM, ChannelKind, Goal, Proof, ReplayStatus, Role, Start, Unit

RULES, DAYS, SPAN, PROCESSES = 20, 90, 120, 2
# Each size has a brand of its own.
BRAND, BASE, ROOM = 920, 50_000_000, 5_000_000
TABLES = (
    "complainant", "raw", "post", "case", "casepost", "action", "observation", "event", "deadline", "ruleversion",
)  # fmt: skip
SQL = Path(__file__).with_suffix(".sql")


def run_out(cases: int) -> tuple[float, float, int]:
    """Seconds until two processes have replayed so many cases, the floor's, and how often the draft would have acted.

    The floor is reading every line of these journals once in one process.
    """
    brand_id = _set_up(cases)
    floor = _read_all(brand_id)
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    asked = replay.ask_replay(
        version_id=RuleVersion.objects.get(brand_id=brand_id, status="draft").pk,
        starts_on=yesterday - timedelta(days=DAYS - 1),
        ends_on=yesterday,
        at=datetime.now(UTC),
        actor=SYSTEM,
    )
    began = time.perf_counter()
    _work_together(asked.pk)
    took = time.perf_counter() - began
    done = Replay.objects.get(pk=asked.pk)
    if done.status != "done":
        message = f"The replay is {done.status}: {done.error}"
        raise RuntimeError(message)
    return took, floor, done.result["draft"]["acted"]


def _work_together(replay_id: int) -> None:
    # Connections are not shared with children.
    connection.close()
    if connection.settings_dict["OPTIONS"].get("pool"):
        connection.close_pool()  # type: ignore[attr-defined]
    forked = get_context("fork")
    workers = [forked.Process(target=_work, args=(replay_id,)) for _ in range(PROCESSES)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def _work(replay_id: int) -> None:
    """One of the processes: chunk after chunk, as the job does."""
    going = Replay.objects.filter(pk=replay_id, status__in=[ReplayStatus.QUEUED, ReplayStatus.RUNNING])
    while going.exists():
        while replay.run_chunk(replay_id=replay_id, at=datetime.now(UTC), actor=SYSTEM):
            pass
        # The other may be at the last chunk, and adds up.
        time.sleep(0.05)


def _read_all(brand_id: int) -> float:
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.stream_id, e.kind, e.occurred_at, e.person_id FROM cases_event e JOIN cases_case c"
            " ON c.id = e.stream_id AND e.stream = 'case' WHERE c.brand_id = %s",
            [brand_id],
        )
        for _ in cursor:
            pass
    return time.perf_counter() - began


# ---------------------------------------------------------------- the brand and its rules


def _set_up(cases: int) -> int:
    """The key of the brand."""
    place = Brand.objects.filter(pk__gte=BRAND, slug__startswith="past-").count()
    brand_id = BRAND + place
    _make_brand(brand_id, f"RP{chr(65 + place)}")
    values = {
        "base": BASE + place * ROOM,
        "brand": brand_id,
        "person": brand_id * 10_000,
        "count": cases,
        "since": datetime.now(UTC) - timedelta(days=SPAN),
        "every": timedelta(days=SPAN) / cases,
    }
    for table in TABLES:
        _owner(f"ALTER TABLE cases_{table} DISABLE TRIGGER USER")
    with transaction.atomic(using="owner"):
        for statement in SQL.read_text().split(";\n"):
            if statement.strip():
                _owner(statement, **values)
    _make_rules(brand_id)
    for table in TABLES:
        _owner(f"ALTER TABLE cases_{table} ENABLE TRIGGER USER")
    return brand_id


def _make_brand(brand_id: int, prefix: str) -> None:
    brand = Brand.objects.create(id=brand_id, name=prefix, slug=f"past-{brand_id}", prefix=prefix)
    Channel.objects.create(
        id=brand_id, brand=brand, name="Past", slug="past", kind=ChannelKind.WEBHOOK, platform="social"
    )
    Kind.objects.create(id=brand_id, brand=brand, code="refund", label={"en": "Refund"}, proof=Proof.OUTCOME)
    Category.objects.create(id=brand_id, brand=brand, code="late", label={"en": "Late"})
    first = brand_id * 10_000
    people = User.objects.bulk_create(
        [
            User(id=first + n, username=f"{prefix}{n}", email=f"{prefix}{n}@example.org", name=f"Past {n}")
            for n in range(40)
        ]
    )
    team = Team.objects.create(id=brand_id, brand=brand, name="Care", lead=people[0], on_duty=people[1])
    Membership.objects.bulk_create(
        [Membership(person=one, brand=brand, role=Role.MANAGER if n < 3 else Role.AGENT, team=team)
         for n, one in enumerate(people)]
    )  # fmt: skip
    for goal, amount, unit in ((Goal.FIRST_REPLY, 30, Unit.HOUR), (Goal.FINAL_ANSWER, 5, Unit.DAY)):
        Policy.objects.create(
            brand=brand, name={"en": str(goal.label)}, goal=goal, start=Start.RECEIVED, amount=amount, unit=unit
        )


def _make_rules(brand_id: int) -> None:
    now = datetime.now(UTC)
    rules = Rule.objects.bulk_create(
        [Rule(brand_id=brand_id, name=f"Rule {n}", position=n) for n in range(RULES)], batch_size=100
    )
    versions = []
    for number, (rule, parts) in enumerate(zip(rules, _rules(), strict=True)):
        versions.append(
            RuleVersion(rule=rule, brand_id=brand_id, number=1, status="live", live_at=now, swept_from=now, **parts)
        )
        if number == 0:
            versions.append(RuleVersion(rule=rule, brand_id=brand_id, number=2, status="draft", **parts))
    RuleVersion.objects.using("owner").bulk_create(versions)


def _rules() -> Iterator[dict[str, Any]]:
    """Twenty rules of every sort, most of them for some cases only, as a brand would have them."""
    triggers: list[tuple[str, dict[str, Any]]] = [
        ("deadline", {"goal": "first_reply", "offset_amount": 4, "offset_unit": "open_hour", "before": True}),
        ("deadline", {"goal": "first_reply", "offset_amount": 0, "offset_unit": "hour"}),
        ("deadline", {"goal": "final_answer", "offset_amount": 1, "offset_unit": "working_day", "before": True}),
        ("lasted", {"standing": "new", "offset_amount": 2, "offset_unit": "open_hour"}),
        ("lasted", {"standing": "unanswered", "offset_amount": 8, "offset_unit": "open_hour"}),
        ("lasted", {"standing": "waiting", "offset_amount": 3, "offset_unit": "working_day"}),
        ("wrote", {}),
        ("reopened", {}),
        ("reach", {"reach": "views", "above": 5000, "within_minutes": 60}),
        ("action_failed", {}),
    ]
    for number in range(RULES):
        when, trigger = triggers[number % len(triggers)]
        leaves: list[dict[str, Any]] = [
            {"fact": "severity", "op": "at_least", "value": 4 if number % 3 else 3},
            {"any": [{"fact": "amount", "op": "at_least", "value": "60"},
                     {"fact": "complaints", "op": "at_least", "value": 2}]},
        ]  # fmt: skip
        if number % 3 == 0:
            leaves.append({"none": [{"fact": "answered", "op": "yes"}, {"fact": "late", "op": "at_least", "value": 2}]})
        steps = [
            {"after_minutes": 0, "kind": "tell", "whom": "owner_or_duty", "by": "mail", "hours": "working"},
            {"after_minutes": 240, "kind": "tell", "whom": "lead", "hours": "always"},
        ]
        yield {
            "when": when,
            "trigger": trigger,
            "condition": {"all": leaves},
            "steps": steps,
            "stop": ("cause_gone", "replied", "")[number % 3],
        }


def _owner(statement: str, **values: Any) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(statement, values or None)
