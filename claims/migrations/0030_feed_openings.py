"""What the change feed says of a publication before its document is stored with it, and follows from its columns."""

from django.db import migrations, models

# Declared immutable, which to_char, to_json, convert_to and writing a number as text are not in general: for text, numbers
# and this pattern without names of days and months in it, nothing that a session can set has a say.
OPENING = """
CREATE FUNCTION claims_feed_opening(
    sequence bigint, public_id text, version integer, kind text, change_type text, public_note text,
    valid_from timestamptz
) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT convert_to(
        '{"sequence":' || sequence || ',"id":"' || public_id || '","version":' || version
        || ',"kind":"' || kind || '","change_type":"' || change_type
        || '","note":' || to_json(public_note)::text
        || ',"at":"' || to_char(valid_from AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
        || '","document":', 'UTF8')
$$;
"""

# Publications are insert-only, which the owner of the table lifts for the one column that is new and only here.
FILL = """
ALTER TABLE claims_publication DISABLE TRIGGER claims_publication_append_only;
UPDATE claims_publication p SET public_id = c.public_id FROM claims_claim c WHERE c.id = p.claim_id;
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE claims_publication ENABLE TRIGGER claims_publication_append_only;
"""

# Always the claim's own, whoever writes: workers of the release before this one do not know of it.
FROM_CLAIM = """
CREATE FUNCTION claims_publication_public_id() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.public_id := (SELECT public_id FROM claims_claim WHERE id = NEW.claim_id);
    RETURN NEW;
END $$;
CREATE TRIGGER claims_publication_public_id BEFORE INSERT ON claims_publication
    FOR EACH ROW EXECUTE FUNCTION claims_publication_public_id();
"""
NOT_FROM_CLAIM = """
DROP TRIGGER claims_publication_public_id ON claims_publication;
DROP FUNCTION claims_publication_public_id();
"""
SAYS = "The claim's, here so that the feed is read from one table."


class Migration(migrations.Migration):
    dependencies = [("claims", "0029_erasures_are_told")]

    operations = [
        migrations.AddField("publication", "public_id", models.CharField(max_length=16, null=True)),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AlterField("publication", "public_id", models.CharField(max_length=16, help_text=SAYS)),
        migrations.RunSQL(FROM_CLAIM, NOT_FROM_CLAIM),
        migrations.RunSQL(
            OPENING, "DROP FUNCTION claims_feed_opening(bigint, text, integer, text, text, text, timestamptz);"
        ),
        migrations.AddField(
            "publication",
            "feed_opening",
            models.GeneratedField(
                expression=models.Func(
                    "sequence",
                    "public_id",
                    "version",
                    "kind",
                    "change_type",
                    "public_note",
                    "valid_from",
                    function="claims_feed_opening",
                ),
                output_field=models.BinaryField(),
                db_persist=True,
                help_text="What stands before the document in the change feed, as JSON in UTF-8.",
            ),
        ),
    ]
