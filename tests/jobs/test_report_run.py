"""Long reports in the background: counted to the same figures, called off half way, taken up after a worker died."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from cases.commands import report_run as commands
from cases.jobs import report_run as jobs
from cases.models import Membership, ReportRun
from cases.queries import people
from cases.queries.reports import answer, kept
from cases.queries.reports.asked import Asked
from cases.vocabulary import SYSTEM, Role, RunStatus
from tests.people import Stage, actor, set_stage

pytestmark = pytest.mark.django_db
YEAR = {"from": ["2026-01-01"], "to": ["2026-12-31"], "compare": ["before"]}


@pytest.fixture
def stage() -> Stage:
    stage = set_stage()
    for number in range(3):
        stage.case(f"p-{number}", author=f"tom-{number}")
    return stage


def started(stage: Stage, report: str = "speed") -> ReportRun:
    asked = Asked.of(report, YEAR, now=timezone.now(), zone="Europe/Paris")
    return commands.start_run(asked=asked, at=timezone.now(), actor=actor(stage.manager))


def again(run: ReportRun) -> ReportRun:
    return ReportRun.objects.get(pk=run.pk)


@pytest.mark.parametrize("report", ["speed", "flow", "actions", "people", "causes"])
def test_counts_the_same_as_the_page(stage: Stage, report: str) -> None:
    run = started(stage, report)
    jobs.run_report(run_id=run.pk)
    found = again(run)
    assert (found.status, found.error) == (RunStatus.DONE, "")
    assert found.done == found.total > 0
    asked = Asked.of_json(run.asked, now=timezone.now())
    assert found.result is not None
    shown = kept.of_result(asked, found.result)
    page = answer.answer(asked, people.seer_of(stage.manager.pk), now=shown.now)
    for mine, theirs in zip(shown.tables, page.tables, strict=True):
        assert [(row.keys, row.labels) for row in mine.rows] == [(row.keys, row.labels) for row in theirs.rows]
        assert mine.total.counts == theirs.total.counts
        assert mine.total.money == theirs.total.money
        assert (mine.before.counts if mine.before else {}) == (theirs.before.counts if theirs.before else {})
        assert mine.behind(mine.section.figures[0]) == theirs.behind(mine.section.figures[0])


def test_stops_where_it_was_called_off(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    run = started(stage)
    noted = commands.note_progress

    def progress(**given: Any) -> bool:
        if given["done"] == 3:
            commands.cancel_run(run_id=run.pk, at=timezone.now(), actor=actor(stage.manager))
        return noted(**given)

    monkeypatch.setattr(commands, "note_progress", progress)
    jobs.run_report(run_id=run.pk)
    found = again(run)
    assert (found.status, found.done, found.result) == (RunStatus.CANCELLED, 2, None)


def test_is_taken_up_again_when_its_worker_is_gone(stage: Stage) -> None:
    run = started(stage)
    commands.claim_run(run_id=run.pk, at=timezone.now() - timedelta(minutes=3), actor=SYSTEM)
    jobs.run_report()
    assert again(run).status == RunStatus.DONE


def test_waits_for_the_sweep_when_the_database_went_away(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    run = started(stage)

    def gone(*_given: Any, **_more: Any) -> None:
        raise OperationalError("gone")

    with monkeypatch.context() as patched:
        patched.setattr(answer, "answer_slowly", gone)
        jobs.run_report(run_id=run.pk)
    assert again(run).status == RunStatus.RUNNING
    ReportRun.objects.filter(pk=run.pk).update(beat_at=timezone.now() - timedelta(minutes=3))
    jobs.run_report()
    assert again(run).status == RunStatus.DONE


def test_says_what_it_broke_off_at(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    run = started(stage)

    def broken(*_given: Any, **_more: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(answer, "answer_slowly", broken)
    jobs.run_report(run_id=run.pk)
    assert (again(run).status, again(run).error) == (RunStatus.FAILED, "ZeroDivisionError")


def test_counts_nothing_for_somebody_who_may_not_read_reports_any_more(stage: Stage) -> None:
    run = started(stage)
    Membership.objects.filter(person=stage.manager).update(role=Role.AGENT)
    jobs.run_report(run_id=run.pk)
    assert (again(run).status, again(run).error) == (RunStatus.FAILED, "not_allowed")
