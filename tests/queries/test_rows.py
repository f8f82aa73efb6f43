"""The rows of an export: exactly those that the engine counts, of one instant, for whoever may see them."""

from __future__ import annotations

import gc
import tracemalloc
from typing import Any

import pytest
from django.utils import timezone, translation

from cases import errors
from cases.commands import case as cases
from cases.models import CaseMovement, Category, Membership, Seer, User
from cases.queries import people
from cases.queries.reports import definitions, engine, rows
from cases.queries.reports.asked import Asked
from cases.queries.reports.question import total
from cases.queries.reports.reading import reader
from cases.rules.exporting import Value
from cases.vocabulary import Population, Role
from tests.conftest import Connect
from tests.desk import taken
from tests.guards import world as worlds
from tests.people import AT, Stage, actor, set_stage

pytestmark = pytest.mark.usefixtures("own_database")
EVERYTHING = {"from": ["2020-01-01"], "to": ["2030-12-31"], "zone": ["Europe/Paris"]}


def asked(**given: str) -> Asked:
    filled = EVERYTHING | {name: [value] for name, value in given.items()}
    return Asked.of("flow", filled, now=timezone.now(), zone="UTC")


def written(population: Population, person: User, question: Asked | None = None, **more: Any) -> list[dict[str, Value]]:
    """The rows, by the names of the columns; as many as were announced."""
    seer = people.seer_of(person.pk)
    with rows.opened(question or asked(), population, seer, now=timezone.now(), **more) as found:
        names = [each.name for each in found.headings]
        lines = [dict(zip(names, row, strict=True)) for batch in found.batches for row in batch]
    assert found.total == len(lines)
    return lines


@pytest.fixture
def stage() -> Stage:
    return set_stage()


def test_every_row_that_the_engine_counts_is_written() -> None:
    manager = worlds.build().stage.manager
    seer = reader(people.seer_of(manager.pk))
    for population in Population:
        lines = written(population, manager)
        assert lines, population
        counted = total(engine.count(asked().question(population), seer, now=timezone.now())).counts
        for figure in definitions.of(population):
            if not figure.is_sum:
                found = written(population, manager, figure=figure.name)
                assert len(found) == counted.get(figure.name, 0), figure.name


def test_what_a_row_says(stage: Stage) -> None:
    taken(stage)
    [line] = written(Population.CASES, stage.manager)
    told = {"brand": "Brindlewick", "channel": "Social", "owner": "Agent", "category": "Delivery", "status": "Open"}
    assert told.items() <= line.items()
    assert line["complainant"] == "tom"
    assert line["headline"] == "My sofa never came."
    assert line["received_at"] == "2026-09-08T14:00:00+02:00"
    assert (line["to_handled"], line["handled_at"]) == (None, None)


def test_whatever_somebody_outside_wrote_is_marked_as_words(stage: Stage) -> None:
    seer = people.seer_of(stage.manager.pk)
    for population in Population:
        with rows.opened(asked(), population, seer, now=timezone.now()) as found:
            words = {each.name for each in found.headings if each.is_words}
        assert {"language", "headline", "complainant"} <= words, population


def test_instants_are_those_of_the_zone_of_the_period(stage: Stage) -> None:
    taken(stage)
    [line] = written(Population.CASES, stage.manager, asked(zone="Asia/Kolkata"))
    assert line["received_at"] == "2026-09-08T17:30:00+05:30"


def test_words_are_in_the_language_of_the_reader_and_codes_for_machines(stage: Stage) -> None:
    taken(stage)
    with translation.override("fr"):
        [said] = written(Population.CASES, stage.manager)
    [told] = written(Population.CASES, stage.manager, is_machine=True)
    assert (said["category"], told["status"]) == ("Livraison", "open")


def test_only_the_rows_of_the_period(stage: Stage) -> None:
    taken(stage)
    assert written(Population.CASES, stage.manager, asked(to="2026-09-08"))
    assert written(Population.CASES, stage.manager, asked(to="2026-09-07")) == []


def test_a_filter_is_kept(stage: Stage) -> None:
    taken(stage)
    assert written(Population.CASES, stage.manager, asked(severity="3"))
    assert written(Population.CASES, stage.manager, asked(severity="4")) == []


