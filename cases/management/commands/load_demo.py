"""Load the demo: three brands, the people who work there, and some ninety posts in every stage of the path."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.management import BaseCommand
from django.utils import timezone

from cases.commands import confirmation, promise
from cases.management.demo import (
    arrivals,
    brindlewick,
    brindlewick_care,
    brindlewick_past,
    history_told,
    kestrelle,
    orvelle,
    orvelle_care,
)
from cases.management.demo import rules as escalation_rules
from cases.management.demo.authority import set_authority
from cases.management.demo.catalogue import set_catalogue
from cases.management.demo.evaluator import Evaluator
from cases.management.demo.people import PEOPLE, Stage, set_stage
from cases.management.demo.scene import Scene
from cases.management.demo.screenplay import Clock, Step, Story
from cases.management.demo.time import set_time
from cases.models import Brand, Case, Notification, Post
from cases.queries import promise as promises
from cases.queries.calendar import Calendars
from cases.rules import deadlines
from cases.vocabulary import SYSTEM, Unit

# The user names that `up` prints, and the password of everybody in the demo.
SIGN_INS = ("agent", "manager", "admin", "auditor")
PASSWORD = "walk-the-whole-path"  # noqa: S105 - it opens nothing but invented complaints
STORIES: tuple[Story, ...] = (
    *history_told.STORIES,
    *brindlewick_past.STORIES,
    *brindlewick.STORIES,
    *brindlewick_care.STORIES,
    *orvelle_care.STORIES,
    *orvelle.STORIES,
    *kestrelle.STORIES,
    *arrivals.STORIES,
)
# Notifications older than this have been looked at.
UNREAD = timedelta(days=4)
# How often the clock of the demo looks at promises and at whom to ask again.
LOOKS = timedelta(hours=8)
MANY = 500
# From when rules stood still, and for how many hours in which somebody was at work.
OUTAGE, OUTAGE_HOURS = "6 19:10", 5


class Command(BaseCommand):
    """Everything a screen needs to have something to show."""

    help = "Load invented brands, people and complaints into an empty casedesk; does nothing when brands exist."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Set the stage, play every story in the order of its instants."""
        if Brand.objects.exists():
            self.stdout.write("there are brands already: the demo is only for an empty casedesk, nothing was changed")
            return
        now = timezone.now()
        clock = Clock(now)
        stage = set_stage(PASSWORD, clock)
        set_time(stage, clock)
        set_catalogue(stage)
        set_authority(stage, clock)
        scenes = [Scene(story, stage.crew, clock) for story in STORIES]
        evaluator = Evaluator(clock.start, outage=_outage(stage, clock))
        set_up = sorted(escalation_rules.moments(stage, clock), key=lambda moment: moment.at)
        looked = clock.start
        for at, place, step in timeline(clock):
            while set_up and set_up[0].at <= at:
                moment = set_up.pop(0)
                evaluator.until(moment.at)
                moment.do(moment.at)
            evaluator.until(at)
            if at - looked > LOOKS:
                looked = at
                _watch(at, scenes)
            scenes[place].play(at, step.verb, **step.fields)
            evaluator.after(at)
        evaluator.until(now)
        _watch(now, scenes)
        evaluator.look(now)
        escalation_rules.look_back(stage, clock)
        Notification.objects.filter(created_at__lt=now - UNREAD).update(read_at=now)
        self.stdout.write(
            f"the demo is there: {Post.objects.count()} posts, {Case.objects.count()} cases, {len(PEOPLE)} people"
        )


def timeline(clock: Clock) -> list[tuple[datetime, int, Step]]:
    """Every step of every story with its instant and its story's place, earliest first."""
    steps = [(clock.at(step.when), place, step) for place, story in enumerate(STORIES) for step in story.steps]
    return sorted(steps, key=lambda row: row[0])


def _outage(stage: Stage, clock: Clock) -> tuple[datetime, datetime]:
    """Once nothing looked at rules for half a working day: what came due then was done late, and says so."""
    began = clock.at(OUTAGE)
    hours = Calendars(stage.brands["BW"].pk).default
    return began, deadlines.add(began, OUTAGE_HOURS, Unit.OPEN_HOUR, hours)


def _watch(at: datetime, scenes: Sequence[Scene]) -> None:
    """What the timetable would have done by then: count broken promises, ask again whether it lasted."""
    for key in promises.overdue(at, MANY):
        promise.break_promise(promise_id=key, at=at, actor=SYSTEM)
    for key in promises.to_ask_again(at, MANY):
        confirmation.ask_again(case_id=key, at=at, actor=SYSTEM)
        next(scene for scene in scenes if scene.case_id == key).carry(at)
