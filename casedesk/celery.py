"""Background work: the Celery app and its timetable."""

from __future__ import annotations

import os
import pkgutil

from celery import Celery
from celery.schedules import crontab

import cases.jobs
from cases.vocabulary import Job

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "casedesk.settings")

app = Celery("casedesk")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.include = [f"cases.jobs.{module.name}" for module in pkgutil.iter_modules(cases.jobs.__path__)]

# Rows are the queue: each sweep finds what a lost nudge left, so missing one beat loses nothing.
TIMETABLE: dict[Job, float | crontab] = {
    Job.HEARTBEAT: 15.0,
    Job.SWEEP_DELIVERIES: 10.0,
    Job.POLL_TARGETS: 60.0,
    Job.EXPIRE_INVITATIONS: 300.0,
    Job.SWEEP_APPROVALS: 60.0,
    Job.WATCH_PROMISES: 60.0,
    Job.ASK_AGAIN: 300.0,
    Job.WATCH_DEADLINES: 30.0,
    Job.WATCH_DELAYS: 300.0,
    Job.CHECK_DEADLINES: crontab(hour=2, minute=40),
    Job.HEAR_CUES: 5.0,
    Job.SWEEP_RULES: 10.0,
    Job.TAKE_STEPS: 5.0,
    Job.MAKE_CALLS: 10.0,
    Job.RUN_REPLAY: 60.0,
    Job.RUN_REPORT: 60.0,
    Job.RUN_EXPORT: 15.0,
    Job.MAIL_REPORTS: 60.0,
    Job.REFRESH_CELLS: 5.0,
    Job.CHECK_FIGURES: crontab(hour=3, minute=10),
    Job.SWEEP_FILES: crontab(minute=17),
}
app.conf.beat_schedule = {
    job.value: {
        "task": job.value,
        "schedule": every,
        # After a long silence one sweep is enough: the ones that were not taken in time fall away.
        "options": {"expires": every if isinstance(every, float) else 3600},
    }
    for job, every in TIMETABLE.items()
}
