"""Rules as they are read: by where they stand, with what they did of late, their versions, order and conflicts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, F, Max, OuterRef, Prefetch, Q, prefetch_related_objects

from cases import errors
from cases.models import Call, Escalation, EscalationStep, Rule, RuleVersion, Seer
from cases.queries import setup
from cases.rules import conflicts as meeting
from cases.rules import escalation, revising
from cases.rules.conflicts import Conflict, Placed
from cases.rules.escalation import BadRule, Ladder
from cases.rules.loops import Loop, loops
from cases.rules.permission import may
from cases.vocabulary import CallStatus, Permission, Reason, StepStatus, VersionStatus

RECENT = timedelta(days=30)
_IN_VAIN = Q(status=StepStatus.FAILED) | Q(
    status=StepStatus.SKIPPED, reason__in=[Reason.NOBODY, Reason.GONE, Reason.REFUSED]
)


class Shelf(StrEnum):
    """Where a rule stands; one that is live or paused can have a draft beside."""

    LIVE = "live"
    DRAFTS = "drafts"
    PAUSED = "paused"
    RETIRED = "retired"


@dataclass(slots=True)
class Stats:
    """What a rule did: as far as whoever asks may open the cases, and in the last 30 days where nothing else is said.

    ``never_matched`` is of all cases and ever; ``in_vain`` says how many steps led to nothing, by the reason.
    """

    last_matched: datetime | None = None
    last_acted: datetime | None = None
    never_matched: bool = False
    matched: int = 0
    acted: int = 0
    useful: int = 0
    useless: int = 0
    called: list[tuple[str, int]] = field(default_factory=list)
    to_call: int = 0
    in_vain: dict[str, int] = field(default_factory=dict)

    @property
    def failing(self) -> int:
        """How many of its steps led to nothing."""
        return sum(self.in_vain.values())


@dataclass(frozen=True, slots=True)
class Standing:
    """A rule with its versions, and what each says; a version that can no longer be read says nothing."""

    rule: Rule
    live: RuleVersion | None
    draft: RuleVersion | None
    latest: RuleVersion | None
    stats: Stats

    @property
    def shelves(self) -> frozenset[Shelf]:
        """Where it stands."""
        if self.rule.retired_at is not None:
            return frozenset({Shelf.RETIRED})
        drafts = {Shelf.DRAFTS} if self.draft else set()
        if self.live is None:
            return frozenset(drafts)
        return frozenset(drafts | {Shelf.PAUSED if self.rule.paused_at else Shelf.LIVE})

    @property
    def shown(self) -> RuleVersion | None:
        """The version that stands for the rule: the live one, else the draft, else the last there was."""
        return self.live or self.draft or self.latest

    @property
    def ladder(self) -> Ladder | None:
        """What that version says."""
        return readable(self.shown) if self.shown else None


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version, what it says, and what it changed of the one that was live before it."""

    version: RuleVersion
    ladder: Ladder | None
    changes: list[revising.Change]


def readable(version: RuleVersion) -> Ladder | None:
    """The rule that a version keeps; nothing where it cannot be read any more."""
    try:
        return escalation.ladder_of(version)
    except BadRule:
        return None


def readable_brands(seer: Seer) -> list[int]:
    """The brands whose rules this person may read."""
    return [brand for brand, role in seer.roles.items() if may(role, Permission.SEE_AUTHORITY)]


def rule_to_read(seer: Seer, public_id: UUID | str) -> Rule:
    """A rule with its brand, for whoever may read how the brand is set up; raises NotFound and NotAllowed."""
    rule = Rule.objects.select_related("brand").filter(public_id=public_id).first()
    if rule is None or (rule.brand_id not in seer.roles and not seer.is_organisation_admin):
        raise errors.NotFound
    if not seer.is_organisation_admin and not may(seer.roles.get(rule.brand_id), Permission.SEE_AUTHORITY):
        raise errors.NotAllowed
    return rule


def rule_to_set_up(seer: Seer, public_id: UUID | str) -> Rule:
    """A rule with its brand, for whoever sets up the brand; raises NotFound and NotAllowed."""
    rule = rule_to_read(seer, public_id)
    setup.require_set_up(seer, rule.brand_id)
    return rule


# ---------------------------------------------------------------- lists


def rules_of(brand_ids: Collection[int], seer: Seer, at: datetime, shelf: Shelf | None = None) -> list[Standing]:
    """The rules of these brands in their order with what they did, in a constant number of queries."""
    rows = Rule.objects.filter(brand_id__in=brand_ids).select_related("brand")
    found = standings(rows.order_by("brand_id", "position", "pk"), seer, at)
    return [row for row in found if shelf is None or shelf in row.shelves]


def counts(brand_ids: Collection[int]) -> dict[Shelf, int]:
    """How many rules of these brands stand where, in one query."""
    live = RuleVersion.objects.filter(rule=OuterRef("pk"), status=VersionStatus.LIVE)
    draft = RuleVersion.objects.filter(rule=OuterRef("pk"), status=VersionStatus.DRAFT)
    used = Q(retired_at=None)
    return Rule.objects.filter(brand_id__in=brand_ids).aggregate(  # type: ignore[return-value]
        **{
            Shelf.LIVE: Count("pk", filter=used & Q(Exists(live), paused_at=None)),
            Shelf.DRAFTS: Count("pk", filter=used & Q(Exists(draft))),
            Shelf.PAUSED: Count("pk", filter=used & Q(Exists(live), paused_at__isnull=False)),
            Shelf.RETIRED: Count("pk", filter=~used),
        }
    )


