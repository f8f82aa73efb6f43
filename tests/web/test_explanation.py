"""The page that says why each rule acted on a case or did not, and what is said of whether it helped."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from cases.models import Calendar, Call, Case, Escalation, Notification
from cases.queries import clock
from cases.vocabulary import When
from cases.web.deadline_words import exact
from cases.web.explanation import step_line
from tests.desk import signed_in, taken
from tests.people import Stage, set_stage
from tests.rules_at_work import TELL_MANAGERS, deadline, live, overdue, work

pytestmark = pytest.mark.django_db

HIGH = {"any": [{"fact": "severity", "op": "at_least", "value": 4}, {"none": [{"fact": "decided", "op": "no"}]}]}


@pytest.fixture
def stage() -> Stage:
    return set_stage()


def text(answer: Any) -> str:
    return str(answer.content.decode())


def late(stage: Stage, external_id: str = "p-1", **fields: object) -> Case:
    case = taken(stage, external_id, **fields)
    deadline(case, timezone.now() - timedelta(hours=5))
    return case


class TestRules:
    def test_shows_each_leaf_of_the_condition_with_what_it_saw(self, stage: Stage) -> None:
        case = late(stage)
        live(stage, When.DEADLINE, name="Only the worst", condition=HIGH, **overdue())
        work()
        page = text(signed_in(stage.agent).get(f"/cases/{case.reference}/rules/"))
        assert "Only the worst" in page
        assert "considered, did not match" in page
        assert "the severity is at least critical" in page
        assert "at least one of these" in page
        assert "none of these" in page
        assert "high" in page

    def test_shows_what_acted_and_whom_it_called(self, stage: Stage) -> None:
        case = late(stage)
        live(stage, When.DEADLINE, name="Wake us", **overdue())
        work()
        page = text(signed_in(stage.agent).get(f"/cases/{case.reference}/rules/"))
        assert "acted" in page
        assert "Manager" in page
        assert "Was it useful?" in page

    def test_a_call_that_waits_for_hours_has_told_nobody(self, stage: Stage) -> None:
        week = {day: [["00:00", "00:01"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
        Calendar.objects.create(brand=stage.brand, name="Short", zone="UTC", week=week, is_default=True)
        case = late(stage)
        live(stage, When.DEADLINE, {**TELL_MANAGERS, "hours": "working"}, name="Wake us", **overdue())
        work()
        client = signed_in(stage.agent)
        page = text(client.get(f"/cases/{case.reference}/rules/"))
        assert f"Manager: will be called {exact(Call.objects.get().call_at)}" in page
        assert "told" not in page.split("Wake us")[1]
        assert "Done: waits for their hours" in text(client.get("/escalations/"))
        assert "tell: waits for their hours" in text(client.get(f"/cases/{case.reference}/?part=side"))
        assert "1 call waits for somebody’s hours" in text(signed_in(stage.manager).get("/rules/"))

    def test_a_call_that_was_made_later_has_the_time_of_the_call(self, stage: Stage) -> None:
        case = late(stage)
        live(stage, When.DEADLINE, name="Wake us", **overdue())
        work()
        called = clock.now() + timedelta(hours=3)
        Call.objects.update(made_at=called)
        line = step_line(Escalation.objects.get(case=case).steps.get())
        assert (line.words, line.at, line.small) == ("told: Manager", called, "late")

    def test_says_when_a_rule_can_act_next(self, stage: Stage) -> None:
        case = taken(stage)
        deadline(case, timezone.now() + timedelta(days=2))
        live(stage, When.DEADLINE, **overdue())
        assert "if nothing happens" in text(signed_in(stage.agent).get(f"/cases/{case.reference}/rules/"))

    def test_says_that_there_is_no_rule(self, stage: Stage) -> None:
        case = taken(stage)
        assert "No live rule" in text(signed_in(stage.agent).get(f"/cases/{case.reference}/rules/"))

    def test_is_there_for_whoever_may_open_the_case_only(self, stage: Stage) -> None:
        case = taken(stage)
        assert signed_in(stage.auditor).get(f"/cases/{case.reference}/rules/").status_code == 200
        assert signed_in(stage.outsider).get(f"/cases/{case.reference}/rules/").status_code == 404

    def test_the_case_shows_what_acted_of_late(self, stage: Stage) -> None:
        case = late(stage)
        live(stage, When.DEADLINE, name="Wake us", **overdue())
        work()
        page = text(signed_in(stage.agent).get(f"/cases/{case.reference}/?part=side"))
        assert "Wake us" in page
        assert f'href="/cases/{case.reference}/rules/"' in page


class TestUseful:
    def test_is_said_and_taken_back(self, stage: Stage) -> None:
        case = late(stage)
        live(stage, When.DEADLINE, **overdue())
        work()
        found = Escalation.objects.get(case=case)
        client, url = signed_in(stage.agent), f"/escalations/{found.public_id}/useful/"
        for said, kept in (("yes", True), ("no", False), ("back", None)):
            assert client.post(url, {"useful": said}).status_code == 302
            found.refresh_from_db()
            assert found.was_useful is kept

    def test_is_not_for_strangers(self, stage: Stage) -> None:
        case = late(stage)
        live(stage, When.DEADLINE, **overdue())
        work()
        url = f"/escalations/{Escalation.objects.get(case=case).public_id}/useful/"
        assert signed_in(stage.outsider).post(url, {"useful": "yes"}).status_code == 404
        assert Escalation.objects.get().was_useful is None


class TestNotification:
    def test_names_the_rule_and_leads_to_why_it_acted(self, stage: Stage) -> None:
        case = late(stage)
        live(stage, When.DEADLINE, name="Wake us", **overdue())
        work()
        client = signed_in(stage.manager)
        assert "The rule “Wake us” calls you" in text(client.get("/notifications/"))
        row = Notification.objects.get(person=stage.manager, kind="rule_called")
        answer = client.post(f"/notifications/{row.pk}/")
        assert answer["Location"].startswith(f"/cases/{case.reference}/rules/#e-")
