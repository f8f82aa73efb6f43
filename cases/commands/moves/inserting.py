"""Many rows in one statement with one array a column: what Django does itself, but not for tables that hold bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from django.db import connection
from django.db.models import Model

M = TypeVar("M", bound=Model)


def insert_many(rows: Sequence[M]) -> list[M]:
    """The rows, stored in this order and with their keys; a parameter for each value would cost as much again."""
    if not rows:
        return []
    options = type(rows[0])._meta  # noqa: SLF001 - Django's documented way to a model's fields
    fields = [field for field in options.concrete_fields if not field.primary_key]
    arrays = ", ".join(f"%s::{str(field.db_type(connection)).split('(')[0]}[]" for field in fields)
    columns = ", ".join(connection.ops.quote_name(field.attname) for field in fields)
    table = connection.ops.quote_name(options.db_table)
    values = [[field.get_db_prep_save(field.pre_save(row, True), connection) for row in rows] for field in fields]
    with connection.cursor() as cursor:
        # Names of tables, columns and types are the models' own.
        cursor.execute(f"INSERT INTO {table} ({columns}) SELECT * FROM unnest({arrays}) RETURNING id", values)  # noqa: S608
        for row, (key,) in zip(rows, cursor.fetchall(), strict=True):
            row.pk = key
            row._state.adding, row._state.db = False, connection.alias  # noqa: SLF001 - as bulk_create leaves it
    return list(rows)