def standings(rows: Any, seer: Seer, at: datetime) -> list[Standing]:
    """Each of these rules with its versions and what it did."""
    rules = list(rows)
    prefetch_related_objects(rules, Prefetch("versions", _VERSIONS))
    stats = stats_of([rule.pk for rule in rules], seer, at)
    return [_standing(rule, stats[rule.pk]) for rule in rules]


_VERSIONS = RuleVersion.objects.select_related("made_by", "live_by").order_by("number")


def _standing(rule: Rule, stats: Stats) -> Standing:
    versions = list(rule.versions.all())
    by_status = {version.status: version for version in versions}
    return Standing(
        rule,
        by_status.get(VersionStatus.LIVE),
        by_status.get(VersionStatus.DRAFT),
        versions[-1] if versions else None,
        stats,
    )


def stats_of(rule_ids: Sequence[int], seer: Seer, at: datetime) -> dict[int, Stats]:
    """What these rules did, in a constant number of queries."""
    found: dict[int, Stats] = defaultdict(Stats)
    for rule_id in rule_ids:
        found[rule_id] = Stats(never_matched=True)
    if not rule_ids:
        return found
    since = at - RECENT
    _count_escalations(found, seer, since)
    _count_steps(found, seer, since)
    return found


def _count_escalations(found: dict[int, Stats], seer: Seer, since: datetime) -> None:
    visible = seer.cases("case__")
    recent = visible & Q(noticed_at__gte=since)
    # All of them are read: that there are none says that the rule never matched anything.
    rows = Escalation.objects.filter(rule__in=list(found)).order_by().values("rule_id")
    for row in rows.annotate(
        last=Max("matched_at", filter=visible),
        matched=Count("pk", filter=recent),
        useful=Count("pk", filter=recent & Q(was_useful=True)),
        useless=Count("pk", filter=recent & Q(was_useful=False)),
    ):
        stats = found[row["rule_id"]]
        stats.never_matched = False
        stats.last_matched, stats.matched = row["last"], row["matched"]
        stats.useful, stats.useless = row["useful"], row["useless"]


def _count_steps(found: dict[int, Stats], seer: Seer, since: datetime) -> None:
    visible = seer.cases("escalation__case__")
    steps = EscalationStep.objects.filter(visible, escalation__rule__in=list(found)).order_by()
    told = steps.filter(Q(status=StepStatus.DONE) | _IN_VAIN & Q(due_at__gte=since))
    kinds = told.values("status", "reason", rule=F("escalation__rule_id"))
    for row in kinds.annotate(last=Max("done_at"), times=Count("pk"), new=Count("pk", filter=Q(done_at__gte=since))):
        stats = found[row["rule"]]
        if row["status"] == StepStatus.DONE:
            stats.last_acted = max(filter(None, (stats.last_acted, row["last"])), default=None)
            stats.acted += row["new"]
        else:
            stats.in_vain[row["reason"]] = stats.in_vain.get(row["reason"], 0) + row["times"]
    made = Q(status=CallStatus.MADE, made_at__gte=since)
    to_make = Q(status__in=[CallStatus.WAITING, CallStatus.HELD])
    calls = Call.objects.filter(seer.cases("case__"), made | to_make, step__escalation__rule__in=list(found))
    called = calls.values(rule=F("step__escalation__rule_id"), who=F("person__name"))
    counted = called.annotate(times=Count("pk", filter=made), waiting=Count("pk", filter=to_make))
    for call in counted.order_by("-times", "who"):
        stats = found[call["rule"]]
        stats.to_call += call["waiting"]
        if call["times"]:
            stats.called.append((call["who"], call["times"]))


# ---------------------------------------------------------------- one rule


def versions_of(rule: Rule) -> list[VersionRow]:
    """The versions of a rule, the newest first, each with what it changed of the one before."""
    return version_rows(_VERSIONS.filter(rule=rule))


def version_rows(versions: Iterable[RuleVersion]) -> list[VersionRow]:
    """The same of versions that are at hand, the oldest first."""
    found: list[VersionRow] = []
    before: Ladder | None = None
    for version in versions:
        ladder = readable(version)
        changes = revising.difference(before, ladder) if before and ladder else []
        found.append(VersionRow(version, ladder, changes))
        before = ladder or before
    return found[::-1]


def difference_to_live(standing: Standing) -> list[revising.Change]:
    """What the draft would do otherwise than the live version; nothing where there is only one of them."""
    live = readable(standing.live) if standing.live else None
    draft = readable(standing.draft) if standing.draft else None
    return revising.difference(live, draft) if live and draft else []


# ---------------------------------------------------------------- order and conflicts


def placed(brand_id: int, instead: Iterable[Placed] = ()) -> list[Placed]:
    """What the live rules of a brand say, in their order; drafts can be put in the place of theirs, or at the end."""
    rows = RuleVersion.objects.filter(brand_id=brand_id, status=VersionStatus.LIVE, rule__retired_at=None)
    drafts = {each.rule_id: each for each in instead}
    found = []
    for version in rows.select_related("rule").order_by("rule__position", "rule_id"):
        ladder = readable(version)
        if version.rule_id in drafts:
            found.append(drafts.pop(version.rule_id))
        elif ladder is not None:
            found.append(Placed(version.rule_id, version.rule.name, ladder))
    return [*found, *drafts.values()]


def conflicts_of(brand_id: int, instead: Iterable[Placed] = ()) -> tuple[list[Conflict], list[Loop]]:
    """Where the live rules of a brand meet, and where they set each other off; with drafts in the place of theirs."""
    rules = placed(brand_id, instead)
    return meeting.conflicts(rules), loops(rules)
