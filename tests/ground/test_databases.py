"""The tests' own ground: roles, clones, connections."""

from __future__ import annotations

import psycopg
import pytest
from django.db import connection

from casedesk import embedded
from cases.models import User
from tests.conftest import Connect

pytestmark = pytest.mark.database


def _role() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        return str(cursor.fetchone()[0])


@pytest.mark.django_db
def test_runs_as_the_role_that_owns_no_table() -> None:
    assert _role() == embedded.APP
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_tables WHERE tableowner = current_user")
        assert cursor.fetchone()[0] == 0


def test_gives_a_database_of_its_own_with_real_commits(own_database: str, raw: Connect) -> None:
    User.objects.create(username="somebody", email="somebody@example.org", name="Somebody")
    assert raw().execute("SELECT username FROM cases_user").fetchall() == [("somebody",)]


def test_the_next_one_starts_empty(own_database: str, raw: Connect) -> None:
    assert raw().execute("SELECT count(*) FROM cases_user").fetchone() == (0,)


def test_refuses_to_truncate(own_database: str, raw: Connect, raw_owner: Connect) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        raw().execute("TRUNCATE cases_user CASCADE")
    with pytest.raises(psycopg.Error):
        raw_owner().execute("TRUNCATE cases_user CASCADE")


def test_may_not_switch_a_trigger_off(own_database: str, raw: Connect) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        raw().execute("ALTER TABLE cases_event DISABLE TRIGGER ALL")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        raw().execute("SET session_replication_role = replica")
