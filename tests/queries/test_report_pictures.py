"""What report pictures are made of: the backlog and its forecast, what rises, what came back after a fix."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cases.commands import case as cases
from cases.commands import cause as causes
from cases.commands import intake, triage
from cases.models import Case, CaseFigures, Category
from cases.queries import people
from cases.queries.reports import answer, backlog, behind, definitions, kept, recurrence, rising, shares, single
from cases.queries.reports.asked import Asked
from cases.queries.reports.catalogue import REPORTS
from cases.queries.reports.question import Counted
from cases.rules.arrival import Arrival
from cases.rules.trends import Direction
from cases.vocabulary import SYSTEM, Dimension, Population, PostKind
from tests.people import Stage, actor, set_stage

pytestmark = pytest.mark.django_db
# A Wednesday.
NOW = datetime(2026, 9, 30, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def stage() -> Stage:
    return set_stage()


def asked(report: str = "flow", **given: Any) -> Asked:
    words = {"from": "2026-09-01", "to": "2026-09-30", **given}
    return Asked.of(report, {key: [value] for key, value in words.items()}, now=NOW, zone="Europe/Paris")


def received(stage: Stage, at: datetime, category: Category | None = None) -> Case:
    """A complaint that came in at this moment."""
    name = f"x-{Case.objects.count()}"
    arrival = Arrival(external_id=name, text="Late again.", author=name, posted_at=at)
    post = intake.receive(channel_id=stage.channel.pk, arrival=arrival, at=at, actor=SYSTEM).post
    assert post is not None
    given: dict[str, Any] = {"kind": PostKind.COMPLAINT, "category_id": (category or stage.category).pk, "severity": 2}
    case = triage.triage(post_id=post.pk, **given, at=at, actor=actor(stage.agent))
    assert case is not None
    return case


def seer(stage: Stage) -> Any:
    return people.seer_of(stage.manager.pk)


class TestBacklog:
    def test_each_step_stands_where_the_one_before_went_on_from(self, stage: Stage) -> None:
        received(stage, NOW - 60 * DAY)
        gone = received(stage, NOW - 14 * DAY)
        cases.dismiss(case_id=gone.pk, reason="Praise.", at=NOW - 7 * DAY, actor=actor(stage.agent))
        found = backlog.backlog(asked(), seer(stage), now=NOW)
        assert found is not None
        assert [(step.came, step.went, step.open) for step in found.steps] == [
            (0, 0, 1),
            (0, 0, 1),
            (1, 0, 2),
            (0, 1, 1),
            (0, 0, 1),
        ]
        assert (found.dimension, found.open_now) == (Dimension.WEEK, 1)

    def test_is_forecast_from_six_whole_weeks_or_not_at_all(self, stage: Stage) -> None:
        for week in range(5):
            received(stage, NOW - week * 7 * DAY - DAY)
        young = backlog.backlog(asked(), seer(stage), now=NOW)
        received(stage, NOW - 6 * 7 * DAY)
        ripe = backlog.backlog(asked(), seer(stage), now=NOW)
        assert young is not None
        assert young.forecast is None
        assert ripe is not None
        assert ripe.forecast is not None
        assert ripe.forecast.learnt_from == 6
        last = ripe.forecast.weeks[-1]
        assert last.low <= last.backlog <= last.high
        assert ripe.open_now == 6

    def test_is_not_counted_row_by_row_while_somebody_waits(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(answer, "SLOW_ROWS", -1)
        assert backlog.backlog(asked(severity="2"), seer(stage), now=NOW) is None


class TestRising:
    def test_finds_what_rises_and_leaves_out_what_chance_may_have_made(self, stage: Stage) -> None:
        steady = Category.objects.create(brand=stage.brand, code="steady", label={"en": "Steady"})
        for week in range(13):
            at = NOW - (13 - week) * 7 * DAY
            for _more in range(1 + week // 2):
                received(stage, at)
            received(stage, at, steady)
        found = rising.rising(asked("causes"), Dimension.CATEGORY, seer(stage), now=NOW)
        assert [(line.label, line.trend.direction) for line in found.lines] == [("Delivery", Direction.RISING)]
        assert found.steady == 1
        assert found.period.days is not None
        assert (found.period.days[1] - found.period.days[0]).days == 91
        line = found.lines[0]
        rows = replace(asked("causes"), period=found.period).with_filter(Dimension.CATEGORY, line.value)
        page = behind.behind(rows, "received", seer(stage), now=NOW)
        assert page.count == sum(line.weeks)


class TestRecurrence:
    def test_counts_what_came_in_after_the_last_fix_and_opens_it(self, stage: Stage) -> None:
        why = causes.create_cause(
            brand_id=stage.brand.pk, code="van", label={"en": "Van"}, parent_id=None, actor=actor(stage.admin)
        )
        fixed, before, after = (received(stage, NOW - days * DAY) for days in (20, 15, 5))
        by = actor(stage.agent)
        for each in (fixed, before, after):
            cases.take(case_id=each.pk, at=NOW - 4 * DAY, actor=by)
            words = "Check the tyres." if each == fixed else ""
            causes.name_cause(case_id=each.pk, cause_id=why.pk, prevention=words, at=NOW - 3 * DAY, actor=by)
        assert recurrence.recurrence(asked("causes"), seer(stage), now=NOW) == []
        CaseFigures.objects.filter(case=fixed).update(status="handled", handled_at=NOW - 10 * DAY)
        [found] = recurrence.recurrence(asked("causes"), seer(stage), now=NOW)
        assert (found.label, found.count, found.fixed_at) == ("Van", 1, NOW - 10 * DAY)
        page = behind.behind(found.asked, "received", seer(stage), now=NOW)
        assert [row.reference for row in page.rows] == [after.reference]
        assert recurrence.recurrence(asked("causes", cause="0"), seer(stage), now=NOW) == []


class TestSingle:
    def test_counts_by_as_many_keys_as_a_picture_needs(self, stage: Stage) -> None:
        lost = Category.objects.create(brand=stage.brand, code="lost", label={"en": "Lost"})
        received(stage, NOW)
        received(stage, NOW, lost)
        Category.objects.filter(pk=lost.pk).update(merged_into=stage.category)
        question = asked().question(Population.CASES, splits=())
        splits = (Dimension.CHANNEL, Dimension.CATEGORY, Dimension.OUTCOME)
        counts = single.tally(
            replace(question, splits=splits), definitions.FIGURES["received"], seer(stage), now=NOW + DAY
        )
        assert counts == {(str(stage.channel.pk), str(stage.category.pk), ""): 2}
        assert single.tally(question, definitions.FIGURES["received"], people.NOBODY, now=NOW) == {}


class TestShares:
    def test_a_share_differs_in_points_and_a_number_by_its_rate(self) -> None:
        table = answer.Table(REPORTS["quality"].sections[0], asked("quality", compare="before"), (Dimension.CATEGORY,))
        now, before = (Counted({"received": 200, "handled": n}) for n in (150, 50))
        handled, all_of_it = definitions.FIGURES["handled"], definitions.FIGURES["received"]
        found = shares.difference(table, handled, now, before)
        assert found is not None
        assert round(found.difference or 0, 2) == 0.5
        assert not found.is_noise
        same = shares.difference(table, all_of_it, now, before)
        assert same is not None
        assert same.is_noise
        assert shares.difference(table, handled, now, None) is None

    def test_what_was_proven_is_a_part_of_what_was_done(self) -> None:
        table = answer.Table(REPORTS["actions"].sections[0], asked("actions"), (Dimension.KIND,))
        assert shares.whole_of(table, definitions.FIGURES["proven"]) == "done"
        assert shares.whole_of(table, definitions.FIGURES["waived"]) == "actions"
        assert shares.whole_of(table, definitions.FIGURES["actions"]) == ""


def test_a_kept_answer_comes_back_as_it_was(stage: Stage) -> None:
    received(stage, NOW - DAY)
    found = answer.answer(asked("speed", compare="before"), seer(stage), now=NOW)
    back = kept.of_result(found.asked, kept.as_result(found, seer(stage)))
    for mine, theirs in zip(back.tables, found.tables, strict=True):
        assert (mine.rows, mine.total, mine.splits) == (theirs.rows, theirs.total, theirs.splits)
        assert (mine.before or Counted()).counts == (theirs.before or Counted()).counts
