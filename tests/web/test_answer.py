"""The end of the path on the page: points, parts with what is missing, the cause; and where they are set up."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from cases.commands import cause as cause_commands
from cases.commands import handling, invitation, regime
from cases.models import Answer, Case, Cause, Decision, Regime
from cases.rules import regimes
from cases.vocabulary import AnswerPart, Outcome, Status
from tests.desk import HTMX, claimed, ready, signed_in, taken
from tests.people import AT, Stage, actor, set_stage

ONCE = "6b1c1c1e-0000-4000-8000-000000000001"
P = AnswerPart


@pytest.fixture
def stage(db: None) -> Stage:
    return set_stage()


def text(answer: Any) -> str:
    return str(answer.content.decode())


def rule(stage: Stage, **more: Any) -> Regime:
    wanted: dict[str, Any] = {
        "name": "Housing",
        "demands": list(P),
        "recourse": {"en": "Write to the ombudsman, 1 High Street."},
        "opening": {},
        "recourse_always": True,
        "answers_first": True,
    }
    return regime.set_regime(brand_id=stage.brand.pk, actor=actor(stage.admin), **(wanted | more))


def decided(stage: Stage, outcome: Outcome = Outcome.UPHELD, points: Any = ()) -> Case:
    case = taken(stage)
    invitation.confirm(thread_id=claimed(stage, case).pk, at=AT, actor=actor(stage.agent))
    handling.decide(case_id=case.pk, outcome=outcome, reason="Ours", points=points, at=AT, actor=actor(stage.agent))
    return case


def make_cause(stage: Stage, code: str, parent: Cause | None = None) -> Cause:
    return cause_commands.create_cause(
        brand_id=stage.brand.pk,
        code=code,
        label={"en": code.capitalize()},
        parent_id=parent.pk if parent else None,
        actor=actor(stage.admin),
    )


class TestPoints:
    URL = "/cases/BW-1/decision/"

    def test_are_three_rows_and_one_more_keeps_what_is_written(self, stage: Stage) -> None:
        taken(stage)
        client = signed_in(stage.agent)
        assert text(client.get(self.URL, headers=HTMX)).count('class="point"') == 3
        words = {"rows": "3", "outcome": "upheld", "raised_0": "Too late", "more": "1"}
        for headers in (HTMX, {}):
            again = client.post(self.URL, words, headers=headers)
            assert again.status_code == 200
            assert text(again).count('class="point"') == 4
            assert "Too late</textarea>" in text(again)
            assert 'aria-invalid="true"' not in text(again)
        assert not Decision.objects.exists()

    def test_are_recorded_and_shown_again(self, stage: Stage) -> None:
        taken(stage)
        client = signed_in(stage.agent)
        words = {"rows": "3", "outcome": "partly_upheld", "reason": "Half ours"}
        words |= {"raised_0": "Too late", "outcome_0": "upheld", "reason_0": "The van"}
        words |= {"raised_2": "Rude", "outcome_2": "rejected", "reason_2": "The call"}
        assert client.post(self.URL, words).status_code == 302
        assert list(Decision.objects.get().points.values_list("raised", flat=True)) == ["Too late", "Rude"]
        assert "Too late" in text(client.get("/cases/BW-1/"))
        again = text(client.get(self.URL, headers=HTMX))
        assert "The call</textarea>" in again
        assert "points" in again
        assert " open" in again

    def test_that_are_begun_are_finished(self, stage: Stage) -> None:
        taken(stage)
        words = {"rows": "3", "outcome": "upheld", "reason": "Ours", "raised_1": "Too late"}
        answer = signed_in(stage.agent).post(self.URL, words, headers=HTMX)
        assert answer.status_code == 422
        assert text(answer).count("Every point needs this.") == 2
        assert "Too late</textarea>" in text(answer)

    def test_refuse_an_outcome_that_does_not_fit_beside_it(self, stage: Stage) -> None:
        taken(stage)
        words = {"rows": "3", "outcome": "upheld", "reason": "Ours"}
        words |= {"raised_0": "Rude", "outcome_0": "rejected", "reason_0": "The call"}
        answer = signed_in(stage.agent).post(self.URL, words, headers=HTMX)
        assert answer.status_code == 422
        assert "With them the complaint can be: rejected, settled without admission." in text(answer)

    @pytest.mark.parametrize("rows", ["", "x", "-1", "9999", "٣"])
    def test_bear_any_number_of_rows(self, stage: Stage, rows: str) -> None:
        taken(stage)
        words = {"rows": rows, "outcome": "upheld", "reason": "Ours"}
        assert signed_in(stage.agent).post(self.URL, words).status_code in {302, 422}


class TestFinalAnswer:
    URL = "/cases/BW-1/final-answer/"

    def test_has_a_field_for_each_demanded_part_prepared_from_the_case(self, stage: Stage) -> None:
        rule(stage)
        decided(stage, points=[("Too late", Outcome.UPHELD, "The van broke down.")])
        page = text(signed_in(stage.agent).get(self.URL, headers=HTMX))
        for part in P:
            assert f'name="part_{part.value}"' in page
        assert "1. “Too late”" in page
        assert "1 High Street" in page
        assert "fill in “not decided yet: Refund”" in page

    def test_tells_what_is_missing_while_it_is_written(self, stage: Stage) -> None:
        rule(stage, demands=[P.DECISION, P.REASONS])
        decided(stage)
        client = signed_in(stage.agent)
        words = {"route": "private", "once": ONCE, "part_decision": "You are right.", "part_reasons": ""}
        lines = text(client.post(f"{self.URL}check/", words, headers=HTMX))
        assert "Reasons, for every point raised: nothing yet" in lines
        assert "You are right." in lines
        whole = text(client.post(f"{self.URL}check/", words | {"part_reasons": "The van."}, headers=HTMX))
        assert "Nothing is missing." in whole
        assert not Answer.objects.exists()

    def test_is_looked_at_again_without_a_script(self, stage: Stage) -> None:
        rule(stage, demands=[P.DECISION, P.REASONS])
        decided(stage)
        words = {"route": "private", "once": ONCE, "part_decision": "Mine", "part_reasons": "", "preview": "1"}
        page = signed_in(stage.agent).post(self.URL, words)
        assert page.status_code == 200
        assert "Mine</textarea>" in text(page)
        assert "nothing yet" in text(page)
        assert not Answer.objects.exists()

    def test_refuses_what_is_not_whole_and_keeps_every_word(self, stage: Stage) -> None:
        rule(stage)
        decided(stage, Outcome.REJECTED)
        words = {"route": "private", "once": ONCE, "part_decision": "No, and no.", "part_reasons": "[[why]]"}
        answer = signed_in(stage.agent).post(self.URL, words, headers=HTMX)
        assert answer.status_code == 422
        assert "Housing demands more of it" in text(answer)
        assert "No, and no.</textarea>" in text(answer)
        assert not Answer.objects.exists()

    def test_goes_in_its_parts_once(self, stage: Stage) -> None:
        rule(stage, demands=[P.DECISION, P.REASONS])
        decided(stage, Outcome.REJECTED)
        words = {"route": "private", "once": ONCE, "part_recourse": "The ombudsman."}
        words |= {"part_decision": "No.", "part_reasons": "It was on time."}
        client = signed_in(stage.agent)
        for _ in range(2):
            assert client.post(self.URL, words).status_code == 302
        sent = Answer.objects.get()
        assert sent.text == "No.\n\nIt was on time.\n\nThe ombudsman."
        assert sent.parts == ["decision", "reasons", "recourse"]

    def test_that_nobody_can_be_told_needs_only_why(self, stage: Stage) -> None:
        rule(stage)
        decided(stage)
        client = signed_in(stage.agent)
        words = {"route": "unreachable", "once": ONCE, "text": "", "part_decision": "You are right."}
        assert client.post(self.URL, words, headers=HTMX).status_code == 422
        assert client.post(self.URL, words | {"text": "Nobody answers."}).status_code == 302
        assert Answer.objects.get().text == "Nobody answers."

    def test_names_what_must_be_done_first(self, stage: Stage) -> None:
        rule(stage, answers_first=False)
        decided(stage)
        assert "First: Refund" in text(signed_in(stage.agent).get(self.URL, headers=HTMX))

    def test_stays_one_text_until_something_is_decided_or_demanded(self, stage: Stage) -> None:
        taken(stage)
        client = signed_in(stage.agent)
        assert 'name="part_' not in text(client.get(self.URL, headers=HTMX))
        rule(stage)
        page = text(client.get(self.URL, headers=HTMX))
        assert "Record the decision first" in page
        assert 'name="part_' not in page

    def test_is_not_looked_at_by_readers(self, stage: Stage) -> None:
        rule(stage)
        decided(stage)
        assert signed_in(stage.auditor).post(f"{self.URL}check/", {}).status_code == 403
        assert signed_in(stage.agent).get(f"{self.URL}check/").status_code == 405


class TestCause:
    def test_is_asked_in_the_open_gate_and_kept_with_handled(self, stage: Stage) -> None:
        case = taken(stage)
        late = make_cause(stage, "late", make_cause(stage, "delivery"))
        ready(stage, case)
        client = signed_in(stage.agent)
        assert "Delivery › Late" in text(client.get("/cases/BW-1/"))
        client.post("/cases/BW-1/handle/", {"cause": late.pk, "prevention": "A second van"})
        found = Case.objects.get()
        assert (found.status, found.cause, found.prevention) == (Status.HANDLED, late, "A second van")
        page = text(client.get("/cases/BW-1/"))
        assert "A second van" in page
        assert "still asked" not in page

    def test_may_be_skipped_and_is_then_still_asked(self, stage: Stage) -> None:
        case, late = taken(stage), make_cause(stage, "late")
        ready(stage, case)
        client = signed_in(stage.agent)
        client.post("/cases/BW-1/handle/", {"cause": "", "prevention": ""})
        assert "Why it happened is still asked." in text(client.get("/cases/BW-1/"))
        assert "Late</option>" in text(client.get("/cases/BW-1/cause/", headers=HTMX))
        client.post("/cases/BW-1/cause/", {"cause": late.pk, "prevention": ""})
        assert "still asked" not in text(client.get("/cases/BW-1/"))
        assert "named the cause: Late" in text(client.get("/cases/BW-1/?tab=journal"))

    def test_that_is_none_of_the_brand_is_refused_with_the_words_kept(self, stage: Stage) -> None:
        case = taken(stage)
        ready(stage, case)
        words = {"cause": "999999", "prevention": "A second van"}
        answer = signed_in(stage.agent).post("/cases/BW-1/handle/", words, headers=HTMX)
        assert answer.status_code == 422
        assert "A second van</textarea>" in text(answer)
        assert Case.objects.get().status == Status.OPEN

    def test_is_not_the_readers(self, stage: Stage) -> None:
        case = taken(stage)
        ready(stage, case)
        handling.handle(case_id=case.pk, at=AT, actor=actor(stage.agent))
        assert signed_in(stage.auditor).get("/cases/BW-1/cause/").status_code == 403
        assert "Name the cause" not in text(signed_in(stage.auditor).get("/cases/BW-1/"))


class TestRegimePage:
    URL = "/settings/brands/brindlewick/final-answers/"

    def client(self, stage: Stage) -> Client:
        return signed_in(stage.admin)

    def words(self, **more: Any) -> dict[str, Any]:
        return {
            "name": "Ours",
            "demands": ["decision", "recourse"],
            "recourse_en": "The ombudsman, 1 High Street.",
            "recourse_always": "on",
        } | more

    @pytest.mark.parametrize("pack", regimes.PACKS, ids=lambda pack: pack.code)
    def test_begins_with_a_pack_and_refuses_it_until_it_is_filled_in(self, stage: Stage, pack: regimes.Pack) -> None:
        client = self.client(stage)
        page = text(client.get(f"{self.URL}?pack={pack.code}"))
        assert pack.source.split("'")[0] in page
        assert page.count("answer-preview") == 2
        words = self.words(recourse_en=pack.recourse["en"], recourse_fr=pack.recourse["fr"])
        answer = client.post(self.URL, words)
        assert answer.status_code == 422
        assert "Fill in what is marked (en)" in text(answer)
        assert not Regime.objects.exists()

    def test_keeps_changes_and_removes_it(self, stage: Stage) -> None:
        client = self.client(stage)
        assert client.post(self.URL, self.words()).status_code == 302
        assert not Regime.objects.get().answers_first
        assert client.post(self.URL, self.words(name="Other", answers_first="on")).status_code == 302
        page = text(client.get(self.URL))
        assert "In force: Other" in page
        assert client.post(f"{self.URL}remove/").status_code == 302
        assert not Regime.objects.exists()

    def test_shows_an_example_in_both_languages_and_keeps_nothing(self, stage: Stage) -> None:
        client = self.client(stage)
        words = self.words(recourse_fr="Le médiateur.", opening_fr="Étape 1.")
        shown = text(client.post(f"{self.URL}preview/", words, headers=HTMX))
        for part in ("1 High Street", "Le médiateur.", "Étape 1.", "We have looked into", "Nous avons examiné"):
            assert part in shown
        page = text(client.post(self.URL, words | {"preview": "1"}))
        assert "Le médiateur.</textarea>" in page
        assert not Regime.objects.exists()

    def test_is_the_admins_alone(self, stage: Stage) -> None:
        for person, status in ((stage.manager, 403), (stage.outsider, 404)):
            client = signed_in(person)
            assert client.get(self.URL).status_code == status
            for path in ("", "preview/", "remove/"):
                assert client.post(f"{self.URL}{path}", self.words()).status_code == status


class TestCausePages:
    URL = "/settings/brands/brindlewick/causes/"

    def test_show_the_tree_and_add_below(self, stage: Stage) -> None:
        client = signed_in(stage.admin)
        assert "No cause yet" in text(client.get(self.URL))
        top = make_cause(stage, "delivery")
        assert "selected" in text(client.get(f"{self.URL}+/?below={top.pk}"))
        client.post(f"{self.URL}+/", {"code": "late", "label_en": "Late", "parent": top.pk})
        assert Cause.objects.get(code="late").parent == top
        assert "cause-2" in text(client.get(self.URL))

    def test_change_one_and_switch_it_off(self, stage: Stage) -> None:
        top = make_cause(stage, "delivery")
        client = signed_in(stage.admin)
        assert "Delivery" in text(client.get(f"{self.URL}{top.code}/"))
        client.post(f"{self.URL}{top.code}/", {"label_en": "Transport", "parent": ""})
        top.refresh_from_db()
        assert (top.label["en"], top.is_active) == ("Transport", False)
        assert client.get(f"{self.URL}nothing/").status_code == 404

    def test_offer_no_place_that_would_be_too_deep(self, stage: Stage) -> None:
        low = make_cause(stage, "low", make_cause(stage, "middle", make_cause(stage, "top")))
        page = text(signed_in(stage.admin).get(f"{self.URL}+/"))
        assert f'value="{low.parent_id}"' in page
        assert f'value="{low.pk}"' not in page
