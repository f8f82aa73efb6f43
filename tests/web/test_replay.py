"""The replay beside a rule: asked for, waited for, called off, shown with its pictures, act by act and why."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from cases.commands import case, replay, rule
from cases.models import Replay, ReplayAct, Rule
from cases.vocabulary import SYSTEM, ReplayStatus
from cases.web import replay_chart
from tests.desk import HTMX, signed_in
from tests.people import AT, Stage, actor, set_stage

pytestmark = pytest.mark.django_db
SEPTEMBER = {"days": "0", "starts_on": "2026-09-01", "ends_on": "2026-09-30"}


@pytest.fixture
def stage() -> Stage:
    return set_stage()


@pytest.fixture
def manager(stage: Stage) -> Client:
    return signed_in(stage.manager)


@pytest.fixture
def drafted(stage: Stage) -> Rule:
    """The draft of a rule that tells the managers, also at night, when nobody answers for two hours."""
    return rule.draft_rule(
        brand_id=stage.brand.pk,
        name="Nobody answers",
        when={"when": "lasted", "standing": "unanswered", "offset_amount": 2, "offset_unit": "hour"},
        condition={"all": [{"fact": "severity", "op": "at_least", "value": 3}]},
        steps=[{"kind": "tell", "whom": "managers", "hours": "always"}],
        at=AT,
        actor=actor(stage.admin),
    )


def start(client: Client, rule: Rule, **fields: Any) -> Any:
    return client.post(f"/rules/{rule.public_id}/replay/", {**SEPTEMBER, **fields})


def finished(client: Client, rule: Rule) -> Replay:
    """A replay of September that has come to its end."""
    start(client, rule)
    found = Replay.objects.latest("pk")
    while replay.run_chunk(replay_id=found.pk, at=timezone.now(), actor=SYSTEM):
        pass
    found.refresh_from_db()
    assert found.status == ReplayStatus.DONE
    return found


def of(found: Replay, *more: str) -> str:
    return "/".join(["/replays", str(found.public_id), *more, ""])


class TestAReplay:
    def test_is_asked_for_and_shown_while_it_goes_on(self, manager: Client, drafted: Rule) -> None:
        page = manager.get(f"/rules/{drafted.public_id}/").content.decode()
        assert "What would it have done?" in page
        assert start(manager, drafted).status_code == 302
        page = manager.get(f"/rules/{drafted.public_id}/").content.decode()
        assert 'hx-trigger="load delay:1s"' in page
        assert 'role="status"' in page
        part = manager.get(of(Replay.objects.get()), headers=HTMX).content.decode()
        assert part.startswith('<section class="card" id="replay"')
        assert manager.get(of(Replay.objects.get())).status_code == 302

    def test_is_called_off(self, manager: Client, drafted: Rule) -> None:
        start(manager, drafted)
        assert manager.post(of(Replay.objects.get(), "cancel")).status_code == 302
        assert Replay.objects.get().status == ReplayStatus.CANCELLED
        assert "was cancelled" in manager.get(f"/rules/{drafted.public_id}/").content.decode()

    @pytest.mark.parametrize(
        "wrong",
        [
            {"ends_on": "2026-08-01"},
            {"ends_on": "2999-01-01"},
            {"days": "12"},
            {"starts_on": "x"},
            {"starts_on": "1999-01-01"},
        ],
    )
    def test_of_days_that_are_none_is_refused(self, manager: Client, drafted: Rule, wrong: dict[str, str]) -> None:
        answer = start(manager, drafted, **wrong)
        assert answer.status_code == 302
        assert not Replay.objects.exists()

    def test_shows_what_came_out(self, manager: Client, drafted: Rule, stage: Stage) -> None:
        opened = stage.case()
        found = finished(manager, drafted)
        answer = manager.get(f"/rules/{drafted.public_id}/")
        page = answer.content.decode()
        assert answer.context["result"].draft["acted"] == 1
        assert opened.reference in page
        assert "Manager" in page
        assert "Cannot be replayed:" in page
        assert answer.context["heat"].peak.day.isoformat() == "2026-09-08"
        listed = manager.get(of(found, "acts"), {"on": "2026-09-08"}).content.decode()
        assert opened.reference in listed
        assert opened.reference not in manager.get(of(found, "acts"), {"on": "2026-09-09"}).content.decode()
        assert opened.reference in manager.get(of(found, "acts"), {"person": stage.manager.pk}).content.decode()
        assert answer.context["period"]["days"].value() == 0
        assert 'name="starts_on" value="2026-09-01"' in page

    @pytest.mark.parametrize("odd", [{"on": "2026-99-99"}, {"person": "x"}, {"side": "moon"}])
    def test_lists_all_where_the_address_is_odd(
        self, manager: Client, drafted: Rule, stage: Stage, odd: dict[str, str]
    ) -> None:
        opened = stage.case()
        assert opened.reference in manager.get(of(finished(manager, drafted), "acts"), odd).content.decode()

    def test_says_why(self, manager: Client, drafted: Rule, stage: Stage) -> None:
        stage.case()
        found = finished(manager, drafted)
        act = ReplayAct.objects.get(is_draft=True)
        for headers in (None, HTMX):
            page = manager.get(of(found, "acts", str(act.pk)), headers=headers).content.decode()
            assert "the severity is at least high" in page
            assert "When the case has been" in page
        assert manager.get(of(found, "acts", "999999")).status_code == 404

    def test_hides_the_cases_that_its_reader_may_not_open(self, manager: Client, drafted: Rule, stage: Stage) -> None:
        opened = stage.case()
        case.restrict(case_id=opened.pk, is_restricted=True, at=AT, actor=actor(stage.manager))
        found = finished(manager, drafted)
        act = ReplayAct.objects.get(is_draft=True)
        auditor = signed_in(stage.auditor)
        for path in (f"/rules/{drafted.public_id}/", of(found, "acts")):
            assert opened.reference in manager.get(path).content.decode()
            assert opened.reference not in auditor.get(path).content.decode()
        day = auditor.get(of(found, "acts"), {"on": "2026-09-08"}).content.decode()
        assert "1 more is in a case that you may not open." in day
        assert "would have done nothing" not in day
        called = auditor.get(of(found, "acts"), {"person": stage.manager.pk}).content.decode()
        assert "They are cases that you may not open." in called
        for empty in ({"on": "2026-09-09"}, {"side": "live"}):
            page = auditor.get(of(found, "acts"), empty).content.decode()
            assert "would have done nothing" in page
            assert "that you may not open" not in page
        assert auditor.get(of(found, "acts", str(act.pk))).status_code == 404

    def test_is_set_beside_what_is_live(self, manager: Client, drafted: Rule, stage: Stage) -> None:
        stage.case()
        rule.publish(rule_id=drafted.pk, revision=1, at=AT, actor=actor(stage.admin))
        drafted.refresh_from_db()
        rule.change_draft(
            rule_id=drafted.pk,
            revision=drafted.revision,
            when={"when": "lasted", "standing": "unanswered", "offset_amount": 2, "offset_unit": "hour"},
            condition={"all": [{"fact": "severity", "op": "at_least", "value": 4}]},
            steps=[{"kind": "tell", "whom": "managers", "hours": "always"}],
            at=AT,
            actor=actor(stage.admin),
        )
        finished(manager, drafted)
        answer = manager.get(f"/rules/{drafted.public_id}/")
        acted = answer.context["figures"][0]
        assert (acted.draft, acted.live, acted.difference) == ("0", "1", "1 fewer")
        assert "Live 1 woke" in answer.content.decode()


@pytest.mark.parametrize(
    ("who", "status", "found_status"), [("auditor", 403, 403), ("agent", 403, 404), ("outsider", 404, 404)]
)
def test_is_for_managers_and_who_sets_up(
    stage: Stage, drafted: Rule, manager: Client, who: str, status: int, found_status: int
) -> None:
    client = signed_in(getattr(stage, who))
    assert start(client, drafted).status_code == status
    assert not Replay.objects.exists()
    start(manager, drafted)
    found = Replay.objects.get()
    assert client.post(of(found, "cancel")).status_code == found_status
    assert Replay.objects.get().status == ReplayStatus.QUEUED
    if who != "auditor":
        assert client.get(of(found)).status_code == found_status
        assert client.get(of(found, "acts")).status_code == found_status


class TestThePictures:
    def test_put_each_day_under_its_week_and_name_months_that_do_not_run_into_each_other(self) -> None:
        days = [f"2026-08-{n}" for n in range(26, 32)] + [f"2026-09-{n:02}" for n in range(1, 31)]
        heat = replay_chart.heat(days, {"2026-08-31": 6})
        assert (heat.total, heat.peak.day.isoformat() if heat.peak else "") == (6, "2026-08-31")
        assert [name for _x, name in heat.months] == ["Sep"]
        assert heat.cells[0].y - heat.cells[5].y == 2 * replay_chart.STEP_Y

    def test_draw_no_bar_for_no_call_and_the_most_at_full_height(self) -> None:
        drawn = replay_chart.hours([0, 4, *[0] * 22], [1, 2, *[0] * 22])
        assert [bar.height for bar in drawn.draft] == [replay_chart.FULL]
        assert [bar.height for bar in drawn.live] == [18, 36]

    def test_reckon_a_difference_from_what_they_show(self) -> None:
        hour = 3600
        row = replay_chart.earlier(43 * hour + 3000, 42 * hour, has_live=True)
        assert (row.draft, row.live, row.difference, row.is_better) == ("43 h", "42 h", "1 h more", True)
        row = replay_chart.earlier(42 * hour + 600, 42 * hour, has_live=True)
        assert (row.draft, row.difference) == (row.live, "the same")
