"""Every column that can hold words is known, with what it holds: what is not listed cannot be erased one day."""

from __future__ import annotations

import pytest
from django.db import connection

from cases.rules.erasure import NOT_OURS, REGISTER

pytestmark = [pytest.mark.django_db, pytest.mark.database]
WORDY = ("text", "character varying", "character", "jsonb", "json", "bytea", "tsvector", "inet", "ARRAY", "xml")


def _columns() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.table_name || '.' || c.column_name FROM information_schema.columns c"
            " JOIN pg_class t ON t.relname = c.table_name AND t.relnamespace = 'public'::regnamespace"
            " AND t.relkind = 'r'"
            " WHERE c.table_schema = 'public' AND c.data_type = ANY(%s)",
            [list(WORDY)],
        )
        return {row[0] for row in cursor.fetchall()}


def test_every_column_of_words_is_listed() -> None:
    columns = {name for name in _columns() if name.split(".")[0] not in NOT_OURS}
    assert sorted(columns - REGISTER.keys()) == []


def test_the_register_lists_no_column_that_is_gone() -> None:
    assert sorted(REGISTER.keys() - _columns()) == []


def test_every_entry_says_what_the_column_holds() -> None:
    assert [name for name, holds in REGISTER.items() if not holds] == []
