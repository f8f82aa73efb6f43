"""Deadlines on the case page, in lists and on the private page; a later date; a delay that is told in time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases.commands import case as commands
from cases.commands import delay, dialogue, invitation
from cases.commands import tag as tags
from cases.models import Case, Draft, Extension, Message, Notification, Thread
from cases.queries import delay as delays
from cases.vocabulary import SYSTEM, Goal, Needs, Unit
from tests.desk import HTMX, claimed, signed_in
from tests.people import Stage, actor, set_stage
from tests.times import extendable, of, policy, working_hours

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage() -> Stage:
    return set_stage()


def text(answer: Any) -> str:
    return str(answer.content.decode())


def known(stage: Stage, external_id: str = "p-1", **fields: object) -> tuple[Case, Thread]:
    """A case of the agent's whose complainant we can write to."""
    case = stage.case(external_id, **fields)
    commands.take(case_id=case.pk, at=timezone.now(), actor=actor(stage.agent))
    thread = claimed(stage, case)
    invitation.confirm(thread_id=thread.pk, at=timezone.now(), actor=actor(stage.agent))
    return case, thread


def soon(stage: Stage, needs: Needs = Needs.NOTICE, days: int = 10) -> Any:
    """A policy whose date lies in the future, whatever day it is."""
    since = (timezone.now() - stage.post("far", author="far").received_at).days
    terms: dict[str, Any] = {"extends": needs, "extend_amount": 10, "extend_unit": Unit.DAY} if needs else {}
    return policy(stage.brand, Goal.FINAL_ANSWER, amount=since + days, unit=Unit.DAY, source="DISP 1.6.2R", **terms)


class TestBlock:
    def test_shows_the_line_what_is_nearest_and_where_a_rule_of_law_comes_from(self, stage: Stage) -> None:
        working_hours(stage.brand)
        soon(stage)
        case, _thread = known(stage)
        page = text(signed_in(stage.agent).get(f"/cases/{case.reference}/"))
        assert 'class="line-axis" role="img"' in page
        assert "1 ahead" in page
        assert "DISP 1.6.2R" in page
        assert "Usual: Mon–Fri 09:00–18:00" in page

    def test_says_which_event_met_a_deadline_and_leads_to_its_line_of_the_journal(self, stage: Stage) -> None:
        policy(stage.brand, Goal.FIRST_REPLY, amount=100_000, unit=Unit.DAY)
        case, _thread = known(stage)
        dialogue.send_message(case_id=case.pk, text="Hello", at=timezone.now(), actor=actor(stage.agent))
        page = text(signed_in(stage.agent).get(f"/cases/{case.reference}/"))
        assert "met by a private message" in page
        seq = page.split("#line-")[1].split('"')[0]
        journal = text(signed_in(stage.agent).get(f"/cases/{case.reference}/?tab=journal&before={int(seq) + 1}"))
        assert f'id="line-{seq}"' in journal

    def test_says_how_late_what_was_missed_is(self, stage: Stage) -> None:
        policy(stage.brand, Goal.DECISION, amount=1, unit=Unit.HOUR)
        case, _thread = known(stage)
        page = text(signed_in(stage.agent).get(f"/cases/{case.reference}/?part=side"))
        assert "due-late" in page
        assert 'class="missed"' in page

    def test_is_not_there_where_there_is_no_deadline(self, stage: Stage) -> None:
        case, _thread = known(stage)
        assert "line-axis" not in text(signed_in(stage.agent).get(f"/cases/{case.reference}/"))

    def test_costs_one_query_however_many_there_are(self, stage: Stage) -> None:
        working_hours(stage.brand)
        soon(stage)
        case, _thread = known(stage)
        client = signed_in(stage.agent)
        for _number in range(2):
            with CaptureQueriesContext(connection) as few:
                client.get(f"/cases/{case.reference}/")
        for goal in (Goal.DECISION, Goal.ACKNOWLEDGE, Goal.FIRST_REPLY, Goal.HANDLED):
            policy(stage.brand, goal, amount=3, unit=Unit.MONTH)
        other, _thread = known(stage, "p-2", author="two")
        with CaptureQueriesContext(connection) as many:
            client.get(f"/cases/{other.reference}/")
        assert len(many) <= len(few) <= 16


