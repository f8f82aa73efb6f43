"""Complaints of returns, out of cases that lived by the commands: their times, who sees them, and what adds up."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from cases import errors
from cases.commands import action, cause, deadline, handling, policy
from cases.commands import case as cases
from cases.models import Action, Category, Cause, Deadline, Message, Original, Regime
from cases.queries.reports import complaints, return_files, returned
from cases.rules.returns import Complaint, Paid, Reopening
from cases.rules.returns_tables import Return
from cases.vocabulary import AnswerPart, Outcome, Satisfaction, Status
from cases.vocabulary.returns import ClosedBy, Counted, ReturnName, Table
from tests.people import Stage, actor, set_stage
from tests.returned import LATER, Life, built, on, wanted

pytestmark = pytest.mark.django_db
NAMES = list(ReturnName)


@pytest.fixture
def stage() -> Stage:
    return set_stage()


def _one(stage: Stage, life: Life, period: str = "2026-H1", name: ReturnName = ReturnName.DISP) -> Complaint:
    return built(wanted(stage, period, name))[life.reference]


def _total(made: Return) -> dict[str, int]:
    return {str(each.key): each.count for each in made.section(Table.TOTAL).rows[0].figures}


def test_a_case_has_the_times_of_its_journal(stage: Stage) -> None:
    life = Life.begins(stage, "sofa", "2026-03-02T10:00", posted="2026-03-01T18:00").acknowledged("2026-03-03T09:00")
    life.wrote("2026-03-04T09:00").decided("2026-03-10T09:00").acknowledged("2026-03-11T09:00")
    life.wrote("2026-03-12T09:00").paid("2026-03-13T10:00", "60").answered("2026-03-20T11:00")
    life.handled("2026-03-20T15:00").said("2026-03-25T09:00", Satisfaction.SETTLED)
    one = _one(stage, life)
    assert (one.received_at, one.posted_at) == (on("2026-03-02T10:00"), on("2026-03-01T18:00"))
    assert one.acknowledged_at == on("2026-03-03T09:00")
    # What they were told before a decision is no answer.
    assert (one.first_answer_at, one.replied_at) == (on("2026-03-11T09:00"), on("2026-03-12T09:00"))
    assert (one.outcome, one.decided_at) == (Outcome.UPHELD, on("2026-03-10T09:00"))
    assert one.final_answer_at == on("2026-03-20T11:00")
    assert one.accepted_at == on("2026-03-25T09:00")
    assert (one.ended_as, one.ended_at) == (Status.HANDLED, on("2026-03-20T15:00"))
    assert one.paid == (Paid(Decimal(60), "EUR", on("2026-03-13T10:00")),)
    assert (one.category, one.category_label) == ("delivery", "Delivery")


def test_the_regulator_of_the_us_counts_any_words_as_an_answer(stage: Stage) -> None:
    life = Life.begins(stage, "sofa", "2026-03-02T10:00").acknowledged("2026-03-03T09:00")
    assert _one(stage, life).first_answer_at is None
    assert _one(stage, life, name=ReturnName.CFPB).first_answer_at == on("2026-03-03T09:00")


def test_a_final_answer_is_no_acknowledgement_and_no_answer_before_itself(stage: Stage) -> None:
    life = Life.begins(stage, "sofa", "2026-03-02T10:00").closed("2026-03-05")
    for name in NAMES:
        one = _one(stage, life, name=name)
        assert (one.acknowledged_at, one.first_answer_at) == (None, None)
        assert one.final_answer_at == on("2026-03-05T11:00")


def test_reopened_three_times_has_three_times_and_counts_once(stage: Stage) -> None:
    life = Life.begins(stage, "sofa", "2026-03-02T10:00").closed("2026-03-05")
    life.said("2026-03-10T09:00", Satisfaction.NO).closed("2026-03-12")
    life.reopened("2026-04-01T09:00").closed("2026-04-10").reopened("2026-05-04T09:00")
    assert _one(stage, life).reopened == (
        Reopening(on("2026-03-10T09:00"), on("2026-03-12T11:00")),
        Reopening(on("2026-04-01T09:00"), on("2026-04-10T11:00")),
        Reopening(on("2026-05-04T09:00"), None),
    )
    made = returned.make(wanted(stage))
    assert (made.balance.received, made.balance.closed, made.balance.outstanding_at_end) == (1, 0, 1)
    march = returned.make(wanted(stage, "2026-03")).balance
    assert (march.received, march.closed, march.outstanding_at_end) == (1, 1, 0)
    may = returned.make(wanted(stage, "2026-05")).balance
    assert (may.outstanding_at_start, may.reopened, may.closed, may.outstanding_at_end) == (0, 1, 0, 1)


def test_what_nobody_can_be_told_is_closed_when_handled_each_time(stage: Stage) -> None:
    life = Life.begins(stage, "sofa", "2026-03-02T10:00").decided("2026-03-03T09:00").unpaid("2026-03-03T10:00")
    life.untold("2026-03-04T09:00").handled("2026-03-05T09:00").reopened("2026-04-01T09:00")
    life.untold("2026-04-02T09:00").handled("2026-04-03T09:00")
    one = _one(stage, life)
    assert (one.final_answer_at, one.ended_at) == (None, on("2026-03-05T09:00"))
    assert one.reopened == (Reopening(on("2026-04-01T09:00"), on("2026-04-03T09:00"), ClosedBy.HANDLED),)
    for period in ("2026-03", "2026-04"):
        assert returned.make(wanted(stage, period)).balance.closed == 1


def test_withdrawn_merged_and_dismissed(stage: Stage) -> None:
    gone = Life.begins(stage, "gone", "2026-03-02T10:00").withdrawn("2026-03-09T10:00")
    none = Life.begins(stage, "none", "2026-03-02T11:00").dismissed("2026-03-03T10:00")
    assert (_one(stage, gone).ended_as, _one(stage, gone).ended_at) == (Status.WITHDRAWN, on("2026-03-09T10:00"))
    assert _one(stage, none).ended_as == Status.DISMISSED
    made = returned.make(wanted(stage))
    assert made.complaints == 1
    assert made.section(Table.BALANCE).rows[0].figure(Counted.RECEIVED).references == (gone.reference,)
    assert made.section(Table.LEFT_OUT).rows[0].figure(Counted.DISMISSED).references == (none.reference,)
    assert made.section(Table.BY_CLOSING).rows[0].figure(ClosedBy.WITHDRAWN).count == 1


def test_what_was_passed_on_in_full_is_said_by_an_action_and_counts_nowhere(stage: Stage) -> None:
    life = Life.begins(stage, "sofa", "2026-03-02T10:00").did("2026-03-03T10:00", complaints.FORWARDED)
    made = returned.make(wanted(stage))
    assert made.is_nil
    assert made.section(Table.LEFT_OUT).rows[0].figure(Counted.FORWARDED).references == (life.reference,)


def test_the_return_of_a_small_stage_is_what_counting_by_hand_gives(stage: Stage) -> None:
    Life.begins(stage, "old", "2025-12-01T10:00").closed("2026-01-30", Outcome.PARTLY_UPHELD)  # 60 days
    Life.begins(stage, "soon", "2026-03-02T10:00").closed("2026-03-05")  # Monday to Thursday
    Life.begins(stage, "late", "2026-03-02T10:00").closed("2026-03-06", Outcome.REJECTED)
    Life.begins(stage, "open", "2026-06-01T10:00")
    Life.begins(stage, "over", "2026-01-05T10:00").decided("2026-07-02T09:00")
    Life.begins(stage, "next", "2026-07-01T00:00")
    Life.begins(stage, "past", "2025-11-03T10:00").closed("2025-11-20")
    made = returned.make(wanted(stage))
    balance = made.balance
    assert (balance.outstanding_at_start, balance.received, balance.closed, balance.outstanding_at_end) == (1, 4, 3, 2)
    assert balance.holds
    found = _total(made)
    bands = (Counted.CLOSED_IN_3_DAYS, Counted.CLOSED_IN_8_WEEKS, Counted.CLOSED_LATER)
    assert [found[each] for each in bands] == [1, 1, 1]
    assert [found[each] for each in (Counted.UPHELD, Counted.NOT_UPHELD, Counted.NO_DECISION)] == [2, 1, 0]
    redress = made.section(Table.TOTAL).rows[0].figure(Counted.REDRESS)
    assert (redress.count, redress.money) == (3, (("EUR", Decimal(180)),))
    assert [row.labels for row in made.section(Table.BY_CATEGORY).rows] == [("Delivery",)]


def test_money_paid_in_the_period_counts_for_cases_that_ended_before(stage: Stage) -> None:
    life = Life.begins(stage, "sofa", "2025-11-03T10:00")
    refund = life.case.actions.get()
    Action.objects.filter(pk=refund.pk).update(amount=5, currency="EUR")
    action.start_action(action_id=refund.pk, at=on("2025-11-04T09:00"), actor=actor(stage.agent))
    life.withdrawn("2025-12-03T09:00")
    assert life.reference not in built(wanted(stage))
    # A connected system tells afterwards that it has paid.
    Action.objects.filter(pk=refund.pk).update(
        status="done",
        proof_outcome="Paid.",
        proof_reference="R",
        proof_amount=5,
        done_at=on("2026-02-01T09:00"),
        done_by=stage.agent,
    )
    found = returned.make(wanted(stage))
    assert found.section(Table.TOTAL).rows[0].figure(Counted.REDRESS).references == (life.reference,)
    assert found.balance.closed == 0


def test_silence_after_an_answer_closes_on_the_day_of_the_answer(stage: Stage) -> None:
    Life.begins(stage, "sofa", "2026-03-02T10:00").decided("2026-03-03T10:00").acknowledged("2026-03-04T10:00")
    assert returned.make(wanted(stage)).section(Table.BY_CLOSING).rows[0].figure(ClosedBy.SILENCE).count == 1
    soon = wanted(stage, now=on("2026-04-20T10:00"))
    assert returned.make(soon).balance.outstanding_at_end == 1
    assert returned.make(wanted(stage, name=ReturnName.ACPR)).balance.outstanding_at_end == 1


def test_goodwill_where_nothing_was_decided_is_upheld(stage: Stage) -> None:
    life = Life.begins(stage, "sofa", "2026-03-02T10:00").paid("2026-03-03T10:00").withdrawn("2026-03-04T10:00")
    assert _one(stage, life).goodwill_without_enough_information
    assert _total(returned.make(wanted(stage)))[Counted.UPHELD] == 1


def test_the_decision_is_the_one_that_stood_at_the_end_of_the_period(stage: Stage) -> None:
    life = Life.begins(stage, "sofa", "2026-03-02T10:00").closed("2026-03-05", Outcome.REJECTED)
    life.reopened("2026-08-03T09:00").closed("2026-08-10", Outcome.UPHELD)
    assert _one(stage, life).outcome == Outcome.REJECTED
    assert _one(stage, life, "2026-H2").outcome == Outcome.UPHELD


def test_relief_that_is_no_money_is_more_than_words(stage: Stage) -> None:
    said = Life.begins(stage, "said", "2026-03-02T10:00").did("2026-03-03T10:00", "explanation")
    done = Life.begins(stage, "done", "2026-03-02T10:00").did("2026-03-03T10:00", "correction")
    assert not _one(stage, said).other_relief
    assert _one(stage, done).other_relief


def test_the_mediator_is_named_by_the_part_that_says_where_to_turn(stage: Stage) -> None:
    bare = Life.begins(stage, "bare", "2026-03-02T10:00").closed("2026-03-05")
    Regime.objects.create(brand=stage.brand, name="ACPR", demands=[])
    life = Life.begins(stage, "full", "2026-03-02T10:00").decided("2026-03-04T09:00").paid("2026-03-04T10:00")
    parts = {each.value: "Words." for each in AnswerPart}
    handling.send_final_answer(case_id=life.case.pk, parts=parts, at=on("2026-03-05T09:00"), actor=actor(stage.agent))
    assert _one(stage, life).mediator_named
    assert not _one(stage, bare).mediator_named


def test_a_delay_is_told_by_the_message_of_an_extension(stage: Stage) -> None:
    policy.adopt_pack(brand_id=stage.brand.pk, pack="acpr", at=on("2025-12-01T09:00"), actor=actor(stage.admin))
    life = Life.begins(stage, "sofa", "2026-03-02T10:00")
    final = Deadline.objects.get(case=life.case, goal="final_answer")
    deadline.extend(
        deadline_id=final.pk,
        reason="Parts are late.",
        text="It takes longer.",
        at=on("2026-04-20T09:00"),
        actor=actor(stage.agent),
    )
    assert Message.objects.filter(text="It takes longer.").exists()
    assert _one(stage, life).told_of_delay_at == on("2026-04-20T09:00")


def test_what_the_file_of_a_regulator_said_is_kept_and_closes_in_its_return_alone(stage: Stage) -> None:
    life = Life.begins(stage, "4711", "2026-03-02T10:00").decided("2026-03-09T10:00", Outcome.REJECTED)
    Original.objects.create(
        case=life.case,
        source="cfpb",
        product="Mortgage",
        issue="Closing",
        response="Closed with explanation",
        is_timely=True,
        disputed=False,
        sent_on=date(2026, 3, 4),
        consent="Consent provided",
        via="Web",
        state="NY",
    )
    one = _one(stage, life, name=ReturnName.CFPB)
    assert (one.sent_on, one.is_timely, one.final_answer_at) == (date(2026, 3, 4), True, on("2026-03-09T10:00"))
    assert (one.source.complaint_id, one.source.product, one.source.disputed) == ("4711", "Mortgage", "No")
    assert one.source.narrative == "4711 is wrong."
    assert _one(stage, life).final_answer_at is None
    asked = wanted(stage, name=ReturnName.CFPB)
    assert return_files.public_lines(asked, complaints.complaints(asked)).startswith(b'"2026-03-02","Mortgage",')


def test_a_merged_category_counts_as_what_it_went_into(stage: Stage) -> None:
    Life.begins(stage, "sofa", "2026-03-02T10:00")
    into = Category.objects.create(brand=stage.brand, code="transport", label={"en": "Transport"})
    Category.objects.filter(pk=stage.category.pk).update(merged_into=into)
    rows = returned.make(wanted(stage)).section(Table.BY_CATEGORY).rows
    assert [(row.keys, row.labels) for row in rows] == [(("transport",), ("Transport",))]


def test_the_cause_that_was_named(stage: Stage) -> None:
    made = Cause.objects.create(brand=stage.brand, code="van", label={"en": "Van"})
    life = Life.begins(stage, "sofa", "2026-03-02T10:00")
    cause.name_cause(case_id=life.case.pk, cause_id=made.pk, at=on("2026-03-03T10:00"), actor=actor(stage.agent))
    assert (_one(stage, life).cause, _one(stage, life).cause_label) == ("van", "Van")


def test_only_what_touches_the_period_is_read(stage: Stage) -> None:
    Life.begins(stage, "past", "2025-11-03T10:00").closed("2025-11-20")
    Life.begins(stage, "next", "2026-07-01T00:00")
    last = Life.begins(stage, "last", "2026-06-30T23:59")
    assert list(built(wanted(stage))) == [last.reference]


class TestWhoSees:
    def test_a_restricted_case_counts_for_whoever_may_open_it(self, stage: Stage) -> None:
        life = Life.begins(stage, "sofa", "2026-03-02T10:00")
        at = on("2026-03-03T10:00")
        cases.restrict(case_id=life.case.pk, is_restricted=True, at=at, actor=actor(stage.manager))
        assert built(wanted(stage))
        assert not built(wanted(stage, person=stage.auditor.pk))
        assert built(wanted(stage, person=stage.agent.pk))  # its owner; the pages refuse agents

    def test_a_case_about_a_manager_counts_for_the_others(self, stage: Stage) -> None:
        life = Life.begins(stage, "sofa", "2026-03-02T10:00")
        at = on("2026-03-03T10:00")
        cases.set_subject(case_id=life.case.pk, person_id=stage.colleague.pk, at=at, actor=actor(stage.manager))
        assert built(wanted(stage))
        assert not built(wanted(stage, person=stage.colleague.pk))

    def test_another_brand_counts_nothing_of_it(self, stage: Stage) -> None:
        Life.begins(stage, "sofa", "2026-03-02T10:00")
        stage.brand = stage.other_brand
        assert returned.make(wanted(stage, person=stage.outsider.pk)).is_nil


def test_too_many_for_a_page_are_refused(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    Life.begins(stage, "one", "2026-03-02T10:00")
    Life.begins(stage, "two", "2026-03-02T10:00")
    monkeypatch.setattr(complaints, "MOST", 1)
    with pytest.raises(complaints.ReturnTooLong):
        built(wanted(stage))


def test_batches_and_queries_do_not_grow_with_the_cases(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    for n in range(5):
        Life.begins(stage, f"c{n}", "2026-03-02T10:00")
    asked = wanted(stage)
    with django_assert_num_queries(7):
        assert len(built(asked)) == 5
    monkeypatch.setattr(complaints, "BATCH", 2)
    with django_assert_num_queries(1 + 3 * 6):
        assert len(built(asked)) == 5


STEPS = ("acknowledged", "wrote", "decided", "paid", "answered", "handled", "reopened", "withdrawn", "dismissed", "no")


def _lived(stage: Stage, random: Random) -> None:
    """Cases that live anyhow: what a command refuses does not happen."""
    for number in range(6):
        at = on("2026-01-01T08:00") + timedelta(hours=random.randrange(4000))
        life = Life.begins(stage, f"r{number}", _written(at))
        for _ in range(random.randrange(14)):
            at += timedelta(hours=random.randrange(600))
            step = random.choice(STEPS)
            try:
                if step == "no":
                    life.said(_written(at), Satisfaction.NO)
                elif step == "paid":
                    life.unpaid(_written(at))
                else:
                    getattr(life, step)(_written(at))
            except (errors.Refused, LookupError, life.case.DoesNotExist, Message.DoesNotExist):
                continue
            except Exception as refused:
                if type(refused).__name__ != "DoesNotExist":
                    raise


def _written(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M}"


@pytest.mark.parametrize("seed", range(4))
def test_random_lives_balance_and_one_month_ends_as_the_next_begins(stage: Stage, seed: int) -> None:
    _lived(stage, Random(seed))
    for name in NAMES:
        months = [returned.make(wanted(stage, f"2026-{month:02}", name)) for month in range(1, 13)]
        assert all(each.balance.holds for each in months)
        ends = [each.section(Table.BALANCE).rows[0].figure(Counted.OUTSTANDING_AT_END).references for each in months]
        starts = [
            each.section(Table.BALANCE).rows[0].figure(Counted.OUTSTANDING_AT_START).references for each in months
        ]
        assert ends[:-1] == starts[1:]
        assert sum(each.balance.received for each in months) == len(
            {each.reference for each in built(wanted(stage, "2026-H1", name)).values()}
            | {each.reference for each in built(wanted(stage, "2026-H2", name)).values()}
        ) - sum(row.count for each in months for row in each.section(Table.LEFT_OUT).rows[0].figures)


def test_as_json_says_every_figure(stage: Stage) -> None:
    Life.begins(stage, "sofa", "2026-03-02T10:00").closed("2026-03-05")
    said = returned.as_json(returned.make(wanted(stage)))
    assert said["balance"] == {
        "outstanding_at_start": 0, "received": 1, "reopened": 0, "closed": 1, "outstanding_at_end": 0, "holds": True,
    }  # fmt: skip
    assert said["sections"]["total"][0]["figures"]["upheld"] == 1
    assert said["sections"]["total"][0]["money"] == {"redress": {"EUR": "60.0000"}}
    rows = list(returned.rows(returned.make(wanted(stage))))
    assert ["All complaints", "", "", "Redress paid", Decimal(60), "EUR"] in [row[:6] for row in rows]
    assert LATER.isoformat()[:4] == "2027"
