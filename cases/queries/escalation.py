"""What rules have to do now, and how a case stands when they are about to: cues, steps, calls, and whether it is so."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from cases.models import Call, Case, Cue, Escalation, EscalationStep, Event, Observation
from cases.queries import condition
from cases.rules import escalation as rules
from cases.rules import occasion
from cases.rules.escalation import Ladder
from cases.rules.facts import Facts
from cases.rules.occasion import Now
from cases.vocabulary import CallStatus, EventKind, Standing, Status, StepStatus, Stop, Stream, When

# What a person says to the complainant, in public or in private.
_REPLIES = [EventKind.REPLY_POSTED.value, EventKind.MESSAGE_SENT.value, EventKind.ANSWER_SENT.value]


def due_cues(at: datetime, limit: int, case_id: int | None = None) -> list[int]:
    """The cues whose time has come, the oldest first; of one case or of all."""
    rows = Cue.objects.filter(try_at__lte=at)
    rows = rows if case_id is None else rows.filter(case_id=case_id)
    return list(rows.order_by("try_at", "pk").values_list("pk", flat=True)[:limit])


def due_steps(at: datetime, limit: int, case_id: int | None = None) -> dict[int, list[int]]:
    """The steps whose time has come, by escalation and in the order of each ladder; of one case or of all."""
    rows = EscalationStep.objects.filter(status=StepStatus.PENDING, due_at__lte=at)
    rows = rows if case_id is None else rows.filter(escalation__case_id=case_id)
    found: dict[int, list[int]] = {}
    for step_id, escalation_id in rows.order_by("due_at", "number").values_list("pk", "escalation_id")[:limit]:
        found.setdefault(escalation_id, []).append(step_id)
    return found


def due_calls(at: datetime, limit: int) -> list[int]:
    """The people whom rules have to call now."""
    rows = Call.objects.filter(status__in=[CallStatus.WAITING, CallStatus.HELD], call_at__lte=at).order_by("call_at")
    return list(dict.fromkeys(rows.values_list("person_id", flat=True)[:limit]))


def depths(cues: Collection[Cue]) -> dict[int, int]:
    """For each event among these cues that a rule caused: how many rules had set each other off by then."""
    caused = {cue.event_id: cue for cue in cues if cue.event is not None and cue.event.actor_kind == "rule"}
    if not caused:
        return {}
    events = [cue.event for cue in caused.values() if cue.event is not None]
    rows = EscalationStep.objects.filter(
        escalation__case_id__in={cue.case_id for cue in caused.values()},
        escalation__rule_id__in={event.actor_id for event in events},
        done_at__in={event.occurred_at for event in events},
    )
    # A step and what it did happen at the same instant, by the database's clock.
    known: dict[tuple[int, int, datetime], int] = {}
    for case_id, rule_id, at, depth in rows.values_list(
        "escalation__case_id", "escalation__rule_id", "done_at", "escalation__depth"
    ):
        if at is not None:
            known[case_id, rule_id, at] = max(depth, known.get((case_id, rule_id, at), 0))
    return {
        event.pk: 1 + known.get((cue.case_id, event.actor_id or 0, event.occurred_at), 0)
        for cue in caused.values()
        if (event := cue.event) is not None
    }


def counts(post_ids: Collection[int]) -> dict[int, list[tuple[datetime, int | None, int | None]]]:
    """What was seen of the spread of these posts: when, the views and the shares, in the order of time."""
    found: dict[int, list[tuple[datetime, int | None, int | None]]] = {}
    if post_ids:
        rows = Observation.objects.filter(post_id__in=post_ids).exclude(views=None, shares=None)
        for post_id, at, views, shares in rows.order_by("at", "pk").values_list("post_id", "at", "views", "shares"):
            found.setdefault(post_id, []).append((at, views, shares))
    return found


# ---------------------------------------------------------------- before a step


def goes_on(case: Case, found: Escalation, ladder: Ladder, at: datetime) -> bool:
    """Whether the ladder goes on: nothing that ends it has happened since its occasion."""
    facts = Facts()
    if ladder.stop == Stop.CAUSE_GONE:
        facts = condition.facts_of([case.pk], rules.facts_needed(ladder), at)[case.pk]
    return occasion.still_so(ladder, _now(case, found, ladder), facts)


def _now(case: Case, found: Escalation, ladder: Ladder) -> Now:
    if ladder.stop not in {Stop.CAUSE_GONE, Stop.REPLIED, Stop.OWNER_ACTED}:
        return Now(Status(case.status))
    since = Event.objects.filter(stream=Stream.CASE, stream_id=case.pk, occurred_at__gt=found.matched_at)
    by_owner = Q(person_id=case.owner_id, person_id__isnull=False)
    is_cause = ladder.stop == Stop.CAUSE_GONE
    return Now(
        Status(case.status),
        deadline_stands=not is_cause or _deadline_stands(found),
        still_stands=not is_cause or _still_stands(case, found, ladder),
        reach=_reach(found, ladder) if is_cause else None,
        is_unanswered=case.unanswered_since is not None,
        has_replied=ladder.stop == Stop.REPLIED and since.filter(kind__in=_REPLIES, person_id__isnull=False).exists(),
        owner_has_acted=ladder.stop == Stop.OWNER_ACTED and since.filter(by_owner).exists(),
    )


def _deadline_stands(found: Escalation) -> bool:
    deadline = found.deadline
    return deadline is None or (
        deadline.met_at is None
        and deadline.ended_at is None
        and occasion.of_deadline(deadline.pk, deadline.due_at) == found.occasion
    )


def _still_stands(case: Case, found: Escalation, ladder: Ladder) -> bool:
    standing = ladder.trigger.standing
    if standing is None:
        return True
    since = standing_since(case, standing)
    return since is not None and occasion.of_standing(standing, since) == found.occasion


def standing_since(case: Case, standing: Standing) -> datetime | None:
    """Since when a case has stood there; None when it does not."""
    if standing == Standing.UNANSWERED:
        return case.unanswered_since
    return case.status_since if case.status == standing.value else None


def _reach(found: Escalation, ladder: Ladder) -> int | None:
    event, reach = found.event, ladder.trigger.reach
    if ladder.trigger.when != When.REACH or event is None or reach is None:
        return None
    seen = Observation.objects.filter(post_id=event.stream_id, **{f"{reach.value}__isnull": False})
    return seen.order_by("-at", "-pk").values_list(reach.value, flat=True).first()


@dataclass(frozen=True, slots=True)
class Told:
    """A call that was made: which rule called about which case."""

    rule: str
    reference: str


def told(person_id: int, at: datetime) -> list[Told]:
    """What a person was told in one message of that instant."""
    made = Call.objects.filter(person_id=person_id, status=CallStatus.MADE, made_at=at)
    rows = made.order_by("pk").values_list("step__escalation__rule__name", "case__reference")
    return [Told(rule, reference) for rule, reference in rows]


def lowest_pending(escalation_ids: Collection[int]) -> dict[int, list[int]]:
    """The numbers of the steps of each ladder that have not been taken yet, the lowest first."""
    found: dict[int, list[int]] = {}
    rows = EscalationStep.objects.filter(escalation_id__in=set(escalation_ids), status=StepStatus.PENDING)
    for escalation_id, number in rows.order_by("number").values_list("escalation_id", "number"):
        found.setdefault(escalation_id, []).append(number)
    return found
