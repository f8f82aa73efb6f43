"""A brand full of random cases, each with what conditions should find in it, counted here and not by the database."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from itertools import count
from random import Random
from typing import Any

from cases.commands import action as actions
from cases.models import (
    Action,
    Answer,
    Approval,
    Case,
    CasePost,
    CaseTag,
    Complainant,
    Deadline,
    Decision,
    Message,
    Observation,
    Policy,
    Post,
    PublicReply,
    Rate,
    Raw,
    Tag,
    Thread,
)
from cases.rules.facts import Facts
from cases.rules.lexemes import lexemes
from cases.vocabulary import (
    ActionStatus,
    AnswerRoute,
    AnswerStatus,
    Goal,
    ObservationKind,
    Outcome,
    ReplyStatus,
    Sort,
    Start,
    Status,
    Unit,
    Wish,
)
from tests.people import AT, Stage, actor

# One pound in euros; there is no rate for yen.
POUND = Decimal("1.2")
TEXTS = (
    "Never again!",
    "My SOFA cost 10.50, l'été dernier.",
    "covid-19 again",
    "Straße, οδος",
    "Un café",
    "never",
    "",
)


@dataclass
class Population:
    """Random cases of a stage and the facts that each should have."""

    stage: Stage
    random: Random
    facts: dict[int, Facts] = field(default_factory=dict)

    def __post_init__(self) -> None:
        brand = self.stage.brand
        self.numbers = count(1)
        self.tags = [Tag.objects.create(brand=brand, name=name) for name in ("press", "vip", "again")]
        self.policy = Policy.objects.create(
            brand=brand, name={"en": "Reply"}, goal=Goal.REPLY, start=Start.WROTE, amount=1, unit=Unit.HOUR
        )
        Rate.objects.create(
            brand=brand, currency="GBP", into="EUR", rate=POUND, starts_on=AT.date() - timedelta(days=9)
        )
        self.people = [
            Complainant.objects.create(
                brand=brand, is_anonymous=self.random.random() < 0.5, on_behalf_of=self.random.choice(["", "", "Ann"])
            )
            for _ in range(6)
        ]

    def fill(self, number: int) -> None:
        """So many more cases."""
        made = [self._case() for _ in range(number)]
        for case, seen in made:
            near = AT - timedelta(days=90)
            theirs = Case.objects.filter(complainant=case.complainant_id).values_list("opened_at", flat=True)
            seen["complaints"] = sum(near < opened <= AT for opened in theirs)
            self.facts[case.pk] = Facts(**seen)

    def _case(self) -> tuple[Case, dict[str, Any]]:
        pick, stage = self.random, self.stage
        status = pick.choice([Status.NEW, Status.OPEN, Status.WAITING, Status.WITHDRAWN])
        owner = None if status == Status.NEW else pick.choice([stage.agent, stage.colleague])
        category = pick.choice([None, stage.category])
        team = pick.choice([None, stage.team])
        person = pick.choice(self.people)
        case = Case.objects.create(
            brand=stage.brand,
            reference=f"BW-{next(self.numbers)}",
            status=Status.OPEN if owner else Status.NEW,
            owner=owner,
            complainant=person,
            channel=pick.choice([stage.channel, stage.form]),
            category=category,
            team=team,
            severity=pick.randint(1, 4),
            wish=pick.choice(["", Wish.MONEY, Wish.REPAIR]),
            language=pick.choice(["", "en", "fr-CA"]),
            is_restricted=pick.random() < 0.3,
            reopened=pick.randint(0, 2),
            opened_at=AT + timedelta(days=pick.choice([-200, -90, -89, -5, 0, 1])),
            posted_at=AT,
        )
        seen: dict[str, Any] = {
            "status": status.value,
            "category": category.pk if category else 0,
            "severity": case.severity,
            "wish": str(case.wish),
            "channel": case.channel_id,
            "language": case.language[:2],
            "team": team.pk if team else 0,
            "owner": owner.pk if owner else 0,
            "restricted": case.is_restricted,
            "reopened": case.reopened,
            "sort": _sort(person).value,
        }
        for part in (self._posts, self._said, self._decided, self._acted, self._late):
            seen |= part(case)
        if status not in {Status.NEW, Status.OPEN}:
            Case.objects.filter(pk=case.pk).update(status=status)
        return case, seen

    def _posts(self, case: Case) -> dict[str, Any]:
        pick = self.random
        chosen = [tag for tag in self.tags if pick.random() < 0.4]
        CaseTag.objects.bulk_create(CaseTag(case=case, tag=tag) for tag in chosen)
        words: set[str] = set()
        views = shares = posts = 0
        hidden = False
        for _ in range(pick.randint(0, 3)):
            has_left, text = pick.random() < 0.25, pick.choice(TEXTS)
            post = self._post(case, text)
            CasePost.objects.create(case=case, post=post, left_at=AT if has_left else None)
            last = self._observed(post)
            if not has_left:
                posts, words = posts + 1, words | lexemes(text)
                views, shares, hidden = views + last[0], shares + last[1], hidden or last[2]
        return {
            "tag": frozenset(tag.pk for tag in chosen),
            "words": frozenset(words),
            "posts": posts,
            "views": views,
            "shares": shares,
            "hidden": hidden,
        }

    def _post(self, case: Case, text: str) -> Post:
        external = f"x-{next(self.numbers)}"
        raw = Raw.objects.create(
            channel=case.channel, brand=case.brand, external_id=external, digest=b"\0" * 32, body=b"-"
        )
        return Post.objects.create(
            brand=case.brand,
            channel=case.channel,
            external_id=external,
            raw=raw,
            text=text,
            digest=b"\0" * 32,
            posted_at=AT,
        )

    def _observed(self, post: Post) -> tuple[int, int, bool]:
        pick = self.random
        views = shares = 0
        for day in range(pick.randint(0, 2)):
            seen = pick.choice([(3, None), (None, 2), (6, 1), (1, 5)])
            Observation.objects.create(
                post=post,
                brand=post.brand,
                kind=ObservationKind.REACH,
                at=AT + timedelta(days=day),
                views=seen[0],
                shares=seen[1],
            )
            views = views if seen[0] is None else seen[0]
            shares = shares if seen[1] is None else seen[1]
        is_hidden = pick.random() < 0.3
        if is_hidden:
            Observation.objects.create(
                post=post, brand=post.brand, kind=ObservationKind.HIDDEN_BY_US, at=AT, reason="Mistake"
            )
        return views, shares, is_hidden

    def _said(self, case: Case) -> dict[str, Any]:
        pick, stage = self.random, self.stage
        has_replied, has_written = pick.random() < 0.4, pick.random() < 0.4
        if has_replied or pick.random() < 0.5:
            standing = {"status": ReplyStatus.POSTED, "url": "https://s.example/1", "posted_at": AT}
            PublicReply.objects.create(
                post=self._post(case, "?"), case=case, author=stage.agent, **(standing if has_replied else {})
            )
        if has_written or pick.random() < 0.5:
            thread = Thread.objects.create(case=case, complainant=case.complainant)
            Message.objects.create(thread=thread, case=case, author=stage.agent if has_written else None, text="-")
        return {"public_reply": has_replied, "private_reply": has_written}

    def _decided(self, case: Case) -> dict[str, Any]:
        pick, stage = self.random, self.stage
        outcome = pick.choice([None, Outcome.UPHELD, Outcome.REJECTED])
        is_answered = pick.random() < 0.3
        if pick.random() < 0.3:
            Decision.objects.create(case=case, outcome=Outcome.SETTLED, by=stage.agent, superseded_at=AT)
        if outcome is not None:
            Decision.objects.create(case=case, outcome=outcome, by=stage.agent)
        if is_answered or pick.random() < 0.3:
            Answer.objects.create(
                case=case,
                route=AnswerRoute.UNREACHABLE,
                status=AnswerStatus.UNREACHABLE,
                by=stage.agent,
                superseded_at=None if is_answered else AT,
            )
        return {"decided": outcome is not None, "outcome": outcome.value if outcome else "", "answered": is_answered}

    def _acted(self, case: Case) -> dict[str, Any]:
        pick, stage = self.random, self.stage
        total: Decimal | None = Decimal(0)
        still_open = failed = 0
        waits = False
        for _ in range(pick.randint(0, 3)):
            amount = pick.choice([None, Decimal("49.99"), Decimal(100)])
            currency = pick.choice(["EUR", "GBP", "EUR", "JPY"]) if amount else ""
            one = Action.objects.create(
                case=case,
                kind=stage.refund if amount else stage.apology,
                amount=amount,
                currency=currency,
                is_required=pick.random() < 0.7,
            )
            becomes = pick.choice(["proposed", "waived", "asked", "failed"])
            if becomes == "waived":
                given = {"waiver": "Not needed.", "waived_at": AT, "waived_by": stage.manager}
                Action.objects.filter(pk=one.pk).update(status=ActionStatus.WAIVED, **given)
                continue
            still_open += one.is_required
            if amount is not None and total is not None:
                rate = {"EUR": Decimal(1), "GBP": POUND, "JPY": None}[currency]
                total = None if rate is None else total + round(amount * rate, 4)
            if becomes == "asked":
                waits = True
                kept = {"kind": one.kind, "amount": amount, "currency": currency, "wording": one.wording}
                Approval.objects.create(brand=case.brand, case=case, action=one, requested_by=stage.agent, **kept)
            elif becomes == "failed" and currency != "JPY" and case.owner_id:
                failed += 1
                by = actor(stage.manager)
                actions.start_action(action_id=one.pk, at=AT, actor=by)
                actions.fail_action(action_id=one.pk, reason="No.", at=AT, actor=by)
        return {"actions_open": still_open, "actions_failed": failed, "amount": total, "approval_waits": waits}

    def _late(self, case: Case) -> dict[str, Any]:
        missed = self.random.randint(0, 2)
        for number in range(missed + self.random.randint(0, 1)):
            due = AT + timedelta(hours=number)
            Deadline.objects.create(
                case=case,
                brand=case.brand,
                policy=self.policy,
                goal=Goal.REPLY,
                round=number + 1,
                started_at=AT,
                first_due_at=due,
                due_at=due,
                missed_at=due if number < missed else None,
            )
        return {"late": missed}


def _sort(person: Complainant) -> Sort:
    if person.on_behalf_of:
        return Sort.ON_BEHALF
    return Sort.ANONYMOUS if person.is_anonymous else Sort.NAMED
