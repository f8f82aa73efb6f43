"""`check_system` finds what is wrong."""

from __future__ import annotations

from typing import Any

from django.conf import settings as project
from django.db import connections
from django.utils import timezone

from casedesk import inspection
from cases.models import Heartbeat
from tests.conftest import Connect, RedisServer


def _said(*, error: bool) -> str:
    return "\n".join(finding.what for finding in inspection.findings() if finding.error is error)


def test_finds_no_error_in_a_sound_set_up(own_database: str, redis_server: RedisServer) -> None:
    Heartbeat.objects.create(part="worker", at=timezone.now())
    assert _said(error=True) == ""


def test_finds_a_trigger_that_was_switched_off(own_database: str, raw_owner: Connect) -> None:
    raw_owner().execute("ALTER TABLE cases_event DISABLE TRIGGER event_never")
    assert "event_never missing or switched off" in _said(error=True)


def test_finds_that_redis_and_the_worker_are_away(own_database: str, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    said = _said(error=True)
    assert "Redis does not answer" in said
    assert "No worker has reported yet" in said


def test_finds_a_mail_server_that_does_not_answer(own_database: str, settings: Any) -> None:
    settings.EMAIL_URL, settings.EMAIL_HOST, settings.EMAIL_PORT = "smtp://127.0.0.1:1", "127.0.0.1", 1
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    assert "The mail server 127.0.0.1:1 does not answer" in _said(error=True)


def test_warns_of_an_open_development_mailbox(own_database: str, settings: Any) -> None:
    settings.DEV_MAILBOX = True
    assert "The development mailbox is on" in _said(error=False)
    settings.SITE_URL = "https://elsewhere.example"
    assert "The development mailbox is on" in _said(error=True)


def test_finds_debug_and_a_host_that_is_not_allowed(own_database: str, settings: Any) -> None:
    settings.DEBUG, settings.SITE_URL = True, "https://elsewhere.example"
    said = _said(error=True)
    assert "DEBUG is on" in said
    assert "elsewhere.example is not in ALLOWED_HOSTS" in said


def test_says_what_one_role_weakens(own_database: str) -> None:
    connections.settings["default"]["USER"] = project.DATABASES["owner"]["USER"]
    connections["default"].close()
    connections["default"].close_pool()
    try:
        assert "owns the tables" in _said(error=False)
    finally:
        connections["default"].close()
        connections["default"].close_pool()
        connections.settings["default"]["USER"] = USER


USER = project.DATABASES["default"]["USER"]
