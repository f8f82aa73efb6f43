"""Load the demo: three brands, the people who work there, and some sixty posts in every stage of the path."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.management import BaseCommand
from django.utils import timezone

from cases.management.demo import (
    arrivals,
    brindlewick,
    brindlewick_care,
    brindlewick_past,
    kestrelle,
    orvelle,
    orvelle_care,
)
from cases.management.demo.people import PEOPLE, set_stage
from cases.management.demo.scene import Scene
from cases.management.demo.screenplay import Clock, Step, Story
from cases.models import Brand, Case, Notification, Post

# The user names that `up` prints, and the password of everybody in the demo.
SIGN_INS = ("agent", "manager", "admin")
PASSWORD = "walk-the-whole-path"  # noqa: S105 - it opens nothing but invented complaints
STORIES: tuple[Story, ...] = (
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


class Command(BaseCommand):
    """Everything a screen needs to have something to show."""

    help = "Load invented brands, people and complaints into an empty casedesk; does nothing when brands exist."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Set the stage, play every story in the order of its instants."""
        if Brand.objects.exists():
            self.stdout.write("there are brands already: the demo is only for an empty casedesk, nothing was changed")
            return
        now = timezone.now()
        crew = set_stage(PASSWORD)
        clock = Clock(now)
        scenes = [Scene(story, crew, clock) for story in STORIES]
        for at, place, step in timeline(clock):
            scenes[place].play(at, step.verb, **step.fields)
        Notification.objects.filter(created_at__lt=now - UNREAD).update(read_at=now)
        self.stdout.write(
            f"the demo is there: {Post.objects.count()} posts, {Case.objects.count()} cases, {len(PEOPLE)} people"
        )


def timeline(clock: Clock) -> list[tuple[datetime, int, Step]]:
    """Every step of every story with its instant and its story's place, earliest first."""
    steps = [(clock.at(step.when), place, step) for place, story in enumerate(STORIES) for step in story.steps]
    return sorted(steps, key=lambda row: row[0])
