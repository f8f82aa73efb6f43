"""What playbooks bring: their versions and lines, who may decide what they require, and which cases would differ."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from cases import errors
from cases.models import Action, Brand, Case, Kind, Playbook, PlaybookAction, PlaybookVersion, Seer
from cases.queries.setup import Page
from cases.rules import playbook as rules
from cases.vocabulary import UNHANDLED, ActionStatus, Condition, Status, VersionStatus

PAGE, VERSIONS, SCANNED, MOST_TRIED = 50, 20, 200, 1000
REPEATED_WITHIN = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Brings:
    """A version with its lines, in their order."""

    version: PlaybookVersion
    lines: Sequence[PlaybookAction]


def live(playbook: Playbook) -> Brings | None:
    """What new cases begin with."""
    return _brings(playbook, [VersionStatus.LIVE])


def draft(playbook: Playbook) -> Brings | None:
    """What is being prepared."""
    return _brings(playbook, [VersionStatus.DRAFT])


def latest(playbook: Playbook) -> Brings | None:
    """The draft, or what is live when there is none."""
    return _brings(playbook, [VersionStatus.DRAFT, VersionStatus.LIVE])


def _brings(playbook: Playbook, statuses: Sequence[str]) -> Brings | None:
    version = playbook.versions.filter(status__in=statuses).order_by("-number").first()
    if version is None:
        return None
    version.playbook = playbook
    return Brings(version, lines_of(version))


def lines_of(version: PlaybookVersion) -> list[PlaybookAction]:
    """What a version brings, in its order."""
    return list(version.actions.select_related("kind", "team").order_by("position", "pk"))


def playbooks(brand: Brand, category: str = "", after: int = 0) -> Page[Playbook]:
    """The brand's playbooks, oldest first, each with what it brings and what is drafted (``standing``)."""
    rows = brand.playbooks.select_related("category").filter(pk__gt=after).order_by("pk")
    if category:
        rows = rows.filter(category__code=category)
    lines = PlaybookAction.objects.select_related("kind").order_by("position", "pk")
    standing = PlaybookVersion.objects.filter(status__in=[VersionStatus.LIVE, VersionStatus.DRAFT])
    versions = standing.order_by("number").prefetch_related(Prefetch("actions", lines, to_attr="lines"))
    found = list(rows.prefetch_related(Prefetch("versions", versions, to_attr="standing"))[: PAGE + 1])
    return Page(found[:PAGE], str(found[PAGE - 1].pk) if len(found) > PAGE else None)


def one(brand: Brand, playbook_id: int) -> Playbook:
    """A playbook of the brand; raises NotFound."""
    playbook = brand.playbooks.select_related("brand", "category").filter(pk=playbook_id).first()
    if playbook is None:
        raise errors.NotFound
    return playbook


def versions(playbook: Playbook) -> list[PlaybookVersion]:
    """The newest versions, with who made each."""
    return list(playbook.versions.select_related("made_by").order_by("-number")[:VERSIONS])


_UNDECIDABLE = """
SELECT DISTINCT l.kind_id FROM cases_playbookaction l
 WHERE l.version_id = %(version)s AND l.is_required AND NOT EXISTS (
   SELECT 1 FROM cases_grant g
    WHERE g.brand_id = %(brand)s AND casedesk_in_force(g, %(day)s) AND casedesk_covers(g, l.kind_id, %(category)s)
      AND (l.amount IS NULL OR g.per_action IS NULL
           OR casedesk_convert(l.amount, %(currency)s, g.currency, g.brand_id, %(day)s) <= g.per_action)
      AND EXISTS (SELECT 1 FROM cases_membership m WHERE m.brand_id = g.brand_id AND casedesk_holds(m.person_id, g)))
"""


