import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import helpdesk.lib.ids


class Migration(migrations.Migration):
    dependencies = [
        ("inbox", "0006_failed_payloads"),
        ("people", "0004_api_keys"),
        ("knowledge", "0003_search"),
    ]

    operations = [
        migrations.CreateModel(
            name="Suggestion",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=helpdesk.lib.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("kind", models.CharField(max_length=20)),
                ("ref", models.CharField(max_length=100)),
                ("about", models.CharField(max_length=64)),
                ("place", models.PositiveSmallIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[("shown", "Shown"), ("used", "Used"), ("ignored", "Ignored")],
                        default="shown",
                        max_length=8,
                    ),
                ),
                ("shown_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("settled_at", models.DateTimeField(null=True)),
                (
                    "agent",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="inbox.message",
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="people.store",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["store", "kind", "about", "shown_at"], name="suggestion_by_what"),
                    models.Index(
                        fields=["shown_at"], name="suggestion_open", condition=models.Q(("state", "shown"))
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("message", "kind", "ref"), name="suggested_once")
                ],
            },
        ),
    ]
