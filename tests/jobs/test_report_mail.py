"""Saved reports by mail: to each what they may see, once, with a table and a file, through a real mail server."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.header import decode_header, make_header
from email.message import Message
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import time_machine
from django.core.files.storage import FileSystemStorage
from django.db import connections
from django.utils import timezone

from cases import errors
from cases.channels import mailer
from cases.commands import delivery as deliveries
from cases.commands import people as people_commands
from cases.commands import saved_report as commands
from cases.jobs import delivery as delivery_jobs
from cases.jobs import export as export_jobs
from cases.jobs import report_mail as jobs
from cases.models import Category, Channel, Delivery, Event, Export, Membership, SavedReport, User
from cases.queries.reports import attached, mailed
from cases.queries.reports.asked import Asked
from cases.queries.reports.catalogue import REPORTS
from cases.queries.reports.whole import FRONT_SECTIONS
from cases.rules.rhythm import Beat
from cases.vocabulary import SYSTEM, ChannelKind, DeliveryStatus, EventKind, Format, Rhythm, Role
from tests.desk import taken
from tests.faults.parts import environment
from tests.faults.smtp import Post, smtp_server, use
from tests.jobs.test_export import keep_in
from tests.people import Stage, actor, set_stage

pytestmark = pytest.mark.usefixtures("own_database")
# The cases of the stage are of 8 September; this Monday is of the same month.
START = datetime(2026, 9, 9, 12, 0, tzinfo=UTC)
DUE = datetime(2026, 9, 14, 6, 0, tzinfo=UTC)
MONDAYS = Beat(Rhythm.WEEKLY, 8, "Europe/Paris", weekday=0)


@pytest.fixture(autouse=True)
def files(tmp_path: Path, settings: Any) -> Path:
    """A place for files of this test alone."""
    return keep_in(tmp_path / "files", settings)


@pytest.fixture
def post(settings: Any) -> Iterator[Post]:
    """A mail server."""
    server = Post()
    with smtp_server(server) as port:
        use(settings, port)
        yield server


@pytest.fixture
def stage() -> Stage:
    """Three cases at one brand and two at another, whose manager also manages the first."""
    made = set_stage()
    for number in range(3):
        taken(made, f"p-{number}", author=f"a-{number}")
    Membership.objects.create(person=made.manager, brand=made.other_brand, role=Role.MANAGER)
    Membership.objects.create(person=made.agent, brand=made.other_brand, role=Role.AGENT)
    category = Category.objects.create(brand=made.other_brand, code="late", label={"en": "Late", "fr": "En retard"})
    channel = Channel.objects.create(
        brand=made.other_brand, name="Else", slug="else", kind=ChannelKind.WEBHOOK, platform="social"
    )
    here = made.channel, made.category
    made.channel, made.category = channel, category
    for number in range(2):
        taken(made, f"q-{number}", author=f"b-{number}")
    made.channel, made.category = here
    return made


def scheduled(stage: Stage, *to: User, report: str = "flow", beat: Beat = MONDAYS, **given: list[str]) -> SavedReport:
    """A saved report of this month, sent on Mondays as CSV."""
    filled = {"period": ["this-month"], "zone": ["Europe/Paris"], "split": ["brand"]} | given
    asked = Asked.of(report, filled, now=START, zone="UTC")
    made = commands.save_report(asked=asked, name="Board", at=START, actor=actor(stage.manager))
    return commands.schedule(
        saved_id=made.pk,
        beat=beat,
        written_as=Format.CSV,
        recipient_ids=[each.pk for each in to or (stage.manager,)],
        at=START,
        actor=actor(stage.manager),
    )


def sweep(at: datetime = DUE) -> None:
    """What a minute of the timetable does."""
    with time_machine.travel(at, tick=False):
        jobs.mail_reports()


def carry(at: datetime = DUE) -> None:
    """The exports are written, then the mails go."""
    with time_machine.travel(at + timedelta(seconds=20), tick=False):
        export_jobs.run_export()
        for key in Delivery.objects.values_list("pk", flat=True):
            delivery_jobs.send_delivery(delivery_id=key)


def parts(mail: Message) -> dict[str, str]:
    """The bodies of a mail by their types, and the files of its archive by their names."""
    found = {}
    for part in mail.walk():
        if not part.is_multipart():
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            if part.get_content_type() == "application/zip":
                found |= files_of(content)
            else:
                found[part.get_filename() or part.get_content_type()] = content.decode()
    return found


def files_of(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {each: archive.read(each).decode("utf-8-sig") for each in archive.namelist()}


def to(post: Post, person: User) -> dict[str, str]:
    """What somebody got."""
    [mail] = [each for each in post.mails if each["To"] == person.email]
    return parts(mail)


def subject(mail: Message) -> str:
    return str(make_header(decode_header(mail["Subject"])))


class TestMail:
    def test_has_a_text_a_page_and_a_file(self, stage: Stage, post: Post) -> None:
        scheduled(stage)
        sweep()
        carry()
        [mail] = post.mails
        assert subject(mail) == "Board: 1–14 September 2026"
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail["Message-ID"] == mailer.message_id(str(Delivery.objects.get().public_id))
        assert [part.get_content_type() for part in mail.walk()] == [
            "multipart/mixed",
            "multipart/alternative",
            "text/plain",
            "text/html",
            "application/zip",
        ]
        text, page = parts(mail)["text/plain"], parts(mail)["text/html"]
        name = [*mail.walk()][-1].get_filename()
        assert "5 came in and 0 went out." in text
        assert "5 came in and 0 went out." in page
        assert ", of Brindlewick, Orvelle" in page
        assert "Attached: casedesk-flow-2026-09-01-2026-09-14.zip, a file for each table" in text.replace("\r\n", " ")
        assert attached.PLACE not in text + page
        assert "every Monday at 8:00, Europe/Paris" in page
        assert name == "casedesk-flow-2026-09-01-2026-09-14.zip"
        assert [*parts(mail)][2:] == ["01-figures.csv", "02-movements.csv", "03-hours.csv"]
        rows = [*csv.reader(io.StringIO(parts(mail)["02-movements.csv"]))]
        assert [row[:2] for row in rows[1:3]] == [["Brindlewick", "3"], ["Orvelle", "2"]]

    def test_its_figures_are_links_that_show_the_same_again(self, stage: Stage, post: Post, settings: Any) -> None:
        scheduled(stage)
        sweep()
        page = Delivery.objects.get().html or ""
        assert (
            f'href="{settings.SITE_URL}/reports/behind/?figure=flow_received&amp;from=2026-09-01&amp;to=2026-09-14'
            in page
        )
        assert (
            f'href="{settings.SITE_URL}/reports/flow/?from=2026-09-01&amp;to=2026-09-14&amp;zone=Europe%2FParis' in page
        )

    @pytest.mark.parametrize("report", ["front", "speed", "actions", "deadlines", "public", "people", "escalations"])
    def test_every_sort_of_report_can_be_sent(self, stage: Stage, post: Post, report: str) -> None:
        split: dict[str, Any] = {"split": []} if report == "front" else {}
        scheduled(stage, report=report, compare=["before"], **split)
        sweep()
        carry()
        [mail] = post.mails
        export, said = Export.objects.get(), parts(mail)
        assert (export.status, export.report) == ("done", report)
        tables = FRONT_SECTIONS if report == "front" else REPORTS[report].sections
        figures = [*csv.reader(io.StringIO(said["01-figures.csv"]))]
        assert figures[0] == ["Table", "Figure", "This period", "The period before"]
        named = {row[0] for row in figures}
        for each in tables:
            # Every table that the mail shows stands in its file too.
            assert str(each.title) in named
            assert str(each.title) in said["text/html"]
        assert ("02-rows.csv" if report == "front" else f"02-{tables[0].name}.csv") in said

    def test_the_front_page_has_nine_of_ten_and_what_is_stuck_now(self, stage: Stage, post: Post) -> None:
        scheduled(stage, report="front", split=[])
        sweep()
        carry()
        text = parts(post.mails[0])["text/plain"].replace("\r\n", "\n")
        assert "Handled: half within: not yet" in text
        assert "Handled: 9 of 10 within: not yet" in text
        # Whatever the period: five came in within it, and none of them is closed.
        assert "Open now, whenever received\n" in text
        assert "Open: 5" in text.split("Open now, whenever received")[1]

    def test_time_that_went_by_is_an_average_as_on_the_page(self, stage: Stage, post: Post) -> None:
        scheduled(stage, report="speed")
        sweep()
        # Five of them with their owners since 8 September.
        assert "With the owner: 5 d 18 h\n" in (Delivery.objects.get().body or "")

    def test_names_are_escaped_in_the_page_and_not_in_the_text(self, stage: Stage, post: Post) -> None:
        found = scheduled(stage)
        SavedReport.objects.filter(pk=found.pk).update(name="<b>R&D</b>")
        sweep()
        made = Delivery.objects.get()
        assert "<h1" in (made.html or "")
        assert "&lt;b&gt;R&amp;D&lt;/b&gt;" in (made.html or "")
        assert (made.body or "").startswith("<b>R&D</b>")

    def test_sent_again_it_is_the_same_mail(self, stage: Stage, post: Post) -> None:
        post.drops = True
        scheduled(stage)
        sweep()
        carry()
        made = Delivery.objects.get()
        assert made.status == DeliveryStatus.UNKNOWN
        post.drops = False
        deliveries.settle(delivery_id=made.pk, choice="again", at=DUE, actor=actor(stage.admin))
        carry()
        assert [each["Message-ID"] for each in post.mails] == [mailer.message_id(str(made.public_id))] * 2
        assert parts(post.mails[0]) == parts(post.mails[1])


class TestRights:
    def test_each_gets_what_they_may_see(self, stage: Stage, post: Post) -> None:
        scheduled(stage, stage.manager, stage.auditor)
        sweep()
        carry()
        assert "5 came in" in to(post, stage.manager)["text/plain"]
        theirs = to(post, stage.auditor)
        assert "3 came in" in theirs["text/plain"]
        for content in theirs.values():
            assert "Orvelle" not in content

    def test_each_in_their_language(self, stage: Stage, post: Post) -> None:
        User.objects.filter(pk=stage.auditor.pk).update(language="fr")
        scheduled(stage, stage.manager, stage.auditor)
        sweep()
        carry()
        subjects = {str(each["To"]): subject(each) for each in post.mails}
        assert subjects[stage.manager.email].endswith("September 2026")
        assert subjects[stage.auditor.email].endswith("septembre 2026")
        assert '<html lang="fr">' in to(post, stage.auditor)["text/html"]
        assert '<html lang="en">' in to(post, stage.manager)["text/html"]

    def test_whoever_lost_the_right_gets_nothing_and_the_others_do(self, stage: Stage, post: Post) -> None:
        scheduled(stage, stage.manager, stage.auditor)
        Membership.objects.filter(person=stage.auditor).update(role=Role.AGENT)
        sweep()
        carry()
        assert [each["To"] for each in post.mails] == [stage.manager.email]
        assert Event.objects.get(kind=EventKind.REPORT_MAILED).payload["missed"] == [stage.auditor.pk]

    def test_whoever_left_gets_nothing(self, stage: Stage, post: Post) -> None:
        scheduled(stage, stage.manager, stage.auditor)
        people_commands.deactivate_person(person_id=stage.auditor.pk, at=START, actor=actor(stage.admin))
        sweep()
        carry()
        assert [each["To"] for each in post.mails] == [stage.manager.email]

    def test_figures_by_person_reach_no_auditor(self, stage: Stage, post: Post) -> None:
        scheduled(stage, stage.manager, stage.auditor)
        SavedReport.objects.update(asked={"period": ["this-month"], "split": ["owner"]}, report="people")
        sweep()
        carry()
        assert [each["To"] for each in post.mails] == [stage.manager.email]

    def test_a_right_lost_on_the_way_calls_the_mail_off(self, stage: Stage, post: Post) -> None:
        scheduled(stage)
        sweep()
        with time_machine.travel(DUE + timedelta(seconds=20), tick=False):
            export_jobs.run_export()
        Membership.objects.filter(person=stage.manager, brand=stage.other_brand).delete()
        carry()
        assert post.mails == []
        assert Delivery.objects.get().status == DeliveryStatus.CANCELLED

    def test_nor_does_it_go_where_the_file_was_made_with_lesser_rights(self, stage: Stage, post: Post) -> None:
        scheduled(stage)
        sweep()
        Membership.objects.filter(person=stage.manager).update(role=Role.AUDITOR)
        carry()
        assert Export.objects.get().status == "done"
        assert post.mails == []

    def test_figures_counted_with_other_rights_are_not_written_down(self, stage: Stage) -> None:
        found = scheduled(stage)
        letter = mailed.letter(found, stage.manager, now=DUE)
        Membership.objects.filter(person=stage.manager, brand=stage.other_brand).delete()
        with pytest.raises(errors.ChangedMeanwhile):
            commands.mail_report(saved_id=found.pk, due_at=DUE, letters=[letter], at=DUE, actor=SYSTEM)
        found.refresh_from_db()
        assert found.next_at == DUE
        assert not Delivery.objects.exists()


class TestFile:
    def test_the_mail_waits_for_it(self, stage: Stage, post: Post) -> None:
        scheduled(stage)
        sweep()
        made = Delivery.objects.get()
        with time_machine.travel(DUE, tick=False):
            delivery_jobs.send_delivery(delivery_id=made.pk)
            with mock.patch.object(delivery_jobs.send_delivery, "apply_async") as nudged:
                delivery_jobs.sweep_deliveries()
        assert not nudged.called
        made.refresh_from_db()
        assert (made.status, made.attempts, post.mails) == (DeliveryStatus.QUEUED, 0, [])

    def test_without_it_the_mail_says_so(self, stage: Stage, post: Post) -> None:
        scheduled(stage)
        sweep()
        with mock.patch.object(export_jobs, "_written", side_effect=OSError(28, "No space left on device")):
            carry()
        [mail] = post.mails
        assert set(parts(mail)) == {"text/plain", "text/html"}
        for content in parts(mail).values():
            assert "The file could not be written" in content.replace("\r\n", " ")

    def test_a_large_one_is_linked(self, stage: Stage, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(attached, "LARGEST", 10)
        scheduled(stage)
        sweep()
        carry()
        [mail] = post.mails
        assert set(parts(mail)) == {"text/plain", "text/html"}
        link = f"/reports/exports/#export-{Export.objects.get().public_id}"
        assert link in parts(mail)["text/plain"]
        assert f'{link}"' in parts(mail)["text/html"]

    def test_while_the_storage_is_away_the_mail_is_tried_again(self, stage: Stage, post: Post) -> None:
        scheduled(stage)
        sweep()
        with mock.patch.object(FileSystemStorage, "open", side_effect=OSError("away")):
            carry()
        made = Delivery.objects.get()
        assert (made.status, post.mails) == (DeliveryStatus.QUEUED, [])
        carry(DUE + timedelta(minutes=10))
        assert len(post.mails) == 1


class TestOnce:
    def test_a_second_sweep_sends_nothing(self, stage: Stage) -> None:
        found = scheduled(stage)
        sweep()
        sweep()
        sweep(DUE + timedelta(minutes=1))
        assert Delivery.objects.count() == 1
        found.refresh_from_db()
        assert found.next_at == DUE + timedelta(days=7)

    def test_before_its_time_nothing_is_sent(self, stage: Stage) -> None:
        scheduled(stage)
        sweep(DUE - timedelta(seconds=1))
        assert not Delivery.objects.exists()

    def test_two_workers_send_one(self, stage: Stage) -> None:
        scheduled(stage, stage.manager, stage.auditor)

        def work(_: int) -> None:
            try:
                jobs.mail_reports()
            finally:
                connections.close_all()

        with time_machine.travel(DUE, tick=True), ThreadPoolExecutor(4) as pool:
            list(pool.map(work, range(4)))
        assert sorted(Delivery.objects.values_list("recipient", flat=True)) == [
            "auditor@example.org",
            "manager@example.org",
        ]
        assert Event.objects.filter(kind=EventKind.REPORT_MAILED).count() == 1

    def test_a_worker_that_dies_in_the_middle_leaves_all_or_nothing(self, stage: Stage, settings: Any) -> None:
        found = scheduled(stage, stage.manager, stage.auditor)
        SavedReport.objects.filter(pk=found.pk).update(next_at=timezone.now() - timedelta(minutes=1))
        before = SavedReport.objects.values_list("next_at", flat=True).get()
        env = environment("redis://127.0.0.1:1/0")
        died = subprocess.run([sys.executable, "-c", DIES], cwd=settings.BASE_DIR, env=env, check=False)
        assert died.returncode == 9
        assert not Delivery.objects.exists()
        assert not Export.objects.exists()
        assert SavedReport.objects.values_list("next_at", flat=True).get() == before
        jobs.mail_reports()
        assert Delivery.objects.count() == 2

    def test_what_was_missed_while_nothing_ran_is_one_mail(self, stage: Stage) -> None:
        found = scheduled(stage)
        late = DUE + timedelta(days=24)
        sweep(late)
        assert Delivery.objects.count() == 1
        found.refresh_from_db()
        assert found.next_at == datetime(2026, 10, 12, 6, 0, tzinfo=UTC)

    def test_the_hour_stays_when_the_clocks_change(self, stage: Stage) -> None:
        found = scheduled(stage)
        for week in range(6):
            sweep(DUE + timedelta(days=7 * week))
        sweep(datetime(2026, 10, 26, 6, 30, tzinfo=UTC))
        assert Delivery.objects.count() == 6
        sweep(datetime(2026, 10, 26, 7, 0, tzinfo=UTC))
        assert Delivery.objects.count() == 7
        found.refresh_from_db()
        assert found.next_at == datetime(2026, 11, 2, 7, 0, tzinfo=UTC)

    def test_on_the_first_last_month_is_the_one_before(self, stage: Stage) -> None:
        beat = Beat(Rhythm.MONTHLY, 0, "Europe/Paris", day=1)
        scheduled(stage, beat=beat, period=["last-month"])
        sweep(datetime(2026, 9, 30, 22, 0, tzinfo=UTC))
        assert Delivery.objects.get().subject == "Board: September 2026"
        sweep(datetime(2026, 10, 31, 23, 0, tzinfo=UTC))
        assert Delivery.objects.latest("pk").subject == "Board: October 2026"

    def test_one_that_cannot_be_counted_holds_up_no_other(self, stage: Stage) -> None:
        broken, whole = scheduled(stage), scheduled(stage, stage.auditor)
        count = mailed.letter

        def letter(found: SavedReport, *args: Any, **more: Any) -> Any:
            if found.pk == broken.pk:
                raise ZeroDivisionError
            return count(found, *args, **more)

        with mock.patch.object(mailed, "letter", letter):
            sweep()
        assert [each.recipient for each in Delivery.objects.all()] == ["auditor@example.org"]
        whole.refresh_from_db()
        assert whole.next_at == DUE + timedelta(days=7)


class TestOwner:
    def test_nothing_is_sent_in_the_name_of_whoever_left(self, stage: Stage) -> None:
        found = scheduled(stage, stage.auditor)
        Membership.objects.filter(person=stage.manager, brand=stage.other_brand).delete()
        people_commands.deactivate_person(
            person_id=stage.manager.pk, heir_id=stage.colleague.pk, at=START, actor=actor(stage.admin)
        )
        sweep()
        sweep()
        assert not Delivery.objects.exists()
        found.refresh_from_db()
        assert (found.next_at, found.rhythm, found.is_active) == (None, "weekly", True)
        assert Event.objects.filter(payload__change="stopped").count() == 1

    def test_nor_of_whoever_may_no_longer_read_reports(self, stage: Stage) -> None:
        scheduled(stage, stage.auditor)
        Membership.objects.filter(person=stage.manager).update(role=Role.AGENT)
        sweep()
        assert not Delivery.objects.exists()


class TestNow:
    def test_one_is_sent_to_whoever_asks(self, stage: Stage, post: Post) -> None:
        found = scheduled(stage, stage.auditor)
        letter = mailed.letter(found, stage.auditor, now=START)
        commands.send_now(saved_id=found.pk, letter=letter, at=START, actor=actor(stage.auditor))
        carry(START)
        assert [each["To"] for each in post.mails] == [stage.auditor.email]
        found.refresh_from_db()
        assert found.next_at == DUE

    def test_nobody_sends_it_to_somebody_else(self, stage: Stage) -> None:
        found = scheduled(stage, stage.auditor)
        letter = mailed.letter(found, stage.manager, now=START)
        with pytest.raises(errors.NotAllowed):
            commands.send_now(saved_id=found.pk, letter=letter, at=START, actor=actor(stage.auditor))


DIES = """
import os
import django
django.setup()
from unittest import mock
from cases.commands import saved_report
from cases.jobs import report_mail
with mock.patch.object(saved_report, "_record_mailed", side_effect=lambda *_, **__: os._exit(9)):
    report_mail.mail_reports()
"""
