"""The project as an app: its management commands, and the Celery app that every process needs to ask for work."""

from __future__ import annotations

from django.apps import AppConfig


class CasedeskConfig(AppConfig):
    """The wiring of casedesk."""

    name = "casedesk"
    label = "casedesk_project"

    def ready(self) -> None:
        """Make our Celery app the current one, for `cases.queue`."""
        from casedesk.celery import app

        app.set_default()
