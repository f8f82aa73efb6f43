"""The jobs: each finds its work by itself, does it once, and one that is stuck holds up no other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import DatabaseError
from django.utils import timezone

from casedesk.celery import TIMETABLE, app
from cases.channels import mailer
from cases.commands import delivery
from cases.commands.moves import Upload, store
from cases.jobs import delivery as jobs
from cases.jobs import upkeep
from cases.models import Attachment, Delivery, Event, Heartbeat, Invitation
from cases.vocabulary import SYSTEM, DeliveryStatus, EventKind, InvitationStatus, Job
from tests.people import AT, set_stage

pytestmark = pytest.mark.django_db


def mail(recipient: str = "tom@example.org") -> Delivery:
    return delivery.queue_account_mail(recipient=recipient, subject="Subject", body="Text", actor=SYSTEM)


def status(row: Delivery) -> str:
    return Delivery.objects.values_list("status", flat=True).get(pk=row.pk)


@pytest.fixture
def outcomes(monkeypatch: pytest.MonkeyPatch) -> dict[str, mailer.Outcome]:
    """What the world answers, by recipient; it accepts where nothing is said."""
    answers: dict[str, mailer.Outcome] = {}
    monkeypatch.setattr(mailer, "send", lambda letter: answers.get(letter.recipient, mailer.Sent()))
    return answers


@pytest.fixture
def eager() -> Iterator[None]:
    """Nudged jobs run at once."""
    app.conf.update(task_always_eager=True, task_eager_propagates=True)
    yield
    app.conf.update(task_always_eager=False, task_eager_propagates=False)


def test_every_job_is_a_registered_task_that_tolerates_more_than_it_needs() -> None:
    app.loader.import_default_modules()
    for job in Job:
        assert job.value in app.tasks


def test_every_sweep_is_on_the_timetable() -> None:
    # What runs only when it is asked for: a mail, and a calendar that changed.
    assert set(Job) - set(TIMETABLE) == {Job.SEND_DELIVERY, Job.MOVE_DEADLINES}


@pytest.mark.parametrize(
    ("outcome", "then"),
    [
        (mailer.Sent(), DeliveryStatus.SENT),
        (mailer.TemporaryFailure("451"), DeliveryStatus.QUEUED),
        (mailer.PermanentFailure("550"), DeliveryStatus.FAILED),
        (mailer.Unknown("lost"), DeliveryStatus.UNKNOWN),
    ],
)
def test_send_delivery_notes_what_became_of_it(
    outcomes: dict[str, mailer.Outcome], outcome: mailer.Outcome, then: DeliveryStatus
) -> None:
    row = mail()
    outcomes["tom@example.org"] = outcome
    jobs.send_delivery(delivery_id=row.pk, from_a_later_version=1)
    assert status(row) == then


def test_send_delivery_sends_once_however_often_it_is_nudged(monkeypatch: pytest.MonkeyPatch) -> None:
    row = mail()
    sent: list[str] = []

    def send(letter: mailer.Letter) -> mailer.Outcome:
        sent.append(letter.public_id)
        return mailer.Sent()

    monkeypatch.setattr(mailer, "send", send)
    for _ in range(3):
        jobs.send_delivery(delivery_id=row.pk)
    assert sent == [str(row.public_id)]


def test_the_sweep_sends_what_a_lost_nudge_left(eager: None, outcomes: dict[str, mailer.Outcome]) -> None:
    rows = [mail(f"{number}@example.org") for number in range(3)]
    later = mail("later@example.org")
    Delivery.objects.filter(pk=later.pk).update(due_at=timezone.now() + timedelta(hours=1))
    outcomes["0@example.org"] = mailer.Unknown("lost")
    jobs.sweep_deliveries()
    assert [status(row) for row in rows] == ["unknown", "sent", "sent"]
    assert status(later) == DeliveryStatus.QUEUED


def test_one_poisonous_delivery_holds_up_no_other(
    monkeypatch: pytest.MonkeyPatch, outcomes: dict[str, mailer.Outcome]
) -> None:
    """Each goes as a message of its own, so that whatever happens to one, the others are sent."""
    asked: list[tuple[dict[str, int], float]] = []
    monkeypatch.setattr(
        jobs.send_delivery, "apply_async", lambda kwargs, expires, retry: asked.append((kwargs, expires))
    )
    rows = [mail(), mail()]
    jobs.sweep_deliveries()
    assert asked == [({"delivery_id": row.pk}, jobs.NUDGE_SECONDS) for row in rows]


def test_the_sweep_hands_what_a_dead_worker_held_to_a_person(eager: None) -> None:
    row, fresh = mail(), mail()
    delivery.claim(delivery_id=row.pk, at=timezone.now(), actor=SYSTEM)
    delivery.claim(delivery_id=fresh.pk, at=timezone.now(), actor=SYSTEM)
    Delivery.objects.filter(pk=row.pk).update(claimed_at=timezone.now() - delivery.LEASE - timedelta(seconds=1))
    jobs.sweep_deliveries()
    assert [status(row), status(fresh)] == [DeliveryStatus.UNKNOWN, DeliveryStatus.SENDING]


def test_expire_invitations_ends_those_whose_time_is_over() -> None:
    stage = set_stage()
    opened = stage.case()
    over, running = (
        Invitation.objects.create(case=opened, digest=bytes([number]), sent_at=AT, expires_at=expires_at)
        for number, expires_at in enumerate(
            [timezone.now() - timedelta(seconds=1), timezone.now() + timedelta(hours=1)]
        )
    )
    upkeep.expire_invitations()
    upkeep.expire_invitations()
    over.refresh_from_db()
    running.refresh_from_db()
    assert (over.status, running.status) == (InvitationStatus.EXPIRED, InvitationStatus.SENT)
    assert Event.objects.filter(kind=EventKind.INVITATION_EXPIRED).count() == 1


def test_heartbeat_says_that_a_worker_lives_without_filling_the_journal() -> None:
    upkeep.heartbeat()
    upkeep.heartbeat()
    assert timezone.now() - Heartbeat.objects.get().at < timedelta(seconds=5)
    assert not Event.objects.exists()


@pytest.fixture
def files(settings: Any, tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {**settings.STORAGES["default"], "OPTIONS": {"location": str(folder), "base_url": None}},
    }
    return folder


def age(folder: Path, key: str) -> None:
    old = (timezone.now() - timedelta(days=2)).timestamp()
    os.utime(folder / key, (old, old))


def kept(upload: Upload) -> None:
    stage = set_stage()
    Attachment.objects.create(
        brand=stage.brand,
        post=stage.post(),
        key=upload.key,
        name=upload.name,
        media_type=upload.media_type,
        size=upload.size,
        digest=upload.digest,
    )


def test_sweep_files_drops_old_files_that_nothing_names_and_no_other(
    files: Path, django_capture_on_commit_callbacks: Any
) -> None:
    orphan, young, named = (store(name="receipt.txt", content=b"paid") for _ in range(3))
    kept(named)
    foreign = default_storage.save("readme.txt", ContentFile(b"not ours"))
    for key in (orphan.key, named.key, foreign):
        age(files, key)
    with django_capture_on_commit_callbacks(execute=True):
        upkeep.sweep_files()
    assert [default_storage.exists(key) for key in (orphan.key, young.key, named.key, foreign)] == [
        False,
        True,
        True,
        True,
    ]
    assert Event.objects.get(kind=EventKind.FILE_DROPPED).payload == {"files": 1}


def test_sweep_files_finds_nothing_where_nothing_was_ever_stored(files: Path) -> None:
    upkeep.sweep_files()
    assert not Event.objects.exists()


def test_a_delivery_is_never_forgotten_when_its_marking_fails(
    monkeypatch: pytest.MonkeyPatch, outcomes: dict[str, mailer.Outcome]
) -> None:
    """PostgreSQL goes away between the sending and the mark: the lease ends, and a person looks."""
    row = mail()

    def gone(**_: Any) -> None:
        raise DatabaseError("the server closed the connection")

    monkeypatch.setattr(delivery, "mark_sent", gone)
    with pytest.raises(DatabaseError):
        jobs.send_delivery(delivery_id=row.pk)
    assert status(row) == DeliveryStatus.SENDING
    delivery.end_lease(delivery_id=row.pk, at=timezone.now() + delivery.LEASE, actor=SYSTEM)
    assert status(row) == DeliveryStatus.UNKNOWN
