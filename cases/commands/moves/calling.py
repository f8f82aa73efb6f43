"""Rules call people: at once or in their hours, never more often in an hour than the brand allows, the rest bundled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils import translation
from django.utils.translation import gettext

from cases import queue
from cases.commands.moves.dialogue import notify
from cases.commands.moves.sending import post_mail
from cases.models import Brand, Call, Case, Escalation, EscalationStep, Notification, Rule
from cases.queries import whom
from cases.queries.calendar import Calendars
from cases.queries.people import seer_of
from cases.queries.whom import Candidate
from cases.rules.calendar import Calendar
from cases.rules.escalation import Step
from cases.rules.hours import NoSuchTime
from cases.vocabulary import ENDED, By, CallStatus, EscalationStatus, HoursFor, Job

HOUR = timedelta(hours=1)
# What still has to be made.
OPEN = (CallStatus.WAITING, CallStatus.HELD)


def call(case: Case, row: EscalationStep, step: Step, people: Sequence[Candidate], *, at: datetime) -> None:
    """Let a step of a locked case call these people: now, or when their team works again."""
    calendars = Calendars(case.brand_id)
    calls = [
        Call(
            brand_id=case.brand_id,
            case=case,
            step=row,
            person_id=one.person_id,
            by=step.by,
            status=CallStatus.WAITING,
            call_at=at if step.hours == HoursFor.ALWAYS else _opening(calendars.for_case(one.team_id), at),
        )
        for one in people
    ]
    for made in Call.objects.bulk_create(calls):
        if made.call_at <= at:
            queue.after_commit(Job.MAKE_CALLS, person_id=made.person_id)


def _opening(calendar: Calendar, at: datetime) -> datetime:
    try:
        return calendar.next_open(at)
    except NoSuchTime:
        # Nobody who never works is kept from what concerns them.
        return at


def drop_calls(found: Escalation) -> None:
    """What a ladder that has ended would still have called about is not needed any more."""
    Call.objects.filter(step__escalation=found, status__in=OPEN).update(status=CallStatus.DROPPED)


def make(person_id: int, *, at: datetime) -> int:
    """Make the calls to a person that are due, in one message for each brand; how many were made.

    Above the brand's limit they are held back until the hour is over, and bundled then.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('casedesk:calls'), %s)", [person_id % 2**31])
    due = Call.objects.filter(person_id=person_id, status__in=OPEN, call_at__lte=at)
    rows = due.select_related("case__brand", "brand", "person", "step__escalation__rule").order_by("pk")
    made = 0
    by_brand: dict[int, list[Call]] = {}
    for row in rows:
        by_brand.setdefault(row.brand_id, []).append(row)
    for calls in by_brand.values():
        wanted = _still_wanted(calls, at)
        made += _make(calls[0].brand, wanted, at) if wanted else 0
    return made


def _still_wanted(calls: Sequence[Call], at: datetime) -> list[Call]:
    """Those whose person is there and may still see the case, and whose case has not ended; the others are dropped."""
    seer = seer_of(calls[0].person_id)
    there = whom.candidates(calls[0].case, [calls[0].person_id], at).get(calls[0].person_id)
    wanted = [
        row
        for row in calls
        if there is not None
        and not there.is_away
        and row.case.status not in ENDED
        and seer.sees(row.case)
        and row.step.escalation.status != EscalationStatus.STOPPED
    ]
    kept = {row.pk for row in wanted}
    Call.objects.filter(pk__in=[row.pk for row in calls if row.pk not in kept]).update(status=CallStatus.DROPPED)
    return wanted


def _make(brand: Brand, calls: Sequence[Call], at: datetime) -> int:
    person_id = calls[0].person_id
    recent = Call.objects.filter(person_id=person_id, brand=brand, status=CallStatus.MADE, made_at__gt=at - HOUR)
    # What went in one message was one call.
    times = sorted({made_at for made_at in recent.values_list("made_at", flat=True) if made_at is not None})
    keys = [row.pk for row in calls]
    if len(times) >= brand.calls_an_hour:
        free_at = times[-brand.calls_an_hour] + HOUR
        Call.objects.filter(pk__in=keys).update(status=CallStatus.HELD, call_at=free_at)
        return 0
    Call.objects.filter(pk__in=keys).update(status=CallStatus.MADE, made_at=at)
    kind = "rule_called" if len(calls) == 1 else "rule_bundle"
    only = calls[0].case if len(calls) == 1 else None
    notify([person_id], kind, by_id=None, case=only, at=at, escalation=calls[0].step.escalation)
    if any(row.by == By.MAIL for row in calls):
        _mail(calls, only, at)
    return len(calls)


def _mail(calls: Sequence[Call], only: Case | None, at: datetime) -> None:
    person = calls[0].person
    if not person.email:
        return
    with translation.override(person.language):
        lines = [
            gettext("%(reference)s: the rule “%(rule)s” calls you.")
            % {"reference": row.case.reference, "rule": row.step.escalation.rule.name}
            + f"\n{settings.SITE_URL}/cases/{row.case.reference}/"
            for row in calls
        ]
        subject = (
            gettext("%(reference)s needs you") % {"reference": only.reference}
            if only is not None
            else gettext("%(count)d cases need you") % {"count": len({row.case_id for row in calls})}
        )
        body = "\n\n".join(lines)
        post_mail(purpose="rule_call", recipient=person.email, subject=subject, body=body, case=only, at=at)


def tell_admins(rule: Rule, kind: str, found: Escalation, *, at: datetime) -> None:
    """Whoever sets up the brand learns, once for each rule and matter, that somebody has to look at a rule."""
    if not Notification.objects.filter(kind=kind, escalation__rule=rule).exists():
        notify(whom.admins(rule.brand_id), kind, by_id=None, at=at, escalation=found)