def test_a_merged_category_is_called_what_it_was_merged_into(stage: Stage) -> None:
    taken(stage)
    into = Category.objects.create(brand=stage.brand, code="late", label={"en": "Late"})
    Category.objects.filter(pk=stage.category.pk).update(merged_into=into)
    [line] = written(Population.CASES, stage.manager)
    assert (line["category"], line["category_then"]) == ("Late", "Delivery, now with Late")


def test_a_figure_of_another_population_is_not_there(stage: Stage) -> None:
    with pytest.raises(errors.NotFound):
        written(Population.CASES, stage.manager, figure="overdue")


class TestVisibility:
    def test_an_auditor_of_one_brand_gets_that_brand_alone(self, stage: Stage) -> None:
        mine = taken(stage)
        # An agent of the other brand reads no reports there.
        Membership.objects.create(person=stage.auditor, brand=stage.other_brand, role=Role.AGENT)
        Membership.objects.create(person=stage.manager, brand=stage.other_brand, role=Role.MANAGER)
        CaseMovement.objects.create(case=mine, brand=stage.other_brand, seq=99, kind="handled", at=AT)
        assert {line["movement"] for line in written(Population.MOVEMENTS, stage.auditor)} == {"Received"}
        assert len(written(Population.MOVEMENTS, stage.manager)) == 2

    def test_what_is_restricted_stays_closed(self, stage: Stage) -> None:
        secret = taken(stage)
        cases.restrict(case_id=secret.pk, is_restricted=True, at=AT, actor=actor(stage.manager))
        for population in (Population.CASES, Population.ACTIONS, Population.POSTS, Population.MOVEMENTS):
            assert written(population, stage.auditor) == [], population
            assert written(population, stage.manager), population

    def test_whose_work_it_was_is_for_managers(self, stage: Stage) -> None:
        taken(stage)
        [line] = written(Population.ACTIONS, stage.auditor)
        assert not {"owner", "person"} & line.keys()

    def test_and_of_their_own_brands_only(self, stage: Stage) -> None:
        taken(stage)
        Membership.objects.create(person=stage.auditor, brand=stage.other_brand, role=Role.MANAGER)
        [line] = written(Population.ACTIONS, stage.auditor)
        assert (line["owner"], line["person"]) == (None, None)

    def test_an_agent_gets_nothing(self, stage: Stage) -> None:
        with pytest.raises(errors.NotAllowed):
            written(Population.CASES, stage.agent)


def test_all_rows_are_of_one_instant(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "BATCH", 1)
    for number in range(3):
        taken(stage, f"p-{number}", author=f"a-{number}")
    seer = people.seer_of(stage.manager.pk)
    with rows.opened(asked(), Population.CASES, seer, now=timezone.now(), is_machine=True) as found:
        status = [each.name for each in found.headings].index("status")
        first = next(found.batches)
        cases.withdraw(case_id=stage.brand.cases.latest("pk").pk, at=AT, actor=actor(stage.agent))
        taken(stage, "p-9", author="a-9")
        rest = list(found.batches)
    assert [batch[0][status] for batch in [first, *rest]] == ["open", "open", "open"]


def _peak(seer: Seer) -> int:
    gc.collect()
    tracemalloc.start()
    with rows.opened(asked(), Population.MOVEMENTS, seer, now=timezone.now()) as found:
        for _ in found.batches:
            pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_needs_no_more_memory_for_ten_times_the_rows(stage: Stage, raw_owner: Connect) -> None:
    one = taken(stage)
    seer = people.seer_of(stage.manager.pk)

    def fill(first: int, last: int) -> None:
        raw_owner().execute(
            "INSERT INTO cases_casemovement (case_id, brand_id, seq, kind, at)"
            " SELECT %s, %s, n, 'reopened', now() FROM generate_series(%s::int, %s) n",
            [one.pk, stage.brand.pk, first, last],
        )

    fill(1000, 5_999)
    _peak(seer)
    few = _peak(seer)
    fill(6_000, 50_999)
    # Held, the rows would take ten times as much; when garbage is collected moves both by some hundred kilobytes.
    assert _peak(seer) < 2 * few
