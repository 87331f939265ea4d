"""Tells one database from another that was restored from its copy, so that readers of the feed can tell too."""

from django.db import migrations, models

# The cluster (a new one has another identifier), its timeline (recovery to a point in time begins another), the
# database and the table (a restored dump makes new ones). Where a managed server keeps the first from us, the rest stands.
PLACE = """
CREATE FUNCTION claims_feed_place(feed oid) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    place text := (SELECT oid FROM pg_database WHERE datname = current_database()) || '/' || feed;
BEGIN
    RETURN (SELECT system_identifier FROM pg_control_system()) || '/' || CASE
        WHEN pg_is_in_recovery() THEN lpad(upper(to_hex((SELECT timeline_id FROM pg_control_checkpoint()))), 8, '0')
        ELSE substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8) END || '/' || place;
EXCEPTION WHEN insufficient_privilege THEN
    RETURN place;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("claims", "0010_near_duplicates")]

    operations = [
        migrations.RunSQL(PLACE, "DROP FUNCTION claims_feed_place(oid);"),
        migrations.AddIndex(
            model_name="publication",
            index=models.Index(fields=["valid_from"], name="publication_valid_from"),
        ),
    ]
