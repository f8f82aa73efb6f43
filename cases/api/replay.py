"""Rules run through the recorded past: asked for, watched, called off, and read, act by act."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cases import errors
from cases.api.endpoint import Paged, found
from cases.api.fields import Line
from cases.api.replay_shapes import ActPage, ActShape, ReplayIn, ReplayPage, ReplayShape
from cases.api.rule import RuleEndpoint
from cases.api.schema import changes, reads
from cases.commands import replay as commands
from cases.models import Replay, ReplayAct, Rule, RuleVersion
from cases.queries import api_time as queries
from cases.queries import questions
from cases.queries import replay as replay_queries
from cases.queries.replay import Result, Side
from cases.vocabulary import ReplayStatus, VersionStatus

_FIGURES = ("acted", "cases", "calls", "days", "hours", "night", "outside", "reacted", "earlier", "held", "stopped",
            "nothing", "nobody", "loops")  # fmt: skip


class ActsAsked(serializers.Serializer[Any]):
    """Which acts."""

    side = serializers.ChoiceField(choices=[(side.value, side.value) for side in Side], default=Side.DRAFT.value)
    on = serializers.DateField(required=False, help_text="a day by the brand's clocks")
    cursor = Line(required=False, help_text="from the `next` of the page before")


class _Replays(RuleEndpoint):
    def one(self, rule: UUID, replay: UUID) -> Replay:
        """A replay of this rule that the person may read; raises NotFound, NotAllowed."""
        row = self.to_read(rule)
        return found(queries.replays(self.seer, row).filter(public_id=replay).first())

    def answer(self, row: Replay) -> Any:
        """A replay with its progress and, once it is done, its result."""
        result = replay_queries.replay_result(row, self.seer) if row.status == ReplayStatus.DONE else None
        return ReplayShape({**_told(row), "result": _result(result) if result else None}).data

    def led(self, rule: Rule) -> Any:
        """What makes an answer of the key of a replay."""
        return lambda key: self.answer(found(queries.replays(self.seer, rule).filter(pk=key).first()))


class Replays(_Replays):
    """The replays of a rule."""

    @reads(
        ReplayPage,
        "The replays of a rule, the latest first; without their results",
        operation_id="replays_list",
        takes=[Paged],
        refuses=[403, 404, 422],
    )
    def get(self, request: Request, rule: UUID) -> Response:  # noqa: ARG002
        """One page of replays."""
        row, asked = self.to_read(rule), self.asked(Paged)
        rows = queries.replays(self.seer, row).defer("result")
        rows = rows.filter(pk__lt=asked["cursor"]) if "cursor" in asked else rows
        several = list(rows[: asked["limit"] + 1])
        page = several[: asked["limit"]]
        following = self.following(page[-1].pk) if len(several) > len(page) else None
        told = [{**_told(each), "result": None} for each in page]
        return Response({"next": following, "results": ReplayShape(told, many=True).data})

    @changes(
        ReplayShape,
        "Run the draft of a rule, else what is live of it, through days of the past, beside the live rules",
        takes=ReplayIn,
        status=202,
    )
    def post(self, request: Request, rule: UUID) -> Response:  # noqa: ARG002
        """The replay; read on at its own address until it is done."""
        row, given = self.to_read(rule), self.given(ReplayIn)
        version = _version(row, given.get("version"))
        return self.run(
            commands.ask_replay,
            lambda replay: replay.pk,
            self.led(row),
            status=202,
            version_id=version.pk,
            starts_on=given["starts_on"],
            ends_on=given["ends_on"],
            at=timezone.now(),
        )


def _version(rule: Rule, number: int | None) -> RuleVersion:
    """The version of that number, else the draft, else what is live; raises Invalid."""
    versions = {version.status: version for version in rule.versions.all()}
    chosen = versions.get(VersionStatus.DRAFT) or versions.get(VersionStatus.LIVE)
    if number is not None:
        chosen = rule.versions.filter(number=number).first()
    if chosen is None:
        raise errors.Invalid(_("There is no such version of this rule."), "version")
    return chosen


class OneReplay(_Replays):
    """One replay."""

    @reads(ReplayShape, "A replay: how far it is, and its result once it is done", refuses=[403, 404])
    def get(self, request: Request, rule: UUID, replay: UUID) -> Response:  # noqa: ARG002
        """The replay."""
        return Response(self.answer(self.one(rule, replay)))


class CancelReplay(_Replays):
    """A replay called off."""

    @changes(ReplayShape, "Stop a replay and drop what it found; one that has ended stays as it is")
    def post(self, request: Request, rule: UUID, replay: UUID) -> Response:  # noqa: ARG002
        """The replay."""
        row = self.one(rule, replay)
        shown = self.led(row.version.rule)
        facts: dict[str, Any] = {"replay_id": row.pk, "at": timezone.now()}
        return self.run(commands.cancel_replay, lambda each: each.pk, shown, **facts)


class Acts(_Replays):
    """What a replay found."""

    @reads(
        ActPage,
        "Every step that one side would have taken, in cases you may open, in the order of time",
        operation_id="replay_acts_list",
        takes=[ActsAsked],
        refuses=[403, 404, 422],
    )
    def get(self, request: Request, rule: UUID, replay: UUID) -> Response:  # noqa: ARG002
        """One page of them."""
        row, asked = self.one(rule, replay), self.asked(ActsAsked)
        on = asked["on"].isoformat() if "on" in asked else ""
        page = replay_queries.acts(row, asked["side"], self.seer, asked.get("cursor", ""), on=on)
        names = queries.usernames({key for act in page.rows for key in act.saw.get("called", ())})
        answered = questions.many([(act.saw.get("questions", ()), row.brand) for act in page.rows])
        told = [_act(act, names, one) for act, one in zip(page.rows, answered, strict=True)]
        return Response({"next": self._next(page.next), "results": ActShape(told, many=True).data})

    def _next(self, cursor: str | None) -> str | None:
        if cursor is None:
            return None
        place = self.request.query_params.copy()
        place["cursor"] = cursor
        return self.request.build_absolute_uri(f"{self.request.path}?{place.urlencode()}")


def _act(act: ReplayAct, names: dict[int, str], asked: Iterable[Any]) -> dict[str, Any]:
    return {
        "case": act.case.reference,
        "version": act.version.number,
        "step": act.step,
        "kind": act.saw.get("kind", ""),
        "at": act.at,
        "matched_at": act.saw.get("matched_at"),
        "called": [names[key] for key in act.saw.get("called", ()) if key in names],
        "is_nobody": bool(act.saw.get("is_nobody")),
        "reacted_at": act.reacted_at,
        "saw": asked,
    }


def _told(row: Replay) -> dict[str, Any]:
    state = replay_queries.replay_state(row)
    plain = ("starts_on", "ends_on", "status", "done", "total", "asked_at", "started_at", "finished_at", "error")
    return {
        **{name: getattr(row, name) for name in plain},
        "id": row.public_id,
        "rule": row.version.rule.public_id,
        "version": row.version.number,
        "percent": state.percent,
        "took_seconds": None if state.took is None else state.took.total_seconds(),
        "left_seconds": None if state.left is None else state.left.total_seconds(),
        "asked_by": row.asked_by.username if row.asked_by else None,
    }


def _result(result: Result) -> dict[str, Any]:
    return {
        "draft": _figures(result.draft, result),
        "live": _figures(result.live, result) if result.live else None,
        "every": _figures(result.every, result),
        "every_count": result.rules.get("count", 0),
        "days": result.days,
        "zone": result.zone,
        "calls_an_hour": result.limit,
        "cannot": [
            {"code": one["code"], "count": one.get("count"), "facts": one.get("facts", [])} for one in result.cannot
        ],
        "listed": result.kept,
        "hidden": result.hidden,
    }


def _figures(found: dict[str, Any], result: Result) -> dict[str, Any]:
    people = [
        {**one, "person": person.username} for one in found["people"] if (person := result.people.get(one["person"]))
    ]
    return {**{name: found[name] for name in _FIGURES}, "people": people}
