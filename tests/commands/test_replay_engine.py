"""A replay of a time in which the engine was at work finds what the engine really did."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from cases.commands import case as cases
from cases.commands import dialogue, intake, invitation, replay, tag, triage
from cases.models import Case, EscalationStep, ReplayAct, RuleVersion
from cases.queries import clock
from cases.rules.arrival import Arrival
from cases.vocabulary import SYSTEM, ObservationKind, PostKind, When
from tests.desk import SOMEBODY
from tests.people import Stage, actor, set_stage
from tests.rules_at_work import deadline, live, overdue, work

pytestmark = pytest.mark.usefixtures("own_database")
MINUTE = timedelta(minutes=1)
DUTY = {"kind": "tell", "whom": "owner_or_duty", "hours": "always", "after_minutes": 0}
LATER = {"kind": "tell", "whom": "managers", "hours": "always", "after_minutes": 5}
AT_ONCE = LATER | {"after_minutes": 0}
SEVERE = {"all": [{"fact": "severity", "op": "at_least", "value": 3}]}
UNANSWERED = {"standing": "unanswered", "offset_amount": 20, "offset_unit": "minute"}


def opened(stage: Stage, name: str, at: datetime, severity: int = 3) -> Case:
    """A case of somebody's own, that was posted a minute before."""
    arrival = Arrival(external_id=name, text="It broke.", author=name, posted_at=at - MINUTE)
    post = intake.receive(channel_id=stage.channel.pk, arrival=arrival, at=at, actor=actor(stage.agent)).post
    assert post is not None
    case = triage.triage(
        post_id=post.pk, kind=PostKind.COMPLAINT, category_id=stage.category.pk, severity=severity, at=at,
        actor=actor(stage.agent),
    )  # fmt: skip
    assert case is not None
    return case


def set_rules(stage: Stage, noted: int) -> None:
    """A rule of every sort that does not need to wait for a day."""
    tags = {"kind": "tag", "tag": noted, "after_minutes": 0}
    live(stage, When.OPENED, AT_ONCE, name="Opened", condition=SEVERE)
    live(stage, When.LASTED, DUTY, tags, LATER, name="Unanswered", trigger=UNANSWERED, stop="cause_gone")
    live(stage, When.DEADLINE, DUTY, LATER, name="Late", condition=SEVERE, **overdue())
    live(stage, When.ASSIGNED, DUTY, name="Assigned")
    live(stage, When.TAGGED, AT_ONCE, name="Tagged")
    live(stage, When.REACH, DUTY, name="Spread", trigger={"reach": "views", "above": 100})
    live(stage, When.WROTE, DUTY, name="Wrote", stop="replied")


def happen(stage: Stage, now: datetime) -> None:
    """What people did within the last hour: some cases are answered in time and some are not.

    The engine looks at all of it now: what a rule asks about has not changed since it was due.
    """
    found = [opened(stage, f"p-{n}", now - 40 * MINUTE, severity=2 + n % 2) for n in range(4)]
    for case in found[:3]:
        cases.take(case_id=case.pk, at=now - 35 * MINUTE, actor=actor(stage.agent))
    for case, minutes in ((found[1], 30), (found[2], 25)):
        dialogue.reply_in_public(
            post_id=case.links.get().post_id, text="We look into it.", url="https://social.example/1",
            at=now - minutes * MINUTE, actor=actor(stage.agent),
        )  # fmt: skip
    for case in found:
        deadline(case, now - 10 * MINUTE)
    for minutes, views in ((30, 50), (20, 150), (15, 200)):
        at = now - minutes * MINUTE
        triage.observe(
            post_id=found[0].links.get().post_id, kind=ObservationKind.REACH, seen_at=at, views=views, at=at,
            actor=actor(stage.agent),
        )  # fmt: skip
    written = dialogue.reply_in_public(
        post_id=found[1].links.get().post_id, text="Come to us.", url="https://social.example/2", is_inviting=True,
        at=now - 12 * MINUTE, actor=actor(stage.agent),
    )  # fmt: skip
    secret = written.invitation.rstrip("/").split("/")[-1]
    invitation.claim(secret=secret, name="Tom", contact="", text="It is me.", at=now - 8 * MINUTE, actor=SOMEBODY)


def done_by_the_engine(version: RuleVersion) -> list[tuple[Any, ...]]:
    """Every step that it took: on which case, which, whom it called."""
    steps = EscalationStep.objects.filter(escalation__version=version, status="done")
    return sorted(
        (step.escalation.case_id, step.number, sorted(step.calls.values_list("person_id", flat=True)))
        for step in steps.select_related("escalation")
    )


def found_by_a_replay(stage: Stage, version: RuleVersion, now: datetime) -> list[tuple[Any, ...]]:
    """Every step that a replay of the same time finds."""
    asked = replay.ask_replay(
        version_id=version.pk, starts_on=(now - timedelta(days=2)).date(), ends_on=now.date(), at=now,
        actor=actor(stage.manager),
    )  # fmt: skip
    while replay.run_chunk(replay_id=asked.pk, at=now, actor=SYSTEM):
        pass
    rows = ReplayAct.objects.filter(replay=asked, is_draft=True)
    return sorted((act.case_id, act.step, sorted(act.saw["called"])) for act in rows)


def test_finds_the_same_acts() -> None:
    stage = set_stage()
    noted = tag.add_tag(brand_id=stage.brand.pk, name="Slow", actor=actor(stage.admin))
    set_rules(stage, noted.pk)
    happen(stage, clock.now())
    for _round in range(3):
        # What a rule did can set another off.
        work()
    now = clock.now()
    for version in RuleVersion.objects.order_by("pk"):
        acted = done_by_the_engine(version)
        assert acted, version.rule.name
        assert found_by_a_replay(stage, version, now) == acted, version.rule.name
