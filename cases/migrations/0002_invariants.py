"""The invariants of the design, as triggers and functions."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_initial")]
    operations = [migrations.RunSQL((SQL / "0002_invariants.sql").read_text(), migrations.RunSQL.noop)]