class TestExtend:
    def _url(self, case: Case) -> str:
        return f"/cases/{case.reference}/deadlines/{of(case, Goal.FINAL_ANSWER).pk}/extend/"

    def test_tells_the_complainant_and_moves_the_date_in_one_move(self, stage: Stage) -> None:
        soon(stage)
        case, _thread = known(stage)
        client = signed_in(stage.agent)
        before = of(case, Goal.FINAL_ANSWER).due_at
        page = text(client.get(self._url(case), headers=HTMX))
        assert "You were to have our final answer by" in page
        words = {"reason": "The lab is slow.", "told": "here", "text": "Not by then. The laboratory needs longer."}
        answer = client.post(self._url(case), words, headers=HTMX)
        assert answer.status_code == 200, text(answer)
        assert of(case, Goal.FINAL_ANSWER).due_at == before + timedelta(days=10)
        made = Extension.objects.get()
        assert made.message is not None
        assert made.message.text == "Not by then. The laboratory needs longer."

    def test_does_not_send_a_message_that_does_not_say_why(self, stage: Stage) -> None:
        soon(stage)
        case, _thread = known(stage)
        sent = Message.objects.count()
        words = {"reason": "Slow.", "told": "here", "text": "Not by then. What still takes time: …"}
        answer = signed_in(stage.agent).post(self._url(case), words, headers=HTMX)
        assert answer.status_code == 422
        assert "Say at the end of the message what still takes time." in text(answer)
        assert Message.objects.count() == sent

    def test_takes_a_message_that_was_sent_already(self, stage: Stage) -> None:
        soon(stage)
        case, _thread = known(stage)
        dialogue.send_message(case_id=case.pk, text="Later.", at=timezone.now(), actor=actor(stage.agent))
        sent = Message.objects.filter(author=stage.agent).latest("pk")
        words = {"reason": "Slow.", "told": str(sent.pk), "text": "ignored"}
        assert signed_in(stage.agent).post(self._url(case), words, headers=HTMX).status_code == 200
        assert Extension.objects.get().message_id == sent.pk

    def test_asks_for_the_reason_only_where_that_is_enough(self, stage: Stage) -> None:
        soon(stage, Needs.REASON)
        case, _thread = known(stage)
        client = signed_in(stage.agent)
        assert "Message to the complainant" not in text(client.get(self._url(case), headers=HTMX))
        assert client.post(self._url(case), {"reason": "Slow."}, headers=HTMX).status_code == 200
        assert Extension.objects.get().message is None

    def test_says_why_not_and_what_to_do_once_the_date_is_over(self, stage: Stage) -> None:
        extendable(stage.brand, Needs.NOTICE)
        case, _thread = known(stage)
        page = text(signed_in(stage.agent).get(self._url(case), headers=HTMX))
        assert "Its date is over, and a missed deadline stays missed." in page
        answer = signed_in(stage.agent).post(
            self._url(case), {"reason": "x", "told": "here", "text": "Later."}, headers=HTMX
        )
        assert answer.status_code == 422
        assert "its date is over" in text(answer)

    def test_is_not_for_everybody(self, stage: Stage) -> None:
        soon(stage)
        case, _thread = known(stage)
        assert signed_in(stage.auditor).get(self._url(case)).status_code == 403
        assert signed_in(stage.outsider).get(self._url(case)).status_code == 404


class TestDelay:
    def test_prepares_a_message_once_when_the_date_comes_near(self, stage: Stage) -> None:
        soon(stage)
        case, _thread = known(stage)
        near = of(case, Goal.FINAL_ANSWER).due_at - timedelta(hours=20)
        assert delays.to_prepare(near - timedelta(hours=8), 10) == []
        (key,) = [k for k in delays.to_prepare(near, 10) if k == of(case, Goal.FINAL_ANSWER).pk]
        assert delay.prepare(deadline_id=key, at=near, actor=SYSTEM)
        assert not delay.prepare(deadline_id=key, at=near, actor=SYSTEM)
        assert key not in delays.to_prepare(near, 10)
        assert Notification.objects.filter(kind="delay_near", person=stage.agent, case=case).count() == 1
        assert Draft.objects.get().text.startswith("You were to have our final answer by")

    def test_never_writes_over_what_somebody_began(self, stage: Stage) -> None:
        soon(stage)
        case, _thread = known(stage)
        Draft.objects.create(person=stage.agent, case=case, audience="private", text="Mine")
        found = of(case, Goal.FINAL_ANSWER)
        assert delay.prepare(deadline_id=found.pk, at=found.due_at - timedelta(hours=2), actor=SYSTEM)
        assert Draft.objects.get().text == "Mine"

    def test_leaves_alone_what_is_not_near_or_has_nobody(self, stage: Stage) -> None:
        soon(stage)
        case = stage.case("p-9", author="nine")
        found = of(case, Goal.FINAL_ANSWER)
        assert not delay.prepare(deadline_id=found.pk, at=found.due_at - timedelta(hours=2), actor=SYSTEM)

    def test_what_was_prepared_is_gone_once_it_was_told(self, stage: Stage) -> None:
        soon(stage, days=1)
        case, _thread = known(stage)
        found = of(case, Goal.FINAL_ANSWER)
        delay.prepare(deadline_id=found.pk, at=found.due_at - timedelta(hours=2), actor=SYSTEM)
        words = {"reason": "Slow.", "told": "here", "text": "Later. The laboratory."}
        url = f"/cases/{case.reference}/deadlines/{found.pk}/extend/"
        assert signed_in(stage.agent).post(url, words, headers=HTMX).status_code == 200
        assert not Draft.objects.exists()


