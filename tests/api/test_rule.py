"""Escalation rules by the REST API: drafted, live, paused, replayed, and what they did."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from cases.commands import case as cases
from cases.jobs import replay as jobs
from cases.models import Case, Escalation, Replay, Rule
from cases.vocabulary import ReplayStatus, When
from tests.api.calls import Program
from tests.people import Stage, actor, set_stage
from tests.rules_at_work import TELL_MANAGERS, deadline, live, overdue, work

pytestmark = pytest.mark.django_db
SEVERE = {"fact": "severity", "op": "at_least", "value": 3}
NEW: dict[str, Any] = {
    "brand": "brindlewick",
    "name": "Two days left",
    "when": {"when": "deadline", "goal": "final_answer", "offset_amount": 2, "offset_unit": "day", "before": True},
    "condition": {"all": [SEVERE, {"fact": "owner", "op": "is_not", "value": "manager"}]},
    "steps": [TELL_MANAGERS, {"kind": "assign", "whom": "person", "person": "colleague", "after_minutes": 60}],
    "stop": "cause_gone",
}


@pytest.fixture
def stage() -> Stage:
    return set_stage()


def made(stage: Stage, **parts: Any) -> Any:
    """A drafted rule, as its program reads it."""
    answer = Program(stage.admin).post("rules/", NEW | parts)
    assert answer.status_code == 201, answer.content
    return answer.json()


class TestDrafting:
    def test_people_are_named_by_their_user_names(self, stage: Stage) -> None:
        rule = made(stage)
        draft = rule["draft"]
        assert (draft["number"], rule["live"], rule["revision"]) == (1, None, 1)
        assert draft["condition"] == NEW["condition"]
        assert draft["steps"][1]["person"] == "colleague"
        kept = Rule.objects.get().versions.get()
        assert kept.steps[1]["person"] == stage.colleague.pk
        assert kept.condition["all"][1]["value"] == stage.manager.pk

    def test_is_a_sentence_in_the_callers_language(self, stage: Stage) -> None:
        rule = made(stage)
        program = Program(stage.manager)
        english = program.get(f"rules/{rule['id']}/").json()["sentence"]
        assert english.startswith("When the deadline “Final answer” is due in 2 days, if the severity is at least high")
        assert "give the case to Colleague" in english
        program.headers["Accept-Language"] = "fr"
        french = program.get(f"rules/{rule['id']}/")
        assert french["Content-Language"] == "fr"
        assert [each["sentence"] for each in program.get("rules/").json()["results"]] == [french.json()["sentence"]]

    @pytest.mark.parametrize(
        ("parts", "field"),
        [
            ({"when": {}}, "when.when"),
            ({"when": {"when": "full_moon"}}, "when.when"),
            ({"steps": []}, "steps"),
            ({"steps": [{"kind": "tell"}]}, "steps.0.whom"),
            ({"steps": [{"kind": "tell", "whom": "person", "person": "nobody"}]}, "steps.0.person"),
            ({"steps": [{"kind": "tell", "whom": "person", "person": 1}]}, "steps.0.person"),
            ({"condition": {"all": [{"fact": "owner", "op": "is", "value": "nobody"}]}}, "condition.all.0.value"),
            ({"condition": {"all": [{"fact": "mood", "op": "is", "value": 1}]}}, "condition.all.0.fact"),
            ({"condition": {"all": []}, "name": ""}, "name"),
        ],
    )
    def test_what_is_no_rule_is_refused_with_its_place(self, stage: Stage, parts: dict[str, Any], field: str) -> None:
        refused = Program(stage.admin).post("rules/", NEW | parts)
        assert (refused.status_code, list(refused.json()["errors"])) == (422, [field])
        assert not Rule.objects.exists()

    def test_a_condition_that_is_far_too_deep(self, stage: Stage) -> None:
        tree: dict[str, Any] = SEVERE
        for _level in range(300):
            tree = {"all": [tree]}
        assert Program(stage.admin).post("rules/", NEW | {"condition": tree}).status_code == 422

    def test_a_part_is_changed_and_the_rest_stays(self, stage: Stage) -> None:
        rule, program = made(stage), Program(stage.admin)
        path = f"rules/{rule['id']}/"
        changed = program.patch(path, {"revision": 1, "stop": "handled"}).json()
        assert (changed["draft"]["stop"], changed["draft"]["steps"]) == ("handled", rule["draft"]["steps"])
        late = program.patch(path, {"revision": 1, "stop": ""})
        assert (late.status_code, late.json()["code"]) == (409, "changed_meanwhile")
        named = program.patch(path, {"revision": 2, "name": "Hurry"}).json()
        assert (named["name"], named["revision"]) == ("Hurry", 3)
        assert program.patch(path, {"revision": 3, "name": "A", "stop": ""}).status_code == 422

    def test_agents_read_no_rules_and_managers_change_none(self, stage: Stage) -> None:
        path = f"rules/{made(stage)['id']}/"
        assert Program(stage.agent).get("rules/").status_code == 403
        assert Program(stage.agent).get(path).status_code == 403
        assert Program(stage.auditor).get(path).status_code == 200
        assert Program(stage.manager).post(f"{path}publish/", {"revision": 1}).status_code == 403
        assert Program(stage.outsider).get(path).status_code == 404


class TestLife:
    def test_goes_live_pauses_acts_again_and_retires(self, stage: Stage) -> None:
        program = Program(stage.admin)
        path = f"rules/{made(stage)['id']}/"
        assert program.post(f"{path}publish/", {"revision": 1}).json()["live"]["number"] == 1
        assert program.post(f"{path}pause/", {"revision": 2}).json()["paused_at"]
        assert program.post(f"{path}resume/", {"revision": 3, "skip": True}).json()["paused_at"] is None
        drafted = program.patch(path, {"revision": 4, "missed": "skip"}).json()
        assert (drafted["live"]["missed"], drafted["draft"]["missed"]) == ("late", "skip")
        assert program.post(f"{path}discard/", {"revision": 5}).json()["draft"] is None
        retired = program.post(f"{path}retire/", {"revision": 6}).json()
        assert (bool(retired["retired_at"]), retired["live"]) == (True, None)
        assert program.get("rules/").json()["results"] == []
        assert len(program.get("rules/", retired="true").json()["results"]) == 1
        assert program.post(f"{path}pause/", {"revision": 7}).status_code == 422

    def test_one_that_matches_many_says_how_many(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        case = stage.case()
        deadline(case, timezone.now() - timedelta(hours=1))
        monkeypatch.setattr("cases.commands.rule.rule_count.count_now", lambda *_given: 7_000_000)
        rule = made(stage, when={"when": "deadline", "goal": "final_answer", "offset_unit": "minute"})
        path, program = f"rules/{rule['id']}/publish/", Program(stage.admin)
        asked = program.post(path, {"revision": 1, "act_on_past": True})
        assert (asked.status_code, asked.json()["code"], asked.json()["count"]) == (409, "matches_many", 7_000_000)
        less = program.post(path, {"revision": 1, "act_on_past": True, "expected": 6_999_999})
        assert less.json()["code"] == "matches_many"
        told = program.post(path, {"revision": 1, "act_on_past": True, "expected": 7_000_000})
        assert told.json()["live"]["number"] == 1

    def test_a_name_that_is_gone_is_refused(self, stage: Stage) -> None:
        program = Program(stage.admin)
        gone = made(stage, steps=[{"kind": "tag", "tag": 99}])
        assert gone["gone"] == [{"what": "tag", "id": 99}]
        refused = program.post(f"rules/{gone['id']}/publish/", {"revision": 1})
        assert (refused.status_code, refused.json()["code"]) == (422, "rule_names_gone")

    def test_where_rules_meet_is_told_on_both(self, stage: Stage) -> None:
        give = {"kind": "assign", "whom": "person", "person": "agent"}
        first = made(stage, name="First", condition={}, steps=[give])
        second = made(stage, name="Second", condition={}, steps=[TELL_MANAGERS, {**give, "person": "colleague"}])
        program = Program(stage.admin)
        program.post(f"rules/{first['id']}/publish/", {"revision": 1})
        met = program.get(f"rules/{second['id']}/").json()["conflicts"]
        assert met == [
            {"clash": "undoes", "rule": first["id"], "name": "First", "is_above": True, "step": 2, "step_of_it": 1}
        ]
        assert [each["conflicts"] for each in program.get("rules/").json()["results"]] == [[], []]
        program.post(f"rules/{second['id']}/publish/", {"revision": 1})
        [one, other] = program.get("rules/").json()["results"]
        assert (one["conflicts"][0]["is_above"], other["conflicts"][0]["is_above"]) == (False, True)

    def test_are_put_in_order(self, stage: Stage) -> None:
        first, second = made(stage)["id"], made(stage, name="Second")["id"]
        program = Program(stage.admin)
        put = program.post("rules/order/", {"brand": "brindlewick", "rules": [second, first]})
        assert put.json() == {"rules": [second, first]}
        assert program.get(f"rules/{second}/").json()["position"] == 0
        short = program.post("rules/order/", {"brand": "brindlewick", "rules": [second]})
        assert short.json()["code"] == "changed_meanwhile"
        strange = {"brand": "brindlewick", "rules": [second, "00000000-0000-0000-0000-000000000001"]}
        assert program.post("rules/order/", strange).status_code == 422

    def test_the_same_key_makes_one(self, stage: Stage) -> None:
        program = Program(stage.admin)
        first, second = (program.post("rules/", NEW, Idempotency_Key="k") for _ in range(2))
        assert first.json() == second.json()
        assert Rule.objects.count() == 1


class TestWhatTheyDid:
    @pytest.fixture
    def case(self, stage: Stage) -> Case:
        """A case on which a rule has acted, after its deadline was over."""
        case = stage.case()
        live(stage, When.DEADLINE, TELL_MANAGERS, condition={"all": [SEVERE]}, **overdue())
        live(stage, When.WROTE, TELL_MANAGERS, name="Writes again")
        deadline(case, timezone.now() - timedelta(minutes=2))
        work()
        return case

    def test_is_listed_with_steps_calls_and_questions(self, stage: Stage, case: Case) -> None:
        program = Program(stage.agent)
        [found] = program.get("escalations/").json()["results"]
        assert (found["case"], found["name"], found["status"]) == (case.reference, "Wake us", "done")
        assert found["saw"] == [
            {"fact": "severity", "words": "the severity is at least high", "saw": "high", "holds": True}
        ]
        [step] = found["steps"]
        assert (step["kind"], step["status"], [call["person"] for call in step["calls"]]) == (
            "tell",
            "done",
            ["manager"],
        )
        assert program.get(f"escalations/{found['id']}/").json() == found
        assert program.get("escalations/", case=case.reference, status="done").json()["results"] == [found]
        assert program.get("escalations/", status="running").json()["results"] == []
        assert Program(stage.outsider).get("escalations/").json()["results"] == []

    def test_is_paged(self, stage: Stage, case: Case) -> None:
        first = Escalation.objects.get()
        Escalation.objects.create(
            brand=stage.brand,
            case=case,
            rule=first.rule,
            version=first.version,
            occasion="x",
            matched_at=first.matched_at,
        )
        program = Program(stage.agent)
        page = program.get("escalations/", limit=1).json()
        assert page["results"][0]["id"] != str(first.public_id)
        rest = program.get(page["next"].split("/api/v1/")[1]).json()
        assert ([each["id"] for each in rest["results"]], rest["next"]) == ([str(first.public_id)], None)

    def test_is_said_to_have_helped(self, stage: Stage, case: Case) -> None:
        path = f"escalations/{Escalation.objects.get().public_id}/useful/"
        program = Program(stage.agent)
        assert program.post(path, {"useful": True}).json()["was_useful"] is True
        assert program.post(path, {"useful": None}).json()["was_useful"] is None

    def test_counts_on_the_rule(self, stage: Stage, case: Case) -> None:
        results = Program(stage.manager).get("rules/").json()["results"]
        stats = {each["name"]: each["stats"] for each in results}
        acted = stats["Wake us"]
        assert (acted["matched"], acted["acted"], acted["never_matched"]) == (1, 1, False)
        assert acted["called"] == [{"name": "Manager", "times": 1}]
        assert stats["Writes again"]["never_matched"]

    def test_every_rule_is_explained(self, stage: Stage, case: Case) -> None:
        found = Program(stage.agent).get(f"cases/{case.reference}/explanations/").json()
        rules = {each["name"]: each for each in found["rules"]}
        acted, waits = rules["Wake us"], rules["Writes again"]
        assert (acted["state"], acted["is_considered"], acted["holds"]) == ("acted", True, True)
        assert [each["saw"] for each in acted["asked"]] == ["high"]
        assert [each["case"] for each in acted["escalations"]] == [case.reference]
        assert (waits["state"], waits["is_considered"], waits["escalations"]) == ("not_yet_happened", False, [])
        assert acted["sentence"].startswith("When the deadline “Final answer” is due, if the severity")

    def test_of_a_restricted_case_nothing_is_told(self, stage: Stage, case: Case) -> None:
        cases.restrict(case_id=case.pk, is_restricted=True, at=timezone.now(), actor=actor(stage.manager))
        program = Program(stage.agent)
        assert program.get("escalations/").json()["results"] == []
        assert program.get(f"escalations/{Escalation.objects.get().public_id}/").status_code == 404
        assert program.get(f"cases/{case.reference}/explanations/").status_code == 404
        assert Program(stage.auditor).get("rules/").json()["results"][0]["stats"]["matched"] == 0


class TestReplays:
    PERIOD: dict[str, Any] = {"starts_on": "2026-09-01", "ends_on": "2026-09-30"}
    WAKE: dict[str, Any] = {
        "when": {"when": "lasted", "standing": "unanswered", "offset_amount": 2, "offset_unit": "hour"},
        "condition": {"all": [SEVERE]},
        "steps": [{"kind": "tell", "whom": "managers", "hours": "always"}],
    }

    def run(self, replay: str) -> None:
        """Let the replay go on to its end."""
        jobs.run_replay(Replay.objects.get(public_id=replay).pk)

    def test_is_started_watched_and_read(self, stage: Stage) -> None:
        case, program = stage.case(), Program(stage.manager)
        path = f"rules/{made(stage, **self.WAKE)['id']}/replays/"
        started = program.post(path, self.PERIOD)
        assert (started.status_code, started.json()["status"], started.json()["result"]) == (202, "queued", None)
        one = f"{path}{started.json()['id']}/"
        again = program.post(path, self.PERIOD)
        assert (again.status_code, again.json()["code"]) == (409, "replay_running")
        self.run(started.json()["id"])
        found = program.get(one).json()
        assert (found["status"], found["percent"], found["asked_by"]) == ("done", 100, "manager")
        draft = found["result"]["draft"]
        assert (draft["acted"], draft["cases"], found["result"]["live"]) == (1, 1, None)
        assert [load["person"] for load in draft["people"]] == ["manager"]
        assert {each["code"] for each in found["result"]["cannot"]} >= {"answered", "today"}
        [act] = program.get(f"{one}acts/").json()["results"]
        assert (act["case"], act["called"], act["saw"][0]["saw"]) == (case.reference, ["manager"], "high")
        assert program.get(f"{one}acts/", side="live").json()["results"] == []
        assert program.get(f"{one}acts/", on="2026-09-01").json()["results"] == []
        listed = program.get(path).json()["results"]
        assert [(each["id"], each["result"]) for each in listed] == [(found["id"], None)]

    def test_is_cancelled(self, stage: Stage) -> None:
        program = Program(stage.admin)
        path = f"rules/{made(stage, **self.WAKE)['id']}/replays/"
        started = program.post(path, self.PERIOD).json()
        assert program.post(f"{path}{started['id']}/cancel/").json()["status"] == ReplayStatus.CANCELLED

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"starts_on": "2026-09-30", "ends_on": "2026-09-01"}, "ends_on"),
            ({"starts_on": "2026-09-01", "ends_on": "2999-09-01"}, "ends_on"),
            ({"starts_on": "2020-09-01", "ends_on": "2026-09-01"}, "starts_on"),
            ({**PERIOD, "version": 7}, "version"),
        ],
    )
    def test_a_period_that_is_none_is_refused(self, stage: Stage, given: dict[str, Any], field: str) -> None:
        path = f"rules/{made(stage, **self.WAKE)['id']}/replays/"
        refused = Program(stage.admin).post(path, given)
        assert (refused.status_code, list(refused.json()["errors"])) == (422, [field])

    def test_belongs_to_its_rule(self, stage: Stage) -> None:
        rule, other = made(stage, **self.WAKE)["id"], made(stage, name="Other")["id"]
        program = Program(stage.admin)
        replay = program.post(f"rules/{rule}/replays/", self.PERIOD).json()["id"]
        assert program.get(f"rules/{other}/replays/{replay}/").status_code == 404
        assert Program(stage.agent).get(f"rules/{rule}/replays/{replay}/").status_code == 403
        assert Program(stage.agent).post(f"rules/{rule}/replays/", self.PERIOD).status_code == 403
        assert Program(stage.outsider).get(f"rules/{rule}/replays/{replay}/").status_code == 404
