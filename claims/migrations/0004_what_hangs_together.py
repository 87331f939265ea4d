"""What SQL itself refuses, further: a version that does not follow its own claim's newest, a head that points away,
a hash that is not its candidate's, a copy of another page."""

from django.db import migrations

CANDIDATE = """
ALTER TABLE claims_verdict ADD CONSTRAINT verdict_candidate_has_its_hash
    CHECK (candidate IS NULL OR encode(sha256(candidate), 'hex') = candidate_hash);
"""

# A check of its own beside the one on approved bytes, so that each refusal names what is wrong.
CHAIN = """
CREATE FUNCTION claims_publication_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.supersedes_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM claims_publication
        WHERE id = NEW.supersedes_id AND claim_id = NEW.claim_id AND version = NEW.version - 1
    ) THEN
        RAISE EXCEPTION 'version % of claim % does not follow the one that it supersedes', NEW.version, NEW.claim_id
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'claims_publication_follows';
    END IF;
    IF (NEW.kind = 'tombstone') <> EXISTS (
        SELECT 1 FROM claims_verdict WHERE id = NEW.verdict_id AND change_type = 'retraction'
    ) THEN
        RAISE EXCEPTION 'a retraction is published as a tombstone, and nothing else is'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'claims_publication_tombstone';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER claims_publication_follows BEFORE INSERT ON claims_publication
    FOR EACH ROW EXECUTE FUNCTION claims_publication_follows();
"""

HEAD = """
CREATE FUNCTION claims_head_is_newest() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM claims_publication p JOIN claims_claim c ON c.id = p.claim_id
        WHERE p.id = NEW.publication_id AND p.claim_id = NEW.claim_id AND p.sequence = NEW.sequence
            AND c.public_id = NEW.public_id AND (p.kind <> 'tombstone') = NEW.live
            AND NOT EXISTS (SELECT 1 FROM claims_publication later WHERE later.supersedes_id = p.id)
    ) THEN
        RAISE EXCEPTION 'the head of claim % must be its newest publication', NEW.claim_id
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'claims_head_is_newest';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER claims_head_is_newest BEFORE INSERT OR UPDATE ON claims_publichead
    FOR EACH ROW EXECUTE FUNCTION claims_head_is_newest();
"""

COPY = """
CREATE FUNCTION claims_copy_of_its_page() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.capture_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM claims_capture WHERE id = NEW.capture_id AND document_id = NEW.document_id
    ) THEN
        RAISE EXCEPTION 'copy % is not one of the page that the source names', NEW.capture_id
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'claims_copy_of_its_page';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER claims_copy_of_its_page BEFORE INSERT OR UPDATE OF capture_id, document_id ON claims_evidence
    FOR EACH ROW EXECUTE FUNCTION claims_copy_of_its_page();
"""

UNDO = """
DROP TRIGGER claims_copy_of_its_page ON claims_evidence;
DROP TRIGGER claims_head_is_newest ON claims_publichead;
DROP TRIGGER claims_publication_follows ON claims_publication;
DROP FUNCTION claims_copy_of_its_page();
DROP FUNCTION claims_head_is_newest();
DROP FUNCTION claims_publication_follows();
ALTER TABLE claims_verdict DROP CONSTRAINT verdict_candidate_has_its_hash;
"""


class Migration(migrations.Migration):
    dependencies = [("claims", "0003_first_rows")]

    operations = [migrations.RunSQL(CANDIDATE + CHAIN + HEAD + COPY, UNDO)]
