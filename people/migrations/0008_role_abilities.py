from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0007_notices"),
    ]

    operations = [
        migrations.CreateModel(
            name="RoleAbility",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("role", models.CharField(max_length=10, verbose_name="role")),
                ("ability", models.CharField(max_length=40)),
                ("allowed", models.BooleanField(default=None, null=True)),
            ],
            options={
                "verbose_name": "ability of a role",
                "verbose_name_plural": "abilities of roles",
                "constraints": [
                    models.UniqueConstraint(fields=("role", "ability"), name="ability_once_per_role")
                ],
            },
        ),
    ]
