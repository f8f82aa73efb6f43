"""Search entries, kept by triggers in the same transaction."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("cases", "0002_invariants")]
    operations = [migrations.RunSQL((SQL / "0003_search.sql").read_text(), migrations.RunSQL.noop)]
