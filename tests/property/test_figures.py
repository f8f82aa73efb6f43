"""Every figure of the reports equals what plain Python counts out of the journal, to the last unit."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from cases.commands import figures
from cases.models import Case, CaseFigures, Seer
from cases.queries.reports import batch, checking, definitions, engine, histograms
from cases.queries.reports.conditions import Where, brands_of, merged_into
from cases.queries.reports.question import Groups, Question
from cases.rules import lanes, survival
from cases.rules.periods import Period
from cases.vocabulary import SYSTEM, Dimension, Population
from tests.property.folding import Answer, World
from tests.property.histories import NOW, Year, questions

ALWAYS = Period(datetime(1990, 1, 1, tzinfo=UTC), datetime(2090, 1, 1, tzinfo=UTC), "UTC")
Told = dict[tuple[str, ...], dict[str, Any]]


def _told(
    counts: Mapping[str, int], money: Mapping[str, Mapping[str, Any]], spans: Mapping[str, Any]
) -> dict[str, Any]:
    """One group, without what is nothing."""
    sums = {f"{name} {currency}": amount for currency, each in money.items() for name, amount in each.items()}
    held = {f"{name} {sort}": lanes.counts(n) for name, both in spans.items() for sort, n in enumerate(both)}
    return {name: each for name, each in {**counts, **sums, **held}.items() if each}


def counted(groups: Groups) -> Told:
    """What the engine says."""
    return {keys: _told(each.counts, each.money, each.durations) for keys, each in groups.items()}


def folded(groups: Mapping[tuple[str, ...], Answer]) -> Told:
    """What the fold says, in the same shape."""
    return {
        keys: _told(
            each.counts,
            each.money,
            {
                name: (lanes.tally(each.happened[name]), lanes.tally(each.censored[name]))
                for name in {*each.happened, *each.censored}
            },
        )
        for keys, each in groups.items()
    }


def differences(world: World, asked: list[Question], seers: list[Seer], now: datetime) -> list[Any]:
    """Where questions are answered differently: the question, who asks, the group, the figure, and both answers."""
    found = []
    for place, question in enumerate(asked):
        seer = seers[place % len(seers)]
        ours = counted(engine.count(question, seer, now=now, durations=True))
        theirs = folded(world.answer(question, seer, now))
        assert {*ours} == {*theirs}, (question, seer)
        for keys, each in ours.items():
            names = {name for name in {*each, *theirs[keys]} if each.get(name) != theirs[keys].get(name)}
            found += [(question, seer.person_id, keys, n, each.get(n), theirs[keys].get(n)) for n in sorted(names)]
    return found


def unlike_their_rows(world: World, asked: list[Question], seers: list[Seer], random: Random) -> list[Any]:
    """The questions of which a figure is not the number of the rows behind it."""
    found = []
    for place, one in enumerate(asked):
        question, seer = replace(one, splits=()), seers[place % len(seers)]
        figure = random.choice([each for each in definitions.of(question.population) if not each.is_sum])
        where = Where(question, seer, brands_of(question, seer), NOW)
        with connection.cursor() as cursor:
            sql = f"SELECT count(*) FROM {where.source.tables} WHERE {where.everything} AND ({figure.sql})"
            cursor.execute(sql, where.parameters)
            [rows] = cursor.fetchone()
        counted = world.answer(question, seer, NOW).get((), Answer()).counts[figure.name]
        found += [(question, seer, figure.name, rows, counted)] if rows != counted else []
    return found


def unlike_together(world: World, asked: list[Question], seer: Seer) -> list[Any]:
    """The questions that are answered differently when several are answered by one statement."""
    plain = [each for each in asked if each.population != Population.ACTIONS and Dimension.CATEGORY not in each.splits]
    together = batch.Batch(seer, NOW, merged_into())
    answers = [(question, together.count(question)) for question in plain]
    together.run()
    found = []
    for question, answer in answers:
        theirs = world.answer(question, seer, NOW)
        ours = {keys: Counter(each.counts) for keys, each in answer().items()}
        counted_so = {keys: each.counts for keys, each in theirs.items()}
        found += [] if ours == counted_so else [(question, ours, counted_so)]
    return found


def refresh(at: datetime) -> None:
    """Make cells until none is stale."""
    while figures.refresh(at=at, actor=SYSTEM):
        pass


class TestAYear:
    @pytest.mark.parametrize("seed", [1, 2])
    def test_is_counted_as_its_journal_tells(self, seed: int, own_database: str) -> None:
        year, random = Year(seed), Random(seed)
        for part in range(4):
            year.pass_(110)
            if part == 1:
                year.merge()
            if part < 3:
                refresh(year.at)
        world = World()
        assert {pk: each.story.status for pk, each in world.cases.items()} == {
            pk: each.row["status"] for pk, each in world.cases.items()
        }
        told = Counter(line["kind"] for line in world.rows("Event", "stream", "seq"))
        assert min(told["case_merged"], told["case_split_off"]) > 1
        asked = list(questions(random, world, 150))
        assert checking.differing_cases(list(world.cases)) == []
        # With cells of which some are stale, with fresh ones, and with none.
        assert differences(world, asked, year.seers(), NOW)[:3] == []
        refresh(NOW)
        assert differences(world, asked, year.seers(), NOW)[:3] == []
        assert figures.check(at=NOW, actor=SYSTEM).differences == []
        assert unlike_their_rows(world, asked[:60], year.seers(), random) == []
        manager = year.seers()[2]
        assert unlike_together(world, asked[:80], manager) == []

    def test_is_open_to_each_as_far_as_its_cases_are(self, own_database: str) -> None:
        year = Year(3)
        year.pass_(30)
        stage, case_id = year.stage, Case.objects.earliest("pk").pk
        people_of = (stage.agent.pk, stage.manager.pk, None)
        brands, teams = (stage.brand.pk, stage.other_brand.pk), (None, stage.team.pk)
        for is_restricted, owner, about, brand, team in itertools.product(
            (False, True), people_of, people_of, brands, teams
        ):
            CaseFigures.objects.filter(pk=case_id).update(
                is_restricted=is_restricted,
                is_guarded=is_restricted or about is not None,
                owner_id=owner,
                about_id=about,
                brand_id=brand,
                team_id=team,
            )
            _same_for_all(year.seers(), case_id)


def _same_for_all(seers: list[Seer], case_id: int) -> None:
    for seer in seers:
        where = Where(Question(Population.CASES, ALWAYS), seer, seer.brand_ids, NOW)
        with connection.cursor() as cursor:
            sql = f"SELECT count(*) FROM cases_casefigures f WHERE f.case_id = %(case)s AND {where.everything}"
            cursor.execute(sql, {**where.parameters, "case": case_id})
            [found] = cursor.fetchone()
        assert found == CaseFigures.objects.filter(seer.cases(), pk=case_id).count(), (seer, case_id)


@pytest.mark.django_db
def test_a_lane_is_the_same_in_the_database() -> None:
    edges = {lanes.edges(number) for number in range(lanes.LANES)}
    around = {minute + step for low, high in edges for minute in (low, high) for step in (-1, 0, 1)}
    minutes = sorted(each for each in {*around, *range(-3, 2000)} if each <= lanes.LONGEST)
    with connection.cursor() as cursor:
        for seconds in (0, 0.000001, 59.999999):
            cursor.execute(
                f"SELECT m, {histograms.lane('v.until')} FROM unnest(%s::int[]) m"
                " CROSS JOIN LATERAL (SELECT to_timestamp(0) + m * interval '1 min' + %s * interval '1 s' AS until) v"
                " CROSS JOIN (SELECT to_timestamp(0) AS posted_at) f",
                [minutes, seconds],
            )
            assert dict(cursor.fetchall()) == {each: lanes.lane(each) for each in minutes}


SPANS = st.lists(st.integers(0, 400_000), max_size=60)


@given(happened=SPANS, censored=SPANS, share=st.sampled_from((0.1, 0.5, 0.9)))
def test_a_percentile_is_as_near_as_is_said(happened: list[int], censored: list[int], share: float) -> None:
    """Who is still open counts as watched to the end of their lane, in both."""
    watched = [lanes.edges(lanes.lane(each))[1] - 1 for each in censored]
    found = survival.curve(lanes.tally(happened), lanes.tally(censored)).percentile(share)
    real = survival.exact(happened, watched).percentile(share)
    assert (found is None) == (real is None)
    assert found is None or abs(found - (real or 0)) <= lanes.ERROR * (real or 0)
