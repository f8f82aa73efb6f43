"""Replay before live: a rule is run through the recorded past beside the live ones, in the background, in chunks."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.utils.translation import gettext as _

from cases import errors, queue
from cases.commands import moves
from cases.models import Brand, Replay, ReplayAct, RuleVersion
from cases.queries import replay as replays
from cases.queries import replay_past
from cases.queries.replay_cannot import what_cannot
from cases.queries.replay_past import Reading
from cases.rules import escalation
from cases.rules import replay as rules
from cases.rules.escalation import BadRule, Ladder
from cases.rules.permission import may
from cases.rules.replay_tally import Hours, Tally, local_days, summary
from cases.vocabulary import Actor, EventKind, Job, Permission, Reason, ReplayStatus, Role, Stream, VersionStatus

LONGEST_DAYS = 366
# So many acts of each side are kept with their explanation; what is beyond is counted all the same.
KEPT = 20_000
# Two processes share a replay.
WORKERS = 2
GIVE_UP = timedelta(hours=1)
DRAFT = "draft"


@transaction.atomic(durable=True)
def ask_replay(*, version_id: int, starts_on: date, ends_on: date, at: datetime, actor: Actor) -> Replay:
    """Run a version through the days of a period, both included, beside the live rules; one at a time of a brand.

    Raises Invalid for a period that is none, ReplayRunning while another one is going on.
    """
    version = RuleVersion.objects.select_related("rule").filter(pk=version_id).first()
    if version is None:
        raise errors.NotFound
    _require(actor, version.brand_id)
    brand = Brand.objects.select_for_update(no_key=True).get(pk=version.brand_id)
    if not starts_on <= ends_on <= at.astimezone(ZoneInfo(brand.zone)).date():
        raise errors.Invalid(_("Choose days that are over, the first one first."), "ends_on")
    if (ends_on - starts_on).days >= LONGEST_DAYS:
        raise errors.Invalid(_("Choose a year at most."), "starts_on")
    try:
        escalation.ladder_of(version)
    except BadRule as bad:
        raise errors.Invalid(_("This rule is not complete yet."), bad.path) from bad
    if Replay.objects.filter(brand=brand, status__in=replays.GOING).exists():
        raise errors.ReplayRunning
    replay = Replay.objects.create(
        brand=brand, version=version, starts_on=starts_on, ends_on=ends_on, asked_by_id=actor.person_id, asked_at=at
    )
    _record(replay, actor, at, starts=starts_on.isoformat(), ends=ends_on.isoformat())
    for _worker in range(WORKERS):
        queue.after_commit(Job.RUN_REPLAY, replay_id=replay.pk)
    return replay


@transaction.atomic(durable=True)
def cancel_replay(*, replay_id: int, at: datetime, actor: Actor) -> Replay:
    """Stop a replay and drop what it found so far; one that has ended stays as it is."""
    replay = _lock(replay_id)
    _require(actor, replay.brand_id)
    if replay.status in replays.GOING:
        _end(replay, ReplayStatus.CANCELLED, at, actor)
    return replay


@transaction.atomic(durable=True)
def fail_replay(*, replay_id: int, error: str, at: datetime, actor: Actor) -> Replay:
    """A replay came upon something it cannot go on from; what that was stays with it."""
    replay = _lock(replay_id)
    if replay.status in replays.GOING:
        _end(replay, ReplayStatus.FAILED, at, actor, error=error[:1000])
    return replay


@transaction.atomic(durable=True)
def run_chunk(*, replay_id: int, at: datetime, actor: Actor) -> bool:
    """Take the next chunk of a replay that nobody else is at; whether there may be more to do.

    The first call plans it, the last one adds it all up. A chunk is held by a lock of its transaction: a worker that
    dies lets go of it, and the next one takes it.
    """
    standing = _standing(replay_id)
    if standing.status == ReplayStatus.QUEUED:
        return _plan(replay_id, at)
    if standing.status != ReplayStatus.RUNNING:
        return False
    if len(standing.done) == standing.count:
        return _finish(replay_id, at, actor)
    number = next((n for n in range(standing.count) if n not in standing.done and _take(replay_id, n)), None)
    if number is None:
        # Somebody else is at each of the last ones, and adds up.
        _give_up_silent(replay_id, at, actor)
        return False
    # It may have been finished while we looked.
    if number not in _standing(replay_id).done:
        _run(replay_id, number, at)
    return True


# ---------------------------------------------------------------- who may, and what stands


def _require(actor: Actor, brand_id: int) -> None:
    """Whoever sets up the brand, and its managers; raises NotFound for strangers."""
    role = moves.seer(actor).roles.get(brand_id) if actor.person_id is not None else None
    if role != Role.MANAGER or may(role, Permission.SET_UP):
        moves.require_in_brand(actor, Permission.SET_UP, brand_id)


def _lock(replay_id: int) -> Replay:
    # What was found so far can be much, and is read by whoever adds it up.
    replay = Replay.objects.defer("result").select_for_update(no_key=True).filter(pk=replay_id).first()
    if replay is None:
        raise errors.NotFound
    return replay


def _record(replay: Replay, actor: Actor, at: datetime, **said: Any) -> None:
    moves.record(
        Stream.BRAND,
        replay.brand_id,
        EventKind.RULE_REPLAYED,
        actor,
        at=at,
        rule=replay.version.rule_id,
        version=replay.version_id,
        replay=replay.pk,
        **said,
    )


def _end(replay: Replay, status: ReplayStatus, at: datetime, actor: Actor, *, error: str = "") -> None:
    ReplayAct.objects.filter(replay=replay).delete()
    replay.status, replay.finished_at, replay.error, replay.result = status, at, error, {}
    replay.save(update_fields=["status", "finished_at", "error", "result"])
    _record(replay, actor, at, status=status)


@dataclass(frozen=True, slots=True)
class _Standing:
    """How far a replay is, without reading what was found so far."""

    status: str
    count: int
    done: frozenset[int]


def _standing(replay_id: int) -> _Standing:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT status, coalesce(jsonb_array_length(result->'plan'->'chunks'), 0),"
            " ARRAY(SELECT jsonb_object_keys(result->'parts')::int) FROM cases_replay WHERE id = %s",
            [replay_id],
        )
        row = cursor.fetchone()
    if row is None:
        raise errors.NotFound
    return _Standing(row[0], row[1], frozenset(row[2]))


def _read(replay_id: int, key: str) -> Any:
    """One part of what is kept of a replay that runs."""
    return Replay.objects.filter(pk=replay_id).values_list(f"result__{key}", flat=True).get()


def _take(replay_id: int, number: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s), %s)", [f"casedesk:replay:{replay_id}", number])
        return bool(cursor.fetchone()[0])


def _give_up_silent(replay_id: int, at: datetime, actor: Actor) -> None:
    replay = Replay.objects.select_related("version").get(pk=replay_id)
    if replay.beat_at is not None and replay.beat_at < at - GIVE_UP:
        _end(replay, ReplayStatus.FAILED, at, actor, error="silent")


# ---------------------------------------------------------------- what is replayed


@dataclass(frozen=True, slots=True)
class _Cast:
    """The rules of a replay by their keys: the draft, and every live version by its id."""

    ladders: dict[str, Ladder]
    live: int | None

    @property
    def reading(self) -> Iterable[Ladder]:
        """Every ladder."""
        return self.ladders.values()


def _plan(replay_id: int, at: datetime) -> bool:
    """Write down what is replayed against what, and on which cases, so that no change meanwhile alters it."""
    replay = _lock(replay_id)
    if replay.status != ReplayStatus.QUEUED:
        return True
    version = replay.version
    live = RuleVersion.objects.filter(
        brand_id=replay.brand_id, status=VersionStatus.LIVE, rule__retired_at=None, rule__paused_at=None
    )
    own = RuleVersion.objects.filter(rule_id=version.rule_id, status=VersionStatus.LIVE).first()
    plan = {
        "ladder": asdict(escalation.dump(escalation.ladder_of(version))),
        "live": own.pk if own else None,
        "every": sorted(live.values_list("pk", flat=True)),
    }
    cast = _cast(plan)
    reading = _reading(replay, cast)
    found = replay_past.chunks(reading)
    chunks = [[low, high, count] for low, high, count in found]
    replay.result = {"plan": {**plan, "chunks": chunks}, "parts": {}, "kept": {DRAFT: 0, "live": 0}}
    replay.status, replay.started_at, replay.beat_at = ReplayStatus.RUNNING, at, at
    replay.total = sum(count for _, _, count in found)
    replay.save(update_fields=["result", "status", "started_at", "beat_at", "total"])
    return True


def _cast(plan: Mapping[str, Any]) -> _Cast:
    kept = plan["ladder"]
    draft = escalation.parse(
        kept["trigger"] | {"when": kept["when"]}, kept["condition"], kept["steps"], kept["stop"], kept["missed"]
    )
    wanted = {*plan["every"], *([plan["live"]] if plan["live"] else [])}
    ladders = {DRAFT: draft}
    for version in RuleVersion.objects.filter(pk__in=wanted).order_by("rule__position", "rule_id"):
        ladders[str(version.pk)] = escalation.ladder_of(version)
    return _Cast(ladders, plan["live"])


def _period(replay: Replay) -> rules.Period:
    zone = ZoneInfo(replay.brand.zone)
    starts = datetime.combine(replay.starts_on, datetime.min.time(), zone)
    ends = datetime.combine(replay.ends_on + timedelta(days=1), datetime.min.time(), zone)
    # What is not over yet has not happened.
    return starts, min(ends, replay.asked_at)


def _reading(replay: Replay, cast: _Cast) -> Reading:
    return Reading.of(replay.brand_id, cast.reading, *_period(replay))


def _run(replay_id: int, number: int, at: datetime) -> None:
    """Walk the rules through the cases of one chunk, and keep what they would have done."""
    replay = Replay.objects.select_related("brand", "version").defer("result").filter(pk=replay_id).first()
    if replay is None:
        raise errors.NotFound
    plan = _read(replay_id, "plan")
    cast = _cast(plan)
    reading = _reading(replay, cast)
    low, high, count = plan["chunks"][number]
    context, hours = replay_past.context_of(reading)
    explained = frozenset({DRAFT, str(cast.live)})
    walk = rules.Walk(list(cast.ladders.items()), context, _period(replay), explained=explained)
    tallies = {key: Tally() for key in cast.ladders}
    kept: list[rules.Act] = []
    for history in replay_past.histories(reading, low, high):
        acts = walk.through(history)
        by_key: dict[str, list[rules.Act]] = defaultdict(list)
        for act in acts:
            by_key[act.key].append(act)
        for key, some in by_key.items():
            tallies[key].add(some, cast.ladders[key], hours)
        kept += [act for act in acts if act.key in explained and act.reason in {None, Reason.NOBODY}]
    _keep(replay, number, count, {key: tally.as_json() for key, tally in tallies.items()}, kept, hours, at)


def _keep(
    replay: Replay,
    number: int,
    count: int,
    part: dict[str, Any],
    acts: Sequence[rules.Act],
    hours: Hours,
    at: datetime,
) -> None:
    if _lock(replay.pk).status != ReplayStatus.RUNNING:
        return
    kept = _read(replay.pk, "kept")
    rows: list[tuple[Any, ...]] = []
    for side in (DRAFT, "live"):
        room = KEPT - kept[side]
        mine = [act for act in acts if (act.key == DRAFT) == (side == DRAFT)][:room]
        kept[side] += len(mine)
        rows += [_row(replay, act, hours) for act in mine]
    with connection.cursor() as cursor:
        with cursor.copy(_COPY) as stream:
            for row in rows:
                stream.write_row(row)
        cursor.execute(
            "UPDATE cases_replay SET result = jsonb_set(jsonb_set(result, ARRAY['parts', %s], %s::jsonb), '{kept}',"
            " %s::jsonb), done = done + %s, beat_at = greatest(beat_at, %s) WHERE id = %s",
            [str(number), json.dumps(part), json.dumps(kept), count, at, replay.pk],
        )


_COPY = """
COPY cases_replayact (replay_id, case_id, version_id, is_draft, step, at, person_id, reacted_at, saw) FROM STDIN
"""


def _row(replay: Replay, act: rules.Act, hours: Hours) -> tuple[Any, ...]:
    is_draft = act.key == DRAFT
    saw = {
        "kind": act.kind.value,
        "matched_at": act.matched_at.isoformat(),
        "day": act.at.astimezone(hours.brand.calendar.zone).date().isoformat(),
        "called": list(act.called),
        "is_nobody": act.reason == Reason.NOBODY,
        "questions": list(act.saw),
    }
    version_id = replay.version_id if is_draft else int(act.key)
    called = act.called[0] if act.called else None
    return replay.pk, act.case, version_id, is_draft, act.step, act.at, called, act.reacted_at, json.dumps(saw)


# ---------------------------------------------------------------- what it comes to


def _finish(replay_id: int, at: datetime, actor: Actor) -> bool:
    replay = _lock(replay_id)
    if replay.status != ReplayStatus.RUNNING:
        return False
    plan, cast = replay.result["plan"], _cast(replay.result["plan"])
    reading = _reading(replay, cast)
    _context, hours = replay_past.context_of(reading)
    tallies = {key: Tally() for key in cast.ladders}
    every = Tally()
    for part in replay.result["parts"].values():
        for key, one in part.items():
            tallies[key].join(one)
            if key != DRAFT and int(key) in plan["every"]:
                every.join(one)
    own = str(cast.live) if cast.live else None
    others = [tally for key, tally in tallies.items() if key not in {DRAFT, own} and int(key) in plan["every"]]
    limit = replay.brand.calls_an_hour
    replay.result = {
        "draft": summary(tallies[DRAFT], others, hours, limit),
        "live": summary(tallies[own], others, hours, limit) if own else None,
        "every": summary(every, [], hours, limit),
        "days": local_days(*_period(replay), hours.brand),
        "cannot": what_cannot(reading, list(cast.reading)),
        "rules": {"draft": replay.version_id, "live": cast.live or 0, "count": len(plan["every"])},
        "kept": replay.result["kept"],
        "limit": limit,
        "zone": replay.brand.zone,
        "ladder": plan["ladder"],
    }
    replay.status, replay.finished_at, replay.beat_at = ReplayStatus.DONE, at, at
    replay.save(update_fields=["result", "status", "finished_at", "beat_at"])
    _record(replay, actor, at, status=ReplayStatus.DONE.value, acted=replay.result["draft"]["acted"])
    return False
