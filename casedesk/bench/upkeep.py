"""What keeping the figures of reports up costs the commands: the same path with the trigger, and without it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

from django.db import connections

from cases.commands import action, case, dialogue, handling, intake
from cases.models import Case, Category, Channel, Grant, Kind
from cases.rules.arrival import Arrival
from cases.vocabulary import SYSTEM, Actor, AnswerRoute, ChannelKind, Outcome, Proof, Role

CHANNEL, ROUNDS, PATHS, BATCH, BATCHES = 930, 6, 12, 500, 2
PERSON, BRAND = 1, 1


def costs() -> dict[str, tuple[float, float]]:
    """Milliseconds of each command, and of bulk intake, with the figures kept up and without."""
    _set_up()
    found: dict[str, tuple[list[float], list[float]]] = {}
    try:
        for number in range(2 * ROUNDS + 1):
            is_off = number % 2
            _switch(is_on=not is_off)
            for name, took in [*(each for _ in range(PATHS) for each in _path()), *(_bulk() for _ in range(BATCHES))]:
                # The first round warms what a process keeps.
                if number:
                    found.setdefault(name, ([], []))[is_off].append(took)
    finally:
        _switch(is_on=True)
    return {name: (statistics.median(on), statistics.median(off)) for name, (on, off) in found.items()}


def _path() -> list[tuple[str, float]]:
    """From a complaint to a handled case, as one agent does it."""
    now, agent = datetime.now(UTC), Actor.person(PERSON)
    took = [("intake", _timed(lambda: _take_in(1)))]
    opened = Case.objects.filter(channel_id=CHANNEL).latest("pk")
    post_id = opened.links.get().post_id
    deeds: list[tuple[str, Callable[[], object]]] = [
        ("take", lambda: case.take(case_id=opened.pk, at=now, actor=agent)),
        (
            "reply",
            lambda: dialogue.reply_in_public(
                post_id=post_id, text="We are on it.", url="https://social.example/1", at=now, actor=agent
            ),
        ),
        (
            "decide",
            lambda: handling.decide(case_id=opened.pk, outcome=Outcome.UPHELD, reason="Ours", at=now, actor=agent),
        ),
        ("add action", lambda: action.add_action(case_id=opened.pk, kind_id=CHANNEL, at=now, actor=agent)),
        (
            "complete action",
            lambda: action.complete_action(
                action_id=opened.actions.latest("pk").pk, outcome="Said sorry.", at=now, actor=agent
            ),
        ),
        (
            "final answer",
            lambda: handling.send_final_answer(
                case_id=opened.pk, text="Nobody answers.", route=AnswerRoute.UNREACHABLE, at=now, actor=agent
            ),
        ),
        ("handle", lambda: handling.handle(case_id=opened.pk, at=now, actor=agent)),
    ]
    return took + [(name, _timed(call)) for name, call in deeds]


def _bulk() -> tuple[str, float]:
    return "bulk", _timed(lambda: _take_in(BATCH))


def _take_in(count: int) -> None:
    now = datetime.now(UTC)
    batch = [
        Arrival(external_id=uuid4().hex, text=f"The parcel {n} came late.", author=uuid4().hex[:12], posted_at=now)
        for n in range(count)
    ]
    intake.receive_many(channel_id=CHANNEL, batch=batch, at=now, actor=SYSTEM)


def _switch(*, is_on: bool) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"ALTER TABLE cases_event {'ENABLE' if is_on else 'DISABLE'} TRIGGER event_figures")


def _timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


def _set_up() -> None:
    """A channel of complaints only, and an action that an agent may do without asking anybody."""
    if Channel.objects.filter(pk=CHANNEL).exists():
        return
    Category.objects.create(id=CHANNEL, brand_id=BRAND, code="late", label={"en": "Late"})
    Channel.objects.create(
        id=CHANNEL, brand_id=BRAND, name="Upkeep", slug="upkeep", kind=ChannelKind.WEBHOOK, platform="social",
        is_complaints_only=True, default_category_id=CHANNEL,
    )  # fmt: skip
    Kind.objects.create(id=CHANNEL, brand_id=BRAND, code="sorry", label={"en": "Apology"}, proof=Proof.OUTCOME)
    if not Grant.objects.filter(brand_id=BRAND, role=Role.AGENT).exists():
        Grant.objects.create(brand_id=BRAND, role=Role.AGENT, currency="EUR")
