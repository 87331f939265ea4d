"""Times that publishers set, and an embargo that SQL itself keeps."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

EMBARGO = """
CREATE FUNCTION claims_publication_embargo() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM claims_publicationplan
        WHERE verdict_id = NEW.verdict_id AND state IN ('waiting', 'published') AND embargo_until > clock_timestamp()
    ) THEN
        RAISE EXCEPTION 'revision % is under embargo', NEW.verdict_id
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'claims_publication_embargo';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER claims_publication_embargo BEFORE INSERT ON claims_publication
    FOR EACH ROW EXECUTE FUNCTION claims_publication_embargo();
"""
UNDO = """
DROP TRIGGER claims_publication_embargo ON claims_publication;
DROP FUNCTION claims_publication_embargo();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('claims', '0018_limits_of_keys'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PublicationPlan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('publish_at', models.DateTimeField()),
                ('embargo_until', models.DateTimeField(blank=True, null=True)),
                ('state', models.CharField(choices=[('waiting', 'Waiting for its time'), ('published', 'Published'), ('taken_back', 'Taken back'), ('stopped', 'Stopped at its time')], default='waiting', max_length=16)),
                ('at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('note', models.TextField(blank=True, help_text='Why it was stopped or taken back.')),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='reviewitem',
            name='review_item_kind_known',
        ),
        migrations.AlterField(
            model_name='reviewitem',
            name='kind',
            field=models.CharField(choices=[('claimant_changed', "A claimant's entry changed"), ('headline_changed', 'A cited page has a new headline'), ('quote_changed', 'A quoted passage is no longer in its source'), ('source_gone', 'A cited page is gone'), ('source_moved', 'A cited page leads elsewhere'), ('new_coverage', 'Coverage repeats the refuted claim'), ('other_verdict', 'Another fact-checker differs'), ('challenge', 'A reader contests the verdict'), ('schedule_stopped', 'A publication did not go out at its time')], max_length=24),
        ),
        migrations.AddConstraint(
            model_name='reviewitem',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['claimant_changed', 'headline_changed', 'quote_changed', 'source_gone', 'source_moved', 'new_coverage', 'other_verdict', 'challenge', 'schedule_stopped'])), name='review_item_kind_known'),
        ),
        migrations.AddField(
            model_name='publicationplan',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='publicationplan',
            name='claim',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='plans', to='claims.claim'),
        ),
        migrations.AddField(
            model_name='publicationplan',
            name='verdict',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='plans', to='claims.verdict'),
        ),
        migrations.AddIndex(
            model_name='publicationplan',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['publish_at'], name='publication_plan_due'),
        ),
        migrations.AddConstraint(
            model_name='publicationplan',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'waiting')), fields=('claim',), name='publication_plan_one_waits'),
        ),
        migrations.AddConstraint(
            model_name='publicationplan',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'published', 'taken_back', 'stopped'])), name='publication_plan_state_known'),
        ),
        migrations.AddConstraint(
            model_name='publicationplan',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('state', 'waiting')), models.Q(models.Q(('state', 'waiting'), _negated=True), ('ended_at__isnull', False)), _connector='OR'), name='publication_plan_ended_iff_over'),
        ),
        migrations.AddConstraint(
            model_name='publicationplan',
            constraint=models.CheckConstraint(condition=models.Q(('embargo_until__isnull', True), ('embargo_until__lte', models.F('publish_at')), _connector='OR'), name='publication_plan_embargo_ends_before'),
        ),
        migrations.RunSQL(EMBARGO, UNDO),
    ]
