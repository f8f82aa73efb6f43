"""Figures of cases that are merged, split and reopened again and again, whatever the state of the cells is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from cases.commands import action, case, confirmation, figures, handling
from cases.models import Case, CaseFigures, CaseMovement, Cell, Seer, Stale
from cases.queries import people
from cases.queries.reports import checking, engine, returned
from cases.queries.reports.question import Question
from cases.rules.periods import Period
from cases.vocabulary import SYSTEM, AnswerRoute, Dimension, Outcome, Population, Status
from cases.vocabulary.returns import Counted, Table
from tests.people import AT, Stage, actor, set_stage
from tests.property.folding import World
from tests.property.test_figures import counted, folded
from tests.returned import Life, wanted

pytestmark = pytest.mark.usefixtures("own_database")
D, P = Dimension, Population
YEAR = Period(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC), "Europe/Paris")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATER = AT + 40 * DAY


@pytest.fixture
def stage(own_database: str) -> Stage:
    return set_stage()


def refresh() -> None:
    """Make cells until none is stale."""
    while figures.refresh(at=LATER, actor=SYSTEM):
        pass


def ask(seer: Seer, population: Population, *splits: Dimension) -> dict[str, int]:
    """What is counted of the year, which is what the journal tells."""
    question = Question(population, YEAR, {}, splits)
    found = engine.count(question, seer, now=LATER, durations=True)
    assert counted(found) == folded(World().answer(question, seer, LATER))
    return found[()].counts if () in found else {}


def in_every_state(stage: Stage) -> Iterator[tuple[dict[str, int], dict[str, int]]]:
    """The cases and the movements with cells as they are, fresh, partly stale, and with none."""
    for seer in (people.seer_of(stage.manager.pk), people.seer_of(stage.agent.pk)):
        for prepare in (lambda: None, refresh, _touch, Cell.objects.all().delete, refresh):
            prepare()
            for population in Population:
                ask(seer, population)
                ask(seer, population, D.BRAND)
            yield ask(seer, P.CASES), ask(seer, P.MOVEMENTS)
        assert checking.differing_cells()[1] == []
        assert checking.differing_cases(list(Case.objects.values_list("pk", flat=True))) == []


def _touch() -> None:
    Stale.objects.bulk_create(
        Stale(population=row["population"], brand_id=row["brand_id"], day=row["starts_on"])
        for row in Cell.objects.values("population", "brand_id", "starts_on")[::2]
    )


def test_a_merged_case_went_out_and_the_other_is_open(stage: Stage) -> None:
    first = stage.case()
    post = stage.post("p-2")
    second = case.split(case_id=first.pk, post_id=post.pk, at=AT + HOUR, actor=actor(stage.agent))
    stage.case("p-3", author="ida")
    refresh()
    case.merge(case_id=second.pk, into_id=first.pk, at=AT + DAY, actor=actor(stage.agent))
    for cases, moved in in_every_state(stage):
        assert (cases["received"], cases["merged"], cases["open"]) == (3, 1, 2)
        assert (moved["flow_received"], moved["flow_merged"], moved["flow_out"]) == (3, 1, 1)
        assert moved["flow_in"] - moved["flow_out"] == cases["open"]
    kept = CaseFigures.objects.get(pk=second.pk)
    assert (kept.status, kept.ended_at, kept.is_running, kept.holder) == ("merged", AT + DAY, False, "")
    assert kept.in_queue == 23 * 3600


def test_a_case_was_received_when_its_first_post_was_wherever_that_is_now(stage: Stage) -> None:
    first = stage.case()
    oldest = first.links.get().post
    stage.post("p-2")
    refresh()
    made = case.split(case_id=first.pk, post_id=oldest.pk, at=AT + DAY, actor=actor(stage.agent))
    for cases, moved in in_every_state(stage):
        assert (cases["received"], cases["repeat"], moved["flow_received"]) == (2, 1, 2)
    for each in (first, made):
        kept = CaseFigures.objects.get(pk=each.pk)
        received = CaseMovement.objects.get(case_id=each.pk, kind="received")
        assert kept.received_at == received.at == oldest.received_at


def test_posts_are_counted_where_they_are_and_for_whom(stage: Stage) -> None:
    first = stage.case()
    post = stage.post("p-2")
    by = actor(stage.manager)
    made = case.split(case_id=first.pk, post_id=post.pk, at=AT, actor=by)
    case.restrict(case_id=made.pk, is_restricted=True, at=AT, actor=by)
    refresh()
    assert ask(people.seer_of(stage.agent.pk), P.POSTS)["posts"] == 1
    case.restrict(case_id=made.pk, is_restricted=False, at=AT, actor=by)
    case.merge(case_id=made.pk, into_id=first.pk, at=AT + HOUR, actor=by)
    assert ask(people.seer_of(stage.agent.pk), P.POSTS)["posts"] == 2
    case.restrict(case_id=first.pk, is_restricted=True, at=AT, actor=by)
    for _ in in_every_state(stage):
        # The merged case is open to all; its posts are where they are closed to some.
        assert ask(people.seer_of(stage.agent.pk), P.POSTS).get("posts", 0) == 0
        assert ask(people.seer_of(stage.manager.pk), P.POSTS)["posts"] == 2


def _handle(stage: Stage, made: Case, at: datetime) -> None:
    by = actor(stage.agent)
    handling.decide(case_id=made.pk, outcome=Outcome.UPHELD, reason="Ours.", at=at, actor=by)
    for each in made.actions.exclude(status__in=["done", "waived"]):
        action.waive_action(action_id=each.pk, reason="Other way", at=at, actor=actor(stage.manager))
    added = action.add_action(case_id=made.pk, kind_id=stage.apology.pk, at=at, actor=by)
    action.complete_action(action_id=added.pk, outcome="Said sorry.", at=at, actor=by)
    handling.send_final_answer(case_id=made.pk, text="Gone.", route=AnswerRoute.UNREACHABLE, at=at, actor=by)
    handling.handle(case_id=made.pk, at=at, actor=by)


def test_a_case_that_was_reopened_three_times_counts_once_and_each_time(stage: Stage) -> None:
    made = stage.case()
    case.take(case_id=made.pk, at=AT, actor=actor(stage.agent))
    for times in range(4):
        at = AT + times * 3 * DAY
        _handle(stage, made, at + DAY)
        if times == 1:
            refresh()
        if times < 3:
            confirmation.reopen(case_id=made.pk, reason="Again.", at=at + 3 * DAY, actor=actor(stage.agent))
    for cases, moved in in_every_state(stage):
        assert (cases["received"], cases["reopened"], cases["handled"], cases.get("open", 0)) == (1, 1, 1, 0)
        assert (moved["flow_received"], moved["flow_reopened"], moved["flow_handled"]) == (1, 3, 4)
        assert moved["flow_in"] - moved["flow_out"] == 0
    kept = CaseFigures.objects.get()
    assert (kept.reopened, kept.handled_at, kept.decided_at) == (3, AT + 10 * DAY, AT + DAY)
    # While it was handled it stood on nobody: four times a day with its owner, and no longer.
    assert kept.with_owner == 4 * DAY.total_seconds()


def test_a_return_leaves_a_merged_complaint_to_the_other_one(stage: Stage) -> None:
    one = Life.begins(stage, "one", "2026-03-02T10:00")
    post = stage.post("again", author="one")
    two = case.split(case_id=one.case.pk, post_id=post.pk, at=AT, actor=actor(stage.agent))
    case.merge(case_id=one.case.pk, into_id=two.pk, at=AT + DAY, actor=actor(stage.agent))
    assert Case.objects.get(pk=one.case.pk).status == Status.MERGED
    made = returned.make(wanted(stage))
    left_out = made.section(Table.LEFT_OUT).rows[0].figure(Counted.MERGED)
    assert left_out.references == (one.reference,)
    assert made.is_nil
    later = returned.make(wanted(stage, "2026-H2"))
    assert later.section(Table.BALANCE).rows[0].figure(Counted.RECEIVED).references == (two.reference,)
