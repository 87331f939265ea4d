"""Files of everything that was live one night."""


from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('claims', '0024_reach'),
    ]

    operations = [
        migrations.CreateModel(
            name='Dump',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, unique=True)),
                ('format', models.CharField(max_length=16)),
                ('feed_epoch', models.UUIDField()),
                ('head', models.BigIntegerField()),
                ('verdicts', models.PositiveIntegerField()),
                ('size', models.BigIntegerField(help_text='Bytes.')),
                ('sha256', models.CharField(max_length=64)),
                ('made_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['-made_at', '-id'], name='dump_newest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('sha256__regex', '^[0-9a-f]{64}$')), name='dump_hash_is_hex')],
            },
        ),
    ]
