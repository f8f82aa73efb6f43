"""Grants, absences and rates against whoever writes past the application: they are followed, never changed."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from cases.models import Absence, Grant, Rate
from cases.vocabulary import Role
from tests.models.test_invariants import refused, sql
from tests.people import AT, Stage, set_stage

pytestmark = [pytest.mark.django_db, pytest.mark.database]
TODAY = AT.date()
DAY = timedelta(days=1)


@pytest.fixture
def stage() -> Stage:
    return set_stage()


def grant(stage: Stage, **fields: Any) -> Grant:
    first = {"brand": stage.brand, "person": stage.agent, "currency": "EUR", "per_action": 80, "given_at": AT}
    return Grant.objects.create(**{**first, **fields})


def absence(stage: Stage, **fields: Any) -> Absence:
    days = {"starts_on": TODAY, "ends_on": TODAY + 3 * DAY}
    who = {"brand": stage.brand, "person": stage.agent, "deputy": stage.colleague}
    return Absence.objects.create(**{**who, **days, **fields})


class TestGrants:
    @pytest.mark.parametrize(
        "change",
        [
            "per_action = 10000",
            "per_action = NULL",
            "per_complainant = 1",
            "budget_each = 1",
            "kind_ids = '{}'",
            "currency = 'USD'",
            "role = 'agent', person_id = NULL",
            "may_waive = true",
            "starts_on = '2020-01-01'",
            "ends_on = '2030-01-01'",
            "given_at = now()",
            "reason = 'Other'",
        ],
    )
    def test_none_is_changed(self, stage: Stage, change: str) -> None:
        row = grant(stage, kind_ids=[stage.refund.pk], ends_on=TODAY)
        refused("grant_never_changes", sql(f"UPDATE cases_grant SET {change} WHERE id = %s", row.pk))

    def test_one_ends_sooner_and_once(self, stage: Stage) -> None:
        row = grant(stage, ends_on=TODAY + 3 * DAY)
        sql("UPDATE cases_grant SET ends_on = %s WHERE id = %s", TODAY, row.pk)()
        refused("grant_never_changes", sql("UPDATE cases_grant SET ends_on = %s WHERE id = %s", TODAY + DAY, row.pk))
        sql("UPDATE cases_grant SET ended_at = %s WHERE id = %s", AT, row.pk)()
        for change in ("ended_at = NULL", "ended_at = now()", "ends_on = '2020-01-01'"):
            refused("grant_never_changes", sql(f"UPDATE cases_grant SET {change} WHERE id = %s", row.pk))

    def test_none_is_deleted_or_emptied(self, stage: Stage) -> None:
        grant(stage)
        for table in ("grant", "absence", "rate"):
            with pytest.raises(Exception, match=r"never|kept|denied|permission"), transaction.atomic():
                sql(f"TRUNCATE cases_{table} CASCADE")()
        with pytest.raises(Exception, match=r"never|kept|denied|permission"), transaction.atomic():
            sql("DELETE FROM cases_grant")()

    @pytest.mark.parametrize(
        "wrong",
        [
            {"per_action": -1},
            {"per_action": 0},
            {"per_complainant": 0},
            {"budget_each": -5},
            {"budget_shared": 0},
            {"per_complainant": 5, "complainant_days": 0},
            {"currency": "eur"},
            {"window": "year"},
            {"role": Role.AGENT},
            {"person": None},
            {"person": None, "role": Role.AUDITOR},
            {"starts_on": TODAY, "ends_on": TODAY - DAY},
        ],
    )
    def test_none_makes_no_sense(self, stage: Stage, wrong: dict[str, Any]) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            grant(stage, **wrong)


class TestAbsences:
    @pytest.mark.parametrize("change", ["deputy_id = {manager}", "person_id = {manager}", "ends_on = '2030-01-01'"])
    def test_none_is_changed(self, stage: Stage, change: str) -> None:
        row = absence(stage)
        refused(
            "absence_never_changes",
            sql(f"UPDATE cases_absence SET {change.format(manager=stage.manager.pk)} WHERE id = %s", row.pk),
        )

    def test_one_ends_once(self, stage: Stage) -> None:
        row = absence(stage)
        sql("UPDATE cases_absence SET ended_at = %s WHERE id = %s", AT, row.pk)()
        refused("absence_never_changes", sql("UPDATE cases_absence SET ended_at = NULL WHERE id = %s", row.pk))

    def test_nobody_is_their_own_deputy_and_none_ends_before_it_starts(self, stage: Stage) -> None:
        for wrong in ({"deputy": stage.agent}, {"ends_on": TODAY - DAY}):
            with pytest.raises(IntegrityError), transaction.atomic():
                absence(stage, **wrong)


class TestRates:
    def test_none_is_changed_or_deleted(self, stage: Stage) -> None:
        row = Rate.objects.create(
            brand=stage.brand, currency="USD", into="EUR", rate=Decimal("0.9"), starts_on=TODAY, set_at=AT
        )
        for statement in ("UPDATE cases_rate SET rate = 2 WHERE id = %s", "DELETE FROM cases_rate WHERE id = %s"):
            with pytest.raises(Exception, match=r"never|kept"), transaction.atomic():
                sql(statement, row.pk)()

    @pytest.mark.parametrize("wrong", [{"rate": 0}, {"rate": -1}, {"into": "USD"}, {"currency": "usd"}])
    def test_none_makes_no_sense(self, stage: Stage, wrong: dict[str, Any]) -> None:
        first = {"brand": stage.brand, "currency": "USD", "into": "EUR", "rate": Decimal("0.9"), "starts_on": TODAY}
        with pytest.raises(IntegrityError), transaction.atomic():
            Rate.objects.create(**{**first, **wrong})
