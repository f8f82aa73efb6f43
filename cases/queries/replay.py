"""A replay on its page: how far it is, what came out beside the live rules, and every act that was kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from cases import errors
from cases.models import Replay, ReplayAct, Seer, User
from cases.queries import keyset
from cases.rules.permission import may
from cases.vocabulary import Permission, ReplayStatus

PAGE = 50
SILENT = timedelta(seconds=60)
ENDED = (ReplayStatus.DONE, ReplayStatus.CANCELLED, ReplayStatus.FAILED)
GOING = (ReplayStatus.QUEUED, ReplayStatus.RUNNING)


class Side(StrEnum):
    """Whose acts: the replayed version's, or those of the rule as it is live."""

    DRAFT = "draft"
    LIVE = "live"


@dataclass(frozen=True, slots=True)
class State:
    """How far a replay is; ``left`` is a guess from what was done so far."""

    status: ReplayStatus
    done: int
    total: int
    percent: int
    took: timedelta | None
    left: timedelta | None
    error: str

    @property
    def is_going(self) -> bool:
        """Whether there is more to come."""
        return self.status in GOING


@dataclass(frozen=True, slots=True)
class Result:
    """What came out. ``draft``, ``live`` and ``every`` hold the figures of ``rules/replay_tally.summary``: of the
    replayed version, of the rule as it is live (None where it is not) and of all live rules together.

    ``cannot`` says what could not be replayed, each with a code and a number where there is one. ``kept`` and
    ``hidden`` count by side: the acts that are listed at all, and those of them in cases the viewer may not see.
    """

    draft: dict[str, Any]
    live: dict[str, Any] | None
    every: dict[str, Any]
    days: list[str]
    cannot: list[dict[str, Any]]
    rules: dict[str, int]
    kept: dict[str, int]
    hidden: dict[str, int]
    people: dict[int, User]
    limit: int
    zone: str
    ladder: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of acts in the order of time, and the cursor of the next one."""

    rows: list[ReplayAct]
    next: str | None


def replays(seer: Seer) -> QuerySet[Replay]:
    """The replays of the brands whose rules this person may read."""
    readable = [brand for brand, role in seer.roles.items() if may(role, Permission.SEE_AUTHORITY)]
    brands = Q() if seer.is_organisation_admin else Q(brand__in=readable)
    return Replay.objects.filter(brands).select_related("version__rule", "brand", "asked_by")


def replay(seer: Seer, public_id: str) -> Replay:
    """One replay that this person may read; raises NotFound."""
    found = replays(seer).filter(public_id=public_id).first()
    if found is None:
        raise errors.NotFound
    return found


def newest_of(version_id: int) -> Replay | None:
    """The replay of a version that was asked for last."""
    return Replay.objects.filter(version_id=version_id).order_by("-pk").first()


def replay_state(replay: Replay, *, at: datetime | None = None) -> State:
    """How far it is, and about how long it will still take."""
    now = at or timezone.now()
    took = (replay.finished_at or now) - replay.started_at if replay.started_at else None
    left = None
    if replay.status == ReplayStatus.RUNNING and took is not None and replay.done:
        left = took * (replay.total - replay.done) / replay.done
    is_done = replay.status == ReplayStatus.DONE
    percent = 100 if is_done else replay.done * 100 // replay.total if replay.total else 0
    return State(ReplayStatus(replay.status), replay.done, replay.total, percent, took, left, replay.error)


def replay_result(replay: Replay, seer: Seer) -> Result:
    """What came out, with the people it names; raises NotFound before it is done."""
    if replay.status != ReplayStatus.DONE:
        raise errors.NotFound
    content = replay.result
    counted = dict(
        ReplayAct.objects.filter(seer.cases("case__"), replay=replay)
        .values("is_draft")
        .annotate(seen=Count("pk"))
        .values_list("is_draft", "seen")
    )
    seen = {Side.DRAFT.value: counted.get(True, 0), Side.LIVE.value: counted.get(False, 0)}
    named = {one["person"] for side in ("draft", "live", "every") for one in (content[side] or {}).get("people", ())}
    return Result(
        draft=content["draft"],
        live=content["live"],
        every=content["every"],
        days=content["days"],
        cannot=content["cannot"],
        rules=content["rules"],
        kept=content["kept"],
        hidden={side: content["kept"][side] - seen[side] for side in seen},
        people=User.objects.in_bulk(named),
        limit=content["limit"],
        zone=content["zone"],
        ladder=content["ladder"],
    )


def acts(
    replay: Replay, side: Side | str, seer: Seer, cursor: str = "", *, on: str = "", person_id: int | None = None
) -> Page:
    """What one side would have done, in the order of time, in the cases this person sees; of a day or a person alone.

    ``saw`` of each holds ``matched_at``, the ``questions`` with what they saw, whom it would have ``called``, and the
    ``kind`` of the step; ``is_nobody`` where there would have been nobody.
    """
    rows = _kept(replay, side, on, person_id).filter(seer.cases("case__"))
    if cursor:
        at, key = keyset.opened(cursor, keyset.instant, int)
        rows = rows.filter(Q(at__gt=at) | Q(at=at, pk__gt=key))
    found = list(rows.select_related("case", "version", "person").order_by("at", "pk")[: PAGE + 1])
    last = found[PAGE - 1] if len(found) > PAGE else None
    return Page(found[:PAGE], keyset.key(last.at, last.pk) if last else None)


def count_hidden(replay: Replay, side: Side | str, seer: Seer, *, on: str = "", person_id: int | None = None) -> int:
    """How many acts of one side, of a day or a person alone, are in cases that this person may not see."""
    rows = _kept(replay, side, on, person_id)
    return rows.count() - rows.filter(seer.cases("case__")).count()


def _kept(replay: Replay, side: Side | str, on: str, person_id: int | None) -> QuerySet[ReplayAct]:
    rows = ReplayAct.objects.filter(replay=replay, is_draft=side == Side.DRAFT)
    if on:
        rows = rows.filter(saw__day=on)
    if person_id is not None:
        rows = rows.filter(saw__called__contains=person_id)
    return rows


def waiting(at: datetime) -> list[int]:
    """The replays that nobody has been at for a while: their nudge was lost, or their workers died."""
    silent = Q(beat_at__isnull=True, asked_at__lt=at - SILENT) | Q(beat_at__lt=at - SILENT)
    return list(Replay.objects.filter(silent, status__in=GOING).order_by("pk").values_list("pk", flat=True))
