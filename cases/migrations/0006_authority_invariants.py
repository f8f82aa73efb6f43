"""Who may decide what, as triggers and functions."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("cases", "0005_carry_over")]
    operations = [migrations.RunSQL((SQL / "0006_authority.sql").read_text(), migrations.RunSQL.noop)]
