"""Rules as a test needs them: live at once, about anything, and the whole engine run until nothing is left to do."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from cases.jobs import escalation as jobs
from cases.models import Brand, Case, Deadline, Escalation, EscalationStep, Policy, Rule, RuleVersion, User
from cases.queries import clock
from cases.rules import watching
from cases.vocabulary import Goal, StepStatus, VersionStatus, When
from tests.people import Stage

TELL_OWNER = {"kind": "tell", "whom": "owner", "hours": "always", "after_minutes": 0}
TELL_MANAGERS = {"kind": "tell", "whom": "managers", "hours": "always", "after_minutes": 0}
BY_DEADLINE = (When.DEADLINE, When.LASTED)


def live(
    stage: Stage,
    when: When,
    *steps: dict[str, Any],
    name: str = "Wake us",
    since: datetime | None = None,
    **fields: Any,
) -> RuleVersion:
    """A rule of the stage's brand that is live since then; without a time, since an hour ago."""
    at = since or clock.now() - timedelta(hours=1)
    rule = Rule.objects.create(brand=stage.brand, name=name)
    return version_of(rule, when, *steps, number=1, at=at, **fields)


def version_of(rule: Rule, when: When, *steps: dict[str, Any], number: int, at: datetime, **fields: Any) -> RuleVersion:
    """A version of a rule, live since then."""
    version = RuleVersion(
        rule=rule, brand=rule.brand, number=number, when=when, steps=list(steps) or [TELL_MANAGERS], **fields
    )
    version.save()
    RuleVersion.objects.filter(rule=rule, status=VersionStatus.LIVE).update(status=VersionStatus.RETIRED, retired_at=at)
    version.status, version.live_at = VersionStatus.LIVE, at
    if when in watching.BY_CLOCK:
        version.watched = version.trigger.get("goal") or version.trigger.get("standing") or ""
        version.swept_from = version.swept_to = watching.LONG_AGO
    version.save()
    return version


def overdue(**more: Any) -> dict[str, Any]:
    """A deadline is over, or so many minutes before or after it."""
    return {"trigger": {"goal": Goal.FINAL_ANSWER, "offset_amount": 0, "offset_unit": "minute", **more}}


def deadline(case: Case, due_at: datetime, *, goal: Goal = Goal.FINAL_ANSWER, number: int = 1) -> Deadline:
    """A deadline of a case, past every policy."""
    return Deadline.objects.create(
        case=case,
        brand_id=case.brand_id,
        policy=_policy(case),
        goal=goal,
        round=number,
        started_at=due_at - timedelta(days=1),
        first_due_at=due_at,
        due_at=due_at,
    )


def _policy(case: Case) -> Policy:
    """A policy that is not the case's brand's, so that nothing but the test moves the deadline."""
    elsewhere = Brand.objects.exclude(pk=case.brand_id).order_by("pk")[0]
    found = Policy.objects.filter(brand=elsewhere).first()
    return found or Policy.objects.create(
        brand=elsewhere, name={"en": "Answer"}, goal=Goal.FINAL_ANSWER, start="received", amount=1, unit="day"
    )


def work() -> None:
    """Everything that is to do now: swept, heard, stepped and called."""
    jobs.sweep_rules()
    jobs.hear_cues()
    jobs.take_steps()
    jobs.make_calls()


def became(version: RuleVersion) -> list[tuple[int, str, str]]:
    """The steps of a version's escalations: number, status and reason."""
    rows = EscalationStep.objects.filter(escalation__version=version).order_by("escalation_id", "number")
    return list(rows.values_list("number", "status", "reason"))


def acted(version: RuleVersion) -> int:
    """How often the version acted."""
    return Escalation.objects.filter(version=version).count()


def told(person: User) -> list[str]:
    """The kinds of what a person was told by rules."""
    return list(person.notifications.filter(kind__startswith="rule_").order_by("pk").values_list("kind", flat=True))


DONE = StepStatus.DONE