class TestList:
    def test_shows_sorts_and_filters_by_the_nearest_deadline(self, stage: Stage) -> None:
        soon(stage, Needs.NEVER)
        ahead, _thread = known(stage, "ahead", author="ahead")
        policy(stage.brand, Goal.DECISION, amount=1, unit=Unit.HOUR)
        late, _thread = known(stage, "late", author="late")
        client = signed_in(stage.agent)
        page = text(client.get("/?view=mine&order=due"))
        assert "due-late" in page
        assert page.index(f'data-case="{late.reference}"') < page.index(f'data-case="{ahead.reference}"')
        only = text(client.get("/?view=mine&late=1&part=rows"))
        assert late.reference in only
        assert ahead.reference not in only

    @pytest.mark.parametrize("after", ["x~1", "~1", "2026-01-01T00:00:00+00:00~", "1"])
    def test_a_broken_key_is_no_page(self, stage: Stage, after: str) -> None:
        assert signed_in(stage.agent).get("/", {"order": "due", "view": "all", "after": after}).status_code == 404

    def test_filters_by_a_tag(self, stage: Stage) -> None:
        case, _thread = known(stage)
        other, _thread = known(stage, "p-2", author="two")
        tag = tags.tag_case(case_id=case.pk, name="press", at=timezone.now(), actor=actor(stage.agent))
        rows = text(signed_in(stage.agent).get(f"/?view=mine&tag={tag.pk}&part=rows"))
        assert case.reference in rows
        assert f'data-case="{other.reference}"' not in rows


class TestTags:
    def test_are_put_on_and_taken_off_on_the_case(self, stage: Stage) -> None:
        case, _thread = known(stage)
        client = signed_in(stage.agent)
        tags.add_tag(brand_id=stage.brand.pk, name="lawyer", actor=actor(stage.admin))
        url = f"/cases/{case.reference}/tags/"
        assert '<option value="lawyer">' in text(client.get(url, headers=HTMX))
        assert client.post(url, {"tag": "lawyer"}, headers=HTMX).status_code == 200
        page = text(client.get(f"/cases/{case.reference}/"))
        assert "<bdi>lawyer</bdi>" in page
        tag = case.tags.get().tag_id
        client.post(f"{url}{tag}/remove/", headers=HTMX)
        assert not case.tags.exists()


class TestPrivatePage:
    def _page(self, thread: Thread) -> str:
        link = invitation.send_link(thread_id=thread.pk, at=timezone.now(), actor=SYSTEM)

        return text(Client().get("/p/" + link.rstrip("/").split("/")[-1] + "/"))

    def test_says_by_when_we_answer(self, stage: Stage) -> None:
        soon(stage)
        _case, thread = known(stage)
        assert "We answer by" in self._page(thread)

    def test_says_the_new_date_with_what_was_told_and_never_our_own_reason(self, stage: Stage) -> None:
        soon(stage)
        case, thread = known(stage)
        url = f"/cases/{case.reference}/deadlines/{of(case, Goal.FINAL_ANSWER).pk}/extend/"
        words = {"reason": "He is a nuisance.", "told": "here", "text": "The laboratory needs longer."}
        signed_in(stage.agent).post(url, words, headers=HTMX)
        page = self._page(thread)
        assert "The laboratory needs longer." in page
        assert "nuisance" not in page
        assert "before it was" in page
