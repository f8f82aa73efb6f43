"""The inbox: what is in a view, in which order, page by page, and never what is closed to somebody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from cases import errors
from cases.commands import action, handling, intake
from cases.commands import case as commands
from cases.models import Case, Channel, Membership
from cases.queries import case as cases
from cases.queries import people
from cases.vocabulary import SYSTEM, Inbox, Missing, Order, Outcome, Role
from tests.people import AT, Stage, actor, set_stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage() -> Stage:
    return set_stage()


def several(stage: Stage, count: int) -> list[Case]:
    found = [stage.case(f"p-{n}", author=f"writer-{n}") for n in range(count)]
    for place, each in enumerate(found):
        # Severities 1 to 4, waiting for different times, every fifth one answered.
        since = None if place % 5 == 0 else AT - timedelta(minutes=place)
        Case.objects.filter(pk=each.pk).update(severity=place % 4 + 1, unanswered_since=since)
    return found


def shown(stage: Stage, view: Inbox, order: Order = Order.URGENT, person: Any = None, **narrow: Any) -> list[str]:
    seer = people.seer_of((person or stage.agent).pk)
    references: list[str] = []
    after = ""
    while True:
        page = cases.inbox(seer, cases.Wanted(view, order, after=after, **narrow))
        references += [row.case.reference for row in page.rows]
        after = page.after
        if not after:
            return references


class TestInbox:
    @pytest.mark.parametrize("count", [1, 20])
    def test_takes_one_query_however_many_rows(
        self, stage: Stage, count: int, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        several(stage, count)
        seer = people.seer_of(stage.agent.pk)
        with django_assert_num_queries(1):
            page = cases.inbox(seer, cases.Wanted(Inbox.ALL, Order.URGENT))
            assert [row.gap for row in page.rows if row.gap is None] == []
            assert all(row.case.complainant.name for row in page.rows)
        assert len(page.rows) == count

    def test_shows_the_worst_first_then_who_waits_longest_then_the_answered(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(cases, "PAGE", 3)
        several(stage, 17)
        rows = Case.objects.values_list("severity", "unanswered_since", "pk", "reference")
        expected = sorted(rows, key=lambda r: (-r[0], r[1] is None, r[1] or AT, r[2]))
        assert shown(stage, Inbox.ALL) == [row[3] for row in expected]

    @pytest.mark.parametrize(("order", "sign"), [(Order.OLDEST, 1), (Order.NEWEST, -1)])
    def test_pages_by_key_without_a_gap_or_a_repeat(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch, order: Order, sign: int
    ) -> None:
        monkeypatch.setattr(cases, "PAGE", 4)
        found = several(stage, 11)
        assert shown(stage, Inbox.ALL, order) == [case.reference for case in found][::sign]

    def test_merges_the_brands_of_a_person(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(cases, "PAGE", 2)
        several(stage, 5)
        Membership.objects.create(person=stage.agent, brand=stage.other_brand, role=Role.AGENT)
        elsewhere = Channel.objects.create(
            brand=stage.other_brand, name="Form", slug="form", kind="web_form", platform="form", is_complaints_only=True
        )
        complaint = intake.Complaint(text="Broken", name="Amy", once="o-1")
        filed = intake.file_complaint(channel_id=elsewhere.pk, complaint=complaint, uploads=(), at=AT, actor=SYSTEM)
        assert len(shown(stage, Inbox.ALL)) == 6
        assert shown(stage, Inbox.ALL, brand_id=stage.other_brand.pk) == [filed.case.reference]

    def test_shows_nothing_of_a_brand_that_is_not_theirs(self, stage: Stage) -> None:
        several(stage, 2)
        assert shown(stage, Inbox.ALL, person=stage.outsider) == []
        assert shown(stage, Inbox.ALL, person=stage.outsider, brand_id=stage.brand.pk) == []

    def test_shows_a_restricted_case_to_its_owner_and_managers_only(self, stage: Stage) -> None:
        case = stage.case()
        commands.take(case_id=case.pk, at=AT, actor=actor(stage.agent))
        commands.restrict(case_id=case.pk, is_restricted=True, at=AT, actor=actor(stage.manager))
        assert shown(stage, Inbox.ALL) == shown(stage, Inbox.ALL, person=stage.manager) == [case.reference]
        assert shown(stage, Inbox.ALL, person=stage.colleague) == []

    def test_keeps_the_views_apart(self, stage: Stage) -> None:
        mine, waiting, new = several(stage, 3)
        for each in (mine, waiting):
            commands.take(case_id=each.pk, at=AT, actor=actor(stage.agent))
        commands.wait(case_id=waiting.pk, waiting_for="photos", at=AT, actor=actor(stage.agent))
        assert shown(stage, Inbox.NEW) == [new.reference]
        assert set(shown(stage, Inbox.MINE)) == {mine.reference, waiting.reference}
        assert shown(stage, Inbox.WAITING) == [waiting.reference]
        assert shown(stage, Inbox.HANDLED) == []
        assert shown(stage, Inbox.MINE, person=stage.colleague) == []

    def test_says_first_what_is_missing_first(self, stage: Stage) -> None:
        case = stage.case()
        seer = people.seer_of(stage.agent.pk)

        def gap() -> Missing | None:
            (row,) = cases.inbox(seer, cases.Wanted(Inbox.ALL, Order.URGENT)).rows
            return row.gap.code if row.gap else None

        assert gap() == Missing.OWNER
        commands.take(case_id=case.pk, at=AT, actor=actor(stage.agent))
        assert gap() == Missing.DECISION
        handling.decide(case_id=case.pk, outcome=Outcome.UPHELD, reason="Ours", at=AT, actor=actor(stage.agent))
        assert gap() == Missing.ACTION_OPEN
        required = case.actions.get()
        action.waive_action(action_id=required.pk, reason="Not needed", at=AT, actor=actor(stage.manager))
        assert gap() == Missing.NOTHING_DONE

    def test_refuses_a_key_that_is_none(self, stage: Stage) -> None:
        for broken in ("x", "1~2", "4~yesterday~7"):
            with pytest.raises(errors.NotFound):
                cases.inbox(people.seer_of(stage.agent.pk), cases.Wanted(Inbox.ALL, Order.URGENT, after=broken))


class TestViewCounts:
    def test_counts_each_view_in_one_query(
        self, stage: Stage, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        first, *_ = several(stage, 3)
        commands.take(case_id=first.pk, at=AT, actor=actor(stage.agent))
        stage.post("p-untriaged", author="else")
        seer = people.seer_of(stage.agent.pk)
        with django_assert_num_queries(1):
            counts = cases.view_counts(seer)
        assert (counts["new"], counts["mine"], counts["all"], counts["triage"]) == (2, 1, 3, 1)

    def test_stops_counting(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(cases, "COUNTED", 2)
        several(stage, 4)
        assert cases.view_counts(people.seer_of(stage.agent.pk))["new"] == 2

    def test_counts_nothing_that_is_closed(self, stage: Stage) -> None:
        several(stage, 2)
        assert set(cases.view_counts(people.seer_of(stage.outsider.pk)).values()) == {0}


class TestOfReference:
    def test_reads_the_case_and_what_stands_in_one_query(
        self, stage: Stage, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        case = stage.case()
        commands.take(case_id=case.pk, at=AT, actor=actor(stage.agent))
        handling.decide(case_id=case.pk, outcome=Outcome.REJECTED, reason="First", at=AT, actor=actor(stage.agent))
        handling.decide(case_id=case.pk, outcome=Outcome.UPHELD, reason="Again", at=AT, actor=actor(stage.agent))
        seer = people.seer_of(stage.agent.pk)
        with django_assert_num_queries(1):
            found = cases.of_reference(seer, case.reference.lower(), stage.agent.pk)
            assert (found.decision.outcome, found.decision.by.name, found.answer) == ("upheld", "Agent", None)
            assert (found.owner.name, found.posts, found.events) == ("Agent", 1, 4)

    def test_lets_strangers_learn_nothing(self, stage: Stage) -> None:
        case = stage.case()
        for reference in (case.reference, "BW-99"):
            with pytest.raises(errors.NotFound):
                cases.of_reference(people.seer_of(stage.outsider.pk), reference)
