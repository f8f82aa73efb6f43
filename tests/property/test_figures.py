"""Every figure of the reports equals what plain Python counts out of the journal, to the last unit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from random import Random
from typing import Any

import pytest

from cases.commands import figures
from cases.models import Seer
from cases.queries.reports import checking, engine
from cases.queries.reports.question import Groups, Question
from cases.rules import lanes
from cases.vocabulary import SYSTEM
from tests.property.folding import Answer, World
from tests.property.histories import NOW, Year, questions

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
        asked = list(questions(random, world, 150))
        assert checking.differing_cases(list(world.cases)) == []
        # With cells of which some are stale, with fresh ones, and with none.
        assert differences(world, asked, year.seers(), NOW)[:3] == []
        refresh(NOW)
        assert differences(world, asked, year.seers(), NOW)[:3] == []
        assert figures.check(at=NOW, actor=SYSTEM).differences == []
