"""Playbooks become their own first version; brands get the authority that a new one starts with."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("cases", "0004_authority")]
    operations = [migrations.RunSQL((SQL / "0005_carry_over.sql").read_text(), migrations.RunSQL.noop)]
