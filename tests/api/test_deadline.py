"""Deadlines and tags of a case by the REST API."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from cases.commands import case as cases
from cases.commands import dialogue, intake, triage
from cases.models import Case, Deadline, Event, Message, Policy, Tag
from cases.rules.arrival import Arrival
from cases.vocabulary import NEVER, Goal, Needs, PostKind, Unit
from tests.api.calls import Program
from tests.people import Stage, actor, set_stage
from tests.times import extendable, policy, working_hours

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage() -> Stage:
    return set_stage()


def came_now(stage: Stage) -> Case:
    """A case whose post came in a moment ago."""
    now = timezone.now()
    arrival = Arrival(external_id="p-9", text="My sofa never came.", author="tom", posted_at=now)
    post = intake.receive(channel_id=stage.channel.pk, arrival=arrival, at=now, actor=actor(stage.agent)).post
    assert post is not None
    case = triage.triage(
        post_id=post.pk,
        kind=PostKind.COMPLAINT,
        category_id=stage.category.pk,
        severity=3,
        at=now,
        actor=actor(stage.agent),
    )
    assert case is not None
    return case


def of(stage: Stage, case: Case) -> Any:
    """What a program of the agent reads of the case's deadlines."""
    return Program(stage.agent).get(f"cases/{case.reference}/deadlines/").json()


class TestDeadlines:
    def test_say_what_they_are_from_and_what_met_them(self, stage: Stage) -> None:
        kept = policy(stage.brand, Goal.ACKNOWLEDGE, amount=4)
        policy(stage.brand, Goal.DECISION, amount=100, unit=Unit.DAY)
        case = came_now(stage)
        before = of(stage, case)
        assert [(each["goal"], each["stands"]) for each in before["results"]] == [
            ("acknowledge", "open"),
            ("decision", "open"),
        ]
        assert before["nearest"] == before["results"][0]["id"]
        assert before["results"][0]["policy"] == str(kept.public_id)
        post = case.links.get().post
        written = dialogue.reply_in_public(post_id=post.pk, text="Sorry", at=timezone.now(), actor=actor(stage.agent))
        dialogue.mark_posted(
            reply_id=written.reply.pk, url="https://x.example/1", at=timezone.now(), actor=actor(stage.agent)
        )
        [decision, met] = of(stage, case)["results"]
        assert (decision["goal"], met["stands"], met["late_seconds"]) == ("decision", "met", None)
        event = Event.objects.get(pk=Deadline.objects.get(goal=Goal.ACKNOWLEDGE).met_by)
        assert (met["met_by"]["seq"], met["met_by"]["kind"]) == (event.seq, event.kind)

    def test_one_that_never_comes_has_no_date(self, stage: Stage) -> None:
        policy(stage.brand, Goal.DECISION)
        case = came_now(stage)
        Deadline.objects.update(due_at=NEVER, first_due_at=NEVER)
        [found] = of(stage, case)["results"]
        assert (found["due_at"], found["first_due_at"], found["stands"]) == (None, None, "open")

    def test_those_of_another_brand_are_not_there(self, stage: Stage) -> None:
        case = came_now(stage)
        for path in ("deadlines", "explanations", "tags"):
            assert Program(stage.outsider).get(f"cases/{case.reference}/{path}/").status_code == 404


class TestExtending:
    def extend(self, stage: Stage, case: Case, **said: Any) -> Any:
        key = Deadline.objects.get(case=case).pk
        return Program(stage.agent).post(f"cases/{case.reference}/deadlines/{key}/extend/", said)

    def test_with_a_reason(self, stage: Stage) -> None:
        extendable(stage.brand, Needs.REASON)
        case = came_now(stage)
        first = Deadline.objects.get().due_at
        [found] = self.extend(stage, case, reason="A part is late.").json()["results"]
        [later] = found["extensions"]
        assert (later["reason"], later["by"], later["message"]) == ("A part is late.", "agent", None)
        assert datetime.fromisoformat(found["due_at"]) == first + timedelta(days=10)
        assert found["first_due_at"] == later["was"]
        again = self.extend(stage, case, reason="Once more.")
        assert (again.status_code, again.json()["code"]) == (422, "cannot_be_extended")

    def test_with_notice(self, stage: Stage) -> None:
        working_hours(stage.brand)
        extendable(stage.brand, Needs.NOTICE)
        case = came_now(stage)
        refused = self.extend(stage, case, reason="A part is late.")
        assert (refused.status_code, refused.json()["code"]) == (422, "cannot_be_extended")
        unknown = self.extend(stage, case, reason="Late.", message="00000000-0000-0000-0000-000000000001")
        assert list(unknown.json()["errors"]) == ["message"]
        assert not Message.objects.exists()

    def test_one_of_another_case_is_not_there(self, stage: Stage) -> None:
        extendable(stage.brand, Needs.REASON)
        case = came_now(stage)
        other = stage.case("p-2", author="ann")
        key = Deadline.objects.get(case=case).pk
        path = f"cases/{other.reference}/deadlines/{key}/extend/"
        assert Program(stage.agent).post(path, {"reason": "Because"}).status_code == 404

    def test_a_policy_that_allows_none(self, stage: Stage) -> None:
        policy(stage.brand, Goal.FINAL_ANSWER, unit=Unit.WEEK)
        case = came_now(stage)
        assert Policy.objects.get().extends == Needs.NEVER
        assert self.extend(stage, case, reason="Because").json()["code"] == "cannot_be_extended"


class TestTags:
    def test_are_put_on_a_case_and_taken_off(self, stage: Stage) -> None:
        case, program = stage.case(), Program(stage.agent)
        path = f"cases/{case.reference}/tags/"
        put = program.post(path, {"tag": "Press"}).json()
        assert [each["name"] for each in put] == ["Press"]
        assert program.get(path).json() == put
        assert program.send("DELETE", f"{path}{put[0]['id']}/").json() == []
        assert program.send("DELETE", f"{path}{put[0]['id']}/").status_code == 200
        assert Program(stage.auditor).post(path, {"tag": "Press"}).status_code == 403

    def test_are_set_up(self, stage: Stage) -> None:
        program = Program(stage.admin)
        made = program.post("tags/", {"brand": "brindlewick", "name": "Press"}).json()
        path = f"tags/{made['id']}/"
        assert program.patch(path, {"name": "Newspapers"}).json()["name"] == "Newspapers"
        assert not program.patch(path, {"is_active": False}).json()["is_active"]
        assert program.patch(path, {"is_active": True}).json()["is_active"]
        for change in ({}, {"name": "Both", "is_active": False}):
            assert program.patch(path, change).status_code == 422
        twice = program.post("tags/", {"brand": "brindlewick", "name": "newspapers"})
        assert (twice.status_code, Tag.objects.count()) == (422, 1)

    def test_a_restricted_case_keeps_its_own(self, stage: Stage) -> None:
        case = stage.case()
        Program(stage.agent).post(f"cases/{case.reference}/tags/", {"tag": "Press"})
        cases.restrict(case_id=case.pk, is_restricted=True, at=timezone.now(), actor=actor(stage.manager))
        assert Program(stage.agent).get(f"cases/{case.reference}/tags/").status_code == 404
