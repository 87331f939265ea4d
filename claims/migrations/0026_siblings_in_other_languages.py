"""The live verdicts of the same original in other languages, ready on each head."""


from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('claims', '0025_nightly_files'),
    ]

    operations = [
        migrations.AddField(
            model_name='publichead',
            name='original_id',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='publichead',
            name='translated_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='publichead',
            name='translations',
            field=models.TextField(db_default='[]', default='[]'),
        ),
        migrations.AddIndex(
            model_name='publichead',
            index=models.Index(fields=['original_id'], name='public_head_original'),
        ),
        # Nothing was published as a translation before.
        migrations.RunSQL("UPDATE claims_publichead SET original_id = claim_id", migrations.RunSQL.noop),
    ]
