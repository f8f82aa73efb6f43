"""The app, as Django sees it."""

from __future__ import annotations

from django.apps import AppConfig


class CasesConfig(AppConfig):
    """Complaints, cases and what is done about them."""

    name = "cases"
    verbose_name = "casedesk"
