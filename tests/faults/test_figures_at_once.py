"""Two transactions that touch the figures of one case at once: what is kept is what both of them left."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest
from django.db import connection

from cases.commands import figures, handling
from cases.models import Case, CaseFigures
from cases.queries.reports import checking
from cases.vocabulary import SYSTEM
from tests.conftest import Connect
from tests.desk import ready, taken
from tests.people import AT, Stage, actor, set_stage

pytestmark = [pytest.mark.usefixtures("own_database"), pytest.mark.database]


def _beside(work: Callable[[], object], writer: psycopg.Connection, *statements: str) -> None:
    """Do it while another transaction has written these statements and has not come to its end."""

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    with writer.transaction():
        for each in statements:
            writer.execute(each)
        thread.start()
        # Until it waits for the row, or has read it as it was before.
        time.sleep(1)
    thread.join()


def test_a_rebuild_beside_a_command(raw: Connect) -> None:
    case = taken(set_stage())
    _beside(
        lambda: figures.recount(case_ids=[case.pk], at=AT, actor=SYSTEM),
        raw(),
        f"UPDATE cases_case SET severity = 4 WHERE id = {case.pk}",
        f"SELECT casedesk_count(ARRAY[{case.pk}]::bigint[])",
    )
    assert CaseFigures.objects.get(pk=case.pk).severity == 4
    assert checking.differing_cases([case.pk]) == []


@pytest.fixture
def handled() -> tuple[Stage, Case]:
    """A handled case of tom's."""
    stage = set_stage()
    case = taken(stage)
    ready(stage, case)
    handling.handle(case_id=case.pk, at=AT + timedelta(hours=2), actor=actor(stage.agent))
    return stage, case


def test_somebody_complains_again_while_their_case_is_reopened(handled: tuple[Stage, Case], raw: Connect) -> None:
    stage, case = handled
    _beside(
        lambda: stage.case("p-9", author="tom"),
        raw(),
        f"UPDATE cases_case SET status = 'open', handled_at = NULL, reopened = 1 WHERE id = {case.pk}",
        f"SELECT casedesk_count(ARRAY[{case.pk}]::bigint[])",
    )
    assert Case.objects.count() == 2
    assert checking.differing_cases([case.pk]) == []