def undecidable(version: PlaybookVersion, brand: Brand, at: datetime) -> list[PlaybookAction]:
    """What a version requires and nobody of the brand may decide, as the database judges it."""
    facts = {
        "version": version.pk,
        "brand": brand.pk,
        "category": version.playbook.category_id,
        "currency": brand.currency,
        "day": at.astimezone(ZoneInfo(brand.zone)).date(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_UNDECIDABLE, facts)
        keys = [key for (key,) in cursor.fetchall()]
    return list(version.actions.filter(kind__in=keys).select_related("kind").order_by("kind__code"))


def bringing(kind: Kind) -> list[str]:
    """The categories whose playbooks in use bring this kind, live or in a draft; a star stands for any."""
    lines = PlaybookAction.objects.filter(
        kind=kind, version__playbook__is_active=True, version__status__in=[VersionStatus.DRAFT, VersionStatus.LIVE]
    )
    return sorted({code or "*" for code in lines.values_list("version__playbook__category__code", flat=True)})


# ---------------------------------------------------------------- which cases a version is for, and what it brings them


def facts(cases: Iterable[Case], lines: Iterable[PlaybookAction]) -> dict[int, rules.Facts]:
    """What the conditions of these lines ask of each case; the cases have their complainant and channel at hand."""
    known = list(cases)
    is_asked = any(line.condition == Condition.REPEATED for line in lines)
    repeated = _repeated([case.pk for case in known]) if is_asked else frozenset()
    return {
        case.pk: rules.Facts(
            has_phone=bool(case.complainant.phone),
            has_mail=bool(case.complainant.email),
            severity=case.severity,
            is_repeated=case.pk in repeated,
            is_public=case.channel.is_public,
        )
        for case in known
    }


def _repeated(case_ids: Collection[int]) -> frozenset[int]:
    """Those of the cases whose complainant had another one in the 90 days before."""
    others = Case.objects.filter(
        complainant=OuterRef("complainant"),
        opened_at__gt=OuterRef("opened_at") - REPEATED_WITHIN,
        pk__lt=OuterRef("pk"),
    )
    return frozenset(Case.objects.filter(Exists(others), pk__in=case_ids).values_list("pk", flat=True))


@dataclass(frozen=True, slots=True)
class Beside:
    """A case, the lines a version would bring it, those of them it lacks, and the actions it has without them."""

    case: Case
    lines: Sequence[PlaybookAction]
    lacking: Sequence[PlaybookAction]
    beyond: Sequence[Action]
    actions: Sequence[Action]


def _matching(seer: Seer, playbook: Playbook) -> QuerySet[Case]:
    rows = Case.objects.visible_to(seer).filter(brand=playbook.brand)
    if playbook.category_id:
        rows = rows.filter(category=playbook.category_id)
    if playbook.severities:
        rows = rows.filter(severity__in=playbook.severities)
    if playbook.wish:
        rows = rows.filter(wish=playbook.wish)
    return rows.exclude(status__in=[Status.MERGED, Status.DISMISSED]).select_related("complainant", "channel", "brand")


def _beside(playbook: Playbook, lines: Sequence[PlaybookAction], cases: Sequence[Case]) -> list[Beside]:
    """Each case for which the playbook is the one that would be chosen, beside what its lines would bring."""
    live = Q(is_active=True, versions__status=VersionStatus.LIVE)
    rivals = list(playbook.brand.playbooks.filter(live | Q(pk=playbook.pk)).distinct())
    ours = [
        case
        for case in cases
        if getattr(rules.chosen(rivals, case.category_id, case.severity, case.wish), "pk", None) == playbook.pk
    ]
    known, actions = facts(ours, lines), _actions(ours)
    return [_compare(case, lines, known[case.pk], actions.get(case.pk, [])) for case in ours]


def _compare(case: Case, lines: Sequence[PlaybookAction], known: rules.Facts, actions: Sequence[Action]) -> Beside:
    brought = [line for line in lines if rules.applies(line.condition, known)]
    kinds, there = {line.kind_id for line in brought}, {action.kind_id for action in actions}
    return Beside(
        case,
        brought,
        lacking=[line for line in brought if line.kind_id not in there],
        beyond=[action for action in actions if action.kind_id not in kinds],
        actions=actions,
    )


def _actions(cases: Sequence[Case]) -> Mapping[int, list[Action]]:
    found: dict[int, list[Action]] = defaultdict(list)
    rows = Action.objects.filter(case__in=[case.pk for case in cases]).select_related("kind")
    for action in rows.order_by("case", "pk"):
        found[action.case_id].append(action)
    return found


@dataclass(frozen=True, slots=True)
class Changing:
    """Open cases that would have begun otherwise, and the key to go on after."""

    rows: Sequence[Beside]
    after: int | None


def changing(seer: Seer, brings: Brings, after: int = 0) -> Changing:
    """The open cases that began with something else and would begin otherwise with this version, oldest first.

    What a playbook brought and this version does not is in ``beyond``; what people added by hand is theirs.
    """
    playbook = brings.version.playbook
    rows = _matching(seer, playbook).filter(status__in=UNHANDLED, pk__gt=after)
    older = rows.filter(Q(playbook_version__isnull=True) | ~Q(playbook_version=brings.version.pk))
    cases = list(older.order_by("pk")[: SCANNED + 1])
    shown = [_brought_only(row) for row in _beside(playbook, brings.lines, cases[:SCANNED])]
    following = cases[SCANNED - 1].pk if len(cases) > SCANNED else None
    return Changing([row for row in shown if row.lacking or row.beyond], following)


def _brought_only(row: Beside) -> Beside:
    beyond = [action for action in row.beyond if action.created_by_id is None]
    return Beside(row.case, row.lines, row.lacking, beyond, row.actions)


@dataclass(frozen=True, slots=True)
class Trial:
    """What a version would have brought the cases of some days, beside what was really added and done."""

    days: int
    cases: int
    is_cut: bool
    brought: int
    lacking: int
    done_beyond: int
    suggested: Decimal
    done_amount: Decimal
    rows: Sequence[Beside]
    after: int | None


def trial(
    seer: Seer, brings: Brings, *, days: int, at: datetime, before: int | None = None, limit: int = PAGE
) -> Trial:
    """Try a version on the cases of the last days, the newest thousand of them; some rows of it, newest first."""
    playbook = brings.version.playbook
    rows = _matching(seer, playbook).filter(opened_at__gte=at - timedelta(days=days))
    cases = list(rows.order_by("-pk")[: MOST_TRIED + 1])
    tried = _beside(playbook, brings.lines, cases[:MOST_TRIED])
    shown = [row for row in tried if before is None or row.case.pk < before]
    done = [action for row in tried for action in row.actions if action.status == ActionStatus.DONE]
    return Trial(
        days=days,
        cases=len(tried),
        is_cut=len(cases) > MOST_TRIED,
        brought=sum(len(row.lines) for row in tried),
        lacking=sum(len(row.lacking) for row in tried),
        done_beyond=sum(action.status == ActionStatus.DONE for row in tried for action in row.beyond),
        suggested=sum((line.amount or Decimal(0) for row in tried for line in row.lines), Decimal(0)),
        done_amount=sum((_paid(action, playbook.brand.currency) for action in done), Decimal(0)),
        rows=shown[:limit],
        after=shown[limit - 1].case.pk if len(shown) > limit else None,
    )


def _paid(action: Action, currency: str) -> Decimal:
    if action.currency != currency:
        return Decimal(0)
    return action.proof_amount or action.amount or Decimal(0)
