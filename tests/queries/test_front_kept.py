"""The front page is the same from kept cells as from the rows themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection

from cases.commands import case as commands
from cases.commands import figures
from cases.models import Cell, Stale
from cases.queries import people
from cases.queries.reports import engine
from cases.queries.reports.asked import Asked
from cases.queries.reports.batch import Batch
from cases.queries.reports.plan import Plan
from cases.queries.reports.question import Question
from cases.queries.reports.weekly import Weekly
from cases.rules import periods
from cases.vocabulary import SYSTEM, Dimension, Population
from tests.people import AT, actor
from tests.queries.test_front import NOW, Scene

pytestmark = [pytest.mark.usefixtures("own_database"), pytest.mark.database]


def _refresh() -> None:
    while figures.refresh(at=NOW, actor=SYSTEM):
        pass


def test_cells_change_nothing_of_it() -> None:
    scene = Scene()
    first = scene.front(compare=["before"])
    _refresh()
    assert Cell.objects.exists()
    assert scene.front(compare=["before"]) == first
    later = AT + timedelta(minutes=5)
    commands.dismiss(case_id=scene.owned.pk, reason="No complaint.", at=later, actor=actor(scene.stage.agent))
    assert Stale.objects.exists()
    partly = scene.front(compare=["before"])
    _refresh()
    assert scene.front(compare=["before"]) == partly
    assert partly != first


@pytest.mark.parametrize("is_fresh", [True, False])
def test_weeks_of_categories_are_the_same_from_days_as_from_rows(is_fresh: bool) -> None:
    scene = Scene()
    commands.restrict(case_id=scene.waiting.pk, is_restricted=True, at=AT, actor=actor(scene.stage.manager))
    commands.dismiss(case_id=scene.owned.pk, reason="No complaint.", at=AT, actor=actor(scene.stage.agent))
    if is_fresh:
        _refresh()
    monday = AT.date() - timedelta(days=AT.weekday())
    period = periods.of_days(monday - timedelta(weeks=2), monday + timedelta(weeks=1), "UTC")
    for person, n in ((scene.stage.manager, 6), (scene.stage.auditor, 5)):
        batch = Batch(people.seer_of(person.pk), NOW, {})
        asked = Asked.of("front", {}, now=NOW, zone="UTC")
        weekly = batch.planned(Weekly, replace(asked.question(Population.CASES), period=period))
        mondays = [each.start for each in periods.buckets(period, periods.Unit.WEEK)]
        found = []
        for sql in (weekly.statement, weekly._of_rows):
            with connection.cursor() as cursor:
                cursor.execute(sql, weekly.parameters | {"mondays": mondays})
                found.append(sorted(cursor.fetchall()))
        assert found[0] == found[1] == [(str(scene.stage.category.pk), 2, n)]


@pytest.mark.parametrize("split", [Dimension.MONTH, Dimension.QUARTER])
@pytest.mark.parametrize("is_fresh", [True, False])
def test_histograms_of_months_are_the_same_month_by_month_as_at_once(is_fresh: bool, split: Dimension) -> None:
    scene = Scene()
    commands.restrict(case_id=scene.waiting.pk, is_restricted=True, at=AT, actor=actor(scene.stage.manager))
    commands.dismiss(case_id=scene.owned.pk, reason="No complaint.", at=AT, actor=actor(scene.stage.agent))
    if is_fresh:
        _refresh()
    period = periods.of_days((AT - timedelta(days=100)).date(), (AT + timedelta(days=40)).date(), "Europe/Paris")
    for person in (scene.stage.manager, scene.stage.auditor):
        seer = people.seer_of(person.pk)
        for filters in ({}, {Dimension.CATEGORY: (str(scene.stage.category.pk),)}):
            question = Question(Population.CASES, period, filters, (split,))
            groups = engine.count(question, seer, now=NOW, durations=True)
            at_once = Plan(question, seer, seer.brand_ids, NOW, spans=True).spans()
            assert {keys: each.durations for keys, each in groups.items() if each.durations} == at_once
            assert at_once
