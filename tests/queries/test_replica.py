"""Reports read from the replica where there is one; commands never do."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, connections, transaction

from casedesk import inspection
from cases.commands import figures
from cases.queries import people
from cases.queries.reports import engine
from cases.queries.reports.database import alias
from cases.queries.reports.question import Question
from cases.rules.periods import Period
from cases.vocabulary import SYSTEM, Population
from tests.people import AT, Stage, set_stage

YEAR = Period(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC), "Europe/Paris")


@pytest.fixture
def replica(own_database: str) -> Iterator[list[str]]:
    """The same database once more, where nothing can be written; the statements that come there."""
    given = connections.settings["default"]
    options = {**given["OPTIONS"], "options": "-c default_transaction_read_only=on"}
    options.pop("pool", None)
    connections.settings["replica"] = {**given, "OPTIONS": options}
    seen: list[str] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append(sql)
        return execute(sql, params, many, context)

    with connections["replica"].execute_wrapper(note):
        yield seen
    connections["replica"].close()
    del connections["replica"]
    del connections.settings["replica"]


def _count(stage: Stage) -> int:
    question = Question(Population.CASES, YEAR)
    groups = engine.count(question, people.seer_of(stage.manager.pk), now=AT, durations=True)
    return sum(each.counts["received"] for each in groups.values())


def test_reports_read_there_and_only_outside_of_what_writes(replica: list[str]) -> None:
    stage = set_stage()
    stage.case()
    assert _count(stage) == 1
    assert any("cases_casefigures" in sql for sql in replica)
    replica.clear()
    with transaction.atomic():
        # What was just written would not be there yet.
        assert _count(stage) == 1
        assert alias() == "default"
    assert replica == []


def test_commands_never_do(replica: list[str]) -> None:
    stage = set_stage()
    stage.case()
    call_command("rebuild_figures", stdout=io.StringIO())
    assert figures.check(at=AT, actor=SYSTEM).differed == 0
    assert replica == []


def test_check_system_says_whether_it_is_one(replica: list[str]) -> None:
    found = [finding.what for finding in inspection.findings()]
    assert "DATABASE_REPLICA_URL names a database that is no replica." in found
    connections["replica"].close()
    connections["replica"].settings_dict["NAME"] = "nowhere"
    found = [finding.what for finding in inspection.findings() if finding.error]
    assert any("The replica that reports read from does not answer" in what for what in found)


def test_without_one_everything_is_in_one_place(own_database: str) -> None:
    assert alias() == "default"
    assert not any("replica" in finding.what.lower() for finding in inspection.findings())
    assert connection.alias == "default"
