"""What a playbook brings stands in its versions alone."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0006_authority_invariants")]
    operations = [
        migrations.RemoveField(model_name="playbook", name="severity"),
        migrations.RemoveField(model_name="playbookaction", name="playbook"),
        migrations.AlterField(
            model_name="playbookaction",
            name="version",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="actions", to="cases.playbookversion"
            ),
        ),
    ]
