"""Saved reports on pages: kept from a report, opened again as they were, shared, scheduled, sent."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from cases.commands import people as people_commands
from cases.models import Delivery, Export, Membership, SavedReport, User
from cases.vocabulary import Role
from tests.desk import signed_in
from tests.people import Stage, actor, set_stage

pytestmark = pytest.mark.django_db
LIST, NEW = "/reports/saved/", "/reports/saved/new/"
ASKED = {"report": "speed", "period": "last-month", "zone": "Europe/Paris", "split": "team", "severity": ["3", "4"]}
QUERY = "report=speed&period=last-month&zone=Europe/Paris&split=team&severity=3&severity=4"
TIMES = {
    "rhythm": "weekly",
    "weekday": "0",
    "day": "1",
    "hour": "8",
    "zone": "Europe/Paris",
    "format": "xlsx",
}


@pytest.fixture
def stage() -> Stage:
    return set_stage()


def kept(person: User, **more: Any) -> SavedReport:
    answered = signed_in(person).post(NEW, ASKED | {"name": "Board"} | more)
    assert answered.status_code == 302
    return SavedReport.objects.latest("pk")


def address(found: SavedReport, what: str = "") -> str:
    return f"{LIST}{found.public_id}/{what}"


def page(client: Client, where: str, status: int = 200) -> str:
    answered = client.get(where)
    assert answered.status_code == status
    return unescape(answered.content.decode())


class TestSaving:
    def test_the_form_keeps_what_was_asked(self, stage: Stage) -> None:
        text = page(signed_in(stage.manager), f"{NEW}?{QUERY}")
        for name, value in parse_qsl(QUERY):
            assert f'<input type="hidden" name="{name}" value="{value}">' in text
        assert "Last month" in text

    def test_a_link_shows_exactly_what_was_seen(self, stage: Stage) -> None:
        found = kept(stage.manager)
        text = page(signed_in(stage.manager), address(found))
        [href] = set(re.findall(r'href="(/reports/speed/\?[^"]+)"', text))
        given = [pair for pair in parse_qsl(QUERY) if pair[0] != "report"]
        assert sorted(parse_qsl(urlsplit(href).query)) == sorted(given)

    def test_a_wrong_name_is_said_and_the_question_stays(self, stage: Stage) -> None:
        answered = signed_in(stage.manager).post(NEW, ASKED | {"name": " "})
        assert answered.status_code == 422
        assert '<input type="hidden" name="split" value="team">' in answered.content.decode()
        assert not SavedReport.objects.exists()

    def test_it_takes_the_place_of_another(self, stage: Stage) -> None:
        found = kept(stage.manager)
        kept(stage.manager, report="quality", split=[], instead=str(found.public_id))
        assert [(each.pk, each.report) for each in SavedReport.objects.all()] == [(found.pk, "quality")]

    def test_nobody_takes_the_place_of_anothers(self, stage: Stage) -> None:
        found = kept(stage.manager, is_shared="on")
        answered = signed_in(stage.auditor).post(NEW, ASKED | {"name": "X", "instead": str(found.public_id)})
        found.refresh_from_db()
        assert found.name == "Board"
        # There is nothing of theirs to choose, so it becomes a new one.
        assert answered.status_code == 302
        assert SavedReport.objects.filter(owner=stage.auditor).count() == 1

    def test_an_agent_has_no_such_pages(self, stage: Stage) -> None:
        found = kept(stage.manager, is_shared="on")
        client = signed_in(stage.agent)
        for where in (LIST, f"{NEW}?{QUERY}", address(found)):
            page(client, where, status=403)
        for what in ("", "schedule/", "unschedule/", "leave/", "drop/", "send/"):
            assert client.post(address(found, what)).status_code == 403

    @pytest.mark.parametrize("query", ["report=secrets", "report=flow&split=shoe", "report=flow&from=x", "zone=Mars/X"])
    def test_what_cannot_be_asked_cannot_be_kept(self, stage: Stage, query: str) -> None:
        assert signed_in(stage.manager).get(f"{NEW}?{query}").status_code in {404, 422}


class TestList:
    def test_says_what_there_is_to_do_while_it_is_empty(self, stage: Stage) -> None:
        assert "No saved reports yet" in page(signed_in(stage.manager), LIST)

    def test_lists_one_s_own_and_those_that_are_shared(self, stage: Stage) -> None:
        kept(stage.manager, name="Mine alone")
        kept(stage.manager, name="For all", is_shared="on")
        text = page(signed_in(stage.auditor), LIST)
        assert "For all" in text
        assert "Manager" in text
        assert "Mine alone" not in text
        assert "For all" not in page(signed_in(stage.outsider), LIST)

    def test_costs_the_same_however_many_there_are(self, stage: Stage, django_assert_max_num_queries: Any) -> None:
        for number in range(12):
            found = kept(stage.manager, name=f"Report {number}")
            scheduled(stage, found)
        client = signed_in(stage.manager)
        with django_assert_max_num_queries(16):
            page(client, LIST)


def scheduled(stage: Stage, found: SavedReport, *to: User, **more: Any) -> Any:
    given = TIMES | {"recipients": [each.pk for each in to or (stage.manager,)]} | more
    return signed_in(stage.manager).post(address(found, "schedule/"), given)


class TestSchedule:
    def test_says_when_it_is_sent_next(self, stage: Stage) -> None:
        found = kept(stage.manager)
        assert scheduled(stage, found, stage.manager, stage.auditor).status_code == 302
        text = page(signed_in(stage.manager), address(found))
        assert "Sent every Monday at 8:00, Europe/Paris; next: Monday " in text
        assert ", 08:00." in text
        found.refresh_from_db()
        assert found.next_at is not None
        assert found.next_at > timezone.now()

    @pytest.mark.parametrize(
        ("times", "words"),
        [
            ({"rhythm": "daily", "hour": "18"}, "every day at 18:00"),
            ({"rhythm": "monthly", "day": "1"}, "on the 1st of each month at 8:00"),
            ({"rhythm": "monthly", "day": "15"}, "on day 15 of each month at 8:00"),
            ({"rhythm": "monthly", "day": "31"}, "on the last day of each month at 8:00"),
        ],
    )
    def test_in_words(self, stage: Stage, times: dict[str, str], words: str) -> None:
        found = kept(stage.manager)
        scheduled(stage, found, **times)
        assert words in page(signed_in(stage.manager), address(found))

    def test_stands_in_the_navigation(self, stage: Stage) -> None:
        scheduled(stage, kept(stage.manager), stage.auditor)
        for person in (stage.manager, stage.auditor):
            text = page(signed_in(person), "/reports/definitions/")
            assert "Sent by mail" in text
            assert "Board, Monday 8:00" in text
        assert "Board" not in page(signed_in(stage.admin), "/reports/definitions/")

    @pytest.mark.parametrize("wrong", [{"hour": "24"}, {"zone": "Mars/X"}, {"recipients": []}, {"day": "29"}])
    def test_what_is_wrong_is_said(self, stage: Stage, wrong: dict[str, Any]) -> None:
        found = kept(stage.manager)
        assert scheduled(stage, found, **wrong).status_code == 422
        found.refresh_from_db()
        assert found.next_at is None

    def test_only_readers_can_be_chosen(self, stage: Stage) -> None:
        found = kept(stage.manager)
        text = page(signed_in(stage.manager), address(found))
        assert "Auditor" in text
        assert "Colleague" not in text
        assert scheduled(stage, found, stage.agent).status_code == 422

    def test_only_its_owner_schedules_it(self, stage: Stage) -> None:
        found = kept(stage.manager, is_shared="on")
        client = signed_in(stage.auditor)
        assert "Send it regularly" not in page(client, address(found))
        given = TIMES | {"recipients": [stage.auditor.pk]}
        assert client.post(address(found, "schedule/"), given).status_code == 403
        assert client.post(address(found, "drop/")).status_code == 403

    def test_ends(self, stage: Stage) -> None:
        found = kept(stage.manager)
        scheduled(stage, found)
        signed_in(stage.manager).post(address(found, "unschedule/"))
        found.refresh_from_db()
        assert (found.rhythm, found.next_at) == ("", None)

    def test_a_recipient_takes_leave(self, stage: Stage) -> None:
        found = kept(stage.manager)
        scheduled(stage, found, stage.auditor)
        client = signed_in(stage.auditor)
        assert "Send it to me no more" in page(client, address(found))
        assert client.post(address(found, "leave/")).status_code == 302
        page(client, address(found), status=404)

    def test_says_whom_it_no_longer_reaches(self, stage: Stage) -> None:
        found = kept(stage.manager)
        scheduled(stage, found, stage.manager, stage.auditor)
        Membership.objects.filter(person=stage.auditor).update(role=Role.AGENT)
        assert "may no longer read reports and gets nothing" in page(signed_in(stage.manager), address(found))

    def test_says_why_it_stopped_when_its_owner_left(self, stage: Stage) -> None:
        found = kept(stage.manager, is_shared="on")
        scheduled(stage, found, stage.auditor)
        people_commands.deactivate_person(
            person_id=stage.manager.pk, at=timezone.now() + timedelta(hours=1), actor=actor(stage.admin)
        )
        client = signed_in(stage.auditor)
        for where in (address(found), LIST):
            assert "Manager, who had it sent, has left, so it is sent no more." in page(client, where)


class TestSending:
    def test_one_is_sent_now(self, stage: Stage) -> None:
        found = kept(stage.manager, is_shared="on")
        answered = signed_in(stage.auditor).post(address(found, "send/"), follow=True)
        assert f"It is on its way to {stage.auditor.email}" in unescape(answered.content.decode())
        made = Delivery.objects.get()
        assert (made.recipient, made.purpose, made.brand, made.export) == (
            stage.auditor.email,
            "report",
            None,
            Export.objects.get(person=stage.auditor),
        )

    def test_every_link_of_the_mail_opens_what_it_names(self, stage: Stage) -> None:
        stage.case()
        found = kept(stage.manager, report="actions", period="everything", split="kind", severity=[])
        signed_in(stage.manager).post(address(found, "send/"))
        html = Delivery.objects.get().html or ""
        client = signed_in(stage.manager)
        links = re.findall(rf'<a href="{settings.SITE_URL}([^"]+)"[^>]*>([^<]+)</a>', html)
        assert len(links) > 5
        for href, words in links:
            answered = client.get(unescape(href))
            assert answered.status_code == 200, href
            if "/behind/" in href and words.isdecimal():
                assert answered.context["page"].count == int(words), href

    def test_not_what_one_does_not_see(self, stage: Stage) -> None:
        found = kept(stage.manager)
        assert signed_in(stage.auditor).post(address(found, "send/")).status_code == 404
        assert not Delivery.objects.exists()

    def test_what_failed_is_in_the_tray_as_what_it_is(self, stage: Stage) -> None:
        found = kept(stage.admin)
        signed_in(stage.admin).post(address(found, "send/"))
        Delivery.objects.update(status="failed", error="550 no such user")
        text = page(signed_in(stage.admin), "/tray/")
        assert "Report by mail" in text
        assert "Board: " in text
