"""Points of a decision, the regime of a brand, and a final answer that holds what it demands."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from cases import errors
from cases.commands import action, handling, invitation, regime
from cases.models import Answer, Case, Decision, Event, Kind, Message, Point, Regime
from cases.queries import answer as answers
from cases.rules import regimes
from cases.vocabulary import AnswerPart, AnswerRoute, EventKind, Outcome
from tests.desk import claimed, taken
from tests.people import AT, Stage, actor, set_stage

P = AnswerPart
U, R, S, PARTLY = Outcome.UPHELD, Outcome.REJECTED, Outcome.SETTLED, Outcome.PARTLY_UPHELD
RECOURSE = {"en": "Write to the ombudsman, 1 High Street.", "fr": "Écrivez au médiateur, 1 rue Haute."}
WHOLE = {
    P.DECISION: "We uphold it.",
    P.REASONS: "The van broke down.",
    P.REMEDY: "We refund you.",
    P.OUTSTANDING: "The refund, by Friday.",
    P.RECOURSE: "The ombudsman.",
}


@pytest.fixture
def stage(db: None) -> Stage:
    return set_stage()


def rule(stage: Stage, **more: Any) -> Regime:
    wanted = {"name": "Housing", "demands": list(P), "recourse": RECOURSE, "opening": {}} | more
    given: dict[str, Any] = {"recourse_always": True, "answers_first": True} | wanted
    return regime.set_regime(brand_id=stage.brand.pk, actor=actor(stage.admin), **given)


def decide(stage: Stage, case: Case, outcome: Outcome = U, points: Any = ()) -> Decision:
    return handling.decide(
        case_id=case.pk, outcome=outcome, reason="Ours", points=points, at=AT, actor=actor(stage.agent)
    )


def send(stage: Stage, case: Case, **given: Any) -> Answer:
    return handling.send_final_answer(case_id=case.pk, **given, at=AT, actor=actor(stage.agent))


def reachable(stage: Stage) -> Case:
    case = taken(stage)
    invitation.confirm(thread_id=claimed(stage, case).pk, at=AT, actor=actor(stage.agent))
    return case


class TestPoints:
    def test_are_kept_with_their_reasons_in_their_order(self, stage: Stage) -> None:
        case = taken(stage)
        decision = decide(stage, case, PARTLY, [("Too late", U, "The van"), ("Rude", R, "The call")])
        kept = list(decision.points.order_by("position").values_list("raised", "outcome", "reason"))
        assert kept == [("Too late", U, "The van"), ("Rude", R, "The call")]
        assert Event.objects.get(kind=EventKind.DECISION_RECORDED).payload["points"] == 2

    @pytest.mark.parametrize(
        ("outcome", "of_points"), [(PARTLY, [U, U]), (U, [U, R]), (R, [U, R]), (U, [S]), (U, [R]), (R, [PARTLY])]
    )
    def test_refuse_an_outcome_that_does_not_fit(self, stage: Stage, outcome: Outcome, of_points: Any) -> None:
        case = taken(stage)
        points = [(f"Point {each}", each, "Why") for each in of_points]
        with pytest.raises(errors.Invalid, match="reason") as refused:
            decide(stage, case, outcome, points)
        assert refused.value.field == "outcome"
        assert "settled without admission" in refused.value.message
        assert not Decision.objects.exists()

    @pytest.mark.parametrize("point", [("", U, "Why"), ("Late", U, " \u200b ")])
    def test_need_what_was_raised_and_why(self, stage: Stage, point: Any) -> None:
        with pytest.raises(errors.Invalid) as refused:
            decide(stage, taken(stage), U, [point])
        assert refused.value.field == "points"
        assert not Decision.objects.exists()

    def test_leave_a_settlement_free(self, stage: Stage) -> None:
        assert decide(stage, taken(stage), S, [("Late", U, "Van"), ("Rude", R, "Call")]).points.count() == 2

    @pytest.mark.parametrize(
        "sql",
        [
            "UPDATE cases_point SET outcome = 'rejected'",
            "UPDATE cases_point SET position = 7",
            "UPDATE cases_point SET raised = 'Something else'",
            "UPDATE cases_point SET reason = 'Another reason'",
            "DELETE FROM cases_point",
            "TRUNCATE cases_point",
            "UPDATE cases_point SET outcome = 'perhaps'",
        ],
    )
    def test_never_change_whoever_writes(self, stage: Stage, sql: str) -> None:
        decide(stage, taken(stage), U, [("Late", U, "Van")])
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
        assert Point.objects.filter(outcome=U, raised="Late", reason="Van", position=0).exists()

    def test_lose_their_words_to_an_erasure_alone(self, stage: Stage) -> None:
        decide(stage, taken(stage), U, [("Late", U, "Van")])
        Point.objects.update(raised=None, reason=None)
        assert Point.objects.get().outcome == U


class TestRegime:
    def test_is_set_changed_and_removed_each_with_its_line(self, stage: Stage) -> None:
        rule(stage)
        rule(stage)
        rule(stage, name="Ours")
        for _ in range(2):
            regime.remove_regime(brand_id=stage.brand.pk, actor=actor(stage.admin))
        fields = [
            event.payload["fields"] for event in Event.objects.filter(kind=EventKind.REGIME_CHANGED).order_by("seq")
        ]
        assert fields == [["created"], ["name"], ["removed"]]
        assert not Regime.objects.exists()

    @pytest.mark.parametrize("pack", regimes.PACKS, ids=lambda pack: pack.code)
    def test_refuses_a_pack_whose_marks_nobody_filled_in(self, stage: Stage, pack: regimes.Pack) -> None:
        with pytest.raises(errors.Invalid) as refused:
            rule(stage, name=pack.name, demands=pack.demands, recourse=pack.recourse, opening=pack.opening)
        assert refused.value.field == "recourse"
        assert "address" in refused.value.message
        assert not Regime.objects.exists()

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"demands": []}, "demands"),
            ({"demands": ["apology"]}, "demands"),
            ({"recourse": {}}, "recourse"),
            ({"recourse": {"fr": "Le médiateur"}}, "recourse"),
            ({"recourse": {"en": "x" * 4001}}, "recourse"),
            ({"opening": {"xx": "Hi"}}, "opening"),
            ({"name": " "}, "name"),
        ],
    )
    def test_refuses_what_makes_no_regime(self, stage: Stage, wrong: Any, field: str) -> None:
        with pytest.raises(errors.Invalid) as refused:
            rule(stage, **wrong)
        assert refused.value.field == field
        assert not Regime.objects.exists()

    def test_is_the_admins_alone(self, stage: Stage) -> None:
        with pytest.raises(errors.NotAllowed):
            regime.remove_regime(brand_id=stage.brand.pk, actor=actor(stage.manager))
        with pytest.raises(errors.NotFound):
            regime.remove_regime(brand_id=stage.brand.pk, actor=actor(stage.outsider))


class TestFinalAnswer:
    def test_stays_one_text_without_a_regime(self, stage: Stage) -> None:
        case = reachable(stage)
        decide(stage, case)
        sent = send(stage, case, text="You were right.")
        assert (sent.text, sent.parts, sent.regime) == ("You were right.", [], "")

    def test_is_its_parts_joined_and_keeps_what_it_held(self, stage: Stage) -> None:
        case = reachable(stage)
        rule(stage)
        decide(stage, case)
        sent = send(stage, case, parts=dict(reversed(WHOLE.items())))
        assert sent.text == "\n\n".join(WHOLE.values())
        assert sent.parts == [part.value for part in P]
        assert sent.regime == "Housing"
        assert Message.objects.filter(text=sent.text).exists()

    def test_is_refused_with_everything_that_is_missing_and_nothing_is_lost(self, stage: Stage) -> None:
        case = reachable(stage)
        rule(stage)
        decide(stage, case, R)
        with pytest.raises(errors.AnswerIncomplete) as refused:
            send(stage, case, text="No.", parts={P.DECISION: "No.", P.REASONS: "[[why]]", P.RECOURSE: " "})
        assert refused.value.code == "answer_incomplete"
        assert "Housing" in refused.value.message
        for word in ("reasons, for every point raised: why", "Where they can turn next"):
            assert word in refused.value.message
        assert not Answer.objects.exists()

    def test_cannot_go_as_one_text_under_a_regime(self, stage: Stage) -> None:
        case = reachable(stage)
        rule(stage)
        decide(stage, case)
        with pytest.raises(errors.AnswerIncomplete):
            send(stage, case, text="You were right.")

    def test_needs_recourse_whenever_not_fully_upheld(self, stage: Stage) -> None:
        case = reachable(stage)
        rule(stage, demands=[P.DECISION], recourse_always=False)
        for outcome in (R, PARTLY, S):
            decide(stage, case, outcome)
            with pytest.raises(errors.AnswerIncomplete):
                send(stage, case, parts={P.DECISION: "No."})
        decide(stage, case, U)
        assert send(stage, case, parts={P.DECISION: "Yes."}).parts == ["decision"]

    def test_may_not_go_before_the_actions_where_the_regime_says_so(self, stage: Stage) -> None:
        case = reachable(stage)
        rule(stage, answers_first=False)
        decide(stage, case)
        with pytest.raises(errors.AnswerIncomplete) as refused:
            send(stage, case, parts=WHOLE)
        assert "“Refund” done first" in refused.value.message
        for each in case.actions.all():
            action.waive_action(action_id=each.pk, reason="Other way", at=AT, actor=actor(stage.manager))
        assert send(stage, case, parts=WHOLE).pk

    def test_that_nobody_can_be_told_needs_no_parts(self, stage: Stage) -> None:
        case = taken(stage)
        rule(stage)
        decide(stage, case)
        sent = send(stage, case, text="Nobody answers.", route=AnswerRoute.UNREACHABLE)
        assert (sent.parts, sent.regime) == ([], "")

    def test_knows_its_parts(self, stage: Stage) -> None:
        case = reachable(stage)
        decide(stage, case)
        with pytest.raises(errors.Invalid) as refused:
            send(stage, case, parts={"apology": "Sorry"})
        assert refused.value.field == "parts"


class TestPrepared:
    def prepared(self, stage: Stage, case: Case, decision: Decision) -> answers.Prepared:
        return answers.prepare(case, Regime.objects.get(), decision)

    def test_tells_what_is_done_and_what_is_to_come_in_their_language(self, stage: Stage) -> None:
        case = reachable(stage)
        rule(stage, opening={"fr": "Étape 1."})
        Case.objects.filter(pk=case.pk).update(language="fr")
        case.threads.update(language="fr")
        case = Case.objects.select_related("brand", "complainant").get(pk=case.pk)
        decision = decide(stage, case)
        due = AT + timedelta(days=5)
        done = action.add_action(
            case_id=case.pk, kind_id=stage.refund.pk, amount=Decimal("80"), at=AT, actor=actor(stage.agent)
        )
        action.complete_action(
            action_id=done.pk, outcome="Paid", reference="R-17", amount=Decimal("80"), at=AT, actor=actor(stage.agent)
        )
        action.add_action(case_id=case.pk, kind_id=stage.apology.pk, due_at=due, at=AT, actor=actor(stage.agent))
        found = self.prepared(stage, case, decision)
        assert found.parts["decision"].startswith("Étape 1.\n\nNous avons examiné")
        assert "- Remboursement : 80,00\xa0€, fait le 8 septembre 2026, référence R-17" in found.parts["remedy"]
        assert "au plus tard le 13 septembre 2026" in found.parts["outstanding"]
        assert found.parts["recourse"] == RECOURSE["fr"]
        # The refund that the playbook brought was decided by nobody.
        assert "[[pas encore décidé : Remboursement]]" in found.parts["outstanding"]
        assert {gap.part for gap in found.missing(found.parts)} == {P.REASONS, P.OUTSTANDING}

    def test_keeps_to_itself_what_a_complainant_does_not_see(self, stage: Stage) -> None:
        case = reachable(stage)
        rule(stage)
        Kind.objects.update(is_shown=False)
        found = self.prepared(stage, case, decide(stage, case))
        assert P.OUTSTANDING not in found.wanted

    def test_gives_the_reasons_of_the_points(self, stage: Stage) -> None:
        case = reachable(stage)
        rule(stage)
        found = self.prepared(stage, case, decide(stage, case, U, [("Late [[x]]", U, "The van broke down.")]))
        assert found.parts["reasons"] == "1. “Late [x]”\nWe uphold this. The van broke down."

    def test_reads_the_same_number_of_times_however_much_there_is(
        self, stage: Stage, django_assert_num_queries: Any
    ) -> None:
        case = reachable(stage)
        rule(stage)
        decision = decide(stage, case, U, [(f"Point {n}", U, "Why") for n in range(9)])
        for _ in range(5):
            action.add_action(case_id=case.pk, kind_id=stage.apology.pk, at=AT, actor=actor(stage.agent))
        found = Case.objects.select_related("brand", "complainant").get(pk=case.pk)
        standing = Regime.objects.get()
        with django_assert_num_queries(3):
            answers.prepare(found, standing, decision)
