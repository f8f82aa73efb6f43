"""The demo is told in order, shows every stage of the path, and loads once."""

from __future__ import annotations

import io
import itertools
from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from django.utils import timezone

from cases.management.commands import load_demo
from cases.management.demo.screenplay import Clock
from cases.models import (
    Action,
    Answer,
    Attachment,
    Case,
    Complainant,
    Delivery,
    Event,
    Invitation,
    Notification,
    Observation,
    Post,
    Raw,
    Triage,
    User,
)
from cases.vocabulary import (
    ActionStatus,
    AnswerStatus,
    DeliveryStatus,
    InvitationStatus,
    ObservationKind,
    RawStatus,
    Status,
)

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


@pytest.mark.django_db
class TestTheDemo:
    def test_shows_every_stage_of_the_path(self) -> None:
        said = io.StringIO()
        call_command("load_demo", stdout=said)
        assert "the demo is there" in said.getvalue()
        now = timezone.now()

        assert set(Case.objects.values_list("status", flat=True)) == set(Status.values) - {Status.MERGED}
        # Every row that was made has its event: whoever verifies the journal of a fresh start finds nothing.
        call_command("verify_journal", stdout=said)
        assert " 0 findings" in said.getvalue()
        assert set(Action.objects.values_list("status", flat=True)) >= {
            ActionStatus.PROPOSED,
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

        agent = User.objects.get(username="agent")
        assert agent.check_password(load_demo.PASSWORD)

        posts = Post.objects.count()
        call_command("load_demo", stdout=said)
        assert "nothing was changed" in said.getvalue()
        assert Post.objects.count() == posts
