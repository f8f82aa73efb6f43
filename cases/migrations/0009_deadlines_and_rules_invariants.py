"""Deadlines and rules, as triggers and functions; and a calendar for every brand there is."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("cases", "0008_deadlines_and_rules")]
    operations = [migrations.RunSQL((SQL / "0009_deadlines_and_rules.sql").read_text(), migrations.RunSQL.noop)]
