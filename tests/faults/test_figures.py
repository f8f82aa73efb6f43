"""Whatever happens to the rows and whoever is at them at once: a wrong figure is found, and a late one is not lost."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, OperationalError, connection

from cases.commands import case as commands
from cases.commands import figures, handling
from cases.models import Case, CaseFigures, CaseMovement, Cell, FrozenPeriod, Original, Stale
from cases.queries import people
from cases.queries.reports import checking, engine
from cases.queries.reports.question import Question
from cases.rules.periods import Period
from cases.vocabulary import SYSTEM, Dimension, Population
from tests.conftest import Connect
from tests.desk import ready, taken
from tests.people import AT, Stage, actor, set_stage

pytestmark = [pytest.mark.usefixtures("own_database"), pytest.mark.database]


def _refresh() -> int:
    made = 0
    while found := figures.refresh(at=AT, actor=SYSTEM):
        made += found
    return made


def _rebuild() -> int:
    changed = sum(figures.recount(case_ids=each, at=AT, actor=SYSTEM) for each in checking.all_cases(2))
    figures.forget_cells(recounted=changed, at=AT, actor=SYSTEM)
    return changed


@pytest.fixture
def stage() -> Stage:
    """One handled case, one dismissed, one open; everything in cells."""
    stage = set_stage()
    done = taken(stage)
    ready(stage, done)
    handling.handle(case_id=done.pk, at=AT + timedelta(hours=2), actor=actor(stage.agent))
    other = stage.case("p-2", author="ann")
    commands.dismiss(case_id=other.pk, reason="No complaint.", at=AT, actor=actor(stage.agent))
    stage.case("p-3", author="eve")
    _refresh()
    assert checking.differing_cells()[1] == []
    return stage


def _cells() -> list[tuple[Any, ...]]:
    rows = Cell.objects.order_by("population", "dimension", "brand_id", "is_month", "starts_on", "value", "currency")
    fields = [each.attname for each in Cell._meta.concrete_fields if each.attname != "id"]
    return [tuple(map(_plain, row)) for row in rows.values_list(*fields)]


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


def _found() -> list[str]:
    return [f"{each.what} {each.key}" for each in checking.differing_cells()[1]]


class TestTheSelfCheck:
    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE cases_cell SET counts[1] = counts[1] + 1 WHERE population = 'cases' AND is_month",
            "UPDATE cases_cell SET counts[1] = counts[1] + 1 WHERE population = 'cases' AND NOT is_month",
            "UPDATE cases_cell SET lanes = NULL WHERE population = 'cases'",
            "UPDATE cases_cell SET value = value || '9' WHERE population = 'cases' AND dimension = 'owner'",
            "DELETE FROM cases_cell WHERE population = 'cases' AND dimension = 'severity'",
            "DELETE FROM cases_cell WHERE population = 'cases'",
        ],
    )
    def test_finds_a_cell_that_was_changed(self, stage: Stage, raw: Connect, change: str) -> None:
        raw().execute(change)
        assert _found() == [f"cells cases {stage.brand.pk} 2026-09"]

    def test_finds_money_that_was_changed(self, stage: Stage, raw: Connect) -> None:
        raw().execute("UPDATE cases_cell SET amounts[1] = 5 WHERE population = 'actions'")
        assert _found() == [f"cells actions {stage.brand.pk} 2026-09"]

    def test_finds_a_note_that_was_taken_away(self, stage: Stage, raw: Connect) -> None:
        waiting = Case.objects.get(status="new")
        commands.dismiss(case_id=waiting.pk, reason="Neither.", at=AT, actor=actor(stage.agent))
        assert _found() == []
        raw().execute("DELETE FROM cases_stale")
        assert f"cells cases {stage.brand.pk} 2026-09" in _found()

    def test_finds_figures_that_were_changed_or_taken_away(self, stage: Stage, raw: Connect) -> None:
        first, second, *_rest = Case.objects.order_by("pk").values_list("pk", flat=True)
        raw().execute("UPDATE cases_casefigures SET replied_at = now() WHERE case_id = %s", [first])
        raw().execute("DELETE FROM cases_casefigures WHERE case_id = %s", [second])
        found = {each.key: each.fields for each in checking.differing_cases([first, second])}
        assert found[str(first)] == ("replied_at",)
        assert "status" in found[str(second)]
        assert _rebuild() == 2
        assert checking.differing_cases([first, second]) == []

    def test_finds_a_movement_that_was_put_in(self, stage: Stage, raw: Connect) -> None:
        first = Case.objects.earliest("pk").pk
        assert checking.differing_movements([first]) == []
        raw().execute(
            "INSERT INTO cases_casemovement (case_id, brand_id, seq, kind, at) VALUES (%s, %s, 99, 'handled', now())",
            [first, stage.brand.pk],
        )
        assert [each.fields for each in checking.differing_movements([first])] == [("99 handled",)]


class TestNeverChanges:
    def _frozen(self, stage: Stage) -> FrozenPeriod:
        return FrozenPeriod.objects.create(
            brand=stage.brand,
            starts_on=date(2026, 9, 1),
            ends_on=date(2026, 9, 30),
            zone="Europe/Paris",
            definitions=1,
            figures={"received": 3},
            digest=b"\0" * 32,
            frozen_by=stage.manager,
        )

    @pytest.mark.parametrize("table", ["cases_casemovement", "cases_original"])
    def test_what_moved_or_was_said(self, stage: Stage, raw: Connect, raw_owner: Connect, table: str) -> None:
        Original.objects.create(case=Case.objects.earliest("pk"), source="cfpb", product="Card")
        changed = "at = now()" if table == "cases_casemovement" else "product = 'Loan'"
        for statement in (f"UPDATE {table} SET {changed}", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
            for connect in (raw, raw_owner):
                with pytest.raises(psycopg.Error):
                    connect().execute(statement)
        assert CaseMovement.objects.count() == 5
        assert Original.objects.get().product == "Card"

    def test_a_frozen_period_but_for_who_signs_it_once(self, stage: Stage, raw: Connect) -> None:
        self._frozen(stage)
        for statement in (
            "UPDATE cases_frozenperiod SET figures = '{}'",
            "UPDATE cases_frozenperiod SET ends_on = '2026-10-01'",
            "DELETE FROM cases_frozenperiod",
            "TRUNCATE cases_frozenperiod CASCADE",
        ):
            with pytest.raises(psycopg.Error):
                raw().execute(statement)
        sign = "UPDATE cases_frozenperiod SET signed_at = now(), signed_by_id = %s"
        raw().execute(sign, [stage.manager.pk])
        with pytest.raises(psycopg.Error):
            raw().execute(sign, [stage.admin.pk])
        assert FrozenPeriod.objects.get().figures == {"received": 3}

    def test_a_category_is_merged_into_one_that_stands(self, stage: Stage, raw: Connect) -> None:
        a, b, c = (stage.brand.categories.create(code=code, label={"en": code}) for code in "abc")
        merge = "UPDATE cases_category SET merged_into_id = %s WHERE id = %s"
        raw().execute(merge, [b.pk, a.pk])
        for into, which in ((a.pk, c.pk), (c.pk, b.pk), (c.pk, c.pk)):
            with pytest.raises(psycopg.Error):
                raw().execute(merge, [into, which])


class TestAtOnce:
    def test_a_rebuild_gives_the_same_to_the_last_bit(self, stage: Stage) -> None:
        before, kept = _cells(), list(CaseFigures.objects.order_by("pk").values_list())
        assert before
        assert _rebuild() == 0
        assert not Cell.objects.exists()
        _refresh()
        assert (_cells(), list(CaseFigures.objects.order_by("pk").values_list())) == (before, kept)

    def test_two_refreshers_make_each_cell_once(self, stage: Stage) -> None:
        before = _cells()
        _rebuild()
        made: list[int] = []
        start = threading.Barrier(2)

        def work() -> None:
            start.wait()
            try:
                made.append(_refresh())
            except (OperationalError, IntegrityError):
                # The other one has just made them.
                made.append(0)
            finally:
                connection.close()

        workers = [threading.Thread(target=work) for _ in range(2)]
        for each in workers:
            each.start()
        for each in workers:
            each.join()
        _refresh()
        assert _cells() == before
        assert not Stale.objects.exists()
        assert any(made)

    def test_who_commits_after_the_look_is_not_forgotten(self, stage: Stage, raw: Connect) -> None:
        writer = raw()
        case_id = Case.objects.get(status="new").pk
        with writer.transaction():
            writer.execute(
                "UPDATE cases_casefigures SET is_running = false, status = 'dismissed', severity = 1"
                " WHERE case_id = %s",
                [case_id],
            )
            # Another case makes the day stale for others to see, and the day is made anew without the writer's row.
            raw().execute(
                "INSERT INTO cases_stale (population, brand_id, day) VALUES ('cases', %s, %s)",
                [stage.brand.pk, AT.date()],
            )
            assert _refresh()
            assert not Stale.objects.exists()
        assert Stale.objects.filter(population="cases", day=AT.date()).exists()
        period = Period(AT - timedelta(days=30), AT + timedelta(days=60), "UTC")
        question = Question(Population.CASES, period, splits=(Dimension.SEVERITY,))
        counted = engine.count(question, people.seer_of(stage.manager.pk), now=AT)
        assert counted["1",].counts["dismissed"] == 1
