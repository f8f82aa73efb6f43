"""What a playbook brings into a case: chosen, judged line by line, and added in its order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q

from cases.commands.moves.base import update
from cases.commands.moves.recording import record
from cases.models import Absence, Action, Brand, Case, Membership, Playbook, PlaybookAction, PlaybookVersion
from cases.queries import playbook as queries
from cases.queries.calendar import Calendars
from cases.rules import days as day_rules
from cases.rules import playbook as rules
from cases.rules.permission import OWNERS
from cases.vocabulary import Actor, DayUnit, Doer, EventKind, Severity, Stream, VersionStatus


@dataclass(frozen=True, slots=True)
class Choice:
    """The playbook's live version that a case begins with, and how bad the case is by it."""

    version: PlaybookVersion | None
    severity: int


class Choosing:
    """The live playbooks of a brand for some categories, read once for many cases."""

    def __init__(self, brand: Brand, category_ids: Collection[int | None]) -> None:
        wanted = Q(category__isnull=True) | Q(category__in={key for key in category_ids if key})
        live = PlaybookVersion.objects.filter(status=VersionStatus.LIVE, playbook__is_active=True)
        self._live = {
            version.playbook_id: version
            for version in live.filter(
                playbook__in=Playbook.objects.filter(wanted, brand=brand, is_active=True)
            ).select_related("playbook")
        }

    def for_case(self, category_id: int | None, severity: int | None, wish: str) -> Choice:
        """What such a case begins with; where nobody said how bad it is, the playbook does, and may lead to another."""
        usual = self._chosen(category_id, severity, wish)
        known = severity or (usual.severity if usual else int(Severity.MEDIUM))
        return Choice(usual if severity else self._chosen(category_id, known, wish), known)

    def _chosen(self, category_id: int | None, severity: int | None, wish: str) -> PlaybookVersion | None:
        playbook = rules.chosen([each.playbook for each in self._live.values()], category_id, severity, wish)
        return self._live[playbook.pk] if playbook else None


def bring(cases: Sequence[Case], *, calendars: Calendars, at: datetime) -> list[Action]:
    """Add what the versions of these new cases of one brand bring, with the same few statements for one and for many.

    The cases have their brand, complainant and channel at hand; working days count on their calendars.
    """
    lines = _lines({case.playbook_version_id for case in cases})
    return _add(cases, lines, at, calendars)


def bring_playbook(case: Case, *, at: datetime) -> None:
    """Begin a case anew with what its category, severity and wish bring, beside what is in it already."""
    choice = Choosing(case.brand, [case.category_id]).for_case(case.category_id, case.severity, case.wish)
    update(case, playbook_version=choice.version)
    there = set(case.actions.values_list("kind_id", flat=True))
    lines = _lines({case.playbook_version_id})
    _add(
        [case],
        {version: [line for line in some if line.kind_id not in there] for version, some in lines.items()},
        at,
        Calendars(case.brand_id),
    )


def judge_again(case: Case, *, at: datetime, actor: Actor) -> list[Action]:
    """Add the lines under a condition that holds by now and are not in the case yet; each comes once."""
    there = set(case.actions.values_list("kind_id", flat=True))
    lines = {
        version: [line for line in found if line.condition and line.kind_id not in there]
        for version, found in _lines({case.playbook_version_id}).items()
    }
    added = _add([case], lines, at, Calendars(case.brand_id))
    for action in added:
        record(Stream.CASE, case.pk, EventKind.ACTION_ADDED, actor, at=at, action=action.pk, kind=action.kind_id)
    return added


Lines = Mapping[int, Sequence[PlaybookAction]]


def _lines(version_ids: Collection[int | None]) -> Lines:
    found: dict[int, list[PlaybookAction]] = defaultdict(list)
    wanted = {key for key in version_ids if key}
    if not wanted:
        return found
    rows = PlaybookAction.objects.filter(version__in=wanted, kind__is_active=True).select_related("kind", "team")
    for line in rows.order_by("position", "pk"):
        found[line.version_id].append(line)
    return found


def _add(cases: Sequence[Case], lines: Lines, at: datetime, calendars: Calendars) -> list[Action]:
    of_each = [(case, lines.get(case.playbook_version_id or 0, ())) for case in cases]
    every = [line for _, some in of_each for line in some]
    if not every:
        return []
    # Looked up only where a condition asks for it: most playbooks have none.
    known = queries.facts([case for case, some in of_each if any(line.condition for line in some)], every)
    duty = _duty(cases[0].brand, every, at)
    return Action.objects.bulk_create(
        [
            _action(case, line, _doer(case, line, duty), at, calendars)
            for case, some in of_each
            for line in some
            if not line.condition or rules.applies(line.condition, known[case.pk])
        ]
    )


def _action(case: Case, line: PlaybookAction, owner_id: int | None, at: datetime, calendars: Calendars) -> Action:
    days, unit = (line.kind.days, line.kind.day_unit) if line.days is None else (line.days, line.day_unit)
    return Action(
        case=case,
        kind=line.kind,
        is_required=line.is_required,
        wording=rules.said_in(line.wording, case.language, case.brand.language),
        owner_id=owner_id,
        team_id=line.team_id,
        amount=line.amount,
        currency=case.brand.currency if line.amount is not None else "",
        due_at=after(at, days, unit, case, calendars),
        created_at=at,
    )


def after(at: datetime, days: int, unit: str, case: Case, calendars: Calendars) -> datetime:
    """So many days later: the clocks are the brand's, and working days are those of the case's calendar."""
    counts = unit == DayUnit.WORKING and days > 0
    working = calendars.working(case.team_id) if counts else None
    return day_rules.after(at, days, unit, ZoneInfo(case.brand.zone), working)


def _duty(brand: Brand, lines: Sequence[PlaybookAction], at: datetime) -> dict[int, list[int]]:
    """For each team that somebody on duty works for, who that is; then its lead. Nobody absent, nobody gone."""
    teams = {line.team_id: line.team for line in lines if line.doer == Doer.ON_DUTY and line.team}
    named = {key for team in teams.values() for key in (team.on_duty_id, team.lead_id) if key}
    if not named:
        return {}
    today = at.astimezone(ZoneInfo(brand.zone)).date()
    away = Absence.objects.filter(
        brand=brand, person=OuterRef("person"), ended_at__isnull=True, starts_on__lte=today, ends_on__gte=today
    )
    rows = Membership.objects.filter(
        ~Exists(away), brand=brand, person_id__in=named, person__is_active=True, role__in=OWNERS
    )
    there = set(rows.values_list("person_id", flat=True))
    return {team.pk: [key for key in (team.on_duty_id, team.lead_id) if key in there] for team in teams.values()}


def _doer(case: Case, line: PlaybookAction, duty: Mapping[int, Sequence[int]]) -> int | None:
    """Who does it by name; nobody where it falls to the team, or to whoever owns the case."""
    if line.doer != Doer.ON_DUTY:
        return None
    return next((key for key in duty.get(line.team_id or 0, ()) if key != case.about_id), None)
