"""The sweep costs what is due: a constant number of queries, and one walk along an index for each version."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.jobs import escalation as jobs
from cases.models import Escalation
from cases.queries import clock, sweeping
from cases.vocabulary import When
from tests.people import set_stage
from tests.rules_at_work import deadline, live, overdue

pytestmark = pytest.mark.usefixtures("own_database")
STOOD = {"offset_amount": 365, "offset_unit": "day"}


def queries() -> list[str]:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        jobs.sweep_rules()
    return [query["sql"] for query in captured]


def test_with_nothing_due_twenty_rules_cost_no_more_queries_than_one() -> None:
    stage = set_stage()

    def add(number: int) -> None:
        live(stage, When.DEADLINE, name=f"D{number}", **overdue(goal=None))
        live(stage, When.LASTED, name=f"L{number}", trigger={"standing": "open", **STOOD})
        live(stage, When.LASTED, name=f"U{number}", trigger={"standing": "unanswered", **STOOD})
        deadline(stage.case(f"p-{number}", author=f"a-{number}"), clock.now() + timedelta(days=1))

    add(0)
    jobs.sweep_rules()
    one = len(queries())
    for number in range(1, 20):
        add(number)
    jobs.sweep_rules()
    assert (len(queries()), Escalation.objects.count()) == (one, 0)
    assert one <= 20


def test_each_walk_goes_along_its_index() -> None:
    stage = set_stage()
    live(stage, When.DEADLINE, **overdue())
    with CaptureQueriesContext(connection) as captured:
        jobs.sweep_rules()
    sql = next(query["sql"] for query in captured if "FETCH FIRST" in query["sql"])
    with connection.cursor() as cursor:
        # So few rows are read faster one after the other; of many the planner chooses by itself.
        cursor.execute("SET enable_seqscan = off")
        cursor.execute("SET enable_bitmapscan = off")
        cursor.execute("SET enable_sort = off")
        cursor.execute(f"EXPLAIN {sql}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    connection.close()
    assert [name for name in ("deadline_open", "case_standing", "case_unanswered") if name not in plan] == [], plan


def test_lateness_is_nothing_without_rules_and_infinite_before_the_first_sweep() -> None:
    assert sweeping.lateness().seconds == 0
    live(set_stage(), When.ASSIGNED)
    assert sweeping.lateness().is_alarming
    jobs.sweep_rules()
    assert not sweeping.lateness().is_alarming
