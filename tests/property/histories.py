"""A year of what people do, at random, across both changes of the clocks; and random questions about it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.db import transaction

from cases import errors
from cases.commands import case as commands
from cases.commands import catalogue, deadline, intake, triage
from cases.models import Case, Category, Channel, Escalation, Kind, Membership, Original, Post, Seer, User
from cases.queries import deadline as deadlines
from cases.queries import people
from cases.queries.reports.question import Question
from cases.queries.reports.sources import has
from cases.rules.arrival import Arrival
from cases.rules.periods import Period
from cases.vocabulary import (
    SYSTEM,
    Dimension,
    Goal,
    Needs,
    ObservationKind,
    Population,
    PostKind,
    Role,
    Start,
    Unit,
    When,
)
from tests import rules_at_work, times
from tests.authority import limited
from tests.people import actor, set_stage
from tests.property.folding import POPULATIONS, World
from tests.property.moves import TRIES, Try, finish

BEGINS, ENDS = datetime(2026, 1, 15, tzinfo=UTC), datetime(2027, 1, 10, tzinfo=UTC)
NOW = datetime(2027, 1, 12, 9, 30, 0, 123457, tzinfo=UTC)
ZONES = ("Europe/Paris", "America/New_York", "Pacific/Auckland", "Asia/Kathmandu", "UTC")
# The days on which the clocks of Paris and New York change.
CHANGES = ((2026, 3, 8), (2026, 3, 29), (2026, 10, 25), (2026, 11, 1))
WHO = ("owner", "owner", "owner", "owner", "manager", "manager", "agent", "colleague")


class Year:
    """A brand in the course of a year, and another one beside it."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.stage = set_stage()
        self.at = BEGINS
        self.secrets: dict[int, str] = {}
        self.cases: list[int] = []
        Membership.objects.create(person=self.stage.manager, brand=self.stage.other_brand, role=Role.AUDITOR)
        self.elsewhere = Channel.objects.create(
            brand=self.stage.other_brand, name="Mail", slug="mail", kind="mailbox", platform="mail"
        )
        for code in ("billing", "wide"):
            Category.objects.create(brand=self.stage.brand, code=code, label={"en": code.title()}, team=self.stage.team)
        Kind.objects.update(ask_again_days=21)
        limited(self.stage, budget_each=200, window="day")
        times.working_hours(self.stage.brand)
        times.policy(self.stage.brand, Goal.FIRST_REPLY, amount=15, unit=Unit.OPEN_MINUTE, pauses=True)
        times.policy(self.stage.brand, Goal.DECISION, amount=2, unit=Unit.WORKING_DAY, again=True)
        times.policy(self.stage.brand, Goal.REPLY, Start.WROTE, 5, unit=Unit.OPEN_HOUR)
        times.extendable(self.stage.brand, Needs.REASON, again=True)
        self.rule = rules_at_work.live(self.stage, When.OPENED, since=BEGINS)

    def pass_(self, steps: int) -> None:
        """So many things happen, or are tried."""
        for _ in range(steps):
            self.at += timedelta(seconds=self.random.randrange(1, 2 * int((ENDS - BEGINS).total_seconds()) // 600))
            if not self.cases or self.random.random() < 0.08:
                self._complain()
            elif self.random.random() < 0.04:
                finish_of = self.random.choice(self.cases)
                self._end(finish_of)
            else:
                self._try()
        deadline.note_missed(deadline_ids=deadlines.to_miss(self.at, 500), at=self.at, actor=SYSTEM)

    def _complain(self) -> None:
        """A post comes in, here or there: by somebody new or somebody known, and mostly a complaint."""
        stage, pick = self.stage, self.random.randrange(12)
        channel = (stage.channel, stage.channel, stage.form, self.elsewhere)[pick % 4]
        by = stage.outsider if channel == self.elsewhere else stage.agent
        arrival = Arrival(
            external_id=str(uuid4()),
            text="It never came.",
            author=f"author-{self.random.randrange(8)}",
            posted_at=self.at - timedelta(minutes=self.random.randrange(3000)),
            language=self.random.choice(("", "en", "fr")),
        )
        post = intake.receive(channel_id=channel.pk, arrival=arrival, at=self.at, actor=actor(by)).post
        assert post is not None
        if pick == 11 or Case.objects.filter(links__post=post).exists():
            return
        kind = PostKind.PRAISE if pick == 10 else PostKind.COMPLAINT
        given: dict[str, Any] = (
            {"category_id": stage.category.pk, "severity": 3} if by == stage.agent and pick < 8 else {}
        )
        made = triage.triage(post_id=post.pk, kind=kind, **given, at=self.at, actor=actor(by))
        if made is not None:
            self._follow(made, post, pick)

    def _follow(self, made: Case, post: Post, pick: int) -> None:
        self.cases.append(made.pk)
        at = self.at + timedelta(minutes=self.random.randrange(100))
        if pick < 4 and made.brand_id == self.stage.brand.pk:
            Escalation.objects.create(
                brand_id=made.brand_id,
                case=made,
                rule=self.rule.rule,
                version=self.rule,
                occasion=str(uuid4()),
                matched_at=at,
                was_useful=(None, True, False)[pick % 3],
            )
        if pick in {1, 2}:
            said = {"product": "Card", "issue": "Fee", "response": "Closed with relief", "is_timely": pick == 1}
            Original.objects.get_or_create(case=made, defaults={"source": "cfpb", **said})
        if pick in {3, 5}:
            kind = ObservationKind.GONE if pick == 3 else ObservationKind.HIDDEN_BY_US
            by = actor(self.stage.outsider if made.brand_id == self.stage.other_brand.pk else self.stage.agent)
            triage.observe(post_id=post.pk, kind=kind, seen_at=at, reason="Seen.", at=at, actor=by)

    def _end(self, case_id: int) -> None:
        case = Case.objects.get(pk=case_id)
        if case.status in {"new", "open", "waiting"} and case.brand_id == self.stage.brand.pk:
            with transaction.atomic():
                finish(case_id, self.stage.manager, self.at)

    def _try(self) -> None:
        case = Case.objects.select_related("owner").get(pk=self.random.choice(self.cases[-12:]))
        who = self.random.choice(WHO)
        person: User = (case.owner or self.stage.agent) if who == "owner" else getattr(self.stage, who)
        pick = self.random.randrange(8)
        one = Try(self.stage, case, person, pick, self.at, self.secrets)
        try:
            if self.random.random() < 0.06:
                category = self.stage.brand.categories.filter(is_active=True).order_by("pk")[pick % 2]
                self._classify(case, category, person)
            else:
                rare = self.random.random() < 0.15
                made = TRIES[self.random.choice(("split", "merge") if rare else sorted(TRIES))](one)
                if isinstance(made, Case) and made.pk not in self.cases:
                    self.cases.append(made.pk)
        except errors.Refused:
            pass

    def _classify(self, case: Case, category: Category, person: User) -> None:
        commands.classify(case_id=case.pk, category_id=category.pk, severity=2, at=self.at, actor=actor(person))

    def merge(self) -> None:
        """One category goes on as another one."""
        billing, wide = (self.stage.brand.categories.get(code=code) for code in ("billing", "wide"))
        by = actor(self.stage.admin)
        catalogue.merge_category(category_id=billing.pk, into_id=wide.pk, at=self.at, actor=by)

    def seers(self) -> list[Seer]:
        """Everybody who might look, and nobody."""
        stage = self.stage
        whom = (stage.agent, stage.colleague, stage.manager, stage.admin, stage.auditor, stage.outsider)
        return [*(people.seer_of(each.pk) for each in whom), people.seer_of(None)]


def questions(random: Random, world: World, count: int) -> Iterator[Question]:
    """Questions of every sort."""
    rows = {each: list(make(world, NOW)) for each, make in POPULATIONS.items()}
    for _ in range(count):
        population = random.choice(list(Population))
        found = rows[population]
        period = _period(random, [row.at for row in found])
        dimensions = [each for each in Dimension if has(population, each)]
        splits = tuple(random.sample(dimensions, random.choice((0, 0, 1, 1, 1, 2))))
        filters: dict[Dimension, tuple[str, ...]] = {}
        for dimension in random.sample(dimensions, random.choice((0, 0, 0, 1, 1, 2))):
            picked = [random.choice(found) for _ in range(3)] if found else []
            values = {world.value(row, dimension, ZoneInfo(period.zone), NOW) for row in picked}
            filters[dimension] = tuple(values | {random.choice(("", "none", "7"))})
        yield Question(population, period, filters, splits)


def _period(random: Random, instants: list[datetime]) -> Period:
    zone = random.choice(ZONES)
    clock = ZoneInfo(zone)
    some = random.choice(instants) if instants else BEGINS
    sort = random.randrange(8)
    if sort == 0:
        return Period(some, some + timedelta(seconds=1), zone)
    if sort == 1:
        return Period(datetime(1950, 1, 1, tzinfo=clock), datetime(2050, 1, 1, tzinfo=clock), zone)
    if sort == 2:
        day = datetime(*random.choice(CHANGES), tzinfo=clock)
        return Period(day, day.replace(day=day.day + 1) if day.day < 28 else day + timedelta(days=1), zone)
    if sort == 3:
        month = random.randrange(1, 10)
        return Period(datetime(2026, month, 1, tzinfo=clock), datetime(2026, month + 3, 1, tzinfo=clock), zone)
    if sort == 4:
        return Period(datetime(2026, 1, 1, tzinfo=clock), datetime(2027, 1, 13, tzinfo=clock), zone)
    end = some + timedelta(seconds=random.randrange(1, 20_000_000), microseconds=random.randrange(1_000_000))
    return Period(some, end, zone)
