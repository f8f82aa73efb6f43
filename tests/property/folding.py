"""Every figure of the reports once more, in plain Python out of the journal and the rows: slow, and easy to believe.

It shares nothing with how reports count but the names of figures and dimensions, and the period's two instants.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from cases import models
from cases.models import Seer
from cases.queries.reports.question import Question
from cases.vocabulary import Dimension, Population
from tests.property.stories import OF_TIME, Facts, Story, Values

D, P = Dimension, Population
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
LONGEST = 2**26 - 1
AGES, BANDS = (1, 3, 7, 14, 28), (25, 50, 100, 250, 500, 1000)
MOVED = {
    "case_opened": "received",
    "case_handled": "handled",
    "case_reopened": "reopened",
    "case_dismissed": "dismissed",
    "case_withdrawn": "withdrawn",
    "case_merged": "merged",
}
SPANS = {
    "queue": "in_queue",
    "owner": "with_owner",
    "approval": "in_approval",
    "complainant": "with_complainant",
    "system": "with_system",
}


@dataclass
class Row:
    """One row of a population, with what it counts for."""

    brand: int
    at: datetime
    case: Facts | None
    figures: dict[str, int]
    values: dict[Dimension, Any] = field(default_factory=dict)
    money: dict[str, Decimal | None] = field(default_factory=dict)
    currency: str = ""


@dataclass
class Answer:
    """What one group counts."""

    counts: Counter[str] = field(default_factory=Counter)
    money: dict[str, dict[str, Decimal]] = field(default_factory=dict)
    happened: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    censored: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))


class World:
    """Everything that stands in the database, read once, row by row."""

    def __init__(self) -> None:
        self.tables: dict[str, list[Values]] = {}
        self.by: dict[tuple[str, str], dict[int, list[Values]]] = {}
        stories: dict[int, Story] = defaultdict(Story)
        for line in self.rows("Event", "stream", "seq"):
            if line["stream"] == "case":
                stories[line["stream_id"]].hear(line)
        self.stories = stories
        self.received = {row["id"]: row["received_at"] for row in self.rows("Post")}
        self.into = {str(row["id"]): row["merged_into_id"] for row in self.rows("Category")}
        self.kinds = {row["id"]: row for row in self.rows("Channel")}
        self.cases = {row["id"]: self._facts(row) for row in self.rows("Case")}

    def rows(self, name: str, *order: str) -> list[Values]:
        """A table."""
        if name not in self.tables:
            model = getattr(models, name)
            fields = [each.attname for each in model._meta.concrete_fields if each.get_internal_type() != "BinaryField"]
            self.tables[name] = list(model.objects.order_by(*order or ["pk"]).values(*fields))
        return self.tables[name]

    def of(self, name: str, key: str, wanted: int) -> list[Values]:
        """The rows of a table that name something."""
        if (name, key) not in self.by:
            found: dict[int, list[Values]] = defaultdict(list)
            for row in self.rows(name):
                found[row[key]].append(row)
            self.by[name, key] = found
        return self.by[name, key][wanted]

    def _facts(self, row: Values) -> Facts:
        links = self.of("CasePost", "case_id", row["id"])
        fellows = self.of("Case", "complainant_id", row["complainant_id"])
        standing = [each for each in self.of("Decision", "case_id", row["id"]) if each["superseded_at"] is None]
        originals = self.of("Original", "case_id", row["id"])
        others = [
            each["team_id"]
            for each in self.of("Action", "case_id", row["id"])
            if each["is_required"]
            and each["status"] not in {"done", "waived"}
            and each["team_id"] is not None
            and each["team_id"] != row["team_id"]
        ]
        return Facts(
            row,
            self.stories[row["id"]],
            self.received[links[0]["post_id"]] if links else row["opened_at"],
            standing[0]["outcome"] if standing else "",
            any(each["id"] < row["id"] for each in fellows),
            [each["opened_at"] for each in fellows if each["id"] > row["id"]],
            originals[0] if originals else {},
            self._approver(row["id"]),
            others[0] if others else None,
        )

    def _approver(self, case_id: int) -> str:
        waiting = {each["id"] for each in self.of("Approval", "case_id", case_id) if each["status"] == "waiting"}
        asked = [each for key in sorted(waiting) for each in self.of("Asked", "approval_id", key)]
        asked = [each for each in asked if not each["reply"] and not each["passed"]]
        return str(min(asked, key=lambda each: each["id"])["person_id"]) if asked else ""

    def is_public(self, channel_id: int) -> bool:
        """Whether an audience reads what is said there."""
        return self.kinds[channel_id]["kind"] not in {"web_form", "mailbox"}

    def answer(self, question: Question, seer: Seer, now: datetime) -> dict[tuple[str, ...], Answer]:
        """What a question counts, group by group, for what this person may see."""
        groups: dict[tuple[str, ...], Answer] = defaultdict(Answer)
        period, zone = question.period, ZoneInfo(question.period.zone)
        for row in POPULATIONS[question.population](self, now):
            if row.brand not in seer.roles or not period.start <= row.at < period.end:
                continue
            if row.case is not None and not row.case.opens_to(seer):
                continue
            if not all(self._fits(row, each, values, zone, now) for each, values in question.filters.items()):
                continue
            keys = (self._merged(each, self.value(row, each, zone, now)) for each in question.splits)
            self._add(groups[tuple(keys)], row, question.population, now)
        return groups

    def _fits(self, row: Row, dimension: Dimension, values: tuple[str, ...], zone: ZoneInfo, now: datetime) -> bool:
        value = self.value(row, dimension, zone, now)
        return value in values or self._merged(dimension, value) in values

    def _merged(self, dimension: Dimension, value: str) -> str:
        into = self.into.get(value) if dimension == D.CATEGORY else None
        return value if into is None else str(into)

    def _add(self, group: Answer, row: Row, population: Population, now: datetime) -> None:
        group.counts.update(row.figures)
        if row.currency:
            sums = group.money.setdefault(row.currency, dict.fromkeys(row.money, Decimal(0)))
            for name, amount in row.money.items():
                sums[name] += amount or 0
        if population != P.CASES or row.case is None:
            return
        facts, first = row.case, row.case.story.first
        until = facts.handled_at or (facts.story.ended_at if not facts.is_running else None) or now
        for name, at in (
            ("to_reply", first.get("replied")),
            ("to_decision", first.get("decided")),
            ("to_handled", facts.handled_at),
        ):
            minutes = min(max((at or until) - facts.row["posted_at"], timedelta()) // MINUTE, LONGEST)
            (group.happened if at else group.censored)[name].append(minutes)

    def value(self, row: Row, dimension: Dimension, zone: ZoneInfo, now: datetime) -> str:
        """What a row is in a dimension; '' where it has nothing of it."""
        if dimension in OF_TIME:
            return OF_TIME[dimension](row.at.astimezone(zone))
        if dimension in row.values:
            return _text(row.values[dimension])
        return _text(_of_case(row.case, dimension, now)) if row.case else ""


def _text(value: Any) -> str:
    return "" if value is None else {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def _of_case(facts: Facts, dimension: Dimension, now: datetime) -> Any:
    row, running = facts.row, facts.is_running
    held = facts.story.holder
    if held not in {"complainant", "approval", "system", ""}:
        held = "queue" if row["owner_id"] is None else "owner" if facts.other_team is None else "team"
    return {
        D.BRAND: row["brand_id"],
        D.CHANNEL: row["channel_id"],
        D.TEAM: row["team_id"],
        D.OWNER: row["owner_id"],
        D.CATEGORY: row["category_id"],
        D.CATEGORY_THEN: facts.story.category or row["category_id"],
        D.CAUSE: row["cause_id"],
        D.SEVERITY: row["severity"],
        D.LANGUAGE: row["language"],
        D.OUTCOME: facts.outcome,
        D.PRODUCT: facts.original.get("product"),
        D.ISSUE: facts.original.get("issue"),
        D.RESPONSE: facts.original.get("response"),
        D.TIMELY: facts.original.get("is_timely"),
        D.AGE: bisect_right(AGES, (now - facts.received_at) / DAY) if running else "",
        D.HELD_BY: held if running else "",
        D.APPROVER: facts.approver if running and held == "approval" else "",
        D.OTHER_TEAM: facts.other_team if running and held == "team" else "",
    }[dimension]


def _counted(**figures: object) -> dict[str, int]:
    return {name: int(value) if isinstance(value, int) else int(bool(value)) for name, value in figures.items()}


def _cases(world: World, now: datetime) -> Iterator[Row]:
    for each in world.cases.values():
        first, status, satisfaction = each.story.first, each.story.status, each.row["satisfaction"]
        is_handled = status == "handled"
        moved_on_at = each.story.moved_on_at or each.row["opened_at"]
        yield Row(
            each.row["brand_id"],
            each.received_at,
            each,
            _counted(
                received=1,
                answered=first.get("replied"),
                answered_public=first.get("public"),
                private=first.get("private"),
                declined=first.get("declined"),
                decided=first.get("decided"),
                upheld=each.outcome in {"upheld", "partly_upheld"},
                rejected=each.outcome == "rejected",
                settled=each.outcome == "settled",
                handled=is_handled,
                confirmed=is_handled and satisfaction == "settled",
                partly=is_handled and satisfaction == "partly",
                said_no=each.story.said_no > 0,
                reopened=each.story.reopened > 0,
                open=each.is_running,
                dismissed=status == "dismissed",
                withdrawn=status == "withdrawn",
                merged=status == "merged",
                repeat=each.is_repeat,
                back=each.back_at and each.handled_at and each.back_at <= each.handled_at + 30 * DAY,
                stuck=each.is_running and moved_on_at < now - 3 * DAY,
                **{name: each.lasted(holder, now) for holder, name in SPANS.items()},
            ),
        )


def _movements(world: World, now: datetime) -> Iterator[Row]:
    for line in world.rows("Event", "stream", "seq"):
        if line["stream"] != "case" or line["kind"] not in MOVED:
            continue
        kind, facts = MOVED[line["kind"]], world.cases[line["stream_id"]]
        names = ("received", "reopened", "handled", "dismissed", "withdrawn", "merged")
        is_in = kind in {"received", "reopened"}
        at = facts.received_at if kind == "received" else line["occurred_at"]
        figures = _counted(**{f"flow_{name}": name == kind for name in names}, flow_in=is_in, flow_out=not is_in)
        yield Row(facts.row["brand_id"], at, facts, figures)


def _actions(world: World, now: datetime) -> Iterator[Row]:
    proofs = {row["id"]: row["proof"] for row in world.rows("Kind")}
    for row in world.rows("Action"):
        facts, status = world.cases[row["case_id"]], row["status"]
        said = [each["said"] for each in world.of("Promise", "action_id", row["id"])]
        stands = any(each["released_at"] is None for each in world.of("Authorisation", "action_id", row["id"]))
        has_proof = (
            row["proof_reference"]
            or row["proof_amount"] is not None
            or row["proof_on"] is not None
            or world.of("Attachment", "action_id", row["id"])
            or proofs[row["kind_id"]] == "outcome"
        )
        is_done, due_at = status == "done", row["due_at"]
        yield Row(
            facts.row["brand_id"],
            row["created_at"],
            facts,
            _counted(
                actions=1,
                required=row["is_required"],
                promised=bool(said),
                done=is_done,
                proven=is_done and has_proof,
                done_late=is_done and due_at is not None and row["done_at"] > due_at,
                confirmed_kept="settled" in said,
                denied={"no", "partly"} & {*said},
                overdue=status not in {"done", "waived"} and due_at is not None and due_at < now,
                awaiting=status == "awaiting_approval",
                failed=status == "failed",
                waived=status == "waived",
            ),
            {
                D.KIND: row["kind_id"],
                D.BAND: "" if row["amount"] is None else bisect_left(BANDS, row["amount"]),
                D.PERSON: row["owner_id"] or facts.row["owner_id"],
                D.TEAM: row["team_id"] or facts.row["team_id"],
            },
            {
                "budgeted": row["amount"],
                "granted": row["amount"] if stands else None,
                "paid": row["proof_amount"] if is_done else None,
            },
            row["currency"],
        )


def _promises(world: World, now: datetime) -> Iterator[Row]:
    actions = {row["id"]: row for row in world.rows("Action")}
    for row in world.rows("Promise"):
        action, facts = actions[row["action_id"]], world.cases[row["case_id"]]
        was_broken, is_kept = row["broken_at"] is not None, row["kept_at"] is not None
        is_due = row["dropped_at"] is None and (row["moved_at"] is None or was_broken)
        is_past = was_broken or row["due_at"] < now
        figures = _counted(
            promises=is_due,
            kept=is_kept and not was_broken,
            kept_late=is_kept and was_broken,
            broken=not is_kept and is_past and is_due,
            to_keep=not is_kept and not is_past and is_due,
            moved=row["moved_at"],
            dropped=row["dropped_at"],
            not_begun=not is_kept
            and not is_past
            and is_due
            and action["status"] not in {"in_progress", "done", "waived"},
        )
        yield Row(facts.row["brand_id"], row["due_at"], facts, figures, {D.KIND: action["kind_id"]})


def _deadlines(world: World, now: datetime) -> Iterator[Row]:
    for row in world.rows("Deadline"):
        is_met, has_ended = row["met_at"] is not None, row["ended_at"] is not None
        is_over = not is_met and not has_ended and row["paused_at"] is None and row["due_at"] <= now
        is_missed = row["missed_at"] is not None or is_over
        figures = _counted(
            deadlines=not has_ended or row["missed_at"],
            met=is_met and row["missed_at"] is None,
            met_late=is_met and row["missed_at"] is not None,
            missed=not is_met and is_missed,
            to_meet=not is_met and not has_ended and not is_missed,
            ended=has_ended and row["missed_at"] is None,
        )
        values = {D.POLICY: row["policy_id"], D.GOAL: row["goal"]}
        yield Row(row["brand_id"], row["due_at"], world.cases[row["case_id"]], figures, values)


def _posts(world: World, now: datetime) -> Iterator[Row]:
    triaged = {row["post_id"]: row for row in world.rows("Triage")}
    for row in world.rows("Post"):
        triage = triaged.get(row["id"], {})
        seen = {each["kind"] for each in world.of("Observation", "post_id", row["id"])}
        is_under = any(each["status"] == "posted" for each in world.of("PublicReply", "post_id", row["id"]))
        linked = [each for each in world.of("CasePost", "post_id", row["id"]) if each["left_at"] is None]
        kind, is_public = triage.get("kind"), world.is_public(row["channel_id"])
        figures = _counted(
            posts=1,
            public_posts=is_public,
            complaints=kind == "complaint",
            praise=kind == "praise",
            questions=kind == "question",
            untriaged=kind is None,
            replied_public=is_public and is_under,
            praise_answered=kind == "praise" and (triage.get("answered_at") or is_under),
            hidden="hidden_by_us" in seen,
            gone="gone" in seen,
            edited="edited" in seen,
        )
        facts = world.cases[linked[0]["case_id"]] if linked else None
        values = {D.BRAND: row["brand_id"], D.CHANNEL: row["channel_id"], D.LANGUAGE: row["language"]}
        yield Row(row["brand_id"], row["received_at"], facts, figures, values)


def _escalations(world: World, now: datetime) -> Iterator[Row]:
    for row in world.rows("Escalation"):
        useful = row["was_useful"]
        figures = _counted(escalations=1, useful=useful is True, useless=useful is False, unsaid=useful is None)
        yield Row(row["brand_id"], row["matched_at"], world.cases[row["case_id"]], figures, {D.RULE: row["rule_id"]})


POPULATIONS: dict[Population, Callable[[World, datetime], Iterable[Row]]] = {
    P.CASES: _cases,
    P.MOVEMENTS: _movements,
    P.ACTIONS: _actions,
    P.PROMISES: _promises,
    P.DEADLINES: _deadlines,
    P.POSTS: _posts,
    P.ESCALATIONS: _escalations,
}
