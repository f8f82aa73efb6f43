"""Playbooks and their versions: drafted, made live and retired; what is live is never changed, only followed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from cases import errors
from cases.commands import moves
from cases.models import Brand, Category, Kind, Playbook, PlaybookAction, PlaybookVersion
from cases.queries import authority
from cases.queries import playbook as queries
from cases.rules import money
from cases.rules import playbook as rules
from cases.vocabulary import Actor, Condition, DayUnit, Doer, EventKind, Severity, VersionStatus, Wish

LONGEST = 365
MOST_LINES = 40
_LINE_WORDS = 300


class Line(NamedTuple):
    """One action that a playbook brings: when, who does it in how many days, for how much and in what words.

    Without a ``doer`` it is the team's where there is one, else the case owner's.
    """

    kind_id: int
    is_required: bool = True
    team_id: int | None = None
    days: int | None = None
    condition: str = Condition.ALWAYS
    doer: str | None = None
    day_unit: str = DayUnit.CALENDAR
    amount: Decimal | None = None
    wording: Mapping[str, str] = {}


@transaction.atomic(durable=True)
def create_playbook(
    *,
    brand_id: int,
    category_id: int | None,
    severities: Sequence[int] = (),
    wish: str = "",
    severity: int = Severity.MEDIUM,
    lines: Sequence[Line] = (),
    actor: Actor,
) -> Playbook:
    """Another playbook with its first draft; which cases it is for never changes, and it brings nothing until live."""
    brand = moves.lock_brand(brand_id, actor)
    playbook = _create(brand, category_id, severities, wish, actor)
    _draft(playbook, brand, severity, lines, actor)
    return playbook


@transaction.atomic(durable=True)
def switch_playbook(*, playbook_id: int, is_active: bool, actor: Actor) -> Playbook:
    """Use a playbook or leave it unused; raises NobodyMayDecide when what it brings has become undecidable."""
    playbook, brand = moves.lock_row(Playbook.objects.all(), playbook_id, actor)
    _switch(playbook, brand, actor, is_active=is_active)
    return playbook


@transaction.atomic(durable=True)
def save_draft(*, playbook_id: int, severity: int, lines: Sequence[Line], actor: Actor) -> PlaybookVersion:
    """What the playbook shall bring, in this order, in place of its draft; new cases get it once it is live."""
    playbook, brand = moves.lock_row(Playbook.objects.all(), playbook_id, actor)
    return _draft(playbook, brand, severity, lines, actor)


@transaction.atomic(durable=True)
def make_live(*, playbook_id: int, at: datetime, actor: Actor) -> PlaybookVersion:
    """New cases begin with the draft from now on; raises NobodyMayDecide when a required action has no decider."""
    playbook, brand = moves.lock_row(Playbook.objects.all(), playbook_id, actor)
    version = _standing(playbook, VersionStatus.DRAFT)
    _make_live(version, brand, at, actor)
    return version


@transaction.atomic(durable=True)
def retire(*, playbook_id: int, is_draft: bool = False, at: datetime, actor: Actor) -> PlaybookVersion:
    """Take the live version out of use, so that the playbook brings nothing; or set the draft aside."""
    playbook, brand = moves.lock_row(Playbook.objects.all(), playbook_id, actor)
    version = _standing(playbook, VersionStatus.DRAFT if is_draft else VersionStatus.LIVE)
    _retire(version, at)
    _record(playbook, brand, actor, ["retired"], number=version.number)
    return version


@transaction.atomic(durable=True)
def save_playbook(
    *,
    category_id: int,
    severity: int,
    lines: Sequence[Line],
    is_active: bool = True,
    severities: Sequence[int] = (),
    wish: str = "",
    actor: Actor,
) -> Playbook:
    """What cases of a category bring from now on: a version drafted and made live at once."""
    category, brand = moves.lock_row(Category.objects.all(), category_id, actor)
    match = {"category": category, "severities": _checked_severities(severities), "wish": _checked_wish(wish)}
    playbook = brand.playbooks.filter(**match).first() or _create(brand, category.pk, severities, wish, actor)
    _draft(playbook, brand, severity, lines, actor)
    _make_live(_standing(playbook, VersionStatus.DRAFT), brand, timezone.now(), actor)
    _switch(playbook, brand, actor, is_active=is_active)
    return playbook


def _create(brand: Brand, category_id: int | None, severities: Sequence[int], wish: str, actor: Actor) -> Playbook:
    match: dict[str, Any] = {
        "category_id": moves.of_brand(brand.categories.all(), category_id, "category"),
        "severities": _checked_severities(severities),
        "wish": _checked_wish(wish),
    }
    if brand.playbooks.filter(**match).exists():
        raise errors.Invalid(_("There is a playbook for exactly these cases already. Change that one."), "category")
    playbook = Playbook.objects.create(brand=brand, **match)
    _record(playbook, brand, actor, ["created"], severities=match["severities"], wish=wish)
    return playbook


def _switch(playbook: Playbook, brand: Brand, actor: Actor, *, is_active: bool) -> None:
    if playbook.is_active == is_active:
        return
    live = playbook.versions.filter(status=VersionStatus.LIVE).first()
    if is_active and live:
        _require_deciders(live, brand)
    playbook.is_active = is_active
    playbook.save(update_fields=["is_active"])
    _record(playbook, brand, actor, ["is_active"], is_active=is_active)


def _draft(playbook: Playbook, brand: Brand, severity: int, lines: Sequence[Line], actor: Actor) -> PlaybookVersion:
    if severity not in Severity.values:
        raise errors.Invalid(_("Severity is 1, 2, 3 or 4."), "severity")
    standing = queries.latest(playbook)
    rows = _checked_lines(lines, brand, standing.lines if standing else [])
    version = playbook.versions.filter(status=VersionStatus.DRAFT).first()
    if version is None:
        number = (playbook.versions.aggregate(n=Max("number"))["n"] or 0) + 1
        version = PlaybookVersion(playbook=playbook, number=number)
    version.severity, version.made_by_id, version.made_at = severity, actor.person_id, timezone.now()
    version.save()
    version.actions.all().delete()
    for row in rows:
        row.version = version
    PlaybookAction.objects.bulk_create(rows)
    before = queries.live(playbook)
    _record(
        playbook,
        brand,
        actor,
        ["draft"],
        number=version.number,
        severity=severity,
        **_told(rules.difference(before.lines if before else [], rows)),
    )
    return version


def _make_live(version: PlaybookVersion, brand: Brand, at: datetime, actor: Actor) -> None:
    _require_deciders(version, brand)
    playbook = version.playbook
    before = queries.live(playbook)
    if before:
        _retire(before.version, at)
    version.status, version.live_at = VersionStatus.LIVE, at
    version.save(update_fields=["status", "live_at"])
    lines = list(version.actions.order_by("position"))
    _record(
        playbook,
        brand,
        actor,
        ["severity", "actions"],
        category=playbook.category_id,
        number=version.number,
        severity=version.severity,
        kinds=[line.kind_id for line in lines],
        **_told(rules.difference(before.lines if before else [], lines)),
    )


def _retire(version: PlaybookVersion, at: datetime) -> None:
    version.status, version.retired_at = VersionStatus.RETIRED, at
    version.save(update_fields=["status", "retired_at"])


def _standing(playbook: Playbook, status: VersionStatus) -> PlaybookVersion:
    version = playbook.versions.filter(status=status).first()
    if version is None:
        nothing = _("There is no draft.") if status == VersionStatus.DRAFT else _("No version is live.")
        raise errors.Invalid(nothing, "version")
    version.playbook = playbook
    return version


def _require_deciders(version: PlaybookVersion, brand: Brand) -> None:
    gap = queries.undecidable(version, brand, timezone.now())
    if gap:
        raise errors.NobodyMayDecide(kinds=", ".join(_said(line, brand) for line in gap))


def _said(line: PlaybookAction, brand: Brand) -> str:
    name = rules.said_in(line.kind.label, brand.language, "en")
    return f"{name} {authority.said_amount(line.amount, brand.currency)}".strip()


def _record(playbook: Playbook, brand: Brand, actor: Actor, fields: list[str], **payload: Any) -> None:
    moves.record_row(playbook, EventKind.PLAYBOOK_CHANGED, actor, brand_id=brand.pk, fields=fields, **payload)


def _told(difference: rules.Difference[PlaybookAction]) -> dict[str, Any]:
    return {
        "added": [line.kind_id for line in difference.added],
        "dropped": [line.kind_id for line in difference.dropped],
        "changed": {str(change.after.kind_id): list(change.fields) for change in difference.changed},
    }


def _checked_severities(severities: Sequence[int]) -> list[int]:
    chosen = sorted(set(severities))
    if not set(chosen) <= set(Severity.values):
        raise errors.Invalid(_("Severity is 1, 2, 3 or 4."), "severities")
    # All of them is the same as any.
    return [] if len(chosen) == len(Severity) else chosen


def _checked_wish(wish: str) -> str:
    if wish not in {"", *Wish.values}:
        raise errors.Invalid(_("Choose what the complainant wants, or leave it open."), "wish")
    return wish


def _checked_lines(lines: Sequence[Line], brand: Brand, standing: Sequence[PlaybookAction]) -> list[PlaybookAction]:
    if len(lines) > MOST_LINES:
        raise errors.Invalid(_("A playbook has at most %(most)d actions.") % {"most": MOST_LINES}, "lines")
    if len({line.kind_id for line in lines}) < len(lines):
        raise errors.Invalid(_("Each kind of action stands in a playbook once."), "lines")
    kinds = {kind.pk: kind for kind in brand.kinds.filter(pk__in=[line.kind_id for line in lines])}
    teams = set(brand.teams.filter(is_active=True).values_list("pk", flat=True))
    there = {line.kind_id for line in standing}
    teams |= {line.team_id for line in standing if line.team_id}
    rows = []
    for place, line in enumerate(lines):
        kind = kinds.get(line.kind_id)
        if kind is None or not (kind.is_active or kind.pk in there) or (line.team_id and line.team_id not in teams):
            raise errors.Invalid(_("This is not one of the brand’s, or it is switched off."), "lines")
        rows.append(_checked_line(place, line, kind, brand))
    return rows


def _checked_line(place: int, line: Line, kind: Kind, brand: Brand) -> PlaybookAction:
    doer = line.doer or (Doer.TEAM if line.team_id else Doer.CASE_OWNER)
    if line.condition not in Condition.values or doer not in Doer.values or line.day_unit not in DayUnit.values:
        raise errors.Invalid(_("Choose one of the words that are offered."), "lines")
    if doer != Doer.CASE_OWNER and line.team_id is None:
        raise errors.Invalid(_("Say which team does it."), "lines")
    if line.days is not None and not 0 <= line.days <= LONGEST:
        raise errors.Invalid(_("Give a number of days from 0 to %(longest)d.") % {"longest": LONGEST}, "lines")
    if line.amount is not None and not kind.has_amount:
        raise errors.Invalid(_("Only an action with an amount can suggest one."), "lines")
    return PlaybookAction(
        kind_id=kind.pk,
        is_required=line.is_required,
        condition=line.condition,
        doer=doer,
        team_id=None if doer == Doer.CASE_OWNER else line.team_id,
        days=line.days,
        day_unit=line.day_unit,
        amount=None if line.amount is None else _checked_amount(line.amount, brand),
        wording=moves.checked_texts(
            line.wording, field="lines", default=brand.language, limit=_LINE_WORDS, is_required=False
        ),
        position=place,
    )


def _checked_amount(amount: Decimal, brand: Brand) -> Decimal:
    try:
        return money.valid_amount(amount, brand.currency)
    except money.AmountError as error:
        raise errors.Invalid(error.message, "lines") from error
