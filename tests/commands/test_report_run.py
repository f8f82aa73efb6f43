"""A long report: started once, watched, called off, taken up again, and shown only to whoever asked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cases import errors
from cases.commands import report_run
from cases.models import Event, ReportRun
from cases.queries import people
from cases.queries.reports import answer, kept, runs
from cases.queries.reports.asked import Asked
from cases.queries.reports.reading import reader
from cases.vocabulary import SYSTEM, EventKind, Job, RunStatus
from tests.people import AT, Stage, actor, set_stage

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def stage() -> Stage:
    return set_stage()


def asked(**given: str) -> Asked:
    return Asked.of("speed", {key: [value] for key, value in given.items()}, now=AT, zone="Europe/Paris")


def started(stage: Stage, **given: str) -> ReportRun:
    return report_run.start_run(asked=asked(**given), at=AT, actor=actor(stage.manager))


def claimed(stage: Stage) -> ReportRun:
    run = report_run.claim_run(run_id=started(stage).pk, at=AT, actor=SYSTEM)
    assert run is not None
    return run


def result(stage: Stage) -> dict[str, object]:
    seer = reader(people.seer_of(stage.manager.pk))
    found = answer.answer_slowly(asked(), seer, now=AT, progress=lambda done, total: None)
    return kept.as_result(found, seer)


def status(run: ReportRun) -> str:
    return ReportRun.objects.get(pk=run.pk).status


class TestStart:
    def test_the_same_question_is_counted_once(self, stage: Stage) -> None:
        assert started(stage) == started(stage)
        assert started(stage) != started(stage, split="hour")

    def test_a_preset_is_the_same_question_as_its_days(self, stage: Stage) -> None:
        period = asked().period.written
        assert started(stage) == started(stage, **dict(zip(("from", "to"), period, strict=True)))

    def test_leaves_a_line_without_words(self, stage: Stage) -> None:
        run = started(stage)
        event = Event.objects.filter(kind=EventKind.REPORT_COMPUTED).get()
        assert event.payload == {"run": run.pk, "report": "speed", "status": "waiting"}

    def test_an_agent_and_an_auditor_who_asks_by_person_are_refused(self, stage: Stage) -> None:
        with pytest.raises(errors.NotAllowed):
            report_run.start_run(asked=asked(), at=AT, actor=actor(stage.agent))
        with pytest.raises(errors.SplitNotAllowed):
            report_run.start_run(asked=asked(split="owner"), at=AT, actor=actor(stage.auditor))
        assert not ReportRun.objects.exists()

    def test_a_finished_one_is_shown_again_for_ten_minutes(self, stage: Stage) -> None:
        run = claimed(stage)
        report_run.finish_run(run_id=run.pk, result=result(stage), at=AT, actor=SYSTEM)
        assert runs.latest(asked(), stage.manager.pk, now=AT + runs.FRESH - SECOND) == run
        assert runs.latest(asked(), stage.manager.pk, now=AT + runs.FRESH) is None
        assert runs.latest(asked(), stage.admin.pk, now=AT) is None
        assert started(stage) == run

    def test_one_counted_with_other_rights_is_counted_again(self, stage: Stage) -> None:
        run = claimed(stage)
        told = result(stage) | {"seer": [["1 auditor"], []]}
        report_run.finish_run(run_id=run.pk, result=told, at=AT, actor=SYSTEM)
        assert started(stage) != run


class TestClaim:
    def test_one_worker_has_it_until_it_falls_silent(self, stage: Stage) -> None:
        run = claimed(stage)
        assert report_run.claim_run(run_id=run.pk, at=AT + runs.SILENT, actor=SYSTEM) is None
        assert runs.waiting(AT + runs.SILENT) == []
        later = AT + runs.SILENT + SECOND
        assert runs.waiting(later) == [run.pk]
        assert report_run.claim_run(run_id=run.pk, at=later, actor=SYSTEM) == run

    def test_nothing_is_left_to_claim_of_one_that_ended(self, stage: Stage) -> None:
        run = claimed(stage)
        report_run.fail_run(run_id=run.pk, error="x" * 400, at=AT, actor=SYSTEM)
        assert status(run) == RunStatus.FAILED
        assert report_run.claim_run(run_id=run.pk, at=AT + runs.KEPT, actor=SYSTEM) is None

    def test_two_are_counted_at_once_and_then_the_next(
        self,
        stage: Stage,
        nudges: list[tuple[str, dict[str, int | str]]],
        django_capture_on_commit_callbacks: Any,
    ) -> None:
        run, later = claimed(stage), started(stage, split="day")
        assert report_run.claim_run(run_id=started(stage, split="hour").pk, at=AT, actor=SYSTEM)
        assert report_run.claim_run(run_id=later.pk, at=AT, actor=SYSTEM) is None
        with django_capture_on_commit_callbacks(execute=True):
            report_run.finish_run(run_id=run.pk, result=result(stage), at=AT, actor=SYSTEM)
        assert nudges == [(Job.RUN_REPORT.value, {"run_id": later.pk})]
        assert report_run.claim_run(run_id=later.pk, at=AT, actor=SYSTEM) == later

    def test_one_whose_worker_died_holds_up_nobody(self, stage: Stage) -> None:
        claimed(stage)
        assert report_run.claim_run(run_id=started(stage, split="hour").pk, at=AT, actor=SYSTEM)
        later = started(stage, split="day")
        assert report_run.claim_run(run_id=later.pk, at=AT + 2 * runs.SILENT, actor=SYSTEM) == later

    def test_one_that_workers_die_of_is_given_up(self, stage: Stage) -> None:
        run = claimed(stage)
        at = AT + report_run.GIVE_UP
        assert report_run.claim_run(run_id=run.pk, at=at, actor=SYSTEM) == run
        assert report_run.claim_run(run_id=run.pk, at=at + 2 * runs.SILENT, actor=SYSTEM) is None
        found = ReportRun.objects.get(pk=run.pk)
        assert (found.status, found.error) == (RunStatus.FAILED, "gave_up")


class TestCancel:
    def test_one_that_waits_ends_at_once(self, stage: Stage) -> None:
        run = report_run.cancel_run(run_id=started(stage).pk, at=AT, actor=actor(stage.manager))
        assert status(run) == RunStatus.CANCELLED

    def test_one_that_runs_ends_at_its_next_step(self, stage: Stage) -> None:
        run = claimed(stage)
        assert report_run.note_progress(run_id=run.pk, done=1, total=3, at=AT, actor=SYSTEM)
        report_run.cancel_run(run_id=run.pk, at=AT, actor=actor(stage.manager))
        assert status(run) == RunStatus.RUNNING
        assert not report_run.note_progress(run_id=run.pk, done=2, total=3, at=AT, actor=SYSTEM)
        assert status(run) == RunStatus.CANCELLED

    def test_one_whose_worker_died_ends_when_it_is_taken_up(self, stage: Stage) -> None:
        run = claimed(stage)
        report_run.cancel_run(run_id=run.pk, at=AT, actor=actor(stage.manager))
        assert report_run.claim_run(run_id=run.pk, at=AT + 2 * runs.SILENT, actor=SYSTEM) is None
        assert status(run) == RunStatus.CANCELLED

    def test_what_comes_out_after_it_was_called_off_is_not_kept(self, stage: Stage) -> None:
        run = claimed(stage)
        report_run.cancel_run(run_id=run.pk, at=AT, actor=actor(stage.manager))
        report_run.finish_run(run_id=run.pk, result=result(stage), at=AT, actor=SYSTEM)
        found = ReportRun.objects.get(pk=run.pk)
        assert (found.status, found.result) == (RunStatus.CANCELLED, None)

    def test_it_is_nobody_elses_to_call_off(self, stage: Stage) -> None:
        run = started(stage)
        with pytest.raises(errors.NotFound):
            report_run.cancel_run(run_id=run.pk, at=AT, actor=actor(stage.admin))
        assert status(run) == RunStatus.WAITING


def test_is_dropped_after_a_day(stage: Stage) -> None:
    run = claimed(stage)
    report_run.finish_run(run_id=run.pk, result=result(stage), at=AT, actor=SYSTEM)
    assert report_run.drop_runs(at=AT + runs.KEPT, actor=SYSTEM) == 0
    assert report_run.drop_runs(at=AT + runs.KEPT + SECOND, actor=SYSTEM) == 1
    assert not ReportRun.objects.exists()


def test_a_worker_is_nudged_once(
    stage: Stage, nudges: list[tuple[str, dict[str, int | str]]], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        run = started(stage)
        started(stage)
    assert nudges == [(Job.RUN_REPORT.value, {"run_id": run.pk})]
