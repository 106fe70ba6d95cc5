import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0001_initial'),
        ('orders', '0005_product_synced_at'),
    ]

    operations = [
        migrations.CreateModel(
            name='Ladder',
            fields=[
                ('store', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='ladder', serialize=False, to='people.store')),
                ('steps', models.JSONField(default=list)),
            ],
        ),
        migrations.RemoveIndex(
            model_name='couponcode',
            name='coupon_code_due',
        ),
        migrations.AddField(
            model_name='couponcode',
            name='order_number',
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddField(
            model_name='couponcode',
            name='terms',
            field=models.JSONField(default=dict),
        ),
        migrations.AlterField(
            model_name='couponcode',
            name='state',
            field=models.CharField(choices=[('waiting', 'Waiting for approval'), ('creating', 'Being made'), ('active', 'Valid'), ('revoking', 'Being revoked'), ('redeemed', 'Redeemed'), ('expired', 'Expired'), ('revoked', 'Revoked'), ('rejected', 'Rejected'), ('failed', 'Failed')], default='creating', max_length=8),
        ),
        migrations.AddIndex(
            model_name='couponcode',
            index=models.Index(condition=models.Q(('state__in', ['creating', 'revoking'])), fields=['run_at'], name='coupon_code_due'),
        ),
        migrations.AddIndex(
            model_name='couponcode',
            index=models.Index(condition=models.Q(('state__in', ['waiting', 'creating', 'active'])), fields=['expires_at'], name='coupon_code_ending'),
        ),
        migrations.AddIndex(
            model_name='couponcode',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['created_at'], name='coupon_code_waiting'),
        ),
    ]
