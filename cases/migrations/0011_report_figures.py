"""What reports are made of follows the journals: functions and triggers; and the figures of what is there already."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("cases", "0010_reports")]
    operations = [migrations.RunSQL((SQL / "0011_report_figures.sql").read_text(), migrations.RunSQL.noop)]
