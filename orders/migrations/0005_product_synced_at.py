from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0004_ledger_reviews'),
    ]

    operations = [
        migrations.AddField(
            model_name='product',
            name='synced_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
