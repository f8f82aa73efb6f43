"""Background work is named once: every word is a registered task, and every task has its word."""

from __future__ import annotations

from casedesk.celery import TIMETABLE, app
from cases.vocabulary import Job


def test_every_job_is_a_task_and_every_task_a_job() -> None:
    app.loader.import_default_modules()
    assert {name for name in app.tasks if not name.startswith("celery.")} == {job.value for job in Job}


def test_the_timetable_names_jobs() -> None:
    assert set(TIMETABLE) <= set(Job)
