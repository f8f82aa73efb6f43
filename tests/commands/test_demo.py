"""The demo is told in order, shows every stage of the path, and loads once."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from django.conf import settings as project
from django.core.management import call_command

from cases.management.commands import load_demo
from cases.management.demo.screenplay import ZONE, Clock
from cases.models import (
    Absence,
    Action,
    Answer,
    Approval,
    Asked,
    Attachment,
    Brand,
    Call,
    Callback,
    Case,
    CaseTag,
    Complainant,
    Confirmation,
    Cue,
    Deadline,
    Delivery,
    Draft,
    Escalation,
    EscalationStep,
    Event,
    Extension,
    Grant,
    Invitation,
    Notification,
    Observation,
    PlaybookVersion,
    Point,
    Post,
    Promise,
    Raw,
    Replay,
    Rule,
    RuleVersion,
    Triage,
    User,
)
from cases.queries import authority, missing, people, what_if
from cases.rules.missing import period
from cases.vocabulary import (
    ActionStatus,
    AnswerStatus,
    ApprovalStatus,
    CallStatus,
    DeliveryKind,
    DeliveryStatus,
    Ended,
    EscalationStatus,
    InvitationStatus,
    ObservationKind,
    RawStatus,
    ReplayStatus,
    Status,
    StepStatus,
    VersionStatus,
)
from tests import databases
from tests.property.folding import World
from tests.property.histories import questions
from tests.property.test_figures import differences

SUNDAY_NIGHT = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
MONDAY_MORNING = datetime(2026, 11, 23, 6, 5, tzinfo=UTC)
NOON = datetime(2026, 11, 25, 11, 30, tzinfo=UTC)


class TestTheClock:
    @pytest.mark.parametrize("now", [SUNDAY_NIGHT, MONDAY_MORNING, NOON])
    def test_tells_every_story_in_order_and_in_the_past(self, now: datetime) -> None:
        clock = Clock(now)
        for story in load_demo.STORIES:
            instants = [clock.at(step.when) for step in story.steps]
            assert all(a <= b for a, b in itertools.pairwise(instants)), story.author
            assert instants[-1] < now, story.author

    @pytest.mark.parametrize("now", [SUNDAY_NIGHT, MONDAY_MORNING, NOON])
    def test_lets_colleagues_work_on_working_days(self, now: datetime) -> None:
        clock = Clock(now)
        assert clock.anchor.weekday() < 5
        assert clock.at("3 9:00").weekday() < 5
        assert 8 <= clock.at("150m").hour < 19


@pytest.fixture
def demo(django_db_setup: None, django_db_blocker: Any) -> Iterator[databases.Demo]:
    """The demo that the pages are looked at with, in a copy of its own."""
    with django_db_blocker.unblock():
        before, found = str(project.DATABASES["default"]["NAME"]), databases.demo()
        name = databases.copy(found.name)
        databases.point(name)
        try:
            yield found
        finally:
            databases.point(before)
            databases.drop(name)


class TestTheDemo:
    def test_shows_every_stage_of_the_path(self, demo: databases.Demo) -> None:
        assert "the demo is there" in demo.said
        said, now = io.StringIO(), demo.at

        assert set(Case.objects.values_list("status", flat=True)) == set(Status.values) - {Status.MERGED}
        # Every row that was made has its event: whoever verifies the journal of a fresh start finds nothing.
        call_command("verify_journal", stdout=said)
        assert " 0 findings" in said.getvalue()
        assert set(Action.objects.values_list("status", flat=True)) >= {
            ActionStatus.PROPOSED,
            ActionStatus.AWAITING_APPROVAL,
            ActionStatus.IN_PROGRESS,
            ActionStatus.DONE,
            ActionStatus.WAIVED,
        }
        assert set(Answer.objects.values_list("status", flat=True)) >= {
            AnswerStatus.REACHED,
            AnswerStatus.BOUNCED,
            AnswerStatus.UNREACHABLE,
        }
        assert set(Invitation.objects.values_list("status", flat=True)) == set(InvitationStatus.values)
        assert set(Observation.objects.values_list("kind", flat=True)) >= {
            ObservationKind.REACH,
            ObservationKind.EDITED,
            ObservationKind.GONE,
            ObservationKind.HIDDEN_BY_US,
        }
        assert set(Delivery.objects.values_list("status", flat=True)) >= {
            DeliveryStatus.SENT,
            DeliveryStatus.FAILED,
            DeliveryStatus.UNKNOWN,
        }
        assert Raw.objects.filter(status=RawStatus.FAILED).exists()
        assert set(Case.objects.exclude(satisfaction="").values_list("satisfaction", flat=True)) == {
            "settled",
            "partly",
            "no",
        }
        assert Case.objects.filter(is_restricted=True).exists()
        assert Case.objects.filter(reopened__gt=0, status=Status.OPEN).exists()
        assert Case.objects.filter(status=Status.HANDLED, satisfaction="").exists()
        assert Triage.objects.untriaged().count() >= 8  # type: ignore[attr-defined]
        assert Triage.objects.filter(suggested_case__isnull=False).exists()
        assert set(Triage.objects.exclude(kind=None).values_list("kind", flat=True)) == {
            "complaint",
            "praise",
            "question",
            "other",
        }
        assert {"en", "fr"} <= set(Case.objects.values_list("language", flat=True))
        assert Complainant.objects.filter(is_anonymous=True).exists()
        assert Complainant.objects.exclude(mandate="").exists()
        assert Attachment.objects.filter(action__isnull=False).exists()
        assert Attachment.objects.filter(is_image=True).exists()
        assert Case.objects.unhandled().filter(owner__username="agent").count() >= 10  # type: ignore[attr-defined]
        assert Notification.objects.filter(person__username="agent", read_at=None).exists()
        assert not User.objects.filter(username="mark", is_active=True).exists()
        # Nothing is told before it happened, and almost nothing waits to be mailed.
        assert not Event.objects.filter(occurred_at__gt=now).exists()
        assert Delivery.objects.filter(status=DeliveryStatus.QUEUED).count() <= 3

        _shows_who_decides(now)
        _shows_promises_and_systems(now)
        _shows_deadlines(now)
        _shows_rules(now)
        _is_counted(now)

        agent = User.objects.get(username="agent")
        assert agent.check_password(load_demo.PASSWORD)

        posts = Post.objects.count()
        call_command("load_demo", stdout=said)
        assert "nothing was changed" in said.getvalue()
        assert Post.objects.count() == posts


def _is_counted(now: datetime) -> None:
    """What reports count of it is what its journal tells, for everybody."""
    world = World()
    seers = [people.seer_of(pk) for pk in User.objects.filter(is_active=True).values_list("pk", flat=True)]
    assert differences(world, list(questions(Random(1), world, 60)), seers, now) == []


def _shows_who_decides(now: datetime) -> None:
    """Requests in every state, waiting for the manager and for others, limits of the agent, and a limit to raise."""
    assert set(Approval.objects.values_list("status", flat=True)) == set(ApprovalStatus.values)
    asked = Asked.objects.filter(reply="", passed="", approval__status=ApprovalStatus.WAITING)
    assert asked.filter(person__username="manager").count() >= 3
    assert asked.exclude(person__username="manager").exists()
    assert Approval.objects.filter(status=ApprovalStatus.WAITING, requested_by__username="agent").count() >= 3
    assert Approval.objects.filter(needed=2, status=ApprovalStatus.GRANTED).exists()
    assert Asked.objects.filter(link_used_at__isnull=False).exists()
    assert Asked.objects.filter(passed="too_late").exists()
    # Nobody who waits is passed on by the first sweep.
    assert not asked.filter(answer_by__lte=now).exists()

    assert Grant.objects.filter(ended_at__isnull=False).exists()
    assert Grant.objects.filter(budget_shared__isnull=False, window="day").exists()
    # The day of the brands, which begins before that of UTC.
    day = now.astimezone(ZONE).date()
    assert Absence.objects.filter(starts_on__lte=day, ends_on__gte=day).count() == 2
    agent = User.objects.get(username="agent")
    brands = list(Brand.objects.values_list("pk", flat=True))
    limits = authority.limits_of(agent.pk, brands, now)
    assert any(limit.holder.username == "jonas" for limit in limits)
    brand = Brand.objects.get(prefix="BW")
    days = period("", None, None, today=missing.today(brand, now), zone=brand.zone)
    question = missing.Question(people.seer_of(User.objects.get(username="manager").pk), brand, days, now)
    assert any(proposal.limit for proposal in what_if.proposals(question))


def _shows_promises_and_systems(now: datetime) -> None:
    """Promises kept, open, due soon, moved and broken; orders with a system; points, drafts, causes, consents."""
    promises = Promise.objects.all()
    assert promises.filter(kept_at__isnull=False, broken_at__isnull=True).exists()
    assert promises.filter(moved_at__isnull=False).exists()
    assert promises.filter(broken_at__isnull=False, kept_at__isnull=True).exists()
    assert promises.filter(
        kept_at__isnull=True, moved_at__isnull=True, dropped_at__isnull=True, due_at__gt=now
    ).exists()
    assert Draft.objects.filter(person__username="agent").exists()
    calls = Delivery.objects.filter(kind=DeliveryKind.CALL)
    assert set(calls.values_list("status", flat=True)) == {DeliveryStatus.SENT, DeliveryStatus.UNKNOWN}
    assert set(Callback.objects.values_list("outcome", flat=True)) == {"moved"}
    assert Confirmation.objects.filter(may_say_publicly=True).count() >= 2
    assert Answer.objects.exclude(regime="").exclude(parts=[]).exists()
    assert Point.objects.exists()
    assert PlaybookVersion.objects.filter(status="draft").exists()
    assert Case.objects.filter(cause__isnull=False).exclude(prevention="").exists()


def _shows_deadlines(now: datetime) -> None:
    """Most are met; some late, some paused, some to come; one was given a later date, and they were told."""
    every = Deadline.objects.all()
    met = every.filter(met_at__isnull=False)
    in_time = met.filter(missed_at=None).count()
    assert in_time > 3 * every.filter(missed_at__isnull=False).count()
    assert met.filter(missed_at__isnull=False).exists()
    assert set(every.exclude(ended=None).exclude(ended="").values_list("ended", flat=True)) >= {Ended.CASE_ENDED}
    assert every.unmet().filter(paused_at__isnull=False).exists()
    # What is late is noted as such, at once.
    assert not every.unmet().filter(paused_at=None, missed_at=None, due_at__lte=now).exists()
    for brand in Brand.objects.all():
        open_ones = Case.objects.unhandled().filter(brand=brand)  # type: ignore[attr-defined]
        late = open_ones.filter(due_at__lte=now, is_paused=False).count()
        assert 1 <= late <= open_ones.count() / 2, brand.name
        assert open_ones.filter(due_at__gt=now, is_paused=False).exists(), brand.name
    extension = Extension.objects.get()
    assert extension.message is not None
    assert extension.due_after > extension.due_before


def _shows_rules(now: datetime) -> None:
    """Rules live, drafted, paused and retired; ladders that ran, were stopped, came late; calls, and a replay."""
    rules = Rule.objects.filter(brand__prefix="BW")
    assert rules.filter(retired_at=None, paused_at=None, versions__status=VersionStatus.LIVE).distinct().count() >= 4
    assert rules.filter(paused_at__isnull=False).exists()
    assert rules.filter(retired_at__isnull=False).exists()
    assert Rule.objects.filter(brand__prefix="OR", versions__status=VersionStatus.LIVE).exists()
    draft = RuleVersion.objects.get(status=VersionStatus.DRAFT)
    live = RuleVersion.objects.get(rule=draft.rule, status=VersionStatus.LIVE)
    assert (draft.trigger, draft.steps) != (live.trigger, live.steps)

    acted = Escalation.objects.all()
    assert acted.filter(status=EscalationStatus.DONE).count() >= 5
    assert acted.filter(status=EscalationStatus.STOPPED).exists()
    assert set(acted.exclude(was_useful=None).values_list("was_useful", flat=True)) == {True, False}
    steps = EscalationStep.objects.filter(status=StepStatus.DONE)
    assert steps.filter(is_late=True).exists()
    assert not EscalationStep.objects.filter(status=StepStatus.PENDING, due_at__lte=now).exists()
    assert Call.objects.filter(status=CallStatus.MADE).count() >= 10
    assert Notification.objects.filter(person__username="agent", read_at=None, escalation__isnull=False).exists()
    assert CaseTag.objects.values("tag").distinct().count() >= 2
    assert not Cue.objects.exists()
    # A rule acted when it was live, never before.
    assert not any(one.noticed_at < (one.version.live_at or now) for one in acted.select_related("version"))

    replay = Replay.objects.get()
    assert (replay.status, replay.version_id) == (ReplayStatus.DONE, draft.pk)
    assert replay.acts.filter(is_draft=True).exists()
