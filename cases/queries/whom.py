"""Whom a rule can call, or give a case: present, at work for the brand, allowed to see it, and not who it is about."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q

from cases.models import Absence, Case, Membership, Seer, Team, User
from cases.rules.escalation import Step
from cases.rules.permission import may_own
from cases.vocabulary import Role, StepKind, Whom


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody of the brand, in which team, and whether they are away today."""

    person_id: int
    role: Role
    team_id: int | None
    is_away: bool


@dataclass(frozen=True, slots=True)
class Found:
    """Whom a step means, in their order; ``is_gone`` where the team or the person it names is no longer there."""

    people: tuple[Candidate, ...] = ()
    is_gone: bool = False


_OF_A_TEAM = frozenset({Whom.TEAM, Whom.LEAD, Whom.DUTY, Whom.OWNER_OR_DUTY})


def meant(step: Step, case: Case, at: datetime) -> Found:
    """Whom a step tells about a case, or gives it to: only people who can take the call."""
    team = _team(step, case)
    if step.whom in _OF_A_TEAM and step.team is not None and team is None:
        return Found(is_gone=True)
    there = candidates(case, _named(step, case, team), at, team_id=team.pk if team and step.whom == Whom.TEAM else None)
    if step.whom == Whom.PERSON and step.person not in there:
        return Found(is_gone=not _is_about(case, step.person))
    wanted = _order(step, case, team, there)
    able = [there[key] for key in wanted if key in there and is_able(step, case, there[key], team_lead(case))]
    return Found(tuple(able if step.whom in {Whom.TEAM, Whom.MANAGERS} else able[:1]))


def _is_about(case: Case, person_id: int | None) -> bool:
    return person_id is not None and case.about_id == person_id


def _team(step: Step, case: Case) -> Team | None:
    key = step.team or case.team_id
    return Team.objects.filter(pk=key, brand_id=case.brand_id, is_active=True).first() if key else None


def _named(step: Step, case: Case, team: Team | None) -> list[int]:
    lead, duty = (team.lead_id, team.on_duty_id) if team else (None, None)
    return [key for key in (case.owner_id, step.person, lead, duty) if key is not None]


def candidates(
    case: Case, person_ids: Collection[int], at: datetime, *, team_id: int | None = None
) -> dict[int, Candidate]:
    """These people, the managers of the brand, and the people of a team: those who work for the brand, by key."""
    wanted = Q(person_id__in=person_ids) | Q(role=Role.MANAGER)
    if team_id is not None:
        wanted |= Q(team_id=team_id)
    today = at.astimezone(ZoneInfo(case.brand.zone)).date()
    away = Absence.objects.filter(
        brand_id=case.brand_id,
        person=OuterRef("person"),
        ended_at__isnull=True,
        starts_on__lte=today,
        ends_on__gte=today,
    )
    rows = Membership.objects.filter(wanted, brand_id=case.brand_id, person__is_active=True).order_by("person_id")
    found = rows.annotate(is_away=Exists(away)).values_list("person_id", "role", "team_id", "is_away")
    return {key: Candidate(key, Role(role), team, is_away) for key, role, team, is_away in found}


def _order(step: Step, case: Case, team: Team | None, there: dict[int, Candidate]) -> Sequence[int | None]:
    lead, duty = (team.lead_id, team.on_duty_id) if team else (None, None)
    managers = [key for key, one in there.items() if one.role == Role.MANAGER]
    on_duty = [duty, lead, *managers]
    wanted: dict[Whom, Sequence[int | None]] = {
        Whom.OWNER: [case.owner_id],
        Whom.OWNER_OR_DUTY: [case.owner_id, *on_duty],
        Whom.LEAD: [lead],
        Whom.DUTY: on_duty,
        Whom.TEAM: [key for key, one in there.items() if team is not None and one.team_id == team.pk],
        Whom.MANAGERS: managers,
        Whom.PERSON: [step.person],
    }
    return list(dict.fromkeys(wanted[step.whom or Whom.OWNER]))


def is_able(step: Step, case: Case, one: Candidate, lead_id: int | None) -> bool:
    """Whether this person is there, may see the case, and may own it where it would be given to them."""
    if one.is_away:
        return False
    if step.kind == StepKind.ASSIGN:
        # Whoever is given a restricted case may see it from then on.
        return may_own(one.role) and case.about_id != one.person_id
    return sees(case, one, lead_id)


def sees(case: Case, one: Candidate, lead_id: int | None) -> bool:
    """Whether the case is this person's to see (I11)."""
    leads = frozenset({case.team_id}) if case.team_id and lead_id == one.person_id else frozenset()
    return Seer(one.person_id, {case.brand_id: one.role}, led_team_ids=leads).sees(case)


def team_lead(case: Case) -> int | None:
    """Who leads the team that the case is with."""
    if case.team_id is None:
        return None
    return Team.objects.filter(pk=case.team_id, is_active=True).values_list("lead_id", flat=True).first()


def admins(brand_id: int) -> list[int]:
    """Who sets up the brand; where it has no admin, the organisation's."""
    theirs = Membership.objects.filter(brand_id=brand_id, role=Role.ADMIN, person__is_active=True)
    found = list(theirs.order_by("person_id").values_list("person_id", flat=True))
    return found or list(User.objects.filter(is_active=True, is_organisation_admin=True).values_list("pk", flat=True))
