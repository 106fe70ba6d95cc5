import django.db.models.deletion
from django.db import migrations, models

import helpdesk.lib.ids


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0004_api_keys"),
        ("knowledge", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="SynonymGroup",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=helpdesk.lib.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("words", models.JSONField(default=list)),
                (
                    "store",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.store"
                    ),
                ),
            ],
            options={"ordering": ["id"]},
        ),
    ]
